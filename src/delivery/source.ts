/**
 * The stream of claimed messages of one destination, read ahead of the lanes that deliver them.
 *
 * Promises: claims in batches, each after the last key of the one before; contents of small messages are read with their
 * batch while the budget of bytes has room, all others when their turn comes; what was not handed out can be given back.
 */
import type { ClaimedMessage } from '../queue/claim.ts';
import type { ByteBudget } from './budget.ts';

/** A batch, and the level below which the next one is fetched. */
const BATCH = 100;
const REFILL_BELOW = 50;
/** Messages up to this size are read with their batch, up to so many bytes of them. */
const SMALL_BYTES = 262_144;
const READ_AHEAD_BYTES = 4 * 1024 * 1024;

export interface LoadedMessage {
  readonly message: ClaimedMessage;
  /** With the function that gives its bytes back to the budget; null: to be read when its turn comes. */
  readonly early: { readonly content: Uint8Array; readonly release: () => void } | null;
}

export interface Source {
  /** The next message, or null when there is none left that is due. */
  next(): Promise<LoadedMessage | null>;
  /** Stops; gives back the ids of claimed messages that were not handed out. */
  stop(): Promise<string[]>;
}

export function createSource(deps: {
  claim: (limit: number) => Promise<readonly ClaimedMessage[]>;
  readContents: (ids: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>;
  budget: ByteBudget;
}): Source {
  const ready: LoadedMessage[] = [];
  let refilling: Promise<void> | null = null;
  let isExhausted = false;

  const refill = async () => {
    const messages = await deps.claim(BATCH);
    if (messages.length < BATCH) isExhausted = true;
    let bytes = 0;
    const releases = new Map<string, () => void>();
    for (const { id, sizeBytes } of messages) {
      if (sizeBytes > SMALL_BYTES || bytes + sizeBytes > READ_AHEAD_BYTES) continue;
      const release = deps.budget.tryTake(sizeBytes);
      if (release === null) break;
      releases.set(id, release);
      bytes += sizeBytes;
    }
    let contents: ReadonlyMap<string, Uint8Array> = new Map();
    try {
      if (releases.size > 0) contents = await deps.readContents([...releases.keys()]);
    } finally {
      // Also when reading failed: they are claimed, and stop() must know of them.
      for (const message of messages) {
        const content = contents.get(message.id);
        const release = releases.get(message.id);
        if (content === undefined) release?.();
        ready.push({ message, early: content && release ? { content, release } : null });
      }
    }
  };

  const ensureRefill = () => {
    if (isExhausted || ready.length >= REFILL_BELOW) return;
    refilling ??= refill().finally(() => {
      refilling = null;
    });
  };

  return {
    next: async () => {
      for (;;) {
        ensureRefill();
        const loaded = ready.shift();
        // Whoever waits for the refill hears of its failure; the others need not.
        refilling?.catch(() => undefined);
        if (loaded !== undefined) return loaded;
        if (refilling === null) return null;
        await refilling;
      }
    },
    stop: async () => {
      isExhausted = true;
      await refilling?.catch(() => undefined);
      return ready.splice(0).map(({ message, early }) => {
        early?.release();
        return message.id;
      });
    },
  };
}
