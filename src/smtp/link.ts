/**
 * A connection to a next hop: octets go out as they are, whole replies come in.
 *
 * Promises: replies are heard in order, and before the end of the connection; one that nobody listens for ends it, and so do
 * a 421 (RFC 5321 §3.8) and a reply without end. Never throws. Knows no commands and no time.
 */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createReplyReader } from './replies.ts';

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
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
}

/**
 * Octets from the wire between two replies, each of which is far shorter. Above TLS nothing is seen of what TLS answers by
 * itself, as session tickets without end.
 */
const MOST_UNHEARD_BYTES = 262_144;
const WIRE_CHECK_MS = 50;

/** @param wire the TCP connection */
export function createLink(wire: Socket): SmtpLink {
  let socket = wire;
  let reader = createReplyReader();
  let listener: LinkListener | null = null;
  let isEnded = false;
  let heardBytes = wire.bytesRead;
  const check = setInterval(() => {
    if (wire.bytesRead - heardBytes > MOST_UNHEARD_BYTES) end();
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
    if (replies.length > 0) heardBytes = wire.bytesRead;
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
