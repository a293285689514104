/**
 * All that a person may set on a relay domain, as one value: what an input makes of it, and how it is stored.
 *
 * An absent field of an input leaves what is there; null puts the default back. Every field is checked, and all complaints
 * come together. Pure.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { SqlFragment } from '../db/fragments.ts';
import { checkDnsbl, type DnsblInput } from './dnsbl-input.ts';
import { checkDeliverTo, checkLabels, type HostInput, type LabelInput } from './input.ts';
import { type Checked, errorsOf } from '../input/checked.ts';
import {
  DEFAULT_UNKNOWN_WHILE_DOWN,
  type DeliverToHost,
  type DnsblSettings,
  NO_DNSBL,
  type RelayDomain,
  type TlsPolicy,
  type UnknownWhileDown,
} from './relay-domain.ts';
import { checkNetworks } from './network-input.ts';
import { invalid, type UserError } from '../input/user-error.ts';

export interface DomainSettings {
  readonly deliverTo: readonly DeliverToHost[];
  readonly labels: Readonly<Record<string, string>>;
  readonly recipientDelimiter: string | null;
  readonly callAheads: boolean;
  readonly unknownWhileDown: UnknownWhileDown;
  readonly dnsbl: DnsblSettings;
  readonly tlsPolicy: TlsPolicy;
  readonly drainPerMinute: number | null;
  readonly etrnClients: readonly string[];
  readonly delayReports: boolean;
}

export interface DomainSettingsInput extends DnsblInput {
  readonly deliverTo?: readonly HostInput[] | null | undefined;
  readonly labels?: readonly LabelInput[] | null | undefined;
  readonly recipientDelimiter?: string | null | undefined;
  readonly callAheads?: boolean | null | undefined;
  readonly unknownWhileDown?:
    | { readonly policy: UnknownWhileDown['policy']; readonly hours?: number | null | undefined }
    | null
    | undefined;
  readonly tlsPolicy?: TlsPolicy | null | undefined;
  readonly drainPerMinute?: number | null | undefined;
  readonly etrnClients?: readonly string[] | null | undefined;
  readonly delayReports?: boolean | null | undefined;
}

export const DEFAULT_SETTINGS: DomainSettings = {
  deliverTo: [],
  labels: {},
  recipientDelimiter: null,
  callAheads: true,
  unknownWhileDown: DEFAULT_UNKNOWN_WHILE_DOWN,
  dnsbl: NO_DNSBL,
  tlsPolicy: 'OPPORTUNISTIC',
  drainPerMinute: null,
  etrnClients: [],
  delayReports: false,
};

/** The lifetime of held mail. */
const MAX_DEFER_HOURS = 240;
const MAX_DRAIN_PER_MINUTE = 1_000_000;
const MAX_ETRN_CLIENTS = 50;

export function settingsOf(domain: RelayDomain): DomainSettings {
  const { deliverTo, labels, recipientList, callAheads, unknownWhileDown, dnsbl } = domain;
  const { tlsPolicy, drainPerMinute, etrnClients, delayReports } = domain;
  return {
    deliverTo,
    labels,
    recipientDelimiter: recipientList.delimiter,
    callAheads,
    unknownWhileDown,
    dnsbl,
    tlsPolicy,
    drainPerMinute,
    etrnClients,
    delayReports,
  };
}

/** The settings that an input makes of the present ones. */
export function applySettings(present: DomainSettings, input: DomainSettingsInput): Checked<DomainSettings> {
  const deliverTo = given(input.deliverTo, present.deliverTo, (hosts) => checkDeliverTo(hosts ?? []));
  const labels = given(input.labels, present.labels, (list) => checkLabels(list ?? []));
  const recipientDelimiter = given(input.recipientDelimiter, present.recipientDelimiter, checkDelimiter);
  const unknownWhileDown = given(input.unknownWhileDown, present.unknownWhileDown, checkUnknownWhileDown);
  const dnsbl = checkDnsbl(input, present.dnsbl);
  const drainPerMinute = given(input.drainPerMinute, present.drainPerMinute, checkDrainPerMinute);
  const etrnClients = given(input.etrnClients, present.etrnClients, checkEtrnClients);
  if (
    deliverTo.kind === 'BAD' ||
    labels.kind === 'BAD' ||
    recipientDelimiter.kind === 'BAD' ||
    unknownWhileDown.kind === 'BAD' ||
    dnsbl.kind === 'BAD' ||
    drainPerMinute.kind === 'BAD' ||
    etrnClients.kind === 'BAD'
  ) {
    return {
      kind: 'BAD',
      errors: errorsOf(deliverTo, labels, recipientDelimiter, unknownWhileDown, dnsbl, drainPerMinute, etrnClients),
    };
  }
  return {
    kind: 'OK',
    value: {
      deliverTo: deliverTo.value,
      labels: labels.value,
      recipientDelimiter: recipientDelimiter.value,
      callAheads: orDefault(input.callAheads, present.callAheads, DEFAULT_SETTINGS.callAheads),
      unknownWhileDown: unknownWhileDown.value,
      dnsbl: dnsbl.value,
      tlsPolicy: orDefault(input.tlsPolicy, present.tlsPolicy, DEFAULT_SETTINGS.tlsPolicy),
      drainPerMinute: drainPerMinute.value,
      etrnClients: etrnClients.value,
      delayReports: orDefault(input.delayReports, present.delayReports, DEFAULT_SETTINGS.delayReports),
    },
  };
}

/** Absent leaves the present value, null puts the default back. */
function orDefault<T>(value: T | null | undefined, present: T, byDefault: T): T {
  return value === undefined ? present : (value ?? byDefault);
}

/** Columns of `domains` and their values, as plain JSON. */
export function rowOfSettings(settings: DomainSettings) {
  return {
    deliver_to: settings.deliverTo,
    labels: settings.labels,
    recipient_delimiter: settings.recipientDelimiter,
    call_aheads: settings.callAheads,
    unknown_while_down: settings.unknownWhileDown.policy,
    unknown_defer_hours: settings.unknownWhileDown.hours,
    dnsbl: settings.dnsbl,
    tls_policy: settings.tlsPolicy,
    drain_per_minute: settings.drainPerMinute,
    etrn_clients: settings.etrnClients,
    delay_reports: settings.delayReports,
  };
}

/** The same columns as a part of a statement. */
export function settingColumns(sql: SqlExecutor): SqlFragment {
  const columns = Object.keys(rowOfSettings(DEFAULT_SETTINGS)).map((column) => sql`${sql(column)}`);
  return columns.reduce((all, next) => sql`${all}, ${next}`);
}

function given<I, T>(value: I | undefined, present: T, check: (value: I) => Checked<T>): Checked<T> {
  return value === undefined ? { kind: 'OK', value: present } : check(value);
}

/** RFC 5233 §2 leaves the character to the server. One that separates nothing in practice is a slip. */
function checkDelimiter(text: string | null): Checked<string | null> {
  if (text === null || /^[!#$%&'*+/=?^_`{|}~-]$/.test(text)) return { kind: 'OK', value: text };
  const message = 'The delimiter is one character that may stand in a local part, such as "+"; null for none.';
  return { kind: 'BAD', errors: [invalid(['recipientDelimiter'], message)] };
}

function checkUnknownWhileDown(value: DomainSettingsInput['unknownWhileDown']): Checked<UnknownWhileDown> {
  if (value === null || value === undefined) return { kind: 'OK', value: DEFAULT_UNKNOWN_WHILE_DOWN };
  const hours = value.hours ?? DEFAULT_UNKNOWN_WHILE_DOWN.hours;
  if (Number.isInteger(hours) && hours >= 1 && hours <= MAX_DEFER_HOURS) {
    return { kind: 'OK', value: { policy: value.policy, hours } };
  }
  const message = `Hours lie between 1 and ${MAX_DEFER_HOURS}.`;
  return { kind: 'BAD', errors: [invalid(['unknownWhileDown', 'hours'], message)] };
}

function checkDrainPerMinute(value: number | null): Checked<number | null> {
  if (value === null || (Number.isInteger(value) && value >= 1 && value <= MAX_DRAIN_PER_MINUTE)) {
    return { kind: 'OK', value };
  }
  const message = `The cap is a whole number from 1 to ${MAX_DRAIN_PER_MINUTE} messages a minute; null for none.`;
  return { kind: 'BAD', errors: [invalid(['drainPerMinute'], message)] };
}

function checkEtrnClients(value: readonly string[] | null): Checked<readonly string[]> {
  const errors: UserError[] = [];
  const networks = checkNetworks(value ?? [], { field: 'etrnClients', limit: MAX_ETRN_CLIENTS }, errors);
  return errors.length === 0 ? { kind: 'OK', value: networks } : { kind: 'BAD', errors };
}
