/**
 * The owner's side of a shared drain: grants a part of the sessions that the primary bears to other nodes (decisions/0013).
 *
 * Promises: the sessions of all nodes together stay within the owner's ramp, which hears what the helpers are refused; nothing
 * is granted before the owner's own sessions have made room, and nothing counts as given back before its helper says so; a
 * destination that is capped, paused, in trouble or held by its breaker is not shared. A small drain pays nothing for it.
 * Does not deliver: helping.ts does.
 */
import { monotonicMs } from '../clock.ts';
import {
  type DrainState,
  type Grant,
  grantShares,
  type Helper,
  readDrain,
  withdrawShares,
} from '../outage/drain-shares.ts';
import type { Holder, QueueSql } from '../queue/claim.ts';
import { startLooks } from './looks.ts';
import type { Ramp } from './ramp.ts';

/** Held messages from which a drain is shared: at the pace of one node some ten seconds and more. */
export const SHARED_ABOVE = 10_000;
/** Below this the helpers have nothing to gain any more. */
const SHARED_DOWN_TO = 1000;
/** A node with fewer sessions is not worth its claims. */
const LEAST_SESSIONS = 4;
const LOOK_EVERY_MS = 1000;
/** Nobody helps, nobody need hear. */
const LOOK_WHILE_ALONE_MS = 2000;
/** Of a processor: the event loop has hardly time left. */
const BUSY = 0.8;

export interface Shares {
  /** The ramp as it is for the owner's own lanes. */
  readonly ramp: Ramp;
  /** Sessions that the owner may keep open; without end while nothing is shared. */
  readonly ownMost: () => number;
  /** Other nodes hold so many sessions, by the leave of an owner before. */
  readonly noteHeld: (sessions: number) => void;
  /** Withdraws what is granted. */
  readonly stop: () => Promise<void>;
}

export interface SharesDeps {
  readonly sql: QueueSql;
  readonly destinationId: string;
  readonly holder: Holder;
  readonly ramp: Ramp;
  /** By the service's time. */
  readonly lastSuccess: { atMs: number };
  /** The owner's own. */
  readonly openCount: () => number;
  readonly cpuMs: () => number;
  readonly onFault: (error: unknown) => void;
}

/** What one look has come to. */
export interface Plan {
  readonly grants: readonly Grant[];
  /** Sessions that are not the owner's: held by others, or kept free for them. */
  readonly reserved: number;
}

export function startShares(deps: SharesDeps): Shares {
  const { sql, destinationId, holder, ramp } = deps;
  const told = createTold(deps);
  const load = createLoad(deps.cpuMs);
  /** Nodes that gave a share back for trouble, or never took it up: not asked again in this visit. */
  const spurning = new Set<number>();
  let reserved = 0;
  let hasGranted = false;
  let isStopped = false;

  const look = async (): Promise<void> => {
    const isBusy = load.isBusy();
    if (reserved === 0 && !isWorthwhile(ramp, isBusy)) return;
    const drain = await readDrain(sql, destinationId, holder);
    if (drain === null || isStopped) return;
    for (const { epoch, share } of drain.helpers) if (share?.isSpurned === true) spurning.add(epoch);
    told.hear(drain);
    const ownMost = Math.max(own.lanes(), deps.openCount());
    const plan = planShares(drain, {
      total: ramp.lanes(),
      ownMost,
      isWorthwhile: isWorthwhile(ramp, isBusy),
      spurning,
    });
    const isAlone = reserved === 0 && plan.reserved === 0;
    ({ reserved } = plan);
    if (isAlone) return;
    hasGranted = true;
    await grantShares(sql, destinationId, holder, plan.grants);
  };
  const own: Ramp = {
    ...ramp,
    lanes: () => Math.max(1, ramp.lanes() - reserved),
    judged: ({ lanesInUse, isTaken }) => ramp.judged({ lanesInUse: lanesInUse + reserved, isTaken }),
  };
  const pauseMs = () => (reserved > 0 ? LOOK_EVERY_MS : LOOK_WHILE_ALONE_MS);
  const looks = startLooks({ look, pauseMs, onFault: deps.onFault });
  return {
    ramp: own,
    ownMost: () => (reserved === 0 ? Number.POSITIVE_INFINITY : own.lanes()),
    noteHeld: (sessions) => {
      if (sessions <= reserved) return;
      reserved = sessions;
      looks.soon();
    },
    stop: async () => {
      isStopped = true;
      await looks.stop();
      if (hasGranted) await withdrawShares(sql, destinationId, holder).catch(deps.onFault);
    },
  };
}

/** There is something to share, and the owner could not use more by itself. */
function isWorthwhile(ramp: Ramp, isBusy: boolean): boolean {
  return ramp.lanes() >= 2 * LEAST_SESSIONS && (isBusy || ramp.isAtCeiling());
}

/**
 * Equal parts for the owner and as many helpers as the sessions suffice for. Less is granted at once; more only out of what
 * is free: what neither the owner nor any helper has open or may open.
 */
export function planShares(
  { heldCount, isOpen, helpers }: Omit<DrainState, 'nowMs'>,
  owner: {
    /** Sessions of all nodes together. */
    readonly total: number;
    /** Sessions that the owner has or may have. */
    readonly ownMost: number;
    readonly isWorthwhile: boolean;
    /** Epochs of nodes that are not asked. */
    readonly spurning: ReadonlySet<number>;
  },
): Plan {
  const { total, ownMost, spurning } = owner;
  const isShared = helpers.some(({ share }) => share !== null && share.sessions > 0);
  const isWanted = isOpen && (isShared ? heldCount > SHARED_DOWN_TO : owner.isWorthwhile && heldCount > SHARED_ABOVE);
  const most = isWanted ? Math.floor(total / LEAST_SESSIONS) - 1 : 0;
  // Who helps already goes on.
  const willing = helpers
    .filter(({ epoch }) => !spurning.has(epoch))
    .toSorted((a, b) => Number(b.share !== null) - Number(a.share !== null));
  const chosen = new Set(willing.slice(0, Math.max(0, most)));
  const part = Math.floor(total / (chosen.size + 1));
  const heldOf = ({ share }: Helper): number => share?.heldSessions ?? 0;

  let free = total - ownMost - helpers.reduce((sum, helper) => sum + heldOf(helper), 0);
  let reserved = 0;
  const grants: Grant[] = [];
  for (const helper of helpers) {
    const { node, epoch, share } = helper;
    const target = chosen.has(helper) ? part : 0;
    const held = heldOf(helper);
    const more = Math.max(0, Math.min(target - held, free));
    free -= more;
    reserved += Math.max(held, target);
    const sessions = Math.min(target, held + more);
    if (share !== null || sessions > 0) grants.push({ node, epoch, sessions });
  }
  return { grants, reserved };
}

/** What helpers have told since the last look, handed on to the owner's ramp and to its knowledge of the last success. */
function createTold({ ramp, lastSuccess }: SharesDeps): { readonly hear: (drain: DrainState) => void } {
  let before = new Map<number, { readonly refusalCount: number; readonly judgedCount: number }>();
  return {
    hear: ({ helpers, nowMs }) => {
      const now: typeof before = new Map();
      let isRefused = false;
      for (const { epoch, share } of helpers) {
        if (share === null) continue;
        const { refusalCount, judgedCount } = share;
        const last = before.get(epoch) ?? { refusalCount: 0, judgedCount: 0 };
        if (judgedCount > last.judgedCount) lastSuccess.atMs = nowMs;
        if (refusalCount > last.refusalCount) isRefused = true;
        now.set(epoch, { refusalCount, judgedCount });
      }
      before = now;
      // Once a look, as a ramp hears once of all that began before.
      if (isRefused) ramp.refused(ramp.begin());
    },
  };
}

/** How busy this process was since the last look. */
function createLoad(cpuMs: () => number): { readonly isBusy: () => boolean } {
  let last = { cpuMs: cpuMs(), atMs: monotonicMs() };
  return {
    isBusy: () => {
      const now = { cpuMs: cpuMs(), atMs: monotonicMs() };
      const share = (now.cpuMs - last.cpuMs) / Math.max(1, now.atMs - last.atMs);
      last = now;
      return share >= BUSY;
    },
  };
}
