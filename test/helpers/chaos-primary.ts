/** A fake primary in a process of its own: killed, stopped and started again; what it has taken stands in a journal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { bindToUs, endChild, until } from './child.ts';

/** NEXT: the session went on behind its latest message, so the client had the answer to it. */
export type JournalLine =
  | ({ readonly kind: 'MESSAGE'; readonly session: string; readonly at: number } & Omit<Copy, 'at' | 'isAnswered'>)
  | { readonly kind: 'NEXT'; readonly session: string };

/** One message as the primary took it. */
export interface Copy {
  /** Milliseconds of this machine's clock. */
  readonly at: number;
  /** The name in EHLO. */
  readonly node: string;
  readonly reversePath: string;
  /** Of our Received field; empty when there is none, as in reports. */
  readonly transaction: string;
  /** -1 when it is none of the senders'. */
  readonly number: number;
  /** SHA-256 of what the sender had written. */
  readonly digest: string;
  readonly recipients: readonly string[];
  /** Final-Recipient fields. */
  readonly reported: readonly string[];
  /** The client is known to have had the 250. */
  readonly isAnswered: boolean;
}

export interface ChaosPrimary {
  readonly host: string;
  readonly port: number;
  start(): Promise<void>;
  kill9(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** All it has taken, in all its lives. */
  readCopies(): Promise<Copy[]>;
  /** Bytes in the journal. */
  journalSize(): Promise<number>;
}

export async function startChaosPrimary(host: string, port: number, folder: string): Promise<ChaosPrimary> {
  const journal = join(folder, `${host}-${port}.journal`);
  await writeFile(journal, '');
  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const script = join(import.meta.dirname, 'chaos-primary-process.ts');
    const starting = spawn(process.execPath, [script, host, String(port), journal], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = starting;
    bindToUs(starting);
    let said = '';
    starting.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until('the primary listens', 20_000, () => said.includes('ready'));
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
    readCopies: async () => parseJournal(await readFile(journal, 'utf8')),
    journalSize: async () => (await readFile(journal)).length,
  };
}

function parseJournal(text: string): Copy[] {
  const copies: { -readonly [key in keyof Copy]: Copy[key] }[] = [];
  const latest = new Map<string, { isAnswered: boolean }>();
  for (const row of text.split('\n')) {
    if (row === '') continue;
    const line = JSON.parse(row) as JournalLine;
    if (line.kind === 'NEXT') {
      const copy = latest.get(line.session);
      if (copy !== undefined) copy.isAnswered = true;
      continue;
    }
    const copy = { ...line, isAnswered: false };
    latest.set(line.session, copy);
    copies.push(copy);
  }
  return copies;
}
