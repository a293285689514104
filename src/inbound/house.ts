/**
 * What all connections of all bound addresses share: the dependencies, the limits, the counts.
 */
import { createByteBudget, createClientLimits } from './limits.ts';
import { DEFAULT_TIMEOUTS, type InboundOptions, type InboundTimeouts } from './options.ts';
import { createLargeContent, type LargeContent } from './large-content.ts';
import { createPlaces, type PlaceHolder, type Places } from './connection-places.ts';
import { createRefusals, ehloReply, type Reply } from './replies.ts';
import type { Context } from './transaction.ts';
import { createWatch } from './watch.ts';

/** RFC 5321 §4.5.3.1.8 asks for at least 100. */
const MAX_RECIPIENTS = 1000;

/** A connection, as far as it is counted, timed and shut down with all others. */
export interface OpenConnection extends PlaceHolder {
  readonly checkTime: (nowMs: number) => void;
  readonly shutDown: () => void;
  readonly destroySocket: () => void;
}

export interface House {
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

export function createHouse(options: InboundOptions): House {
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
    activeCount: () => house.activeCount,
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
  const house: House = {
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
  return house;
}

/** The reply to EHLO, made anew when the size limit has changed, and for every proxy. */
export function ehloOf(house: House, isSecure: boolean, offersXclient: boolean): Reply {
  const limitBytes = house.options.messageSizeLimit();
  if (offersXclient) return ehloReply({ hostname: house.options.hostname, limitBytes, isSecure, offersXclient });
  if (house.ehlo.limitBytes !== limitBytes) house.ehlo = ehloFor(house.options);
  return isSecure ? house.ehlo.secure : house.ehlo.clear;
}

function ehloFor(options: InboundOptions): House['ehlo'] {
  const limitBytes = options.messageSizeLimit();
  const reply = (isSecure: boolean): Reply =>
    ehloReply({ hostname: options.hostname, limitBytes, isSecure, offersXclient: false });
  return { limitBytes, clear: reply(false), secure: reply(true) };
}
