/** Properties of addresses and domains: RFC 5321's own examples, one spelling per mailbox, no control character ever. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { domainToUnicode } from 'node:url';
import { formatAddress, isAddress, parsePath, type Path } from '../../src/mail/address.ts';
import { normalizeDomain, normalizeLiteral, normalizeLooseDomain } from '../../src/mail/domain.ts';
import { runs } from '../fuzz/runs.ts';

const ASCII = { allowNull: false, smtpUtf8: false };
const UTF8 = { allowNull: false, smtpUtf8: true };
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** RFC 5321 §4.1.2, the local part of a Mailbox to the letter. */
const MAILBOX =
  /^(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*|"(?:[ !#-[\]-~]|\\[ -~])+")@[^@]+$/;

function pathOf(text: string, options = UTF8): Path | null {
  const parsed = parsePath(text, options);
  return parsed.kind === 'PATH' ? parsed.path : null;
}

const printable = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
/** Any character that is no control and no half of a pair. */
const beyondAscii = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 2 })
  .filter((text) => !/[\u0000-\u009f\u2028\u2029\ufffd\ud800-\udfff]/u.test(text));
const localPart = fc
  .array(fc.oneof({ weight: 4, arbitrary: printable }, { weight: 1, arbitrary: beyondAscii }), {
    minLength: 1,
    maxLength: 20,
  })
  .map((characters) => characters.join(''))
  .filter((text) => Buffer.byteLength(text) <= 64);
const asciiLocalPart = fc.string({ unit: printable, minLength: 1, maxLength: 64 });
const label = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,10}[a-z0-9])?$/).filter((text) => !/^..--/.test(text));
const domain = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const unicodeLabel = fc.constantFrom(
  'bücher',
  'straße',
  '例え',
  'δοκιμή',
  'испытание',
  'مثال',
  'ÅNGSTRÖM',
  'e\u0301cole',
  'ｆｕｌｌ',
);
const unicodeDomain = fc.tuple(unicodeLabel, domain).map((labels) => labels.join('.'));
/** What a client may write between the brackets, from nearly right to junk. */
const junk = fc.oneof(
  fc
    .array(fc.constantFrom(...'ab."\\ ü\u0085\u009f\u2028\ufffd\0\n'.split(''), '""', '\\"'), {
      minLength: 1,
      maxLength: 5,
    })
    .map((characters) => [`${characters.join('')}@example.org`, `"${characters.join('')}"@example.org`])
    .chain((pair) => fc.constantFrom(...pair)),
  fc.string({ unit: fc.constantFrom(...'<>@"\\.,:;[]()% !\r\n\0\tab1-ü\u2028\u00ad\ud800'.split('')), maxLength: 24 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.tuple(fc.string({ unit: 'binary', maxLength: 8 }), domain).map(([local, name]) => `${local}@${name}`),
  fc.tuple(asciiLocalPart, fc.string({ unit: 'binary', maxLength: 8 })).map(([local, name]) => `${local}@${name}`),
);

describe('examples', () => {
  test.each([
    // RFC 5321 §2.3.11, §3, §4.1.3 and appendices C and D.
    ['<Smith@bar.com>', 'Smith@bar.com'],
    ['<Jones@foo.com>', 'Jones@foo.com'],
    ['<JQP@bar.com>', 'JQP@bar.com'],
    ['<@hosta.int,@jkl.org:userc@d.bar.org>', 'userc@d.bar.org'],
    ['<@xyz.com:Jones@d.bar.org>', 'Jones@d.bar.org'],
    ['<userx@y.foo.org>', 'userx@y.foo.org'],
    ['<Postmaster>', null],
    ['<postmaster@[123.255.37.2]>', 'postmaster@[123.255.37.2]'],
    ['<x@[IPv6:2001:db8::1]>', 'x@[IPv6:2001:db8::1]'],
    ['<"Joe.\\,Smith"@example.com>', '"Joe.,Smith"@example.com'],
    ['<Joe.\\,Smith@example.com>', null],
    // RFC 3696 §3 with its errata.
    ['<"Abc\\@def"@example.com>', '"Abc@def"@example.com'],
    ['<"Fred\\ Bloggs"@example.com>', '"Fred Bloggs"@example.com'],
    ['<"Fred Bloggs"@example.com>', '"Fred Bloggs"@example.com'],
    ['<Joe.\\\\Blow@example.com>', null],
    ['<"Joe.\\\\Blow"@example.com>', '"Joe.\\\\Blow"@example.com'],
    ['<"Abc@def"@example.com>', '"Abc@def"@example.com'],
    ['<user+mailbox@example.com>', 'user+mailbox@example.com'],
    ['<customer/department=shipping@example.com>', 'customer/department=shipping@example.com'],
    ['<$A12345@example.com>', '$A12345@example.com'],
    ['<!def!xyz%abc@example.com>', '!def!xyz%abc@example.com'],
    ['<_somename@example.com>', '_somename@example.com'],
  ])('%s is %p', (text, address) => {
    expect(pathOf(text, ASCII)?.address ?? null).toBe(address);
  });
});

describe('paths', () => {
  test('a mailbox that is written is read as itself', () => {
    const property = fc.property(localPart, domain, (local, name) => {
      const address = formatAddress(local, name);
      expect(pathOf(`<${address}>`)).toEqual({ localPart: local, domain: name, address });
      expect(isAddress(address)).toBe(true);
    });
    fc.assert(property, runs(3000));
  });

  test('every way to quote a local part is the same mailbox', () => {
    const escapes = fc.array(fc.boolean(), { minLength: 64, maxLength: 64 });
    const property = fc.property(asciiLocalPart, escapes, domain, (local, isEscaped, name) => {
      const written = Array.from(local).map((c, at) =>
        c === '"' || c === '\\' || isEscaped[at] === true ? `\\${c}` : c,
      );
      const parsed = parsePath(`<"${written.join('')}"@${name}>`, ASCII);
      const isTooLong = written.length + written.filter((c) => c.length > 1).length + name.length + 5 > 256;
      if (parsed.kind === 'PATH') expect(parsed.path.address).toBe(formatAddress(local, name));
      else expect(isTooLong || formatAddress(local, name).length > 254).toBe(true);
    });
    fc.assert(property, runs(2000));
  });

  test('whatever is read has one spelling, which is read as itself, without controls, in bounds', () => {
    let count = 0;
    const property = fc.property(junk, fc.boolean(), (text, smtpUtf8) => {
      const path = pathOf(`<${text}>`, { allowNull: false, smtpUtf8 });
      if (path === null) return;
      count += 1;
      expect(path.address).toBe(formatAddress(path.localPart, path.domain));
      expect(path.address).not.toMatch(CONTROLS);
      expect(path.address.isWellFormed()).toBe(true);
      expect(pathOf(`<${path.address}>`, { allowNull: false, smtpUtf8 })).toEqual(path);
      expect(Buffer.byteLength(path.address)).toBeLessThanOrEqual(254);
      expect(path.domain).toMatch(/^(?:[a-z0-9._-]+|\[[A-Za-z0-9.:]+\])$/);
      if (!smtpUtf8) expect(path.address).toMatch(/^[ -~]+$/);
      if (/^[ -~]+$/.test(path.address)) expect(path.address).toMatch(MAILBOX);
    });
    fc.assert(property, runs(20_000));
    expect(count).toBeGreaterThan(1000);
  });

  test('a source route changes nothing, and its hosts are nowhere in what is read', () => {
    const property = fc.property(
      fc.array(domain, { minLength: 1, maxLength: 3 }),
      asciiLocalPart,
      domain,
      (route, local, name) => {
        const address = formatAddress(local, name);
        const path = pathOf(`<${route.map((host) => `@${host}`).join(',')}:${address}>`, ASCII);
        if (path !== null) expect(path.address).toBe(address);
        else expect(route.join(',').length + route.length + address.length + 3).toBeGreaterThan(256);
      },
    );
    fc.assert(property, runs(1000));
  });

  test('a path that is refused is refused for a reason of one printable line', () => {
    const property = fc.property(junk, (text) => {
      const parsed = parsePath(`<${text}>`, UTF8);
      if (parsed.kind === 'INVALID') expect(parsed.reason).toMatch(/^[ -~]{1,80}$/);
    });
    fc.assert(property, runs(5000));
  });
});

describe('domains', () => {
  test('normalising twice is normalising once, and gives only what DNS can hold', () => {
    let count = 0;
    const property = fc.property(fc.oneof(junk, domain, unicodeDomain, fc.domain()), (text) => {
      for (const normalize of [normalizeDomain, normalizeLooseDomain]) {
        const name = normalize(text);
        if (name === null) continue;
        count += 1;
        expect(normalize(name)).toBe(name);
        expect(name.length).toBeLessThanOrEqual(253);
        expect(name).toMatch(/^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
      }
    });
    fc.assert(property, runs(10_000));
    expect(count).toBeGreaterThan(5000);
  });

  test('case and a dot at the end make no other domain', () => {
    const property = fc.property(fc.oneof(domain, unicodeDomain), (text) => {
      const name = normalizeDomain(text);
      expect(name).not.toBeNull();
      expect(normalizeDomain(text.toUpperCase())).toBe(normalizeDomain(text.toUpperCase().toLowerCase()));
      expect(normalizeDomain(`${text}.`)).toBe(name);
      expect(normalizeDomain(`${text}..`)).toBeNull();
      expect(normalizeDomain(`.${text}`)).toBeNull();
    });
    fc.assert(property, runs(2000));
  });

  test('U-label and A-label, composed and decomposed, are one domain', () => {
    const property = fc.property(unicodeDomain, (text) => {
      const name = normalizeDomain(text) ?? '';
      expect(name).toMatch(/(?:^|\.)(?:xn--|full\.)/);
      expect(normalizeDomain(domainToUnicode(name))).toBe(name);
      expect(normalizeDomain(text.normalize('NFC'))).toBe(name);
      expect(normalizeDomain(text.normalize('NFD'))).toBe(name);
      expect(pathOf(`<u@${text}>`)?.address).toBe(`u@${name}`);
    });
    fc.assert(property, runs(1000));
  });

  test('literals of every address, and of nothing else', () => {
    const address = fc.oneof(
      fc.ipV4().map((text) => `[${text}]`),
      fc.ipV6().map((text) => `[IPv6:${text}]`),
    );
    const property = fc.property(address, fc.oneof(junk, address), (literal, text) => {
      const one = normalizeLiteral(literal) ?? '';
      expect(one).toMatch(/^\[(?:IPv6:[0-9a-f:.]+|[0-9.]+)\]$/);
      expect(normalizeLiteral(one)).toBe(one);
      expect(normalizeLiteral(literal.toUpperCase())).toBe(one);
      expect(normalizeLiteral(`[${text}]`) ?? '[0]').toMatch(/^\[(?:IPv6:[0-9a-f:.]+|[0-9.]+)\]$/);
    });
    fc.assert(property, runs(2000));
  });
});
