/**
 * Whose connection it is, whether that client may come in, and when it is greeted (RFC 5321 §3.1).
 *
 * A trusted proxy may name its client, by a PROXY header before everything else or by XCLIENT: from then on address, share
 * and session are that client's, and it is admitted anew. Promises that a client behind a proxy can name nobody else, and
 * that no connection is greeted before it is known whether a header is under way. Reads and writes nothing itself.
 */
import { waitToGreet } from './greeting-wait.ts';
import type { House, OpenConnection } from './house.ts';
import type { ClientShare } from './limits.ts';
import type { ProxyHeader } from './proxy/header.ts';
import type { Reply } from './replies.ts';
import type { Session } from './session.ts';
import type { XclientRequest } from './proxy/xclient.ts';

/** The connection, as its reception sees it. */
export interface Guest extends OpenConnection {
  readonly dialogue: Session;
  /** The client's; a proxy's own until it names another. */
  remoteAddress: string;
  readonly isGone: () => boolean;
  readonly sendGreeting: () => void;
  /** Says 421 to a client that may not come in, and leaves at once. */
  readonly turnAway: (reply: Reply) => void;
  /** Ends it without a word; the reason is for the log. */
  readonly drop: (reason: string) => void;
}

export class Reception {
  readonly house: House;
  readonly guest: Guest;
  /** What the client takes of its network's share. */
  share: ClientShare;
  /** The client may say by a PROXY header or XCLIENT for whom it speaks. */
  mayNameClient: boolean;
  /** A proxy that has not said yet for whom it speaks: it waits for nothing, and is not counted against its own address. */
  isUnnamed: boolean;
  /** The proxy has said that it does not know its client's address: that client goes by the proxy's, but names nobody. */
  isUnknown = false;
  /** XCLIENT was the last command: another one may add to it. */
  isNaming = false;
  /** Past the wait for a PROXY header. */
  isBegun = false;

  constructor(house: House, guest: Guest) {
    this.house = house;
    this.guest = guest;
    this.share = house.context.limits.shareOf(guest.remoteAddress);
    this.mayNameClient = this.isProxy();
    this.isUnnamed = this.mayNameClient;
  }

  isProxy(): boolean {
    return this.house.options.isTrustedProxy?.(this.guest.remoteAddress) ?? false;
  }

  /** A proxy that speaks SMTP itself waits for the greeting, so a header is waited for only shortly. */
  awaitProxyHeader(isUnderWay: () => boolean): void {
    setTimeout(() => {
      if (!this.isBegun && !isUnderWay() && !this.guest.isGone()) this.begin();
    }, this.house.timeouts.proxyHeaderMs);
  }

  takeProxyHeader(header: ProxyHeader): void {
    if (header.kind === 'MALFORMED') {
      const message = `connection of ${this.guest.remoteAddress} closed: ${header.reason}`;
      this.house.context.events.warning({ where: 'PROXY header', message });
      this.guest.drop('malformed PROXY header');
    } else if (header.kind === 'HEADER') {
      this.isUnnamed = false;
      this.isUnknown = header.address === null;
      if (header.address !== null) this.identify(header.address);
      this.endNaming();
      // Behind the greeting it is late, but still honoured.
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
    this.identify(address ?? this.guest.remoteAddress, name);
    this.mayNameClient = true;
    this.isNaming = true;
    if (typeof ehloName === 'string') this.guest.dialogue.greet(isExtended ?? true, ehloName);
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
    const { context, activeCount, places } = this.house;
    context.events.connected({ clientAddress: this.guest.remoteAddress, connectionCount: activeCount });
    const refusal = this.refusal();
    if (refusal !== null) return this.guest.turnAway(refusal);
    const enter = (): void => this.greetWhenDue(() => undefined);
    // After the refusals, so that nobody goes for a client that does not come in.
    if (places.makeRoom(this.guest)) return enter();
    if (!places.wait(this.guest, enter, () => this.turnAwayForRoom())) this.turnAwayForRoom();
  }

  /** An absent name is looked up. */
  identify(address: string, name?: string | null): void {
    const { guest } = this;
    if (address !== guest.remoteAddress) {
      this.share.returnConnection();
      this.share = this.house.context.limits.shareOf(address);
      guest.remoteAddress = address;
      this.mayNameClient = this.isProxy();
    }
    guest.dialogue.identify({ address, share: this.share, ...(name === undefined ? {} : { name }) });
  }

  /** Counts the client; one too many is told so, and false. */
  admit(): boolean {
    const { context, activeCount, places } = this.house;
    context.events.connected({ clientAddress: this.guest.remoteAddress, connectionCount: activeCount });
    const refusal = this.refusal();
    if (refusal !== null) this.guest.turnAway(refusal);
    else if (!places.makeRoom(this.guest)) this.turnAwayForRoom();
    else return true;
    return false;
  }

  turnAwayForRoom(): void {
    this.share.returnConnection();
    this.guest.turnAway(this.house.context.refusals.tooManyConnections);
  }

  refusal(): Reply | null {
    const { context, isClosing } = this.house;
    if (isClosing) return context.refusals.shuttingDown;
    if (!this.isUnnamed) {
      if (context.isBarred?.(this.guest.remoteAddress) === true) return context.refusals.barred;
      if (!this.share.takeConnection()) return context.refusals.tooManyFromClient;
    }
    return null;
  }

  greetWhenDue(next: () => void): void {
    const greet = (): boolean => {
      if (this.guest.isGone()) return false;
      this.guest.sendGreeting();
      next();
      return true;
    };
    if (this.isUnnamed) greet();
    else waitToGreet(this.house.options, this.share, greet);
  }
}
