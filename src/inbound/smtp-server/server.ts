/**
 * One bound address of the SMTP listener: accepts sockets and keeps the certificate of STARTTLS (RFC 3207).
 *
 * smtp-server 3.21.6 is known only here, in connection.ts and in command-parser.ts. Promises that a certificate that cannot
 * be used leaves the one before in force. The library's traps are listed in docs/quirks.md.
 */
import type { Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { Connection } from './connection.ts';
import type { House } from '../house.ts';
import { createTlsContexts, TLS_BOUNDS, type TlsContexts } from '../../tls/contexts.ts';
import type { TlsMaterial } from '../../tls/material.ts';

type ProxyCallback = Parameters<SMTPServer['_handleProxy']>[1];

const CONNECTION_OPTIONS = { id: '-', localAddress: '-', localPort: 25 };

export class Listener extends SMTPServer {
  readonly house: House;
  material: TlsMaterial;
  contexts: TlsContexts;

  constructor(house: House) {
    const material = house.options.tls();
    super({
      key: material.key,
      cert: material.cert,
      ...TLS_BOUNDS,
      logger: false,
      name: house.options.hostname,
      authOptional: true,
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      socketTimeout: house.timeouts.idleMs,
      onSecure: (_socket, _session, callback) => callback(),
    });
    this.house = house;
    this.material = material;
    this.contexts = createTlsContexts(material);
    this.secureContext.set('*', this.contexts.byDefault);
  }

  /** Spares a random id, a BigInt and two system calls a connection; the library wants them for its log and hooks only. */
  override _handleProxy(_socket: Socket, callback: ProxyCallback): void {
    setImmediate(callback, null, CONNECTION_OPTIONS);
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
    const material = this.house.options.tls();
    if (material === this.material) return;
    try {
      // Not the library's updateSecureContext: it forgets the old context before it finds that the new one cannot be made.
      this.contexts = createTlsContexts(material);
      this.secureContext.set('*', this.contexts.byDefault);
      this.material = material;
    } catch (error) {
      this.house.context.events.fault({ where: 'inbound TLS', error });
    }
  }
}
