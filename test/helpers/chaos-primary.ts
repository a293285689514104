/** A fake primary in a process of its own: killed, stopped and started again; what it has taken stands in a journal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { bindToUs, endChild, until } from './child.ts';

/** NEXT: the session went on behind the message, so the client had the answer to it. */
export type JournalLine =
  | ({ readonly kind: 'MESSAGE' } & Omit<Copy, 'isHeard'>)
  | { readonly kind: 'NEXT'; readonly key: string };

/** One message as the primary took it. */
export interface Copy {
  /** Names it among all of all primaries; stands in the 250 to its final dot. */
  readonly key: string;
  /** When DATA was answered: its final dot cannot have been sent before. Milliseconds of this machine's clock. */
  readonly dataAt: number;
  /** When it was taken. */
  readonly at: number;
  /** The address that took it. */
  readonly primary: string;
  /** The name in EHLO. */
  readonly node: string;
  readonly reversePath: string;
  /** Of our Received field; of a report, the transaction it is about. Empty when there is none. */
  readonly transaction: string;
  readonly messageId: string;
  /** -1 when it is none of the senders'. */
  readonly number: number;
  /** SHA-256 of what the sender had written. */
  readonly digest: string;
  readonly recipients: readonly string[];
  /** Final-Recipient fields. */
  readonly reported: readonly string[];
  /** The client is known to have had the 250. */
  readonly isHeard: boolean;
}

/** CUT ends every connection; the others say what it is like from now on. */
export type PrimaryOrder = 'CUT' | 'PLAIN' | 'FULL_AT_MAIL' | 'FULL_AT_DOT' | 'GREYLIST';

export interface ChaosPrimary {
  readonly host: string;
  readonly port: number;
  start(): Promise<void>;
  kill9(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  order(order: PrimaryOrder): void;
  /** Resolves just behind the next final dot, of that node if one is named, and before the answer to it; or after a second. */
  untilTaken(node?: string): Promise<void>;
  /** All it has taken, in all its lives. */
  readCopies(): Promise<Copy[]>;
}

const NOTHING_COMES_MS = 1000;

export async function startChaosPrimary(host: string, port: number, folder: string): Promise<ChaosPrimary> {
  const journal = join(folder, `${host}-${port}.journal`);
  await writeFile(journal, '');
  let child: ChildProcess | null = null;
  const listeners = new Set<(node: string) => void>();
  const start = async (): Promise<void> => {
    const script = join(import.meta.dirname, 'chaos-primary-process.ts');
    const starting = spawn(process.execPath, [script, host, String(port), journal], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child = starting;
    bindToUs(starting);
    starting.stdin.on('error', () => undefined);
    let isReady = false;
    starting.stdout.on('data', (chunk: Buffer) => {
      isReady = true;
      // Of several in one piece the last is the one that is not answered yet.
      const node = chunk.toString().trimEnd().split('\n').at(-1) ?? '';
      for (const listener of listeners) listener(node);
    });
    await until('the primary listens', 30_000, () => isReady);
  };
  await start();
  return {
    host,
    port,
    start,
    kill9: async () => {
      if (child !== null) await endChild(child, 'SIGKILL', 5000);
    },
    signal: (signal) => void child?.kill(signal),
    order: (order) => void child?.stdin?.write(`${order}\n`),
    untilTaken: (node) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          listeners.delete(listener);
          resolve();
        };
        const listener = (by: string): void => {
          if (node === undefined || by === node) done();
        };
        const timer = setTimeout(done, NOTHING_COMES_MS);
        listeners.add(listener);
      }),
    readCopies: async () => parseJournal(await readFile(journal, 'utf8')),
  };
}

function parseJournal(text: string): Copy[] {
  const lines = text
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => JSON.parse(row) as JournalLine);
  const heard = new Set(lines.filter(({ kind }) => kind === 'NEXT').map(({ key }) => key));
  return lines.flatMap((line) => (line.kind === 'MESSAGE' ? [{ ...line, isHeard: heard.has(line.key) }] : []));
}
