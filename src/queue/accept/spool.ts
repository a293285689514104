/**
 * Stores accepted mail: small mail and large mail each have a connection of their own with group commit. What arrives while a commit
 * is in flight shares the next one.
 *
 * Promises: `accept` resolves only after COMMIT; small mail does not wait for the content of large mail, which goes one group
 * after the other by turns of the client networks, and rests between two of them while small mail comes in.
 * A member that is answered as not stored before it entered a COPY never enters one; from there on its answer waits for the
 * outcome. A member that the database refuses never fails its group. When the answer to a COMMIT is lost, each member is inserted
 * once more with ON CONFLICT DO NOTHING on a new connection until it is known to be there, or its sender waits no longer (a
 * duplicate at most). Does not judge messages. RFC 5321 §6.1, §4.5.3.2.6: once 250 is said, the message is ours.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../clock.ts';
import type { AcceptWriter, CommitResult, Execute } from '../../db/accept-writer.ts';
import { messagesOf, type Transaction } from '../message.ts';
import { createLine, type Member } from './line.ts';
import { copyStatements, insertOnce } from './rows.ts';
import { LARGE_MESSAGE_BYTES } from '../../mail/envelope.ts';

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
   * @param from the network of the client, the widest, whose turn large mail takes; default its address
   */
  accept(transaction: Transaction, from?: string): Promise<void>;
  /**
   * Waits for what is in flight, then closes the connections. To be called when no client waits for a reply any more: what has
   * not had its turn is not stored, since its sender has heard nothing and will come again.
   */
  close(): Promise<void>;
}

export function createSpool(deps: SpoolDeps): Spool {
  const small = createGroupCommit(deps, { groupBytes: SMALL_GROUP_BYTES, restMs: () => 0 });
  const large = createGroupCommit(deps, {
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
        // The content of a large one is written by itself (db/accept-writer.ts).
        if (bytes < LARGE_MESSAGE_BYTES) small.add(member, '');
        else large.add(member, from);
      }),
    close: async () => {
      await Promise.all([small.close(), large.close()]);
    },
  };
}

/** Above these a group takes no more members: measured groups are 5–9; this bounds memory and the wait. */
const GROUP_MEMBERS = 64;
/** A statement sent shortly before its deadline has at least this long to be answered. */
const LEAST_PATIENCE_MS = 1000;
/** However well the connection does, a member waits no longer for its turn: half of what its sender waits for the reply. */
const LONGEST_TURN_MS = 300_000;
/** Between two looks whether a lost COMMIT is there, on a server that cannot tell yet. */
const LOOK_AGAIN_MS = 500;
const RECONNECT_MS = 50;
const OUT_OF_REACH = 'database out of reach';
const STOPPING = 'this service stops';
/** SQLSTATE. */
const CONNECTION_FAILURE = '08006';
/** Read-only after a failover, rolled back by a conflict, or not able to now: says nothing of the COMMIT that was lost. */
const SAYS_NOTHING = /^(?:25006|40|55)/;
/**
 * A row that is found may be on this server only: its COMMIT was cut off while it waited for the synchronous standby.
 * A transaction without writes would not wait. This one writes a record that no one reads, so it waits for all before it.
 */
const WAIT_FOR_STANDBY = "select pg_logical_emit_message(true, 'backup-mx', '')";

/** The database said that it has no room (SQLSTATE class 53): 452 4.3.1. */
export class StorageFull extends Error {
  override readonly name = 'StorageFull';
}

export interface SpoolDeps {
  readonly openWriter: () => Promise<AcceptWriter>;
  /** Destinations among these for which no wake-up is known to be pending. */
  readonly unwoken: (destinationIds: readonly string[]) => readonly string[];
  /** Sends wake-ups within the accept transaction. */
  readonly sendWakeUps: (destinationIds: readonly string[], execute: Execute) => Promise<void>;
  /**
   * How long a member may wait for its turn while the database stores nothing, and a COPY for its answer before the
   * connection is given up, in milliseconds.
   */
  readonly deadlineMs: number;
  /** How long an outcome that was lost is looked for, since `accept`, in milliseconds: less than senders wait. */
  readonly outcomeMs: number;
  readonly onCommit: (members: number, latencyMs: number) => void;
  readonly onTrouble: (message: string) => void;
}

interface GroupLimits {
  /** A group takes no more members above this; one is always taken. */
  readonly groupBytes: number;
  /** How long to rest after a commit that began at that time, in milliseconds. */
  readonly restMs: (beganAtMs: number) => number;
}

interface GroupCommit {
  readonly add: (member: Member, from: string) => void;
  /** Monotonic milliseconds of the last COMMIT. */
  readonly committedAtMs: () => number;
  /** Waits for what is in flight, then closes the connection. Whoever waits for a turn still is never stored. */
  readonly close: () => Promise<void>;
}

function createGroupCommit(deps: SpoolDeps, options: GroupLimits): GroupCommit {
  const line = createLine();
  let committedAtMs = -Infinity;
  let lateTimer: ReturnType<typeof setTimeout> | null = null;
  let writer: AcceptWriter | null = null;
  let flushing: Promise<void> | null = null;

  /** When its wait for a turn ends: nothing was stored for so long, or its sender may wait no longer. */
  const lateAt = ({ acceptedAtMs }: Member): number =>
    Math.min(Math.max(acceptedAtMs, committedAtMs) + deps.deadlineMs, acceptedAtMs + LONGEST_TURN_MS);
  const outcomeBy = ({ acceptedAtMs }: Member): number => acceptedAtMs + deps.outcomeMs;

  /** Also while a group is in a COPY: whoever waits for a turn is told in time, and is then never stored. */
  const rejectLate = (): void => {
    const now = monotonicMs();
    for (const late of line.takeLate((member) => lateAt(member) <= now)) late.reject(away(OUT_OF_REACH));
  };
  const watchLate = (): void => {
    if (lateTimer !== null) return;
    const oldest = line.oldest();
    if (oldest === undefined) return;
    const wait = Math.max(lateAt(oldest) - monotonicMs(), 1);
    lateTimer = setTimeout(() => {
      lateTimer = null;
      rejectLate();
      watchLate();
    }, wait);
  };

  const connect = async (deadlineAt: number): Promise<AcceptWriter | null> => {
    for (let delayMs = RECONNECT_MS; ; delayMs = Math.min(delayMs * 2, 1000)) {
      if (writer?.isUsable()) return writer;
      // A host that vanished takes ten seconds to say so: not once more for each that is late already.
      if (monotonicMs() >= deadlineAt) return null;
      await writer?.close();
      writer = null;
      try {
        writer = await deps.openWriter();
        return writer;
      } catch (error) {
        deps.onTrouble(`cannot connect to store mail: ${error instanceof Error ? error.message : String(error)}`);
        if (monotonicMs() + delayMs > deadlineAt) return null;
        await sleep(delayMs);
      }
    }
  };

  /** Wake-ups are only convenience: after a refusal a member is tried without them, so that they never cost mail. */
  const commitGroup = async (group: readonly Member[], withWakeUps: boolean): Promise<CommitResult> => {
    const connection = await connect(Math.min(...group.map(lateAt)));
    if (connection === null) return { kind: 'REFUSED', sqlState: '08001', message: OUT_OF_REACH };
    const messages = group.flatMap((member) => member.messages);
    const destinationIds = withWakeUps ? [...new Set(messages.map((message) => message.destinationId))] : [];
    const wake = deps.unwoken(destinationIds);
    const startedAt = monotonicMs();
    const result = await withPatience(connection, deps.deadlineMs, () =>
      connection.commit(
        copyStatements(messages),
        wake.length === 0 ? null : (execute) => deps.sendWakeUps(wake, execute),
      ),
    );
    if (result.kind === 'COMMITTED') {
      committedAtMs = monotonicMs();
      deps.onCommit(group.length, committedAtMs - startedAt);
    }
    return result;
  };

  /** The answer to a COMMIT was lost: insert what is not there, until the database says what is. */
  const storeOnce = async (member: Member): Promise<void> => {
    for (;;) {
      const connection = await connect(outcomeBy(member));
      if (connection === null) return member.reject(away(OUT_OF_REACH));
      const patienceMs = Math.min(deps.deadlineMs, outcomeBy(member) - monotonicMs());
      const result = await withPatience(connection, patienceMs, () =>
        connection.transact(async (execute) => {
          for (const message of member.messages) await insertOnce(execute, message);
          await execute(WAIT_FOR_STANDBY);
        }),
      );
      if (result.kind === 'COMMITTED') return member.resolve();
      const isOpen = result.kind === 'UNKNOWN' || SAYS_NOTHING.test(result.sqlState);
      if (!isOpen) return member.reject(refusal(result));
      if (monotonicMs() > outcomeBy(member)) return member.reject(away(result.message));
      // Another server may answer to the same name by now.
      connection.abort();
      await sleep(LOOK_AGAIN_MS);
    }
  };

  const storeGroup = async (group: readonly Member[], isRepeat: boolean): Promise<void> => {
    const result = await commitGroup(group, !isRepeat);
    switch (result.kind) {
      case 'COMMITTED':
        for (const member of group) member.resolve();
        return;
      case 'REFUSED': {
        deps.onTrouble(`the database refused a group of ${group.length}: ${result.sqlState} ${result.message}`);
        if (isRepeat) for (const member of group) member.reject(refusal(result));
        else for (const member of group) await storeGroup([member], true);
        return;
      }
      case 'UNKNOWN':
        deps.onTrouble(`lost the answer to a COMMIT of ${group.length}: ${result.message}`);
        for (const member of group) await storeOnce(member);
        return;
    }
  };

  const flush = async (): Promise<void> => {
    for (;;) {
      rejectLate();
      const oldest = line.oldest();
      if (oldest === undefined) break;
      // Before a group is taken: all wait for the database together, not group after group.
      if ((await connect(lateAt(oldest))) === null) {
        await sleep(RECONNECT_MS);
        continue;
      }
      await nextTurn();
      const group = line.takeGroup({ members: GROUP_MEMBERS, bytes: options.groupBytes });
      const beganAtMs = monotonicMs();
      try {
        if (group.length > 0) await storeGroup(group, false);
      } catch (error) {
        // A bug: no one may wait for ever because of it.
        for (const member of group) member.reject(error instanceof Error ? error : new Error(String(error)));
      }
      const restMs = options.restMs(beganAtMs);
      if (restMs > 0) await sleep(restMs);
    }
    flushing = null;
  };

  return {
    add: (member, from) => {
      line.add(member, from);
      watchLate();
      flushing ??= Promise.resolve().then(flush);
    },
    committedAtMs: () => committedAtMs,
    close: async () => {
      for (const member of line.takeLate(() => true)) member.reject(away(STOPPING));
      await flushing;
      if (lateTimer !== null) clearTimeout(lateTimer);
      await writer?.close();
      writer = null;
    },
  };
}

/** A server that does not answer in time is given up: then the outcome is unknown. */
async function withPatience(
  connection: AcceptWriter,
  patienceMs: number,
  work: () => Promise<CommitResult>,
): Promise<CommitResult> {
  const timer = setTimeout(() => connection.abort(), Math.max(patienceMs, LEAST_PATIENCE_MS));
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

/** Lets messages that the sockets already hold join the group: a COMMIT costs the same for one and for ten. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function refusal(result: { sqlState: string; message: string }): Error {
  if (result.sqlState.startsWith('53')) return new StorageFull(result.message);
  return Object.assign(new Error(result.message), { code: result.sqlState });
}

/** Not the work's fault: counted as a database that is away (db/connection-lost.ts). */
function away(message: string): Error {
  return Object.assign(new Error(message), { code: CONNECTION_FAILURE });
}
