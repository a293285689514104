/**
 * What is another about a domain than it was, in short texts for people: `mx.example.net:25`.
 *
 * Pure. Each text is bounded: of a long list it says how many there are and the first that the other side does not have. Programs
 * read the settings themselves.
 */
import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_SETTINGS, type DomainSettings } from './settings.ts';
import {
  DEFAULT_UNKNOWN_WHILE_DOWN,
  type DeliverToHost,
  type DnsblSettings,
  type UnknownWhileDown,
} from './relay-domain.ts';

/** Null on either side: nothing is set there. */
export interface TextDifference {
  /** Name of a field of the input; `dnsbl` stands for all of its fields. */
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What a list does to the entries that are there. */
export interface ListDifference {
  readonly addedCount: number;
  readonly removedCount: number;
  /** The first of them, in alphabetical order. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Characters: three lines of a terminal. */
const MAX_TEXT = 240;
/** Names of mailboxes that a text tells. */
export const NAMES_TOLD = 5;

/** Names of the settings that are not the same. */
export function changedSettings(before: DomainSettings, after: DomainSettings): string[] {
  const present: Readonly<Record<string, unknown>> = { ...before };
  return Object.entries(after).flatMap(([name, value]) => (isDeepStrictEqual(present[name], value) ? [] : [name]));
}

/** `before` null: the domain is new, and told is what is not the default. */
export function settingDifferences(before: DomainSettings | null, after: DomainSettings): TextDifference[] {
  const present = before ?? DEFAULT_SETTINGS;
  const [olds, news] = [textsOf(present, after), textsOf(after, present)];
  return changedSettings(present, after).map((field) => ({
    field,
    before: before === null ? null : (olds[field] ?? null),
    after: news[field] ?? null,
  }));
}

/** Of the User List. `before`, `after`: how many entries it has. */
export function recipientsDifference(
  before: number,
  after: number,
  { addedCount, added, removedCount, removed }: ListDifference,
): TextDifference {
  const parts = [
    ...(addedCount === 0 ? [] : [`+${namesText(addedCount, added)}`]),
    ...(removedCount === 0 ? [] : [`−${namesText(removedCount, removed)}`]),
  ];
  return {
    field: 'recipients',
    before: before === 0 ? null : entriesText(before),
    after: `${after === 0 ? 'off' : entriesText(after)}: ${parts.join(' ')}`,
  };
}

function entriesText(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}

function namesText(count: number, names: readonly string[]): string {
  const told = names.slice(0, NAMES_TOLD);
  return `${count} (${[...told, ...(count > told.length ? ['…'] : [])].join(', ')})`;
}

function textsOf(settings: DomainSettings, other: DomainSettings): Readonly<Record<string, string | null>> {
  const { recipientDelimiter, callAheads, tlsPolicy, drainPerMinute, etrnClients, delayReports } = settings;
  return {
    deliverTo: listText(settings.deliverTo.map(hostText), other.deliverTo.map(hostText)),
    labels: listText(labelTexts(settings), labelTexts(other)),
    recipientDelimiter,
    callAheads: String(callAheads),
    unknownWhileDown: unknownText(settings.unknownWhileDown),
    dnsbl: listText(dnsblTexts(settings.dnsbl), dnsblTexts(other.dnsbl)),
    tlsPolicy,
    drainPerMinute: drainPerMinute === null ? null : `${drainPerMinute} a minute`,
    etrnClients: listText(etrnClients, other.etrnClients),
    delayReports: String(delayReports),
  } satisfies Record<keyof DomainSettings, string | null>;
}

/** Null for an empty list. */
function listText(items: readonly string[], other: readonly string[]): string | null {
  if (items.length === 0) return null;
  const whole = items.join(', ');
  if (whole.length <= MAX_TEXT) return whole;
  const own = items.filter((item) => !other.includes(item));
  const text = `${items.length}, ${own.length} of them here only${own.length === 0 ? '' : `: ${own.join(', ')}`}`;
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1).toWellFormed()}…`;
}

function hostText({ host, port }: DeliverToHost): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function labelTexts({ labels }: DomainSettings): string[] {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
}

function unknownText({ policy, hours }: UnknownWhileDown): string {
  const isTold = policy === 'DEFER_THEN_ACCEPT' || hours !== DEFAULT_UNKNOWN_WHILE_DOWN.hours;
  return isTold ? `${policy}, ${hours} h` : policy;
}

function dnsblTexts({ zones, threshold, allowZones, allowedClients }: DnsblSettings): string[] {
  return [
    ...zones.map(({ zone, mode, weight, codes }) => [zone, mode, `weight ${weight}`, ...codes].join(' ')),
    ...(threshold === 1 ? [] : [`threshold ${threshold}`]),
    ...allowZones.map(({ zone, codes }) => ['allow', zone, ...codes].join(' ')),
    ...allowedClients.map((network) => `allow ${network}`),
  ];
}
