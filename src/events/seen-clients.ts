/**
 * The client networks that waited for the greeting once, kept in Postgres and shared by all nodes (GREETING_WAIT).
 *
 * Promises that a look-up ends in time whatever the database does, with "not seen" for whatever it could not learn; that
 * `remember` never waits or throws; and that memory is bounded. A network that has not come for `FORGOTTEN_AFTER` is unseen.
 * Look-ups of one moment are one statement, and a network is written once a day at most by each node.
 */
import { monotonicMs, within } from '../clock.ts';
import type { SqlExecutor } from '../db/client.ts';

export interface SeenClients {
  /** Whether a client of that network has been remembered. Never rejects. `network` is an address, or a block as text. */
  readonly isSeen: (network: string) => Promise<boolean>;
  /** Written a little later. */
  readonly remember: (network: string) => void;
  /** Writes what is remembered and not yet written. What cannot be written is dropped: that client waits once more. */
  readonly flush: () => Promise<void>;
  /** Deletes who was not seen for long; returns how many. Rejects when the database does. */
  readonly prune: () => Promise<number>;
}

export interface SeenClientsOptions {
  readonly sql: SqlExecutor;
  /** Gets the first failure after a success; the failure itself rejects no client. */
  readonly onTrouble?: (error: unknown) => void;
  /** Longest wait for the database. */
  readonly lookUpMs?: number;
}

/** Longer than a month, so that what comes with the monthly newsletter is known. */
const FORGOTTEN_AFTER = '36 days';
const DAY_MS = 86_400_000;
const MAX_KNOWN = 100_000;
const MAX_PENDING = 10_000;
const LOOK_UP_MS = 500;
/** Statements that the database has not answered, whether somebody still waits or not: one that is silent gets no more. */
const MAX_LOOK_UPS = 10;
/** How long look-ups gather before they are asked together: nothing to one who would wait for seconds. */
const GATHER_MS = 10;
const WRITE_AFTER_MS = 1000;
/** A network as the database reads it. A link-local address with its zone is not one; such a client waits each time. */
const NETWORK = /^[0-9a-f.:]+(?:\/\d{1,3})?$/i;
const PRUNE_COUNT = 5000;
const MAX_PRUNES = 100;

export function createSeenClients(options: SeenClientsOptions): SeenClients {
  const { sql, lookUpMs = LOOK_UP_MS } = options;
  /** When this node last knew the network to be written. */
  const known = new Map<string, number>();
  const questions = new Map<string, ((isSeen: boolean) => void)[]>();
  let lookUps = 0;
  let unwritten = new Set<string>();
  let writing: Promise<void> = Promise.resolve();
  let isReported = false;

  const isKnown = (network: string): boolean => monotonicMs() - (known.get(network) ?? -DAY_MS) < DAY_MS;
  const know = (network: string): void => {
    known.delete(network);
    if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value ?? '');
    known.set(network, monotonicMs());
  };
  const report = (error: unknown): void => {
    if (!isReported) options.onTrouble?.(error);
    isReported = true;
  };

  const answer = async (): Promise<void> => {
    const asked = new Map(questions);
    questions.clear();
    lookUps += 1;
    const looking = findSeen(sql, [...asked.keys()]).finally(() => {
      lookUps -= 1;
    });
    const seen = await within(lookUpMs, looking, () => new Set<string>()).catch((error: unknown) => {
      report(error);
      return new Set<string>();
    });
    for (const [network, waiting] of asked) for (const resolve of waiting) resolve(seen.has(network));
  };

  const write = async (): Promise<void> => {
    const networks = [...unwritten];
    unwritten = new Set();
    if (networks.length === 0) return;
    try {
      await insertSeen(sql, networks);
      isReported = false;
    } catch (error) {
      for (const network of networks) known.delete(network);
      report(error);
    }
  };
  /** One after the other; each takes what there is when its turn comes. */
  const flush = (): Promise<void> => {
    writing = writing.then(write);
    return writing;
  };

  return {
    isSeen: (network) => {
      if (isKnown(network)) return Promise.resolve(true);
      const isTooMany = questions.size >= MAX_PENDING || lookUps >= MAX_LOOK_UPS;
      if (isTooMany || !NETWORK.test(network)) return Promise.resolve(false);
      return new Promise((resolve) => {
        if (questions.size === 0) setTimeout(() => void answer(), GATHER_MS);
        questions.set(network, [...(questions.get(network) ?? []), resolve]);
      });
    },
    remember: (network) => {
      if (isKnown(network) || unwritten.size >= MAX_PENDING || !NETWORK.test(network)) return;
      know(network);
      if (unwritten.size === 0) setTimeout(() => void flush(), WRITE_AFTER_MS).unref();
      unwritten.add(network);
    },
    flush,
    prune: () => prune(sql),
  };
}

async function findSeen(sql: SqlExecutor, networks: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ network: string }[]>`
    select asked.network
    from unnest(${networks}::text[]) as asked (network)
    join seen_clients on seen_clients.network = asked.network::inet
    where last_seen_at > bmx_now() - ${FORGOTTEN_AFTER}::text::interval`;
  return new Set(rows.map(({ network }) => network));
}

/** In one order on all nodes, so that two of them do not wait for each other. */
async function insertSeen(sql: SqlExecutor, networks: readonly string[]): Promise<void> {
  await sql`
    insert into seen_clients (network, last_seen_at)
    select network::inet, bmx_now() from unnest(${[...networks].sort()}::text[]) as seen (network)
    on conflict (network) do update set last_seen_at = excluded.last_seen_at`;
}

async function prune(sql: SqlExecutor): Promise<number> {
  let prunedCount = 0;
  for (let round = 0; round < MAX_PRUNES; round += 1) {
    const rows = await sql`
      delete from seen_clients
      where network in (
        select network from seen_clients
        where last_seen_at < bmx_now() - ${FORGOTTEN_AFTER}::text::interval
        order by last_seen_at
        limit ${PRUNE_COUNT}
        for update skip locked)`;
    prunedCount += rows.count;
    if (rows.count < PRUNE_COUNT) break;
  }
  return prunedCount;
}
