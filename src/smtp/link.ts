/**
 * A connection to a next hop that has been greeted: octets go out as they are, whole replies come in.
 *
 * Promises: replies are heard in order, and before the end of the connection; one that nobody listens for ends it, and so do
 * a 421 (RFC 5321 §3.8) and a reply without end. Never throws. Knows no commands and no time.
 */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { createReplyReader } from './replies.ts';

/** Who hears what comes. */
export interface LinkEars {
  /**
   * @param lines separated by LF
   * @param behind what has come behind it already: other replies, the last perhaps not whole
   */
  readonly reply: (lines: string, behind: readonly string[]) => void;
  /** Nothing comes any more, for whatever reason; once. */
  readonly end: () => void;
}

export interface SmtpLink {
  /** In one write. `onFlushed` is called once the octets have left this process; nothing happens on a dead link. */
  readonly write: (octets: string | Uint8Array, onFlushed?: () => void) => void;
  /** From now on these hear; of a link that has ended, they hear that a moment later. */
  readonly listen: (ears: LinkEars) => void;
  /** Ends the connection at once; whoever listens hears of it a moment later. */
  readonly cut: () => void;
  readonly isAlive: () => boolean;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
}

/**
 * Octets from the wire between two replies, each of which is far shorter. Above TLS nothing is seen of what TLS answers by
 * itself, as session tickets without end.
 */
export const MOST_UNHEARD_BYTES = 262_144;
export const WIRE_CHECK_MS = 50;

/** @param wire the TCP connection beneath `socket`, whose octets are counted */
export function createLink(socket: Socket, wire: Pick<Socket, 'bytesRead'>): SmtpLink {
  const reader = createReplyReader();
  let ears: LinkEars | null = null;
  let isEnded = false;
  let heardBytes = wire.bytesRead;
  const check = setInterval(() => {
    if (wire.bytesRead - heardBytes > MOST_UNHEARD_BYTES) end();
  }, WIRE_CHECK_MS);
  const ended = Promise.withResolvers<void>();

  const end = (): void => {
    if (isEnded) return;
    isEnded = true;
    clearInterval(check);
    socket.destroy();
    ears?.end();
    ended.resolve();
  };
  const hear = (lines: string, behind: readonly string[]): void => {
    if (ears === null) return end();
    ears.reply(lines, behind);
    if (lines.startsWith('421')) end();
  };
  const take = (chunk: Buffer): void => {
    if (isEnded) return;
    const replies = reader.read(chunk);
    if (replies === null) return end();
    if (replies.length > 0) heardBytes = wire.bytesRead;
    const begun = reader.begun();
    const all = begun === '' ? replies : [...replies, begun];
    for (const [index, lines] of replies.entries()) {
      // Whoever heard the one before may have cut the connection.
      if (isEnded || socket.destroyed) return;
      hear(lines, all.slice(index + 1));
    }
  };
  const close = (): void => {
    const rest = isEnded || socket.destroyed ? null : reader.rest();
    if (rest !== null) hear(rest, []);
    end();
  };

  socket.on('data', take);
  socket.on('end', close);
  socket.on('close', end);
  // What it was shows in 'close'; without a listener it would be thrown.
  socket.on('error', () => undefined);

  return {
    write(octets, onFlushed) {
      if (isEnded || !socket.writable) return;
      if (onFlushed === undefined) socket.write(octets);
      else socket.write(octets, (error) => (error ? undefined : onFlushed()));
    },
    listen: (newEars) => {
      ears = newEars;
      if (isEnded) void ended.promise.then(newEars.end);
    },
    cut: () => void socket.destroy(),
    isAlive: () => !isEnded && socket.writable,
    ended: ended.promise,
  };
}

/** QUIT, waiting a moment for the farewell. Resolves when the connection is gone. */
export async function quit(link: SmtpLink, limitMs: number): Promise<void> {
  if (!link.isAlive()) return link.cut();
  const timer = setTimeout(link.cut, limitMs);
  // The farewell is all there is left to hear.
  link.listen({ reply: link.cut, end: () => undefined });
  link.write('QUIT\r\n');
  await link.ended;
  clearTimeout(timer);
}
