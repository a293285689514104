/**
 * The claimed messages of one destination, read ahead of the slots that deliver them: what is due, group after group, or the one
 * message that tests a destination in trouble.
 *
 * Promises: claims in groups, each after the last key of the one before. Contents of small messages are read with their group
 * while the budget of bytes has room, all others when their message is handed out. Oldest first, but those that are not accepted
 * now are passed over and keep their place. What was not handed out can be given back.
 */
import type { DrainSettings } from '../outage/clock.ts';
import {
  type ClaimedMessage,
  claimDue,
  claimProbe,
  FIRST_KEY,
  type Holder,
  type QueueSql,
  readContents,
} from '../queue/claim.ts';
import type { RateLimit } from './concurrency/limits.ts';
import { LARGE_MESSAGE_BYTES } from '../mail/envelope.ts';

/** Claimed together, and the share of that below which more is fetched. */
const CLAIMED = 100;
const REFILL_SHARE = 0.5;
/** Claimed messages that wait here at most: large ones that were passed over must not keep small ones from being claimed. */
const MOST_READY = 400;
/** Messages that are not large are read with their group, up to so many bytes of them. */
const READ_AHEAD_BYTES = 4 * 1024 * 1024;
/** A message above this size occupies its slot for long. */
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
  readonly rate?: { readonly take: (most: number) => number; readonly giveBack: (count: number) => void } | null;
}

export function createSource(deps: SourceDeps): Source {
  const { rate = null } = deps;
  const ready: LoadedMessage[] = [];
  let refilling: Promise<void> | null = null;
  let isExhausted = false;
  let isCapped = false;

  const refill = async () => {
    const limit = rate === null ? CLAIMED : rate.take(CLAIMED);
    if (limit < CLAIMED) isExhausted = isCapped = true;
    if (limit === 0) return;
    const messages = await deps.claim(limit);
    if (messages.length < limit) {
      isExhausted = true;
      isCapped = false;
    }
    rate?.giveBack(limit - messages.length);
    let bytes = 0;
    const releases = new Map<string, () => void>();
    for (const { id, sizeBytes } of messages) {
      if (sizeBytes >= LARGE_MESSAGE_BYTES || bytes + sizeBytes > READ_AHEAD_BYTES) continue;
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
    const isFull = ready.length >= (isWanting ? MOST_READY : CLAIMED * REFILL_SHARE);
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
      rate?.giveBack(ready.length);
      return ready.splice(0).map(({ message, early }) => {
        early?.release();
        return message.id;
      });
    },
  };
}

interface Claims {
  readonly destinationId: string;
  readonly holder: Holder;
  readonly budget: ByteBudget;
}

interface DueClaims extends Claims {
  readonly flushNumber: number | null;
  readonly rate: RateLimit;
  /** As they were read: when they are others nothing more comes. Without a cap as many as the primary bears. */
  readonly settings: DrainSettings;
}

/** Messages that are due, and after a flush those not tried since; no more than the limit allows now. */
export function dueSource(sql: QueueSql, input: DueClaims): Source {
  const { rate } = input;
  const { drainPerMinute: perMinute } = input.settings;
  let after = FIRST_KEY;
  return createSource({
    claim: async (limit) => {
      const { messages, lastKey } = await claimDue(sql, { ...input, after, limit });
      after = lastKey;
      return messages;
    },
    readContents: (ids) => readContents(sql, ids),
    budget: input.budget,
    rate: perMinute === null ? null : { take: (most) => rate.take(perMinute, most), giveBack: rate.giveBack },
  });
}

/** One message, claimed only when it is asked for. */
export function probeSource(sql: QueueSql, input: Claims & { readonly isFlush: boolean }): Source {
  let isTaken = false;
  return createSource({
    claim: async () => {
      if (isTaken) return [];
      isTaken = true;
      const message = await claimProbe(sql, input);
      return message === null ? [] : [message];
    },
    readContents: (ids) => readContents(sql, ids),
    budget: input.budget,
  });
}

/**
 * A budget of bytes for contents in memory: a request for more than is left waits.
 *
 * A request larger than the whole budget is granted alone, so none waits for ever.
 */
export interface ByteBudget {
  /** Resolves with the function that gives the bytes back. */
  take(bytes: number): Promise<() => void>;
  /** The same at once, or null when there is no room. */
  tryTake(bytes: number): (() => void) | null;
}

export function createByteBudget(totalBytes: number): ByteBudget {
  let used = 0;
  const waiting: { bytes: number; grant: () => void }[] = [];
  const fits = (bytes: number) => used === 0 || used + bytes <= totalBytes;
  const release = (bytes: number) => {
    used -= bytes;
    for (let first = waiting[0]; first !== undefined && fits(first.bytes); first = waiting[0]) {
      waiting.shift();
      used += first.bytes;
      first.grant();
    }
  };
  return {
    take: async (bytes) => {
      if (waiting.length === 0 && fits(bytes)) used += bytes;
      else await new Promise<void>((grant) => waiting.push({ bytes, grant }));
      return () => release(bytes);
    },
    tryTake: (bytes) => {
      if (waiting.length > 0 || used + bytes > totalBytes) return null;
      used += bytes;
      return () => release(bytes);
    },
  };
}
