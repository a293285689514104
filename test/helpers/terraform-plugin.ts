/**
 * The Terraform provider as a child process, and a gRPC client that meets it as Terraform does: cookie, certificates of both
 * sides, the line it prints, its Unix socket.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { ChannelCredentials, Client, type ServiceError } from '@grpc/grpc-js';
import {
  CONTROLLER_METHODS,
  CONTROLLER_SERVICE,
  type Message,
  PROVIDER_METHODS,
  PROVIDER_SERVICE,
  type ProviderMethod,
  serviceDefinition,
} from '../../src/clients/terraform/goplugin/protocol.ts';
import { createSelfSigned, type SelfSigned } from '../../src/tls/self-signed.ts';
import { bindToUs } from './child.ts';

export const COOKIE = 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2';
const ROOT = join(import.meta.dirname, '..', '..');
const DAY_MS = 86_400_000;

export interface Plugin {
  readonly child: ChildProcess;
  /** What it printed. */
  readonly line: string;
  readonly socket: string;
  readonly certificate: string;
  call<T = Message>(method: ProviderMethod, request?: Message): Promise<T>;
  /** As Terraform ends it; its exit code. */
  shutdown(): Promise<number | null>;
}

/** A certificate as Terraform makes one for each start. */
export function clientIdentity(): SelfSigned {
  const now = Date.now();
  return createSelfSigned({
    hostname: 'localhost',
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + DAY_MS),
  });
}

export interface PluginStart {
  readonly env?: Readonly<Record<string, string>>;
  /** Bun with the sources, unless another is given. */
  readonly command?: readonly [program: string, ...args: string[]];
  readonly identity?: SelfSigned;
}

export function spawnPlugin({ env = {}, command, identity }: PluginStart): ChildProcess {
  const [program, ...args] = command ?? [process.execPath, '--no-install', join(ROOT, 'src/clients/terraform/main.ts')];
  const { PATH = '', TMPDIR = '/tmp' } = process.env;
  const child = spawn(program, args, {
    cwd: TMPDIR,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH,
      TMPDIR,
      TF_PLUGIN_MAGIC_COOKIE: COOKIE,
      PLUGIN_PROTOCOL_VERSIONS: '5,6',
      PLUGIN_MIN_PORT: '10000',
      PLUGIN_MAX_PORT: '25000',
      ...(identity === undefined ? {} : { PLUGIN_CLIENT_CERT: identity.cert }),
      ...env,
    },
  });
  bindToUs(child);
  return child;
}

/** Resolves when it has printed its line; throws with what it said when it ends before. */
export async function startPlugin(start: PluginStart = {}): Promise<Plugin> {
  const identity = start.identity ?? clientIdentity();
  const child = spawnPlugin({ ...start, identity });
  const errors: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    child.once('exit', (code) =>
      reject(new Error(`the provider ended with ${code}: ${Buffer.concat(errors).toString()}`)),
    );
  });
  const [, , , socket = '', , base64 = ''] = line.trim().split('|');
  const certificate = `-----BEGIN CERTIFICATE-----\n${base64}${'='.repeat((4 - (base64.length % 4)) % 4)}\n-----END CERTIFICATE-----\n`;
  const client = connectPlugin(socket, certificate, identity);
  const provider = serviceDefinition(PROVIDER_SERVICE, PROVIDER_METHODS);
  const controller = serviceDefinition(CONTROLLER_SERVICE, CONTROLLER_METHODS);
  return {
    child,
    line,
    socket,
    certificate,
    call: <T>(method: ProviderMethod, request: Message = {}) => invoke<T>(client, provider, method, request),
    shutdown: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const hasEnded = once(child, 'exit');
        await invoke(client, controller, 'Shutdown', {});
        client.close();
        await hasEnded;
      }
      return child.exitCode;
    },
  };
}

/** `socket`: its path, or an address with a port. */
export function connectPlugin(socket: string, certificate: string, identity: SelfSigned | null): Client {
  const [key, chain] = identity === null ? [null, null] : [Buffer.from(identity.key), Buffer.from(identity.cert)];
  return new Client(
    socket.startsWith('/') ? `unix:${socket}` : socket,
    ChannelCredentials.createSsl(Buffer.from(certificate), key, chain),
    {
      'grpc.ssl_target_name_override': 'localhost',
      'grpc.max_receive_message_length': 256 * 1024 * 1024,
    },
  );
}

/** One call; rejects with what gRPC says of it. */
export function invoke<T>(
  client: Client,
  definition: ReturnType<typeof serviceDefinition>,
  method: string,
  request: Message,
): Promise<T> {
  const found = definition[method];
  if (found === undefined) throw new Error(`no method ${method}`);
  return new Promise<T>((resolve, reject) => {
    const answered = (error: ServiceError | null, answer?: Message) =>
      error === null ? resolve(answer as T) : reject(error);
    client.makeUnaryRequest(found.path, found.requestSerialize, found.responseDeserialize, request, answered);
  });
}
