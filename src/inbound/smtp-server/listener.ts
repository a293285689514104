/**
 * The SMTP listener on smtp-server: binds the addresses, accepts sockets, keeps the certificate of STARTTLS (RFC 3207), and ends in order.
 *
 * The library is known only in this folder; to the rest of the service it is `createInbound`. Promises that either all addresses
 * are bound or none, that a certificate that cannot be used leaves the one before in force, and that `close` lets clients that
 * wait for the reply to a final dot have it within the grace. docs/quirks.md lists what smtp-server 3.21.6 lacks.
 */
import { type Socket, type AddressInfo, createServer, type Server } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { Connection } from './connection.ts';
import { type ListenerState, createListenerState, type Inbound, type InboundOptions } from '../listener-state.ts';
import { createTlsContexts, TLS_BOUNDS, type TlsContexts, type TlsMaterial } from '../../tls/material.ts';
import { once } from 'node:events';

type ProxyCallback = Parameters<SMTPServer['_handleProxy']>[1];

const CONNECTION_OPTIONS = { id: '-', localAddress: '-', localPort: 25 };

export class Listener extends SMTPServer {
  readonly state: ListenerState;
  material: TlsMaterial;
  contexts: TlsContexts;

  constructor(state: ListenerState) {
    const material = state.options.tls();
    super({
      key: material.key,
      cert: material.cert,
      ...TLS_BOUNDS,
      logger: false,
      name: state.options.hostname,
      authOptional: true,
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      socketTimeout: state.timeouts.idleMs,
      onSecure: (_socket, _session, callback) => callback(),
    });
    this.state = state;
    this.material = material;
    this.contexts = createTlsContexts(material);
    this.secureContext.set('*', this.contexts.byDefault);
  }

  /** Spares a random id, a BigInt and two system calls a connection; the library wants them for its log and hooks only. */
  override _handleProxy(socket: Socket, callback: ProxyCallback): void {
    // A client may vanish while it waits.
    socket.on('error', () => undefined);
    const isGone = (): boolean => socket.destroyed || this.state.isClosing;
    const comeIn = (): void => (isGone() ? void socket.destroy() : callback(null, CONNECTION_OPTIONS));
    const knock = (): void => this.state.door.knock(socket.remoteAddress ?? '', comeIn, () => socket.destroy());
    setImmediate(knock);
  }

  override connect(socket: Socket | TLSSocket, options?: SMTPConnectionOptions | null): void {
    const connection = new Connection(this, socket, options);
    this.connections.add(connection);
    // A client that vanished: its 'close' follows, and nothing is left to do.
    connection.on('error', () => connection.destroySocket());
    connection.init();
  }

  /** Errors of sockets come through here as well; a failed bind is seen on `server` itself. */
  override _onError(): void {}

  override _resolveSNI(servername: string, callback: (error: Error | null, context?: SecureContext) => void): void {
    callback(null, this.contexts.forName(servername));
  }

  refreshTls(): void {
    const material = this.state.options.tls();
    if (material === this.material) return;
    try {
      // Not the library's updateSecureContext: it forgets the old context before it finds that the new one cannot be made.
      this.contexts = createTlsContexts(material);
      this.secureContext.set('*', this.contexts.byDefault);
      this.material = material;
    } catch (error) {
      this.state.context.events.fault({ where: 'inbound TLS', error });
    }
  }
}

/** Pending connections a burst may leave to the kernel; capped by net.core.somaxconn. */
const BACKLOG = 1024;
/** How long a destroyed socket may take to say so. */
const LAST_WAIT_MS = 1000;

/**
 * Starts to listen.
 *
 * @throws Error of the failed bind (`EADDRINUSE`, `EACCES`, …), with nothing left bound
 */
export async function createInbound(options: InboundOptions): Promise<Inbound> {
  const state = createListenerState(options);
  const listeners: Listener[] = [];
  try {
    for (const place of await separatePlaces(options.listen)) listeners.push(await listen(state, place));
  } catch (error) {
    for (const listener of listeners) listener.server.close();
    state.context.watch.stop();
    throw error;
  }
  let ended: Promise<void> | null = null;
  return {
    addresses: listeners.map((listener) => listener.server.address() as AddressInfo),
    connectionCount: () => state.activeCount,
    workCount: () => state.workCount,
    inFlightBytes: () => options.inFlightBytes - state.context.budget.freeBytes(),
    close: (graceMs) => {
      ended ??= end(state, listeners, graceMs);
      return ended;
    },
  };
}

async function listen(state: ListenerState, place: Place & { readonly ipv6Only: boolean }): Promise<Listener> {
  const listener = new Listener(state);
  const listening = once(listener.server, 'listening');
  listener.server.listen({ ...place, backlog: BACKLOG });
  await listening;
  return listener;
}

async function end(state: ListenerState, listeners: readonly Listener[], graceMs: number): Promise<void> {
  state.isClosing = true;
  for (const listener of listeners) listener.server.close();
  for (const connection of state.open) connection.shutDown();
  await emptied(state, graceMs);
  for (const connection of state.open) connection.destroySocket();
  await emptied(state, LAST_WAIT_MS);
  state.context.watch.stop();
}

/** Resolves when no connection is open, or after `waitMs`. */
async function emptied(state: ListenerState, waitMs: number): Promise<void> {
  if (state.open.size === 0) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    state.onEmpty = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

type Place = InboundOptions['listen'][number];

/**
 * The addresses to bind so that both families are served on every runtime, and whether `[::]` has to leave IPv4 to another.
 *
 * `0.0.0.0:25,[::]:25` is one listener for each family where the runtime keeps them apart. Deno 2.9.6 ignores `ipv6Only`: its
 * `[::]` takes IPv4 as well, and the second bind fails. There `[::]` alone serves both, its IPv4 clients as v4-mapped addresses.
 */
async function separatePlaces(wanted: readonly Place[]): Promise<readonly (Place & { readonly ipv6Only: boolean })[]> {
  const hasWildcards = wanted.some(({ host }) => host === '::') && wanted.some(({ host }) => host === '0.0.0.0');
  if (!hasWildcards || (await keepsFamiliesApart())) {
    return wanted.map((place) => ({ ...place, ipv6Only: place.host === '::' && hasWildcards }));
  }
  const isServedByOther = ({ host, port }: Place): boolean =>
    host === '0.0.0.0' && port !== 0 && wanted.some((other) => other.host === '::' && other.port === port);
  return wanted.filter((place) => !isServedByOther(place)).map((place) => ({ ...place, ipv6Only: false }));
}

/** Tried on a port of the system's choice. A port that is taken in between only makes one listener of two. */
async function keepsFamiliesApart(): Promise<boolean> {
  const servers = [createServer(), createServer()] as const;
  try {
    const port = await tryListen(servers[0], { host: '0.0.0.0', port: 0 });
    return port === null || (await tryListen(servers[1], { host: '::', port, ipv6Only: true })) !== null;
  } finally {
    for (const server of servers) server.close();
  }
}

function tryListen(server: Server, options: Place & { readonly ipv6Only?: boolean }): Promise<number | null> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(options, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : null);
    });
  });
}
