/**
 * A fake primary as a process of its own, to be killed and stopped: `chaos-primary-process.ts HOST PORT JOURNAL`.
 *
 * Every message stands in the journal, one line of JSON, before its final dot is answered; and so does the next command of
 * its session, which shows that the client had that answer. The answer names the line. Prints `ready` when it listens, and the
 * client's name at every message. Orders come line by line: see PrimaryOrder.
 */
import { createHash } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { testCertificate } from './certificate.ts';
import type { JournalLine, PrimaryOrder } from './chaos-primary.ts';
import { type FakePrimaryModes, PLAIN_MODES } from './fake-primary-modes.ts';
import { type FakePrimarySession, type ReceivedMessage, serveSession } from './fake-primary-session.ts';

/** Before every reply: so much time is there to be killed between dot and answer. */
const TARPIT_MS = 10;
const FULL = '452 4.3.1 Insufficient system storage';
const SPELLS: Readonly<Record<Exclude<PrimaryOrder, 'CUT'>, Partial<FakePrimaryModes>>> = {
  PLAIN: {},
  FULL_AT_MAIL: { mailFrom: FULL },
  FULL_AT_DOT: { dot: FULL },
  GREYLIST: { greylisting: true },
};

const [host = '', port = '', path = ''] = process.argv.slice(2);
const journal = openSync(path, 'a');
const certificate = testCertificate();
const greylisted = new Set<string>();
const sockets = new Set<Socket>();
let spell: Partial<FakePrimaryModes> = SPELLS.PLAIN;
let sessionCount = 0;

function write(line: JournalLine): void {
  writeSync(journal, `${JSON.stringify(line)}\n`);
}

function describeMessage({ content, recipients, reversePath }: ReceivedMessage) {
  const text = content.toString('latin1');
  const began = text.indexOf('X-Chaos: ');
  const own = began === -1 ? null : content.subarray(began);
  const head = began === -1 ? text.slice(0, 2000) : text.slice(0, began);
  return {
    primary: host,
    reversePath,
    // The Received field next to what the sender wrote: also of the header section that a report quotes.
    transaction: [...head.matchAll(/\bid ([0-9a-f]{8}-[0-9a-f-]{27})\b/g)].at(-1)?.[1] ?? '',
    messageId: /^Message-ID: (\S+)/im.exec(text)?.[1] ?? '',
    number: Number(/^X-Chaos: (\d+)/.exec(text.slice(Math.max(began, 0)))?.[1] ?? -1),
    digest: own === null ? '' : createHash('sha256').update(own).digest('hex'),
    recipients: recipients.map(({ address }) => address),
    reported: [...text.matchAll(/^Final-Recipient: rfc822; (\S+)\r$/gim)].map(([, address]) => address ?? ''),
  };
}

createInterface({ input: process.stdin })
  .on('line', (order) => {
    if (order === 'CUT') for (const socket of sockets) socket.destroy();
    else spell = SPELLS[order as keyof typeof SPELLS];
  })
  // Whoever gives the orders has ended.
  .on('close', () => process.exit());

createServer((socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  sessionCount += 1;
  const session: FakePrimarySession = {
    number: sessionCount,
    commands: [],
    isTls: false,
    serverName: null,
    isOpen: true,
    unfinishedBytes: 0,
  };
  const prefix = `${host}-${process.pid}-${sessionCount}`;
  let messageCount = 0;
  let commandsBefore: number | null = null;
  let dataAt = 0;
  const keyOf = (count: number): string => `${prefix}-${count}.`;
  serveSession({
    socket,
    session,
    modes: () => ({
      ...PLAIN_MODES,
      tarpitMs: TARPIT_MS,
      dot: `250 2.0.0 Taken as ${keyOf(messageCount + 1)}`,
      ...spell,
    }),
    certificate,
    greylisted,
    onRcpt: () => undefined,
    onMessage: (message) => {
      messageCount += 1;
      commandsBefore = session.commands.length;
      const node = session.commands.findLast((command) => command.startsWith('EHLO '))?.slice(5) ?? '';
      const described = describeMessage(message);
      write({ kind: 'MESSAGE', key: keyOf(messageCount), dataAt, at: Date.now(), node, ...described });
      process.stdout.write(`${node}\n`);
    },
    onChange: () => {
      if (session.commands.at(-1)?.toUpperCase() === 'DATA') dataAt = Date.now();
      if (commandsBefore === null || session.commands.length === commandsBefore) return;
      commandsBefore = null;
      write({ kind: 'NEXT', key: keyOf(messageCount) });
    },
  });
}).listen(Number(port), host, () => process.stdout.write('ready\n'));
