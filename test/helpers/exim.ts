/**
 * A private Exim on loopback, unpacked beside the system: Debian's exim4 cannot be installed next to Postfix.
 *
 * `findExim` takes EXIM_DIR (a folder with usr/sbin/exim4 in it), else unpacks the Debian packages once into
 * test/.cache/exim, else gives the reason to print. Debian's binary insists on a user Debian-exim: where there is none
 * it sees one through its own mount namespace, and the system's user list is not touched. Needs root.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { bindToUs, endChild, findProgram, run, runOrThrow, until } from './child.ts';
import { findFreePort } from './free-port.ts';

/** RELAY hands everything to one host; SINK is the final server of `domains` and keeps each message in a file. */
export type EximMode =
  | { readonly kind: 'RELAY'; readonly host: string; readonly port: number }
  | { readonly kind: 'SINK'; readonly domains: readonly string[] };

export interface EximOptions {
  readonly mode: EximMode;
  readonly port?: number;
  /** SINK: offer STARTTLS with the certificate that Exim makes itself. */
  readonly offersTls?: boolean;
  /** SINK: the only mailboxes; others are unknown users where the RCPT ACL verifies. All by default. */
  readonly localParts?: readonly string[];
  /** Statements of the RCPT ACL before its `accept`, such as `require verify = recipient`. */
  readonly rcptAcl?: readonly string[];
  /** Lines of the main part, behind the helper's own. */
  readonly mainLines?: readonly string[];
}

export interface Exim {
  readonly port: number;
  /** Attempts everything in the queue now, frozen or not. Nothing leaves without it. */
  flush(): Promise<void>;
  /** Ids of the messages in the spool. */
  readQueue(): Promise<string[]>;
  /** SINK: the messages that have arrived, whole, with CRLF line ends. */
  readDelivered(): Promise<Buffer[]>;
  /** `exim -bh`: a session as from this address, played without a network. Gives the replies, a line each. */
  pretend(address: string, commands: readonly string[]): Promise<string[]>;
  readLog(): Promise<string>;
  /** Stops the daemon; the spool stays and `start` takes it up again. */
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

const CACHE = join(import.meta.dirname, '..', '.cache', 'exim');
const PACKAGES = ['exim4-daemon-light', 'libidn12'];
/** Any number no account has: it is seen by this Exim alone. */
const OWN_USER_ID = 64_999;

async function unpack(): Promise<string | null> {
  if (findProgram('apt-get') === null || findProgram('dpkg') === null) return 'no apt-get to fetch Exim with';
  const folder = await mkdtemp(join(tmpdir(), 'backup-mx-exim-packages-'));
  try {
    const fetched = await run('apt-get', ['download', ...PACKAGES], { cwd: folder, timeoutMs: 60_000 });
    if (fetched.code !== 0)
      return `apt-get download ${PACKAGES.join(' ')}: ${fetched.stderr.trim().split('\n').at(-1)}`;
    const root = join(folder, 'root');
    for (const name of (await readdir(folder)).filter((entry) => entry.endsWith('.deb'))) {
      await runOrThrow('dpkg', ['-x', join(folder, name), root]);
    }
    await mkdir(join(CACHE, '..'), { recursive: true });
    await writeFile(join(CACHE, '..', '.gitignore'), '*\n');
    await runOrThrow('cp', ['-a', root, `${CACHE}.${process.pid}`]);
    await rename(`${CACHE}.${process.pid}`, CACHE);
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The folder Exim is unpacked in, or the reason why there is none. */
export async function findExim(): Promise<{ readonly folder: string } | { readonly reason: string }> {
  if (process.getuid?.() !== 0) return { reason: 'this Exim can only be started by root' };
  const given = process.env['EXIM_DIR'];
  const folder = given ?? CACHE;
  if (!existsSync(join(folder, 'usr/sbin/exim4'))) {
    if (given !== undefined) return { reason: `EXIM_DIR=${given} has no usr/sbin/exim4` };
    const reason = await unpack();
    if (reason !== null) return { reason };
  }
  const tried = await run('unshare', ['-m', 'true']).catch(() => null);
  if (tried?.code !== 0) return { reason: 'no mount namespace may be made here (unshare -m)' };
  return { folder };
}

function configuration(options: EximOptions, folder: string, eximFolder: string, port: number): string {
  const head = `
keep_environment = ^LD_LIBRARY_PATH$
exim_path = ${join(eximFolder, 'usr/sbin/exim4')}
spool_directory = ${join(folder, 'spool')}
log_file_path = ${join(folder, 'spool')}/%slog
primary_hostname = exim.test.example
daemon_smtp_ports = ${port}
local_interfaces = 127.0.0.1
tls_advertise_hosts = ${options.offersTls === true ? '*' : ''}
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 200
smtp_accept_queue_per_connection = 0
message_size_limit = 20M
never_users =
acl_smtp_rcpt = rcpt
${(options.mainLines ?? []).map((line) => `${line}\n`).join('')}begin acl
rcpt:
${(options.rcptAcl ?? []).map((statement) => `  ${statement}\n`).join('')}  accept
`;
  if (options.mode.kind === 'RELAY') {
    return `${head}
begin routers
all:
  driver = manualroute
  transport = onward
  route_list = * ${options.mode.host}
  self = send
begin transports
onward:
  driver = smtp
  port = ${options.mode.port}
  allow_localhost
begin retry
* * F,1h,1h
`;
  }
  return `${head}
begin routers
here:
  driver = accept
  domains = ${options.mode.domains.join(' : ')}
  local_parts = ${options.localParts?.join(' : ') ?? '*'}
  cannot_route_message = Unknown user
  transport = file
begin transports
file:
  driver = appendfile
  directory = ${join(folder, 'mail')}
  create_directory
  maildir_format
  user = Debian-exim
`;
}

/** Gives the arguments that run `exim4` with our user list in front of the system's. */
function wrap(folder: string, eximFolder: string, args: readonly string[]): string[] {
  const bind = 'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && exec "$@"';
  return ['-m', 'sh', '-c', bind, folder, join(eximFolder, 'usr/sbin/exim4'), '-C', join(folder, 'exim.conf'), ...args];
}

async function writeUserList(folder: string): Promise<void> {
  for (const [name, line] of [
    ['passwd', `Debian-exim:x:${OWN_USER_ID}:${OWN_USER_ID}::/nonexistent:/usr/sbin/nologin\n`],
    ['group', `Debian-exim:x:${OWN_USER_ID}:\n`],
  ] as const) {
    const path = join(folder, name);
    await copyFile(`/etc/${name}`, path);
    const lines = (await readFile(path, 'utf8')).split('\n').filter((entry) => !entry.startsWith('Debian-exim:'));
    await writeFile(path, lines.join('\n').trimEnd() + `\n${line}`);
    await chmod(path, 0o644);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.end('QUIT\r\n');
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

/** Starts a private Exim from the folder that `findExim` gave; resolves when it answers on its port. */
export async function startExim(eximFolder: string, options: EximOptions): Promise<Exim> {
  const folder = await mkdtemp(join(tmpdir(), 'backup-mx-exim-'));
  await chmod(folder, 0o755);
  for (const name of ['spool', 'mail']) {
    await mkdir(join(folder, name));
    await chown(join(folder, name), OWN_USER_ID, OWN_USER_ID);
  }
  await writeUserList(folder);
  const port = options.port ?? (await findFreePort());
  await writeFile(join(folder, 'exim.conf'), configuration(options, folder, eximFolder, port));
  const env = { ...process.env, LD_LIBRARY_PATH: join(eximFolder, 'usr/lib/x86_64-linux-gnu') };

  let daemon: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const child = spawn('unshare', wrap(folder, eximFolder, ['-bdf', '-odq']), {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    bindToUs(child);
    daemon = child;
    await until('Exim answers', 30_000, () => {
      if (child.exitCode !== null) throw new Error(`Exim ended with ${child.exitCode}: ${output}`);
      return accepts(port);
    });
  };
  const stop = async (): Promise<void> => {
    if (daemon !== null) await endChild(daemon, 'SIGTERM', 10_000);
    daemon = null;
  };
  const flush = async (): Promise<void> => {
    await runOrThrow('unshare', wrap(folder, eximFolder, ['-qff']), { env });
  };
  await start();

  return {
    port,
    start,
    stop,
    flush,
    readQueue: async () => {
      const names = await readdir(join(folder, 'spool', 'input')).catch(() => []);
      return names.filter((name) => name.endsWith('-H')).map((name) => name.slice(0, -2));
    },
    readDelivered: async () => {
      await flush();
      const arrived = join(folder, 'mail', 'new');
      const names = await readdir(arrived).catch(() => []);
      const files = await Promise.all(names.map((name) => readFile(join(arrived, name))));
      return files.map((file) => Buffer.from(file.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'));
    },
    pretend: async (address, commands) => {
      const input = commands.map((line) => `${line}\r\n`).join('');
      const { stdout } = await runOrThrow('unshare', wrap(folder, eximFolder, ['-bh', address]), { env, input });
      return stdout
        .toString()
        .split(/\r?\n/)
        .filter((line) => /^\d{3}/.test(line));
    },
    readLog: () => readFile(join(folder, 'spool', 'mainlog'), 'utf8').catch(() => ''),
    remove: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}
