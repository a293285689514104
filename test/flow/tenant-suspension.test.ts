/** A customer is taken out of service and put back: what senders hear, and what becomes of the mail that is held. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { startFakePrimary } from '../helpers/fake-primary.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'customer.example';

let flow: Flow;
beforeAll(async () => {
  flow = await startFlow();
});
afterAll(() => flow.close());

async function rcpt(): Promise<string> {
  const session = await flow.connect();
  await session.ask('MAIL FROM:<sender@sender.example>');
  const reply = await session.ask(`RCPT TO:<user@${DOMAIN}>`);
  session.destroy();
  return reply;
}

async function flushed(tenantId: string): Promise<number> {
  const query =
    'mutation($input: DomainsFlushInput!) { domainsFlush(input: $input) { requestedCount userErrors { code } } }';
  const { domainsFlush } = await flow.service.graphql<{
    domainsFlush: { requestedCount: number; userErrors: unknown[] };
  }>(query, { input: { by: { tenantId } } });
  expect(domainsFlush.userErrors).toEqual([]);
  return domainsFlush.requestedCount;
}

test('senders are told to try again, held mail is delivered, and mail is accepted again afterwards', async () => {
  const made = await flow.service.graphql<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation { tenantCreate(input: { name: "customer" }) { tenant { id } userErrors { code } } }',
  );
  const tenantId = made.tenantCreate.tenant.id;
  const host = '127.0.0.1';
  const port = await findFreePort();
  await flow.addDomain(DOMAIN, { host, port }, { tenantId });
  await flow.send({ to: [`user@${DOMAIN}`] });
  await flow.untilSeen(DOMAIN, 'held in an outage', ({ outage, queue }) => outage !== null && queue.heldCount === 1);
  expect(await flow.change('tenantSuspend', { id: tenantId, reason: 'unpaid' })).toEqual([]);
  expect(await rcpt()).toMatch(/^450 4\.2\.1 .* BMX-SUSPENDED /);
  const primary = await startFakePrimary({ host, port });
  try {
    await until(
      'the attempt that the new route began has ended',
      PATIENCE_MS,
      async () => (await flushed(tenantId)) === 1,
    );
    await primary.waitFor(() => primary.messages.length === 1, 'the held mail');
    expect(await flow.change('tenantUnsuspend', { id: tenantId })).toEqual([]);
    await until('mail is accepted again', PATIENCE_MS, async () => (await rcpt()).startsWith('250 '));
  } finally {
    await primary.close();
  }
});
