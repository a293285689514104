/**
 * One round at one destination: lanes that hand over what is due, until nothing is, or the host is in trouble.
 *
 * Promises: the first message goes alone, the other lanes start once a host has let it come to a verdict, as many as the ramp
 * allows, half of them at most on large messages. A session that the host refuses us while others live ends its lane and costs
 * the message nothing: it is handed over by another, unrecorded. Trouble when no other lane is at work ends the round, and
 * what was claimed is given back; all other attempts are recorded. Does not decide whether the destination may be tried, and
 * does not move its clock: worker.ts does.
 */
import { monotonicMs } from '../clock.ts';
import type { HostTrouble } from '../mail/outcome.ts';
import type { ClaimedMessage } from '../queue/claim.ts';
import type { Settlement } from '../queue/outcome.ts';
import type { ByteBudget } from './budget.ts';
import { runLanes } from './lanes.ts';
import type { Ramp } from './ramp.ts';
import type { Recorder } from './recorder.ts';
import { attemptRoute, faultOf, type RouteAttempt, type StoppableResult } from './round-attempt.ts';
import type { Route } from './route.ts';
import { isLarge, type LoadedMessage, type Source } from './source.ts';

/** Beside a session that succeeded so recently, trouble is one message's, not the destination's. */
const RECENT_SUCCESS_MS = 60_000;
/** Trouble that no message can bring about: unless a session of the same round succeeded, the host is away. */
const AWAY: ReadonlySet<HostTrouble> = new Set<HostTrouble>(['REFUSED', 'UNREACHABLE', 'TLS', 'DNS', 'NO_MX']);

export interface RoundDeps {
  readonly route: () => Promise<Route>;
  /** Makes the attempt at the hosts; the content is read when a host is ready for it. */
  readonly attempt: RouteAttempt;
  readonly source: Source;
  readonly recorder: Recorder<Settlement>;
  readonly readContent: (message: ClaimedMessage) => Promise<Uint8Array>;
  readonly budget: ByteBudget;
  readonly ramp: Ramp;
  /** A host let us come to a verdict for the first time in this round, and that is recorded. */
  readonly onSuccess: () => Promise<void>;
  /** When a session of this node last came to a verdict at the destination, on the monotonic clock. */
  readonly lastSuccess: { atMs: number };
  /** True when the round takes nothing new: the node must stop, or others wait. */
  readonly isStopping: () => boolean;
  readonly onFault: (message: ClaimedMessage, error: unknown) => void;
}

export interface RoundResult {
  readonly hasSucceeded: boolean;
  /** The destination is in trouble: no session succeeded lately. */
  readonly failure: { readonly trouble: HostTrouble; readonly reply: string } | null;
  /** Not even the first session was granted, a moment after others were. */
  readonly isTurnedAway: boolean;
}

export async function runRound(deps: RoundDeps): Promise<RoundResult> {
  const { lastSuccess, ramp, recorder, source } = deps;
  let failure: RoundResult['failure'] = null;
  let halted = false;
  let isTurnedAway = false;
  let greeted: Promise<void> | null = null;
  let busy = 0;
  let busyLarge = 0;
  /** Messages that a 421 in mid-dialogue has cost a try: a second time it is about them. */
  const cutOff = new Set<string>();
  /** In nobody's hands again: their early bytes are the source's. */
  const putBack = new WeakSet<LoadedMessage>();

  const lanes = () => (greeted === null ? 1 : ramp.lanes());
  /** True: the trouble says nothing of this message, which can go by another session. */
  const isOfSession = (loaded: LoadedMessage, { hostTrouble, records }: StoppableResult): boolean => {
    if (hostTrouble === null || records.length === 0) return false;
    const isRecent = monotonicMs() - lastSuccess.atMs < RECENT_SUCCESS_MS;
    const isAway = AWAY.has(hostTrouble.trouble) && greeted === null;
    if (records.every(({ isGreeted }) => isGreeted !== true)) return isRecent && !isAway;
    // The host's own word that it closes the session (RFC 5321 §3.8): whatever had been said before, nothing was taken.
    if (greeted === null || !hostTrouble.reply.startsWith('421') || cutOff.has(loaded.message.id)) return false;
    cutOff.add(loaded.message.id);
    return true;
  };
  const settle = async ({ message }: LoadedMessage, result: StoppableResult): Promise<boolean> => {
    const { hostTrouble, isStopped, outcomes, records } = result;
    const isAway = hostTrouble !== null && AWAY.has(hostTrouble.trouble) && greeted === null;
    const isRecent = monotonicMs() - lastSuccess.atMs < RECENT_SUCCESS_MS && !isAway;
    const isHostLevel = isStopped || (hostTrouble !== null && !isRecent);
    if (isHostLevel && !isStopped) failure = hostTrouble;
    const isJudged = hostTrouble === null && !isStopped;
    if (isJudged) lastSuccess.atMs = monotonicMs();
    await recorder.add({ messageId: message.id, outcomes, records, isHostLevel });
    if (isJudged) await (greeted ??= recorder.idle().then(deps.onSuccess));
    return isJudged;
  };
  const handOver = async (loaded: LoadedMessage): Promise<boolean> => {
    const { message } = loaded;
    const begunAt = ramp.begin();
    const content = async () => loaded.early?.content ?? (await deps.readContent(message));
    const result = await attemptRoute(deps, message, content).catch((error: unknown) => {
      deps.onFault(message, error);
      return null;
    });
    if (result === null) {
      halted = true;
      await recorder.add(faultOf(message));
      return false;
    }
    if (result.isStopped) halted = true;
    if (result.hostTrouble === null) {
      const isTaken = [...result.outcomes.values()].some(({ kind }) => kind === 'DELIVERED');
      if (!result.isStopped) ramp.judged({ lanesInUse: busy, isTaken });
      return settle(loaded, result);
    }
    const isAlone = busy === 1;
    const isFirst = isAlone && greeted === null;
    if (isAlone) halted = true;
    if (!isFirst) ramp.refused(begunAt);
    if (!result.isStopped && isOfSession(loaded, result)) {
      if (isFirst) isTurnedAway = true;
      putBack.add(loaded);
      source.putBack(loaded);
      return false;
    }
    return settle(loaded, result);
  };
  const accepts = (message: ClaimedMessage): boolean => {
    if (!isLarge(message)) return true;
    if (busyLarge >= Math.max(1, Math.floor(lanes() / 2))) return false;
    busyLarge += 1;
    return true;
  };
  const step = async (): Promise<boolean> => {
    if (halted || deps.isStopping()) return false;
    const loaded = await source.next(accepts);
    if (loaded === null) return false;
    const { message, early } = loaded;
    const release = early?.release ?? (await deps.budget.take(message.sizeBytes));
    busy += 1;
    try {
      return await handOver(loaded);
    } finally {
      busy -= 1;
      if (isLarge(message)) busyLarge -= 1;
      if (early === null || !putBack.delete(loaded)) release();
    }
  };

  try {
    await runLanes({ step, most: lanes });
  } finally {
    await recorder.idle();
  }
  return { hasSucceeded: greeted !== null, failure: greeted === null ? failure : null, isTurnedAway };
}
