/**
 * Proofs that a domain is its tenant's: what the TXT record must say, when it is looked for, and what follows from a look.
 *
 * Several tenants may claim a domain; the first whose record is seen is served. A record that goes away again is told and
 * changes nothing else: mail is not dropped because a zone was edited. Looks are spread by back-off; one that DNS did not
 * answer is no miss. Does not ask the DNS itself (doctor/ownership.ts).
 */
import type { SqlExecutor } from '../db/client.ts';
import { OPERATOR_TENANT_ID, type Viewer } from '../mail/viewer.ts';
import type { ClosedOutage } from '../outage/lifecycle.ts';
import { and, columnsOf, eq, isAny, ne, query, tenantOnly } from '../db/query.ts';
import { domains } from '../db/schema.ts';
import { adoptDestinations, forgetAnswers, lockDestinations } from './destination.ts';
import { changeDomains, type ChangingDomains, recordOf, writeDomain } from './change.ts';
import { DOMAIN_COLUMNS, type RelayDomain, relayDomainOf, settingsOf } from './relay-domain.ts';

/** As a person sees it. */
export interface DomainProof {
  /** Owner name of the TXT record. */
  readonly name: string;
  /** The text that it must have. */
  readonly value: string;
  readonly seenAt: Date | null;
  readonly checkedAt: Date | null;
  readonly nextCheckAt: Date | null;
  readonly lostAt: Date | null;
}

/** The record to look for. */
export interface ProofTarget {
  readonly domainId: string;
  readonly domainName: string;
  readonly recordName: string;
  readonly recordText: string;
}

/** UNKNOWN: the DNS did not say. */
export type ProofFinding = 'SEEN' | 'MISSING' | 'UNKNOWN';

/** The result of a finding. TAKEN: seen, but another tenant's claim was first. */
export type ProofResult = 'ACTIVATED' | 'SEEN' | 'FOUND_AGAIN' | 'MISSING' | 'LOST' | 'TAKEN' | 'UNKNOWN' | 'GONE';

const RECORD_LABEL = '_backup-mx';
const TEXT_BEGINS = 'backup-mx-proof=';
/** Misses in a row after which a record counts as lost: three hours, since each is looked for anew after one. */
const LOST_AFTER = 3;

export interface Look {
  readonly target: ProofTarget;
  readonly finding: ProofFinding;
  /** Found by the timer. A look that a person asked for brings no record nearer to be lost, and delays no look of the timer. */
  readonly isDue: boolean;
}

/** Stores what was seen, and what follows from it. */
export function settleProof(node: ChangingDomains, look: Look): Promise<ProofResult> {
  return changeDomains(node, [look.target.domainName], async (transaction) => {
    const settled = await settle(transaction, look);
    // A look that changes nothing that others remember is announced to no one.
    if (typeof settled === 'string') return { result: settled, changed: [] };
    return { result: 'ACTIVATED', changed: [look.target.domainName], endedOutages: settled.endedOutages };
  });
}

const TARGET = { id: domains.id, name: domains.name, proofValue: domains.proofValue };

function targetOf({ id, name, proofValue }: Pick<typeof domains.$inferSelect, keyof typeof TARGET>): ProofTarget {
  return {
    domainId: id,
    domainName: name,
    recordName: `${RECORD_LABEL}.${name}`,
    recordText: `${TEXT_BEGINS}${proofValue}`,
  };
}

/** Those of the viewer's domains that need a proof: an operator's need none. */
function areProven(viewer: Viewer, ids: readonly string[]) {
  return and(isAny(domains.id, ids), ne(domains.tenantId, OPERATOR_TENANT_ID), tenantOnly(domains, viewer));
}

/** The proofs of the viewer's domains, by domain id; those of an operator need none and are left out. */
export async function readProofs(
  sql: SqlExecutor,
  viewer: Viewer,
  ids: readonly string[],
): Promise<Map<string, DomainProof>> {
  const { proofSeenAt: seenAt, proofCheckedAt: checkedAt, proofCheckAt: nextCheckAt, proofLostAt: lostAt } = domains;
  const columns = { ...TARGET, seenAt, checkedAt, nextCheckAt, lostAt };
  const rows = await query(sql, (db) => db.select(columns).from(domains).where(areProven(viewer, ids)));
  return new Map(
    rows.map(({ id, name, proofValue, ...instants }) => {
      const { recordName, recordText } = targetOf({ id, name, proofValue });
      return [id, { name: recordName, value: recordText, ...instants }];
    }),
  );
}

export async function findProofTarget(sql: SqlExecutor, viewer: Viewer, domainId: string): Promise<ProofTarget | null> {
  const [row] = await query(sql, (db) =>
    db
      .select(TARGET)
      .from(domains)
      .where(areProven(viewer, [domainId])),
  );
  return row === undefined ? null : targetOf(row);
}

/** Those whose time has come, each for this node alone for some minutes. */
export async function takeDueProofs(sql: SqlExecutor, limit: number): Promise<ProofTarget[]> {
  const rows = await sql<Parameters<typeof targetOf>[0][]>`
    update domains set proof_check_at = bmx_now() + interval '5 minutes'
    where id in (select id from domains where proof_check_at <= bmx_now() order by proof_check_at limit ${limit} for update skip locked)
    returning ${columnsOf(sql, TARGET)}`;
  return rows.map(targetOf);
}

interface Activation {
  readonly endedOutages: readonly ClosedOutage[];
}

async function settle(
  sql: SqlExecutor,
  { target, finding, isDue }: Look,
): Promise<Exclude<ProofResult, 'ACTIVATED'> | Activation> {
  // Claims of one name share its destination: who settles first has it to himself.
  await lockDestinations(sql, [target.domainName]);
  const columns = { ...DOMAIN_COLUMNS, proofLostAt: domains.proofLostAt };
  const [row] = await query(sql, (db) =>
    db.select(columns).from(domains).where(eq(domains.id, target.domainId)).for('update'),
  );
  if (row === undefined) return 'GONE';
  const domain = relayDomainOf(row);
  if (finding !== 'SEEN') {
    if (isDue) return noteAbsence(sql, domain, finding);
    await sql`update domains set proof_checked_at = bmx_now() where id = ${domain.id}`;
    return finding;
  }
  const [served] = await sql`
    select from domains where name = ${domain.name} and status <> 'PENDING' and id <> ${domain.id}`;
  const isTaken = domain.status === 'PENDING' && served !== undefined;
  await sql`
    update domains set proof_checked_at = bmx_now(), proof_misses = 0, proof_lost_at = null,
      proof_seen_at = ${isTaken ? sql`proof_seen_at` : sql`coalesce(proof_seen_at, bmx_now())`},
      proof_check_at = bmx_now() + ${isTaken ? '6 hours' : '24 hours'}::interval
    where id = ${domain.id}`;
  if (isTaken) return 'TAKEN';
  if (domain.status === 'PENDING') return activate(sql, domain);
  if (row.proofLostAt === null) return 'SEEN';
  await recordOf(sql, domain, 'PROOF_FOUND');
  return 'FOUND_AGAIN';
}

async function activate(sql: SqlExecutor, domain: RelayDomain): Promise<Activation> {
  await writeDomain(sql, domain, { status: 'ACTIVE' });
  const { tenantId, destinationId } = domain;
  const endedOutages = await adoptDestinations(sql, [{ tenantId, destinationId, settings: settingsOf(domain) }]);
  await forgetAnswers(sql, [destinationId], 'ALL');
  await recordOf(sql, domain, 'DOMAIN_ACTIVATED');
  return { endedOutages };
}

/** One that was served is looked for hourly when missed; a claim ever more seldom, and not by itself after a month. */
async function noteAbsence(
  sql: SqlExecutor,
  domain: RelayDomain,
  finding: 'MISSING' | 'UNKNOWN',
): Promise<'MISSING' | 'UNKNOWN' | 'LOST'> {
  const isServed = domain.status !== 'PENDING';
  const [row] = await sql<{ is_lost: boolean; was_lost: boolean }[]>`
    with before as (select id, proof_lost_at from domains where id = ${domain.id})
    update domains d set
      proof_checked_at = bmx_now(),
      -- A claim's make its back-off, also where the DNS is silent; those of a served domain lose its record.
      proof_misses = proof_misses + ${!isServed || finding === 'MISSING' ? 1 : 0},
      proof_lost_at = case when ${isServed && finding === 'MISSING'} and proof_misses + 1 >= ${LOST_AFTER}
        then coalesce(d.proof_lost_at, bmx_now()) else d.proof_lost_at end,
      proof_check_at = case
        when ${isServed} then bmx_now() + interval '1 hour'
        when created_at < bmx_now() - interval '30 days' then null
        else bmx_now() + least(interval '1 minute' * power(2, least(proof_misses, 9)), interval '6 hours') end
    from before where d.id = before.id
    returning d.proof_lost_at is not null as is_lost, before.proof_lost_at is not null as was_lost`;
  if (row?.is_lost !== true || row.was_lost) return finding;
  await recordOf(sql, domain, 'PROOF_LOST');
  return 'LOST';
}
