/**
 * A private Postfix on loopback: Debian's binaries, own configuration, queue and data in a temporary folder.
 *
 * The system's own Postfix, its queue and its configuration are not read, written or signalled. Needs root (Postfix
 * does); `whyNoPostfix` gives the reason to print where it cannot run. The master process ends by itself after an hour,
 * so that a killed test run leaves nothing behind for good.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { bindToUs, endChild, findProgram, run, runOrThrow, until } from './child.ts';
import { findFreePort } from './free-port.ts';

/**
 * DEFER queues, then defers at a port where nothing listens; HOLD only queues, its best case; RELAY hands everything to
 * one host; SINK is the final server of `domains` and keeps each message in a file.
 */
export type PostfixMode =
  | { readonly kind: 'DEFER' }
  | { readonly kind: 'HOLD' }
  | { readonly kind: 'RELAY'; readonly host: string; readonly port: number }
  | { readonly kind: 'SINK'; readonly domains: readonly string[] };

export interface PostfixOptions {
  readonly mode: PostfixMode;
  /** The port to listen on; a free one is found when it is not given. */
  readonly port?: number;
  /** Extra main.cf parameters; they win over the helper's own. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** postscreen answers at the port, and hands over to smtpd. */
  readonly hasPostscreen?: boolean;
  /** Writes `log` for `readLog`. Off in benchmarks: the peer's best case. */
  readonly keepLog?: boolean;
  /** The folder that takes the instance's own; the system's temporary folder by default. */
  readonly parentFolder?: string;
}

export interface QueuedMail {
  readonly queueName: string;
  readonly queueId: string;
  readonly sender: string;
  readonly recipients: readonly { readonly address: string; readonly delayReason: string }[];
}

export interface Postfix {
  readonly port: number;
  readonly folder: string;
  /** Attempts everything in the deferred queue now. */
  flush(): Promise<void>;
  /** What is queued, from `postqueue -j`. */
  readQueue(): Promise<QueuedMail[]>;
  /** Files in the incoming, active, deferred and hold queues; costs no process. */
  countQueued(): Promise<Readonly<Record<'incoming' | 'active' | 'deferred' | 'hold', number>>>;
  /** SINK: the messages that have arrived, whole, with CRLF line ends. */
  readDelivered(): Promise<Buffer[]>;
  /** Changes main.cf parameters and reloads. */
  reconfigure(parameters: Readonly<Record<string, string>>): Promise<void>;
  /** Runs a shell script as the administrator would, on this instance's configuration. Gives what it printed. */
  administer(script: string): Promise<string>;
  readLog(): Promise<string>;
  /** Stops the daemons; the queue stays and `start` takes it up again. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops and removes the folder. */
  remove(): Promise<void>;
}

/** The version of the Postfix on this machine, or null. */
export async function findPostfixVersion(): Promise<string | null> {
  const postconf = findProgram('postconf');
  if (postconf === null) return null;
  const finished = await run(postconf, ['-d', '-h', 'mail_version']);
  return finished.code === 0 ? finished.stdout.toString().trim() : null;
}

/** Null where a private Postfix can run, else the reason to print. */
export function whyNoPostfix(): string | null {
  if (findProgram('postfix') === null || findProgram('postconf') === null) return 'no Postfix is installed';
  if (process.getuid?.() !== 0) return 'Postfix can only be started by root';
  return null;
}

/** A port on which nothing listens: 9 is discard, and no test binds below 1024. */
const DEAD_PORT = 9;

function modeParameters(mode: PostfixMode, folder: string): Record<string, string> {
  const nowhere = { relayhost: `[127.0.0.1]:${DEAD_PORT}` };
  if (mode.kind === 'DEFER') return nowhere;
  if (mode.kind === 'HOLD') return { ...nowhere, smtpd_client_restrictions: 'check_client_access static:HOLD' };
  if (mode.kind === 'RELAY') return { relayhost: `[${mode.host}]:${mode.port}` };
  return {
    virtual_mailbox_domains: mode.domains.join(' '),
    virtual_mailbox_base: join(folder, 'mail'),
    virtual_mailbox_maps: 'static:all/',
    virtual_uid_maps: 'static:65534',
    virtual_gid_maps: 'static:65534',
    virtual_minimum_uid: '1',
    virtual_mailbox_limit: '0',
  };
}

function mainParameters(options: PostfixOptions, folder: string, ownTools: string): Record<string, string> {
  return {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    daemon_directory: ownTools,
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    myhostname: 'postfix.test.example',
    mydestination: '',
    local_recipient_maps: '',
    alias_maps: '',
    alias_database: '',
    mynetworks: '127.0.0.0/8',
    inet_protocols: 'ipv4',
    inet_interfaces: '127.0.0.1',
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    smtpd_client_connection_count_limit: '0',
    disable_dns_lookups: 'yes',
    message_size_limit: '20971520',
    mailbox_size_limit: '0',
    // Sees an idle client of a test go, and does not slow a sender down when the queue manager is behind.
    in_flow_delay: '0',
    // A deferral stays until `flush`, unless a test says otherwise.
    minimal_backoff_time: '1h',
    maximal_backoff_time: '1h',
    ...(options.keepLog === true
      ? { maillog_file: join(folder, 'log'), maillog_file_prefixes: folder }
      : { syslog_facility: 'local7' }),
    ...modeParameters(options.mode, folder),
    ...options.parameters,
  };
}

function masterLines(port: number, hasPostscreen: boolean): string {
  const listener = hasPostscreen ? `inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd` : 'inet n - n - - smtpd';
  return `
127.0.0.1:${port} ${listener}
pickup     unix n - n 60 1 pickup
cleanup    unix n - n - 0 cleanup
qmgr       unix n - n 300 1 qmgr
tlsmgr     unix - - n 1000? 1 tlsmgr
rewrite    unix - - n - - trivial-rewrite
bounce     unix - - n - 0 bounce
defer      unix - - n - 0 bounce
trace      unix - - n - 0 bounce
verify     unix - - n - 1 verify
flush      unix n - n 1000? 0 flush
proxymap   unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp       unix - - n - - smtp
relay      unix - - n - - smtp
showq      unix n - n - - showq
error      unix - - n - - error
retry      unix - - n - - error
discard    unix - - n - - discard
local      unix - n n - - local
virtual    unix - n n - - virtual
anvil      unix - - n - 1 anvil
scache     unix - - n - 1 scache
postlog    unix-dgram n - n - 1 postlogd
`;
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

async function countFiles(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).length;
}

/** Starts a private Postfix and resolves when it answers on its port. */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const reason = whyNoPostfix();
  if (reason !== null) throw new Error(reason);
  const folder = await mkdtemp(join(options.parentFolder ?? tmpdir(), 'backup-mx-postfix-'));
  // Postfix drops to its own users, who must reach the folder.
  await chmod(folder, 0o755);
  const configFolder = join(folder, 'etc');
  for (const name of ['etc', 'queue', 'data', 'mail']) await mkdir(join(folder, name));
  await runOrThrow('chown', ['postfix', join(folder, 'data')]);
  await runOrThrow('chown', ['65534:65534', join(folder, 'mail')]);

  const port = options.port ?? (await findFreePort());
  const daemonFolder = (await runOrThrow('postconf', ['-d', '-h', 'daemon_directory'])).stdout.toString().trim();
  const parameters = mainParameters(options, folder, daemonFolder);
  const writeMain = (values: Readonly<Record<string, string>>) =>
    writeFile(
      join(configFolder, 'main.cf'),
      Object.entries(values)
        .map(([name, value]) => `${name} = ${value}\n`)
        .join(''),
    );
  await writeMain(parameters);
  await writeFile(join(configFolder, 'master.cf'), masterLines(port, options.hasPostscreen === true));
  await runOrThrow('postfix', ['-c', configFolder, 'check']);

  let master: ChildProcess | null = null;
  let output = '';
  const start = async (): Promise<void> => {
    output = '';
    const child = spawn(join(daemonFolder, 'master'), ['-c', configFolder, '-d', '-e', '3600'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, MAIL_CONFIG: configFolder },
    });
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    bindToUs(child);
    master = child;
    await until('Postfix answers', 30_000, () => {
      if (child.exitCode !== null) throw new Error(`Postfix ended with ${child.exitCode}: ${output}`);
      return accepts(port);
    });
  };
  const stop = async (): Promise<void> => {
    if (master !== null) await endChild(master, 'SIGTERM', 10_000);
    master = null;
    // Its children have the listening socket too, and go a moment later: who starts before that finds the port taken.
    await until('Postfix is gone', 30_000, async () => !(await accepts(port)));
  };
  await start();

  return {
    port,
    folder,
    start,
    stop,
    flush: async () => {
      await runOrThrow('postqueue', ['-c', configFolder, '-f']);
    },
    readQueue: async () => {
      const { stdout } = await runOrThrow('postqueue', ['-c', configFolder, '-j']);
      return stdout
        .toString()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const entry = JSON.parse(line) as {
            queue_name: string;
            queue_id: string;
            sender: string;
            recipients: { address: string; delay_reason?: string }[];
          };
          return {
            queueName: entry.queue_name,
            queueId: entry.queue_id,
            sender: entry.sender,
            recipients: entry.recipients.map((r) => ({ address: r.address, delayReason: r.delay_reason ?? '' })),
          };
        });
    },
    countQueued: async () => {
      const [incoming, active, deferred, hold] = await Promise.all(
        ['incoming', 'active', 'deferred', 'hold'].map((name) => countFiles(join(folder, 'queue', name))),
      );
      return { incoming: incoming ?? 0, active: active ?? 0, deferred: deferred ?? 0, hold: hold ?? 0 };
    },
    readDelivered: async () => {
      const arrived = join(folder, 'mail', 'all', 'new');
      const names = await readdir(arrived).catch(() => []);
      const files = await Promise.all(names.map((name) => readFile(join(arrived, name))));
      return files.map((file) => Buffer.from(file.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'));
    },
    reconfigure: async (changes) => {
      Object.assign(parameters, changes);
      await writeMain(parameters);
      master?.kill('SIGHUP');
    },
    administer: async (script) => {
      const { stdout, stderr } = await runOrThrow('sh', ['-c', script], {
        env: { ...process.env, MAIL_CONFIG: configFolder },
      });
      return `${stdout.toString()}${stderr}`;
    },
    readLog: () => readFile(join(folder, 'log'), 'utf8').catch(() => ''),
    remove: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}
