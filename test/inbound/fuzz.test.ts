/** Random commands and octets: the server never falls, never has a fault, and never says 5yz because of one. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { type Fixture, sendMessage, startInbound } from './fixture.ts';

const ROUNDS = 400;

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startInbound({ timeouts: { idleMs: 150, decisionMs: 50, acceptMs: 50, tickMs: 20 } });
});

afterAll(() => fixture.close());

/** A small repeatable generator (mulberry32), so that a failing round can be played again by its seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const WORDS = [
  'EHLO x\r\n',
  'HELO x\r\n',
  'MAIL FROM:<a@b.example>\r\n',
  'MAIL FROM:<> SIZE=10 RET=FULL\r\n',
  'RCPT TO:<u@example.org>\r\n',
  'RCPT TO:<u@example.org> NOTIFY=NEVER\r\n',
  'RCPT TO:<throw@example.org>\r\n',
  'RCPT TO:<hang@example.org>\r\n',
  'RCPT TO:<no@other.example>\r\n',
  'DATA\r\n',
  'RSET\r\n',
  'NOOP\r\n',
  'VRFY x\r\n',
  'HELP\r\n',
  'BDAT 10\r\n',
  'BDAT 3 LAST\r\n',
  'BDAT\r\n',
  'STARTTLS\r\n',
  'AUTH LOGIN\r\n',
  'EXPN\r\n',
  'QUIT\r\n',
  'XCLIENT NAME=x\r\n',
  'constructor\r\n',
  '__proto__\r\n',
  'toString x\r\n',
  'MAIL FROM:',
  'RCPT TO:<',
  '"\\"',
  '<',
  '>',
  '@',
  ' SIZE=',
  '\r\n.\r\n',
  '.\r\n',
  '\r\n',
  '\n',
  '\r',
  '\0',
  '..',
  'Received: x\r\n',
  '\xff\xfe',
  '\x16\x03\x01',
  'é',
] as const;

function script(seed: number): { readonly pieces: readonly Buffer[]; readonly text: string } {
  const random = randomFrom(seed);
  let text = random(3) === 0 ? '' : 'EHLO x\r\n';
  for (let count = 1 + random(30); count > 0; count -= 1) {
    if (random(12) > 0) text += WORDS[random(WORDS.length)] ?? '';
    else text += Buffer.from(Array.from({ length: random(200) }, () => random(256))).toString('latin1');
    if (random(200) === 0) text += 'x'.repeat(10_000);
  }
  const octets = Buffer.from(text, 'latin1');
  const pieces: Buffer[] = [];
  for (let at = 0; at < octets.length; ) {
    const size = 1 + random(random(2) === 0 ? 8 : 2000);
    pieces.push(octets.subarray(at, at + size));
    at += size;
  }
  return { pieces, text };
}

/** Sends all pieces and what ends any data phase; gives what the server said until it closed, at QUIT or in its own time. */
function play(pieces: readonly Buffer[]): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect({ host: '127.0.0.1', port: fixture.port, noDelay: true }, () => {
      for (const piece of pieces) socket.write(piece);
      socket.write('\r\n.\r\nQUIT\r\n');
    });
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(heard));
  });
}

test(`${ROUNDS} random sessions`, async () => {
  const firstSeed = Math.floor(Math.random() * 2 ** 31);
  const seeds = Array.from({ length: ROUNDS }, (_, at) => firstSeed + at);
  for (let at = 0; at < seeds.length; at += 20) {
    await Promise.all(
      seeds.slice(at, at + 20).map(async (seed) => {
        const { pieces, text } = script(seed);
        const heard = await play(pieces);
        const label = `seed ${seed}: ${JSON.stringify(text)}`;
        for (const line of heard.split('\r\n')) expect(line, label).toMatch(/^(?:[245]\d\d[ -][ -~]*|354 [ -~]*|)$/);
        // Replies about a fault of ours, by text, are never 5yz.
        expect(heard, label).not.toMatch(/^5\d\d.*(?:internal|local error|undefined|TypeError|\[object)/m);
      }),
    );
  }
  const faults = fixture.events.filter(
    (event) => event.name === 'fault' && !String(event.fields['error']).includes('database'),
  );
  expect(faults).toEqual([]);
  const peer = await fixture.session();
  expect(await sendMessage(peer, 'Subject: still here\r\n\r\n')).toStartWith('250 ');
  peer.destroy();
});
