/**
 * A change after which tokens are others: told to all nodes with its COMMIT, and in force on this one before the call returns.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import type { Change } from '../input/change.ts';
import { SETTINGS_CHANNEL } from '../db/listen.ts';

/** On SETTINGS_CHANNEL: a token has changed. Changes are rare and reads cheap, so every entry is dropped. */
export const TOKEN_NOTICE = 'tokens';

/** Runs the work in a transaction; what was refused is told to nobody. `onChanged` drops what this node remembers. */
export async function changeTokens<C extends Change<unknown>>(
  sql: Sql,
  onChanged: () => void,
  work: (transaction: SqlExecutor) => Promise<C>,
): Promise<C> {
  const done: { result?: C } = {};
  try {
    await sql.begin(async (transaction) => {
      done.result = await work(transaction);
      if (done.result.kind === 'DONE') await transaction`select pg_notify(${SETTINGS_CHANNEL}, ${TOKEN_NOTICE})`;
    });
    return done.result as C;
  } finally {
    // Also when COMMIT's outcome is unknown: asking once more is cheap.
    onChanged();
  }
}
