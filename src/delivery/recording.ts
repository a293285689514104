/**
 * Records what attempts at one destination brought: deliveries are marked soon, in small groups, and all is settled in large ones
 * (decisions/0028). What a mark knows is recorded, as far as the bound on unrecorded deliveries goes (unrecorded.ts).
 *
 * Promises: nothing that was added is dropped; a mark goes with the settling of all that it speaks of. A few that come alone are
 * settled at once, and need no mark.
 */
import { createRecorder, type Recorder } from './recorder.ts';
import type { MessageResult } from '../queue/outcome.ts';

/** Marked together at most: as many as may be unrecorded. */
const MOST_MARKED = 40;
/** Worth a mark: half of what may be unrecorded, so that delivering goes on meanwhile. */
const WORTH_MARKING = 20;
/** Fewer cost less when they are settled at once. */
const FEW = 8;
const MARK_WITHIN_MS = 30;
/** A write that takes longer does not go through, as far as anybody knows. */
const LATE_AFTER_MS = 200;
/** Groups that were marked, worth settling together. */
const WORTH_SETTLING = 12;
const SETTLE_WITHIN_MS = 100;

/** What is to be settled together. */
export interface Noted {
  readonly messageResults: readonly MessageResult[];
  /** The mark that speaks of what of them was delivered. */
  readonly mark: string | null;
  /** As far as the bound on unrecorded deliveries goes, settling them may take its time. */
  readonly isRecorded: boolean;
}

export interface RecordingDeps {
  /** Makes a mark; null where nothing needs one. */
  readonly mark: (messageResults: readonly MessageResult[]) => Promise<string | null>;
  /** Settles, and takes the marks away. */
  readonly settle: (messageResults: readonly MessageResult[], marks: readonly string[]) => Promise<void>;
  /** These cannot be settled; the mark may speak of some of them. */
  readonly onFault: (error: unknown, messageResults: readonly MessageResult[], mark: string | null) => Promise<void>;
  /** They are marked, settled, or given up. */
  readonly onRecorded: (messageResults: readonly MessageResult[]) => void;
  readonly isAway: (error: unknown) => boolean;
}

export type Recording = Pick<Recorder<MessageResult>, 'add' | 'idle' | 'hurry' | 'isLate'>;

export function createRecording(deps: RecordingDeps): Recording {
  const { mark, settle, onFault, onRecorded, isAway } = deps;
  /** Each by itself, so that one that cannot be settled costs the others nothing. */
  const settleApart = async (error: unknown, noted: Noted): Promise<void> => {
    if (noted.messageResults.length === 1 || isAway(error)) return onFault(error, noted.messageResults, noted.mark);
    let last = error;
    const lost: MessageResult[] = [];
    for (const one of noted.messageResults) {
      await settle([one], []).catch((itsOwn: unknown) => {
        last = itsOwn;
        lost.push(one);
      });
    }
    await onFault(last, lost, noted.mark);
  };
  const settler = createRecorder<Noted>({
    most: WORTH_SETTLING,
    enough: WORTH_SETTLING,
    gatherMs: SETTLE_WITHIN_MS,
    lateAfterMs: (all) => (all.every(({ isRecorded }) => isRecorded) ? Number.POSITIVE_INFINITY : LATE_AFTER_MS),
    record: (all) =>
      settle(
        all.flatMap(({ messageResults }) => messageResults),
        all.flatMap((noted) => noted.mark ?? []),
      ),
    onFault: async (error, all) => {
      for (const noted of all) await settleApart(error, noted);
    },
    onRecorded: (all) => onRecorded(all.flatMap(({ messageResults }) => messageResults)),
    isAway,
  });
  const note = async (messageResults: readonly MessageResult[]): Promise<void> => {
    const isAlone = messageResults.length < FEW && settler.isAtRest();
    const noted = { messageResults, mark: isAlone ? null : await mark(messageResults), isRecorded: !isAlone };
    if (!isAlone) onRecorded(messageResults);
    await settler.add(noted);
    if (isAlone) settler.hurry();
  };
  const marker = createRecorder<MessageResult>({
    most: MOST_MARKED,
    enough: WORTH_MARKING,
    gatherMs: MARK_WITHIN_MS,
    lateAfterMs: () => LATE_AFTER_MS,
    record: note,
    onFault: (error, messageResults) => onFault(error, messageResults, null),
    isAway,
  });
  return {
    add: marker.add,
    idle: async () => {
      await marker.idle();
      await settler.idle();
    },
    hurry: marker.hurry,
    isLate: () => marker.isLate() || settler.isLate(),
  };
}
