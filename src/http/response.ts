/**
 * Reads one HTTP/1.1 response from octets as they come (RFC 9112), for a request that is neither HEAD nor CONNECT.
 *
 * Promises: bounds hold inside every chunk, so that no peer can make this work for long. Bounded are interim replies, all
 * octets that are not the body (heads, chunk lines, trailers), and the body. Pure: no socket, no time, no throw. Beneath
 * node:http no bound can be set on interim replies, and each runtime parses them differently.
 */
import { Buffer } from 'node:buffer';

interface ResponseHead {
  readonly status: number;
  /** Names in lower case; fields of one name are joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
}

/** MORE: the response is not whole yet. A fault can stand in a log. */
export type Progress = { readonly kind: 'MORE' | 'WHOLE' } | { readonly kind: 'FAULT'; readonly fault: string };

export interface ResponseReader {
  /** Takes what came. What comes after the first answer that is not MORE is ignored. */
  take(chunk: Uint8Array): Progress;
  /** The peer sends no more. */
  end(): Progress;
  /** The final response's; null while it has not come whole. */
  head(): ResponseHead | null;
  /** The part that has come, at most `maxBodyBytes`. */
  body(): Uint8Array;
}

/** Honest servers send one or two: 100 without need, 103 with links (RFC 9110 §15.2). */
export const MOST_INTERIM_REPLIES = 10;
/** Octets of heads, interim ones included, of chunk lines and trailers; as much again as there is body, for small chunks. */
export const MOST_FRAMING_BYTES = 32_768;

const LF = 0x0a;
const MORE: Progress = { kind: 'MORE' };
const WHOLE: Progress = { kind: 'WHOLE' };

type Phase = 'STATUS' | 'FIELDS' | 'LENGTH' | 'CLOSE' | 'CHUNK_LINE' | 'CHUNK' | 'CHUNK_END' | 'TRAILERS';

export function createResponseReader(maxBodyBytes: number): ResponseReader {
  const blocks: Uint8Array[] = [];
  let progress = MORE;
  let phase: Phase = 'STATUS';
  let line = '';
  let framingBytes = 0;
  let bodyBytes = 0;
  let interimReplies = 0;
  /** Octets left of the body or the chunk. */
  let leftBytes = 0;
  let status = 0;
  let headers = new Map<string, string>();
  let lastName = '';
  let head: ResponseHead | null = null;

  const takeLine = (chunk: Buffer, from: number): number => {
    const feed = chunk.indexOf(LF, from);
    const to = feed === -1 ? chunk.length : feed + 1;
    framingBytes += to - from;
    if (framingBytes > MOST_FRAMING_BYTES + bodyBytes) {
      progress = fault(`more than ${MOST_FRAMING_BYTES} bytes beside the body`);
      return to;
    }
    line += chunk.toString('latin1', from, to);
    if (feed === -1) return to;
    const whole = line.replace(/\r?\n$/, '');
    line = '';
    progress = readLine(whole);
    return to;
  };

  const takeBody = (chunk: Buffer, from: number): number => {
    const to = phase === 'CLOSE' ? chunk.length : Math.min(chunk.length, from + leftBytes);
    leftBytes -= to - from;
    // A copy: a runtime may hand out views of one large buffer.
    const kept = Math.min(to, from + maxBodyBytes - bodyBytes);
    if (kept > from) blocks.push(Buffer.from(chunk.subarray(from, kept)));
    bodyBytes += to - from;
    if (bodyBytes > maxBodyBytes) progress = fault(`more than ${maxBodyBytes} bytes`);
    else if (leftBytes === 0 && phase === 'LENGTH') progress = WHOLE;
    else if (leftBytes === 0 && phase === 'CHUNK') phase = 'CHUNK_END';
    return to;
  };

  const readLine = (text: string): Progress => {
    if (phase === 'STATUS') return readStatus(text);
    if (phase === 'FIELDS') return text === '' ? endHead() : readField(text);
    if (phase === 'CHUNK_LINE') return readChunkLine(text);
    // The rest are trailers.
    if (phase !== 'CHUNK_END') return text === '' ? WHOLE : MORE;
    phase = 'CHUNK_LINE';
    return text === '' ? MORE : fault('a chunk is longer than it says');
  };

  const readStatus = (text: string): Progress => {
    // Some servers send an empty line more after a body before.
    if (text === '') return MORE;
    const match = /^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(text);
    if (match === null) return fault('the answer is not HTTP/1.1');
    status = Number(match[1]);
    phase = 'FIELDS';
    return MORE;
  };

  const readField = (text: string): Progress => {
    // RFC 9112 §5.2: a folded line goes on with the field before.
    if (/^[ \t]/.test(text)) {
      headers.set(lastName, `${headers.get(lastName) ?? ''} ${text.trim()}`);
      return MORE;
    }
    const colon = text.indexOf(':');
    const name = text.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!/^[!#$%&'*+\-.^_`|~\da-z]+$/.test(name)) return fault('a header field has no name');
    const value = text.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
    lastName = name;
    return MORE;
  };

  const endHead = (): Progress => {
    // No upgrade was asked for.
    if (status === 101) return fault('it switches protocols');
    if (status < 200) {
      interimReplies += 1;
      if (interimReplies > MOST_INTERIM_REPLIES) return fault(`more than ${MOST_INTERIM_REPLIES} interim replies`);
      headers = new Map();
      phase = 'STATUS';
      return MORE;
    }
    head = { status, headers };
    return beginBody();
  };

  /** RFC 9112 §6.3. */
  const beginBody = (): Progress => {
    if (status === 204 || status === 304) return WHOLE;
    const coding = headers.get('transfer-encoding')?.toLowerCase();
    if (coding !== undefined) {
      phase = 'CHUNK_LINE';
      return coding === 'chunked' ? MORE : fault('its transfer coding is not chunked');
    }
    const length = lengthOf(headers.get('content-length'));
    if (length === 'BAD') return fault('its content-length is no number');
    phase = length === null ? 'CLOSE' : 'LENGTH';
    leftBytes = length ?? 0;
    return length === 0 ? WHOLE : MORE;
  };

  const readChunkLine = (text: string): Progress => {
    const match = /^([\da-f]{1,12})[ \t]*(?:;|$)/i.exec(text);
    if (match === null) return fault('a chunk has no length');
    leftBytes = Number.parseInt(match[1] ?? '', 16);
    phase = leftBytes === 0 ? 'TRAILERS' : 'CHUNK';
    return MORE;
  };

  return {
    take(octets) {
      const chunk = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
      for (let at = 0; at < chunk.length && progress.kind === 'MORE'; ) {
        const isBody = phase === 'LENGTH' || phase === 'CLOSE' || phase === 'CHUNK';
        at = isBody ? takeBody(chunk, at) : takeLine(chunk, at);
      }
      return progress;
    },
    end() {
      if (progress.kind === 'MORE') progress = phase === 'CLOSE' ? WHOLE : fault('the connection was lost');
      return progress;
    },
    head: () => head,
    body: () => Buffer.concat(blocks),
  };
}

function fault(text: string): Progress {
  return { kind: 'FAULT', fault: text };
}

/** Null: the field is missing. Equal values may be repeated (RFC 9112 §6.3). */
function lengthOf(field: string | undefined): number | null | 'BAD' {
  if (field === undefined) return null;
  const [first = '', ...others] = field.split(',').map((value) => value.trim());
  return /^\d{1,15}$/.test(first) && others.every((value) => value === first) ? Number(first) : 'BAD';
}
