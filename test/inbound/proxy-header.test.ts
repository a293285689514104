/** The PROXY header's parser: every header at every cut, what is malformed, and that garbage never becomes an address. */
import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { isIPv4, isIPv6 } from 'node:net';
import { MAX_HEADER_OCTETS, type ProxyHeader, readProxyHeader } from '../../src/inbound/proxy.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

function binary(versionAndCommand: number, family: number, block: Uint8Array): Buffer {
  const fixed = Buffer.from([versionAndCommand, family, block.length >> 8, block.length & 255]);
  return Buffer.concat([SIGNATURE, fixed, block]);
}

function read(octets: string | Uint8Array): ProxyHeader {
  return readProxyHeader(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets);
}

/** Cut anywhere it is not decided yet; whole, with anything behind it, it says the same. */
function expectAtEveryCut(header: Uint8Array, address: string | null): void {
  for (let cut = 0; cut < header.length; cut += 1) expect(readProxyHeader(header.subarray(0, cut)).kind).toBe('MORE');
  const whole: ProxyHeader = { kind: 'HEADER', address, octetCount: header.length };
  expect(readProxyHeader(header)).toEqual(whole);
  expect(readProxyHeader(Buffer.concat([header, Buffer.from('EHLO x\r\nPROXY ')]))).toEqual(whole);
}

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet);
const ipv6 = fc.array(octet, { minLength: 16, maxLength: 16 }).filter((octets) => (octets[0] ?? 0) !== 0);
const port = fc.integer({ min: 0, max: 65_535 });

function textOf6(octets: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((octets[at * 2] ?? 0) << 8) | (octets[at * 2 + 1] ?? 0));
  return groups.map((group) => group.toString(16)).join(':');
}

/** RFC 5952 by another implementation. */
function canonical6(text: string): string {
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

describe('version 1', () => {
  test('any IPv4 line, at every cut', () => {
    fc.assert(
      fc.property(ipv4, ipv4, port, port, (source, destination, from, to) => {
        const line = `PROXY TCP4 ${source.join('.')} ${destination.join('.')} ${from} ${to}\r\n`;
        expectAtEveryCut(Buffer.from(line), source.join('.'));
      }),
    );
  });

  test('any IPv6 line, in canonical spelling', () => {
    fc.assert(
      fc.property(ipv6, ipv6, port, (source, destination, from) => {
        const line = `PROXY TCP6 ${textOf6(source).toUpperCase()} ${textOf6(destination)} ${from} 25\r\n`;
        expectAtEveryCut(Buffer.from(line), canonical6(textOf6(source)));
      }),
    );
  });

  test('a v4-mapped address is the IPv4 address', () => {
    expectAtEveryCut(Buffer.from('PROXY TCP6 ::ffff:192.0.2.1 ::1 1 25\r\n'), '192.0.2.1');
  });

  test('UNKNOWN keeps the address of the connection, whatever stands behind it', () => {
    expectAtEveryCut(Buffer.from('PROXY UNKNOWN\r\n'), null);
    expectAtEveryCut(Buffer.from(`PROXY UNKNOWN ${'f'.repeat(90)}\r\n`), null);
  });

  test.each([
    'PROXY \r\n',
    'PROXY TCP4\r\n',
    'PROXY TCP5 192.0.2.1 192.0.2.2 1 25\r\n',
    'PROXY tcp4 192.0.2.1 192.0.2.2 1 25\r\n',
    'PROXY TCP4  192.0.2.1 192.0.2.2 1 25\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 25 \r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 25 9\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 -1 25\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 01 25\r\n',
    'PROXY TCP4 192.0.2.01 192.0.2.2 1 25\r\n',
    'PROXY TCP4 192.0.2.256 192.0.2.2 1 25\r\n',
    'PROXY TCP4 192.0.2.1 nowhere 1 25\r\n',
    'PROXY TCP4 ::1 ::1 1 25\r\n',
    'PROXY TCP6 192.0.2.1 192.0.2.2 1 25\r\n',
    'PROXY TCP6 fe80::1%eth0 ::1 1 25\r\n',
    'PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 25\r\n',
    'PROXY TCP4 192.0.2.1\r 192.0.2.2 1 25\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 25\n',
    'PROXY UNKNOWN\t\r\n',
    'PROXY UNKNOWNS\r\n',
    `PROXY ${'x'.repeat(101)}`,
    `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`,
  ])('malformed: %j', (line) => {
    expect(read(line).kind).toBe('MALFORMED');
  });

  test('of a line without its end only 107 octets are waited for', () => {
    expect(read(`PROXY UNKNOWN ${'x'.repeat(92)}`).kind).toBe('MORE');
    expect(read(`PROXY UNKNOWN ${'x'.repeat(93)}`).kind).toBe('MALFORMED');
  });
});

describe('version 2', () => {
  const tlvs = fc.uint8Array({ maxLength: 300 });

  test('any IPv4 header, TLVs skipped, at every cut', () => {
    fc.assert(
      fc.property(ipv4, tlvs, (source, more) => {
        const block = Buffer.concat([Buffer.from([...source, 192, 0, 2, 25, 0x9c, 0x40, 0, 25]), more]);
        expectAtEveryCut(binary(0x21, 0x11, block), source.join('.'));
      }),
      { numRuns: 40 },
    );
  });

  test('any IPv6 header', () => {
    fc.assert(
      fc.property(ipv6, tlvs, (source, more) => {
        const block = Buffer.concat([Buffer.from([...source, ...new Uint8Array(16), 0x9c, 0x40, 0, 25]), more]);
        expectAtEveryCut(binary(0x21, 0x21, block), canonical6(textOf6(source)));
      }),
      { numRuns: 40 },
    );
    const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1];
    expectAtEveryCut(binary(0x21, 0x21, Buffer.from([...mapped, ...new Uint8Array(20)])), '192.0.2.1');
  });

  test('LOCAL with any family and block, UNSPEC and a Unix socket keep the address of the connection', () => {
    fc.assert(
      fc.property(octet, tlvs, (family, block) => expectAtEveryCut(binary(0x20, family, block), null)),
      { numRuns: 40 },
    );
    expectAtEveryCut(binary(0x21, 0x00, new Uint8Array(7)), null);
    expectAtEveryCut(binary(0x21, 0x31, new Uint8Array(216)), null);
  });

  test('the longest header read', () => {
    const block = new Uint8Array(MAX_HEADER_OCTETS - 16);
    expect(readProxyHeader(binary(0x21, 0x11, block)).kind).toBe('HEADER');
    expect(readProxyHeader(binary(0x21, 0x11, new Uint8Array(MAX_HEADER_OCTETS - 15))).kind).toBe('MALFORMED');
    // Known before it has come.
    expect(readProxyHeader(Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, 0xff, 0xff])])).kind).toBe('MALFORMED');
  });

  test.each([
    [0x11, 0x11, 12],
    [0x31, 0x11, 12],
    [0x22, 0x11, 12],
    [0x2f, 0x11, 12],
    [0x21, 0x12, 12],
    [0x21, 0x10, 12],
    [0x21, 0x41, 12],
    [0x21, 0xff, 12],
    [0x21, 0x11, 11],
    [0x21, 0x21, 35],
    [0x21, 0x31, 215],
  ])('malformed: version and command %p, family %p, %p octets', (versionAndCommand, family, count) => {
    expect(readProxyHeader(binary(versionAndCommand, family, new Uint8Array(count))).kind).toBe('MALFORMED');
  });
});

describe('anything else', () => {
  test.each([
    'EHLO x\r\n',
    'P',
    'PROX',
    'PROXZ',
    'proxy TCP4',
    '\r\nEHLO',
    '\r\n\r\n\0\r\nQUIT\r\n',
    '\x16\x03\x01',
    '\0',
  ])('%j begins no header, or may still', (octets) => {
    const isPrefix = 'PROXY '.startsWith(octets);
    expect(read(octets).kind).toBe(isPrefix ? 'MORE' : 'NONE');
  });

  test('octets changed at random never crash it and never give what is no address', () => {
    const headers = [
      Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 40000 25\r\n'),
      binary(0x21, 0x11, new Uint8Array(12)),
      binary(0x21, 0x21, new Uint8Array(40)),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...headers),
        fc.array(fc.tuple(fc.nat(60), octet), { maxLength: 6 }),
        fc.uint8Array({ maxLength: 40 }),
        (header, changes, more) => {
          const octets = Buffer.concat([header, more]);
          for (const [at, value] of changes) octets[at] = value;
          const found = readProxyHeader(octets);
          if (found.kind !== 'HEADER') return;
          expect(found.octetCount).toBeLessThanOrEqual(octets.length);
          const { address } = found;
          expect(address === null || isIPv4(address) || isIPv6(address)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
