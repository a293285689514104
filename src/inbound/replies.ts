/**
 * Everything the listener says, one constant per reply (RFC 5321 §4.2, RFC 2034, RFC 3463).
 *
 * Promises that a reply is one line of printable ASCII of at most 512 octets (RFC 5321 §4.5.3.1.5), that a refusal with a
 * rejection code ends with the code and the address of its page, and that trouble of our own is never 5yz.
 * Does not decide when a reply is given: session.ts, admission.ts and connection.ts do.
 */
import type { RejectionCode, ReplyLine } from '../policy/decision.ts';
import { XCLIENT_ATTRIBUTES } from './proxy.ts';

/** A reply ready for the wire, with what the log and the metrics say about it. */
export interface Reply {
  /** With its CRLF. */
  readonly wire: string;
  readonly line: ReplyLine;
}

/** RFC 5321 §4.5.3.1.5, CRLF included. */
const MAX_REPLY_OCTETS = 512;

/**
 * Formats one reply: codes, text, and for a refusal `(reference …) BMX-… <publicUrl>/reject/BMX-…`.
 *
 * @param reference what a sender may quote, so that its refusal is found again
 */
export function formatReply(line: ReplyLine, publicUrl: string, reference: string | null = null): Reply {
  const head = line.enhancedCode === '' ? `${line.code} ` : `${line.code} ${line.enhancedCode} `;
  const mark = reference === null ? '' : ` (reference ${reference})`;
  const tail = line.rejection === null ? '' : `${mark} ${line.rejection} ${publicUrl}/reject/${line.rejection}`;
  const room = Math.max(0, MAX_REPLY_OCTETS - 2 - head.length - tail.length);
  const text = line.text.replace(/[^ -~]/g, '?').slice(0, room);
  return { wire: `${head}${text}${tail}\r\n`, line };
}

function plain(code: number, enhancedCode: string, text: string): Reply {
  return formatReply({ code, enhancedCode, text, rejection: null }, '');
}

// Positive replies.
export const MAIL_OK = plain(250, '2.1.0', 'sender ok');
export const RCPT_OK = plain(250, '2.1.5', 'recipient ok');
/** RFC 2034: no enhanced code in 3yz. */
export const START_DATA = plain(354, '', 'end data with <CR><LF>.<CR><LF>');

/** The 250 after COMMIT. */
export function acceptedReply(transactionId: string): Reply {
  return plain(250, '2.0.0', `accepted as ${transactionId}`);
}

interface EhloOffer {
  readonly hostname: string;
  readonly limitBytes: number;
  readonly isSecure: boolean;
  /** The client is a trusted proxy. */
  readonly offersXclient: boolean;
}

/** The EHLO keywords; STARTTLS only in clear (RFC 3207 §4.2). No enhanced code in these replies (RFC 2034). */
export function ehloReply({ hostname, limitBytes, isSecure, offersXclient }: EhloOffer): Reply {
  const keywords = ['PIPELINING', `SIZE ${limitBytes}`, ...(isSecure ? [] : ['STARTTLS'])];
  if (offersXclient) keywords.push(`XCLIENT ${XCLIENT_ATTRIBUTES}`);
  const lines = [hostname, ...keywords, 'ENHANCEDSTATUSCODES', '8BITMIME', 'DSN', 'ETRN', 'SMTPUTF8'];
  const wire = lines.map((line, at) => `250${at === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join('');
  return { wire, line: { code: 250, enhancedCode: '', text: lines.join(' '), rejection: null } };
}

export function greeting(hostname: string): Reply {
  return plain(220, '', `${hostname} ESMTP`);
}

export function heloReply(hostname: string): Reply {
  return plain(250, '', hostname);
}

// Syntax and sequence.
export const GREETING_SYNTAX = plain(501, '', 'syntax: EHLO hostname');
export const GREET_FIRST = plain(503, '5.5.1', 'send EHLO or HELO first');
export const LINE_TOO_LONG = plain(500, '5.5.2', 'command line too long');
export const UNKNOWN_COMMAND = plain(500, '5.5.2', 'command not recognized');
export const NOT_IMPLEMENTED = plain(502, '5.5.1', 'command not implemented');
export const BDAT_REFUSED = plain(502, '5.5.1', 'BDAT not implemented, chunk discarded; use DATA');
/** Without the chunk's size its end is unknown, and its octets must not be read as commands (RFC 3030). */
export const BDAT_SYNTAX = plain(421, '4.5.2', 'BDAT not implemented, and the end of this chunk is unknown; closing');
export const XCLIENT_DENIED = plain(550, '5.7.0', 'XCLIENT is for trusted proxies');
export const XCLIENT_SYNTAX = plain(
  501,
  '5.5.4',
  `syntax: XCLIENT attribute=value; attributes are ${XCLIENT_ATTRIBUTES}`,
);
export const XCLIENT_IN_TRANSACTION = plain(503, '5.5.1', 'XCLIENT between MAIL and the end of data; RSET first');
export const NESTED_MAIL = plain(503, '5.5.1', 'nested MAIL command; RSET first');
export const NEED_MAIL = plain(503, '5.5.1', 'need MAIL command first');
/** RFC 2920: what was pipelined after a MAIL that was refused. No error of the client's own. */
export const MAIL_WAS_REFUSED = plain(503, '5.5.1', 'MAIL was refused, so there is no transaction');
export const NEED_RECIPIENT = plain(503, '5.5.1', 'need RCPT command first');
/** RFC 2920: DATA pipelined after recipients that were all refused. */
export const NO_VALID_RECIPIENTS = plain(554, '5.5.1', 'no valid recipients');
export const MAIL_SYNTAX = plain(501, '5.5.4', 'syntax: MAIL FROM:<address> [parameters]');
export const RCPT_SYNTAX = plain(501, '5.5.4', 'syntax: RCPT TO:<address> [parameters]');
export const DATA_SYNTAX = plain(501, '5.5.4', 'syntax: DATA');
export const TOO_MANY_RECIPIENTS = plain(
  452,
  '4.5.3',
  'too many recipients in one transaction; send the rest in another',
);
// ETRN (RFC 1985 §5). Who may not start a domain's queue does not learn whether it is served.
export const ETRN_SYNTAX = plain(501, '5.5.4', 'syntax: ETRN domain');
export const ETRN_IN_TRANSACTION = plain(503, '5.5.1', 'ETRN between MAIL and the end of data; RSET first');
export const ETRN_NO_QUEUE = plain(458, '4.3.3', 'queues have no names of their own here; send ETRN domain');
export const ETRN_UNABLE = plain(458, '4.3.0', 'cannot start the queue now; try again later');
export const ETRN_PAUSED = plain(458, '4.3.2', 'delivery for this node is paused by its operator');
export const ETRN_TOO_OFTEN = plain(458, '4.7.0', 'asked for less than a minute ago; wait');
export const ETRN_NOT_ALLOWED = plain(459, '4.7.1', 'node not allowed: not served here, or not from your address');

export function etrnStarted(node: string): Reply {
  return plain(250, '2.0.0', `queuing for node ${node} started`);
}

export function etrnNothing(node: string): Reply {
  return plain(251, '2.0.0', `no messages waiting for node ${node}`);
}

export function etrnPending(node: string, count: number): Reply {
  return plain(253, '2.0.0', `${count} pending messages for node ${node} started`);
}

/** RFC 6531 §3.5: a non-ASCII address in a transaction without SMTPUTF8. */
export const NEEDS_SMTPUTF8 = plain(553, '5.6.7', 'non-ASCII address needs the SMTPUTF8 parameter of MAIL');

export function badReversePath(reason: string): Reply {
  return plain(501, '5.1.7', `bad reverse-path: ${reason}`);
}

export function badForwardPath(reason: string): Reply {
  return plain(501, '5.1.3', `bad forward-path: ${reason}`);
}

/** RFC 5321 §4.1.1.11. */
export function unknownParameter(name: string): Reply {
  return plain(555, '5.5.4', `parameter ${name} not recognized`);
}

export function badParameter(name: string, reason: string): Reply {
  return plain(501, '5.5.4', `bad ${name} parameter: ${reason}`);
}

/** Refusals with a page of their own, formatted once per listener; each is sent with a reference of its own (session.ts). */
export interface Refusals {
  readonly tooBig: (limitBytes: number) => Reply;
  readonly busy: Reply;
  readonly storeDown: Reply;
  readonly storeFull: Reply;
  readonly fault: Reply;
  readonly unsafeBytes: Reply;
  readonly loop: Reply;
  readonly tooManyConnections: Reply;
  readonly tooManyFromClient: Reply;
  readonly displaced: Reply;
  readonly barred: Reply;
  readonly tooManyMessages: Reply;
  readonly tooManyRecipients: Reply;
  readonly talkedTooSoon: Reply;
  readonly tooManyErrors: Reply;
  readonly httpRequest: Reply;
  readonly shuttingDown: Reply;
  readonly timedOut: Reply;
  readonly brokenOff: Reply;
  readonly format: (line: ReplyLine, reference?: string) => Reply;
}

/** Builds the refusals of a listener whose codes are explained below `publicUrl`. */
export function createRefusals(publicUrl: string): Refusals {
  const base = publicUrl.replace(/\/+$/, '');
  const format = (line: ReplyLine, reference?: string): Reply => formatReply(line, base, reference);
  const refuse = (code: number, enhancedCode: string, text: string, rejection: RejectionCode | null): Reply =>
    format({ code, enhancedCode, text, rejection });
  const limited = (text: string): Reply => refuse(421, '4.7.0', text, 'BMX-LIMIT');
  return {
    tooBig: (limitBytes) => refuse(552, '5.3.4', tooBigText(limitBytes), 'BMX-SIZE'),
    busy: refuse(452, '4.3.1', 'too many messages in transit here; try again later', 'BMX-BUSY'),
    storeDown: refuse(451, '4.3.0', 'cannot store mail now; try again later', 'BMX-STORE'),
    storeFull: refuse(452, '4.3.1', 'not enough room to store mail now; try again later', 'BMX-STORE'),
    fault: refuse(451, '4.3.0', 'local error, nothing stored; try again later', 'BMX-STORE'),
    unsafeBytes: refuse(550, '5.5.2', 'message contains a bare CR, a bare LF or a NUL; lines end in CRLF', 'BMX-BYTES'),
    loop: refuse(554, '5.4.6', 'mail loop: too many Received fields, or it has passed here before', 'BMX-LOOP'),
    tooManyConnections: limited('too many connections; try again later'),
    tooManyFromClient: limited('too many connections from your address or its network; try again later'),
    displaced: limited('no place is left, and this connection brought no mail; try again later'),
    barred: limited('too many unknown mailboxes asked for from your address; try again later'),
    tooManyMessages: limited('too many messages a minute from your address; try again later'),
    tooManyRecipients: limited('too many recipients a minute from your address; try again later'),
    talkedTooSoon: limited('you spoke before the greeting; wait for 220'),
    tooManyErrors: limited('too many errors in one session'),
    httpRequest: limited('this is SMTP, not HTTP'),
    shuttingDown: refuse(421, '4.3.2', 'service shutting down; try again later', null),
    timedOut: refuse(421, '4.4.2', 'timeout, closing connection', 'BMX-LIMIT'),
    brokenOff: refuse(421, '4.3.0', 'local error, nothing stored, closing; try again later', 'BMX-STORE'),
    format,
  };
}

function tooBigText(limitBytes: number): string {
  return `message larger than the limit of ${limitBytes} bytes; send a smaller one, or a link to the file`;
}
