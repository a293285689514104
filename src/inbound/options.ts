/**
 * What the listener is told when it is made, and what it gives back.
 *
 * No defaults for what config/config.ts decides; only the time limits, which no setting names, have theirs here.
 */
import type { AddressInfo } from 'node:net';
import type { BareNewlines } from './bytes.ts';
import type { GreetingWait } from './admission.ts';
import type { TlsMaterial } from '../tls/material.ts';
import type { InboundDependencies } from './transaction.ts';

export interface InboundOptions extends InboundDependencies, GreetingWait {
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  /** Stands in banner, EHLO and Received. */
  readonly hostname: string;
  /** All our MX names, for the loop test. */
  readonly names: readonly string[];
  /** Where rejection codes are explained, without `/reject`. */
  readonly publicUrl: string;
  /** Asked at every STARTTLS; another object means other material. */
  readonly tls: () => TlsMaterial;
  readonly messageSizeLimit: () => number;
  readonly inFlightBytes: number;
  /** So many octets of large messages have been read, kept or not: as garbage they would pile up. Absent: the runtime knows. */
  readonly onLargeRead?: ((octets: number) => void) | undefined;
  readonly bareNewlines: BareNewlines;
  /**
   * Peers that may name their client by a PROXY header or XCLIENT; from then on the client's address is the one for
   * everything. Absent: nobody may.
   */
  readonly isTrustedProxy?: (address: string) => boolean;
  readonly maxConnections: number;
  /** Of one client network: an IPv4 address, an IPv6 /64. */
  readonly maxConnectionsPerClient: number;
  /** Of one client network; recipients ten times as many. */
  readonly messagesPerMinute: number;
  readonly timeouts?: Partial<InboundTimeouts>;
}

/** All in milliseconds. */
export interface InboundTimeouts {
  /** For a whole command line, and for the next octet of data. */
  readonly idleMs: number;
  /** After this long a session is ended when it is between two transactions. */
  readonly sessionMs: number;
  /** For the policy's decision about one recipient. */
  readonly decisionMs: number;
  /** From the final dot to the reply. */
  readonly acceptMs: number;
  /** How long a trusted proxy's first octets are waited for before the greeting. */
  readonly proxyHeaderMs: number;
  /** How often the limits are looked at, so how late they may act. */
  readonly tickMs: number;
}

export const DEFAULT_TIMEOUTS: InboundTimeouts = {
  // RFC 5321 §4.5.3.2.7: at least 5 minutes.
  idleMs: 300_000,
  // No honest client needs a session so long, and one NOOP a minute shall not hold a place for ever.
  sessionMs: 3_600_000,
  // RFC 5321 §4.5.3.2.3 has the client wait 5 minutes for the reply to RCPT; a callout may take 30 s.
  decisionMs: 60_000,
  // RFC 5321 §4.5.3.2.6 has the client wait 10 minutes for the reply to the final dot. The spool has deadlines of its own, which
  // know whether a message may be stored; this one is for a spool that hangs.
  acceptMs: 570_000,
  // A proxy with a header sends it at once; one with XCLIENT waits for 220, as a client does.
  proxyHeaderMs: 250,
  tickMs: 250,
};

export interface Inbound {
  /** As bound, in the order of `listen`; under Deno `[::]` stands for `0.0.0.0` on the same port too. */
  readonly addresses: readonly AddressInfo[];
  readonly connectionCount: () => number;
  /** Replies said and chunks taken so far: whoever shares the loop sees whether there was something to do. */
  readonly workCount: () => number;
  /** Bytes of messages being received, of the budget. */
  readonly inFlightBytes: () => number;
  /**
   * Stops listening. Sessions get 421 at once, data before its final dot is dropped, and who waits for the reply after the
   * dot has `graceMs`. Resolves when the last connection is gone; every call waits for the same end.
   */
  readonly close: (graceMs: number) => Promise<void>;
}
