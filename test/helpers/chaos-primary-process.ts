/**
 * A fake primary as a process of its own, to be killed and stopped: `chaos-primary-process.ts HOST PORT JOURNAL`.
 *
 * Every message stands in the journal, one line of JSON, before its final dot is answered; and so does the next command of
 * its session, which shows that the client had that answer. Prints `ready` when it listens.
 */
import { createHash } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import process from 'node:process';
import { testCertificate } from './certificate.ts';
import type { JournalLine } from './chaos-primary.ts';
import { PLAIN_MODES } from './fake-primary-modes.ts';
import { type FakePrimarySession, type ReceivedMessage, serveSession } from './fake-primary-session.ts';

/** Before every reply: so much time is there to be killed between dot and answer. */
const TARPIT_MS = 10;

const [host = '', port = '', path = ''] = process.argv.slice(2);
const journal = openSync(path, 'a');
const modes = { ...PLAIN_MODES, tarpitMs: TARPIT_MS };
const certificate = testCertificate();
const greylisted = new Set<string>();
let sessionCount = 0;

function write(line: JournalLine): void {
  writeSync(journal, `${JSON.stringify(line)}\n`);
}

function describeMessage(session: FakePrimarySession, { content, recipients, reversePath }: ReceivedMessage) {
  const text = content.toString('latin1');
  const began = text.indexOf('X-Chaos: ');
  const own = began === -1 ? null : content.subarray(began);
  const ehlo = session.commands.findLast((command) => command.startsWith('EHLO ')) ?? '';
  return {
    node: ehlo.slice(5),
    reversePath,
    transaction: /\bid ([0-9a-f]{8}-[0-9a-f-]{27})\b/.exec(text.slice(0, 1000))?.[1] ?? '',
    number: Number(/^X-Chaos: (\d+)/.exec(text.slice(Math.max(began, 0)))?.[1] ?? -1),
    digest: own === null ? '' : createHash('sha256').update(own).digest('hex'),
    recipients: recipients.map(({ address }) => address),
    reported: [...text.matchAll(/^Final-Recipient: rfc822; (\S+)\r$/gim)].map(([, address]) => address ?? ''),
  };
}

createServer((socket) => {
  sessionCount += 1;
  const key = `${process.pid}-${sessionCount}`;
  const session: FakePrimarySession = {
    number: sessionCount,
    commands: [],
    isTls: false,
    serverName: null,
    isOpen: true,
    unfinishedBytes: 0,
  };
  let unanswered: number | null = null;
  serveSession({
    socket,
    session,
    modes: () => modes,
    certificate,
    greylisted,
    onRcpt: () => undefined,
    onMessage: (message) => {
      unanswered = session.commands.length;
      write({ kind: 'MESSAGE', session: key, at: Date.now(), ...describeMessage(session, message) });
    },
    onChange: () => {
      if (unanswered === null || session.commands.length === unanswered) return;
      unanswered = null;
      write({ kind: 'NEXT', session: key });
    },
  });
}).listen(Number(port), host, () => console.log('ready'));
