/**
 * The committed corpus: known attacks and what once went wrong, played whole, octet by octet and in odd pieces.
 *
 * A file is a stream of octets with what must come of it. Lines that begin with `#` are comments; `messages 1` is how many are
 * accepted and `replies 220 250` are the codes, whole, `500...` any number of one; `* 1000 text` is that text so many times. All
 * other lines are octets, joined without their line ends, with the escapes \r \n \t \0 \\ \xHH. At its end the client waits,
 * and a 421 there says that it waited long.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SessionScene, startSessionScene } from './session-scene.ts';
import { cut } from './sessions.ts';

const CORPUS = join(import.meta.dirname, 'corpus');
const FILES = readdirSync(CORPUS);
/** Longer streams are not sent octet by octet. */
const MOST_PIECES = 5000;

let scene: SessionScene;

beforeAll(async () => {
  scene = await startSessionScene({ bareNewlines: 'reject', idleMs: 500 });
});

afterAll(() => scene.close());

interface CorpusSession {
  readonly octets: Buffer;
  readonly messages: number;
  readonly replies: RegExp;
}

function readSession(file: string): CorpusSession {
  const lines = readFileSync(join(CORPUS, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [messages = '', replies = '', ...stream] = lines;
  const octets = stream.map((line) => {
    const repeated = /^\* (\d+) (.*)$/.exec(line);
    return repeated === null ? unescape(line) : unescape(repeated[2] ?? '').repeat(Number(repeated[1]));
  });
  return {
    octets: Buffer.from(octets.join(''), 'latin1'),
    messages: Number(/^messages (\d+)$/.exec(messages)?.[1]),
    replies: patternOf(/^replies (.+)$/.exec(replies)?.[1] ?? 'none'),
  };
}

function patternOf(replies: string): RegExp {
  return new RegExp(`^${replies.replace(/(\d+)\.{3}/g, '$1(?: $1)*')}$`);
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' };

function unescape(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|(.))/gi, (all, hex?: string, letter?: string) => {
    const octet = hex === undefined ? ESCAPES[letter ?? ''] : String.fromCharCode(Number.parseInt(hex, 16));
    if (octet === undefined) throw new Error(`unknown escape ${all}`);
    return octet;
  });
}

function codesOf(heard: string): string {
  return [...heard.matchAll(/^(\d{3}) /gm)].map(([, code]) => code).join(' ');
}

test('the corpus is there', () => {
  expect(FILES.length).toBeGreaterThanOrEqual(30);
});

test.each(FILES)('%s', async (file) => {
  const { octets, messages, replies } = readSession(file);
  const cuttings = [[], [1], [2, 3], [7, 1, 64], [1460]].filter(
    ([size = octets.length]) => octets.length / size < MOST_PIECES,
  );
  for (const lengths of cuttings) {
    const played = await scene.play([{ pieces: cut(octets, lengths) }]);
    const label = `${file} in pieces of ${lengths.join(', ')}: ${JSON.stringify(played.heard)}`;
    expect(played.complaint, label).toBeNull();
    expect(played.messages.length, label).toBe(messages);
    expect(codesOf(played.heard[0] ?? ''), label).toMatch(replies);
  }
});
