/**
 * Quotas: how many things a tenant may have. Null: as many as it likes. None bounds mail.
 *
 * Asked with the tenant's row locked, so that two who add at once cannot both take the last place.
 */
import type { SqlExecutor } from '../db/client.ts';
import { and, eq, isNotNull, part, query } from '../db/query.ts';
import { tenants } from '../db/schema.ts';
import { type Checked, invalid, type UserError } from '../input/checked.ts';

export interface Quotas {
  readonly domains: number | null;
  /** Entries of all its User Lists together. */
  readonly recipientEntries: number | null;
  readonly tokens: number | null;
  readonly webhooks: number | null;
  readonly alertContacts: number | null;
}

/** Absent: as it was; null: none. */
export type QuotasInput = { readonly [K in keyof Quotas]?: number | null | undefined };

export const NO_QUOTAS: Quotas = {
  domains: null,
  recipientEntries: null,
  tokens: null,
  webhooks: null,
  alertContacts: null,
};

type TenantRow = typeof tenants.$inferSelect;

/** The column of a tenant's row that holds each. */
const COLUMNS = {
  domains: 'maxDomains',
  recipientEntries: 'maxRecipientEntries',
  tokens: 'maxTokens',
  webhooks: 'maxWebhooks',
  alertContacts: 'maxAlertContacts',
} as const satisfies Record<keyof Quotas, keyof TenantRow>;

export type QuotaRow = Pick<TenantRow, (typeof COLUMNS)[keyof Quotas]>;

export function quotasOf(row: QuotaRow): Quotas {
  return {
    domains: row.maxDomains,
    recipientEntries: row.maxRecipientEntries,
    tokens: row.maxTokens,
    webhooks: row.maxWebhooks,
    alertContacts: row.maxAlertContacts,
  };
}

export function rowOfQuotas(quotas: Quotas): QuotaRow {
  return {
    maxDomains: quotas.domains,
    maxRecipientEntries: quotas.recipientEntries,
    maxTokens: quotas.tokens,
    maxWebhooks: quotas.webhooks,
    maxAlertContacts: quotas.alertContacts,
  };
}

export function applyQuotas(present: Quotas, input: QuotasInput | null | undefined): Checked<Quotas> {
  const given = input ?? {};
  const errors: UserError[] = [];
  const pick = (key: keyof Quotas): number | null => {
    const value = given[key];
    if (value === undefined) return present[key];
    if (value !== null && value < 0) {
      errors.push(invalid(['quotas', key], 'A quota is a whole number from 0 on, or null for none.', 'OUT_OF_RANGE'));
    }
    return value;
  };
  const value: Quotas = {
    domains: pick('domains'),
    recipientEntries: pick('recipientEntries'),
    tokens: pick('tokens'),
    webhooks: pick('webhooks'),
    alertContacts: pick('alertContacts'),
  };
  return errors.length > 0 ? { kind: 'BAD', errors } : { kind: 'OK', value };
}

interface Need {
  readonly tenantId: string;
  readonly quota: keyof Quotas;
  /** How many are to be added. */
  readonly more: number;
  /** The field of the input, for the complaint. */
  readonly path: readonly string[];
}

const WHAT: Readonly<Record<keyof Quotas, string>> = {
  domains: 'domains',
  recipientEntries: 'User List entries in all',
  tokens: 'tokens',
  webhooks: 'webhooks',
  alertContacts: 'alert contacts',
};

/** A complaint when the tenant may not have so many more; locks the tenant's row until COMMIT when it has such a quota. */
export async function checkQuota(sql: SqlExecutor, need: Need): Promise<UserError | null> {
  if (need.more <= 0) return null;
  return (await checkQuotaOfEach(sql, { ...need, more: [need.more] }))?.error ?? null;
}

/** As checkQuota, of several additions in their order: which of them is the first too many, and the complaint about it. */
export async function checkQuotaOfEach(
  sql: SqlExecutor,
  need: Omit<Need, 'more'> & { readonly more: readonly number[] },
): Promise<{ readonly index: number; readonly error: UserError } | null> {
  if (need.more.every((more) => more <= 0)) return null;
  const column = tenants[COLUMNS[need.quota]];
  const [tenant] = await query(sql, (db) =>
    db
      .select({ most: part<number>`${column}` })
      .from(tenants)
      .where(and(eq(tenants.id, need.tenantId), isNotNull(column)))
      .for('no key update'),
  );
  if (tenant === undefined) return null;
  const count = await countOf(sql, need);
  let sum = count;
  const index = need.more.findIndex((more) => {
    sum += more;
    return more > 0 && sum > tenant.most;
  });
  if (index === -1) return null;
  const message = `At most ${tenant.most} ${WHAT[need.quota]} are allowed, and there are ${count}. Remove some, or ask the operator for more.`;
  return { index, error: { path: need.path, message, code: 'QUOTA' } };
}

async function countOf(sql: SqlExecutor, { tenantId, quota }: Pick<Need, 'tenantId' | 'quota'>): Promise<number> {
  const counting = {
    domains: sql`select count(*)::integer as count from domains where tenant_id = ${tenantId}`,
    recipientEntries: sql`select coalesce(sum(recipient_count), 0)::integer as count from domains where tenant_id = ${tenantId}`,
    tokens: sql`select count(*)::integer as count from tokens where tenant_id = ${tenantId}`,
    webhooks: sql`select count(*)::integer as count from webhooks where tenant_id = ${tenantId}`,
    alertContacts: sql`select count(*)::integer as count from alert_contacts where tenant_id = ${tenantId}`,
  }[quota];
  const [row] = await sql<{ count: number }[]>`${counting}`;
  return row?.count ?? 0;
}
