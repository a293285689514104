/**
 * Which type an id is of. Ids are unique over all tables: this asks only where one is, by primary keys; whether the viewer may
 * see it says the statement that reads it.
 */
import type { Sql } from '../db/client.ts';

/** Table → type of the API. */
const TYPES: Readonly<Record<string, string>> = {
  domains: 'Domain',
  messages: 'Message',
  history: 'Message',
  outages: 'Outage',
  operations: 'Operation',
  drills: 'Drill',
  rejections: 'Rejection',
  audit_entries: 'AuditEntry',
  tenants: 'Tenant',
  tokens: 'Token',
  webhooks: 'Webhook',
  webhook_deliveries: 'WebhookDelivery',
  alert_contacts: 'AlertContact',
};

/** The type of each id that exists. O(ids × tables) look-ups by primary key, in one statement. */
export async function findNodeTypes(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const asked = sql`${[...ids]}::uuid[]`;
  const [first, ...rest] = Object.keys(TYPES).map(
    (table) => sql`select id, ${table} as name from ${sql(table)} where id = any(${asked})`,
  );
  if (first === undefined) return new Map();
  const rows = await sql<
    { id: string; name: string }[]
  >`${rest.reduce((all, next) => sql`${all} union all ${next}`, first)}`;
  return new Map(rows.flatMap(({ id, name }) => (TYPES[name] === undefined ? [] : [[id, TYPES[name]] as const])));
}
