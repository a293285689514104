/**
 * The rules that keep nodes and a move apart: a database is moved only while no node is alive on it, and its mail is then marked as gone.
 *
 * Alive is whoever holds the advisory lock of an epoch (cluster/nodes.ts) or has a session of the service open, hung or not. The
 * check and the mark are one transaction in which no node can take a lease; a node that waits for one finds the mark. Two
 * moves of one database exclude each other.
 */
import { ADVISORY_LOCKS } from '../db/advisory-locks.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../clock.ts';
import { type CopySession, openCopySession, type Query } from '../db/copy-session.ts';
import { markMoved, MOVED_LINE, unmarkMoved } from '../db/moved.ts';
import type { DatabaseAddress } from '../db/target.ts';
import { TransferError } from './format.ts';

/** The name of every session that a move opens, so that it does not count itself as the service. */
const TRANSFER_NAME = 'backup-mx-transfer';

/** Sessions of a process that has just ended may still be there for a moment. */
const PATIENCE_MS = 1_500;
const LOCK_TIMEOUT = '10s';
/** SQLSTATE lock_not_available. */
const LOCKED = '55P03';

/**
 * Works in a session of its own, which no other move of this database has beside it. What the work has not committed is undone.
 *
 * @throws TransferError when another move is under way
 */
export async function withTransferSession<T>(
  address: DatabaseAddress,
  work: (session: CopySession) => Promise<T>,
): Promise<T> {
  const session = await openCopySession(address, TRANSFER_NAME);
  try {
    await patiently('another export or import of this database is under way', async () => {
      const [row] = await session.query('select pg_try_advisory_lock($1) as is_ours', [ADVISORY_LOCKS.TRANSFER]);
      return row?.['is_ours'] === true ? null : '';
    });
    return await work(session);
  } finally {
    await session.close();
  }
}

/**
 * Marks the database as moved: from here on no node starts on it, accepts or claims.
 *
 * @throws TransferError when a node is alive or the mark stands already
 */
export async function closeForNodes(session: CopySession): Promise<void> {
  // Before the lock, so that a living node does not wait for it.
  await refuseLiving(session.query);
  await inTransaction(session, async () => {
    await keepNodesOut(session.query);
    if (!(await markMoved(session.query))) throw new TransferError(MOVED_LINE);
  });
}

/**
 * Removes the mark: the service may be started on the database again.
 *
 * @throws TransferError when the database is not marked
 */
export async function openForNodes(session: CopySession): Promise<void> {
  await inTransaction(session, async () => {
    if (!(await unmarkMoved(session.query))) {
      throw new TransferError('this database is not marked as exported: there is nothing to revert');
    }
  });
}

/**
 * For the rest of the transaction no node is alive, and none takes a lease.
 *
 * @throws TransferError when a node is alive
 */
export async function keepNodesOut(query: Query): Promise<void> {
  await query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
  await query('lock table nodes in share row exclusive mode');
  await refuseLiving(query);
}

/** @throws TransferError when a node is alive */
export async function refuseLiving(query: Query): Promise<void> {
  await patiently('a node is running on this database: stop the service on every machine first', async () => {
    await query('select pg_stat_clear_snapshot()');
    const [living] = await query(LIVING);
    return living === undefined ? null : ` (${String(living['name'])})`;
  });
}

const LIVING = `
  select coalesce(n.name || ', since ' || to_char(n.started_at, 'YYYY-MM-DD HH24:MI') || ' UTC', 'its name is not known') as name
  from pg_locks l left join nodes n on n.epoch = l.objid::bigint
  where l.locktype = 'advisory' and l.classid::bigint = ${ADVISORY_LOCKS.NODE} and l.objsubid = 2
    and l.database = (select oid from pg_database where datname = current_database())
  union all
  select 'session ' || pid || ', ' || application_name
  from pg_stat_activity
  where datname = current_database() and application_name like 'backup-mx%' and application_name <> '${TRANSFER_NAME}'
  limit 1`;

/** Waits until the obstacle is null; if it stays, refuses with the words and the last obstacle. */
async function patiently(words: string, findObstacle: () => Promise<string | null>): Promise<void> {
  const deadlineAt = monotonicMs() + PATIENCE_MS;
  for (;;) {
    const obstacle = await findObstacle();
    if (obstacle === null) return;
    if (monotonicMs() > deadlineAt) throw new TransferError(`${words}${obstacle}`);
    await sleep(200);
  }
}

async function inTransaction(session: CopySession, work: () => Promise<void>): Promise<void> {
  await session.query('begin');
  try {
    await session.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
    await work();
    await session.commit();
  } catch (error) {
    // A session that is gone has rolled back.
    await session.query('rollback').catch(() => undefined);
    throw error instanceof Error && 'code' in error && error.code === LOCKED
      ? new TransferError('another session holds locks on this database: end all other sessions')
      : error;
  }
}
