/**
 * An outage from its first failure to its end as those hear of it who asked to be told: a contact by mail, a webhook by HTTP.
 * The whole service, real SMTP to the contact, real HTTP to the receiver, the clock moved over the hours.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { type Receiver, signersOf, startReceiver } from '../helpers/webhook-receiver.ts';

const DOMAIN = 'customer.example';
const ADDRESS = 'admin@elsewhere.example';

let flow: Flow;
let primary: FakePrimary;
let contactMx: FakePrimary;
let receiver: Receiver;

beforeAll(async () => {
  flow = await startFlow({
    'elsewhere.example': { MX: [[10, 'mx.elsewhere.example']] },
    'mx.elsewhere.example': { A: ['127.0.0.3'] },
  });
  receiver = await startReceiver();
  contactMx = await flow.primary('127.0.0.3');
  primary = await flow.primary('127.0.0.2');
  await flow.addDomain(DOMAIN, primary);
});

afterAll(async () => {
  await flow?.close();
  await receiver?.close();
});

const mails = () => contactMx.messages.map(({ content }) => content.toString().replaceAll('=\r\n', ''));
const types = () => receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);

test('a contact and a webhook hear of an outage and its end, each thing once', async () => {
  const { webhookCreate } = await flow.service.graphql<{ webhookCreate: { secret: string; userErrors: unknown[] } }>(
    `mutation ($url: String!) { webhookCreate(input: { url: $url, events: [OUTAGE_OPENED, OUTAGE_DRAINING, OUTAGE_DRAINED, OUTAGE_CLOSED] }) {
       secret userErrors { message } } }`,
    { url: receiver.url },
  );
  expect(webhookCreate.userErrors).toEqual([]);
  expect(await flow.change('alertContactCreate', { address: `admin@sub.${DOMAIN}` })).toEqual(['INSIDE_DOMAIN']);
  expect(await flow.change('alertContactCreate', { address: ADDRESS })).toEqual([]);
  await contactMx.waitFor(() => contactMx.messages.length === 1, 'the mail with the code');
  const [, id = '', code = ''] = /confirm (\S{36}) (\S{10})/.exec(mails()[0] ?? '') ?? [];
  expect(await flow.change('alertContactConfirm', { id, code })).toEqual([]);
  expect(contactMx.messages[0]).toMatchObject({ reversePath: '' });

  await primary.stop();
  await flow.send({ to: [`user@${DOMAIN}`] });
  await flow.untilSeen(DOMAIN, 'an outage', ({ outage }) => outage !== null);
  await until('the webhook hears of it', PATIENCE_MS, () => types().includes('outage.opened'));
  await flow.database.moveClock('6 minutes');
  await contactMx.waitFor(() => contactMx.messages.length === 2, 'the alert');
  expect(mails()[1]).toContain(`Subject: [Backup MX] ${DOMAIN}: mail is held`);
  expect(mails()[1]).toContain('Auto-Submitted: auto-generated');
  expect(mails()[1]).toContain('1 message');

  await primary.start();
  expect(await flow.change('domainFlush', { name: DOMAIN })).toEqual([]);
  await flow.untilSeen(DOMAIN, 'no outage', ({ outage }) => outage === null);
  await until('the webhook hears of the end', PATIENCE_MS, () => types().includes('outage.closed'));
  await flow.database.moveClock('6 minutes');
  await contactMx.waitFor(() => contactMx.messages.length === 3, 'the end of the alert');
  expect(mails()[2]).toContain(`Subject: [Backup MX] ${DOMAIN}: mail flows again`);

  for (const message of receiver.received) {
    expect(await signersOf(message, [webhookCreate.secret])).toEqual([webhookCreate.secret]);
  }
  expect(new Set(types()).size).toBe(types().length);
  // Mail of our own ends without a word.
  await until(
    'nothing is held',
    PATIENCE_MS,
    async () => (await flow.database.sql`select from messages limit 1`).length === 0,
  );
  expect(await flow.database.sql`select from reports_due`).toHaveLength(0);
  await until('all is counted', PATIENCE_MS, async () => {
    const metrics = await (await fetch(`${flow.service.httpUrl}/metrics`)).text();
    return (
      metrics.includes('backup_mx_alert_mails_total{outcome="SENT"} 2\n') &&
      metrics.includes(`backup_mx_webhook_attempts_total{outcome="DELIVERED"} ${receiver.received.length}\n`)
    );
  });
  expect(flow.service.output()).not.toContain(webhookCreate.secret.slice(6));
});
