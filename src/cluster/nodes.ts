/**
 * The leases of the nodes: this node renews its own, and expires those of dead ones.
 *
 * A node lives while its session holds the advisory lock of its epoch and it renews its row. Claims and ownership name
 * (node, epoch), so they are void once the lock is gone: at once after kill -9, within 45 s when a node hangs or is cut off.
 * A node that has just lost its own session waits five seconds before it believes a free lock, since a restart of the
 * database ends every session. A node that cannot renew knows it before the others may conclude it, and stops. The node that
 * finds a dead one releases all that it held, in one transaction. `free` knows what that is.
 */
import { ADVISORY_LOCKS } from '../db/advisory-locks.ts';
import { monotonicMs, within } from '../clock.ts';
import { connect, type Sql, type SqlExecutor, type TransactionSql } from '../db/client.ts';
import { MOVED, MOVED_LINE } from '../db/moved.ts';
import { StartError } from '../db/start-error.ts';
import type { DatabaseAddress } from '../db/target.ts';

const TIMES: NodeTimes = {
  beatEveryMs: 2000,
  beatTimeoutMs: 10_000,
  ownPatienceMs: 30_000,
  othersPatienceMs: 45_000,
  returnPatienceMs: 5_000,
};
/** An expiry waits no longer for rows that an open transaction of the dead holds: this node must beat meanwhile. */
const EXPIRY_LOCK_TIMEOUT = '1s';
/** Beats between two searches for claims whose node is gone. */
const ORPHANS_EVERY = 5;

export interface NodeLease {
  readonly node: number;
  readonly epoch: number;
}

export interface NodeTimes {
  readonly beatEveryMs: number;
  /** A beat that takes longer has failed. */
  readonly beatTimeoutMs: number;
  /** Without a beat for so long a node no longer counts itself among the living … */
  readonly ownPatienceMs: number;
  /** … and after so long the others do not either. */
  readonly othersPatienceMs: number;
  /**
   * A node with a new session expires only silent nodes for so long. What ended its session, as a rule a restart of the
   * database, ended the others' too, and they are about to record what their primaries have accepted meanwhile.
   */
  readonly returnPatienceMs: number;
}

/** The result of freeing what a node had that is dead or leaves. */
export interface Freed {
  /** The messages that it had claimed. */
  readonly messageCount: number;
  /** Tells what freeing them has shown. Called once, after COMMIT. */
  readonly tell: () => void;
}

export interface NodesDeps {
  readonly address: DatabaseAddress;
  readonly name: string;
  readonly version: string;
  readonly runtime: string;
  readonly roles: readonly string[];
  /** Whether this node delivers: only then the service counts as at work (see service_presence). */
  readonly isDelivering: boolean;
  /** The lease is gone: cut what is under way. */
  readonly onLost: (reason: string) => void;
  /** Frees what a node had that is dead or leaves, in the transaction in which it goes. */
  readonly free: (sql: TransactionSql, lease: NodeLease) => Promise<Freed>;
  /** A dead node has expired; with the number of messages that it had claimed. */
  readonly onExpired: (dead: NodeLease, messageCount: number) => void;
  /** Places in whose name something is held, each at least once. */
  readonly findHolders: (sql: Sql) => Promise<readonly NodeLease[]>;
  /** An expiry failed; it is tried again. */
  readonly onFault: (error: unknown) => void;
  /** For tests: every node of a database must have the same. */
  readonly times?: NodeTimes;
}

export interface Nodes {
  /** The lease to claim with, or null while there is none. */
  lease(): NodeLease | null;
  close(): Promise<void>;
}

interface Membership {
  readonly sql: Sql;
  readonly lease: NodeLease;
  /** On the monotonic clock: from when on a lock that is gone means that its node is dead. */
  readonly believesLocksAtMs: number;
}

/** Takes a lease and keeps it; takes a new one whenever it was lost and the database is back. */
export async function joinNodes(deps: NodesDeps): Promise<Nodes> {
  const { beatEveryMs, beatTimeoutMs, ownPatienceMs, returnPatienceMs } = deps.times ?? TIMES;
  let membership: Membership | null = null;
  let hadLease = false;
  let lastBeatAt = Number.NEGATIVE_INFINITY;
  let isClosing = false;
  let beating: Promise<void> | null = null;
  let beats = 0;

  const lose = (reason: string) => {
    const lost = membership;
    if (lost === null) return;
    membership = null;
    deps.onLost(reason);
    void lost.sql.end({ timeout: 0 }).catch(() => undefined);
  };
  const beat = async () => {
    // The others count from when the database heard of it: an answer that this process reads late, because it was stopped, is old.
    const askedAt = monotonicMs();
    if (membership === null) {
      // The close of an earlier session may be heard of minutes later, when its network gives it up.
      const joined = await join(deps, (session) => {
        if (membership?.sql === session) lose('the session ended');
      });
      lastBeatAt = askedAt;
      membership = { ...joined, believesLocksAtMs: monotonicMs() + (hadLease ? returnPatienceMs : 0) };
      hadLease = true;
    } else {
      const current = membership;
      const isKept = await within(beatTimeoutMs, renewLease(current, deps.isDelivering), () => {
        throw new Error(`the database did not answer within ${beatTimeoutMs} ms`);
      });
      if (membership !== current) return;
      if (isKept) lastBeatAt = askedAt;
      else return lose('other nodes took this one for dead');
    }
    // Trouble with the dead is no reason to give up among the living: a session that is lost shows at the next beat.
    await expireDead(membership, deps, beats % ORPHANS_EVERY === 0).catch(deps.onFault);
    beats += 1;
  };
  const tick = () => {
    if (isClosing) return;
    // First of all after having been stopped for long: attempts are cut before they go on.
    if (monotonicMs() - lastBeatAt > ownPatienceMs) lose('no beat for too long');
    beating ??= beat()
      .catch((error: unknown) => lose(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        beating = null;
      });
  };

  await beat();
  const timer = setInterval(tick, beatEveryMs);
  return {
    lease: () => (monotonicMs() - lastBeatAt < ownPatienceMs ? (membership?.lease ?? null) : null),
    close: async () => {
      isClosing = true;
      clearInterval(timer);
      await beating;
      const last = membership;
      membership = null;
      if (last === null) return;
      // What is still in its hands would stay claimed: once the row is gone, no expiry finds it.
      await last.sql
        .begin(async (transaction) => {
          await transaction.unsafe(`set local lock_timeout = '${EXPIRY_LOCK_TIMEOUT}'`);
          await transaction`delete from nodes where epoch = ${last.lease.epoch}`;
          return deps.free(transaction, last.lease);
        })
        .then(({ tell }) => tell())
        .catch(() => undefined);
      await last.sql.end({ timeout: 1 }).catch(() => undefined);
    },
  };
}

async function join(deps: NodesDeps, onClose: (session: Sql) => void): Promise<Pick<Membership, 'sql' | 'lease'>> {
  const sql = connect(deps.address, {
    max: 1,
    applicationName: `backup-mx node ${deps.name}`,
    // Detects a partition on the server's side too, so that the lock of a vanished node is freed.
    settings: {
      tcp_keepalives_idle: 10,
      tcp_keepalives_interval: 5,
      tcp_keepalives_count: 4,
      tcp_user_timeout: 30_000,
    },
    onClose: () => onClose(sql),
  });
  try {
    // Nothing expires in the first round after the service as a whole has delivered nothing for an hour.
    if (deps.isDelivering)
      await sql`
      update service_presence
      set resumed_at = case when last_seen_at < bmx_now() - interval '1 hour' then bmx_now() else resumed_at end,
          last_seen_at = bmx_now()`;
    const [row] = await sql<{ node: number; epoch: number }[]>`
      with epoch as materialized (select nextval('node_epochs') as epoch),
      held as materialized (select epoch, pg_advisory_lock(${ADVISORY_LOCKS.NODE}, epoch::integer) from epoch)
      insert into nodes (epoch, name, version, runtime, roles, backend_pid)
      select epoch, ${deps.name}, ${deps.version}, ${deps.runtime}, ${[...deps.roles]}::text[], pg_backend_pid() from held
      where not exists (select from schema_requirements where minimum_version >= ${MOVED})
      returning node, epoch`;
    if (row === undefined) throw new StartError(MOVED_LINE);
    return { sql, lease: { node: row.node, epoch: row.epoch } };
  } catch (error) {
    await sql.end({ timeout: 0 }).catch(() => undefined);
    throw error;
  }
}

/** Beats; false when other nodes have expired this one. */
async function renewLease({ sql, lease }: Pick<Membership, 'sql' | 'lease'>, isDelivering: boolean): Promise<boolean> {
  const rows = await sql`
    with seen as (update service_presence set last_seen_at = bmx_now() where ${isDelivering})
    update nodes set beat_at = clock_timestamp(), last_seen_at = bmx_now()
    where node = ${lease.node} and epoch = ${lease.epoch} and backend_pid = pg_backend_pid()
    returning node`;
  return rows.length === 1;
}

async function expireDead(own: Membership, deps: NodesDeps, withOrphans: boolean): Promise<void> {
  const { sql, lease } = own;
  const { othersPatienceMs } = deps.times ?? TIMES;
  const believesLocks = monotonicMs() >= own.believesLocksAtMs;
  const others = await sql<{ node: number; epoch: number; is_silent: boolean }[]>`
    select node, epoch, beat_at < clock_timestamp() - make_interval(secs => ${othersPatienceMs / 1000}) as is_silent
    from nodes where epoch <> ${lease.epoch}`;
  for (const { node, epoch, is_silent: isSilent } of others) {
    if (!isSilent && !believesLocks) continue;
    await freeing(sql, deps, { node, epoch }, (transaction) => expire(transaction, deps, { node, epoch, isSilent }));
  }
  if (withOrphans && believesLocks) await freeOrphans(own, deps);
}

/** Null from the work: it was not dead after all. */
async function freeing(
  sql: Sql,
  deps: NodesDeps,
  dead: NodeLease,
  work: (transaction: TransactionSql) => Promise<Freed | null>,
): Promise<void> {
  try {
    const freed = await sql.begin(async (transaction) => {
      await transaction.unsafe(`set local lock_timeout = '${EXPIRY_LOCK_TIMEOUT}'`);
      return work(transaction);
    });
    if (freed === null) return;
    deps.onExpired(dead, freed.messageCount);
    freed.tell();
  } catch (error) {
    deps.onFault(error);
  }
}

async function expire(
  transaction: TransactionSql,
  deps: NodesDeps,
  other: NodeLease & { readonly isSilent: boolean },
): Promise<Freed | null> {
  const { node, epoch, isSilent } = other;
  const { othersPatienceMs } = deps.times ?? TIMES;
  const [lock] = await transaction<{ free: boolean }[]>`
    select pg_try_advisory_xact_lock(${ADVISORY_LOCKS.NODE}, ${epoch}::integer) as free`;
  if (lock?.free !== true && !isSilent) return null;
  const dead = await transaction<{ backend_pid: number }[]>`
    delete from nodes
    where node = ${node} and epoch = ${epoch}
      and (${lock?.free === true} or beat_at < clock_timestamp() - make_interval(secs => ${othersPatienceMs / 1000}))
    returning backend_pid`;
  if (dead.length === 0) return null;
  const freed = await deps.free(transaction, { node, epoch });
  await transaction`
    select pg_terminate_backend(pid) from pg_stat_activity
    where pid = ${dead[0]?.backend_pid ?? 0} and application_name like 'backup-mx node %'`;
  return freed;
}

/** A node that does not know yet that it has expired may have claimed after its expiry, and died then. */
async function freeOrphans({ sql }: Membership, deps: NodesDeps): Promise<void> {
  const holders = await deps.findHolders(sql);
  if (holders.length === 0) return;
  // In this order: whoever held something a moment ago has its row by now, since a lease is taken before anything else.
  const living = new Set((await sql<{ epoch: number }[]>`select epoch from nodes`).map((row) => row.epoch));
  const orphans = new Map(holders.map((holder) => [holder.epoch, holder]));
  for (const orphan of orphans.values()) {
    if (!living.has(orphan.epoch)) {
      await freeing(sql, deps, orphan, (transaction) => deps.free(transaction, orphan));
    }
  }
}

export interface NodeView {
  readonly name: string;
  readonly version: string;
  readonly runtime: string;
  readonly roles: readonly string[];
  readonly startedAt: Date;
  readonly lastSeenAt: Date;
}

/** Those that gave a sign of life within the last minute, oldest first. */
export async function listNodes(sql: SqlExecutor): Promise<NodeView[]> {
  return sql<NodeView[]>`
    select name, version, runtime, roles, started_at as "startedAt", last_seen_at as "lastSeenAt"
    from nodes
    where beat_at > clock_timestamp() - interval '1 minute'
    order by node`;
}
