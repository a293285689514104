/**
 * The database of this node: embedded or by URL, checked, migrated, opened.
 *
 * Throws StartError with one line for whatever the operator can mend. Knows nothing of mail.
 */
import type { Config } from './config.ts';
import { type Database, openDatabase } from './db/client.ts';
import { checkServer } from './db/durability.ts';
import { startEmbedded } from './db/embedded.ts';
import { migrate } from './db/migrate.ts';
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
      await prepare(database, target);
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

async function prepare(database: Database, target: DatabaseTarget): Promise<void> {
  const check = await checkServer(database.sql).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`DATABASE_URL: the server cannot be reached: ${reason}`);
  });
  if (check.kind === 'REFUSED') throw new StartError(check.line);
  const migrated = await migrate(target);
  if (migrated.kind === 'REFUSED') throw new StartError(migrated.line);
}
