/** Primaries that answer out of turn or break off around the content: what is recorded, and that no mail is lost. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import { until } from '../helpers/child.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { type Script, type ScriptedPrimary, startScriptedPrimary, type Step } from '../helpers/scripted-primary.ts';

/** More than a block, and than the buffers of both sides: the content is under way when it begins to arrive. */
const CONTENT = `Subject: long\r\n\r\n${'0123456789'.repeat(7).concat('\r\n').repeat(100_000)}`;

let flow: Flow;
beforeAll(async () => {
  flow = await startFlow();
});
afterAll(async () => {
  await flow?.close();
});

const at =
  (when: Step, words: string, more: (socket: Socket) => void = () => undefined): Script['say'] =>
  (step, socket) => {
    if (step !== when) return null;
    setImmediate(() => more(socket));
    return words;
  };
const end = (socket: Socket): void => void socket.end();

interface Case {
  readonly name: string;
  readonly say: Script['say'];
  readonly reply: RegExp;
  /** Default HELD. */
  readonly state?: 'DELIVERED' | 'FAILED';
  readonly isLong?: boolean;
}

const GONE = '421 4.3.2 Shutting down\r\n';
const CASES: readonly Case[] = [
  { name: '421 to DATA', say: at('DATA', GONE), reply: /^421 4\.3\.2/ },
  { name: '421 with the 354', say: at('DATA', `354 Go\r\n${GONE}`), reply: /421|unasked/ },
  { name: '421 in mid-content, kept open', say: at('CONTENT', GONE), reply: /^421 4\.3\.2/, isLong: true },
  { name: '421 in mid-content, closed', say: at('CONTENT', GONE, end), reply: /^421 4\.3\.2/, isLong: true },
  { name: '421 to the dot, kept open', say: at('DOT', GONE), reply: /^421 4\.3\.2/ },
  { name: '421 to the dot, closed', say: at('DOT', GONE, end), reply: /^421 4\.3\.2/ },
  { name: '354 twice at once', say: at('DATA', '354 Go\r\n354 Go\r\n'), reply: /not a reply|354/ },
  { name: '354 in mid-content', say: at('CONTENT', '354 Go\r\n'), reply: /354/, isLong: true },
  { name: '354 to the dot, then 250', say: at('DOT', '354 Go\r\n250 2.0.0 Taken\r\n'), reply: /354/ },
  { name: '250 in mid-content', say: at('CONTENT', '250 2.0.0 Taken\r\n'), reply: /250/, isLong: true },
  { name: '250 with the 354', say: at('DATA', '354 Go\r\n250 2.0.0 Taken\r\n'), reply: /not a reply/ },
  { name: 'half-closed in mid-content', say: at('CONTENT', '', end), reply: /connection lost/, isLong: true },
  { name: 'half-closed at the dot', say: at('DOT', '', end), reply: /connection lost/ },
  { name: 'reset at the dot', say: at('DOT', '', (socket) => socket.resetAndDestroy()), reply: /connection/ },
  { name: '250 without a line end', say: at('DOT', '250 2.0.0 Taken', end), reply: /connection lost/ },
  {
    name: 'NUL and 8-bit in the 250',
    say: at('DOT', '250 2.0.0 \0\xff\xfe ok\r\n'),
    reply: /^250/,
    state: 'DELIVERED',
  },
  { name: 'a bare CR in the 250', say: at('DOT', '250 2.0.0 ok\r550 5.0.0 no\r\n'), reply: /^250/, state: 'DELIVERED' },
  {
    name: '10,000 lines',
    say: at('DOT', `${'250-2.0.0 line\r\n'.repeat(10_000)}250 ok\r\n`),
    reply: /connection lost/,
  },
  { name: 'SIZE 0', say: at('EHLO', '250-x\r\n250 SIZE 0\r\n'), reply: /^250/, state: 'DELIVERED' },
  { name: 'SIZE -1', say: at('EHLO', '250-x\r\n250 SIZE -1\r\n'), reply: /^250/, state: 'DELIVERED' },
  { name: 'SIZE 1e400', say: at('EHLO', '250-x\r\n250 SIZE 1e400\r\n'), reply: /^250/, state: 'DELIVERED' },
  { name: 'SIZE 1', say: at('EHLO', '250-x\r\n250 SIZE 1\r\n'), reply: /^250/, state: 'DELIVERED' },
  {
    name: 'CHUNKING, BINARYMIME, PIPELINING',
    say: at(
      'EHLO',
      '250-x\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-PIPELINING\r\n250-PIPELINING x\r\n250 SMTPUTF8 \xff\r\n',
    ),
    reply: /^250/,
    state: 'DELIVERED',
  },
];

test.each(CASES.map((one, number) => ({ ...one, number })))(
  '$name',
  async ({ say, reply, state, isLong, number }) => {
    const domain = `d${number}.example`;
    const primary: ScriptedPrimary = await startScriptedPrimary({ say });
    await flow.addDomain(domain, primary);
    const id = await flow.send({ to: [`user@${domain}`], ...(isLong === true ? { content: CONTENT } : {}) });
    const seen = async () => (await flow.message(id))?.recipients[0];
    await until(`${domain} is tried`, PATIENCE_MS, async () => (await seen())?.attemptCount === 1);
    await flow.untilIdle(domain);
    const recipient = await seen();
    expect([recipient?.state, recipient?.attemptCount]).toEqual([state ?? 'HELD', 1]);
    expect(recipient?.lastReply).toMatch(reply);
    expect(recipient?.lastReply).toMatch(/^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$/);
    await until('no connection is left', PATIENCE_MS, () => primary.openCount() === 0);
    if (state === undefined) {
      primary.script = null;
      const before = primary.taken.length;
      expect(await flow.change('domainFlush', { name: domain })).toEqual([]);
      await flow.untilSeen(domain, 'all is delivered', ({ queue, outage }) => queue.heldCount === 0 && outage === null);
      expect(primary.taken.slice(before).map(({ to }) => to)).toEqual([[`user@${domain}`]]);
    }
    await primary.close();
  },
  60_000,
);
