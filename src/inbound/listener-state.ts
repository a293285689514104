/**
 * The interface of the listener, and the state that all connections of all bound addresses share: options, dependencies,
 * limits, counts, and one timer.
 *
 * Only the time limits have defaults here, as no setting names them. config/config.ts decides all others.
 */
import {
  type ClientLimits,
  createClientLimits,
  createPlaces,
  type PlaceHolder,
  type Places,
} from './connection-limits.ts';
import { type CommandTurns, createCommandTurns } from './command-turns.ts';
import { createByteBudget, createLargeContent, type LargeContent, type SharedByteBudget } from './content.ts';
import { createDoor, type Door } from './door.ts';
import { createRefusals, ehloReply, type Reply, type Refusals } from './replies.ts';
import type { AddressInfo } from 'node:net';
import type { ClientInfo, Envelope, EnvelopeRecipient } from '../mail/envelope.ts';
import type { Authenticate } from '../policy/authentication/acceptance-seal.ts';
import type { Decision, Destination, ForwardPath, MailInfo } from '../policy/decision.ts';
import type { StartQueue } from '../policy/queue-start.ts';
import type { MailEvents } from '../telemetry/events.ts';
import type { LogEvents } from '../telemetry/log-events.ts';
import type { TlsMaterial } from '../tls/material.ts';
import type { BareNewlines } from './bytes.ts';

/** Whether mail can be stored now: the database is away, or free space is below the watermark. */
export type Readiness = 'OK' | 'DOWN' | 'FULL';

interface InboundEvents
  extends Pick<MailEvents, 'connected' | 'disconnected' | 'accepted' | 'tlsSession' | 'fault' | 'warning'> {
  readonly refused: (fields: LogEvents['refused'], subject: RefusalSubject) => void;
}

/** The subject of a rejection. */
export interface RefusalSubject {
  readonly forwardPath: string | null;
  /** Null when no served domain is concerned. */
  readonly destination: Destination | null;
  /** The DNSBL zone that listed the client. */
  readonly zone: string | null;
}

/** One accepted recipient and where its mail belongs. */
export interface TransactionRecipient extends EnvelopeRecipient {
  readonly destinationId: string;
  readonly tenantId: string;
}

/** A message received in full, ready to be stored. */
export interface ReceivedTransaction {
  /** UUIDv7; stands in the Received field and in the 250. */
  readonly id: string;
  readonly envelope: Envelope;
  readonly recipients: readonly TransactionRecipient[];
  /** The field Message-ID as it is searched for; null: none. */
  readonly headerMessageId: string | null;
  /**
   * The fields that `authenticate` puts on top, our Received field, then the content as received. Not to be changed: they may be views
   * of socket buffers.
   */
  readonly content: readonly Uint8Array[];
  /** Octets of the content as received, without what we add or take out. */
  readonly sizeBytes: number;
}

/** The rest of the service, as the listener sees it. */
interface InboundDependencies {
  /** May take long or never answer; a rejection is answered 451. */
  readonly decideRecipient: (client: ClientInfo, mail: MailInfo, path: ForwardPath) => Promise<Decision>;
  /** Resolves after COMMIT. Any rejection is answered 451, one whose error is named `StorageFull` 452. */
  readonly accept: (transaction: ReceivedTransaction) => Promise<void>;
  /** A client asks for a domain's mail by ETRN. May take long; a rejection is answered 458. */
  readonly startQueue: StartQueue;
  /** Makes the fields that the operator wants above our Received field; never rejects. Absent or null: nothing, and the content stays. */
  readonly authenticate?: Authenticate | null | undefined;
  readonly newTransactionId: () => string;
  /** Asked at every MAIL, so it must be cheap. */
  readonly readiness: () => Readiness;
  /** The reverse name of an address, or null; never waited for. */
  readonly resolveName: (address: string) => Promise<string | null>;
  /** Clients that no connection or rate limit and no greeting wait applies to. */
  readonly isTrusted: (address: string) => boolean;
  /** Clients that may not connect for now. Absent: none. */
  readonly isBarred?: ((address: string) => boolean) | undefined;
  readonly wallClock: () => Date;
  readonly monotonicMs: () => number;
  readonly events: InboundEvents;
}

/** All that a session needs; one per listener. */
export interface Context extends InboundDependencies {
  readonly hostname: string;
  /** Our MX names, for the loop test. */
  readonly names: readonly string[];
  readonly messageSizeLimit: () => number;
  readonly maxRecipients: number;
  readonly bareNewlines: BareNewlines;
  readonly decisionTimeoutMs: number;
  readonly acceptTimeoutMs: number;
  readonly budget: SharedByteBudget;
  readonly limits: ClientLimits;
  readonly refusals: Refusals;
  readonly watch: Watch;
}

/**
 * The wait before the greeting, for clients never seen before (GREETING_WAIT).
 *
 * Bulk senders of spam do not wait for 220 and speak at once. The look-up never makes a client wait longer than the wait itself.
 */
export interface GreetingWait {
  /** Zero: no client waits. */
  readonly greetingWaitMs: number;
  /** Whether a client of that network has waited before. Absent: none has. */
  readonly isSeenClient?: (network: string) => Promise<boolean>;
  /** A client of that network was greeted; must not wait or throw. */
  readonly rememberClient?: (network: string) => void;
}

export interface InboundOptions extends InboundDependencies, GreetingWait {
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  /** Stands in banner, EHLO and Received. */
  readonly hostname: string;
  /** All our MX names, for the loop test. */
  readonly names: readonly string[];
  /** The address of the page that explains rejection codes, without `/reject`. */
  readonly publicUrl: string;
  /** Asked at every STARTTLS; another object means other material. */
  readonly tls: () => TlsMaterial;
  readonly messageSizeLimit: () => number;
  readonly inFlightBytes: number;
  /** Asks the runtime to give back what is no longer used. Absent: the runtime knows. */
  readonly collectGarbage?: () => void;
  readonly bareNewlines: BareNewlines;
  /**
   * Peers that may name their client by a PROXY header or XCLIENT; from then on the client's address is the one for
   * everything. Absent: none may.
   */
  readonly isTrustedProxy?: (address: string) => boolean;
  readonly maxConnections: number;
  /** For one client network: an IPv4 address, an IPv6 /64. */
  readonly maxConnectionsPerClient: number;
  /** For one client network; recipients ten times as many. */
  readonly messagesPerMinute: number;
  readonly timeouts?: Partial<InboundTimeouts>;
}

/** All in milliseconds. */
interface InboundTimeouts {
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
  /** How often the limits are checked, so how late they may act. */
  readonly tickMs: number;
}

const DEFAULT_TIMEOUTS: InboundTimeouts = {
  // RFC 5321 §4.5.3.2.7: at least 5 minutes.
  idleMs: 300_000,
  // No honest client needs a session so long, and one NOOP a minute must not hold a place indefinitely.
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
  /** Replies sent and chunks received so far: a measure of the work of this listener. */
  readonly workCount: () => number;
  /** Bytes of messages being received, of the budget. */
  readonly inFlightBytes: () => number;
  /**
   * Stops listening. Sessions get 421 at once, data before its final dot is dropped, and who waits for the reply after the
   * dot has `graceMs`. Resolves when the last connection is gone; every call waits for the same end.
   */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Sockets that wait for a turn at the door, beside all places. */
const DOOR_SHARE = 0.5;

/** RFC 5321 §4.5.3.1.8 asks for at least 100. */
const MAX_RECIPIENTS = 1000;

/** A connection, as far as it is counted, timed and shut down with all others. */
export interface OpenConnection extends PlaceHolder {
  readonly checkTime: (nowMs: number) => void;
  readonly shutDown: () => void;
  readonly destroySocket: () => void;
}

export interface ListenerState {
  readonly context: Context;
  readonly options: InboundOptions;
  readonly timeouts: InboundTimeouts;
  /** Every connection whose socket is not closed yet. */
  readonly open: Set<OpenConnection>;
  readonly places: Places<OpenConnection>;
  readonly largeContent: LargeContent;
  readonly commandTurns: CommandTurns;
  readonly door: Door;
  /** Connections that are neither closed nor closing. */
  activeCount: number;
  /** Replies said and chunks taken so far: what acceptance has had to do. */
  workCount: number;
  isClosing: boolean;
  /** Called when the last open connection is gone. */
  onEmpty: () => void;
  ehlo: { readonly limitBytes: number; readonly clear: Reply; readonly secure: Reply };
}

export function createListenerState(options: InboundOptions): ListenerState {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const open = new Set<OpenConnection>();
  const watch = createWatch(timeouts.tickMs, options.monotonicMs);
  watch.onTick((nowMs) => {
    for (const connection of open) connection.checkTime(nowMs);
    places.tick();
  });
  const { maxConnections, maxConnectionsPerClient, messagesPerMinute, isTrusted, monotonicMs: nowMs } = options;
  const { idleMs, tickMs } = timeouts;
  const budget = createByteBudget(options.inFlightBytes);
  const places = createPlaces({
    maxConnections,
    idleMs,
    tickMs,
    open,
    activeCount: () => state.activeCount,
    contentFill: () => 1 - budget.freeBytes() / options.inFlightBytes,
    nowMs,
  });
  const context: Context = {
    ...options,
    maxRecipients: MAX_RECIPIENTS,
    decisionTimeoutMs: timeouts.decisionMs,
    acceptTimeoutMs: timeouts.acceptMs,
    budget,
    limits: createClientLimits({ maxConnectionsPerClient, fill: places.heldFill, messagesPerMinute, isTrusted, nowMs }),
    refusals: createRefusals(options.publicUrl),
    watch,
  };
  const ehlo = ehloFor(options);
  const commandTurns = createCommandTurns(nowMs);
  const state: ListenerState = {
    context,
    options,
    timeouts,
    open,
    places,
    largeContent: createLargeContent(nowMs, options.collectGarbage),
    commandTurns,
    door: createDoor({
      limits: context.limits,
      turns: commandTurns,
      isProxy: (address) => options.isTrustedProxy?.(address) ?? false,
      mostWaiting: Math.ceil(maxConnections * DOOR_SHARE),
    }),
    activeCount: 0,
    workCount: 0,
    isClosing: false,
    onEmpty: () => undefined,
    ehlo,
  };
  return state;
}

/** The reply to EHLO, made anew when the size limit has changed, and for every proxy. */
export function ehloOf(state: ListenerState, isSecure: boolean, offersXclient: boolean): Reply {
  const limitBytes = state.options.messageSizeLimit();
  if (offersXclient) return ehloReply({ hostname: state.options.hostname, limitBytes, isSecure, offersXclient });
  if (state.ehlo.limitBytes !== limitBytes) state.ehlo = ehloFor(state.options);
  return isSecure ? state.ehlo.secure : state.ehlo.clear;
}

function ehloFor(options: InboundOptions): ListenerState['ehlo'] {
  const limitBytes = options.messageSizeLimit();
  const reply = (isSecure: boolean): Reply =>
    ehloReply({ hostname: options.hostname, limitBytes, isSecure, offersXclient: false });
  return { limitBytes, clear: reply(false), secure: reply(true) };
}

/**
 * Bounds on the time that work may take, kept by one timer for the whole listener instead of one per command.
 *
 * `within` always settles: with the work's own result, or with the fallback at most `tickMs` after the limit. The work itself is
 * not stopped, and its late result is dropped.
 */
interface Watch {
  readonly within: <T>(work: Promise<T>, limitMs: number, fallback: T) => Promise<T>;
  /** Runs `check` at every tick. */
  readonly onTick: (check: (nowMs: number) => void) => void;
  readonly stop: () => void;
}

interface Waiting {
  readonly deadlineMs: number;
  readonly expire: () => void;
}

/** Starts the timer; `stop` ends it and expires nothing. */
function createWatch(tickMs: number, monotonicMs: () => number): Watch {
  const waiting = new Set<Waiting>();
  const checks: ((nowMs: number) => void)[] = [];
  const timer = setInterval(() => {
    const nowMs = monotonicMs();
    for (const entry of waiting) if (entry.deadlineMs <= nowMs) entry.expire();
    for (const check of checks) check(nowMs);
  }, tickMs);
  return {
    within: (work, limitMs, fallback) =>
      new Promise((resolve, reject) => {
        const settle = (then: () => void): void => {
          waiting.delete(entry);
          then();
        };
        const entry = { deadlineMs: monotonicMs() + limitMs, expire: () => settle(() => resolve(fallback)) };
        waiting.add(entry);
        work.then(
          (result) => settle(() => resolve(result)),
          (error: unknown) => settle(() => reject(error instanceof Error ? error : new Error(String(error)))),
        );
      }),
    onTick: (check) => {
      checks.push(check);
    },
    stop: () => clearInterval(timer),
  };
}
