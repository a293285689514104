/**
 * The stream of claimed messages of one destination, read ahead of the lanes that deliver them.
 *
 * Promises: claims in batches, each after the last key of the one before; contents of small messages are read with their
 * batch while the budget of bytes has room, all others when their turn comes; oldest first, but those that
 * are not accepted now are passed over and keep their place; what was not handed out can be given back.
 */
import type { ClaimedMessage } from '../queue/claim.ts';
import type { ByteBudget } from './budget.ts';

/** A batch, and the share of one below which the next is fetched. */
const BATCH = 100;
const REFILL_SHARE = 0.5;
/** Claimed messages that wait here at most: large ones that were passed over must not keep small ones from being claimed. */
const MOST_READY = 400;
/** Messages up to this size are read with their batch, up to so many bytes of them. */
const SMALL_BYTES = 262_144;
const READ_AHEAD_BYTES = 4 * 1024 * 1024;
/** A message above this size occupies its lane for long. */
const LARGE_BYTES = 1_000_000;

export interface LoadedMessage {
  readonly message: ClaimedMessage;
  /** With the function that gives its bytes back to the budget; null: to be read when its turn comes. */
  readonly early: { readonly content: Uint8Array; readonly release: () => void } | null;
}

export interface Source {
  /**
   * The next message that is accepted, which it then is; null when there is none left that is due, or none of them is
   * accepted now.
   */
  next(accepts?: (message: ClaimedMessage) => boolean): Promise<LoadedMessage | null>;
  /** Takes back, to the head, what was handed out and not tried; its early content is kept. */
  putBack(loaded: LoadedMessage): void;
  /** The cap, not the queue, has ended it. */
  isCapped(): boolean;
  /** Stops; gives back the ids of claimed messages that were not handed out. */
  stop(): Promise<string[]>;
}

export function isLarge({ sizeBytes }: Pick<ClaimedMessage, 'sizeBytes'>): boolean {
  return sizeBytes > LARGE_BYTES;
}

export interface SourceDeps {
  readonly claim: (limit: number) => Promise<readonly ClaimedMessage[]>;
  readonly readContents: (ids: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>;
  readonly budget: ByteBudget;
  /** How many may be claimed now, and how many claims came to nothing; without it as many as there are. */
  readonly cap?: { readonly take: (most: number) => number; readonly giveBack: (count: number) => void } | null;
}

export function createSource(deps: SourceDeps): Source {
  const { cap = null } = deps;
  const ready: LoadedMessage[] = [];
  let refilling: Promise<void> | null = null;
  let isExhausted = false;
  let isCapped = false;

  const refill = async () => {
    const limit = cap === null ? BATCH : cap.take(BATCH);
    if (limit < BATCH) isExhausted = isCapped = true;
    if (limit === 0) return;
    const messages = await deps.claim(limit);
    if (messages.length < limit) {
      isExhausted = true;
      isCapped = false;
    }
    cap?.giveBack(limit - messages.length);
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

  const ensureRefill = (isWanting: boolean) => {
    const isFull = ready.length >= (isWanting ? MOST_READY : BATCH * REFILL_SHARE);
    if (isExhausted || isFull) return;
    refilling ??= refill().finally(() => {
      refilling = null;
    });
  };

  return {
    next: async (accepts = () => true) => {
      for (;;) {
        const at = ready.findIndex(({ message }) => accepts(message));
        ensureRefill(at === -1);
        const [loaded] = at === -1 ? [] : ready.splice(at, 1);
        // Whoever waits for the refill hears of its failure; the others need not.
        refilling?.catch(() => undefined);
        if (loaded !== undefined) return loaded;
        if (refilling === null) return null;
        await refilling;
      }
    },
    putBack: (loaded) => {
      ready.unshift(loaded);
    },
    isCapped: () => isCapped,
    stop: async () => {
      isExhausted = true;
      await refilling?.catch(() => undefined);
      cap?.giveBack(ready.length);
      return ready.splice(0).map(({ message, early }) => {
        early?.release();
        return message.id;
      });
    },
  };
}
