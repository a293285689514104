/**
 * Opens SMTP sessions to one address of a next hop (RFC 5321), with STARTTLS (RFC 3207) as tls-demand.ts says.
 *
 * Where a demand allows clear text and the handshake fails, the address is dialled once more in clear; where it does not, no
 * command but EHLO and STARTTLS leaves before the peer has satisfied it (tls-verdict.ts), and failure is TLS trouble.
 *
 * Expected trouble is a value, never an exception. Only this file knows nodemailer here: it speaks until the last reply to EHLO, TLS
 * included; every timeout is ours, and all that comes behind (smtp-link.ts, smtp-session.ts).
 * Does not choose hosts, does not judge replies.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import SMTPConnection, { type SMTPError } from 'nodemailer/lib/smtp-connection';
import type { HostTrouble } from '../mail/outcome.ts';
import { noAnswer, readAnswer, unaskedAnswer, unaskedWords } from './answer.ts';
import { readOffers, type SmtpOffers } from './commands.ts';
import { dial } from '../dns/dial.ts';
import { createLink, MOST_UNHEARD_BYTES, type SmtpLink, WIRE_CHECK_MS } from './link.ts';
import { createSession, type SmtpSession } from './session.ts';
import { MAX_REPLY_BYTES } from './replies.ts';
import type { SmtpTimeouts } from './timeouts.ts';
import { allowsClearText, type TlsDemand, verifiedBy } from '../tls/demand.ts';
import { LET_PASS, readPeer } from '../tls/peer.ts';
import { whyNotSatisfied } from '../tls/verdict.ts';
import { createWatchdog } from './watchdog.ts';

export interface OpenOptions {
  /** The next hop's name: SNI, never resolved here. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Ours to connect from; absent: as the machine routes. */
  readonly localAddress?: string | undefined;
  /** What we call ourselves in EHLO. */
  readonly ehloName: string;
  readonly timeouts: SmtpTimeouts;
  readonly tls: TlsDemand;
  /** Hears what a demand of TESTING would have failed for. */
  readonly onTestingFault?: ((fault: string) => void) | undefined;
  /** PEM certificates of authorities in place of the runtime's. */
  readonly authorities?: readonly string[] | undefined;
  /** Aborting cuts the connection at once. */
  readonly signal?: AbortSignal | undefined;
  /** Content goes out in pieces of this size, so that progress shows and an abort can stop between two. */
  readonly blockBytes?: number | undefined;
}

export type OpenResult = { readonly kind: 'OPEN'; readonly session: SmtpSession } | OpenFailure;

export type OpenFailure =
  /** `reply`: the peer's words, or ours in brackets. */
  | { readonly kind: 'TROUBLE'; readonly trouble: HostTrouble; readonly reply: string }
  /** The signal was aborted: says nothing about the host. */
  | { readonly kind: 'STOPPED'; readonly reply: string };

/** nodemailer's own timeouts stay out of the way of ours. */
const NEVER_MS = 24 * 3_600_000;
const DEFAULT_BLOCK_BYTES = 65_536;

type Stage = 'GREETING' | 'EHLO' | 'STARTTLS';

const STAGE_WORDS: { readonly [S in Stage]: string } = {
  GREETING: 'the greeting',
  EHLO: 'the reply to EHLO',
  STARTTLS: 'the TLS handshake',
};

/** A link that has been greeted and, where that was offered, encrypted: ready for its first command. */
export interface GreetedLink {
  readonly kind: 'OPEN';
  readonly link: SmtpLink;
  readonly offers: SmtpOffers;
  /** `TLSv1.3 TLS_AES_256_GCM_SHA384 verified by DANE`, without the last words where nobody was; null for clear text. */
  readonly tls: string | null;
  /** Our own address on this connection, or null. */
  readonly localAddress: string | null;
}

/** Dials, greets and encrypts as demanded. The session is ready for its first message. */
export async function openSession(options: OpenOptions): Promise<OpenResult> {
  const opened = await openLink(options);
  if (opened.kind !== 'OPEN') return opened;
  const { link, offers, tls, localAddress } = opened;
  const blockBytes = options.blockBytes ?? DEFAULT_BLOCK_BYTES;
  return {
    kind: 'OPEN',
    session: createSession({ link, offers, tls, localAddress, timeouts: options.timeouts, blockBytes }),
  };
}

/** As `openSession`, for a dialogue that is no transfer: smtp-probe.ts. */
export async function openLink(options: OpenOptions): Promise<GreetedLink | OpenFailure> {
  const { tls } = options;
  const first = await openOnce(options, tls !== 'NONE');
  const isBrokenTls = first.kind === 'TROUBLE' && first.trouble === 'TLS' && !options.signal?.aborted;
  return isBrokenTls && allowsClearText(tls) ? openOnce(options, false) : first;
}

async function openOnce(options: OpenOptions, useTls: boolean): Promise<GreetedLink | OpenFailure> {
  const { address, port, localAddress, timeouts, signal } = options;
  const dialled = await dial({ address, port, localAddress, timeoutMs: timeouts.connectMs, signal });
  if (dialled.kind !== 'CONNECTED') return dialled;
  const opening = createOpening(options, dialled.socket, useTls);
  const { connection } = opening;
  const failure = (await handshake(opening, dialled.socket, options)) ?? demandTls(connection, options, useTls);
  if (failure !== null) {
    opening.cut();
    return failure;
  }
  return {
    kind: 'OPEN',
    link: opening.takeOver(),
    offers: readOffers(connection.lastServerResponse || ''),
    tls: describeTls(connection, options.tls),
    localAddress: dialled.socket.localAddress ?? null,
  };
}

/** nodemailer's connection for the words before the first message. */
interface Opening {
  readonly connection: SMTPConnection;
  /** Called with each command as it leaves. */
  onCommand: (line: string) => void;
  /** What came behind the last reply already, its lines separated by LF. */
  readonly unread: () => string;
  /** The connection is ours from here on. */
  readonly takeOver: () => SmtpLink;
  readonly cut: () => void;
}

function createOpening(options: OpenOptions, socket: Socket, useTls: boolean): Opening {
  const { host, port, ehloName, tls, authorities } = options;
  const connection = new SMTPConnection({
    // What SNI says.
    host: typeof tls !== 'string' && tls.kind === 'DANE' ? tls.baseDomain : host,
    port,
    connection: socket,
    secure: false,
    name: ehloName,
    ignoreTLS: !useTls,
    tls: authorities === undefined ? LET_PASS : { ...LET_PASS, ca: [...authorities] },
    connectionTimeout: NEVER_MS,
    greetingTimeout: NEVER_MS,
    socketTimeout: NEVER_MS,
    socketCloseTimeout: 0,
    maxResponseSize: MAX_REPLY_BYTES,
  });
  const inside = connection as unknown as Inside;
  const sendCommand = inside._sendCommand.bind(connection);
  const opening: Opening = {
    connection,
    onCommand: () => undefined,
    unread: () => unread(inside),
    takeOver: () => createLink(detach(connection._socket || socket, inside), socket),
    cut: () => {
      connection.close();
      socket.destroy();
    },
  };
  inside._sendCommand = (line, logLine) => {
    opening.onCommand(line);
    sendCommand(line, logLine);
  };
  const processReply = inside._processResponse.bind(connection);
  inside._processResponse = () => processReplies(inside, processReply);
  // An 'error' event without a listener would be thrown; each error also reaches whoever waits.
  connection.on('error', () => undefined);
  return opening;
}

/** Parts of nodemailer 10.6 that its types hide; the version is locked, and tests see each of them at work. */
interface Inside {
  _sendCommand: (line: string, logLine?: string) => void;
  _processResponse: () => void;
  readonly _onError: (error: Error, type: string, response: string, command: string) => void;
  /** Who takes the next reply. */
  readonly _responseActions: ((reply: string) => void)[];
  readonly _responseQueue: readonly string[];
  /** The beginning of a line. */
  readonly _remainder: string;
  readonly _onSocketData: () => void;
  readonly _onSocketTimeout: () => void;
  readonly _onSocketClose: () => void;
  readonly _onSocketEnd: () => void;
  readonly _onSocketError: () => void;
  readonly _onConnectionSocketError: () => void;
}

/** Takes nodemailer off the socket, whose other listeners are its own. */
function detach(socket: Socket, inside: Inside): Socket {
  return socket
    .on('error', () => undefined)
    .removeListener('error', inside._onSocketError)
    .removeListener('error', inside._onConnectionSocketError)
    .removeListener('data', inside._onSocketData)
    .removeListener('timeout', inside._onSocketTimeout)
    .removeListener('close', inside._onSocketClose)
    .removeListener('end', inside._onSocketEnd)
    .setTimeout(0);
}

/**
 * nodemailer processes one reply a turn and forgets those still queued when the connection closes: a recipient's 550 that
 * came just before would be lost. Here all that has come is processed at once.
 *
 * More replies than commands had left: the server is out of step, and what it says belongs to nothing that we shall ask.
 */
function processReplies(inside: Inside, processReply: () => void): void {
  const queue = inside._responseQueue;
  let asked = inside._responseActions.length;
  for (let left = queue.length; inside._responseQueue === queue && left > 0; left -= 1) {
    const isBlank = queue[0]?.trim() === '';
    if (!isBlank && asked === 0) break;
    processReply();
    // What stays is the beginning of a reply.
    if (queue.length === left) return;
    if (!isBlank) asked -= 1;
  }
  const unasked = asked === 0 ? unread(inside) : '';
  // RFC 5321 §3.8: 421 may come at any time. nodemailer ends the session for it.
  if (/^421[ -]/.test(unasked)) processReply();
  else if (unasked !== '') inside._onError(new Error('out of step'), 'EPROTOCOL', unaskedWords(unasked), 'CONN');
}

/** What has come behind the last reply processed, its lines separated by LF. */
function unread({ _responseQueue, _remainder }: Inside): string {
  return _responseQueue.length === 0 ? _remainder.trim() : [..._responseQueue, _remainder].join('\n').trim();
}

function handshake(opening: Opening, wire: Socket, options: OpenOptions): Promise<OpenFailure | null> {
  const { connection } = opening;
  const { timeouts, signal } = options;
  return new Promise((resolve) => {
    let stage: Stage = 'GREETING';
    let isFinished = false;
    const finish = (failure: OpenFailure | null): void => {
      if (isFinished) return;
      isFinished = true;
      clearInterval(check);
      watchdog.stop();
      signal?.removeEventListener('abort', onAbort);
      resolve(failure);
    };
    const fail = (error: SMTPError): void => finish(troubleAt(stage, error));
    const silence = (silence: 'TIMEOUT' | 'DROPPED'): OpenFailure => ({
      kind: 'TROUBLE',
      trouble: stage === 'STARTTLS' ? 'TLS' : silence,
      reply: noAnswer(silence, STAGE_WORDS[stage]).text,
    });
    const check = setInterval(() => {
      if (wire.bytesRead > MOST_UNHEARD_BYTES) finish(silence('DROPPED'));
    }, WIRE_CHECK_MS);
    const onAbort = (): void => finish({ kind: 'STOPPED', reply: noAnswer('STOPPED', STAGE_WORDS[stage]).text });
    const watchdog = createWatchdog(() => finish(silence('TIMEOUT')));
    opening.onCommand = (line) => {
      stage = line === 'STARTTLS' ? 'STARTTLS' : 'EHLO';
      watchdog.expect(timeouts.commandMs, () => timeouts.commandMs);
    };
    watchdog.expect(timeouts.greetingMs, () => timeouts.greetingMs);
    signal?.addEventListener('abort', onAbort);
    connection.once('error', fail);
    connection.once('end', () => finish(silence('DROPPED')));
    connection.connect((error) => {
      if (error !== undefined && error !== null) fail(error);
      else finish(unaskedAfter(opening));
    });
  });
}

/** The failure where more has come than the reply to EHLO; else null. */
function unaskedAfter(opening: Opening): OpenFailure | null {
  const unasked = opening.unread();
  return unasked === '' ? null : { kind: 'TROUBLE', trouble: 'FAULT', reply: unaskedAnswer(unasked).text };
}

function troubleAt(stage: Stage, error: SMTPError): OpenFailure {
  const answer = error.response === undefined ? noAnswer('DROPPED', STAGE_WORDS[stage]) : readAnswer(error.response);
  const { text: reply } = answer;
  // Whatever goes wrong between STARTTLS and the second EHLO: the address may still take mail in clear.
  if (stage === 'STARTTLS') return { kind: 'TROUBLE', trouble: 'TLS', reply };
  return { kind: 'TROUBLE', trouble: TROUBLE_OF_ANSWER[answer.kind], reply };
}

const TROUBLE_OF_ANSWER = { REPLY: 'GREETING', JUNK: 'FAULT', SILENCE: 'DROPPED' } as const;

/** The failure where the connection, which is ready, does not satisfy the demand. */
function demandTls(connection: SMTPConnection, options: OpenOptions, useTls: boolean): OpenFailure | null {
  const { tls, host, onTestingFault } = options;
  if (tls === 'NONE' || tls === 'OPPORTUNISTIC') return null;
  const socket = connection._socket;
  const absence = useTls ? 'STARTTLS is not offered' : 'the TLS handshake fails';
  const fault = socket instanceof TLSSocket ? whyNotSatisfied(tls, host, readPeer(socket)) : absence;
  if (fault === null) return null;
  if (!allowsClearText(tls)) return { kind: 'TROUBLE', trouble: 'TLS', reply: `[TLS: ${fault}]` };
  onTestingFault?.(fault);
  return null;
}

function describeTls(connection: SMTPConnection, demand: TlsDemand): string | null {
  const socket = connection._socket;
  if (!(socket instanceof TLSSocket)) return null;
  const cipher = socket.getCipher();
  return [socket.getProtocol(), cipher.standardName ?? cipher.name].filter(Boolean).join(' ') + verifiedBy(demand);
}
