/**
 * One round at one destination: lanes that hand over what is due, until nothing is, or the host is in trouble.
 *
 * Promises: the first message goes alone, the other lanes start once a host has let it come to a verdict, as many as the ramp
 * allows, half of them at most on large messages. A session that the host refuses us while others live ends its lane and costs
 * the message nothing: it is handed over by another, unrecorded. Trouble when no other lane is at work ends the round, and
 * what was claimed is given back; all other attempts are recorded. A fire drill is recorded and tells the round nothing. Does not decide whether the destination may be tried, and
 * does not move its clock: worker.ts does.
 */
import type { HostTrouble } from '../mail/outcome.ts';
import type { ClaimedMessage } from '../queue/claim.ts';
import type { ByteBudget } from './budget.ts';
import { runLanes } from './lanes.ts';
import type { Ramp } from './ramp.ts';
import type { Recording } from './recording.ts';
import { attemptRoute, faultOf, type RouteAttempt, type StoppableResult } from './round-attempt.ts';
import type { Route } from './route.ts';
import { isLarge, type LoadedMessage, type Source } from './source.ts';

/** Beside a session that succeeded so recently, trouble is one message's, not the destination's. */
const RECENT_SUCCESS_MS = 60_000;

export interface RoundDeps {
  readonly route: () => Promise<Route>;
  /** Makes the attempt at the hosts; the content is read when a host is ready for it. */
  readonly attempt: RouteAttempt;
  readonly source: Source;
  readonly recorder: Pick<Recording, 'add' | 'idle'>;
  readonly readContent: (message: ClaimedMessage) => Promise<Uint8Array>;
  readonly budget: ByteBudget;
  readonly ramp: Ramp;
  /** Hears what each attempt met, but of drills. */
  readonly note: (result: StoppableResult) => void;
  /** A host let us come to a verdict for the first time in this round, and that is recorded. */
  readonly onSuccess: () => Promise<void>;
  /** When a session of this node last came to a verdict at the destination, by `nowMs`. */
  readonly lastSuccess: { atMs: number };
  /** The service's time, in milliseconds. */
  readonly nowMs: () => number;
  /** True when the round takes nothing new: the node must stop, or others wait. */
  readonly isStopping: () => boolean;
  /** Resolves when acceptance leaves time for the next message. */
  readonly turn: () => Promise<void> | undefined;
  readonly onFault: (message: ClaimedMessage, error: unknown) => void;
}

export interface RoundResult {
  readonly hasSucceeded: boolean;
  /** The destination is in trouble: no session succeeded lately. */
  readonly failure: { readonly trouble: HostTrouble; readonly reply: string } | null;
  /** Not even the first session was granted, a moment after others were. */
  readonly isTurnedAway: boolean;
  /** Ended before the source did: some of its messages may not have been tried. */
  readonly isUnfinished: boolean;
}

/** One round under way. */
interface RoundState {
  failure: RoundResult['failure'];
  isHalted: boolean;
  /** The source had nothing more, and nothing was put back since. */
  isAtEnd: boolean;
  isTurnedAway: boolean;
  /** Set with the first verdict; resolves when it is recorded and told. */
  greeted: Promise<void> | null;
  /** Lanes at work on a message, and how many of them on a large one. */
  busy: number;
  busyLarge: number;
  /** Messages that a 421 in mid-dialogue has cost a try: a second time it is about them. */
  readonly cutOff: Set<string>;
  /** In nobody's hands again: their early bytes are the source's. */
  readonly putBack: WeakSet<LoadedMessage>;
}

export async function runRound(deps: RoundDeps): Promise<RoundResult> {
  const { ramp, recorder, source } = deps;
  const state: RoundState = {
    failure: null,
    isHalted: false,
    isAtEnd: false,
    isTurnedAway: false,
    greeted: null,
    busy: 0,
    busyLarge: 0,
    cutOff: new Set(),
    putBack: new WeakSet(),
  };
  const lanes = () => (state.greeted === null ? 1 : ramp.lanes());
  /** A large one never takes the last lane, unless nothing else is left. */
  const accepts = (message: ClaimedMessage): boolean => {
    if (!isLarge(message)) return true;
    if (state.busyLarge >= Math.floor(lanes() / 2)) return false;
    state.busyLarge += 1;
    return true;
  };
  const acceptsAny = (message: ClaimedMessage): boolean => {
    if (isLarge(message)) state.busyLarge += 1;
    return true;
  };
  const takeNext = async (): Promise<LoadedMessage | null> => {
    const next = await source.next(accepts);
    return next === null && state.busy === 0 && state.busyLarge === 0 ? source.next(acceptsAny) : next;
  };
  const step = async (): Promise<boolean> => {
    await deps.turn();
    if (state.isHalted || deps.isStopping()) return false;
    const loaded = await takeNext();
    if (loaded === null) {
      state.isAtEnd = true;
      return false;
    }
    const { message, early } = loaded;
    const release = early?.release ?? (await deps.budget.take(message.sizeBytes));
    state.busy += 1;
    try {
      return await handOver(deps, state, loaded);
    } finally {
      state.busy -= 1;
      if (isLarge(message)) state.busyLarge -= 1;
      if (!state.putBack.delete(loaded) || early === null) release();
    }
  };

  try {
    await runLanes({ step, most: lanes });
  } finally {
    await recorder.idle();
  }
  const { isTurnedAway, isAtEnd } = state;
  const hasSucceeded = state.greeted !== null;
  return { hasSucceeded, failure: hasSucceeded ? null : state.failure, isTurnedAway, isUnfinished: !isAtEnd };
}

/** Tries one message. True: its lane goes on. */
async function handOver(deps: RoundDeps, state: RoundState, loaded: LoadedMessage): Promise<boolean> {
  const { ramp, recorder, source } = deps;
  const { message } = loaded;
  const begunAt = ramp.begin();
  const content = async () => loaded.early?.content ?? (await deps.readContent(message));
  const result = await attemptRoute(deps, message, content).catch((error: unknown) => {
    deps.onFault(message, error);
    return null;
  });
  if (result === null) {
    state.isHalted = true;
    await recorder.add(faultOf(message));
    return false;
  }
  const { hostTrouble, isStopped, outcomes } = result;
  if (isStopped) state.isHalted = true;
  if (message.isDrill === true) return settleDrill(deps, { message, result });
  deps.note(result);
  if (hostTrouble === null) {
    const isTaken = [...outcomes.values()].some(({ kind }) => kind === 'DELIVERED');
    if (!isStopped) ramp.judged({ lanesInUse: state.busy, isTaken });
    return settle(deps, state, { message, result });
  }
  const isAlone = state.busy === 1;
  const isFirst = isAlone && state.greeted === null;
  if (isAlone) state.isHalted = true;
  if (!isFirst) ramp.refused(begunAt);
  if (isStopped || !isOfSession(deps, state, { message, result })) {
    await settle(deps, state, { message, result });
    return false;
  }
  if (isFirst) state.isTurnedAway = true;
  state.isAtEnd = false;
  state.putBack.add(loaded);
  source.putBack(loaded);
  return false;
}

interface Tried {
  readonly message: ClaimedMessage;
  readonly result: StoppableResult;
}

/** True: the trouble says nothing of this message, which can go by another session. */
function isOfSession(deps: RoundDeps, state: RoundState, { message, result }: Tried): boolean {
  const { hostTrouble, records } = result;
  if (hostTrouble === null || records.length === 0) return false;
  // TLS comes behind greeting and EHLO, and before any word of the message.
  const isBefore = records.every(({ isGreeted, trouble }) => isGreeted !== true || trouble === 'TLS');
  if (isBefore) return isBesideSuccess(deps);
  // The host's own word that it closes the session (RFC 5321 §3.8): whatever had been said before, nothing was taken.
  if (state.greeted === null || !hostTrouble.reply.startsWith('421') || state.cutOff.has(message.id)) return false;
  state.cutOff.add(message.id);
  return true;
}

/** Whatever the trouble: a host that restarts, or grants no more sessions just now, is not away. */
function isBesideSuccess({ lastSuccess, nowMs }: RoundDeps): boolean {
  const sinceMs = nowMs() - lastSuccess.atMs;
  // A clock that was set back knows nothing of it.
  return sinceMs >= 0 && sinceMs < RECENT_SUCCESS_MS;
}

/** Records what came of it. True: a host came to a verdict. */
async function settle(deps: RoundDeps, state: RoundState, { message, result }: Tried): Promise<boolean> {
  const { recorder, lastSuccess, nowMs } = deps;
  const { hostTrouble, isStopped, outcomes, records } = result;
  const isTrouble = hostTrouble !== null && !isBesideSuccess(deps);
  if (isTrouble && !isStopped) state.failure = hostTrouble;
  const isJudged = hostTrouble === null && !isStopped;
  if (isJudged) lastSuccess.atMs = nowMs();
  await recorder.add({ messageId: message.id, outcomes, records, isHostLevel: isStopped || isTrouble });
  if (isJudged) await (state.greeted ??= recorder.idle().then(deps.onSuccess));
  return isJudged;
}

/** What befell a drill is its own: no evidence for or against the host, and no reason for other mail to wait. */
async function settleDrill({ recorder }: RoundDeps, { message, result }: Tried): Promise<boolean> {
  const { isStopped, outcomes, records } = result;
  await recorder.add({ messageId: message.id, outcomes, records, isHostLevel: isStopped, isDrill: true });
  return !isStopped;
}
