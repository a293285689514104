/**
 * Looks between two attempts whether a dead primary answers again: connects, greets, quits.
 *
 * Promises: a few checks at a time and a few more each second, so that thousands of outages are spread over the minute; an
 * address that failed for anybody within the minute is not dialled; an answer makes an attempt due at once, silence changes
 * nothing. Which ones are due: outage/checks.ts. Counts as no attempt and opens no outage.
 */
import { formatEndpoint } from '../mail/ip.ts';
import { advanceAttempt, type CheckTarget, takeChecks } from '../outage/checks.ts';
import type { Holder, QueueSql } from '../queue/claim.ts';
import type { HostMemory } from './host-memory.ts';
import type { Route, RouteHost } from './route.ts';

const MOST_AT_ONCE = 64;
const MOST_PER_LOOK = 16;
/** Addresses of one domain that are dialled in a check. */
const MOST_ADDRESSES = 4;

export interface GreetTarget {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

export interface RecoveryChecks {
  /** Starts what is due; to be called each second. */
  look(): Promise<void>;
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
    look: async () => {
      const room = Math.min(MOST_PER_LOOK, MOST_AT_ONCE - running.size);
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
