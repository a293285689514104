/**
 * The database of this node: embedded or by URL, checked, migrated, opened.
 *
 * Waits for a server that is still starting. Throws StartError with one line for whatever the operator can mend, UnavailableError
 * when the server did not come up. Knows nothing of mail.
 */
import type { Config } from './config.ts';
import { type Database, openDatabase } from './db/client.ts';
import { startEmbedded } from './db/embedded.ts';
import { migrate } from './db/migrate.ts';
import { awaitServer } from './db/server-wait.ts';
import { StartError } from './db/start-error.ts';
import { type DatabaseAddress, type DatabaseTarget, resolveTarget } from './db/target.ts';
import type { Log } from './telemetry/log.ts';

export interface OpenedDatabase {
  readonly database: Database;
  readonly address: DatabaseAddress;
  /** `embedded PostgreSQL in DIR` or `PostgreSQL at HOST`. */
  readonly description: string;
  /** Free bytes where the data lies, or null where this node cannot know. */
  readonly freeBytes: (() => Promise<number>) | null;
  stop(): Promise<void>;
}

export async function openMainDatabase(config: Config, log: Log): Promise<OpenedDatabase> {
  const embedded = config.databaseUrl === null ? await startEmbeddedIn(config.dataDir, log) : null;
  try {
    const target: DatabaseTarget = embedded?.connection ?? { url: config.databaseUrl ?? '' };
    const address = resolveTarget(target);
    const database = openDatabase(target);
    try {
      await prepare(address, log);
    } catch (error) {
      await database.close();
      throw error;
    }
    return {
      database,
      address,
      description: embedded
        ? `embedded PostgreSQL in ${config.dataDir}`
        : `PostgreSQL at ${address.host}:${address.port}/${address.database}`,
      freeBytes: embedded === null ? null : () => embedded.freeBytes(),
      stop: async () => {
        await database.close();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function startEmbeddedIn(dataDir: string, log: Log) {
  return startEmbedded({
    dataDir,
    log: {
      info: (message) => log.trace({ where: 'database', message }),
      warn: (message) => log.warning({ where: 'database', message }),
    },
  });
}

async function prepare(address: DatabaseAddress, log: Log): Promise<void> {
  await awaitServer(address, {
    onWait: (reason) => log.warning({ where: 'database', message: `waiting for PostgreSQL: ${reason}` }),
  });
  const migrated = await migrate(address);
  if (migrated.kind === 'REFUSED') throw new StartError(migrated.line);
}
