/** What an input makes of a domain's settings: absent leaves, null puts the default back, a complaint names its field. */
import { expect, test } from 'bun:test';
import { DEFAULT_SETTINGS, type DomainSettings } from '../../src/domains/relay-domain.ts';
import { applySettings, type DomainSettingsInput } from '../../src/domains/settings.ts';

const PRESENT: DomainSettings = {
  deliverTo: [{ host: 'mx.given.test', port: 25 }],
  labels: { team: 'mail' },
  recipientDelimiter: '-',
  hasCallAheads: false,
  unknownWhileDown: { policy: 'DEFER_THEN_ACCEPT', hours: 8 },
  dnsbl: {
    zones: [{ zone: 'list.test', mode: 'REJECT', weight: 2, codes: ['127.0.0.2'] }],
    threshold: 2,
    allowZones: [{ zone: 'good.test', codes: [] }],
    allowedClients: ['192.0.2.0/24'],
  },
  tlsPolicy: 'VERIFIED',
  drainPerMinute: 600,
  etrnClients: ['192.0.2.1'],
  hasDelayReports: true,
};

function apply(input: DomainSettingsInput, present = PRESENT): DomainSettings | string[] {
  const result = applySettings(present, input);
  return result.kind === 'OK' ? result.value : result.errors.map(({ path, code }) => `${path.join('.')} ${code}`);
}

test('an empty input changes nothing', () => {
  expect(apply({})).toEqual(PRESENT);
});

test('null puts every default back', () => {
  const nothing: DomainSettingsInput = {
    deliverTo: null,
    labels: null,
    recipientDelimiter: null,
    hasCallAheads: null,
    unknownWhileDown: null,
    dnsblZones: null,
    dnsblThreshold: null,
    dnswlZones: null,
    dnsblAllowedClients: null,
    tlsPolicy: null,
    drainPerMinute: null,
    etrnClients: null,
    hasDelayReports: null,
  };
  expect(apply(nothing)).toEqual(DEFAULT_SETTINGS);
});

test('each field is changed by itself', () => {
  expect(apply({ hasCallAheads: true })).toEqual({ ...PRESENT, hasCallAheads: true });
  expect(apply({ recipientDelimiter: '+' })).toEqual({ ...PRESENT, recipientDelimiter: '+' });
  expect(apply({ unknownWhileDown: { policy: 'DEFER_THEN_ACCEPT' } })).toEqual({
    ...PRESENT,
    unknownWhileDown: { policy: 'DEFER_THEN_ACCEPT', hours: 4 },
  });
  expect(apply({ dnsblAllowedClients: [] })).toEqual({ ...PRESENT, dnsbl: { ...PRESENT.dnsbl, allowedClients: [] } });
});

test('every complaint comes, each with its path', () => {
  expect(
    apply({
      deliverTo: [{ host: 'a b' }],
      recipientDelimiter: '++',
      unknownWhileDown: { policy: 'DEFER', duration: 241 * 3_600_000 },
      dnsblZones: [{ zone: 'fine.test' }, { zone: 'no zone' }],
    }),
  ).toEqual([
    'deliverTo.0.host NOT_A_HOST',
    'recipientDelimiter INVALID',
    'unknownWhileDown.duration OUT_OF_RANGE',
    'dnsblZones.1.zone NOT_A_DOMAIN',
  ]);
  for (const delimiter of ['', 'a', '@', '.', '"', 'é', '\n']) {
    expect(apply({ recipientDelimiter: delimiter })).toEqual(['recipientDelimiter INVALID']);
  }
  expect(apply({ etrnClients: ['192.0.2.0/24', '2001:DB8::/32', 'mail.example'] })).toEqual([
    'etrnClients.2 NOT_A_NETWORK',
  ]);
  expect(apply({ etrnClients: Array.from({ length: 51 }, (_, index) => `192.0.2.${index}`) })).toEqual([
    'etrnClients TOO_MANY',
  ]);
  for (const drainPerMinute of [0, -1, 0.5, 1_000_001]) {
    expect(apply({ drainPerMinute })).toEqual(['drainPerMinute OUT_OF_RANGE']);
  }
  for (const hours of [0, -1, 1.5, Number.NaN]) {
    expect(apply({ unknownWhileDown: { policy: 'DEFER', duration: hours * 3_600_000 } })).toEqual([
      'unknownWhileDown.duration OUT_OF_RANGE',
    ]);
  }
});
