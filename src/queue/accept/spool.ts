/**
 * Stores accepted mail: small mail and large mail each have a lane, a connection of its own with group commit.
 *
 * Promises: `accept` resolves only after COMMIT; small mail does not wait for the content of large mail, which goes one group
 * after the other by turns of the client networks, and rests between two of them while small mail comes in.
 * Does not judge messages. RFC 5321 §6.1: once 250 is said, the message is ours.
 */
import { monotonicMs } from '../../clock.ts';
import { messagesOf, type Transaction } from '../message.ts';
import { createLane, type SpoolDeps } from './lane.ts';

export { type SpoolDeps, StorageFull } from './lane.ts';

/** From this size on a message is large: its content is written by itself (db/accept-writer.ts). */
const LARGE_BYTES = 256 * 1024;
const SMALL_GROUP_BYTES = 4 * 1024 * 1024;
const LARGE_GROUP_BYTES = 16 * 1024 * 1024;
/** Large mail rests as long as its last group took, and no longer than this. */
const MOST_REST_MS = 2000;
/** Small mail is under way for so long after its last COMMIT. */
const SMALL_MAIL_MS = 10_000;

export interface Spool {
  /**
   * Resolves after COMMIT. Rejects when it is not known to be stored: `StorageFull` or another error.
   *
   * @param from the client network whose turn large mail takes; default its address
   */
  accept(transaction: Transaction, from?: string): Promise<void>;
  /**
   * Waits for what is in flight, then closes the connections. To be called when no client waits for a reply any more: what has
   * not had its turn is not stored, since its sender has heard nothing and will come again.
   */
  close(): Promise<void>;
}

export function createSpool(deps: SpoolDeps): Spool {
  const small = createLane(deps, { groupBytes: SMALL_GROUP_BYTES, restMs: () => 0 });
  const large = createLane(deps, {
    groupBytes: LARGE_GROUP_BYTES,
    restMs: (beganAtMs) => {
      const now = monotonicMs();
      return now - small.committedAtMs() < SMALL_MAIL_MS ? Math.min(now - beganAtMs, MOST_REST_MS) : 0;
    },
  });
  return {
    accept: (transaction, from = transaction.envelope.client.address) =>
      new Promise((resolve, reject) => {
        const messages = messagesOf(transaction);
        const bytes = transaction.sizeBytes * messages.length;
        const member = { messages, bytes, acceptedAtMs: monotonicMs(), resolve, reject };
        if (bytes < LARGE_BYTES) small.add(member, '');
        else large.add(member, from);
      }),
    close: async () => {
      await Promise.all([small.close(), large.close()]);
    },
  };
}
