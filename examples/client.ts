/**
 * The sender of the demo: swaks where it is installed, else a few lines of SMTP of our own.
 */
import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { findProgram, run } from '../test/helpers/child.ts';
import { openSession, sendMessage } from '../test/helpers/smtp-session.ts';

export interface Mail {
  readonly from: string;
  readonly to: string;
  /** With CRLF line ends; no line begins with a dot. */
  readonly content: Buffer;
}

/** What sends, for the reader of the demo. */
export function clientName(): string {
  return findProgram('swaks') === null ? 'a built-in client (no swaks is installed)' : 'swaks';
}

/** A complete small message, different for each number. */
export function makeMail(number: number, from: string, to: string): Mail {
  const lines = [
    `From: Alice <${from}>`,
    `To: Bob <${to}>`,
    `Subject: message ${number} of the demo`,
    'Date: Thu, 01 Jan 2026 00:00:00 +0000',
    `Message-ID: <demo-${number}-${process.pid}@elsewhere.example>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Grüße, Bob. Your server was away when I wrote this.',
    '',
  ];
  return { from, to, content: Buffer.from(lines.join('\r\n')) };
}

/** Sends one message; the server's reply to the final dot. Throws when that is not a 250. */
export async function sendMail(smtpPort: number, mail: Mail, scratchPath: string): Promise<string> {
  const swaks = findProgram('swaks');
  if (swaks === null) {
    const session = await openSession(smtpPort);
    await sendMessage(session, mail);
    session.close();
    return '250';
  }
  await writeFile(scratchPath, Buffer.concat([mail.content, Buffer.from('.')]));
  const server = ['--server', `127.0.0.1:${smtpPort}`, '--ehlo', 'elsewhere.example'];
  const envelope = ['--from', mail.from, '--to', mail.to];
  const content = ['--no-data-fixup', '--data', `@${scratchPath}`];
  const sent = await run(swaks, [...server, ...envelope, ...content]);
  const replies = sent.stdout
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('<'));
  if (sent.code !== 0) throw new Error(`swaks was refused: ${replies.join(' / ')} ${sent.stderr}`);
  // The last but one answers the final dot, the last one QUIT.
  return replies.at(-2)?.replace(/^\S+\s+/, '') ?? '';
}
