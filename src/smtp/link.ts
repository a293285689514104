/**
 * A connection to a next hop: octets go out as they are, whole replies come in.
 *
 * Promises: replies are heard in order, and before the end of the connection; one without a listener ends it, and so do
 * a 421 (RFC 5321 §3.8) and a reply without end. Never throws. Knows no commands and no time.
 */
import type { Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { Buffer } from 'node:buffer';

export interface LinkListener {
  /**
   * @param lines separated by LF
   * @param after what has come after it already: other replies, the last perhaps not whole
   */
  readonly onReply: (lines: string, after: readonly string[]) => void;
  /** Nothing comes any more, for whatever reason; once. */
  readonly onEnd: () => void;
}

export interface SmtpLink {
  /** In one write. `onFlushed` is called once the octets have left this process; nothing happens on a dead link. */
  readonly write: (octets: string | Uint8Array, onFlushed?: () => void) => void;
  /** Replaces the listener. If the link has ended, `onEnd` is called a moment later. */
  readonly listen: (listener: LinkListener) => void;
  /** Forgets what has come in clear, and begins the handshake (RFC 3207 §6). A handshake that fails ends the link. */
  readonly startTls: (options: ConnectionOptions, onSecured: (socket: TLSSocket) => void) => void;
  /** Ends the connection at once; the listener is told a moment later. */
  readonly cut: () => void;
  readonly isAlive: () => boolean;
  /** Octets that came from the wire so far. */
  readonly receivedBytes: () => number;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
}

/** Octets from the wire between two replies, each of which is far shorter, and for a handshake. */
const MOST_UNHEARD_BYTES = 262_144;
/**
 * Octets from the wire after a handshake, in all, beside those that replies account for. Above TLS nothing is seen of what TLS
 * answers by itself, as session tickets (an honest server sends a few) and new keys, and each costs far more than to send.
 */
const MOST_TLS_BYTES = 16_384;
/** Octets from the wire that a reply may take: its own, and the records they are in, which may be small. */
const WIRE_TIMES = 2;
const WIRE_BYTES_PER_REPLY = 256;
const WIRE_CHECK_MS = 50;

/** @param wire the TCP connection */
export function createLink(wire: Socket): SmtpLink {
  let socket = wire;
  let reader = createReplyReader();
  let listener: LinkListener | null = null;
  let isEnded = false;
  let heardBytes = wire.bytesRead;
  /** Octets from the wire in all; in clear, those between two replies are enough to bound. */
  let mostWireBytes = Number.POSITIVE_INFINITY;
  const check = setInterval(() => {
    if (wire.bytesRead - heardBytes > MOST_UNHEARD_BYTES || wire.bytesRead > mostWireBytes) end();
  }, WIRE_CHECK_MS);
  const ended = Promise.withResolvers<void>();

  const cut = (): void => {
    socket.destroy();
    wire.destroy();
  };
  const end = (): void => {
    if (isEnded) return;
    isEnded = true;
    clearInterval(check);
    cut();
    listener?.onEnd();
    ended.resolve();
  };
  const hear = (lines: string, after: readonly string[]): void => {
    if (listener === null) return end();
    listener.onReply(lines, after);
    if (lines.startsWith('421')) end();
  };
  const take = (chunk: Buffer): void => {
    if (isEnded) return;
    const readBy = reader;
    const replies = reader.read(chunk);
    if (replies === null) return end();
    mostWireBytes += chunk.length * WIRE_TIMES + replies.length * WIRE_BYTES_PER_REPLY;
    // What has begun is joined only for a reply: it may come octet by octet.
    if (replies.length === 0) return;
    heardBytes = wire.bytesRead;
    const begun = reader.begun();
    const all = begun === '' ? replies : [...replies, begun];
    for (const [index, lines] of replies.entries()) {
      // The reply before may have cut the connection, or begun TLS.
      if (isEnded || socket.destroyed || reader !== readBy) return;
      hear(lines, all.slice(index + 1));
    }
  };
  const close = (): void => {
    const rest = isEnded || socket.destroyed ? null : reader.rest();
    if (rest !== null) hear(rest, []);
    end();
  };
  // What an error was shows in 'close'; without a listener it would be thrown.
  const watch = (watched: Socket): Socket =>
    watched
      .on('end', close)
      .on('close', end)
      .on('error', () => undefined);

  watch(socket).on('data', take);
  return {
    write(octets, onFlushed) {
      if (isEnded || !socket.writable) return;
      if (onFlushed === undefined) socket.write(octets);
      else socket.write(octets, (error) => (error ? undefined : onFlushed()));
    },
    listen: (newListener) => {
      listener = newListener;
      if (isEnded) void ended.promise.then(newListener.onEnd);
    },
    startTls: (options, onSecured) => {
      reader = createReplyReader();
      wire.off('data', take).off('end', close).off('close', end);
      try {
        const secured = connectTls({ ...options, socket: wire }, () => {
          mostWireBytes = wire.bytesRead + MOST_TLS_BYTES;
          secured.on('data', take);
          onSecured(secured);
        });
        socket = watch(secured);
        // Paused since nothing reads it any more.
        wire.resume();
      } catch {
        end();
      }
    },
    cut,
    isAlive: () => !isEnded && socket.writable,
    receivedBytes: () => wire.bytesRead,
    ended: ended.promise,
  };
}

/** QUIT, waiting a moment for the farewell. Resolves when the connection is gone. */
export async function quit(link: SmtpLink, limitMs: number): Promise<void> {
  if (!link.isAlive()) return link.cut();
  const timer = setTimeout(link.cut, limitMs);
  // Only the farewell is left to come.
  link.listen({ onReply: link.cut, onEnd: () => undefined });
  link.write('QUIT\r\n');
  await link.ended;
  clearTimeout(timer);
}

/** A reply longer than this is an attack or a mistake; in octets. */
export const MAX_REPLY_BYTES = 65_536;

/**
 * Cuts what a server sends into replies (RFC 5321 §4.2), however its octets are spread over segments.
 *
 * No octet is looked at twice; a reply without end is given up, so that memory is bounded. A line that is no reply is one of its own.
 */
export interface ReplyReader {
  /** The replies that are whole now, their lines separated by LF; null when one has grown too long. */
  readonly read: (chunk: Buffer) => readonly string[] | null;
  /** The beginning of a reply that is not whole; empty when there is none. */
  readonly begun: () => string;
  /** The rest at the end of a connection, if it is a refusal whose line end is missing; else null. */
  readonly rest: () => string | null;
}

export function createReplyReader(): ReplyReader {
  /** The line under way. */
  let line = '';
  /** The lines of a reply that goes on. */
  let begun = '';

  return {
    read(chunk) {
      const replies: string[] = [];
      const text = chunk.toString('latin1');
      let start = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
        line += text.slice(start, end);
        start = end + 1;
        const whole = line.endsWith('\r') ? line.slice(0, -1) : line;
        line = '';
        const reply = begun + whole;
        begun = '';
        if (isContinued(whole)) {
          begun = `${reply}\n`;
          if (begun.length > MAX_REPLY_BYTES) return null;
        } else if (reply.trim() !== '') {
          replies.push(decode(reply));
        }
      }
      line += text.slice(start);
      return begun.length + line.length > MAX_REPLY_BYTES ? null : replies;
    },
    begun: () => (begun + line).trim(),
    rest: () => (/^[45]\d\d[ -]/.test(line) ? decode(begun + line.trimEnd()) : null),
  };
}

function isContinued(line: string): boolean {
  return line[3] === '-' && /^\d{3}-/.test(line);
}

/** UTF-8 where it is, else each octet as a character. */
function decode(octets: string): string {
  if (!/[\u0080-\u00ff]/.test(octets)) return octets;
  const text = Buffer.from(octets, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? octets : text;
}
