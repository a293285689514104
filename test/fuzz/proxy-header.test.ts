/**
 * PROXY headers of both versions, right and spoilt, cut anywhere, before any session: the client is who the header says, the
 * session is what it would be without, and what is no header lets nobody in as somebody else.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { readProxyHeader } from '../../src/inbound/proxy.ts';
import { normalizeAddress } from '../../src/mail/ip.ts';
import { assertRuns, runs, runsTimeoutMs } from './runs.ts';
import { type SessionScene, startSessionScene } from './session-scene.ts';
import { cut, cutting, pieces, session } from './sessions.ts';

/** Octets of a header (Latin-1), and the address it names; null is the proxy's own. */
interface Header {
  readonly octets: string;
  readonly address: string | null;
}

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
const port = fc.integer({ min: 0, max: 65_535 });
const ipV4 = fc.ipV4();
const ipV6 = fc.ipV6();
const tlvs = fc
  .array(fc.tuple(fc.constantFrom(1, 2, 4, 5, 0x20, 0xee), fc.string({ unit: 'binary-ascii', maxLength: 40 })), {
    maxLength: 4,
  })
  .map((list) => list.map(([type, value]) => `${chr(type)}${word(value.length)}${value}`).join(''));

function chr(code: number): string {
  return String.fromCharCode(code);
}

function word(value: number): string {
  return chr(value >> 8) + chr(value & 0xff);
}

function v4Octets(address: string): string {
  return address
    .split('.')
    .map((part) => chr(Number(part)))
    .join('');
}

const version1: fc.Arbitrary<Header> = fc.oneof(
  fc
    .tuple(ipV4, ipV4, port, port)
    .map(([from, to, a, b]) => ({ octets: `PROXY TCP4 ${from} ${to} ${a} ${b}\r\n`, address: from })),
  fc
    .tuple(ipV6, ipV6, port, port)
    .map(([from, to, a, b]) => ({ octets: `PROXY TCP6 ${from} ${to} ${a} ${b}\r\n`, address: from }))
    .filter(({ octets }) => octets.length <= 107),
  fc
    .constantFrom('PROXY UNKNOWN\r\n', 'PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n')
    .map((octets) => ({ octets, address: null })),
);
const version2: fc.Arbitrary<Header> = fc.oneof(
  fc.tuple(ipV4, ipV4, port, tlvs).map(([from, to, a, rest]) => {
    const block = `${v4Octets(from)}${v4Octets(to)}${word(a)}${word(25)}${rest}`;
    return { octets: `${SIGNATURE}\x21\x11${word(block.length)}${block}`, address: from };
  }),
  fc
    .tuple(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), port, tlvs)
    .map(([groups, a, rest]) => {
      const from = groups.map((group) => group.toString(16)).join(':');
      const block = `${groups.map(word).join('')}${'\0'.repeat(16)}${word(a)}${word(25)}${rest}`;
      return { octets: `${SIGNATURE}\x21\x21${word(block.length)}${block}`, address: from };
    }),
  fc.tuple(fc.constantFrom(0x00, 0x11, 0x21, 0x99), tlvs).map(([family, rest]) => ({
    octets: `${SIGNATURE}\x20${chr(family)}${word(rest.length)}${rest}`,
    address: null,
  })),
);
const header = fc.oneof(version1, version2);

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

test('a header is read to its last octet and no further, and half of one is half of one', () => {
  const property = fc.property(
    header,
    fc.string({ unit: 'binary-ascii', maxLength: 30 }),
    ({ octets, address }, behind) => {
      const wanted = {
        kind: 'HEADER',
        address: address === null ? null : normalizeAddress(address),
        octetCount: octets.length,
      } as const;
      expect(readProxyHeader(bytes(octets))).toEqual(wanted);
      expect(readProxyHeader(bytes(octets + behind))).toEqual(wanted);
      for (let length = 0; length < octets.length; length += 1) {
        expect(readProxyHeader(bytes(octets.slice(0, length)))).toEqual({ kind: 'MORE' });
      }
    },
  );
  fc.assert(property, runs(500));
});

test('a spoilt header names an address or nobody, and never reads beyond its bounds', () => {
  const spoilt = fc.tuple(header, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat({ max: 3 }));
  const property = fc.property(spoilt, ([{ octets }, place, octet, gone]) => {
    const at = place % octets.length;
    const text = octets.slice(0, at) + chr(octet) + octets.slice(at + gone);
    const read = readProxyHeader(bytes(text));
    if (read.kind === 'MALFORMED') expect(read.reason).toMatch(/^[ -~]+$/);
    if (read.kind !== 'HEADER') return;
    expect(read.octetCount).toBeLessThanOrEqual(text.length);
    if (read.address !== null) expect(normalizeAddress(read.address)).toBe(read.address);
    if (read.address !== null && isIPv6(read.address)) expect(read.address).not.toMatch(/^::ffff:/i);
  });
  fc.assert(property, runs(5000));
});

let scene: SessionScene;

beforeAll(async () => {
  scene = await startSessionScene({
    bareNewlines: 'reject',
    idleMs: 1000,
    isTrustedProxy: (address) => address === '127.0.0.1',
  });
});

afterAll(() => scene.close());

test(
  'a session behind a header is that session, and its mail is of the client that the header names',
  async () => {
    let [playCount, messageCount] = [0, 0];
    const behind = fc.array(fc.tuple(header, claim, session.filter(isNoProxy), cutting), {
      minLength: 1,
      maxLength: 16,
      size: 'max',
    });
    const property = fc.asyncProperty(behind, async (chosen) => {
      const sessions = chosen.map(([{ octets, address }, claimed, text, lengths]) => {
        const claims = address === null ? '' : claimed;
        const stream = Buffer.concat(pieces(claims + text, [])).toString('latin1');
        const whole = bytes(octets + stream);
        const least = Math.ceil(whole.length / 400);
        return {
          pieces: cut(
            whole,
            lengths.map((length) => Math.max(length, least)),
          ),
          stream,
          clientAddress: address === null ? '127.0.0.1' : (normalizeAddress(address) ?? ''),
        };
      });
      const played = await scene.play(sessions);
      playCount += 1;
      messageCount += played.messages.length;
      if (played.complaint !== null) throw new Error(`${played.complaint}\nheard: ${JSON.stringify(played.heard)}`);
    });
    await assertRuns(property, runs(80));
    expect(messageCount).toBeGreaterThan(playCount / 2);
  },
  runsTimeoutMs(60),
);

/** A client behind the proxy that wants to be somebody else, too. Refused, as to any stranger. */
const claim = fc.constantFrom(
  '',
  '',
  'PROXY TCP4 192.0.2.9 192.0.2.8 1 25\r\n',
  'XCLIENT ADDR=192.0.2.9\r\n',
  'EHLO x\r\nXCLIENT ADDR=192.0.2.9\r\n',
);

/** XCLIENT is the proxy's own way to speak, and no part of the reference. */
function isNoProxy(stream: string): boolean {
  return !/XCLIENT/i.test(stream);
}
