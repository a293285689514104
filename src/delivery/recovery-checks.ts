/**
 * Checks between two attempts whether a dead primary answers again: connects, greets, quits.
 *
 * Promises: a few checks at a time and a few more each second, so that thousands of outages are spread over the minute. An address
 * that failed for any domain within the minute is not dialled. An answer makes an attempt due at once, silence changes nothing.
 * Which checks are due: outage/checks.ts. A check counts as no attempt and opens no outage.
 */
import { createBoundedMap } from '../bounded-map.ts';
import { formatEndpoint } from '../mail/ip.ts';
import { advanceAttempt, type CheckTarget, takeChecks } from '../outage/checks.ts';
import type { Holder, QueueSql } from '../queue/claim.ts';
import type { Route, RouteHost } from './route.ts';

const MOST_AT_ONCE = 64;
const MOST_PER_POLL = 16;
/** Addresses of one domain that are dialled in a check. */
const MOST_ADDRESSES = 4;

export interface GreetTarget {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

export interface RecoveryChecks {
  /** Starts what is due; to be called each second. */
  poll(): Promise<void>;
  /** Cuts what is under way. */
  stop(): Promise<void>;
}

export interface RecoveryCheckDeps {
  readonly sql: QueueSql;
  readonly holder: () => Holder | null;
  readonly findRoute: (target: CheckTarget) => Promise<Route>;
  /** Whether the address greets and answers EHLO with 2yz. */
  readonly greet: (target: GreetTarget, signal: AbortSignal) => Promise<boolean>;
  readonly hosts: HostMemory;
  readonly poke: (destinationId: string) => void;
  readonly onFault: (where: string, error: unknown) => void;
}

export function createRecoveryChecks(deps: RecoveryCheckDeps): RecoveryChecks {
  const running = new Set<Promise<void>>();
  const cut = new AbortController();

  /** Dials under way, by address: those who ask meanwhile share the answer. */
  const greetings = new Map<string, Promise<boolean>>();
  const greetOnce = (key: string, target: GreetTarget): Promise<boolean> => {
    const underWay = greetings.get(key);
    if (underWay !== undefined) return underWay;
    const greeting = deps.greet(target, cut.signal).finally(() => greetings.delete(key));
    greetings.set(key, greeting);
    return greeting;
  };

  const isAnswering = async (hosts: readonly RouteHost[], nowMs: number): Promise<boolean> => {
    const targets = hosts.flatMap(({ host, addresses }) => addresses.map((address) => ({ host, ...address })));
    for (const target of targets.slice(0, MOST_ADDRESSES)) {
      const key = formatEndpoint(target);
      if (cut.signal.aborted) return false;
      if (deps.hosts.isDead(key, nowMs)) continue;
      const isAlive = await greetOnce(key, target);
      deps.hosts.note(key, { isAlive, atMs: nowMs });
      if (isAlive) return true;
    }
    return false;
  };
  const check = async (target: CheckTarget): Promise<void> => {
    const route = await deps.findRoute(target);
    if (route.kind !== 'HOSTS' || !(await isAnswering(route.hosts, target.takenAt.getTime()))) return;
    if (await advanceAttempt(deps.sql, target.id)) deps.poke(target.id);
  };

  return {
    poll: async () => {
      const room = Math.min(MOST_PER_POLL, MOST_AT_ONCE - running.size);
      if (deps.holder() === null || room <= 0 || cut.signal.aborted) return;
      for (const target of await takeChecks(deps.sql, room)) {
        const checking = check(target)
          .catch((error: unknown) => deps.onFault(`check of ${target.name}`, error))
          .finally(() => running.delete(checking));
        running.add(checking);
      }
    },
    stop: async () => {
      cut.abort();
      await Promise.all(running);
    },
  };
}

const MOST_REMEMBERED = 20_000;
/** An address that was dead a minute ago may live. */
const REMEMBERED_MS = 55_000;

/**
 * Next-hop addresses that were dead a moment ago, whichever domain's mail or check met them.
 *
 * Domains on one host share this knowledge, never an attempt: only checks are left out because of it. Bounded. Its time is the
 * database's, as that of the attempts and checks themselves.
 */
export interface HostMemory {
  /** @param address `192.0.2.1:25` */
  note(address: string, seen: { readonly isAlive: boolean; readonly atMs: number }): void;
  /** Failed lately, and has not greeted since. */
  isDead(address: string, nowMs: number): boolean;
}

export function createHostMemory(): HostMemory {
  const failedAtMs = createBoundedMap<number>(MOST_REMEMBERED);
  return {
    note: (address, { isAlive, atMs }) => {
      if (isAlive) failedAtMs.delete(address);
      else failedAtMs.set(address, atMs);
    },
    isDead: (address, nowMs) => {
      const sinceMs = nowMs - (failedAtMs.get(address) ?? Number.NEGATIVE_INFINITY);
      // A clock that was set back knows nothing of it.
      return sinceMs >= 0 && sinceMs < REMEMBERED_MS;
    },
  };
}
