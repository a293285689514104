/**
 * Members that wait for a group: by turns of those that brought them, and first come first served for each of those.
 *
 * Pure but for the callbacks of its members. Does not know the time: who is late is asked.
 */
import type { NewMessage } from '../message.ts';

/** One accepted transaction until its outcome is known. */
export interface Member {
  readonly messages: readonly NewMessage[];
  readonly bytes: number;
  /** Monotonic milliseconds. */
  readonly acceptedAtMs: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface Line {
  /** @param from whose turn it uses up */
  readonly add: (member: Member, from: string) => void;
  readonly oldest: () => Member | undefined;
  /** By turns, until it has `members` or the next one would make it more than `bytes`; one member at the least. */
  readonly takeGroup: (most: { readonly members: number; readonly bytes: number }) => Member[];
  /** Takes out who is late. A member is never late before one that the same party brought earlier. */
  readonly takeLate: (isLate: (member: Member) => boolean) => Member[];
}

export function createLine(): Line {
  /** In the order of their turns; no array is empty. */
  const queues = new Map<string, Member[]>();
  const next = (): [string, Member[]] | undefined => queues.entries().next().value;
  return {
    add: (member, from) => {
      const queue = queues.get(from);
      if (queue === undefined) queues.set(from, [member]);
      else queue.push(member);
    },
    oldest: () => {
      let oldest: Member | undefined;
      for (const [first] of queues.values()) {
        if (first !== undefined && first.acceptedAtMs < (oldest?.acceptedAtMs ?? Infinity)) oldest = first;
      }
      return oldest;
    },
    takeGroup: (most) => {
      const group: Member[] = [];
      let bytes = 0;
      for (let turn = next(); turn !== undefined && group.length < most.members; turn = next()) {
        const [from, queue] = turn;
        const [member] = queue;
        if (member === undefined || (group.length > 0 && bytes + member.bytes > most.bytes)) break;
        group.push(member);
        bytes += member.bytes;
        queue.shift();
        queues.delete(from);
        if (queue.length > 0) queues.set(from, queue);
      }
      return group;
    },
    takeLate: (isLate) => {
      const late: Member[] = [];
      for (const [from, queue] of queues) {
        const inTime = queue.findIndex((member) => !isLate(member));
        late.push(...queue.splice(0, inTime === -1 ? queue.length : inTime));
        if (queue.length === 0) queues.delete(from);
      }
      return late;
    },
  };
}
