/**
 * One client's connection: the library's reading and writing, with our dialogue and our replies (RFC 5321 §3.1, §4.1).
 *
 * smtp-server 3.21.6 gives TLS, the idle timer and the look-up of a command's handler; MAIL, RCPT, DATA and their replies
 * are session.ts's. Promises: no wait before the banner unless asked for; no error of ours as 5yz; no command from what was
 * sent in clear before STARTTLS or inside a refused BDAT (RFC 3207, RFC 3030). The library's traps are listed in
 * docs/quirks.md.
 */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SMTPServer } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { CommandParser, MAX_COMMAND_OCTETS, OFFERED, replaceReply } from './command-parser.ts';
import { unitsOf } from '../command-turns.ts';
import { createPace } from '../connection-limits.ts';
import { createChunkDrain, type Receiver } from '../data-phase.ts';
import { ehloOf, type ListenerState } from '../listener-state.ts';
import { type ProxyHeader, parseXclient } from '../proxy.ts';
import { ConnectionAdmission } from '../admission.ts';
import * as replies from '../replies.ts';
import type { Reply } from '../replies.ts';
import { createSession, type Session } from '../session.ts';
import { LARGE_MESSAGE_BYTES } from '../../mail/envelope.ts';

/** A data phase may take `idleMs` and this long for what has come: who sends slower holds a place for nothing. */
const MIN_DATA_OCTETS_PER_MS = 0.5;
/** Content below this goes with the garbage of its own handling, which a runtime does count. */
const UNCOUNTED_OCTETS = 64 * 1024;
/** Octets beyond twice the size limit, stuffed dots and all, earn no more time: they are refused anyway. */
const MAX_COUNTED_SIZES = 2;

/** Errors of one session, between two messages. Honest senders make none or few; a guesser makes no end of them. */
const MAX_ERRORS = 20;
/** The client's own errors in commands, whatever its recipients are; 459 is a guess at a domain (RFC 1985). */
const ERROR_CODES = new Set([459, 500, 501, 502, 503, 504, 553, 555]);

/** The listener, as its connections see it. */
export interface ListeningServer extends SMTPServer {
  readonly state: ListenerState;
  /** Takes a new certificate into use, if there is one. */
  refreshTls(): void;
}

export class Connection extends SMTPConnection {
  readonly state: ListenerState;
  readonly dialogue: Session;
  readonly listener: ListeningServer;
  readonly connectedMs: number;
  /** Since when the client owes us a command, or the data. */
  waitingSinceMs: number;
  /** Octets of the present data phase, or of the present chunk of a refused BDAT. */
  dataOctets = 0;
  dataSinceMs = 0;
  /** Octets of the data have come, and more are not read yet: others have their turn. */
  isHeldBack = false;
  readonly pace = createPace();
  isActive = true;
  isSecured = false;
  readonly admission: ConnectionAdmission;
  fruitlessSinceMs: number;
  hasBroughtMail = false;
  /** Errors in commands since the last message. */
  errorCount = 0;
  /** Work since the last message, in units of command-turns.ts. */
  spentUnits = 0;
  /** Its command waits for its turn: the client owes us nothing. */
  isInLine = false;
  /** Between the final dot and its reply. */
  isFinishing = false;
  endReason = 'lost';
  topSocket: Socket = this._socket;

  constructor(
    listener: ListeningServer,
    socket: Socket | TLSSocket,
    options: SMTPConnectionOptions | null | undefined,
  ) {
    super(listener, socket, options);
    const { state } = listener;
    this.state = state;
    this.listener = listener;
    this.admission = new ConnectionAdmission(state, this);
    this.spentUnits = this.admission.paidUnits;
    this.dialogue = createSession(state.context, { address: this.remoteAddress, share: this.admission.share });
    this.connectedMs = state.context.monotonicMs();
    this.waitingSinceMs = this.connectedMs;
    this.fruitlessSinceMs = this.connectedMs;
    state.open.add(this);
    state.activeCount += 1;
  }

  override _createParser(): CommandParser {
    return new CommandParser(this);
  }

  /** Replaces the library's, which always waits 100 ms before the banner. Its limit on connections is admission.ts's. */
  override init(): void {
    this._setListeners(() => {
      const parser = this._parser;
      if (!this.admission.mayNameClient || !(parser instanceof CommandParser)) return this.admission.begin();
      parser.expectProxyHeader();
      this.admission.awaitProxyHeader(() => (parser.firstOctets?.length ?? 0) > 0);
    });
  }

  takeProxyHeader(header: ProxyHeader): void {
    this.admission.takeProxyHeader(header);
  }

  isGone(): boolean {
    return this._closing || this._closed;
  }

  sendGreeting(): void {
    this._ready = true;
    this.waitingSinceMs = this.state.context.monotonicMs();
    this.say(replies.greeting(this.state.options.hostname));
  }

  drop(reason: string): void {
    this.endReason = reason;
    this.destroySocket();
  }

  hasGreeted(): boolean {
    return this._ready;
  }

  refuseEarlyTalk(): void {
    if (!this.isGone()) this.refuse('CONNECT', this.state.context.refusals.talkedTooSoon);
  }

  /** Writes a reply of ours; 421 also closes. Nothing is written under a handshake: it would break into the TLS records. */
  say(reply: Reply): void {
    this.state.workCount += 1;
    if (reply !== replies.MAIL_WAS_REFUSED && this.isErrorTooMany(reply.line.code)) return this.refuseErrors();
    const socket = this._socket;
    if (!this._upgrading && !socket.destroyed && socket.writable) socket.write(reply.wire, 'latin1');
    if (reply.line.code !== 421) return;
    this.endReason = reply.line.text;
    this.close();
  }

  refuse(command: string, reply: Reply): void {
    this.say(reply.line.rejection === null ? reply : this.dialogue.refuse(command, reply));
  }

  /** The library's own replies come through here; those with another code than ours are replaced. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const text = Array.isArray(data) ? data.join(' ') : (data ?? '');
    const ours = replaceReply(this.state.context.refusals, code, text, context || '');
    if (ours !== null) this.refuse(context || 'SESSION', ours);
    else if (this.isErrorTooMany(code)) this.refuseErrors();
    else super.send(code, data, context);
  }

  isErrorTooMany(code: number): boolean {
    if (ERROR_CODES.has(code)) this.errorCount += 1;
    return ERROR_CODES.has(code) && this.errorCount > MAX_ERRORS;
  }

  refuseErrors(): void {
    this.refuse('SESSION', this.state.context.refusals.tooManyErrors);
  }

  override _isSupported(command: string): boolean {
    return OFFERED.has(command);
  }

  /** For the library's log, which is off. */
  override _redactCredentials(commandName: string): { commandName: string; line: string } {
    return { commandName, line: '' };
  }

  inTurn(units: number, run: () => void): void {
    const { share } = this.admission;
    if (share.isTrusted) return run();
    this.spentUnits += units;
    let hasRun = false;
    this.state.commandTurns.next(share.networks, units, () => {
      hasRun = true;
      // It was we who kept it waiting; an octet that is read at once earns no time.
      if (this.isInLine) this.waitingSinceMs = this.state.context.monotonicMs();
      this.isInLine = false;
      run();
    });
    if (!hasRun) this.isInLine = true;
  }

  takeCommand(command: Buffer, callback?: () => void): void {
    this.inTurn(unitsOf(command), () => this.runCommand(command, callback));
  }

  runCommand(command: Buffer, callback?: () => void): void {
    this._unrecognizedCommands = 0;
    const { admission } = this;
    if (admission.isNaming && !/^XCLIENT[ \t]/i.test(command.toString('latin1', 0, 8))) admission.endNaming();
    if (this._upgrading || this._closing) {
      callback?.();
    } else if (command.length > MAX_COMMAND_OCTETS) {
      this.say(replies.LINE_TOO_LONG);
      this._whenWritable(callback ?? (() => undefined));
    } else {
      this._onCommand(command, callback);
    }
  }

  /** Called after every reply: from here on the client owes us the next command. */
  override _whenWritable(next: () => void): void {
    this.waitingSinceMs = this.state.context.monotonicMs();
    super._whenWritable(next);
  }

  /** RSET, EHLO and the end of a handshake come through here; the library's own envelope is not used. */
  override _resetSession(): void {
    if (!this.secure || this.isSecured) return this.dialogue.reset();
    this.isSecured = true;
    this.waitingSinceMs = this.state.context.monotonicMs();
    const socket = this._socket as TLSSocket;
    const cipher = socket.getCipher();
    // The name RFC 8314 §4.3 records is IANA's; OpenSSL has others for TLS 1.2.
    this.dialogue.secure(`${socket.getProtocol() ?? 'TLS'} ${cipher?.standardName ?? cipher?.name ?? ''}`.trim());
  }

  override handler_EHLO(command: Buffer, callback: () => void): void {
    this.greet(command, true);
    callback();
  }

  override handler_HELO(command: Buffer, callback: () => void): void {
    this.greet(command, false);
    callback();
  }

  greet(command: Buffer, isExtended: boolean): void {
    const name = command.toString('latin1').slice(5).trim();
    if (name === '') return this.say(replies.GREETING_SYNTAX);
    this.hostNameAppearsAs = name;
    this.dialogue.greet(isExtended, name);
    if (isExtended) this.say(ehloOf(this.state, this.secure, this.admission.mayNameClient));
    else this.say(replies.heloReply(this.state.options.hostname));
  }

  override handler_XCLIENT(command: Buffer, callback: () => void): void {
    const request = parseXclient(command.toString('latin1'));
    if (!this.admission.mayNameClient) this.say(replies.XCLIENT_DENIED);
    else if (this.dialogue.isInTransaction()) this.say(replies.XCLIENT_IN_TRANSACTION);
    else if (request === null) this.say(replies.XCLIENT_SYNTAX);
    else {
      this.hostNameAppearsAs = request.ehloName ?? false;
      return this.admission.takeXclient(request, callback);
    }
    callback();
  }

  override handler_MAIL(command: Buffer, callback: () => void): void {
    this.say(this.orFault('MAIL', () => this.dialogue.mail(command.toString('utf8'))));
    callback();
  }

  override handler_RCPT(command: Buffer, callback: () => void): void {
    const answer = (reply: Reply): void => {
      this.say(reply);
      callback();
    };
    this.dialogue
      .rcpt(command.toString('utf8'))
      .then(answer, (error: unknown) => answer(this.faultReply('RCPT', error)));
  }

  override handler_DATA(command: Buffer, callback: () => void): void {
    const begun = this.orFault('DATA', () => this.dialogue.data(command.toString('latin1')));
    if ('wire' in begun) this.say(begun);
    else this.startReceiving(begun, replies.START_DATA);
    callback();
  }

  handler_ETRN(command: Buffer, callback: () => void): void {
    const answer = (reply: Reply): void => {
      this.say(reply);
      callback();
    };
    this.dialogue
      .etrn(command.toString('utf8'))
      .then(answer, (error: unknown) => answer(this.faultReply('ETRN', error)));
  }

  handler_BDAT(command: Buffer, callback: () => void): void {
    const size = /^BDAT[ \t]+([0-9]{1,15})(?:[ \t]+LAST)?[ \t]*$/i.exec(command.toString('latin1'))?.[1];
    if (size === undefined) this.say(replies.BDAT_SYNTAX);
    else if (Number(size) === 0) this.say(replies.BDAT_REFUSED);
    else this.startReceiving(createChunkDrain(Number(size), replies.BDAT_REFUSED), null);
    callback();
  }

  override handler_STARTTLS(command: Buffer, callback: () => void): void {
    this.listener.refreshTls();
    super.handler_STARTTLS(command, callback);
  }

  override handler_QUIT(command: Buffer, callback: () => void): void {
    this.endReason = 'quit';
    super.handler_QUIT(command, callback);
  }

  startReceiving(receiver: Receiver, reply: Reply | null): void {
    if (!(this._parser instanceof CommandParser)) return receiver.abandon();
    this.dataOctets = 0;
    this.dataSinceMs = this.state.context.monotonicMs();
    this.pace.restart(this.dataSinceMs, 0);
    this._parser.receive(receiver);
    if (reply !== null) this.say(reply);
  }

  /** A fault while receiving ends the session: where the data ends is no longer known. */
  push(receiver: Receiver, chunk: Buffer): number {
    this.dataOctets += chunk.length;
    this.state.workCount += 1;
    if (this.dataOctets >= UNCOUNTED_OCTETS) this.state.largeContent.noteRead(chunk.length);
    try {
      return receiver.push(chunk);
    } catch (error) {
      this.state.context.events.fault({ where: 'inbound DATA', error });
      this.refuse('DATA', this.state.context.refusals.brokenOff);
      return -1;
    }
  }

  /** Not while a chunk of BDAT is thrown away, which costs nothing. */
  readOn(receiver: Receiver, pieceOctets: number, next: () => void): void {
    if (!this.dialogue.isInTransaction() || receiver !== this.receiver) return next();
    const { context, largeContent, options } = this.state;
    const { dataSinceMs, dataOctets: octets, admission } = this;
    if (octets < LARGE_MESSAGE_BYTES) return next();
    const askedAtMs = context.monotonicMs();
    this.isHeldBack = true;
    largeContent.next({
      // What will be refused for its size goes after all others.
      startedAtMs: octets > options.messageSizeLimit() ? Infinity : dataSinceMs,
      network: admission.share.networks.at(-1) ?? '',
      octets,
      pieceOctets,
      readOn: () => {
        this.isHeldBack = false;
        // It was we who kept it waiting.
        const heldMs = context.monotonicMs() - askedAtMs;
        this.waitingSinceMs += heldMs;
        this.pace.excuse(heldMs);
        next();
      },
    });
  }

  /** The end of the data was seen: the reply, then what the client pipelined after it. */
  endReceiving(receiver: Receiver, resume: () => void): void {
    this._handlerPending = true;
    this.isFinishing = true;
    receiver.finish().then(
      (reply) => this.answerFinal(reply, resume),
      (error: unknown) => this.answerFinal(this.faultReply('DATA', error), resume),
    );
  }

  answerFinal(reply: Reply, resume: () => void): void {
    this._handlerPending = false;
    this.isFinishing = false;
    if (reply.line.code === 250) this.noteMail();
    this.say(reply);
    if (reply.line.rejection === 'BMX-BYTES') this.endAfter(reply);
    else if (this.state.isClosing) this.shutDown();
    else this._whenWritable(resume);
  }

  noteMail(): void {
    this.errorCount = 0;
    this.hasBroughtMail = true;
    if (this.spentUnits > 0) this.state.commandTurns.giveBack(this.admission.share.networks, this.spentUnits);
    this.spentUnits = 0;
    if (this.dataOctets < LARGE_MESSAGE_BYTES) this.state.largeContent.noteSmall();
    this.fruitlessSinceMs = this.state.context.monotonicMs();
  }

  /** Reads nothing of what the client pipelined after content with unsafe bytes: it may have been meant as content. */
  endAfter(reply: Reply): void {
    this.endReason = reply.line.text;
    this.close();
  }

  orFault<T>(command: string, work: () => T): T | Reply {
    try {
      return work();
    } catch (error) {
      return this.faultReply(command, error);
    }
  }

  faultReply(command: string, error: unknown): Reply {
    this.state.context.events.fault({ where: `inbound ${command}`, error });
    return this.dialogue.refuse(command, this.state.context.refusals.fault);
  }

  get receiver(): Receiver | null {
    return this._parser instanceof CommandParser ? this._parser.receiver : null;
  }

  /** Ends a session whose client keeps us waiting. The library's idle timer alone starts anew with every octet. */
  checkTime(nowMs: number): void {
    if (this._closing || this._handlerPending || this.isHeldBack) return;
    const { sessionMs } = this.state.timeouts;
    const idleMs = this.isExempt() ? this.state.timeouts.idleMs : this.state.places.patienceMs();
    const countedOctets = Math.min(this.dataOctets, MAX_COUNTED_SIZES * this.state.options.messageSizeLimit());
    const allowedMs = this.receiver === null ? idleMs : idleMs + countedOctets / MIN_DATA_OCTETS_PER_MS;
    const isOverdue = !this.isInLine && (nowMs - this.waitingSinceMs > allowedMs || this.isTooSlow(nowMs));
    const ageMs = nowMs - this.connectedMs;
    const isOld = this.receiver === null && ageMs > sessionMs * (this.dialogue.isInTransaction() ? 2 : 1);
    if (!isOverdue && !isOld) return;
    if (this._upgrading) this.destroySocket();
    else this.refuse('SESSION', this.state.context.refusals.timedOut);
  }

  /** Whether its data comes too slowly, where others wait for the memory or the place. */
  isTooSlow(nowMs: number): boolean {
    if (this.receiver === null || this.isExempt() || !this.state.places.isStressed()) {
      this.pace.restart(nowMs, this.dataOctets);
      return false;
    }
    return this.pace.isTooSlow(nowMs, this.dataOctets);
  }

  /** No limit applies to a trusted client; of a proxy it is not known before it has said for whom it speaks. */
  isExempt(): boolean {
    const { share, isUnnamed } = this.admission;
    return share.isTrusted && !(isUnnamed && this.hostNameAppearsAs === false);
  }

  mayGiveWay(): boolean {
    const isBusy = this._handlerPending || this.isFinishing || this.receiver !== null;
    return this.isActive && !this.isGone() && !isBusy && !this.isExempt();
  }

  giveWay(): void {
    this.leave('SESSION', this.state.context.refusals.displaced);
  }

  reject(reply: Reply): void {
    this.leave('CONNECT', reply);
  }

  /** Frees the place and the socket at once; a client that does not close its side holds neither. */
  leave(command: string, reply: Reply): void {
    if (this.isActive) this.state.activeCount -= 1;
    this.isActive = false;
    this.refuse(command, reply);
    if (this._upgrading) {
      this.endReason = reply.line.text;
      this.destroySocket();
    } else this._socket.destroySoon();
  }

  /** Leaves alone only who waits for the reply to a final dot. */
  shutDown(): void {
    if (this.isFinishing) return;
    if (this._upgrading) return this.destroySocket();
    this.say(this.state.context.refusals.shuttingDown);
    this._socket.destroySoon();
  }

  destroySocket(): void {
    this.topSocket.destroy();
  }

  /** Under a handshake `_socket` is still the raw one, and destroying that from below may crash Node. */
  override _armTimeout(socket: Socket = this._socket): void {
    this.topSocket = socket;
    super._armTimeout(socket);
  }

  override close(): void {
    super.close();
    if (this.isActive) this.state.activeCount -= 1;
    this.isActive = false;
  }

  override _onClose(): void {
    if (this._closed) return;
    this.receiver?.abandon();
    // After the final dot the message goes its way.
    if (!this.isFinishing) this.dialogue.reset();
    super._onClose();
    const { state, remoteAddress, endReason: reason } = this;
    this.admission.share.returnConnection();
    if (this.isActive) state.activeCount -= 1;
    this.isActive = false;
    state.open.delete(this);
    const durationMs = state.context.monotonicMs() - this.connectedMs;
    state.context.events.disconnected({ clientAddress: remoteAddress, reason, durationMs });
    if (state.open.size === 0) state.onEmpty();
  }
}
