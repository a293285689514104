/**
 * What has been, or is about to be, delivered and is not recorded: what a node that loses its database delivers twice.
 *
 * Promises: no more messages than the lanes hold; nothing more goes out while a record is late. Whoever is before its final
 * dot waits until a record has gone through, and gives up after a while. Knows no database and no SMTP.
 */

/** Before its dot a session waits so long: a database that is slow costs time, one that is away ends the session. */
const PATIENCE_MS = 10_000;

export interface Unrecorded {
  /** Asked right before the final dot of a message: true lets it go, and counts it until it leaves. */
  readonly enter: (messageId: string) => boolean | Promise<boolean>;
  /** They are recorded, or were not delivered. */
  readonly leave: (messageIds: readonly string[]) => void;
}

export interface UnrecordedDeps {
  /** Messages that may be in the air now. */
  readonly most: () => number;
  /** A record does not go through. */
  readonly isLate: () => boolean;
  /** Somebody waits: what can be recorded should be. */
  readonly onFull: () => void;
  readonly patienceMs?: number;
}

interface Waiter {
  readonly messageId: string;
  readonly settle: (mayGo: boolean) => void;
}

export function createUnrecorded({ most, isLate, onFull, patienceMs = PATIENCE_MS }: UnrecordedDeps): Unrecorded {
  const inTheAir = new Set<string>();
  const waiting = new Set<Waiter>();

  const hasRoom = (): boolean => inTheAir.size < Math.max(1, most()) && !isLate();
  const admit = (): void => {
    for (const waiter of waiting) {
      if (!inTheAir.has(waiter.messageId) && !hasRoom()) return;
      inTheAir.add(waiter.messageId);
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
      if (waiting.size > 0 || !(hasRoom() || (inTheAir.has(messageId) && !isLate()))) return wait(messageId);
      inTheAir.add(messageId);
      return true;
    },
    leave: (messageIds) => {
      for (const id of messageIds) inTheAir.delete(id);
      admit();
    },
  };
}
