/**
 * Splits what a client sends into command lines, and hands the octets of a data phase to a receiver of ours.
 *
 * smtp-server 3.21.6 splits the lines; the octets of DATA never reach it. Promises that of an over-long line only a start
 * is kept, that half a line at the end of a connection is no command, that what comes after the end of data is read as
 * commands again only after the reply (RFC 5321 §4.1.1.4, RFC 2920), and that no octet before the greeting is a command.
 */
import { Buffer } from 'node:buffer';
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import type { Receiver } from '../data-phase.ts';
import { type ProxyHeader, readProxyHeader } from '../proxy.ts';
import * as replies from '../replies.ts';
import type { Refusals, Reply } from '../replies.ts';

/** Room for a path and every parameter; RFC 5321 §4.5.3.1.4 asks for 512, the extensions for up to 1,100 more. */
export const MAX_COMMAND_OCTETS = 4096;
/** Octets of commands that cost as much to read as a short command. */
const OCTETS_PER_UNIT = 1024;
/** A chunk and a kept start of a line must fit, or the library ends the session instead of answering 500. */
const LIBRARY_MAX_COMMAND_OCTETS = 1 << 20;

/** The connection, as its parser sees it. */
interface ParserOwner {
  /** Before the greeting no client may speak (RFC 5321 §4.3.1). */
  readonly hasGreeted: () => boolean;
  readonly refuseEarlyTalk: () => void;
  /** Takes what the first octets of a proxy's connection are; never `MORE`. */
  readonly takeProxyHeader: (header: ProxyHeader) => void;
  readonly takeCommand: (line: Buffer, next?: () => void) => void;
  /** Runs the work at once, or in the client's turn. */
  readonly inTurn: (units: number, run: () => void) => void;
  /** Octets for the receiver; what `Receiver.push` returns, or -1 after a fault. */
  readonly push: (receiver: Receiver, chunk: Buffer) => number;
  /** Calls `next` when more octets for the receiver may be read. */
  readonly readOn: (receiver: Receiver, pieceOctets: number, next: () => void) => void;
  /** The end of the data was seen. `resume` goes on with what came after it. */
  readonly endReceiving: (receiver: Receiver, resume: () => void) => void;
  readonly destroySocket: () => void;
}

export class CommandParser extends SMTPStream {
  readonly owner: ParserOwner;
  receiver: Receiver | null = null;
  /** The first octets of a proxy's connection, until it is known whether they are a PROXY header; null: not looked for. */
  firstOctets: Buffer | null = null;

  constructor(owner: ParserOwner) {
    super({ maxCommandLength: LIBRARY_MAX_COMMAND_OCTETS });
    this.owner = owner;
    this.on('error', () => owner.destroySocket());
  }

  override oncommand(command: Buffer, callback?: () => void): void {
    this.owner.takeCommand(command, callback);
  }

  /** Keeps only the start of an over-long line, until its end: then it is one command, answered 500. */
  override _write(chunk: Buffer, encoding: BufferEncoding | 'buffer', next: (error?: Error | null) => void): void {
    if (this.firstOctets !== null) return this.readFirst(Buffer.concat([this.firstOctets, chunk]), encoding, next);
    if (!this.owner.hasGreeted()) {
      this.owner.refuseEarlyTalk();
      return next();
    }
    if (this._dataMode) super._write(chunk, encoding, next);
    else this.owner.inTurn(chunk.length / OCTETS_PER_UNIT, () => this.readCommands(chunk, encoding, next));
  }

  readCommands(chunk: Buffer, encoding: BufferEncoding | 'buffer', next: (error?: Error | null) => void): void {
    let rest = chunk;
    if (!this._dataMode && this._remainder.length > MAX_COMMAND_OCTETS) {
      this._remainder = this._remainder.slice(0, MAX_COMMAND_OCTETS + 1);
      const lf = chunk.indexOf('\n');
      if (lf < 0) return next();
      rest = chunk.subarray(lf);
    }
    super._write(rest, encoding, next);
  }

  expectProxyHeader(): void {
    this.firstOctets = Buffer.alloc(0);
  }

  readFirst(octets: Buffer, encoding: BufferEncoding | 'buffer', next: (error?: Error | null) => void): void {
    const header = readProxyHeader(octets);
    this.firstOctets = header.kind === 'MORE' ? octets : null;
    if (header.kind === 'MORE') return next();
    this.owner.takeProxyHeader(header);
    const rest = header.kind === 'HEADER' ? octets.subarray(header.octetCount) : octets;
    if (header.kind === 'MALFORMED' || rest.length === 0) return next();
    this._write(rest, encoding, next);
  }

  receive(receiver: Receiver): void {
    this.receiver = receiver;
    this._dataMode = true;
  }

  override _feedDataStream(chunk: Buffer, done: (error?: Error | null) => void): void {
    const { receiver } = this;
    if (receiver === null) return done();
    const end = this.owner.push(receiver, chunk);
    if (end < 0) return this.owner.readOn(receiver, chunk.length, done);
    this.receiver = null;
    this._dataMode = false;
    this._remainder = '';
    this.owner.endReceiving(receiver, () => this._write(chunk.subarray(end), 'buffer', done));
  }

  /** The library runs a last line without its end as a command when the client closes; half a command must not run. */
  override _flushData(): void {}
}

/** Commands that exist but are not offered: 502, where an unknown word is 500 (RFC 5321 §4.2.4). */
const NOT_OFFERED = new Set(['AUTH', 'ATRN', 'EXPN', 'LHLO', 'SAML', 'SEND', 'SOML', 'TURN', 'XFORWARD']);

/** Commands with a handler. */
export const OFFERED = new Set([
  'BDAT',
  'DATA',
  'EHLO',
  'ETRN',
  'HELO',
  'HELP',
  'MAIL',
  'NOOP',
  'QUIT',
  'RCPT',
  'RSET',
  'STARTTLS',
  'VRFY',
  'XCLIENT',
]);

/** Our reply instead of the library's; null when the library's may go out as it is. `command` is its upper-case verb. */
export function replaceReply(refusals: Refusals, code: number, text: string, command: string): Reply | null {
  if (code === 500) return NOT_OFFERED.has(command) ? replies.NOT_IMPLEMENTED : replies.UNKNOWN_COMMAND;
  if (code === 503 && text.includes('EHLO')) return replies.GREET_FIRST;
  if (code === 451) return refusals.fault;
  if (code !== 421) return null;
  if (text.includes('talk too soon')) return refusals.talkedTooSoon;
  if (text.includes('HTTP')) return refusals.httpRequest;
  return text.includes('Timeout') ? refusals.timedOut : refusals.shuttingDown;
}
