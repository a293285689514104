/**
 * One batch at one destination: concurrency slots that hand over what is due, until nothing is, or the host is in trouble.
 *
 * Promises: the first message goes alone. The other slots start once a host has let it come to a verdict: as many as the
 * concurrency limit allows, half of them at most on large messages. A session that the host refuses us while others live ends its
 * slot and costs the message nothing: it goes by another one, unrecorded. Trouble when no other slot is at work ends the batch,
 * and what was claimed is given back; all other attempts are recorded. A fire drill is recorded and tells the batch nothing.
 * Does not decide whether the destination may be tried, and does not move its clock: destination.ts does.
 */
import type { HostTrouble } from '../mail/outcome.ts';
import type { ClaimedMessage } from '../queue/claim.ts';
import { attemptMessage, faultOf, isDelivered, type RouteAttempt, type StoppableResult } from './attempt.ts';
import type { InboundPriority } from './concurrency/inbound-priority.ts';
import type { ConcurrencyLimit } from './concurrency/limits.ts';
import { type ByteBudget, isLarge, type LoadedMessage, type Source } from './message-source.ts';
import type { Recording } from './recording.ts';
import type { Route } from './route.ts';

/** Beside a session that succeeded so recently, trouble is one message's, not the destination's. */
const RECENT_SUCCESS_MS = 60_000;

export interface BatchDeps {
  readonly route: () => Promise<Route>;
  /** Makes the attempt at the hosts; the content is read when a host is ready for it. */
  readonly attempt: RouteAttempt;
  readonly source: Source;
  readonly recording: Pick<Recording, 'add' | 'idle'>;
  readonly readContent: (messageId: string) => Promise<Uint8Array>;
  readonly budget: ByteBudget;
  readonly limit: ConcurrencyLimit;
  /** Gets the result of each attempt, except those of drills. */
  readonly note: (result: StoppableResult) => void;
  /** A host let us come to a verdict for the first time in this batch, and that is recorded. */
  readonly onSuccess: () => Promise<void>;
  /** When a session of this node last came to a verdict at the destination, by `nowMs`. */
  readonly lastSuccess: { atMs: number };
  /** The service's time, in milliseconds. */
  readonly nowMs: () => number;
  /** True if the batch takes nothing new: the node must stop, or others wait. */
  readonly isStopping: () => boolean;
  readonly inboundPriority: InboundPriority;
  readonly onFault: (messageId: string, error: unknown) => void;
}

export interface BatchResult {
  readonly hasSucceeded: boolean;
  /** The destination is in trouble: no session succeeded lately. */
  readonly failure: { readonly trouble: HostTrouble; readonly reply: string } | null;
  /** Not even the first session was granted, a moment after others were. */
  readonly isTurnedAway: boolean;
  /** Ended before the source did: some of its messages may not have been tried. */
  readonly isUnfinished: boolean;
}

export async function runBatch(deps: BatchDeps): Promise<BatchResult> {
  const { limit, recording, source, lastSuccess, nowMs } = deps;
  let failure: BatchResult['failure'] = null;
  let isHalted = false;
  /** The source had nothing more, and nothing was put back since. */
  let isAtEnd = false;
  let isTurnedAway = false;
  /** Set with the first verdict; resolves when it is recorded and known. */
  let greeted: Promise<void> | null = null;
  /** Slots at work on a message, and how many of them on a large one. */
  let busy = 0;
  let busyLarge = 0;
  /** Messages that a 421 in mid-dialogue has cost a try: a second time it is about them. */
  const cutOff = new Set<string>();
  /** Given back to the source, which owns their early bytes again. */
  const putBack = new WeakSet<LoadedMessage>();

  const slots = () => (greeted === null ? 1 : limit.slots());
  /** A large one never takes the last slot, unless nothing else is left. */
  const accepts = (message: ClaimedMessage): boolean => {
    if (!isLarge(message)) return true;
    if (busyLarge >= Math.floor(slots() / 2)) return false;
    busyLarge += 1;
    return true;
  };
  const acceptsAny = (message: ClaimedMessage): boolean => {
    if (isLarge(message)) busyLarge += 1;
    return true;
  };
  const takeNext = async (): Promise<LoadedMessage | null> => {
    const next = await source.next(accepts);
    return next === null && busy === 0 && busyLarge === 0 ? source.next(acceptsAny) : next;
  };
  const giveBack = (loaded: LoadedMessage): void => {
    isAtEnd = false;
    putBack.add(loaded);
    source.putBack(loaded);
  };
  /** Whatever the trouble: a host that restarts, or grants no more sessions now, is not down. */
  const isBesideSuccess = (): boolean => {
    const sinceMs = nowMs() - lastSuccess.atMs;
    // A clock that was set back knows nothing of it.
    return sinceMs >= 0 && sinceMs < RECENT_SUCCESS_MS;
  };
  /** True if the trouble says nothing about this message, which can go by another session. */
  const isOfSession = (messageId: string, { hostTrouble, records }: StoppableResult): boolean => {
    if (hostTrouble === null || records.length === 0) return false;
    // TLS comes after greeting and EHLO, and before any word of the message.
    const isBefore = records.every(({ isGreeted, trouble }) => isGreeted !== true || trouble === 'TLS');
    if (isBefore) return isBesideSuccess();
    // The host's own word that it closes the session (RFC 5321 §3.8): whatever had been said before, nothing was accepted.
    if (greeted === null || !hostTrouble.reply.startsWith('421') || cutOff.has(messageId)) return false;
    cutOff.add(messageId);
    return true;
  };
  /** Records the result. True: a host came to a verdict. */
  const record = async (messageId: string, result: StoppableResult): Promise<boolean> => {
    const { hostTrouble, isStopped, outcomes, records } = result;
    const isTrouble = hostTrouble !== null && !isBesideSuccess();
    if (isTrouble && !isStopped) failure = hostTrouble;
    const isJudged = hostTrouble === null && !isStopped;
    if (isJudged) lastSuccess.atMs = nowMs();
    await recording.add({ messageId, outcomes, records, isHostLevel: isStopped || isTrouble });
    if (isJudged) await (greeted ??= recording.idle().then(deps.onSuccess));
    return isJudged;
  };
  /** Tries one message. True: its slot goes on. */
  const handOver = async (loaded: LoadedMessage): Promise<boolean> => {
    const { message, early } = loaded;
    const { id } = message;
    const begunAt = limit.begin();
    const content = async () => early?.content ?? (await deps.readContent(id));
    let result: StoppableResult;
    try {
      result = await attemptMessage(deps, message, content);
    } catch (error) {
      deps.onFault(id, error);
      isHalted = true;
      await recording.add(faultOf(message));
      return false;
    }
    const { hostTrouble, isStopped, outcomes, records } = result;
    if (isStopped) isHalted = true;
    if (message.isDrill === true) {
      // A drill is no evidence for or against the host, and no reason for other mail to wait.
      await recording.add({ messageId: id, outcomes, records, isHostLevel: isStopped, isDrill: true });
      return !isStopped;
    }
    deps.note(result);
    if (hostTrouble === null) {
      if (!isStopped) limit.judged({ slotsInUse: busy, isTaken: isDelivered(result) });
      return record(id, result);
    }
    const isAlone = busy === 1;
    const isFirst = isAlone && greeted === null;
    if (isAlone) isHalted = true;
    if (!isFirst) limit.refused(begunAt);
    if (isStopped || !isOfSession(id, result)) {
      await record(id, result);
      return false;
    }
    if (isFirst) isTurnedAway = true;
    giveBack(loaded);
    return false;
  };
  const step = async (): Promise<boolean> => {
    await deps.inboundPriority.wait();
    if (isHalted || deps.isStopping()) return false;
    const loaded = await takeNext();
    if (loaded === null) {
      isAtEnd = true;
      return false;
    }
    const { message, early } = loaded;
    const release = early?.release ?? (await deps.budget.take(message.sizeBytes));
    busy += 1;
    try {
      if (!isHalted && !deps.isStopping()) return await handOver(loaded);
      // The batch was halted while this one waited for its content or for room.
      giveBack(loaded);
      return false;
    } finally {
      busy -= 1;
      if (isLarge(message)) busyLarge -= 1;
      if (!putBack.delete(loaded) || early === null) release();
    }
  };

  try {
    await runSlots(step, slots);
  } finally {
    await recording.idle();
  }
  const hasSucceeded = greeted !== null;
  return { hasSucceeded, failure: hasSucceeded ? null : failure, isTurnedAway, isUnfinished: !isAtEnd };
}

/**
 * Runs so many slots at once, each doing one step after another; their number follows a limit that moves.
 *
 * Promises: begins with one slot. When a step went well, starts as many as the limit has room for. A slot ends when its step says
 * so, or if there are more than the limit. Resolves when the last one has ended; an error ends every slot after its step, and is
 * thrown then.
 *
 * @param step false: nothing more for this slot
 * @param most how many may run now
 */
async function runSlots(step: () => Promise<boolean>, most: () => number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let running = 0;
  const errors: unknown[] = [];

  const run = async (): Promise<void> => {
    running += 1;
    try {
      while (errors.length === 0 && running <= most() && (await step())) fill();
    } catch (error) {
      errors.push(error);
    }
    running -= 1;
    if (running > 0) return;
    if (errors.length === 0) resolve();
    else reject(errors[0]);
  };
  const fill = (): void => {
    for (let missing = most() - running; missing > 0 && errors.length === 0; missing -= 1) void run();
  };

  void run();
  return promise;
}
