/**
 * The stream of claimed messages of one destination, read ahead of the lanes that deliver them.
 *
 * Promises: claims in batches, each after the last key of the one before; contents of small messages are read with their
 * batch, large ones when their turn comes, within a budget of bytes; what was not handed out can be given back.
 */
import type { ClaimedMessage } from '../queue/claim.ts';

/** A batch, and the level below which the next one is fetched. */
const BATCH = 100;
const REFILL_BELOW = 50;
/** Messages up to this size are read with their batch, up to so many bytes of them. */
const SMALL_BYTES = 262_144;
const READ_AHEAD_BYTES = 4 * 1024 * 1024;

export interface LoadedMessage {
  readonly message: ClaimedMessage;
  /** Null: to be read when its turn comes. */
  readonly content: Uint8Array | null;
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
}): Source {
  const ready: LoadedMessage[] = [];
  let refilling: Promise<void> | null = null;
  let isExhausted = false;

  const refill = async () => {
    const messages = await deps.claim(BATCH);
    if (messages.length < BATCH) isExhausted = true;
    let bytes = 0;
    const early = messages.filter((message) => {
      if (message.sizeBytes > SMALL_BYTES || bytes + message.sizeBytes > READ_AHEAD_BYTES) return false;
      bytes += message.sizeBytes;
      return true;
    });
    let contents: ReadonlyMap<string, Uint8Array> = new Map();
    try {
      if (early.length > 0) contents = await deps.readContents(early.map((message) => message.id));
    } finally {
      // Also when reading failed: they are claimed, and stop() must know of them.
      for (const message of messages) ready.push({ message, content: contents.get(message.id) ?? null });
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
      return ready.splice(0).map(({ message }) => message.id);
    },
  };
}
