/**
 * A relay domain as the rest of the service knows it, made from the columns of its row.
 *
 * Its settings are DOMAIN_SETTINGS of db/schema.ts as they stand there; three of those columns are joined or filled up here.
 */
import { getTableColumns } from '../db/query.ts';
import { DOMAIN_SETTINGS, domains, type DnsblSettings } from '../db/schema.ts';

export type { DeliverToHost, DnsblSettings, DnsblZoneSetting, TlsPolicy } from '../db/schema.ts';

type Row = typeof domains.$inferSelect;
const IDENTITY = ['id', 'name', 'tenantId', 'destinationId', 'status', 'revision', 'createdAt', 'updatedAt'] as const;
const LIST = ['recipientCount', 'recipientListRevision'] as const;
const SETTINGS = Object.keys(DOMAIN_SETTINGS) as (keyof typeof DOMAIN_SETTINGS)[];

/** The columns of a row that a person sets. */
export type SettingRow = Pick<Row, (typeof SETTINGS)[number]>;
/** The columns of a row that make a relay domain. */
export type DomainRow = Pick<Row, (typeof IDENTITY | typeof LIST)[number]> & SettingRow;
export type DomainStatus = Row['status'];

/**
 * The treatment of recipients of which nothing is known while the primary does not answer: accepted; deferred for some hours from
 * the beginning of the outage and then accepted; deferred until the primary answers. They are never rejected.
 */
export interface UnknownWhileDown {
  readonly policy: Row['unknownWhileDown'];
  /** For DEFER_THEN_ACCEPT. */
  readonly hours: number;
}

/** All that a person sets on a relay domain. */
export interface DomainSettings extends Readonly<Omit<SettingRow, 'unknownWhileDown' | 'unknownDeferHours' | 'dnsbl'>> {
  readonly unknownWhileDown: UnknownWhileDown;
  readonly dnsbl: DnsblSettings;
}

export interface RelayDomain extends DomainSettings, Readonly<Pick<Row, (typeof IDENTITY)[number]>> {
  /** The User List, as far as every RCPT needs it: its entries, and how often they have changed. */
  readonly recipientList: { readonly count: number; readonly revision: number };
}

const COLUMNS = getTableColumns(domains);
export const SETTING_COLUMNS = pick(COLUMNS, SETTINGS);
export const DOMAIN_COLUMNS = { ...pick(COLUMNS, [...IDENTITY, ...LIST]), ...SETTING_COLUMNS };

/** A domain that asked for nothing is looked up nowhere. */
export const NO_DNSBL: DnsblSettings = { zones: [], threshold: 1, allowZones: [], allowedClients: [] };

export function relayDomainOf(row: DomainRow): RelayDomain {
  const { recipientCount: count, recipientListRevision: revision } = row;
  return { ...pick(row, IDENTITY), ...settingsOfRow(row), recipientList: { count, revision } };
}

function settingsOfRow(row: SettingRow): DomainSettings {
  const { unknownWhileDown: policy, unknownDeferHours: hours, dnsbl, ...plain } = pick(row, SETTINGS);
  return { ...plain, unknownWhileDown: { policy, hours }, dnsbl: { ...NO_DNSBL, ...dnsbl } };
}

export function rowOfSettings({ unknownWhileDown: { policy, hours }, ...plain }: DomainSettings): SettingRow {
  return { ...plain, unknownWhileDown: policy, unknownDeferHours: hours };
}

/** The settings of a domain that asked for nothing: the defaults of the columns. */
export const DEFAULT_SETTINGS = settingsOfRow(
  Object.fromEntries(SETTINGS.map((key) => [key, COLUMNS[key].default ?? null])) as unknown as SettingRow,
);

/** In the order of the columns. */
export const SETTING_NAMES = Object.keys(DEFAULT_SETTINGS) as (keyof DomainSettings)[];

export function settingsOf(domain: RelayDomain): DomainSettings {
  return pick(domain, SETTING_NAMES);
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>;
}
