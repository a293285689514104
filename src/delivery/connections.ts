/**
 * Keeps connections with their SMTP sessions open between messages for the same next hop.
 *
 * Promises: a session is lent to one message at a time; an idle one is closed after a few seconds, a used-up one at once;
 * after closeAll or abortAll none is left and none is kept. Does not limit how many are opened: the slots of a batch do.
 */
import { monotonicMs } from '../clock.ts';
import type { OpenResult } from '../smtp/client.ts';
import type { OpenFailure } from '../smtp/opening.ts';
import type { SmtpSession } from '../smtp/session.ts';
import { kindOfDemand, type TlsDemand } from '../tls/demand.ts';

export interface SessionTarget {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly tls: TlsDemand;
}

export type AcquireResult =
  /** `isReused`: it may turn out to have been closed by the peer meanwhile. */
  { readonly kind: 'OPEN'; readonly session: SmtpSession; readonly isReused: boolean } | OpenFailure;

export interface ConnectionPool {
  /** Lends a session: a kept one, or a new one where there is none or `isFresh` is asked for. */
  readonly acquire: (
    target: SessionTarget,
    options?: {
      readonly isFresh?: boolean;
      readonly signal?: AbortSignal | undefined;
      /** For opening one, all steps together, in milliseconds: trouble afterwards. */
      readonly limitMs?: number;
    },
  ) => Promise<AcquireResult>;
  /** Gives a session back, alive or not. */
  readonly release: (target: SessionTarget, session: SmtpSession) => void;
  /** Says QUIT to idle sessions, and to lent ones as they come back. Resolves when all but the lent ones are closed. */
  readonly closeAll: () => Promise<void>;
  /** Cuts every session, lent ones included, and every attempt to open one. */
  readonly abortAll: () => void;
  readonly counts: () => { readonly idle: number; readonly lent: number };
}

export interface ConnectionPoolOptions {
  readonly open: (target: SessionTarget, signal: AbortSignal) => Promise<OpenResult>;
  /** Peers rarely wait long for the next MAIL, and a session costs them too. */
  readonly idleMs?: number;
  readonly maxMessages?: number;
  /** Some day the MX or its load balancer changes: do not cling to one session (Postfix: 300 s). */
  readonly maxAgeMs?: number;
}

interface IdleSession {
  readonly session: SmtpSession;
  readonly idleSinceMs: number;
}

export function createConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  const { open, idleMs = 5000, maxMessages = 500, maxAgeMs = 300_000 } = options;
  /** The most recently used session is last. */
  const idle = new Map<string, IdleSession[]>();
  const lent = new Set<SmtpSession>();
  const closing = new Set<Promise<void>>();
  const openedAtMs = new WeakMap<SmtpSession, number>();
  const ended = new AbortController();
  let isClosed = false;
  let sweepTimer: ReturnType<typeof setTimeout> | null = null;

  const retire = (session: SmtpSession): void => {
    const closed = session.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const isUsedUp = (session: SmtpSession): boolean =>
    session.messageCount() >= maxMessages || monotonicMs() - (openedAtMs.get(session) ?? 0) >= maxAgeMs;
  const countIdle = (): number => [...idle.values()].reduce((sum, kept) => sum + kept.length, 0);
  const takeIdle = (key: string): SmtpSession | null => {
    const kept = idle.get(key) ?? [];
    for (let last = kept.pop(); last !== undefined; last = kept.pop()) {
      if (last.session.isAlive()) return last.session;
      last.session.abort();
    }
    return null;
  };
  const sweep = (): void => {
    sweepTimer = null;
    const dueMs = monotonicMs() - idleMs;
    for (const [key, kept] of idle) {
      const left = kept.filter(({ session, idleSinceMs }) => session.isAlive() && idleSinceMs > dueMs);
      for (const one of kept) if (!left.includes(one)) retire(one.session);
      if (left.length > 0) idle.set(key, left);
      else idle.delete(key);
    }
    armSweep();
  };
  const armSweep = (): void => {
    if (sweepTimer === null && idle.size > 0) sweepTimer = setTimeout(sweep, idleMs);
  };
  const takeAllIdle = (): SmtpSession[] => {
    const sessions = [...idle.values()].flat().map(({ session }) => session);
    idle.clear();
    if (sweepTimer !== null) clearTimeout(sweepTimer);
    sweepTimer = null;
    return sessions;
  };

  return {
    async acquire(target, { isFresh = false, signal, limitMs } = {}) {
      const kept = isFresh ? null : takeIdle(keyOf(target));
      if (kept !== null) {
        lent.add(kept);
        return { kind: 'OPEN', session: kept, isReused: true };
      }
      const late = new AbortController();
      const timer = limitMs === undefined ? null : setTimeout(() => late.abort(), limitMs);
      const signals = [ended.signal, late.signal];
      const cut = AbortSignal.any(signal === undefined ? signals : [signal, ...signals]);
      try {
        const opened = await open(target, cut);
        if (opened.kind === 'STOPPED' && late.signal.aborted && !ended.signal.aborted && signal?.aborted !== true) {
          return { kind: 'TROUBLE', trouble: 'TIMEOUT', reply: '[no session in the time that this address had]' };
        }
        if (opened.kind !== 'OPEN') return opened;
        openedAtMs.set(opened.session, monotonicMs());
        lent.add(opened.session);
        return { kind: 'OPEN', session: opened.session, isReused: false };
      } finally {
        if (timer !== null) clearTimeout(timer);
      }
    },
    release(target, session) {
      lent.delete(session);
      if (!session.isAlive()) {
        session.abort();
      } else if (isClosed || isUsedUp(session)) {
        retire(session);
      } else {
        const key = keyOf(target);
        const kept = idle.get(key);
        const one = { session, idleSinceMs: monotonicMs() };
        if (kept === undefined) idle.set(key, [one]);
        else kept.push(one);
        armSweep();
      }
    },
    async closeAll() {
      isClosed = true;
      for (const session of takeAllIdle()) retire(session);
      await Promise.all(closing);
    },
    abortAll() {
      isClosed = true;
      ended.abort();
      for (const session of [...takeAllIdle(), ...lent]) session.abort();
      lent.clear();
    },
    counts: () => ({ idle: countIdle(), lent: lent.size }),
  };
}

/** A session opened under a lesser demand does not serve a greater one. */
function keyOf({ host, address, port, tls }: SessionTarget): string {
  return `${host} ${address} ${port} ${kindOfDemand(tls)}`;
}
