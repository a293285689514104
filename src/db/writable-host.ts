/**
 * Finds the host that takes writes among several with the same database: the meaning of `target_session_attrs=read-write`.
 *
 * Every new connection of the service asks first, so that after a failover all of them end up at the new primary, and none at a
 * standby. The host that was found last is preferred, then the order of DATABASE_URL counts. Connections that are made at
 * the same moment ask once. With one host nothing is asked. Chosen here, not by the drivers: `pg` knows one host only, and
 * postgres.js tries its hosts in turn without a pause and without ever giving up.
 */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { isConnectionLost } from './connection-lost.ts';
import { lossOf } from './followed-statement.ts';
import type { DatabaseAddress, DatabaseHost } from './target.ts';

/** For a host to answer, of each step. */
const ANSWER_WITHIN_MS = 3_000;

/** A search's result, also that no host was found, is used for so long. */
const BELIEVED_MS = 250;

/** The settings of a connection, for either driver. */
export type HostSearch = Pick<DatabaseAddress, 'host' | 'port' | 'others'> & ClientConfig;

/** postgres.js writes in the next round of the event loop. */
const AFTER_FIRST_WRITE_MS = 10;

interface Finding {
  /** The last host that took writes. */
  last: DatabaseHost | null;
  search: Promise<DatabaseHost> | null;
}

/** By the list of hosts of one DATABASE_URL. */
const FINDINGS = new WeakMap<readonly DatabaseHost[], Finding>();

/**
 * Finds the host to connect to now.
 *
 * @throws an error that `isConnectionLost` knows while no host takes writes; a host's refusal when all hosts refuse us
 */
export async function findWritableHost(target: HostSearch): Promise<DatabaseHost> {
  const { host, port, others } = target;
  if (others === undefined) return { host, port };
  const finding = FINDINGS.get(others) ?? { last: null, search: null };
  FINDINGS.set(others, finding);
  finding.search ??= search(target, [{ host, port }, ...others], finding);
  return await finding.search;
}

async function search(target: HostSearch, hosts: readonly DatabaseHost[], finding: Finding): Promise<DatabaseHost> {
  const { last } = finding;
  const inOrder = last === null ? hosts : [last, ...hosts.filter((host) => host !== last)];
  const asked = inOrder.map((host) => ({ host, answer: troubleOf(target, host) }));
  try {
    const troubles: { readonly host: DatabaseHost; readonly trouble: Error }[] = [];
    for (const { host, answer } of asked) {
      const trouble = await answer;
      if (trouble === null) {
        finding.last = hosts.find((one) => one.host === host.host && one.port === host.port) ?? host;
        return host;
      }
      troubles.push({ host, trouble });
    }
    throw noHost(troubles);
  } finally {
    void sleep(BELIEVED_MS, undefined, { ref: false }).then(() => {
      finding.search = null;
    });
  }
}

function noHost(troubles: readonly { readonly host: DatabaseHost; readonly trouble: Error }[]): Error {
  const [first] = troubles;
  // Wrong for all of them, as a password is: waiting will not help.
  if (first !== undefined && troubles.every(({ trouble }) => !isConnectionLost(trouble))) return first.trouble;
  const reasons = troubles.map(({ host: { host, port }, trouble }) => `${host}:${port}: ${trouble.message}`);
  return lossOf('NO_WRITABLE_HOST', `no host of DATABASE_URL takes writes (${reasons.join('; ')})`);
}

/** Why a host takes no writes now, or null. */
async function troubleOf(target: HostSearch, host: DatabaseHost): Promise<Error | null> {
  const client = new Client({
    ...target,
    ...host,
    application_name: 'backup-mx host search',
    connectionTimeoutMillis: ANSWER_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
  });
  // Told to the statement as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ reads: boolean }>(
      "select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as reads",
    );
    if (rows[0]?.reads !== true) return null;
    return lossOf('25006', 'a standby, which only reads');
  } catch (error) {
    return firstOf(error);
  } finally {
    void client.end().catch(() => undefined);
  }
}

/** Several addresses of one name fail together, and that error has no words. */
function firstOf(error: unknown): Error {
  if (error instanceof AggregateError && error.errors.length > 0) return firstOf(error.errors[0]);
  return error instanceof Error ? error : new Error(String(error));
}

/**
 * A connected socket to the host that takes writes, for a driver that has no choice of hosts. Never rejects: when there is none
 * the stream fails instead, as a socket does that cannot connect.
 */
export async function openWritableSocket(target: HostSearch): Promise<Duplex> {
  const socket = new Socket();
  try {
    const { host, port } = await findWritableHost(target);
    socket.connect(port, host);
    const timer = setTimeout(
      () => socket.destroy(lossOf('CONNECT_TIMEOUT', `${host}:${port} did not answer within ${ANSWER_WITHIN_MS} ms`)),
      ANSWER_WITHIN_MS,
    );
    await once(socket, 'connect').finally(() => clearTimeout(timer));
    // For the name in its certificate.
    return Object.assign(socket, { host });
  } catch (error) {
    socket.destroy();
    return failingStream(firstOf(error));
  }
}

/** Takes what is written first, since what postgres.js has gathered when its socket closes would stand before all it sends later. */
function failingStream(error: Error): Duplex {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  setTimeout(() => stream.destroy(error), AFTER_FIRST_WRITE_MS);
  return stream;
}

/** `pg`'s client for pools that open connections by themselves. */
export class WritableClient extends Client {
  readonly #target: HostSearch;

  constructor(target: HostSearch) {
    super(target);
    this.#target = target;
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<this> | void {
    const connecting = findWritableHost(this.#target).then(async (place) => {
      Object.assign(this, place);
      return super.connect();
    });
    if (callback === undefined) return connecting.then(() => this);
    connecting.then(() => (callback as () => void)(), callback);
  }
}
