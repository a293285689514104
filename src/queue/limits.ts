/**
 * The numbers of the queue as Postgres holds them: size limit, lifetime, retry schedule. Read, never repeated here.
 */
import type { SqlExecutor } from '../db/client.ts';

export interface RetryStage {
  readonly everySeconds: number;
  /** How many attempts this far apart, before the next stage begins. */
  readonly attempts: number;
}

export interface QueueLimits {
  /** Bytes of one message as received. */
  readonly messageSizeLimitBytes: number;
  /** How long mail is held from acceptance to expiry. */
  readonly lifetimeSeconds: number;
  /** In order; the last stage goes on until the mail expires. */
  readonly retrySchedule: readonly RetryStage[];
}

export async function readLimits(sql: SqlExecutor): Promise<QueueLimits> {
  const [limits] = await sql<QueueLimits[]>`
    select message_size_limit_bytes::bigint as "messageSizeLimitBytes", extract(epoch from lifetime)::bigint as "lifetimeSeconds",
      (select jsonb_agg(jsonb_build_object('everySeconds', extract(epoch from every)::bigint, 'attempts', attempts) order by stage)
       from retry_schedule) as "retrySchedule"
    from queue_limits`;
  if (limits === undefined) throw new Error('queue_limits has no row');
  return limits;
}
