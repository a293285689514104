/**
 * The SMTP listener: the only file that knows smtp-server 3.21.6 and its internals (RFC 5321 §3.1, §4.1; RFC 3207).
 *
 * The library gives sockets, line splitting, TLS, idle timeouts and the count of unknown commands. MAIL, RCPT, DATA and
 * their replies are session.ts's, and the octets of the data phase are bytes.ts's, before the library un-stuffs dots.
 * Promises: no wait before the banner unless asked for; no error of ours as 5yz; no command from what was sent in clear
 * before STARTTLS or inside a refused BDAT. The library's traps are listed in docs/quirks.md.
 */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { createSecureContext, type TLSSocket } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { createChunkDrain, type Receiver } from './data-phase.ts';
import { ehloOf, type House } from './house.ts';
import * as replies from './replies.ts';
import type { Reply } from './replies.ts';
import { createSession, type Session } from './session.ts';
import type { TlsMaterial } from './tls-material.ts';

/** Room for a path and every parameter; RFC 5321 §4.5.3.1.4 asks for 512, the extensions for up to 1,100 more. */
const MAX_COMMAND_OCTETS = 4096;
/** A chunk and a kept start of a line must fit, or the library ends the session instead of answering 500. */
const LIBRARY_MAX_COMMAND_OCTETS = 1 << 20;
/** A data phase may take `idleMs` and this long for what has come: who sends slower holds a place for nothing. */
const MIN_DATA_OCTETS_PER_MS = 0.5;

/** Splits command lines; hands the octets of DATA to a receiver of ours. */
class Parser extends SMTPStream {
  readonly connection: Connection;
  receiver: Receiver | null = null;

  constructor(connection: Connection) {
    super({ maxCommandLength: LIBRARY_MAX_COMMAND_OCTETS });
    this.connection = connection;
    this.on('error', () => connection.destroySocket());
  }

  override oncommand(command: Buffer, callback?: () => void): void {
    this.connection._onCommand(command, callback);
  }

  /** Of an over-long line only the start is kept, until its end: then it is one command, answered 500. */
  override _write(chunk: Buffer, encoding: BufferEncoding | 'buffer', next: (error?: Error | null) => void): void {
    let rest = chunk;
    if (!this._dataMode && this._remainder.length > MAX_COMMAND_OCTETS) {
      this._remainder = this._remainder.slice(0, MAX_COMMAND_OCTETS + 1);
      const lf = chunk.indexOf('\n');
      if (lf < 0) return next();
      rest = chunk.subarray(lf);
    }
    super._write(rest, encoding, next);
  }

  receive(receiver: Receiver): void {
    this.receiver = receiver;
    this._dataMode = true;
  }

  override _feedDataStream(chunk: Buffer, done: (error?: Error | null) => void): void {
    const { receiver } = this;
    if (receiver === null) return done();
    this.connection.dataOctets += chunk.length;
    const end = this.connection.push(receiver, chunk);
    if (end < 0) return done();
    this.receiver = null;
    this._dataMode = false;
    this._remainder = '';
    this.connection.endReceiving(receiver, () => this._write(chunk.subarray(end), 'buffer', done));
  }

  /** The library runs a last line without its end as a command when the client closes; half a command is none. */
  override _flushData(): void {}
}

/** Commands that exist but are not offered: 502, where an unknown word is 500 (RFC 5321 §4.2.4). */
const NOT_OFFERED = new Set([
  'AUTH',
  'ATRN',
  'ETRN',
  'EXPN',
  'LHLO',
  'SAML',
  'SEND',
  'SOML',
  'TURN',
  'XCLIENT',
  'XFORWARD',
]);
const OFFERED = new Set([
  'BDAT',
  'DATA',
  'EHLO',
  'HELO',
  'HELP',
  'MAIL',
  'NOOP',
  'QUIT',
  'RCPT',
  'RSET',
  'STARTTLS',
  'VRFY',
]);

/** One client's connection: the library's, with our dialogue and our replies. */
class Connection extends SMTPConnection {
  readonly house: House;
  readonly dialogue: Session;
  readonly listener: Listener;
  readonly connectedMs: number;
  /** Since when the client owes us a command, or the data. */
  waitingSinceMs: number;
  /** Octets of the present data phase, or of all that were refused with BDAT. */
  dataOctets = 0;
  isActive = true;
  isCounted = false;
  isSecured = false;
  /** Between the final dot and its reply. */
  isFinishing = false;
  endReason = 'lost';
  topSocket: Socket = this._socket;

  constructor(listener: Listener, socket: Socket | TLSSocket, options: SMTPConnectionOptions | null | undefined) {
    super(listener, socket, options);
    const { house } = listener;
    this.house = house;
    this.listener = listener;
    this.dialogue = createSession(house.context, this.remoteAddress);
    this.connectedMs = house.context.monotonicMs();
    this.waitingSinceMs = this.connectedMs;
    house.open.add(this);
    house.activeCount += 1;
    house.context.events.connected({ clientAddress: this.remoteAddress, connectionCount: house.activeCount });
  }

  override _createParser(): Parser {
    return new Parser(this);
  }

  /** Replaces the library's, which always waits 100 ms before the banner. Its limit on connections is kept here. */
  override init(): void {
    this._setListeners(() => {
      const refusal = this.admission();
      if (refusal !== null) return this.refuse('CONNECT', refusal);
      const { greetingWaitMs, isTrusted } = this.house.options;
      if (greetingWaitMs <= 0 || isTrusted(this.remoteAddress)) return this.sendGreeting();
      setTimeout(() => {
        if (this._closing || this._closed) return;
        // A whole line was refused already; this is for a partial one.
        if (this._socket.bytesRead > 0) this.refuse('CONNECT', this.house.context.refusals.talkedTooSoon);
        else this.sendGreeting();
      }, greetingWaitMs);
    });
  }

  admission(): Reply | null {
    const { context, options, activeCount, isClosing } = this.house;
    if (isClosing) return context.refusals.shuttingDown;
    if (activeCount > options.maxConnections) return context.refusals.tooManyConnections;
    this.isCounted = context.limits.connect(this.remoteAddress);
    return this.isCounted ? null : context.refusals.tooManyFromClient;
  }

  sendGreeting(): void {
    this._ready = true;
    this.waitingSinceMs = this.house.context.monotonicMs();
    this.say(replies.greeting(this.house.options.hostname));
  }

  /** Writes a reply of ours; 421 also closes. Nothing is written under a handshake: it would break into the TLS records. */
  say(reply: Reply): void {
    const socket = this._socket;
    if (!this._upgrading && !socket.destroyed && socket.writable) socket.write(reply.wire, 'latin1');
    if (reply.line.code !== 421) return;
    this.endReason = reply.line.text;
    this.close();
  }

  refuse(command: string, reply: Reply): void {
    if (reply.line.rejection !== null) this.dialogue.recordRefusal(command, reply, null);
    this.say(reply);
  }

  /** The library's own replies come through here; those with another code than ours are replaced. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const text = Array.isArray(data) ? data.join(' ') : (data ?? '');
    const ours = this.ourReply(code, text, context || '');
    if (ours === null) super.send(code, data, context);
    else this.refuse(context || 'SESSION', ours);
  }

  ourReply(code: number, text: string, command: string): Reply | null {
    const { refusals } = this.house.context;
    if (code === 500) return NOT_OFFERED.has(command) ? replies.NOT_IMPLEMENTED : replies.UNKNOWN_COMMAND;
    if (code === 503 && text.includes('EHLO')) return replies.GREET_FIRST;
    if (code === 451) return refusals.fault;
    if (code !== 421) return null;
    if (text.includes('talk too soon')) return refusals.talkedTooSoon;
    if (text.includes('unrecognized')) return refusals.tooManyErrors;
    if (text.includes('HTTP')) return refusals.httpRequest;
    return text.includes('Timeout') ? refusals.timedOut : refusals.shuttingDown;
  }

  override _isSupported(command: string): boolean {
    return OFFERED.has(command);
  }

  /** For the library's log, which is off. */
  override _redactCredentials(commandName: string): { commandName: string; line: string } {
    return { commandName, line: '' };
  }

  override _onCommand(command: Buffer, callback?: () => void): void {
    if (this._upgrading || this._closing) {
      callback?.();
    } else if (command.length > MAX_COMMAND_OCTETS) {
      this.say(replies.LINE_TOO_LONG);
      this._whenWritable(callback ?? (() => undefined));
    } else {
      super._onCommand(command, callback);
    }
  }

  /** Called behind every reply: from here on the client owes us the next command. */
  override _whenWritable(next: () => void): void {
    this.waitingSinceMs = this.house.context.monotonicMs();
    super._whenWritable(next);
  }

  /** RSET, EHLO and the end of a handshake come through here; the library's own envelope is not used. */
  override _resetSession(): void {
    if (!this.secure || this.isSecured) return this.dialogue.reset();
    this.isSecured = true;
    this.waitingSinceMs = this.house.context.monotonicMs();
    const socket = this._socket as TLSSocket;
    this.dialogue.secure(`${socket.getProtocol() ?? 'TLS'} ${socket.getCipher()?.name ?? ''}`.trim());
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
    if (isExtended) this.say(ehloOf(this.house, this.secure));
    else this.say(replies.heloReply(this.house.options.hostname));
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
    if (!(this._parser instanceof Parser)) return receiver.abandon();
    this.dataOctets = 0;
    this._parser.receive(receiver);
    if (reply !== null) this.say(reply);
  }

  /** A fault while receiving ends the session: where the data ends is no longer known. */
  push(receiver: Receiver, chunk: Buffer): number {
    try {
      return receiver.push(chunk);
    } catch (error) {
      this.faultReply('DATA', error);
      this.say(this.house.context.refusals.brokenOff);
      return -1;
    }
  }

  /** The end of the data was seen: the reply, then what the client pipelined behind it. */
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
    this.say(reply);
    if (this.house.isClosing) this.shutDown();
    else this._whenWritable(resume);
  }

  orFault<T>(command: string, work: () => T): T | Reply {
    try {
      return work();
    } catch (error) {
      return this.faultReply(command, error);
    }
  }

  faultReply(command: string, error: unknown): Reply {
    this.house.context.events.fault({ where: `inbound ${command}`, error });
    return this.house.context.refusals.fault;
  }

  get receiver(): Receiver | null {
    return this._parser instanceof Parser ? this._parser.receiver : null;
  }

  /** Ends a session whose client keeps us waiting. The library's idle timer alone starts anew with every octet. */
  checkTime(nowMs: number): void {
    if (this._closing || this._handlerPending) return;
    const { idleMs, sessionMs } = this.house.timeouts;
    const allowedMs = this.receiver === null ? idleMs : idleMs + this.dataOctets / MIN_DATA_OCTETS_PER_MS;
    const isOverdue = nowMs - this.waitingSinceMs > allowedMs;
    const ageMs = nowMs - this.connectedMs;
    const isOld = this.receiver === null && ageMs > sessionMs * (this.dialogue.isInTransaction() ? 2 : 1);
    if (!isOverdue && !isOld) return;
    if (this._upgrading) this.destroySocket();
    else this.say(this.house.context.refusals.timedOut);
  }

  /** Leaves alone only who waits for the reply to a final dot. */
  shutDown(): void {
    if (this.isFinishing) return;
    if (this._upgrading) return this.destroySocket();
    this.say(this.house.context.refusals.shuttingDown);
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
    if (this.isActive) this.house.activeCount -= 1;
    this.isActive = false;
  }

  override _onClose(): void {
    if (this._closed) return;
    this.receiver?.abandon();
    super._onClose();
    const { house, remoteAddress, endReason: reason } = this;
    if (this.isActive) house.activeCount -= 1;
    this.isActive = false;
    if (this.isCounted) house.context.limits.disconnect(remoteAddress);
    house.open.delete(this);
    const durationMs = house.context.monotonicMs() - this.connectedMs;
    house.context.events.disconnected({ clientAddress: remoteAddress, reason, durationMs });
    if (house.open.size === 0) house.onEmpty();
  }
}

type ProxyCallback = Parameters<SMTPServer['_handleProxy']>[1];

const CONNECTION_OPTIONS = { id: '-', localAddress: '-', localPort: 25 };

/** One bound address. */
export class Listener extends SMTPServer {
  readonly house: House;
  material: TlsMaterial;

  constructor(house: House) {
    const material = house.options.tls();
    super({
      ...material,
      // The library's default is TLSv1 (RFC 8996 forbids it).
      minVersion: 'TLSv1.2',
      logger: false,
      name: house.options.hostname,
      authOptional: true,
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      socketTimeout: house.timeouts.idleMs,
      onSecure: (_socket, _session, callback) => callback(),
    });
    this.house = house;
    this.material = material;
  }

  /** Spares a random id, a BigInt and two system calls a connection; the library wants them for its log and hooks only. */
  override _handleProxy(_socket: Socket, callback: ProxyCallback): void {
    setImmediate(callback, null, CONNECTION_OPTIONS);
  }

  override connect(socket: Socket | TLSSocket, options?: SMTPConnectionOptions | null): void {
    const connection = new Connection(this, socket, options);
    this.connections.add(connection);
    // A client that vanished: its 'close' follows, and nothing is left to do.
    connection.on('error', () => connection.destroySocket());
    connection.init();
  }

  /** Errors of sockets come through here as well; a failed bind is seen on `server` itself. */
  override _onError(): void {}

  refreshTls(): void {
    const material = this.house.options.tls();
    if (material === this.material) return;
    try {
      // The library forgets the old context before it finds that the new one cannot be made.
      createSecureContext({ ...material });
      this.updateSecureContext({ ...material });
      this.material = material;
    } catch (error) {
      this.house.context.events.fault({ where: 'inbound TLS', error });
    }
  }
}
