/**
 * A plugin's server: gRPC on a Unix socket in a folder that only its user may enter, with TLS on both sides.
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
import { createSelfSigned } from '../../../tls/self-signed.ts';
import {
  CONTROLLER_METHODS,
  CONTROLLER_SERVICE,
  PROVIDER_METHODS,
  PROVIDER_SERVICE,
  type ProviderMethod,
} from './protocol.ts';
import { type Message, serviceDefinition } from './wire.ts';

export type Handlers = Readonly<Record<ProviderMethod, (request: Message) => Promise<Message> | Message>>;

export interface PluginServer {
  readonly socket: string;
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
  readonly now: Date;
}

/** User Lists are long. As much as Terraform sends and takes. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
const GRACE_MS = 500;
const DAY_MS = 86_400_000;

export async function startPluginServer(options: PluginOptions): Promise<PluginServer> {
  const folder = await mkdtemp(join(tmpdir(), 'terraform-provider-backupmx-'));
  const socket = join(folder, 'socket');
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
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, credentials, (error) => (error === null ? resolve() : reject(error)));
  });
  return {
    socket,
    certificate,
    close: async () => {
      const timer = setTimeout(() => server.forceShutdown(), GRACE_MS);
      await new Promise((resolve) => server.tryShutdown(resolve));
      clearTimeout(timer);
      await rm(folder, { recursive: true, force: true });
    },
  };
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
