import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { checkDnsbl, type DnsblInput } from '../../src/domains/dnsbl-input.ts';
import type { DnsblSettings } from '../../src/domains/relay-domain.ts';
import { NO_DNSBL } from '../../src/domains/relay-domain.ts';

const PRESENT: DnsblSettings = {
  zones: [{ zone: 'old.example', mode: 'DRY_RUN', weight: 2, codes: ['127.0.0.2'] }],
  threshold: 2,
  allowZones: [{ zone: 'good.example', codes: [] }],
  allowedClients: ['192.0.2.0/24'],
};

function accepted(input: DnsblInput, present = NO_DNSBL): DnsblSettings {
  const checked = checkDnsbl(input, present);
  if (checked.kind === 'BAD') throw new Error(JSON.stringify(checked.errors));
  return checked.value;
}

/** Paths and codes of the complaints. */
function refused(input: DnsblInput): string[] {
  const checked = checkDnsbl(input);
  return checked.kind === 'BAD' ? checked.errors.map(({ path, code }) => `${path.join('.')} ${code}`) : [];
}

const zones = (count: number) => Array.from({ length: count }, (_, index) => ({ zone: `z${index}.example` }));

describe('what is taken', () => {
  test('what is left out stays, null is the default', () => {
    expect(accepted({}, PRESENT)).toEqual(PRESENT);
    expect(
      accepted({ dnsblZones: null, dnsblThreshold: null, dnswlZones: null, dnsblAllowedClients: null }, PRESENT),
    ).toEqual(NO_DNSBL);
    expect(accepted({ dnswlZones: [] }, PRESENT)).toEqual({ ...PRESENT, allowZones: [] });
  });

  test('every name and network in its one form', () => {
    expect(
      accepted({
        dnsblZones: [
          { zone: ' BL.Example.Net. ' },
          { zone: 'bücher.example', mode: 'DRY_RUN', weight: 100, codes: ['127.0.0.2', ' 127.0.0.0/28'] },
          { zone: '_key.dq.example', mode: null, weight: null, codes: null },
        ],
        dnsblThreshold: 2,
        dnswlZones: [{ zone: 'BL.example.net', codes: ['127.0.1.0/24'] }],
        dnsblAllowedClients: ['192.0.2.7', '2001:DB8:0::/32', '::ffff:198.51.100.0/120', '0.0.0.0/0'],
      }),
    ).toEqual({
      zones: [
        { zone: 'bl.example.net', mode: 'DRY_RUN', weight: 1, codes: [] },
        { zone: 'xn--bcher-kva.example', mode: 'DRY_RUN', weight: 100, codes: ['127.0.0.2', '127.0.0.0/28'] },
        { zone: '_key.dq.example', mode: 'DRY_RUN', weight: 1, codes: [] },
      ],
      threshold: 2,
      allowZones: [{ zone: 'bl.example.net', codes: ['127.0.1.0/24'] }],
      allowedClients: ['192.0.2.7', '2001:db8::/32', '::ffff:c633:6400/120', '0.0.0.0/0'],
    });
  });

  test('as many as there may be', () => {
    const networks = Array.from({ length: 1000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    const wanted = accepted({ dnsblZones: zones(20), dnswlZones: zones(10), dnsblAllowedClients: networks });
    expect([wanted.zones.length, wanted.allowZones.length, wanted.allowedClients.length]).toEqual([20, 10, 1000]);
  });

  test('a name of 253 characters with the longest address before it', () => {
    const label = 'a'.repeat(60);
    const longest = `${'b'.repeat(189 - 3 * 61)}.${label}.${label}.${label}`;
    expect(longest).toHaveLength(189);
    expect(accepted({ dnsblZones: [{ zone: longest }] }).zones).toHaveLength(1);
    expect(refused({ dnsblZones: [{ zone: `b${longest}` }] })).toEqual(['dnsblZones.0.zone TOO_LONG']);
  });
});

describe('what is not', () => {
  test.each([
    '',
    'spamhaus',
    'https://bl.example/',
    '192.0.2.1',
    '2001:db8::1',
    'a b.example',
    '-.example',
    'a..example',
    '*.example',
    'x@bl.example',
    '[192.0.2.1]',
  ])('zone "%s"', (zone) => {
    const good = { zone: 'bl.example' };
    const code = zone === '' ? 'REQUIRED' : 'NOT_A_DOMAIN';
    expect(refused({ dnsblZones: [good, { zone: 'b2.example' }, { zone }] })).toEqual([`dnsblZones.2.zone ${code}`]);
    expect(refused({ dnswlZones: [good, { zone }] })).toEqual([`dnswlZones.1.zone ${code}`]);
  });

  test.each([
    '127.0.0.1',
    '127.0.0.1/32',
    '127.255.255.254',
    '127.255.255.0/24',
    '192.0.2.1',
    '0.0.0.0/0',
    '127.0.0.0/7',
    '127.0.0.2/33',
    '127.0.0.2/',
    '127.0.0.2/8/8',
    '127.0.0.2-127.0.0.9',
    '127.0.0',
    '::ffff:7f00:2',
    '',
  ])('code "%s"', (code) => {
    const codes = ['127.0.0.2', code];
    expect(refused({ dnsblZones: [{ zone: 'bl.example', codes }] })).toEqual(['dnsblZones.0.codes.1 NOT_A_NETWORK']);
    expect(refused({ dnswlZones: [{ zone: 'bl.example', codes }] })).toEqual(['dnswlZones.0.codes.1 NOT_A_NETWORK']);
  });

  test.each([
    '',
    'mail.example',
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/24/1',
    '2001:db8::/129',
    'fe80::1%eth0',
    '192.0.2.0/-1',
    '192.0.2.0/024',
  ])('client "%s"', (client) => {
    expect(refused({ dnsblAllowedClients: ['192.0.2.1', client] })).toEqual(['dnsblAllowedClients.1 NOT_A_NETWORK']);
  });

  test('what is listed twice', () => {
    expect(
      refused({
        dnsblZones: [{ zone: 'bl.example' }, { zone: 'BL.example.', codes: ['127.0.0.2', '127.0.0.2'] }],
        dnswlZones: [{ zone: 'wl.example' }, { zone: 'wl.example' }],
        dnsblAllowedClients: ['2001:db8::1', '2001:DB8:0:0::1'],
      }),
    ).toEqual([
      'dnsblZones.1.zone DUPLICATE',
      'dnsblZones.1.codes.1 DUPLICATE',
      'dnswlZones.1.zone DUPLICATE',
      'dnsblAllowedClients.1 DUPLICATE',
    ]);
  });

  test('too many', () => {
    const codes = Array.from({ length: 51 }, (_, index) => `127.0.1.${index}`);
    const networks = Array.from({ length: 1001 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    expect(refused({ dnsblZones: zones(21) })).toEqual(['dnsblZones TOO_MANY']);
    expect(refused({ dnswlZones: zones(11) })).toEqual(['dnswlZones TOO_MANY']);
    expect(refused({ dnsblAllowedClients: networks })).toEqual(['dnsblAllowedClients TOO_MANY']);
    expect(refused({ dnsblZones: [{ zone: 'bl.example', codes }] })).toEqual(['dnsblZones.0.codes TOO_MANY']);
  });

  test.each([0, -1, 101, 1.5, Number.NaN])('weight %p', (weight) => {
    expect(refused({ dnsblZones: [{ zone: 'bl.example', weight }] })).toEqual(['dnsblZones.0.weight OUT_OF_RANGE']);
  });

  test.each([0, -1, 1001, 2.5])('threshold %p', (dnsblThreshold) => {
    expect(refused({ dnsblThreshold })).toEqual(['dnsblThreshold OUT_OF_RANGE']);
  });

  test('a threshold that the zones which refuse cannot reach together', () => {
    const dnsblZones = [
      { zone: 'a.example', mode: 'REJECT' as const, weight: 2 },
      { zone: 'b.example', mode: 'DRY_RUN' as const, weight: 5 },
    ];
    expect(refused({ dnsblZones, dnsblThreshold: 3 })).toEqual(['dnsblThreshold OUT_OF_RANGE']);
    expect(refused({ dnsblZones, dnsblThreshold: 2 })).toEqual([]);
    expect(refused({ dnsblZones: dnsblZones.slice(1), dnsblThreshold: 9 })).toEqual([]);
  });

  test('whatever a person types is taken or refused, never thrown, and a complaint has no control characters', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(text, text, text, (zone, code, client) => {
        const checked = checkDnsbl({ dnsblZones: [{ zone, codes: [code] }], dnsblAllowedClients: [client] });
        for (const { message } of checked.kind === 'BAD' ? checked.errors : []) {
          expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
          expect(message.length).toBeLessThan(300);
        }
      }),
    );
  });
});
