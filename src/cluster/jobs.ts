/**
 * pg-boss: wake-ups, and the chores that one node of the cluster does at a time.
 *
 * A wake-up is sent within the transaction that accepts mail and says only "look at this destination"; one that is lost or
 * doubled does no harm (the sweep finds what is due). The retry schedule is not pg-boss's: it lives in SQL.
 * A chore has a queue of its own, so that one that hangs stops no other. At most one job of it exists in the cluster. A job that was
 * missed while no node ran is made up for; one whose node died is done again by another.
 * Does not know how mail is delivered, nor what a chore does.
 */
import { type Db, PgBoss } from 'pg-boss';
import { monotonicMs } from '../clock.ts';

const WAKE_UPS = 'wake-up';
/** For so long a wake-up that was sent counts as pending; the handler of a living node takes it within a second. */
const PENDING_MS = 1000;
/** A chore that failed or lost its node is tried again so often, a minute apart; after that at its next time. */
const CHORE_RETRIES = 2;
/** Enough for an hour's outage: a chore that is older than its next time is not needed. */
const CHORE_KEPT_S = 3600;

type Execute = Db['executeSql'];
type BossOptions = Exclude<ConstructorParameters<typeof PgBoss>[0], string>;

export interface WakeUps {
  /** Those of the destinations for which no wake-up of ours is pending; they count as pending from now on. */
  unwoken(destinationIds: readonly string[]): string[];
  /** Sends wake-ups with the given executor, so in its transaction. */
  send(destinationIds: readonly string[], execute: Execute): Promise<void>;
  /** Calls `poke` with the destination of each wake-up. It must return at once. */
  handle(poke: (destinationId: string) => void): Promise<void>;
}

/** Work that must be done once per cluster. It may be done twice: a node that is cut off goes on with it. */
export interface Chore {
  readonly name: string;
  /** Five fields, in UTC. */
  readonly cron: string;
  /** A job waits at most so long for a node to take it. */
  readonly pollSeconds: number;
  /** A job that takes longer counts as lost, and may be given to another node. */
  readonly patienceSeconds: number;
  readonly work: () => Promise<unknown>;
}

export interface Jobs {
  readonly wakeUps: WakeUps;
  /** Schedules the chores for the cluster, and takes them on this node. */
  schedule(chores: readonly Chore[]): Promise<void>;
  /** Waits for chores under way. */
  stop(): Promise<void>;
}

/** Starts pg-boss on its own schema of the database; rejects when the database cannot be reached. */
export async function startJobs(deps: {
  target: { connectionString?: string; host?: string; port?: number; database?: string; user?: string };
  onTrouble: (message: string) => void;
  onFault: (chore: string, error: unknown) => void;
  /** For tests. */
  options?: BossOptions;
}): Promise<Jobs> {
  const boss = new PgBoss({
    ...deps.target,
    application_name: 'backup-mx jobs',
    max: 2,
    cronMonitorIntervalSeconds: 45,
    cronWorkerIntervalSeconds: 30,
    ...deps.options,
  });
  boss.on('error', (error) => deps.onTrouble(`pg-boss: ${error.message}`));
  await boss.start();
  const running = new Set<Promise<unknown>>();
  const doChore = async ({ name, work }: Chore): Promise<void> => {
    const current = work();
    running.add(current);
    try {
      await current;
    } catch (error) {
      deps.onFault(name, error);
      throw error;
    } finally {
      running.delete(current);
    }
  };
  return {
    wakeUps: await openWakeUps(boss),
    schedule: async (chores) => {
      for (const chore of chores) {
        const { name, cron, pollSeconds, patienceSeconds } = chore;
        await boss.createQueue(name, {
          policy: 'exclusive',
          retryLimit: CHORE_RETRIES,
          retryDelay: 60,
          expireInSeconds: patienceSeconds,
          retentionSeconds: CHORE_KEPT_S,
          deleteAfterSeconds: CHORE_KEPT_S,
        });
        await boss.schedule(name, cron, null, { missed: 'once' });
        await boss.work(name, { pollingIntervalSeconds: pollSeconds }, () => doChore(chore));
      }
    },
    stop: async () => {
      await Promise.allSettled(running);
      await boss.stop({ graceful: false, close: true });
    },
  };
}

async function openWakeUps(boss: PgBoss): Promise<WakeUps> {
  await boss.createQueue(WAKE_UPS, {
    retryLimit: 0,
    expireInSeconds: 60,
    retentionSeconds: 3600,
    deleteAfterSeconds: 60,
  });
  const sentAt = new Map<string, number>();
  return {
    unwoken: (destinationIds) => {
      const now = monotonicMs();
      if (sentAt.size > 10_000) sentAt.clear();
      return destinationIds.filter((id) => {
        if (now - (sentAt.get(id) ?? Number.NEGATIVE_INFINITY) < PENDING_MS) return false;
        sentAt.set(id, now);
        return true;
      });
    },
    send: async (destinationIds, execute) => {
      const jobs = destinationIds.map((destinationId) => ({ data: { destinationId } }));
      await boss.insert(WAKE_UPS, jobs, { db: { executeSql: execute } });
    },
    handle: async (poke) => {
      await boss.work<{ destinationId: string }>(
        WAKE_UPS,
        { batchSize: 100, pollingIntervalSeconds: 0.5 },
        async (jobs) => {
          for (const job of jobs) poke(job.data.destinationId);
        },
      );
    },
  };
}
