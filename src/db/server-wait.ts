/**
 * The wait for a PostgreSQL that is not up yet: a node that starts together with its database is no mistake of the operator.
 *
 * Waits for what passes by itself: the port is closed, no such name yet, the server is starting up, full or still a standby. A wrong
 * password or a missing database is told at once.
 */
import { within } from '../clock.ts';
import { connect, type Sql } from './client.ts';
import { isConnectionLost } from './connection-lost.ts';
import { checkServer } from './durability.ts';
import { errorCode, type Patience, StartError, UnavailableError, withPatience } from './start-error.ts';
import type { DatabaseAddress } from './target.ts';

/**
 * A mistake in DATABASE_URL: SQLSTATE class 28 (no such user, wrong password), invalid_catalog_name, insufficient_privilege,
 * and a certificate that is not trusted.
 */
const OF_SETTINGS = /^28...$|^3D000$|^42501$|CERT|^ERR_(?:TLS|SSL)|UNABLE_TO_(?:GET_ISSUER|VERIFY)/;

/**
 * Resolves when the server answers and may be trusted with mail.
 *
 * @throws StartError when it refuses us or could lose mail; UnavailableError when it was not there in time
 */
export async function awaitServer(address: DatabaseAddress, options: Patience): Promise<void> {
  await withPatience(
    () => tryOnce(address),
    options,
    (reason, seconds) => `DATABASE_URL: the server did not answer for ${seconds} s: ${reason}`,
  );
}

/** A pool of its own each time: a pool that failed waits longer and longer. */
async function tryOnce(address: DatabaseAddress): Promise<void> {
  const sql = connect(address, { max: 1 });
  try {
    const check = await checkServer(sql);
    if (check.kind === 'REFUSED') throw new StartError(check.line);
    if (check.kind === 'STANDBY') throw new UnavailableError(check.line, true);
  } catch (error) {
    if (error instanceof StartError || error instanceof UnavailableError) throw error;
    const reason = reasonOf(error);
    if (!isConnectionLost(error) && OF_SETTINGS.test(errorCode(error))) {
      throw new StartError(`DATABASE_URL: the server cannot be used: ${reason}`);
    }
    throw new UnavailableError(reason, true);
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

/** Null when the database answers and takes writes, else why not. */
export function whyUnusable(sql: Sql, answerWithinMs: number): Promise<string | null> {
  // A session on a standby answers as well, and takes nothing.
  const answer = sql<{ reads: boolean }[]>`select current_setting('transaction_read_only')::boolean as reads`.then(
    ([row]) => (row?.reads === true ? 'the server only reads: a standby?' : null),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return within(answerWithinMs, answer, () => `no answer within ${answerWithinMs} ms`);
}
