/**
 * A plugin's server: gRPC on a Unix socket in a folder that only its user may enter, or on a port of 127.0.0.1, with TLS on both sides.
 * Terraform and the plugin find each other by the environment, and by one line that the plugin prints.
 *
 * Promises that no handler ends in a gRPC error, of which Terraform would say only that the plugin did not respond: handlers
 * answer, and what they throw is answered by `onFault`.
 */
import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Environment } from '../../api/connection.ts';
import { createSelfSigned } from '../../../tls/self-signed.ts';
import {
  CONTROLLER_METHODS,
  CONTROLLER_SERVICE,
  type Message,
  PROVIDER_METHODS,
  PROVIDER_SERVICE,
  type ProviderMethod,
  serviceDefinition,
} from './protocol.ts';

export type Handlers = Readonly<Record<ProviderMethod, (request: Message) => Promise<Message> | Message>>;

export interface Endpoint {
  readonly network: 'unix' | 'tcp';
  /** The path of the socket, or the address with its port. */
  readonly address: string;
}

/** Both ends belong to it. */
export interface PortRange {
  readonly least: number;
  readonly most: number;
}

export interface PluginServer {
  readonly endpoint: Endpoint;
  /** In PEM; null without TLS. */
  readonly certificate: string | null;
  /** Ends with the answers that are under way, or after half a second, and takes the folder of the socket away. */
  close(): Promise<void>;
}

export interface PluginOptions {
  readonly handlers: Handlers;
  /** The answer in place of that of a handler that threw. */
  readonly onFault: (method: ProviderMethod, error: unknown) => Message;
  readonly onShutdown: () => void;
  /** PEM of the only client that is let in; null: no TLS, and whoever may enter the folder. */
  readonly clientCertificate: string | null;
  /** The first free port of these is taken; null: a Unix socket, which the runtimes do not have on Windows. */
  readonly ports: PortRange | null;
  readonly now: Date;
}

/** User Lists are long. As much as Terraform sends and takes. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
const GRACE_MS = 500;
const DAY_MS = 86_400_000;

export async function startPluginServer(options: PluginOptions): Promise<PluginServer> {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  });
  server.addService(serviceDefinition(PROVIDER_SERVICE, PROVIDER_METHODS), providerMethods(options));
  server.addService(serviceDefinition(CONTROLLER_SERVICE, CONTROLLER_METHODS), {
    Shutdown: (_call: unknown, answer: sendUnaryData<Message>) => {
      answer(null, {});
      options.onShutdown();
    },
  });
  const { certificate, credentials } = identity(options);
  const bind: Bind = (target) => new Promise((resolve) => server.bindAsync(target, credentials, resolve));
  const { endpoint, folder } = options.ports === null ? await onSocket(bind) : await onPort(bind, options.ports);
  return {
    endpoint,
    certificate,
    close: async () => {
      const timer = setTimeout(() => server.forceShutdown(), GRACE_MS);
      await new Promise((resolve) => server.tryShutdown(resolve));
      clearTimeout(timer);
      if (folder !== null) await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Bound {
  readonly endpoint: Endpoint;
  /** Taken away at the end. */
  readonly folder: string | null;
}

/** Null, or why the address cannot be listened on. */
type Bind = (target: string) => Promise<Error | null>;

async function onSocket(bind: Bind): Promise<Bound> {
  const folder = await mkdtemp(join(tmpdir(), 'terraform-provider-backupmx-'));
  const address = join(folder, 'socket');
  const error = await bind(`unix:${address}`);
  if (error !== null) throw error;
  return { endpoint: { network: 'unix', address }, folder };
}

async function onPort(bind: Bind, { least, most }: PortRange): Promise<Bound> {
  for (let port = least; port <= most; port += 1) {
    const address = `127.0.0.1:${port}`;
    if ((await bind(address)) === null) return { endpoint: { network: 'tcp', address }, folder: null };
  }
  throw new Error(`no port of 127.0.0.1 from ${least} to ${most} is free`);
}

/** Lasts as long as an apply may. Only Terraform, which gets it in the handshake, ever sees it. */
function identity({ clientCertificate, now }: PluginOptions) {
  if (clientCertificate === null) return { certificate: null, credentials: ServerCredentials.createInsecure() };
  const { cert, key } = createSelfSigned({
    hostname: 'localhost',
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + 30 * DAY_MS),
  });
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
  return {
    certificate: cert,
    credentials: ServerCredentials.createSsl(Buffer.from(clientCertificate), [pair], true),
  };
}

function providerMethods({ handlers, onFault }: PluginOptions): UntypedServiceImplementation {
  const methods = Object.keys(PROVIDER_METHODS) as ProviderMethod[];
  return Object.fromEntries(
    methods.map((method) => [
      method,
      (call: ServerUnaryCall<Message, Message>, answer: sendUnaryData<Message>) => {
        void (async () => handlers[method](call.request))()
          .catch((error: unknown) => onFault(method, error))
          .then((message) => answer(null, message));
      },
    ]),
  );
}

const COOKIE_NAME = 'TF_PLUGIN_MAGIC_COOKIE';
/** The same for every provider; it keeps people from starting one by hand. */
const COOKIE = 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2';

/** The version of the line itself. */
const CORE_VERSION = 1;
const PLUGIN_PROTOCOL = 6;

export type Summons =
  /** Terraform's certificate in PEM; null where it wants no TLS. */
  | { readonly kind: 'SUMMONED'; readonly clientCertificate: string | null; readonly ports: PortRange }
  /** In a line for the user. */
  | { readonly kind: 'REFUSED'; readonly message: string };

/** Reads Terraform's request from the environment that it starts us with. */
export function readSummons(env: Environment): Summons {
  if (env[COOKIE_NAME] !== COOKIE) {
    return {
      kind: 'REFUSED',
      message:
        'This is a Terraform provider. Terraform starts it: install it as docs/terraform says, and run terraform init.',
    };
  }
  const versions = (env['PLUGIN_PROTOCOL_VERSIONS'] ?? String(PLUGIN_PROTOCOL)).split(',');
  if (!versions.includes(String(PLUGIN_PROTOCOL))) {
    return {
      kind: 'REFUSED',
      message: `This provider speaks plugin protocol ${PLUGIN_PROTOCOL}, Terraform ${versions.join(' and ')}: use Terraform 1.0 or newer.`,
    };
  }
  const certificate = env['PLUGIN_CLIENT_CERT'] ?? '';
  const ports = { least: Number(env['PLUGIN_MIN_PORT'] ?? 10_000), most: Number(env['PLUGIN_MAX_PORT'] ?? 25_000) };
  return { kind: 'SUMMONED', clientCertificate: certificate === '' ? null : certificate, ports };
}

/** The line, without its end. The certificate goes into it as base64 of its DER without padding: with it Terraform refuses. */
export function handshakeLine({ network, address }: Endpoint, certificate: string | null): string {
  const der = (certificate ?? '').replaceAll(/-----[A-Z ]+-----|\s|=/g, '');
  return [CORE_VERSION, PLUGIN_PROTOCOL, network, address, 'grpc', der].join('|');
}
