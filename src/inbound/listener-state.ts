/**
 * The state that all connections of all bound addresses share: dependencies, limits, counts, and one timer.
 */
import { createByteBudget, createClientLimits } from './limits.ts';
import { DEFAULT_TIMEOUTS, type InboundOptions, type InboundTimeouts, type Context } from './context.ts';
import { createLargeContent, type LargeContent } from './content.ts';
import { createPlaces, type PlaceHolder, type Places } from './connection-places.ts';
import { createRefusals, ehloReply, type Reply } from './replies.ts';

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
  const state: ListenerState = {
    context,
    options,
    timeouts,
    open,
    places,
    largeContent: createLargeContent(nowMs),
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
export interface Watch {
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
export function createWatch(tickMs: number, monotonicMs: () => number): Watch {
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
