/**
 * The wait for a PostgreSQL that is not up yet: a node that starts together with its database is no mistake of the operator.
 *
 * Waits for what passes by itself: nobody listens, no such name yet, the server is starting up or full, or is a standby that has
 * not been promoted. A wrong password or a missing database is told at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../clock.ts';
import { connect } from './client.ts';
import { isConnectionLost } from './connection-lost.ts';
import { checkServer } from './durability.ts';
import { StartError, UnavailableError } from './start-error.ts';
import type { DatabaseAddress } from './target.ts';

const PATIENCE_MS = 60_000;
const TRY_EVERY_MS = 500;
const TELL_EVERY_MS = 5_000;

export interface ServerWaitOptions {
  /** Called with the reason at the first failure and every five seconds after. */
  readonly onWait: (reason: string) => void;
  /** How long to wait at the most. Default 60 s. */
  readonly patienceMs?: number;
}

/**
 * Resolves when the server answers and may be trusted with mail.
 *
 * @throws StartError when it refuses us or could lose mail; UnavailableError when it was not there in time
 */
export async function awaitServer(address: DatabaseAddress, options: ServerWaitOptions): Promise<void> {
  const { onWait, patienceMs = PATIENCE_MS } = options;
  const startedAt = monotonicMs();
  let toldAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const reason = await tryOnce(address);
    if (reason === null) return;
    const now = monotonicMs();
    if (now - startedAt + TRY_EVERY_MS > patienceMs) {
      const seconds = Math.round((now - startedAt) / 1000);
      throw new UnavailableError(`DATABASE_URL: the server did not answer for ${seconds} s: ${reason}`);
    }
    if (now - toldAt >= TELL_EVERY_MS) {
      toldAt = now;
      onWait(reason);
    }
    await sleep(TRY_EVERY_MS);
  }
}

/** Why it is not there yet, or null. A pool of its own each time: a pool that failed waits longer and longer. */
async function tryOnce(address: DatabaseAddress): Promise<string | null> {
  const sql = connect(address, { max: 1 });
  try {
    const check = await checkServer(sql);
    if (check.kind === 'REFUSED') throw new StartError(check.line);
    if (check.kind === 'STANDBY') return 'the server is a standby and only reads';
    return null;
  } catch (error) {
    if (error instanceof StartError) throw error;
    const reason = reasonOf(error);
    if (!isConnectionLost(error)) throw new StartError(`DATABASE_URL: the server cannot be used: ${reason}`);
    return reason;
  } finally {
    await sql.end({ timeout: 1 }).catch(() => undefined);
  }
}

/** Several addresses of one name fail together, and that error has no words. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
