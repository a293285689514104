/** The name servers of one customer's domains are silent: mail for the domains of another is accepted without a wait. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import type { FakeRecords } from '../helpers/fake-dns.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import type { SmtpPeer } from '../helpers/smtp-peer.ts';

const SILENT_DOMAINS = Array.from({ length: 60 }, (_, index) => `silent${index}.example`);
const HONEST_DOMAINS = Array.from({ length: 8 }, (_, index) => `honest${index}.example`);
const SESSIONS = 20;

const mailHosts = (domain: string): string[] =>
  Array.from({ length: 10 }, (_, index) => `mx${index}.${domain.replace('silent', 'dead')}`);

/** Each host set stands in a zone of its own: nothing but their owner connects them. */
function zones(): Record<string, FakeRecords> {
  const silent = SILENT_DOMAINS.flatMap((domain): [string, FakeRecords][] => [
    [domain, { MX: mailHosts(domain).map((host) => [10, host] as const) }],
    ...mailHosts(domain).map((host): [string, FakeRecords] => [host, { mode: 'TIMEOUT' }]),
  ]);
  const honest = HONEST_DOMAINS.flatMap((domain): [string, FakeRecords][] => [
    [domain, { MX: [[10, `mx.${domain}`]] }],
    [`mx.${domain}`, { A: ['127.0.0.2'] }],
  ]);
  return Object.fromEntries([...silent, ...honest]);
}

let flow: Flow;
const sessions: SmtpPeer[] = [];
beforeAll(async () => {
  flow = await startFlow(zones());
});
afterAll(async () => {
  for (const session of sessions) session.destroy();
  await flow.close();
});

test('a recipient of an honest domain is answered in less than a second meanwhile', async () => {
  const made = await flow.service.graphql<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation { tenantCreate(input: { name: "silent" }) { tenant { id } userErrors { code } } }',
  );
  const { id: tenantId } = made.tenantCreate.tenant;
  for (const domain of SILENT_DOMAINS) await flow.addDomain(domain, undefined, { tenantId });
  for (const domain of HONEST_DOMAINS) await flow.addDomain(domain);
  const honest = await flow.connect();
  sessions.push(honest);
  await honest.ask('MAIL FROM:<sender@sender.example>');
  for (let index = 0; index < SESSIONS; index += 1) {
    const session = await flow.connect();
    sessions.push(session);
    await session.ask('MAIL FROM:<sender@sender.example>');
    const mine = SILENT_DOMAINS.filter((_, place) => place % SESSIONS === index);
    await session.write(mine.map((domain) => `RCPT TO:<user@${domain}>\r\n`).join(''));
  }
  await until('silent servers are asked', PATIENCE_MS, () =>
    flow.dns.queries.some(({ name }) => /^mx.*dead/.test(name)),
  );
  const times: number[] = [];
  for (const domain of HONEST_DOMAINS) {
    const startedAtMs = performance.now();
    expect(await honest.ask(`RCPT TO:<user@${domain}>`)).toStartWith('250 ');
    times.push(performance.now() - startedAtMs);
  }
  expect(Math.max(...times)).toBeLessThan(1000);
});
