/** Whatever a reply is made of, it is one printable line of at most 512 octets that says its code first (RFC 5321 §4.5.3.1.5). */
import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { parseMailParameters, parseRcptParameters, splitMail } from '../../src/inbound/transaction.ts';
import {
  badForwardPath,
  badReversePath,
  createRefusals,
  formatReply,
  type Reply,
  unknownParameter,
} from '../../src/inbound/replies.ts';
import type { RejectionCode } from '../../src/policy/decision.ts';
import { runs } from './runs.ts';
import { cpuMsOf } from '../helpers/timing.ts';

const REJECTIONS = [
  'BMX-RELAY',
  'BMX-SUSPENDED',
  'BMX-DNSBL',
  null,
] as const satisfies readonly (RejectionCode | null)[];

const anyText = fc.oneof(
  fc
    .tuple(fc.string({ unit: 'binary', maxLength: 10 }), fc.nat({ max: 1000 }))
    .map(([text, count]) => text.repeat(count)),
  fc.string({ unit: 'binary', maxLength: 2000 }),
  fc.string({
    unit: fc.constantFrom('\r', '\n', '\0', '\x1b', '\x7f', '\u0085', '\u2028', 'ü', '😀', '\ud800', 'a', ' '),
    maxLength: 700,
  }),
);

const line = fc
  .record({
    code: fc.integer({ min: 400, max: 599 }),
    detail: fc.integer({ min: 0, max: 999 }),
    text: anyText,
    rejection: fc.constantFrom(...REJECTIONS),
    hasEnhancedCode: fc.boolean(),
  })
  .map(({ code, detail, text, rejection, hasEnhancedCode }) => ({
    code,
    enhancedCode: hasEnhancedCode ? `${Math.floor(code / 100)}.7.${detail}` : '',
    text,
    rejection,
  }));

function expectHarmless({ wire, line: { code } }: Reply): void {
  expect(wire).toMatch(/^[245]\d\d [ -~]*\r\n$/);
  expect(wire).toStartWith(`${code} `);
  expect(wire.length).toBeLessThanOrEqual(512);
}

test('any reply of the policy is one harmless line, and the way to its page is never cut off', () => {
  // As long as PUBLIC_URL may be.
  const publicUrl = fc
    .tuple(fc.domain(), fc.webPath(), fc.boolean())
    .map(([domain, path, isLong]) => `https://${domain}${isLong ? `/${'x'.repeat(240)}` : path}`.slice(0, 255));
  const property = fc.property(line, publicUrl, (given, url) => {
    const base = url.replace(/\/+$/, '');
    for (const reply of [formatReply(given, base), createRefusals(url).format(given)]) {
      expectHarmless(reply);
      if (given.rejection !== null)
        expect(reply.wire).toEndWith(` ${given.rejection} ${base}/reject/${given.rejection}\r\n`);
      expect(reply.wire).toStartWith(`${given.code} ${given.enhancedCode}`);
    }
  });
  fc.assert(property, runs(3000));
});

test('what a client wrote comes back harmless', () => {
  const property = fc.property(anyText, (text) => {
    for (const reply of [badReversePath(text), badForwardPath(text), unknownParameter(text)]) expectHarmless(reply);
    for (const words of [
      [text],
      ['SIZE=1', text],
      [`X${text}=1`],
      [`SIZE=${text}`],
      [`ORCPT=rfc822;${text}`],
      [`ENVID=${text}`],
    ]) {
      for (const parameters of [parseMailParameters(words), parseRcptParameters(words)]) {
        if ('refusal' in parameters) expectHarmless(parameters.refusal);
      }
    }
  });
  fc.assert(property, runs(2000));
});

test('a parameter that is taken holds printable characters only, and none that ends a word', () => {
  const word = fc.oneof(
    anyText.map((text) => `ENVID=${text.slice(0, 60)}`),
    fc
      .string({ unit: fc.constantFrom(...'+0D0A2Babc<>@;:=\\{}x\r\n \0ü'.split('')), maxLength: 20 })
      .map((text) => `ENVID=${text}`),
    fc
      .string({ unit: fc.constantFrom(...'+0D0A2Babc<>@;:=\\{}x\r\n \0ü'.split('')), maxLength: 20 })
      .map((text) => `ORCPT=utf-8;${text}`),
    fc
      .string({ unit: fc.constantFrom(...'+0D0A2Babc<>@;:=\\{}x\r\n \0ü'.split('')), maxLength: 20 })
      .map((text) => `ORCPT=rfc822;${text}`),
  );
  const property = fc.property(word, (text) => {
    const mail = parseMailParameters([text]);
    const rcpt = parseRcptParameters([text]);
    const kept = [
      ...('refusal' in mail ? [] : [mail.envelopeId]),
      ...('refusal' in rcpt ? [] : [rcpt.originalRecipient]),
    ];
    for (const value of kept) expect(value ?? 'x').toMatch(/^[!-~\u00a0-\u{10ffff}]+$/u);
  });
  fc.assert(property, runs(5000));
});

test('no line makes the splitting of a command slow', () => {
  const units = ['<', '>', '"', '\\', ' ', '\t', 'a', '@', ':', '"a', '\\"', ' a=', '<a>'];
  const property = fc.property(fc.constantFrom(...units), fc.constantFrom(...units), (first, second) => {
    const text = `MAIL FROM:<${(first + second).repeat(1000)}`.slice(0, 4096);
    const tookMs = cpuMsOf(() => {
      splitMail(text);
      splitMail(`${text}>`);
    });
    expect(tookMs).toBeLessThan(200);
  });
  fc.assert(property, runs(150));
});
