/**
 * The load of the accept benchmarks: N equal messages from S parallel clients, on kept or on new connections.
 *
 * Sent by Postfix's smtp-source where there is one, so that client and server share no code; by our own sessions
 * elsewhere, and over TLS always by a process of ours (accept-tls-load.ts). Content is random base64, not filler: nothing
 * can compress it.
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram, runOrThrow } from '../test/helpers/child.ts';
import { openSession, sendMessage } from '../test/helpers/smtp-session.ts';

export interface Content {
  readonly path: string;
  /** As sent, with CRLF, without the final dot. */
  readonly bytes: Uint8Array;
}

export interface Load {
  readonly port: number;
  readonly recipient: string;
  readonly messages: number;
  readonly sessions: number;
  readonly isKept: boolean;
  /** How long each client waits before each of its messages; none by default. */
  readonly pauseSeconds?: number;
  /** Over STARTTLS, each connection with a whole handshake of its own. */
  readonly isTls?: boolean;
  readonly content: Content;
}

const SENDER = 'sender@elsewhere.example';

/** Writes a message of about `sizeBytes` bytes, header section included, to `path`. */
export async function makeContent(path: string, sizeBytes: number): Promise<Content> {
  const lines = [
    `From: <${SENDER}>`,
    'To: <user@backed.example>',
    'Subject: benchmark',
    'Date: Thu, 01 Jan 2026 00:00:00 +0000',
    `Message-ID: <${randomBytes(12).toString('hex')}@elsewhere.example>`,
    'MIME-Version: 1.0',
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: base64',
    '',
  ];
  const base64 = randomBytes(Math.ceil((sizeBytes * 3) / 4)).toString('base64');
  let total = lines.join('\r\n').length;
  for (let at = 0; total < sizeBytes; at += 76, total += 78) lines.push(base64.slice(at, at + 76));
  // smtp-source wants LF in the file and sends CRLF.
  await writeFile(path, `${lines.join('\n')}\n`);
  return { path, bytes: Buffer.from(lines.join('\r\n'), 'latin1') };
}

/** The name of the program that sends, for the report. */
export function senderName(isTls = false): string {
  if (isTls) return 'a process of ours';
  return findProgram('smtp-source') === null ? 'our own sessions' : 'smtp-source';
}

async function sendBySmtpSource(program: string, load: Load): Promise<void> {
  await runOrThrow(program, [
    ...(load.isKept ? ['-d'] : []),
    ...(load.pauseSeconds === undefined ? [] : ['-w', `${load.pauseSeconds}`]),
    '-s',
    `${load.sessions}`,
    '-m',
    `${load.messages}`,
    '-F',
    load.content.path,
    '-f',
    SENDER,
    '-t',
    load.recipient,
    '-M',
    'bench.test.example',
    `127.0.0.1:${load.port}`,
  ]);
}

async function sendByOwnSessions(load: Load): Promise<void> {
  let left = load.messages;
  const mail = { from: SENDER, to: load.recipient, content: load.content.bytes };
  const client = async (): Promise<void> => {
    let session = null;
    while (left > 0) {
      left -= 1;
      await sleep((load.pauseSeconds ?? 0) * 1000);
      session ??= await openSession(load.port);
      await sendMessage(session, mail);
      if (load.isKept && left > 0) continue;
      await session.command('QUIT');
      session.close();
      session = null;
    }
    session?.close();
  };
  await Promise.all(Array.from({ length: load.sessions }, client));
}

async function sendByTls(load: Load): Promise<void> {
  const program = join(import.meta.dirname, 'accept-tls-load.ts');
  const { port, messages, sessions, recipient, content } = load;
  await runOrThrow(process.execPath, [
    program,
    `${port}`,
    `${messages}`,
    `${sessions}`,
    SENDER,
    recipient,
    content.path,
  ]);
}

/** Sends the load and resolves with the seconds it took. Throws when any message was not answered 250. */
export async function send(load: Load): Promise<number> {
  const program = findProgram('smtp-source');
  const startedAtMs = performance.now();
  if (load.isTls === true) await sendByTls(load);
  else await (program === null ? sendByOwnSessions(load) : sendBySmtpSource(program, load));
  return (performance.now() - startedAtMs) / 1000;
}
