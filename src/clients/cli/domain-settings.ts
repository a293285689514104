/**
 * The settings of a domain as options of `domain create` and `domain set`.
 *
 * Every setting of the API has an option: the types hold the table to be complete. The value `default` restores the default.
 */
import type { DomainUpdateInput } from '../../control/generated.ts';
import { type Call, UsageError } from './action.ts';
import { durationOption, labelsOf, numberIn } from './call.ts';

/** The settings: what domainUpdate can change. */
export type DomainSetting = Exclude<keyof DomainUpdateInput, 'name' | 'expectedRevision' | 'dryRun' | 'idempotencyKey'>;

interface Setting {
  readonly option: string;
  /** The word that stands for the value in the usage. */
  readonly value: string;
  readonly isRepeated?: boolean;
  /** The values that were given, at least one. Throws UsageError. */
  readonly read: (values: readonly string[], call: Call) => unknown;
}

const yesNo: Setting['read'] = ([value]) => value === 'YES';
const texts: Setting['read'] = (values) => values;
const number =
  (option: string): Setting['read'] =>
  ([value = '']) =>
    numberIn(option, value);

export const SETTINGS: Readonly<Record<DomainSetting, Setting>> = {
  deliverTo: { option: 'deliver-to', value: 'HOST[:PORT]', isRepeated: true, read: (values) => values.map(hostOf) },
  labels: { option: 'label', value: 'KEY=VALUE', isRepeated: true, read: labelsOf },
  recipientDelimiter: { option: 'recipient-delimiter', value: 'CHARACTER', read: ([value]) => value },
  hasCallAheads: { option: 'call-aheads', value: 'yes|no|default', read: yesNo },
  unknownWhileDown: {
    option: 'unknown-while-down',
    value: 'POLICY|default',
    read: ([policy], call) => ({ policy, ...durationField(call) }),
  },
  dnsblZones: {
    option: 'dnsbl',
    value: 'ZONE[,mode=MODE][,weight=N][,code=ADDRESS]',
    isRepeated: true,
    read: (values) => values.map((value) => zoneOf('dnsbl', value, ['mode', 'weight', 'code'])),
  },
  dnsblThreshold: { option: 'dnsbl-threshold', value: 'N', read: number('dnsbl-threshold') },
  dnswlZones: {
    option: 'dnswl',
    value: 'ZONE[,code=ADDRESS]',
    isRepeated: true,
    read: (values) => values.map((value) => zoneOf('dnswl', value, ['code'])),
  },
  dnsblAllowedClients: { option: 'dnsbl-allow', value: 'NETWORK', isRepeated: true, read: texts },
  tlsPolicy: { option: 'tls', value: 'TLS|default', read: ([value]) => value },
  drainPerMinute: { option: 'drain-per-minute', value: 'N', read: number('drain-per-minute') },
  etrnClients: { option: 'etrn-client', value: 'NETWORK', isRepeated: true, read: texts },
  hasDelayReports: { option: 'delay-reports', value: 'yes|no|default', read: yesNo },
};

export const SETTINGS_USAGE = Object.values(SETTINGS)
  .flatMap(({ option, value, isRepeated }) => [
    `[--${option} ${value}]${isRepeated === true ? '...' : ''}`,
    ...(option === 'unknown-while-down' ? ['[--unknown-for SPAN]'] : []),
  ])
  .join(' ');

/** The settings that were given, as fields of an input. Throws UsageError. */
export function givenSettings(call: Call): Record<string, unknown> {
  const entries = Object.entries(SETTINGS).flatMap(([field, { option, read }]): [string, unknown][] => {
    const values = call.list(option);
    if (values.length === 0) return [];
    return [[field, values.length === 1 && values[0]?.toLowerCase() === 'default' ? null : read(values, call)]];
  });
  if (call.text('unknown-for') !== undefined && call.text('unknown-while-down') === undefined)
    throw new UsageError('--unknown-for belongs to --unknown-while-down');
  return Object.fromEntries(entries);
}

function durationField(call: Call): Record<string, string> {
  const duration = durationOption(call, 'unknown-for');
  return duration === undefined ? {} : { duration };
}

function hostOf(value: string): { host: string; port: number } {
  const [, host = value, port = '25'] = /^(.+?)(?::(\d{1,5}))?$/.exec(value.replaceAll(/[[\]]/g, '')) ?? [];
  return { host, port: Number(port) };
}

/** A DNS list: its zone, then what is said of it. */
function zoneOf(option: string, value: string, known: readonly string[]): Record<string, unknown> {
  const [zone = '', ...parts] = value.split(',');
  const codes: string[] = [];
  const zoneInput: Record<string, unknown> = { zone };
  for (const part of parts) {
    const [key = '', ...rest] = part.split('=');
    const text = rest.join('=');
    if (!known.includes(key) || text === '')
      throw new UsageError(`--${option} is "${value}": after the zone come ${known.map((k) => `${k}=…`).join(', ')}`);
    if (key === 'code') codes.push(text);
    else zoneInput[key] = key === 'weight' ? numberIn(option, text) : text.toUpperCase().replaceAll('-', '_');
  }
  return codes.length === 0 ? zoneInput : { ...zoneInput, codes };
}
