/**
 * All better MX are dead: the outage says of which address what was met; between two attempts a greeting is looked for once a
 * minute, and what comes back first is noticed long before the next slot.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'two.example';
const NEIGHBOUR = 'neighbour.example';

interface OutageRead {
  readonly kind: string;
  readonly attemptCount: number;
  readonly nextAttemptAt: string | null;
  readonly evidence: readonly { trouble: string; host: string; address: string; reply: string; latency: string }[];
}

let flow: Flow;
let second: FakePrimary;

beforeAll(async () => {
  const mx = [
    [10, 'mx1.two.example'],
    [20, 'mx2.two.example'],
    [50, 'backup.test.example'],
  ] as const;
  flow = await startFlow({
    'backup.test.example': { A: ['192.0.2.250'] },
    [DOMAIN]: { MX: mx },
    [NEIGHBOUR]: { MX: mx },
    'mx1.two.example': { A: ['127.0.0.2'] },
    'mx2.two.example': { A: ['127.0.0.3'] },
  });
  second = await flow.primary('127.0.0.3');
  await second.stop();
  for (const domain of [DOMAIN, NEIGHBOUR]) await flow.addDomain(domain);
});

afterAll(async () => {
  await flow?.close();
});

async function readOutage(domain: string): Promise<OutageRead | null> {
  const { outages } = await flow.service.graphql<{ outages: { nodes: OutageRead[] } }>(
    `query ($domain: String!) { outages(first: 1, filter: { domain: $domain }) { nodes {
       kind attemptCount nextAttemptAt evidence { trouble host address reply latency } } } }`,
    { domain },
  );
  return outages.nodes[0] ?? null;
}

async function hold(domain: string): Promise<void> {
  await flow.send({ to: [`user@${domain}`] });
  await flow.untilSeen(domain, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(domain);
}

test('the outage names every address and what it answered', async () => {
  await hold(DOMAIN);
  await hold(NEIGHBOUR);
  const outage = await readOutage(DOMAIN);
  expect(outage).toMatchObject({ kind: 'DOWN', attemptCount: 1 });
  expect(outage?.evidence).toMatchObject([
    { trouble: 'REFUSED', host: 'mx1.two.example', address: `127.0.0.2:${flow.deliveryPort}` },
    { trouble: 'REFUSED', host: 'mx2.two.example', address: `127.0.0.3:${flow.deliveryPort}` },
  ]);
  expect(outage?.evidence.every(({ reply }) => reply === '[connection refused]')).toBe(true);
});

test('a check that meets nobody changes nothing', async () => {
  const before = await readOutage(DOMAIN);
  await second.start();
  second.setMode('greeting421');
  await flow.database.moveClock('61 seconds');
  await second.waitFor(() => second.sessions.length > 0, 'a check');
  await second.waitFor(() => second.sessions.every(({ isOpen }) => !isOpen), 'its end');
  expect(await readOutage(DOMAIN)).toEqual(before);
  expect((await flow.see(DOMAIN)).queue.heldCount).toBe(1);
});

test('one that is greeted says EHLO and QUIT, and the mail of both domains follows at once', async () => {
  second.setMode('plain');
  const sessions = second.sessions.length;
  await flow.database.moveClock('61 seconds');
  await second.waitFor(() => second.messages.length === 2, 'the mail of both domains');
  const check = second.sessions[sessions]?.commands.map((command) => command.split(' ')[0]);
  expect(check).toEqual(['EHLO', 'QUIT']);
  for (const domain of [DOMAIN, NEIGHBOUR]) {
    await flow.untilSeen(domain, 'the end of it', ({ outage, queue }) => outage === null && queue.heldCount === 0);
    expect(await readOutage(domain)).toMatchObject({ attemptCount: 1, nextAttemptAt: null });
  }
});
