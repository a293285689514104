/**
 * Records what attempts at one destination brought: deliveries are marked soon, in small groups, and all is finalized in large ones
 * (decisions/0028). So few messages are delivered and not recorded at any time, since a node that loses its database delivers
 * those twice.
 *
 * Promises: nothing that was added is dropped. A mark goes with the finalizing of all that it speaks of. A few that come alone
 * are finalized at once and need no mark. No more messages than the slots hold are unrecorded; nothing more goes out while a record
 * is late. A message before its final dot waits until a record has gone through, and gives up after a while. Knows no database
 * and no SMTP.
 */
import type { MessageResult } from '../queue/outcome.ts';
import { createGroupWriter, type GroupWriter } from './group-writer.ts';

/** Marked together at most: as many as may be unrecorded. */
const MOST_MARKED = 40;
/** Worth a mark: half of what may be unrecorded, so that delivering goes on meanwhile. */
const WORTH_MARKING = 20;
/** Fewer cost less when they are finalized at once. */
const FEW = 8;
const MARK_WITHIN_MS = 30;
/** A write that takes longer does not go through, as far as is known. */
const LATE_AFTER_MS = 200;
/** Groups that were marked, worth finalizing together. */
const WORTH_FINALIZING = 12;
const FINALIZE_WITHIN_MS = 100;

/** Results that are finalized together. */
export interface Noted {
  readonly messageResults: readonly MessageResult[];
  /** The mark that speaks of what of them was delivered. */
  readonly mark: string | null;
  /** As far as the bound on unrecorded deliveries goes, finalizing them may take its time. */
  readonly isRecorded: boolean;
}

export interface RecordingDeps {
  /** Makes a mark; null where nothing needs one. */
  readonly mark: (messageResults: readonly MessageResult[]) => Promise<string | null>;
  /** Finalizes, and takes the marks away. */
  readonly finalize: (messageResults: readonly MessageResult[], marks: readonly string[]) => Promise<void>;
  /** These cannot be finalized; the mark may speak of some of them. */
  readonly onFault: (error: unknown, messageResults: readonly MessageResult[], mark: string | null) => Promise<void>;
  /** They are marked, finalized, or given up. */
  readonly onRecorded: (messageResults: readonly MessageResult[]) => void;
  readonly isAway: (error: unknown) => boolean;
}

export type Recording = Pick<GroupWriter<MessageResult>, 'add' | 'idle' | 'hurry' | 'isLate'>;

export function createRecording(deps: RecordingDeps): Recording {
  const { mark, finalize, onFault, onRecorded, isAway } = deps;
  /** Each by itself, so that one that cannot be finalized costs the others nothing. */
  const finalizeApart = async (error: unknown, noted: Noted): Promise<void> => {
    if (noted.messageResults.length === 1 || isAway(error)) return onFault(error, noted.messageResults, noted.mark);
    let last = error;
    const lost: MessageResult[] = [];
    for (const one of noted.messageResults) {
      await finalize([one], []).catch((itsOwn: unknown) => {
        last = itsOwn;
        lost.push(one);
      });
    }
    await onFault(last, lost, noted.mark);
  };
  const finalizer = createGroupWriter<Noted>({
    most: WORTH_FINALIZING,
    enough: WORTH_FINALIZING,
    gatherMs: FINALIZE_WITHIN_MS,
    lateAfterMs: (all) => (all.every(({ isRecorded }) => isRecorded) ? Number.POSITIVE_INFINITY : LATE_AFTER_MS),
    record: (all) =>
      finalize(
        all.flatMap(({ messageResults }) => messageResults),
        all.flatMap((noted) => noted.mark ?? []),
      ),
    onFault: async (error, all) => {
      for (const noted of all) await finalizeApart(error, noted);
    },
    onRecorded: (all) => onRecorded(all.flatMap(({ messageResults }) => messageResults)),
    isAway,
  });
  const note = async (messageResults: readonly MessageResult[]): Promise<void> => {
    const isAlone = messageResults.length < FEW && finalizer.isAtRest();
    const noted = { messageResults, mark: isAlone ? null : await mark(messageResults), isRecorded: !isAlone };
    if (!isAlone) onRecorded(messageResults);
    await finalizer.add(noted);
    if (isAlone) finalizer.hurry();
  };
  const marker = createGroupWriter<MessageResult>({
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
      await finalizer.idle();
    },
    hurry: marker.hurry,
    isLate: () => marker.isLate() || finalizer.isLate(),
  };
}

/** A session waits so long before its final dot: a database that is slow costs time, one that is away ends the session. */
const PATIENCE_MS = 10_000;

export interface Unrecorded {
  /** Asked right before the final dot of a message: true lets it go, and counts it until it leaves. */
  readonly enter: (messageId: string) => boolean | Promise<boolean>;
  /** They are recorded, or were not delivered. */
  readonly leave: (messageIds: readonly string[]) => void;
}

export interface UnrecordedDeps {
  /** Messages that may be unrecorded. */
  readonly most: number;
  /** A record does not go through. */
  readonly isLate: () => boolean;
  /** A message waits: what can be recorded should be. */
  readonly onFull: () => void;
  readonly patienceMs?: number;
}

interface Waiter {
  readonly messageId: string;
  readonly settle: (mayGo: boolean) => void;
}

export function createUnrecorded({ most, isLate, onFull, patienceMs = PATIENCE_MS }: UnrecordedDeps): Unrecorded {
  const unrecorded = new Set<string>();
  const waiting = new Set<Waiter>();

  const hasRoom = (): boolean => unrecorded.size < most && !isLate();
  const admit = (): void => {
    for (const waiter of waiting) {
      if (!unrecorded.has(waiter.messageId) && !hasRoom()) return;
      unrecorded.add(waiter.messageId);
      waiter.settle(true);
    }
  };
  const wait = (messageId: string): Promise<boolean> =>
    new Promise((resolve) => {
      const settle = (mayGo: boolean): void => {
        clearTimeout(timer);
        waiting.delete(waiter);
        resolve(mayGo);
      };
      const timer = setTimeout(() => settle(false), patienceMs);
      const waiter = { messageId, settle };
      waiting.add(waiter);
      onFull();
    });

  return {
    enter: (messageId) => {
      // Another transaction of a message that has gone to some of its recipients waits as any: it is another delivery.
      if (waiting.size > 0 || !(hasRoom() || (unrecorded.has(messageId) && !isLate()))) return wait(messageId);
      unrecorded.add(messageId);
      return true;
    },
    leave: (messageIds) => {
      for (const id of messageIds) unrecorded.delete(id);
      admit();
    },
  };
}
