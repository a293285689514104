/**
 * The database of this node: embedded or by URL, checked, migrated, opened.
 *
 * Waits for a server that is still starting. Throws StartError with one line for what the operator can correct, UnavailableError
 * when the server did not come up. Knows nothing of mail.
 */
import type { Config } from '../config/config.ts';
import { type Database, openDatabase } from '../db/client.ts';
import { startEmbedded } from '../embedded-postgres/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { awaitServer } from '../db/server-wait.ts';
import { StartError, withPatience } from '../db/start-error.ts';
import { type DatabaseAddress, formatHosts, resolveTarget } from '../db/target.ts';
import type { Log } from '../telemetry/log.ts';

/** A PostgreSQL that runs and may be trusted with mail; its schema may be missing. */
interface DatabasePlace {
  readonly address: DatabaseAddress;
  /** `embedded PostgreSQL in DIR` or `PostgreSQL at HOST`. */
  readonly description: string;
  /** Free bytes where the data lies, or null where this node cannot know. */
  readonly freeBytes: (() => Promise<number>) | null;
  stop(): Promise<void>;
}

export type OpenedDatabase = DatabasePlace & Omit<Database, 'close'>;

type PlaceLog = Pick<Log, 'trace' | 'warning'>;

export async function openMainDatabase(config: Config, log: PlaceLog): Promise<OpenedDatabase> {
  const place = await openPlace(config, log);
  try {
    const migrated = await migrate(place.address);
    if (migrated.kind === 'REFUSED') throw new StartError(migrated.line);
  } catch (error) {
    await place.stop();
    throw error;
  }
  const database = openDatabase(place.address);
  return {
    ...place,
    ...database,
    stop: async () => {
      await database.close();
      await place.stop();
    },
  };
}

/** Starts the embedded server, or waits for the one that DATABASE_URL names. */
export async function openPlace(config: Config, log: PlaceLog): Promise<DatabasePlace> {
  const onWait = (reason: string) => log.warning({ where: 'database', message: `waiting for PostgreSQL: ${reason}` });
  const embedded =
    config.databaseUrl === null ? await withPatience(() => startEmbeddedIn(config.dataDir, log), { onWait }) : null;
  try {
    const address = resolveTarget(embedded?.connection ?? { url: config.databaseUrl ?? '' });
    await awaitServer(address, { onWait });
    return {
      address,
      description: embedded
        ? `embedded PostgreSQL in ${config.dataDir}`
        : `PostgreSQL at ${formatHosts(address)}/${address.database}`,
      freeBytes: embedded === null ? null : () => embedded.freeBytes(),
      stop: async () => {
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function startEmbeddedIn(dataDir: string, log: PlaceLog) {
  return startEmbedded({
    dataDir,
    log: {
      info: (message) => log.trace({ where: 'database', message }),
      warn: (message) => log.warning({ where: 'database', message }),
    },
  });
}
