/**
 * The call-ahead of the whole service: an unknown mailbox is refused at the door, a known one gets through, and while the
 * primary is away what is known decides, on every node.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, SENDER, startFlow } from '../helpers/flow.ts';
import { startServiceInProcess } from '../helpers/in-process-service.ts';
import type { RunningService } from '../helpers/service.ts';
import { connectPeer } from '../helpers/smtp-peer.ts';
import { urlOf } from '../helpers/database.ts';

const DOMAIN = 'asked.example';
/** By notice, on a busy machine. What is remembered of a mailbox lasts for hours. */
const HEARD_WITHIN_MS = 10_000;

let flow: Flow;
let primary: FakePrimary;
let second: RunningService;
const mailboxes = new Set(['alice', 'bob']);

beforeAll(async () => {
  flow = await startFlow(
    {
      [DOMAIN]: {
        MX: [
          [10, 'primary.example'],
          [20, 'mx.backup.example'],
        ],
      },
      'primary.example': { A: ['127.0.0.2'] },
      'other.example': { A: ['127.0.0.4'] },
    },
    { MX_HOSTNAME: 'mx.backup.example' },
  );
  primary = await flow.primary('127.0.0.2', { modes: { sizeLimitBytes: 100_000 } });
  primary.setMode({
    rcptVerdict: (address) => (mailboxes.has(address.split('@')[0] ?? '') ? null : '550 5.1.1 Not at primary.example'),
  });
  await flow.addDomain(DOMAIN, undefined, {
    hasCallAheads: true,
    unknownWhileDown: { policy: 'DEFER', duration: 'PT4H' },
  });
  second = await startServiceInProcess({
    env: {
      DATABASE_URL: urlOf(flow.database.target),
      DNS_SERVERS: flow.dns.address,
      DELIVERY_PORT: String(flow.deliveryPort),
      MX_HOSTNAME: 'mx.backup.example',
      ROLES: 'inbound',
    },
  });
});

afterAll(async () => {
  await second?.remove();
  await flow?.close();
});

/** The replies to RCPT, one transaction for all. */
async function rcpt(
  localParts: readonly string[],
  service: RunningService = flow.service,
  mail = '',
): Promise<string[]> {
  const peer = await connectPeer({ host: '127.0.0.1', port: service.smtpPort, timeoutMs: 30_000 });
  try {
    await peer.reply();
    await peer.ask('EHLO client.sender.example');
    await peer.ask(`MAIL FROM:<${SENDER}>${mail}`);
    const replies: string[] = [];
    for (const localPart of localParts) replies.push(await peer.ask(`RCPT TO:<${localPart}@${DOMAIN}>`));
    return replies;
  } finally {
    peer.destroy();
  }
}

const codes = async (...args: Parameters<typeof rcpt>) =>
  (await rcpt(...args)).map((reply) => /^(?:250|\d{3} [\d.]+ .* (BMX-\w+))/.exec(reply)?.[1] ?? reply.slice(0, 3));

const standing = async (localPart: string) =>
  (
    await flow.service.graphql<{ recipientStanding: Record<string, unknown> | null }>(
      'query ($address: String!) { recipientStanding(address: $address) { answer deliveredAt reply } }',
      { address: `${localPart}@${DOMAIN}` },
    )
  ).recipientStanding;

const askedFor = (localPart: string) =>
  primary.sessions.flatMap(({ commands }) => commands.filter((line) => line.startsWith(`RCPT TO:<${localPart}@`)))
    .length;

test('an unknown mailbox is refused before DATA, in words that do not name the primary; a known one gets its mail', async () => {
  const [refusal = ''] = await rcpt(['nobody']);
  expect(refusal).toMatch(/^550 5\.1\.1 .* BMX-PRIMARY http\S+\/reject\/BMX-PRIMARY/);
  expect(refusal).not.toMatch(/primary\.example|127\.0\.0\.2|Not at/);
  await flow.send({ to: [`alice@${DOMAIN}`] });
  await primary.waitFor(() => primary.messages.length === 1, 'the delivery');
  expect(primary.messages[0]?.recipients.map(({ address }) => address)).toEqual([`alice@${DOMAIN}`]);
  await flow.untilIdle(DOMAIN);
  await until('the delivery is learned', PATIENCE_MS, async () => (await standing('alice'))?.['deliveredAt'] !== null);
  expect(await standing('alice')).toMatchObject({ answer: 'POSITIVE' });
  expect(await standing('nobody')).toMatchObject({ answer: 'NEGATIVE', reply: '550 5.1.1 Not at primary.example' });
});

test('a size that the primary does not take is refused at RCPT', async () => {
  await until('the size is known', PATIENCE_MS, async () => {
    const rows = await flow.database.sql`select from primaries where size_limit_bytes = 100000`;
    return rows.length === 1;
  });
  await until('it is in force', PATIENCE_MS, async () => {
    const [reply = ''] = await rcpt(['alice'], flow.service, ' SIZE=100000');
    return /^552 5\.3\.4 .* at most 99\d{3} bytes.* BMX-SIZE/.test(reply);
  });
  expect(await codes(['alice'], flow.service, ' SIZE=90000')).toEqual(['250']);
});

test('another node knows what one has asked', async () => {
  const before = [askedFor('alice'), askedFor('nobody')];
  expect(await codes(['alice', 'nobody'], second)).toEqual(['250', 'BMX-PRIMARY']);
  expect([askedFor('alice'), askedFor('nobody')]).toEqual(before);
});

test('a mailbox that was made meanwhile is taken at once after recipientForget, by every node', async () => {
  mailboxes.add('nobody');
  expect(await codes(['nobody'])).toEqual(['BMX-PRIMARY']);
  expect(await flow.change('recipientForget', { address: `nobody@${DOMAIN}` })).toEqual([]);
  const told = performance.now();
  expect(await codes(['nobody'])).toEqual(['250']);
  await until('the other node has heard', PATIENCE_MS, async () => (await codes(['nobody'], second))[0] === '250');
  expect(performance.now() - told).toBeLessThan(HEARD_WITHIN_MS);
});

test('another primary is asked at once what the one before refused, and takes what was too large for that', async () => {
  const other = await flow.primary('127.0.0.4', { modes: { sizeLimitBytes: 200_000 } });
  other.setMode({ rcptVerdict: (address) => (address.startsWith('mover@') ? null : '550 5.1.1 Not at other.example') });
  for (const service of [flow.service, second]) expect(await codes(['mover'], service)).toEqual(['BMX-PRIMARY']);
  expect(await codes(['alice'], flow.service, ' SIZE=150000')).toEqual(['BMX-SIZE']);
  const deliverTo = [{ host: 'other.example', port: flow.deliveryPort }];
  expect(await flow.change('domainUpdate', { name: DOMAIN, deliverTo })).toEqual([]);
  const told = performance.now();
  expect(await codes(['mover'], flow.service, ' SIZE=150000')).toEqual(['250']);
  await until('the other node has heard', PATIENCE_MS, async () => (await codes(['mover'], second))[0] === '250');
  expect(performance.now() - told).toBeLessThan(HEARD_WITHIN_MS);
  expect(await flow.change('domainUpdate', { name: DOMAIN, deliverTo: [] })).toEqual([]);
});

test('while the primary is away the known are taken, the refused stay refused, the unknown are the domain’s policy', async () => {
  expect(await codes(['bob', 'ghost'])).toEqual(['250', 'BMX-PRIMARY']);
  await primary.stop();
  // Beside a session of the last minute it would be no outage.
  await flow.database.moveClock('2 minutes');
  await flow.send({ to: [`alice@${DOMAIN}`] });
  await flow.untilSeen(DOMAIN, 'an outage', ({ outage }) => outage !== null);
  await until('it is known', PATIENCE_MS, async () => (await codes(['stranger'], second))[0] === 'BMX-LATER');
  for (const service of [flow.service, second]) {
    expect(await codes(['alice', 'bob', 'ghost', 'stranger'], service)).toEqual([
      '250',
      '250',
      'BMX-PRIMARY',
      'BMX-LATER',
    ]);
  }
  expect(await flow.change('domainUpdate', { name: DOMAIN, unknownWhileDown: { policy: 'ACCEPT' } })).toEqual([]);
  expect(await codes(['stranger'])).toEqual(['250']);

  await primary.start();
  const { outage } = await flow.see(DOMAIN);
  await flow.moveTo(outage?.nextAttemptAt);
  await flow.untilSeen(DOMAIN, 'no outage', (seen) => seen.outage === null);
  // It has just come back: for a while its refusals are not taken at their word.
  await until('the primary is asked again', PATIENCE_MS, async () => {
    expect(await codes(['stranger'])).toEqual(['250']);
    return primary.rcpts.some(({ address }) => address.startsWith('stranger@'));
  });
  await flow.database.moveClock('61 minutes');
  await until('its word counts', PATIENCE_MS, async () => (await codes(['stranger']))[0] === 'BMX-PRIMARY');
  expect(primary.messages.length).toBe(2);
});
