/**
 * The two sides of a comparison: our service with one relay domain whose primary is down, and Postfix in the same job.
 *
 * Both are durable (fsync on) on the same file system; neither delivers while it is measured. Postfix is started anew
 * for every run, because its own queue slows it down, and its folders are deleted only at the end, because deleting
 * slows the disk. The service runs through, with all it holds: the harder side of the comparison is ours.
 */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { until } from '../test/helpers/child.ts';
import { createDomain, readHeldCount } from '../test/helpers/domains.ts';
import { type Postfix, type PostfixOptions, startPostfix, whyNoPostfix } from '../test/helpers/postfix.ts';
import { makeDataDir, type Service, startService } from '../test/helpers/service.ts';
import { type Load, send } from './load.ts';

export const DOMAIN = 'backed.example';
export const RECIPIENT = `user@${DOMAIN}`;
/** Nothing listens on discard: connections are refused at once, on both sides. */
export const DEAD_PORT = 9;

/** A folder of this run, on a real disk: BENCH_DIR, else the system's temporary folder. */
export async function makeBenchFolder(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const parent = process.env['BENCH_DIR'] ?? tmpdir();
  await mkdir(parent, { recursive: true });
  const path = await mkdtemp(join(parent, 'backup-mx-bench-'));
  // The embedded database and Postfix run under accounts of their own.
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 }) };
}

/** The service on a fresh folder, holding mail for DOMAIN. Warnings only in its log: the peer writes none either. */
export async function startOurs(
  folder: string,
  options: {
    readonly primaryPort?: number;
    readonly env?: Readonly<Record<string, string>>;
    /** Another checkout than this one. */
    readonly root?: string | undefined;
  } = {},
): Promise<Service> {
  const service = await startService({
    dataDir: await makeDataDir(folder),
    env: { LOG_LEVEL: 'warn', MAX_CONNECTIONS: '2000', ...options.env },
    root: options.root,
  });
  await createDomain(service, DOMAIN, [{ host: '127.0.0.1', port: options.primaryPort ?? DEAD_PORT }]);
  return service;
}

type LoadWithoutPort = Omit<Load, 'port'>;

/** Sends to our service; resolves with the seconds until the last 250, after everything is counted as held. */
export async function runOurs(service: Service, load: LoadWithoutPort): Promise<number> {
  const before = await readHeldCount(service, DOMAIN);
  const seconds = await send({ ...load, port: service.smtpPort }).catch((error: unknown) => {
    throw new Error(`our side failed; its log ends:\n${service.output().slice(-4000)}`, { cause: error });
  });
  await until('all is held', 60_000, async () => (await readHeldCount(service, DOMAIN)) === before + load.messages);
  return seconds;
}

/** The main.cf parameters that give Postfix our service's own key and certificate, and nothing else to do for TLS. */
export function tlsParameters(service: Service): Readonly<Record<string, string>> {
  const tlsDir = join(service.dataDir, 'tls');
  return {
    smtpd_tls_security_level: 'may',
    smtpd_tls_chain_files: `${join(tlsDir, 'key.pem')} ${join(tlsDir, 'cert.pem')}`,
  };
}

/** Runs the load against a new Postfix; resolves with the seconds until the last 250, after Postfix has gone quiet. */
export async function runPostfix(
  folder: string,
  options: Pick<PostfixOptions, 'parameters'> & { readonly kind: 'DEFER' | 'HOLD' },
  load: LoadWithoutPort,
): Promise<number> {
  const { kind, parameters = {} } = options;
  const postfix = await startPostfix({ mode: { kind }, parentFolder: folder, parameters });
  try {
    const seconds = await send({ ...load, port: postfix.port });
    await untilQuiet(postfix);
    const { deferred, hold } = await postfix.countQueued();
    if (deferred + hold !== load.messages) throw new Error(`Postfix keeps ${deferred + hold} of ${load.messages}`);
    return seconds;
  } finally {
    await postfix.stop();
  }
}

/** Waits for an attempt that meets the closed port, a minute or more after one that did not: measured is a drain out of an outage. */
export async function untilOutage(service: Service, name = DOMAIN): Promise<void> {
  await until('an outage is open', 120_000, () => isOutageOpen(service, name));
}

export async function isOutageOpen(service: Service, name = DOMAIN): Promise<boolean> {
  const { domain } = await service.graphql<{ domain: { outage: { startedAt: string } | null } }>(
    'query ($name: String!) { domain(by: { name: $name }) { outage { startedAt } } }',
    { name },
  );
  return domain.outage !== null;
}

/** Waits until Postfix has put everything it took where it stays. */
export async function untilQuiet(postfix: Postfix): Promise<void> {
  await until('Postfix is quiet', 120_000, async () => {
    const { incoming, active } = await postfix.countQueued();
    if (incoming + active > 0) return false;
    const again = await postfix.countQueued();
    return again.incoming + again.active === 0;
  });
}

/** Says loudly where there is no peer. */
export function hasPeer(): boolean {
  const reason = whyNoPostfix();
  if (reason !== null) console.log(`\n*** NO COMPARISON: ${reason}. Only our own side is measured. ***\n`);
  return reason === null;
}
