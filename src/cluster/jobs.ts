/**
 * pg-boss as the alarm clock: one queue of wake-ups, each naming a destination.
 *
 * A wake-up is sent within the transaction that accepts mail and says only "look at this destination"; one that is lost or
 * doubled does no harm (the sweep finds what is due). The retry schedule is not pg-boss's: it lives in SQL.
 * Does not know how mail is delivered.
 */
import { type Db, PgBoss } from 'pg-boss';
import { monotonicMs } from '../clock.ts';

const QUEUE = 'wake-up';
/** For so long a wake-up that was sent counts as pending; the handler of a living node takes it within a second. */
const PENDING_MS = 1000;

type Execute = Db['executeSql'];

export interface WakeUps {
  /** Those of the destinations for which no wake-up of ours is pending; they count as pending from now on. */
  unwoken(destinationIds: readonly string[]): string[];
  /** Sends wake-ups with the given executor, so in its transaction. */
  send(destinationIds: readonly string[], execute: Execute): Promise<void>;
  /** Calls `poke` with the destination of each wake-up. It must return at once. */
  handle(poke: (destinationId: string) => void): Promise<void>;
  stop(): Promise<void>;
}

/** Starts pg-boss on its own schema of the database; rejects when the database cannot be reached. */
export async function startWakeUps(deps: {
  target: { connectionString?: string; host?: string; port?: number; database?: string; user?: string };
  onTrouble: (message: string) => void;
}): Promise<WakeUps> {
  const boss = new PgBoss({ ...deps.target, application_name: 'backup-mx jobs', max: 2, schedule: false });
  boss.on('error', (error) => deps.onTrouble(`wake-ups: ${error.message}`));
  await boss.start();
  await boss.createQueue(QUEUE, { retryLimit: 0, expireInSeconds: 60, retentionSeconds: 3600, deleteAfterSeconds: 60 });
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
      await boss.insert(QUEUE, jobs, { db: { executeSql: execute } });
    },
    handle: async (poke) => {
      await boss.work<{ destinationId: string }>(
        QUEUE,
        { batchSize: 100, pollingIntervalSeconds: 0.5 },
        async (jobs) => {
          for (const job of jobs) poke(job.data.destinationId);
        },
      );
    },
    stop: async () => {
      await boss.stop({ graceful: false, close: true });
    },
  };
}
