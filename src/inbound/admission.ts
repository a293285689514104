/**
 * Admission of a connection: its client, whether that client may come in, and when it is greeted (RFC 5321 §3.1).
 *
 * A trusted proxy may name its client, by a PROXY header before everything else or by XCLIENT: from then on address, share
 * and session are that client's, and it is admitted anew. Promises that the client of a proxy can name no other client, and
 * that no connection is greeted before it is known whether a header is under way. Reads and writes nothing itself.
 */
import type { GreetingWait, ListenerState, OpenConnection } from './listener-state.ts';
import type { ProxyHeader, XclientRequest } from './proxy.ts';
import type { Reply } from './replies.ts';
import type { Session } from './session.ts';
import type { ClientShare } from './connection-limits.ts';
import { CONNECTION_UNITS } from './door.ts';

/** The connection, as its admission sees it. */
interface IncomingConnection extends OpenConnection {
  readonly dialogue: Session;
  /** The client's; a proxy's own until it names another. */
  remoteAddress: string;
  readonly isGone: () => boolean;
  readonly sendGreeting: () => void;
  /** Runs the work at once, or in the turn of a client that has brought much work and no mail; `units` as command-turns.ts has them. */
  readonly inTurn: (units: number, run: () => void) => void;
  /** Says 421 to a client that may not come in, and leaves at once. */
  readonly reject: (reply: Reply) => void;
  /** Ends it without a word; the reason is for the log. */
  readonly drop: (reason: string) => void;
}

export class ConnectionAdmission {
  readonly state: ListenerState;
  readonly connection: IncomingConnection;
  /** The client's part of its network's share. */
  share: ClientShare;
  /** The client may say by a PROXY header or XCLIENT for whom it speaks. */
  mayNameClient: boolean;
  /** A proxy that has not said yet for whom it speaks: it waits for nothing, and is not counted against its own address. */
  isUnnamed: boolean;
  /** The proxy has said that it does not know its client's address: that client goes by the proxy's, but may name no other. */
  isUnknown = false;
  /** XCLIENT was the last command: another one may add to it. */
  isNaming = false;
  /** Paid for the connection at the door; the client of a proxy pays when it is named. */
  readonly paidUnits: number;
  /** Past the wait for a PROXY header. */
  isBegun = false;

  constructor(state: ListenerState, connection: IncomingConnection) {
    this.state = state;
    this.connection = connection;
    this.share = state.context.limits.shareOf(connection.remoteAddress);
    this.mayNameClient = this.isProxy();
    this.isUnnamed = this.mayNameClient;
    this.paidUnits = this.mayNameClient ? 0 : CONNECTION_UNITS;
  }

  isProxy(): boolean {
    return this.state.options.isTrustedProxy?.(this.connection.remoteAddress) ?? false;
  }

  /** A proxy that speaks SMTP itself waits for the greeting, so a header is waited for only shortly. */
  awaitProxyHeader(isUnderWay: () => boolean): void {
    setTimeout(() => {
      if (!this.isBegun && !isUnderWay() && !this.connection.isGone()) this.begin();
    }, this.state.timeouts.proxyHeaderMs);
  }

  takeProxyHeader(header: ProxyHeader): void {
    if (header.kind === 'MALFORMED') {
      const message = `connection of ${this.connection.remoteAddress} closed: ${header.reason}`;
      this.state.context.events.warning({ where: 'PROXY header', message });
      this.connection.drop('malformed PROXY header');
    } else if (header.kind === 'HEADER') {
      this.isUnnamed = false;
      this.isUnknown = header.address === null;
      if (header.address !== null) this.identify(header.address);
      this.endNaming();
      // After the greeting it is late, but still honoured.
      if (this.isBegun) this.admit();
      else this.begin();
    } else if (!this.isBegun) {
      this.begin();
    }
  }

  /** Back to the greeting; what is known of TLS stays. `next` is called after the greeting, or when there is none. */
  takeXclient({ address, name, ehloName, isExtended }: XclientRequest, next: () => void): void {
    if (address !== undefined) {
      this.isUnnamed = false;
      this.isUnknown = address === null;
    }
    this.identify(address ?? this.connection.remoteAddress, name);
    this.mayNameClient = true;
    this.isNaming = true;
    if (typeof ehloName === 'string') this.connection.dialogue.greet(isExtended ?? true, ehloName);
    if (this.admit()) this.greetWhenDue(next);
    else next();
  }

  /** Any other command than XCLIENT: from here on the client that was named speaks for itself. */
  endNaming(): void {
    this.isNaming = false;
    this.mayNameClient = this.isProxy() && !this.isUnknown;
  }

  begin(): void {
    this.isBegun = true;
    const { context, activeCount, places } = this.state;
    context.events.connected({ clientAddress: this.connection.remoteAddress, connectionCount: activeCount });
    const refusal = this.refusal();
    if (refusal !== null) return this.connection.reject(refusal);
    const greet = (): void => this.greetWhenDue(() => undefined);
    const enter = (): void => (this.paidUnits > 0 ? greet() : this.connection.inTurn(CONNECTION_UNITS, greet));
    // After the refusals, so that no connection is ended for a client that does not come in.
    if (places.makeRoom(this.connection)) return enter();
    if (!places.wait(this.connection, enter, () => this.rejectForRoom())) this.rejectForRoom();
  }

  /** An absent name is looked up. */
  identify(address: string, name?: string | null): void {
    const { connection } = this;
    if (address !== connection.remoteAddress) {
      this.share.returnConnection();
      this.share = this.state.context.limits.shareOf(address);
      connection.remoteAddress = address;
      this.mayNameClient = this.isProxy();
    }
    connection.dialogue.identify({ address, share: this.share, ...(name === undefined ? {} : { name }) });
  }

  /** Counts the client; false if it is one too many: then it gets 421. */
  admit(): boolean {
    const { context, activeCount, places } = this.state;
    context.events.connected({ clientAddress: this.connection.remoteAddress, connectionCount: activeCount });
    const refusal = this.refusal();
    if (refusal !== null) this.connection.reject(refusal);
    else if (!places.makeRoom(this.connection)) this.rejectForRoom();
    else return true;
    return false;
  }

  rejectForRoom(): void {
    this.share.returnConnection();
    this.connection.reject(this.state.context.refusals.tooManyConnections);
  }

  refusal(): Reply | null {
    const { context, isClosing } = this.state;
    if (isClosing) return context.refusals.shuttingDown;
    if (!this.isUnnamed) {
      if (context.isBarred?.(this.connection.remoteAddress) === true) return context.refusals.barred;
      if (!this.share.takeConnection()) return context.refusals.tooManyFromClient;
    }
    return null;
  }

  greetWhenDue(next: () => void): void {
    const greet = (): boolean => {
      if (this.connection.isGone()) return false;
      this.connection.sendGreeting();
      next();
      return true;
    };
    if (this.isUnnamed) greet();
    else waitToGreet(this.state.options, this.share, greet);
  }
}

/** Calls `greet` once the client may be greeted, at once where it need not wait. `greet` says whether it still was there. */
function waitToGreet(wait: GreetingWait, client: ClientShare, greet: () => boolean): void {
  if (wait.greetingWaitMs <= 0 || client.isTrusted) {
    greet();
    return;
  }
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    if (greet()) wait.rememberClient?.(client.networks[0]);
  };
  const timer = setTimeout(end, wait.greetingWaitMs);
  wait.isSeenClient?.(client.networks[0]).then(
    (isSeen) => {
      if (isSeen) end();
    },
    () => undefined,
  );
}
