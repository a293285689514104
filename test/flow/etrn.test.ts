/**
 * ETRN: a primary that comes back asks for its mail, and gets it where it always does (RFC 1985).
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { connectPeer, type SmtpPeer } from '../helpers/smtp-peer.ts';

const DOMAIN = 'customer.example';
/** Of the primary, in both directions. */
const PRIMARY = '127.0.0.2';

let flow: Flow;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow({ [DOMAIN]: { MX: [[10, 'mx.customer.example']] }, 'mx.customer.example': { A: [PRIMARY] } });
  primary = await flow.primary(PRIMARY);
  await flow.addDomain(DOMAIN, undefined, { etrnClients: [PRIMARY] });
  await flow.addDomain(`sub.${DOMAIN}`, primary, { etrnClients: ['127.0.0.0/29'] });
  await flow.addDomain('closed.example', primary);
});

afterAll(async () => {
  await flow?.close();
});

async function connectFrom(localAddress: string): Promise<SmtpPeer> {
  const peer = await connectPeer({ host: '127.0.0.1', port: flow.service.smtpPort, localAddress });
  await peer.reply();
  expect(await peer.ask('EHLO client.example')).toContain('250-ETRN');
  return peer;
}

test('mail that waits is sent out at once, in a session of our own', async () => {
  await primary.stop();
  for (const localPart of ['a', 'b']) await flow.send({ to: [`${localPart}@${DOMAIN}`] });
  await flow.untilSeen(DOMAIN, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(DOMAIN);
  await primary.start();
  const peer = await connectFrom(PRIMARY);
  expect(await peer.ask(`ETRN ${DOMAIN.toUpperCase()}`)).toBe(
    `253 2.0.0 2 pending messages for node ${DOMAIN} started`,
  );
  await primary.waitFor(() => primary.messages.length === 2, 'the mail');
  await flow.untilSeen(DOMAIN, 'nothing held', ({ queue, outage }) => queue.heldCount === 0 && outage === null);
  expect(await peer.ask(`ETRN ${DOMAIN}`)).toMatch(/^458 4\.7\.0 /);
  expect(await peer.ask(`ETRN @sub.${DOMAIN}`)).toBe(`251 2.0.0 no messages waiting for node @sub.${DOMAIN}`);
  peer.destroy();
});

test('to a stranger a served domain and any other are the same', async () => {
  const peer = await connectFrom('127.0.0.9');
  const answers = new Set<string>();
  for (const node of [DOMAIN, `@${DOMAIN}`, 'closed.example', 'nobody.example'])
    answers.add(await peer.ask(`ETRN ${node}`));
  expect([...answers]).toEqual(['459 4.7.1 node not allowed: not served here, or not from your address']);
  peer.destroy();
});

test('a pause stands', async () => {
  const domain = 'paused.example';
  await flow.addDomain(domain, primary, { etrnClients: ['127.0.0.0/29'] });
  await flow.change('domainPause', { name: domain });
  await flow.send({ to: [`user@${domain}`] });
  const arrived = primary.messages.length;
  const peer = await connectFrom('127.0.0.3');
  expect(await peer.ask(`ETRN ${domain}`)).toBe('458 4.3.2 delivery for this node is paused by its operator');
  peer.destroy();
  await flow.untilIdle(domain);
  expect(primary.messages).toHaveLength(arrived);
});
