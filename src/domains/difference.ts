/**
 * The differences between a domain and what it was, in short texts for people: `mx.example.net:25`.
 *
 * Pure. Each text is bounded: of a long list it says how many there are and the first that the other side does not have. Programs
 * read the settings themselves.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  DEFAULT_SETTINGS,
  type DeliverToHost,
  type DnsblSettings,
  type DomainSettings,
  SETTING_NAMES,
  type UnknownWhileDown,
} from './relay-domain.ts';

/** Null on either side: nothing is set there. */
export interface TextDifference {
  /** Name of a field of the input; `dnsbl` stands for all of its fields. */
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** The effect of a list on the entries that are there. */
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
export function changedSettings(before: DomainSettings, after: DomainSettings): (keyof DomainSettings)[] {
  return SETTING_NAMES.filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

/** The settings that change, in words. `before` null: the domain is new, and compared with the defaults. */
export function settingDifferences(before: DomainSettings | null, after: DomainSettings): TextDifference[] {
  const present = before ?? DEFAULT_SETTINGS;
  return changedSettings(present, after).map((field) => ({
    field,
    before: before === null ? null : textOf(field, present, after),
    after: textOf(field, after, present),
  }));
}

/** The difference of the User List. `before`, `after`: how many entries it has. */
export function recipientListDifference(
  before: number,
  after: number,
  { addedCount, added, removedCount, removed }: ListDifference,
): TextDifference {
  const parts = [
    ...(addedCount === 0 ? [] : [`+${namesText(addedCount, added)}`]),
    ...(removedCount === 0 ? [] : [`−${namesText(removedCount, removed)}`]),
  ];
  return {
    field: 'recipientList',
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

type Text = string | number | boolean | readonly string[] | null;

/** Settings that are more than a word, a number or a list of words. */
const TEXTS: { readonly [K in keyof DomainSettings]?: (value: DomainSettings[K]) => Text } = {
  deliverTo: (hosts) => hosts.map(hostText),
  labels: labelTexts,
  unknownWhileDown: unknownText,
  dnsbl: dnsblTexts,
  drainPerMinute: (most) => (most === null ? null : `${most} a minute`),
};

/** Null: nothing is set. */
function textOf(name: keyof DomainSettings, settings: DomainSettings, other: DomainSettings): string | null {
  const written: ((value: never) => Text) | undefined = TEXTS[name];
  const write = (value: unknown): Text => (written === undefined ? (value as Text) : written(value as never));
  const text = write(settings[name]);
  if (typeof text !== 'object') return String(text);
  return text === null ? null : listText(text, write(other[name]) as readonly string[]);
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

function labelTexts(labels: DomainSettings['labels']): string[] {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
}

function unknownText({ policy, hours }: UnknownWhileDown): string {
  const showsHours = policy === 'DEFER_THEN_ACCEPT' || hours !== DEFAULT_SETTINGS.unknownWhileDown.hours;
  return showsHours ? `${policy}, ${hours} h` : policy;
}

function dnsblTexts({ zones, threshold, allowZones, allowedClients }: DnsblSettings): string[] {
  return [
    ...zones.map(({ zone, mode, weight, codes }) => [zone, mode, `weight ${weight}`, ...codes].join(' ')),
    ...(threshold === 1 ? [] : [`threshold ${threshold}`]),
    ...allowZones.map(({ zone, codes }) => ['allow', zone, ...codes].join(' ')),
    ...allowedClients.map((network) => `allow ${network}`),
  ];
}
