/**
 * Whether this node can work: what is wrong before it starts, whether mail can be stored now, and whether the nodes know each other.
 * Readiness is read once a second, and given without a query to the database.
 *
 * DOWN: it does not answer. FULL: free space is below the watermark, or it has just refused a write for want of space.
 */
import { createServer } from 'node:net';
import { monotonicMs, type Timers, wallClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { ListenAddress } from '../config/values.ts';
import { whyUnusable } from '../db/server-wait.ts';
import { StartError, startTrouble, UnavailableError } from '../db/start-error.ts';
import { loadTlsMaterial } from '../tls/material.ts';
import { loadArcKey } from '../policy/authentication/acceptance-seal.ts';
import { listNodes } from '../cluster/nodes.ts';
import type { Sql } from '../db/client.ts';
import type { Readiness } from '../inbound/listener-state.ts';
import type { Log } from '../telemetry/log.ts';

const EVERY_MS = 1000;
const ANSWER_WITHIN_MS = 3000;
/** A write refused for want of space speaks for so long. */
const FULL_FOR_MS = 5000;

export interface ReadinessWatch {
  readiness(): Readiness;
  /** The database has refused to store for want of space. */
  noteFull(): void;
}

export function watchReadiness(deps: {
  sql: Sql;
  freeBytes: (() => Promise<number>) | null;
  minFreeBytes: number;
  timers: Timers;
  log: Log;
}): ReadinessWatch {
  let isDown = false;
  let isLowOnSpace = false;
  let fullUntil = Number.NEGATIVE_INFINITY;
  let troubleSince = monotonicMs();

  const change = (what: string, was: boolean, is: boolean, reason: string) => {
    if (was === is) return;
    if (is) {
      troubleSince = monotonicMs();
      deps.log.unavailable({ what, reason });
    } else {
      deps.log.available({ what, afterMs: Math.round(monotonicMs() - troubleSince) });
    }
  };
  deps.timers.every(EVERY_MS, 'readiness', async () => {
    const reason = await whyUnusable(deps.sql, ANSWER_WITHIN_MS);
    change('database', isDown, reason !== null, reason ?? '');
    isDown = reason !== null;
    if (deps.freeBytes === null) return;
    const free = await deps.freeBytes();
    const isLow = free < deps.minFreeBytes;
    change('space', isLowOnSpace, isLow, `${free} bytes free, MIN_FREE_BYTES is ${deps.minFreeBytes}`);
    isLowOnSpace = isLow;
  });

  return {
    readiness: () => {
      if (isDown) return 'DOWN';
      return isLowOnSpace || monotonicMs() < fullUntil ? 'FULL' : 'OK';
    },
    noteFull: () => {
      fullUntil = monotonicMs() + FULL_FOR_MS;
    },
  };
}

/**
 * Checks what can be known to be wrong before anything is touched: ports, TLS files, the ARC key. A start refused here has made no
 * folder, database or token.
 *
 * @throws StartError with the variable's name
 */
export async function checkPlaces(config: Config): Promise<void> {
  const { dataDir, httpListen, mxHostname: hostname, tlsFiles: files } = config;
  await checkPort('HTTP_LISTEN', httpListen);
  if (!config.roles.has('inbound')) return;
  for (const address of config.smtpListen) await checkPort('SMTP_LISTEN', address);
  try {
    if (files.length > 0) loadTlsMaterial({ dataDir, hostname, files, wallClock, warn: () => undefined });
  } catch (error) {
    const [certFiles, keyFiles] = [files.map((pair) => pair.certFile), files.map((pair) => pair.keyFile)];
    throw new StartError(`TLS_CERT_FILE ${certFiles.join()}, TLS_KEY_FILE ${keyFiles.join()}: ${messageOf(error)}`);
  }
  try {
    if (config.arcKey !== null) loadArcKey(config.arcKey);
  } catch (error) {
    throw new StartError(`ARC_KEY_FILE: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function checkPort(variable: string, { address, port }: ListenAddress): Promise<void> {
  const server = createServer();
  const code = await new Promise<string | null>((resolve) => {
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen({ host: address, port, ipv6Only: true }, () => resolve(null));
  });
  if (code === null) return new Promise((resolve) => server.close(() => resolve()));
  const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const words = REASONS[code];
  if (words === undefined) throw startTrouble(`${variable}: ${where} cannot be listened on`, { code });
  const line = `${variable}: ${where} ${words}`;
  throw code === 'EACCES' ? new StartError(line) : new UnavailableError(line);
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another process; stop that one or choose another port',
  EACCES: 'needs a right this process does not have; choose a port above 1023',
  EADDRNOTAVAIL: 'is not an address of this machine',
};

const NAMES_EVERY_MS = 60_000;

interface NamesParts {
  readonly config: Pick<Config, 'mxNames'>;
  readonly sql: Sql;
  readonly log: Pick<Log, 'warning'>;
  readonly timers: Pick<Timers, 'every'>;
}

/**
 * Warns if the nodes of the service do not have each other's names: customers would get other MX records from each, and
 * one would take another for somebody else's server. Warns again when others are concerned.
 */
export function watchNames({ config, sql, log, timers }: NamesParts): void {
  let told = '';
  timers.every(NAMES_EVERY_MS, 'names of the nodes', async () => {
    const nodes = await listNodes(sql);
    const receiving = nodes.filter(({ roles }) => roles.includes('inbound')).map(({ name }) => name);
    const unknown = [...new Set(receiving)].filter((name) => !config.mxNames.includes(name)).toSorted();
    const names = unknown.join(', ');
    if (names !== '' && names !== told) {
      const message = `MX_NAMES of this node lacks ${names}, where another node receives mail: give all nodes the same MX_NAMES, with the MX_HOSTNAME of each that receives mail`;
      log.warning({ where: 'settings', message });
    }
    told = names;
  });
}
