/**
 * The service's connections to PostgreSQL, through postgres.js, and the address for the parts that bring their own driver.
 *
 * Values: `int8` is a number (all we store stays below 2^53; cast sums and counts to bigint, numeric stays a string),
 * `timestamptz` a Date, `bytea` a Buffer. Sessions run in UTC. Pools reconnect by themselves; a statement that was under
 * way when the connection broke rejects, and whether it took effect is for its caller to find out.
 * Needs real sessions: a pooler in transaction mode will not do, because of advisory locks and LISTEN.
 */
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { type DatabaseAddress, type DatabaseTarget, resolveTarget } from './target.ts';

/** A postgres.js pool with our types. */
export type Sql = postgres.Sql<{ bigint: number }>;

/** One of its transactions, as `sql.begin` passes it. */
export type TransactionSql = postgres.TransactionSql<{ bigint: number }>;

/** Anything that runs a statement: a pool or a transaction. */
export type SqlExecutor = Sql | TransactionSql;

export interface PgTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string;
  readonly ssl?: false | { readonly rejectUnauthorized: boolean; readonly ca?: string };
  readonly application_name: string;
  readonly options: string;
  readonly connectionTimeoutMillis: number;
}

export interface DatabaseOptions {
  /** Connections of the general pool. Default 10. */
  readonly poolSize?: number;
  /** Connections for the queue's hot statements. Default 4. */
  readonly queuePoolSize?: number;
  /** A statement that runs longer is cancelled. Default 30 s; 0 is no limit. */
  readonly statementTimeoutMs?: number;
  readonly applicationName?: string;
}

export interface Database {
  readonly sql: Sql;
  /** The same pool through drizzle. */
  readonly db: PostgresJsDatabase;
  /** For the queue's hot statements: generic plans, index scans and nested loops only, whatever the statistics say. */
  readonly queueSql: Sql;
  /** Plain data for the `pg` package and pg-boss. */
  readonly pgTarget: PgTarget;
  /** Lets running statements finish for up to five seconds, then closes. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_S = 10;
const IDLE_IN_TRANSACTION_MS = 60_000;

/** In seconds. A TCP connection to a host that vanished is given up by the system after this and its probes. */
const KEEP_ALIVE_S = 15;

const INT8 = { to: 20, from: [20], serialize: String, parse: Number };

interface ConnectOptions {
  readonly max: number;
  readonly applicationName?: string;
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Called when a connection of the pool ends, for whatever reason. */
  readonly onClose?: () => void;
}

/** A pool of its own. For this room's long-lived sessions; others use `openDatabase`. */
export function connect(address: DatabaseAddress, { max, applicationName, settings, onClose }: ConnectOptions): Sql {
  return postgres({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    // Said even when there is none: the driver would ask the environment.
    password: address.password ?? '',
    ssl: address.ssl ?? false,
    max,
    connect_timeout: CONNECT_TIMEOUT_S,
    keep_alive: KEEP_ALIVE_S,
    onnotice: () => {},
    ...(onClose === undefined ? {} : { onclose: onClose }),
    types: { bigint: INT8 },
    connection: { application_name: applicationName ?? 'backup-mx', TimeZone: 'UTC', ...settings },
  });
}

function restore<T>(current: Record<number, T>, wanted: Readonly<Record<number, T>>): void {
  for (const key of Object.keys(current)) {
    Reflect.deleteProperty(current, key);
  }
  Object.assign(current, wanted);
}

/**
 * drizzle replaces the pool's conversions of dates and JSON by its own. The pool is shared with plain statements, so they are
 * put back; drizzle takes Dates as well, and JSON that it has made text already is left as it is.
 */
function openDrizzle(sql: Sql): PostgresJsDatabase {
  const parsers = { ...sql.options.parsers };
  const serializers = { ...sql.options.serializers };
  const db = drizzle(sql);
  restore(sql.options.parsers, parsers);
  restore(sql.options.serializers, serializers);
  const toJson = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  sql.options.serializers[114] = toJson;
  sql.options.serializers[3802] = toJson;
  return db;
}

/**
 * Opens the pools. Connects at the first statement, not here.
 *
 * @throws StartError when the target is a URL that cannot be understood
 */
export function openDatabase(target: DatabaseTarget, options: DatabaseOptions = {}): Database {
  const address = resolveTarget(target);
  const applicationName = options.applicationName ?? 'backup-mx';
  const limits = {
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  };
  const sql = connect(address, { max: options.poolSize ?? 10, applicationName, settings: limits });
  const queueSql = connect(address, {
    max: options.queuePoolSize ?? 4,
    applicationName,
    settings: {
      ...limits,
      enable_seqscan: 'off',
      enable_hashjoin: 'off',
      enable_mergejoin: 'off',
      plan_cache_mode: 'force_generic_plan',
    },
  });
  return {
    sql,
    db: openDrizzle(sql),
    queueSql,
    pgTarget: {
      ...address,
      application_name: applicationName,
      options: '-c TimeZone=UTC',
      connectionTimeoutMillis: CONNECT_TIMEOUT_S * 1000,
    },
    close: async () => {
      await Promise.all([sql.end({ timeout: 5 }), queueSql.end({ timeout: 5 })]);
    },
  };
}

/**
 * Codes of postgres.js, of the system, and SQLSTATEs that end a session or refuse one: admin_shutdown, crash_shutdown,
 * cannot_connect_now, database_dropped, idle_session_timeout, too_many_connections, idle_in_transaction_session_timeout.
 */
const LOST = new Set(
  `CONNECTION_CLOSED CONNECTION_ENDED CONNECTION_DESTROYED CONNECT_TIMEOUT
  ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOENT ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN ENOTCONN
  ERR_SOCKET_CLOSED ERR_STREAM_DESTROYED ERR_STREAM_WRITE_AFTER_END
  57P01 57P02 57P03 57P04 57P05 53300 25P03`.split(/\s+/),
);

/** `pg` gives these no code. */
const LOST_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;

/**
 * Whether a statement failed because there was no connection to the server, or no longer, rather than because of the
 * statement. Then nothing is known of its effect, and the same statement may succeed later.
 */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (LOST.has(code) || code.startsWith('08') || LOST_MESSAGE.test(error.message)) {
    return true;
  }
  if (error instanceof AggregateError && error.errors.some(isConnectionLost)) {
    return true;
  }
  return isConnectionLost(error.cause);
}
