/** Settings that change what a sender hears, as set from outside: each on a whole service. */
import { afterEach, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { until } from '../helpers/child.ts';
import { contentOf } from '../helpers/dialog.ts';
import { startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow, transact } from '../helpers/flow.ts';
import { type Service, startService } from '../helpers/service.ts';
import { connectPeer, type SmtpPeer } from '../helpers/smtp-peer.ts';

const DOMAIN = 'customer.example';
const TO = `user@${DOMAIN}`;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function open(env: Readonly<Record<string, string>>): Promise<{ flow: Flow; session: SmtpPeer }> {
  const flow = await startFlow({}, env);
  ends.push(() => flow.close());
  const primary = await startFakePrimary();
  ends.push(() => primary.close());
  await flow.addDomain(DOMAIN, primary);
  const session = await flow.connect();
  ends.push(async () => session.destroy());
  return { flow, session };
}

test('IN_FLIGHT_BYTES: over the budget 452 BMX-BUSY, and room again afterwards', async () => {
  const { flow, session } = await open({ IN_FLIGHT_BYTES: '1MiB' });
  const holding = await flow.connect();
  await holding.ask('MAIL FROM:<a@sender.example>');
  await holding.ask(`RCPT TO:<${TO}>`);
  await holding.ask('DATA');
  await holding.write(contentOf(700_000));
  const askForRoom = async (sizeBytes: number): Promise<string> => {
    const reply = await session.ask(`MAIL FROM:<a@sender.example> SIZE=${sizeBytes}`);
    await session.ask('RSET');
    return reply;
  };
  await until('the budget is taken', PATIENCE_MS, async () =>
    /^452 4\.3\.1 .* BMX-BUSY \S+\/reject\/BMX-BUSY$/.test(await askForRoom(600_000)),
  );
  await session.ask('MAIL FROM:<a@sender.example>');
  await session.ask(`RCPT TO:<${TO}>`);
  await session.ask('DATA');
  await session.write(contentOf(600_000));
  expect(await session.ask('.')).toMatch(/^452 4\.3\.1 .* BMX-BUSY /);
  holding.destroy();
  await until('the budget is free', PATIENCE_MS, async () => (await askForRoom(900_000)).startsWith('250 '));
  await transact(session, { to: [TO], content: contentOf(900_000) });
});

test('MESSAGE_SIZE_LIMIT lowers the limit of this node, in EHLO and in the reply', async () => {
  const { session } = await open({ MESSAGE_SIZE_LIMIT: '2000' });
  expect(await session.ask('EHLO again.sender.example')).toContain('\n250-SIZE 2000\n');
  expect(await session.ask('MAIL FROM:<a@sender.example> SIZE=2001')).toMatch(/^552 5\.3\.4 .*\b2000\b.* BMX-SIZE /);
  await transact(session, { to: [TO], content: contentOf(2000) });
});

test('serviceUpdate: the size limit is in force at once, in EHLO and in the reply, without a restart', async () => {
  const { flow, session } = await open({});
  expect(await session.ask('EHLO again.sender.example')).toContain('\n250-SIZE 10485760\n');
  const change = (messageSizeLimit: number | null) => flow.change('serviceUpdate', { messageSizeLimit });
  const untilSize = (bytes: number) =>
    until(`SIZE ${bytes}`, 1_000, async () =>
      (await session.ask('EHLO again.sender.example')).includes(`\n250-SIZE ${bytes}\n`),
    );
  expect(await change(70_000)).toEqual([]);
  await untilSize(70_000);
  expect(await session.ask('MAIL FROM:<a@sender.example> SIZE=70001')).toMatch(/^552 5\.3\.4 .* BMX-SIZE /);
  await transact(session, { to: [TO], content: contentOf(70_000) });
  expect(await change(null)).toEqual([]);
  await untilSize(10_485_760);
});

test('BARE_NEWLINES=normalize takes what it would refuse, and hands on CRLF', async () => {
  const flow = await startFlow({}, { BARE_NEWLINES: 'normalize' });
  ends.push(() => flow.close());
  const primary = await startFakePrimary();
  ends.push(() => primary.close());
  await flow.addDomain(DOMAIN, primary);
  await flow.send({ to: [TO], content: 'Subject: unix\n\nline\r\n' });
  await primary.waitFor(() => primary.messages.length === 1, 'the mail');
  expect(primary.messages[0]?.content.toString()).toEndWith('\r\nSubject: unix\r\n\r\nline\r\n');
});

test('TRUSTED_CLIENTS=none: limits and the wait before the greeting are for everybody', async () => {
  const { flow } = await open({
    TRUSTED_CLIENTS: 'none',
    MAX_CONNECTIONS_PER_CLIENT: '2',
    MESSAGES_PER_MINUTE: '1',
    // Who speaks too early does so within this, on a busy machine too.
    GREETING_WAIT: '3s',
  });
  const connect = (localAddress = '127.0.0.1'): Promise<SmtpPeer> =>
    connectPeer({ host: '127.0.0.1', port: flow.service.smtpPort, localAddress });
  // Not where the service was looked for as it started: who has waited once is greeted at once.
  const early = await connect('127.0.0.5');
  await early.write('EHLO early.sender.example\r\n');
  expect(await early.reply()).toMatch(/^421 4\.7\.0 .* BMX-LIMIT /);
  await early.closed();
  const second = await flow.connect();
  const third = await connect();
  expect(await third.reply()).toMatch(/^421 4\.7\.0 .*your address.* BMX-LIMIT /);
  expect(await second.ask('MAIL FROM:<a@sender.example>')).toStartWith('250 ');
  await second.ask('RSET');
  expect(await second.ask('MAIL FROM:<a@sender.example>')).toMatch(/^421 4\.7\.0 .* BMX-LIMIT /);
});

test('MIN_FREE_BYTES: below the watermark 452 BMX-STORE and not ready, nothing else', async () => {
  const reason = 'Free space is below MIN_FREE_BYTES.';
  const service: Service = await startService({ env: { MIN_FREE_BYTES: '512TiB' }, readyExceptFor: reason });
  ends.push(() => service.remove());
  const peer = await connectPeer({ host: '127.0.0.1', port: service.smtpPort });
  ends.push(async () => peer.destroy());
  await peer.reply();
  await peer.ask('EHLO client.sender.example');
  const reply = await until('mail is put off', PATIENCE_MS, async () => {
    const answer = await peer.ask('MAIL FROM:<a@sender.example>');
    await peer.ask('RSET');
    return !answer.startsWith('250 ') && answer;
  });
  expect(reply).toMatch(/^452 4\.3\.1 .* BMX-STORE \S+\/reject\/BMX-STORE$/);
  const ready = await fetch(`${service.httpUrl}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual({ ready: false, reasons: [reason] });
  expect((await fetch(`${service.httpUrl}/healthz`)).status).toBe(200);
  expect(Buffer.byteLength(await (await fetch(`${service.httpUrl}/reject/BMX-STORE`)).text())).toBeGreaterThan(0);
});

test('DELIVERY_HOLD accepts and tries nothing, not even after a flush', async () => {
  const { flow, session } = await open({ DELIVERY_HOLD: 'true' });
  const id = await transact(session, { to: [TO] });
  expect(await flow.change('domainFlush', { name: DOMAIN })).toEqual([]);
  await flow.untilSeen(DOMAIN, 'the mail held', ({ queue }) => queue.heldCount === 1);
  expect((await flow.message(id))?.recipients[0]).toMatchObject({ state: 'HELD', attemptCount: 0 });
});
