/**
 * Under attack, in short: slow clients drip, a dictionary is tried, and honest mail goes its way. The long form with figures is
 * `npm run bench -- abuse`.
 *
 * Everybody comes through a trusted proxy, from networks of their own, and nobody is trusted.
 */
import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createNamesTally, sendMail, startSlowClients, tryNames } from '../helpers/abuse-load.ts';
import { type Flow, PLAIN_CONTENT, startFlow } from '../helpers/flow.ts';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Answer, clientAddress, clientAddress6, connectProxied } from '../helpers/proxied-client.ts';

const ASKED = 'asked.example';
const LISTED = 'listed.example';
const HONEST = Array.from({ length: 20 }, (_, index) => `user${index}`);
/** Of verification/budget.ts: what a primary may be asked at once, and a second. */
const PROBES_AT_ONCE = 60;

let flow: Flow;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow({}, { TRUSTED_CLIENTS: 'none', TRUSTED_PROXIES: '127.0.0.1', LOG_LEVEL: 'warn' });
  primary = await flow.primary('127.0.0.2', {
    modes: { rcptVerdict: (address) => (/^user\d+@/.test(address) ? null : '550 5.1.1 No such user here') },
  });
  await flow.addDomain(ASKED, primary, { hasCallAheads: true });
  await flow.addDomain(LISTED, primary, { recipientList: HONEST });
});
afterAll(() => flow.close());

/** RCPT commands of probes: those of a message come from its sender. */
function countProbes(): number {
  return primary.rcpts.filter(({ reversePath }) => reversePath !== 'sender@honest.example').length;
}

describe('a dictionary of 2,000 names beside 100 slow clients', () => {
  test('is slowed, costs the primary its budget of probes and no more, and honest mail nothing', async () => {
    const { smtpPort: port } = flow.service;
    const startedAtMs = performance.now();
    const slow = await startSlowClients({
      port,
      addresses: Array.from({ length: 100 }, (_, index) => clientAddress(1000 + index)),
      recipient: `user0@${ASKED}`,
      everyMs: 1000,
    });
    const tally = createNamesTally();
    let tried = 0;
    let isOver = false;
    const trying = tryNames({
      port,
      addresses: Array.from({ length: 5 }, (_, index) => clientAddress(2000 + index)),
      sessions: 20,
      nextName: () => {
        tried += 1;
        return tried > 2000 ? null : `name${tried}@${ASKED}`;
      },
      isOver: () => isOver,
      tally,
    });
    const sent = await sendMail({
      port,
      addresses: HONEST.map((_, index) => clientAddress(3000 + index)),
      recipients: HONEST.map((name) => `${name}@${ASKED}`),
      messages: 200,
      senders: 20,
      content: Buffer.from(PLAIN_CONTENT),
    });
    await Promise.race([trying, Bun.sleep(3000)]);
    isOver = true;
    await trying;

    expect([...sent.refusals]).toEqual([]);
    await primary.waitFor(() => primary.messages.length >= 200, '200 messages');
    expect(primary.messages.length).toBe(200);
    expect(slow.openCount()).toBe(100);
    slow.stop();
    expect(tally.unknown).toBeGreaterThan(0);
    // The budget is spent after some thirty names; what is taken unasked then counts against those who ask.
    expect(tally.slowed).toBeGreaterThan(0);
    expect(tally.accepted).toBeLessThan(400);
    expect(countProbes()).toBeGreaterThan(0);
    expect(countProbes()).toBeLessThanOrEqual(PROBES_AT_ONCE + Math.ceil((performance.now() - startedAtMs) / 1000));
  }, 60_000);
});

describe('one network that tries names out', () => {
  test('is slowed, then put off, then turned away; another one is not', async () => {
    const { smtpPort: port } = flow.service;
    const guesser = clientAddress6(1);
    const waves: Stage[][] = [];
    for (const [wave, size] of [20, 20, 30, 10].entries()) {
      const answers = await askOnce({ port, address: guesser, wave, size });
      waves.push([...new Set(answers.map(stageOf))].sort());
    }

    // The count may miss one or two names (harvest-tally.ts), so where one stage ends within a wave is not exact.
    const [first = [], second = [], third = [], fourth = []] = waves;
    expect(first).toEqual(['1 ANSWERED', '2 SLOWED']);
    expect(second).toContain('2 SLOWED');
    expect(second).not.toContain('1 ANSWERED');
    expect(second).not.toContain('4 TURNED_AWAY');
    expect(third).toContain('3 PUT_OFF');
    expect(third).not.toContain('2 SLOWED');
    expect(fourth).toEqual(['4 TURNED_AWAY']);
    const barred = await connectProxied(port, guesser);
    expect(barred.greeting.code).toBe(421);
    barred.close();

    const sent = await sendMail({
      port,
      addresses: [clientAddress6(2)],
      recipients: [`user1@${LISTED}`],
      messages: 1,
      senders: 1,
      content: Buffer.from(PLAIN_CONTENT),
    });
    expect([...sent.refusals]).toEqual([]);
  }, 60_000);
});

type Stage = '1 ANSWERED' | '2 SLOWED' | '3 PUT_OFF' | '4 TURNED_AWAY';

function stageOf({ code, afterMs }: Answer): Stage {
  if (code === 550) return afterMs < 900 ? '1 ANSWERED' : '2 SLOWED';
  if (code === 450) return '3 PUT_OFF';
  if (code === 421) return '4 TURNED_AWAY';
  throw new Error(`answered ${code}`);
}

/** Sessions of one client at once, each with one name nobody has. Who is not greeted has that for an answer. */
async function askOnce(asked: {
  readonly port: number;
  readonly address: string;
  readonly wave: number;
  readonly size: number;
}): Promise<Answer[]> {
  const { port, address, wave, size } = asked;
  return Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const client = await connectProxied(port, address);
      try {
        if (client.greeting.code !== 220) return client.greeting;
        await client.askAll(['EHLO guess.example', 'MAIL FROM:<guess@guess.example>']);
        return await client.ask(`RCPT TO:<nobody-${wave}-${index}@${LISTED}>`);
      } finally {
        client.close();
      }
    }),
  );
}
