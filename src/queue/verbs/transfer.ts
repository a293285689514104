/**
 * Gives a domain to another tenant, with all that it has: settings, User List, held mail, its history, events and statistics.
 *
 * One transaction: at every instant all of it is one tenant's, and the other sees nothing of it. A node may have let a session in
 * for the tenant of before; what that writes later is moved after it (moveStrays). What was sent to webhooks of the former owner,
 * and its audit log of its own mutations, stay with it.
 */
import type { Sql, SqlExecutor } from '../../db/client.ts';
import { part, query } from '../../db/query.ts';
import {
  changeDomains,
  type ChangingDomains,
  type DomainChange,
  noSuchDomain,
  recordOf,
  refuse,
  writeDomain,
} from '../../domains/change.ts';
import { removeDomain } from '../../domains/delete.ts';
import { lockDestinations } from '../../domains/destination.ts';
import { findDomain, selectNamed } from '../../domains/domains.ts';
import { lockOwners, noSuchTenant } from '../../domains/owner.ts';
import { checkQuota } from '../../domains/quotas.ts';
import { type RelayDomain, relayDomainOf } from '../../domains/relay-domain.ts';
import { checkRevision } from '../../domains/update.ts';
import { recordEvent } from '../../events/record.ts';
import { invalid, type UserError } from '../../input/checked.ts';
import { askedId } from '../../mail/id.ts';
import { actorOf, type Viewer } from '../../mail/viewer.ts';
import { moveSlots, type OwnerChange } from '../../stats/transfer.ts';

export interface DomainTransferInput {
  readonly name: string;
  /** The tenant that gets it. */
  readonly tenantId: string;
  readonly expectedRevision?: number | null | undefined;
}

/** Messages, held and ended, that go with a domain: they are moved while others wait for their rows. */
export const MOST_MOVED = 50_000;
const MESSAGES_AT_ONCE = 1000;
/** For how long after a transfer a node may still write for the tenant of before: the longest session, and some more. */
const STRAYS_FOR = '2 hours';

/** Tables whose rows belong to a message and are found by its id; all others are found by the destination. */
export const BY_MESSAGE = ['contents', 'recipients', 'attempts'];
export const BY_DESTINATION = [
  'queue_delta',
  'reports_due',
  'operations',
  'drills',
  'drill_schedules',
  'outages',
  'mail_counts',
  'recipient_entries',
  'recipient_answers',
  'primaries',
  'dnsbl_counts',
  'doctor_reports',
  'mx_records',
];
/** By the destination and a range of ids: what sessions and attempts leave. */
export const BY_TIME = ['messages', 'history', 'events', 'rejections'];

/** Only for an operator: the caller has checked that. */
export async function transferDomain(
  node: ChangingDomains,
  viewer: Viewer,
  input: DomainTransferInput,
): Promise<DomainChange> {
  const seen = await findDomain(node.sql, viewer, input.name);
  if (seen === null) return noSuchDomain(input.name);
  return changeDomains(node, [seen.name], async (sql) => {
    // Before the destination, as the claim of a message does it.
    await sql`select from messages where destination_id = ${seen.destinationId} order by id limit ${MOST_MOVED + 1} for update`;
    await lockDestinations(sql, [seen.name]);
    const [row] = await query(sql, (db) => selectNamed(db, viewer, seen.name).for('update'));
    const result = row === undefined ? noSuchDomain(seen.name) : await give(sql, viewer, relayDomainOf(row), input);
    return { result, changed: result.kind === 'DONE' ? [seen.name] : null };
  });
}

async function give(
  sql: SqlExecutor,
  viewer: Viewer,
  domain: RelayDomain,
  { tenantId, expectedRevision }: DomainTransferInput,
): Promise<DomainChange> {
  const conflict = checkRevision(domain, expectedRevision);
  if (conflict !== null) return refuse(conflict, domain);
  const move = { destinationId: domain.destinationId, from: domain.tenantId, to: askedId(tenantId) };
  if (move.to === move.from) return { kind: 'DONE', domain };
  const refusal = await checkMove(sql, domain, move, tenantId);
  if (refusal !== null) return refuse(refusal, domain);
  const claim = await findDomain(sql, { tenantId: move.to, isOperator: false }, domain.name);
  if (claim !== null) await removeDomain(sql, viewer, { domain: claim, held: null });
  await moveRows(sql, move, null);
  await sql`
    update destinations
    set tenant_id = ${move.to}, last_attempt = case when last_attempt ->> 'tenantId' = ${move.from}::text
      then last_attempt || jsonb_build_object('tenantId', ${move.to}::text) else last_attempt end
    where id = ${move.destinationId} and tenant_id = ${move.from}`;
  // Contacts of the former owner are told nothing more of an outage that is open.
  await sql`delete from alert_notices where destination_id = ${move.destinationId} and tenant_id = ${move.from}`;
  await moveSlots(sql, move);
  const given = await writeDomain(sql, domain, {
    tenantId: move.to,
    // The former owner knows the text of its proof.
    proofValue: part`replace(gen_random_uuid()::text, '-', '')`,
    proofSeenAt: null,
    proofCheckedAt: null,
    proofCheckAt: null,
    proofMisses: 0,
    proofLostAt: null,
  });
  await sql`
    insert into domain_transfers (destination_id, from_tenant_id, tenant_id)
    values (${move.destinationId}, ${move.from}, ${move.to})
    on conflict (destination_id, from_tenant_id) do update set tenant_id = excluded.tenant_id, at = bmx_now()`;
  await recordOf(sql, given, 'DOMAIN_TRANSFERRED', actorOf(viewer));
  const facts = { name: domain.name, ...actorOf(viewer) };
  const former = {
    tenantId: move.from,
    destinationId: null,
    messageId: null,
    kind: 'DOMAIN_TRANSFERRED',
    facts,
  } as const;
  await recordEvent(sql, former);
  return { kind: 'DONE', domain: given };
}

async function checkMove(
  sql: SqlExecutor,
  domain: RelayDomain,
  { destinationId, to }: OwnerChange,
  given: string,
): Promise<UserError | null> {
  if (domain.status === 'PENDING') {
    return invalid(
      ['name'],
      `${domain.name} is not in service: it waits for the proof of its ownership.`,
      'NOT_PROVEN',
    );
  }
  if ((await lockOwners(sql, [to])).size === 0) return noSuchTenant(given, 'tenantId');
  const path = ['tenantId'];
  const entries = { tenantId: to, quota: 'recipientEntries', more: domain.recipientList.count, path } as const;
  const tooMany =
    (await checkQuota(sql, { tenantId: to, quota: 'domains', more: 1, path })) ?? (await checkQuota(sql, entries));
  if (tooMany !== null) return tooMany;
  const [row] = await sql<{ count: number }[]>`
    select count(*)::integer as count from (
      (select from messages where destination_id = ${destinationId} limit ${MOST_MOVED + 1})
      union all (select from history where destination_id = ${destinationId} limit ${MOST_MOVED + 1})) as m`;
  if ((row?.count ?? 0) <= MOST_MOVED) return null;
  const message = `More than ${MOST_MOVED} messages, held or ended within 90 days, would move with ${domain.name}: too many for one step.`;
  return { path: ['name'], message, code: 'TOO_MANY' };
}

/** `since`: only what was written from then on; null: all. */
async function moveRows(sql: SqlExecutor, { destinationId, from, to }: OwnerChange, since: Date | null): Promise<void> {
  const young = since === null ? sql`true` : sql`id >= uuid_floor(${since}::timestamptz)`;
  const messages = await sql<{ id: string }[]>`
    select id from (
      select id from messages where destination_id = ${destinationId} and tenant_id = ${from} and ${young}
      union all select id from history where destination_id = ${destinationId} and tenant_id = ${from} and ${young}) as m
    order by id`;
  for (let at = 0; at < messages.length; at += MESSAGES_AT_ONCE) {
    const ids = messages.slice(at, at + MESSAGES_AT_ONCE).map(({ id }) => id);
    for (const table of BY_MESSAGE) {
      // The bounds tell the planner which partitions there are to look in.
      await sql`
        update ${sql(table)} set tenant_id = ${to}
        where tenant_id = ${from} and message_id = any(${ids}::uuid[])
          and message_id between ${ids[0] ?? ''}::uuid and ${ids.at(-1) ?? ''}::uuid`;
    }
  }
  for (const table of BY_DESTINATION) {
    await sql`update ${sql(table)} set tenant_id = ${to} where destination_id = ${destinationId} and tenant_id = ${from}`;
  }
  for (const table of BY_TIME) {
    await sql`
      update ${sql(table)} set tenant_id = ${to}
      where destination_id = ${destinationId} and tenant_id = ${from} and ${young}`;
  }
}

/** Moves what nodes have written for former owners since, and forgets transfers that are over. Any number of nodes may call it. */
export async function moveStrays(sql: Sql): Promise<void> {
  const transfers = await sql<(OwnerChange & { since: Date })[]>`
    select t.destination_id as "destinationId", t.from_tenant_id as "from", t.tenant_id as "to", t.at - ${STRAYS_FOR}::interval as since
    from domain_transfers t join destinations d on d.id = t.destination_id and d.tenant_id = t.tenant_id
    order by t.destination_id`;
  for (const { since, ...move } of transfers) {
    await sql.begin(async (transaction) => {
      await moveRows(transaction, move, since);
      await moveSlots(transaction, move);
    });
  }
  await sql`delete from domain_transfers where at < bmx_now() - ${STRAYS_FOR}::interval`;
}
