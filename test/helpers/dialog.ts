/**
 * SMTP dialogues as data files, played against any host and port.
 *
 * One step a line; empty lines and lines that begin with `#` are skipped.
 *
 *     c -> LINE          the client sends LINE and CRLF
 *     c => OCTETS        the client sends just these octets; escapes \r \n \t \0 \\ \xHH
 *     c *> COUNT         the client sends COUNT octets of content in lines of 78; the last line ends in CRLF
 *     c tls              the client begins TLS
 *     c from ADDRESS     connections begun from here on come from that address of loopback
 *     c end              the client closes its connection; the next step begins a new one
 *     s <- PATTERN       the server's next whole reply, its lines joined by ` / `; `*` stands for any text
 *     s !- PATTERN       the reply just read does not match
 *     s end              the server closes, and nothing it sent is left unread; the next step begins a new connection
 *     whole              must stand first: not to be played octet by octet
 *
 * The server must serve example.org for any local part and no other domain, with a size limit of 10485760.
 */
import { Buffer } from 'node:buffer';
import { connectPeer, type SmtpPeer } from './smtp-peer.ts';

export interface DialogTarget {
  readonly host: string;
  readonly port: number;
  /** `OCTETS` sends every `c ->` and `c =>` one octet at a time. */
  readonly pieces: 'WHOLE' | 'OCTETS';
  /** Told of every reply. */
  readonly heard?: (reply: string) => void;
}

const LINE_OCTETS = 78;

export function isWholeOnly(text: string): boolean {
  return /^whole$/m.test(text);
}

/**
 * Plays a dialogue to its end.
 *
 * @throws Error with the line's number, what was expected and the transcript
 */
export async function playDialog(text: string, target: DialogTarget): Promise<void> {
  const play: Play = { target, from: null, peer: null, last: '', transcript: [] };
  try {
    for (const [at, line] of text.split('\n').entries()) {
      const step = line.trimEnd();
      if (step === '' || step.startsWith('#') || step === 'whole') continue;
      play.transcript.push(step.slice(0, 200));
      await playStep(play, step).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`line ${at + 1}: ${message}\n${play.transcript.slice(-25).join('\n')}`);
      });
    }
  } finally {
    play.peer?.destroy();
  }
}

interface Play {
  readonly target: DialogTarget;
  from: string | null;
  peer: SmtpPeer | null;
  last: string;
  readonly transcript: string[];
}

async function playStep(play: Play, step: string): Promise<void> {
  if (step.startsWith('c from ')) {
    play.from = step.slice('c from '.length);
    return;
  }
  const { host, port } = play.target;
  play.peer ??= await connectPeer({ host, port, ...(play.from === null ? {} : { localAddress: play.from }) });
  const { peer } = play;
  const send = play.target.pieces === 'WHOLE' ? peer.write : peer.trickle;
  const argument = step.slice(5);
  switch (step.slice(0, 5).trimEnd()) {
    case 'c ->':
      return send(`${argument}\r\n`);
    case 'c =>':
      return send(unescape(argument));
    case 'c *>':
      return peer.write(contentOf(Number(argument)));
    case 'c tls':
      await peer.startTls();
      return undefined;
    case 'c end':
      peer.destroy();
      play.peer = null;
      return undefined;
    case 's <-':
      play.last = (await peer.reply()).replaceAll('\n', ' / ');
      play.transcript.push(`      ${play.last}`);
      play.target.heard?.(play.last);
      if (!matches(argument, play.last)) throw new Error(`expected ${argument}, got ${play.last}`);
      return undefined;
    case 's !-':
      if (matches(argument, play.last)) throw new Error(`not expected ${argument}, got ${play.last}`);
      return undefined;
    case 's end':
      await peer.closed();
      play.last = await peer.reply().catch(() => '');
      if (play.last !== '') throw new Error(`unread when the server had closed: ${play.last}`);
      play.peer = null;
      return undefined;
    default:
      throw new Error(`not a step: ${step}`);
  }
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' };

/** Octets as Latin-1; other characters of the file as their UTF-8. */
function unescape(text: string): Buffer {
  const latin1 = Buffer.from(text, 'utf8').toString('latin1');
  const octets = latin1.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_, hex?: string, letter?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    const octet = ESCAPES[letter ?? ''];
    if (octet === undefined) throw new Error(`unknown escape \\${letter}`);
    return octet;
  });
  return Buffer.from(octets, 'latin1');
}

/** Lines of `x` that end in CRLF, `count` octets in all. */
export function contentOf(count: number): Buffer {
  const content = Buffer.alloc(count, 'x');
  for (let at = LINE_OCTETS; at + 2 < count; at += LINE_OCTETS) content.write('\r\n', at - 2, 'latin1');
  if (count >= 2) content.write('\r\n', count - 2, 'latin1');
  return content;
}
