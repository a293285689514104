/**
 * Group commit: one writer; what arrives while a commit is in flight shares the next one.
 *
 * Promises: `accept` resolves only after COMMIT; a member that the database refuses never fails its group; when the answer
 * to a COMMIT is lost, each member is inserted once more with ON CONFLICT DO NOTHING on a new connection until it is known
 * to be there, or the deadline passes and `accept` rejects (the sender then hears 451 and repeats: a duplicate at most).
 * Does not judge messages. RFC 5321 §6.1: once 250 is said, the message is ours.
 */
import { monotonicMs } from '../clock.ts';
import type { AcceptWriter, CommitResult, Execute } from '../db/accept-writer.ts';
import { messagesOf, type NewMessage, type Transaction } from './message.ts';
import { copyStatements, insertOnce } from './spool-rows.ts';

/** Above these a group takes no more members: measured groups are 5–9; this bounds memory and the wait. */
const GROUP_MEMBERS = 64;
const GROUP_BYTES = 16 * 1024 * 1024;
/** What was sent shortly before its deadline has so long to be answered. */
const LEAST_PATIENCE_MS = 1000;
const OUT_OF_REACH = 'database out of reach';
/**
 * What is found to be there may be on this server only: its COMMIT was cut off while it waited for the synchronous standby.
 * A transaction that writes nothing would not wait; this one writes a record that nobody reads, and so waits for all before it.
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
  /** How long a member may wait for a database that is away, in milliseconds. */
  readonly deadlineMs: number;
  readonly onCommit: (members: number, latencyMs: number) => void;
  readonly onTrouble: (message: string) => void;
}

export interface Spool {
  /** Resolves after COMMIT. Rejects when it is not known to be stored: `StorageFull` or another error. */
  accept(transaction: Transaction): Promise<void>;
  /** Waits for what is in flight, then closes the connection. */
  close(): Promise<void>;
}

interface Member {
  readonly messages: readonly NewMessage[];
  readonly bytes: number;
  readonly deadlineAt: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export function createSpool(deps: SpoolDeps): Spool {
  const waiting: Member[] = [];
  let writer: AcceptWriter | null = null;
  let flushing: Promise<void> | null = null;

  const connect = async (deadlineAt: number): Promise<AcceptWriter | null> => {
    for (let delayMs = 50; ; delayMs = Math.min(delayMs * 2, 1000)) {
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
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
  };

  /** Wake-ups are only convenience: after a refusal a member is tried without them, so that they never cost mail. */
  const commitGroup = async (group: readonly Member[], withWakeUps: boolean): Promise<CommitResult> => {
    const connection = await connect(earliestDeadline(group));
    if (connection === null) return { kind: 'REFUSED', sqlState: '08001', message: OUT_OF_REACH };
    const messages = group.flatMap((member) => member.messages);
    const destinationIds = withWakeUps ? [...new Set(messages.map((message) => message.destinationId))] : [];
    const wake = deps.unwoken(destinationIds);
    const startedAt = monotonicMs();
    const result = await untilDeadline(connection, group, () =>
      connection.commit(
        copyStatements(messages),
        wake.length === 0 ? null : (execute) => deps.sendWakeUps(wake, execute),
      ),
    );
    if (result.kind === 'COMMITTED') deps.onCommit(group.length, monotonicMs() - startedAt);
    return result;
  };

  /** The answer to a COMMIT was lost: insert what is not there, until the database says what is. */
  const storeOnce = async (member: Member): Promise<void> => {
    for (;;) {
      const connection = await connect(member.deadlineAt);
      if (connection === null) return member.reject(new Error(OUT_OF_REACH));
      const result = await untilDeadline(connection, [member], () =>
        connection.transact(async (execute) => {
          for (const message of member.messages) await insertOnce(execute, message);
          await execute(WAIT_FOR_STANDBY);
        }),
      );
      if (result.kind === 'COMMITTED') return member.resolve();
      if (result.kind === 'REFUSED') return member.reject(refusal(result));
      if (monotonicMs() > member.deadlineAt) return member.reject(new Error(result.message));
    }
  };

  const settleGroup = async (group: readonly Member[], isRepeat: boolean): Promise<void> => {
    const result = await commitGroup(group, !isRepeat);
    switch (result.kind) {
      case 'COMMITTED':
        for (const member of group) member.resolve();
        return;
      case 'REFUSED': {
        deps.onTrouble(`the database refused a group of ${group.length}: ${result.sqlState} ${result.message}`);
        if (isRepeat) for (const member of group) member.reject(refusal(result));
        else for (const member of group) await settleGroup([member], true);
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
      for (const late of takeLate(waiting)) late.reject(new Error(OUT_OF_REACH));
      const [first] = waiting;
      if (first === undefined) break;
      // Before a group is taken: all wait for the database together, not group after group.
      if ((await connect(first.deadlineAt)) === null) {
        waiting.shift();
        first.reject(new Error(OUT_OF_REACH));
        continue;
      }
      await nextTurn();
      const group = takeGroup(waiting);
      try {
        await settleGroup(group, false);
      } catch (error) {
        // A bug: nobody may wait for ever because of it.
        for (const member of group) member.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
    flushing = null;
  };

  return {
    accept: (transaction) =>
      new Promise((resolve, reject) => {
        const messages = messagesOf(transaction);
        const bytes = transaction.sizeBytes * messages.length;
        waiting.push({ messages, bytes, deadlineAt: monotonicMs() + deps.deadlineMs, resolve, reject });
        flushing ??= Promise.resolve().then(flush);
      }),
    close: async () => {
      await flushing;
      await writer?.close();
      writer = null;
    },
  };
}

/** A server that does not answer by the last deadline of a group is given up: then the outcome is unknown. */
async function untilDeadline(
  connection: AcceptWriter,
  group: readonly Member[],
  work: () => Promise<CommitResult>,
): Promise<CommitResult> {
  const lastAt = Math.max(...group.map((member) => member.deadlineAt));
  const timer = setTimeout(() => connection.abort(), Math.max(lastAt - monotonicMs(), LEAST_PATIENCE_MS));
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

/** They stand in the order of their deadlines. What is late gets its 451, and is not stored: it would come twice. */
function takeLate(waiting: Member[]): Member[] {
  const now = monotonicMs();
  const firstInTime = waiting.findIndex((member) => member.deadlineAt > now);
  return waiting.splice(0, firstInTime === -1 ? waiting.length : firstInTime);
}

/** What the sockets have brought already shall share the group: a COMMIT costs the same for one and for ten. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function takeGroup(waiting: Member[]): Member[] {
  let bytes = 0;
  let size = 0;
  for (const member of waiting) {
    if (size > 0 && (size >= GROUP_MEMBERS || bytes + member.bytes > GROUP_BYTES)) break;
    bytes += member.bytes;
    size += 1;
  }
  return waiting.splice(0, size);
}

function earliestDeadline(group: readonly Member[]): number {
  return Math.min(...group.map((member) => member.deadlineAt));
}

function refusal(result: { sqlState: string; message: string }): Error {
  return result.sqlState.startsWith('53') ? new StorageFull(result.message) : new Error(result.message);
}
