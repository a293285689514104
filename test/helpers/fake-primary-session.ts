/**
 * One session of the fake primary: reads commands and content from raw bytes and answers as its modes say.
 */
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { TestCertificate } from './certificate.ts';
import { type FakePrimaryModes, LOCAL_PARTS, type LocalPartBehaviour } from './fake-primary-modes.ts';

export interface ReceivedRecipient {
  readonly address: string;
  /** What stands after the path: `NOTIFY=NEVER ORCPT=…`. */
  readonly parameters: string;
}

export interface ReceivedMessage {
  readonly reversePath: string;
  readonly mailParameters: string;
  readonly recipients: readonly ReceivedRecipient[];
  /** Byte for byte after un-stuffing, without the final dot. */
  readonly content: Buffer;
  /** As it came, with the final dot. */
  readonly wire: Buffer;
  readonly isTls: boolean;
  readonly sessionNumber: number;
}

export interface FakePrimarySession {
  readonly number: number;
  readonly commands: string[];
  isTls: boolean;
  /** What SNI said; false when it said nothing, null in clear. */
  serverName: string | false | null;
  isOpen: boolean;
  /** Octets of content of a message that never got its dot. */
  unfinishedBytes: number;
}

/** One RCPT and what came of it. */
export interface AskedRecipient {
  readonly address: string;
  readonly parameters: string;
  readonly reversePath: string;
  readonly mailParameters: string;
  /** Null where the connection was dropped instead. */
  readonly reply: string | null;
  readonly sessionNumber: number;
}

export interface SessionParts {
  readonly socket: Socket;
  readonly session: FakePrimarySession;
  readonly modes: () => FakePrimaryModes;
  readonly certificate: TestCertificate;
  readonly greylisted: Set<string>;
  readonly onMessage: (message: ReceivedMessage) => void;
  readonly onRcpt: (asked: AskedRecipient) => void;
  readonly onChange: () => void;
}

const CONTENT_END = '\r\n.\r\n';

/** Returns the function that cuts the connection, the TLS one once there is one. */
export function serveSession(parts: SessionParts): () => void {
  const { session, modes, onMessage, onChange } = parts;
  let socket: Socket = parts.socket;
  let buffer = Buffer.alloc(0);
  let isInContent = false;
  let reversePath: string | null = null;
  let mailParameters = '';
  let recipients: ReceivedRecipient[] = [];
  let messageCount = 0;
  const state = { isSilent: false };
  let work = Promise.resolve();

  /** Replies already given still arrive; then the connection is gone. */
  const drop = (): void => {
    state.isSilent = true;
    socket.end(() => socket.destroy());
  };
  const behaviours = (): LocalPartBehaviour[] => recipients.map(({ address }) => behaviourOf(address));

  const reply = async (text: string): Promise<void> => {
    if (state.isSilent) return;
    const { tarpitMs, replyStyle, replyGate } = modes();
    if (replyGate !== null) await replyGate();
    if (tarpitMs > 0) await new Promise((resolve) => setTimeout(resolve, tarpitMs));
    for (const piece of style(text, replyStyle)) {
      if (socket.destroyed) return;
      socket.write(piece);
      if (replyStyle === 'ONE_CHARACTER') await new Promise((resolve) => setImmediate(resolve));
    }
  };
  /** True when the step goes on. */
  const enter = (step: NonNullable<FakePrimaryModes['silentAt']>): boolean => {
    const { dropAt, silentAt } = modes();
    if (silentAt === step) state.isSilent = true;
    if (dropAt === step) drop();
    return dropAt !== step && !state.isSilent;
  };
  const clear = (): void => {
    reversePath = null;
    recipients = [];
  };

  const onCommand = async (line: string): Promise<void> => {
    session.commands.push(line);
    onChange();
    const verb = /^[A-Za-z]*/.exec(line)?.[0].toUpperCase() ?? '';
    switch (verb) {
      case 'EHLO':
        clear();
        if (enter('EHLO')) await reply(modes().ehlo ?? ehloReply(modes(), session.isTls));
        return;
      case 'HELO':
        clear();
        return reply(modes().helo ?? '250 primary.example');
      case 'STARTTLS':
        return startTls();
      case 'MAIL':
        return onMail(line);
      case 'RCPT':
        return onRcpt(line);
      case 'DATA':
        return onData();
      case 'RSET':
        clear();
        return reply(modes().rset ?? '250 2.0.0 Reset');
      case 'XFORWARD':
        if (modes().xforward === null) return reply('502 5.5.1 Not offered');
        return reply(modes().xforwardReply ?? (reversePath === null ? '250 2.0.0 Ok' : '503 5.5.1 Not within'));
      case 'NOOP':
        return reply('250 2.0.0 OK');
      case 'QUIT':
        await reply('221 2.0.0 Bye');
        drop();
        return;
      default:
        return reply('500 5.5.2 What?');
    }
  };

  const onMail = async (line: string): Promise<void> => {
    if (!enter('MAIL')) return;
    if (messageCount >= modes().messagesPerSession) {
      await reply('421 4.7.0 Enough messages for one session');
      drop();
      return;
    }
    const match = /^MAIL FROM:<(.*?)>(?: (.*))?$/i.exec(line);
    if (reversePath !== null) return reply('503 5.5.1 Sender already given');
    if (match === null) return reply('501 5.5.4 Syntax error');
    const [, givenPath = '', givenParameters = ''] = match;
    await modes().mailGate?.(session.number);
    const answer = modes().mailVerdict?.(givenPath) ?? modes().mailFrom ?? '250 2.1.0 Sender OK';
    if (answer.startsWith('250')) {
      reversePath = givenPath;
      mailParameters = givenParameters;
    }
    await reply(answer);
    if (answer.startsWith('421')) drop();
  };

  const onRcpt = async (line: string): Promise<void> => {
    if (!enter('RCPT')) return;
    const match = /^RCPT TO:<((?:"(?:[^"\\]|\\.)*"|[^>])*)>(?: (.*))?$/i.exec(line);
    if (match === null) return reply('501 5.5.4 Syntax error');
    if (reversePath === null) return reply('503 5.5.1 Need MAIL');
    const [, address = '', parameters = ''] = match;
    const behaviour = behaviourOf(address);
    if (behaviour.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, behaviour.delayMs));
    const asked = { address, parameters, reversePath, mailParameters, sessionNumber: session.number };
    if (behaviour.drop === 'AT_RCPT' || behaviour.isSilent === true) {
      parts.onRcpt({ ...asked, reply: null });
      if (behaviour.drop === 'AT_RCPT') return drop();
      state.isSilent = true;
      return;
    }
    const isKnown = parts.greylisted.has(address);
    const isRefused = behaviour.rcpt !== undefined && !(behaviour.isOnce && isKnown);
    parts.greylisted.add(address);
    const usual = isRefused ? behaviour.rcpt : '250 2.1.5 Recipient OK';
    const answer =
      modes().rcptVerdict?.(address, reversePath) ??
      modes().rcpt ??
      (modes().greylisting && !isKnown ? '451 4.7.1 Greylisted, please try again' : usual);
    parts.onRcpt({ ...asked, reply: answer });
    if (answer.startsWith('250')) recipients.push({ address, parameters });
    await reply(answer);
    if (answer.startsWith('421')) drop();
  };

  const onData = async (): Promise<void> => {
    if (!enter('DATA')) return;
    const answer = modes().data;
    if (recipients.length === 0) return reply(answer ?? '503 5.5.1 No valid recipients');
    isInContent = answer === null || answer.startsWith('354');
    if (isInContent && modes().stopsReading) socket.pause();
    await reply(answer ?? '354 Go ahead');
  };

  const onContent = async (wire: Buffer): Promise<void> => {
    session.unfinishedBytes = 0;
    const silent = !enter('DOT');
    const behaviour = behaviours();
    if (behaviour.some(({ drop }) => drop === 'AFTER_DOT')) return drop();
    await modes().dotGate?.(wire.length);
    const answer = modes().dot ?? behaviour.find(({ dot }) => dot !== undefined)?.dot ?? '250 2.0.0 Taken';
    if (answer.startsWith('250')) {
      const content = unstuff(wire);
      const { number: sessionNumber, isTls } = session;
      onMessage({ reversePath: reversePath ?? '', mailParameters, recipients, content, wire, isTls, sessionNumber });
    }
    messageCount += 1;
    clear();
    if (!silent) await reply(answer);
  };

  const startTls = async (): Promise<void> => {
    const mode = modes().startTls;
    if (modes().dropAt === 'STARTTLS') return drop();
    if (mode === 'REFUSED') return reply('454 4.7.0 TLS not available');
    // What comes in the same segment as 220 was said before TLS: a client must forget it (RFC 3207).
    await reply(mode === 'INJECTED' ? '220 Go ahead\r\n250-injected.example\r\n250 SIZE 1' : '220 Go ahead');
    if (mode === 'BROKEN') {
      socket.removeAllListeners('data');
      socket.once('data', () => socket.end('no TLS here\r\n'));
      return;
    }
    socket.removeAllListeners('data');
    const plain = socket;
    const secureContext = createSecureContext(parts.certificate);
    const secured = new TLSSocket(plain, { isServer: true, secureContext });
    secured.on('secure', () => {
      session.serverName = (secured as TLSSocket & { servername?: string | false }).servername ?? false;
    });
    socket = secured;
    buffer = Buffer.alloc(0);
    session.isTls = true;
    listen();
  };

  const consume = async (): Promise<void> => {
    while (!socket.destroyed && !state.isSilent) {
      if (isInContent) {
        if (behaviours().some(({ drop }) => drop === 'IN_CONTENT') && buffer.length > 0) return drop();
        const end = endOfContent(buffer);
        session.unfinishedBytes = buffer.length;
        if (end === -1) return;
        const wire = Buffer.from(buffer.subarray(0, end));
        buffer = buffer.subarray(end);
        isInContent = false;
        await onContent(wire);
      } else {
        const end = buffer.indexOf('\r\n');
        if (end === -1) return;
        const line = buffer.toString('utf8', 0, end);
        buffer = buffer.subarray(end + 2);
        await onCommand(line);
      }
    }
  };

  const listen = (): void => {
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      work = work.then(consume);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      session.isOpen = false;
      onChange();
    });
  };

  listen();
  if (enter('GREETING')) {
    const { greeting } = modes();
    work = work.then(() => reply(greeting ?? '220 primary.example ESMTP'));
    if (greeting !== null && !greeting.startsWith('220')) work = work.then(drop);
  }
  return () => {
    socket.destroy();
    parts.socket.destroy();
  };
}

function behaviourOf(address: string): LocalPartBehaviour {
  const localPart = address.slice(0, address.lastIndexOf('@')).split('+')[0] ?? '';
  return Object.hasOwn(LOCAL_PARTS, localPart) ? (LOCAL_PARTS[localPart] ?? {}) : {};
}

function ehloReply(modes: FakePrimaryModes, isTls: boolean): string {
  const keywords = ['ENHANCEDSTATUSCODES'];
  if (modes.pipelining) keywords.push('PIPELINING');
  if (modes.eightBitMime) keywords.push('8BITMIME');
  if (modes.smtpUtf8) keywords.push('SMTPUTF8');
  if (modes.dsn) keywords.push('DSN');
  if (modes.xforward !== null) keywords.push(`XFORWARD ${modes.xforward}`);
  if (modes.sizeLimitBytes !== null) keywords.push(`SIZE ${modes.sizeLimitBytes}`);
  if (modes.startTls !== 'ABSENT' && !isTls) keywords.push('STARTTLS');
  const lines = ['primary.example', ...keywords];
  return lines.map((line, index) => `250${index < lines.length - 1 ? '-' : ' '}${line}`).join('\r\n');
}

function style(text: string, replyStyle: FakePrimaryModes['replyStyle']): string[] {
  const isPlainReply = /^\d{3} [^\r]*$/.test(text);
  if (replyStyle === 'MULTILINE' && isPlainReply && !text.startsWith('354')) {
    return [`${text.slice(0, 3)}-first line\r\n${text.slice(0, 3)}-second line\r\n${text}\r\n`];
  }
  if (replyStyle === 'LONG_LINE' && isPlainReply) return [`${text} ${'x'.repeat(600 - text.length)}\r\n`];
  return replyStyle === 'ONE_CHARACTER' ? `${text}\r\n`.split('') : [`${text}\r\n`];
}

/** Octets up to and with the final dot, or -1. */
function endOfContent(buffer: Buffer): number {
  if (buffer.subarray(0, 3).toString('latin1') === '.\r\n') return 3;
  const at = buffer.indexOf(CONTENT_END);
  return at === -1 ? -1 : at + CONTENT_END.length;
}

function unstuff(wire: Buffer): Buffer {
  const content = wire.subarray(0, wire.length - 3).toString('latin1');
  return Buffer.from(content.replace(/(^|\r\n)\./g, '$1'), 'latin1');
}
