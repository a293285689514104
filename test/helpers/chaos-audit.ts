/**
 * The reckoning of a chaos run: what senders were told, against what the primaries took and what the database says.
 *
 * Every recipient of a 250 must have ended exactly once: DELIVERED and at its primary, HELD and nowhere else, or FAILED and
 * reported to its sender. A second copy is excused where the answer to the first never came to the node; or where that node
 * was killed or stopped before it can have recorded the answer; while the database is in trouble that takes longer.
 */
import type { Sql } from '../../src/db/client.ts';
import type { Copy } from './chaos-primary.ts';
import type { Sent } from './chaos-senders.ts';
import type { Trouble } from './chaos-troubles.ts';

export interface Audit {
  readonly messages: number;
  /** Recipients of a 250, by how they ended. */
  readonly promised: number;
  readonly delivered: number;
  readonly held: number;
  readonly bounced: number;
  readonly unansweredDots: number;
  /** Copies beyond the first, by what excuses them. */
  readonly doubles: Readonly<Record<Excuse, number>>;
  /** Each is a broken promise, in words. */
  readonly faults: readonly string[];
}

/** UNRECORDED: the node was killed or stopped, and the database was in trouble before that. */
export type Excuse = 'REPLY_LOST' | 'NODE_KILLED' | 'NODE_PAUSED' | 'UNRECORDED';

/** An answer is recorded within so long while the database is there. */
const RECORDED_WITHIN_MS = 2000;
/** After trouble of the database: nodes ask once a second, and take a place every two. */
const RECOVERED_WITHIN_MS = 10_000;

export interface AuditInput {
  readonly sent: ReadonlyMap<number, Sent>;
  readonly copies: readonly Copy[];
  readonly troubles: readonly Trouble[];
  readonly sql: Sql;
}

export async function audit({ sent, copies, troubles, sql }: AuditInput): Promise<Audit> {
  const states = await readStates(sql);
  const faults: string[] = [];
  const doubles = { REPLY_LOST: 0, NODE_KILLED: 0, NODE_PAUSED: 0, UNRECORDED: 0 };
  const counts = { promised: 0, delivered: 0, held: 0, bounced: 0 };
  const byKey = groupBy(copies, (copy) => copy.recipients.map((address) => `${copy.transaction} ${address}`));
  const reports = groupBy(
    copies.filter(({ reversePath }) => reversePath === ''),
    ({ reported }) => reported,
  );
  const countDoubles = (what: string, repeated: readonly Copy[]): void => {
    for (const copy of repeated.toSorted((a, b) => a.at - b.at).slice(0, -1)) {
      const excuse = excuseFor(copy, troubles);
      if (excuse === null) faults.push(`needlessly twice: ${what} by ${copy.node} at ${copy.at}`);
      else doubles[excuse] += 1;
    }
  };

  for (const { number, digest, accepted, unanswered } of sent.values()) {
    // Reports quote the header section.
    const own = copies.filter((copy) => copy.number === number && copy.reversePath !== '');
    if (own.some((copy) => copy.digest !== digest)) faults.push(`altered: ${number}`);
    const unknown = new Set(own.map(({ transaction }) => transaction).filter((id) => !accepted.has(id)));
    if (unknown.size > unanswered) faults.push(`delivered unasked: ${number}`);
    for (const [transaction, recipients] of accepted) {
      for (const address of recipients) {
        counts.promised += 1;
        const what = `${number} to ${address} (${transaction})`;
        const found = states.get(`${transaction} ${address}`) ?? [];
        const came = byKey.get(`${transaction} ${address}`) ?? [];
        const told = reports.get(address) ?? [];
        const fault = judge(found, came.length, told.length);
        if (fault !== null) faults.push(`${fault}: ${what}, ${found.join()}, ${came.length} copies`);
        if (found[0] === 'DELIVERED') counts.delivered += 1;
        if (found[0] === 'HELD') counts.held += 1;
        if (found[0] === 'FAILED') counts.bounced += 1;
      }
    }
  }
  for (const [key, repeated] of byKey) if (!key.startsWith(' ')) countDoubles(key, repeated);
  for (const [address, repeated] of reports) {
    // As many transactions as there are, each may have its report.
    const transactions = [...states].filter(([key]) => key.endsWith(` ${address}`)).length;
    if (repeated.length > transactions) countDoubles(`report of ${address}`, repeated);
  }
  const unansweredDots = [...sent.values()].reduce((sum, { unanswered }) => sum + unanswered, 0);
  return { messages: sent.size, ...counts, unansweredDots, doubles, faults };
}

function judge(states: readonly string[], copies: number, reports: number): string | null {
  const [state, other] = states;
  if (state === undefined) return 'lost';
  if (other !== undefined) return 'stored twice';
  if (state === 'DELIVERED') return copies === 0 ? 'said to be delivered, and never came' : null;
  if (copies > 0) return `delivered, and said to be ${state}`;
  if (state === 'FAILED') return reports === 0 ? 'failed, and nobody was told' : null;
  return state === 'HELD' ? null : 'ended otherwise';
}

function excuseFor(copy: Copy, troubles: readonly Trouble[]): Excuse | null {
  if (!copy.isAnswered) return 'REPLY_LOST';
  const usually = copy.at + RECORDED_WITHIN_MS;
  const ofNode = (until: number): Trouble | undefined =>
    troubles.find(({ target, from, to }) => target === copy.node && from < until && to > copy.at);
  let atLast = usually;
  for (const { target, from, to } of troubles.toSorted((one, other) => one.from - other.from)) {
    if (target === 'database' && from < atLast && to > copy.at) atLast = Math.max(atLast, to + RECOVERED_WITHIN_MS);
  }
  if (ofNode(atLast) === undefined) return null;
  if (atLast > usually) return 'UNRECORDED';
  return ofNode(usually)?.kind === 'PAUSE' ? 'NODE_PAUSED' : 'NODE_KILLED';
}

/** `transaction address` → the states of its rows, live and ended. */
async function readStates(sql: Sql): Promise<Map<string, string[]>> {
  const rows = await sql<{ key: string; state: string }[]>`
    select m.transaction_id || ' ' || r.address as key, r.state
    from messages m join recipients r on r.message_id = m.id
    union all
    select h.transaction_id || ' ' || (r ->> 'address'), r ->> 'state'
    from history h, jsonb_array_elements(h.recipients) as r`;
  const states = new Map<string, string[]>();
  for (const { key, state } of rows) states.set(key, [...(states.get(key) ?? []), state]);
  return states;
}

function groupBy(copies: readonly Copy[], keysOf: (copy: Copy) => readonly string[]): Map<string, Copy[]> {
  const groups = new Map<string, Copy[]>();
  for (const copy of copies) for (const key of keysOf(copy)) groups.set(key, [...(groups.get(key) ?? []), copy]);
  return groups;
}
