/**
 * The service's connections to PostgreSQL, through postgres.js, and the address for the parts that bring their own driver.
 *
 * Values: `int8` is a number (all we store stays below 2^53; cast sums and counts to bigint, numeric stays a string),
 * `timestamptz` a Date, `bytea` a Buffer. Sessions run in UTC. Pools reconnect by themselves; a statement that was under
 * way when the connection broke rejects, and whether it took effect is for its caller to find out.
 * Needs real sessions: a pooler in transaction mode will not do, because of advisory locks and LISTEN.
 */
import postgres from 'postgres';
import { addArrayTypes } from './array-types.ts';
import { BACKOFF_S, type Sql, steadyPool, type TransactionSql } from './steady-pool.ts';
import { type DatabaseAddress, type DatabaseHost, type DatabaseTarget, resolveTarget } from './target.ts';
import { openWritableSocket, WritableClient } from './writable-host.ts';

export { statementsUnderWay } from './steady-pool.ts';
export type { Sql, TransactionSql };

/** Anything that runs a statement: a pool or a transaction. */
export type SqlExecutor = Sql | TransactionSql;

export interface PgTarget {
  readonly host: string;
  readonly port: number;
  /** As in a `DatabaseAddress`. */
  readonly others?: readonly DatabaseHost[];
  /** For `pg`'s pools, which open connections by themselves. */
  readonly Client: typeof WritableClient;
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
  /** For the queue's hot statements: generic plans, index scans and nested loops only, whatever the statistics say. */
  readonly queueSql: Sql;
  /** For the `pg` package and pg-boss. */
  readonly pgTarget: PgTarget;
  /** Lets running statements finish for up to five seconds, then closes. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_S = 10;

/**
 * The settings of every session, unless it says otherwise, as the long work of migrations and list changes does: a statement
 * that runs away ends, and a process that was stopped in a transaction holds neither locks nor the vacuum of others' rows.
 */
const TIME_OUTS = { statement_timeout: 30_000, idle_in_transaction_session_timeout: 60_000 };

/** In seconds. A TCP connection to a host that vanished is given up by the system after this and its probes. */
const KEEP_ALIVE_S = 15;

const INT8 = { to: 20, from: [20], serialize: String, parse: Number };

interface ConnectOptions {
  /** Connections for statements, and as many again for transactions; with one, both share that session. */
  readonly max: number;
  readonly applicationName?: string;
  /** Beside the time-outs that every session has; they win over those. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Called when a connection of the pool ends, for whatever reason. */
  readonly onClose?: () => void;
}

function openDriver(address: DatabaseAddress, options: ConnectOptions, onClose: () => void, max: number): Sql {
  const sql: Sql = postgres({
    host: address.host,
    port: address.port,
    ...(address.others === undefined ? {} : { socket: () => openWritableSocket(address) }),
    database: address.database,
    user: address.user,
    // Said even when there is none: the driver would ask the environment.
    password: address.password ?? '',
    ssl: address.ssl ?? false,
    max,
    connect_timeout: CONNECT_TIMEOUT_S,
    keep_alive: KEEP_ALIVE_S,
    backoff: () => BACKOFF_S,
    // A connection closes only when it is lost.
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
    onclose: onClose,
    types: { bigint: INT8 },
    fetch_types: false,
    connection: {
      application_name: options.applicationName ?? 'backup-mx',
      TimeZone: 'UTC',
      // Plans that are pinned by switching others off cost 10^10 on paper, and a server with JIT compiles such ones for a second.
      jit: 'off',
      ...TIME_OUTS,
      ...options.settings,
    },
  });
  // Through drizzle, JSON comes as text already.
  const toJson = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  sql.options.serializers[114] = toJson;
  sql.options.serializers[3802] = toJson;
  addArrayTypes(sql.options);
  return sql;
}

/** A pool of its own, for sessions that hold a lock. Others use `openDatabase`. */
export function connect(address: DatabaseAddress, options: ConnectOptions): Sql {
  return steadyPool(
    (onClose, max) => {
      const onEnd = () => {
        onClose();
        options.onClose?.();
      };
      return openDriver(address, options, onEnd, max);
    },
    // The driver's own limit, which counts for each attempt, comes first.
    { max: options.max, connectMs: 1.5 * CONNECT_TIMEOUT_S * 1000 },
  );
}

/**
 * Opens the pools. Connects at the first statement, not here.
 *
 * @throws StartError when the target is a URL that cannot be understood
 */
export function openDatabase(target: DatabaseTarget, options: DatabaseOptions = {}): Database {
  const address = resolveTarget(target);
  const applicationName = options.applicationName ?? 'backup-mx';
  const limits = { statement_timeout: options.statementTimeoutMs ?? TIME_OUTS.statement_timeout };
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
    queueSql,
    pgTarget: {
      ...address,
      Client: WritableClient,
      application_name: applicationName,
      options: ['TimeZone=UTC', ...Object.entries(TIME_OUTS).map(([name, ms]) => `${name}=${ms}`)]
        .map((setting) => `-c ${setting}`)
        .join(' '),
      connectionTimeoutMillis: CONNECT_TIMEOUT_S * 1000,
    },
    close: async () => {
      await Promise.all([sql.end({ timeout: 5 }), queueSql.end({ timeout: 5 })]);
    },
  };
}
