/**
 * Ten mebibytes are taken and arrive whole; one byte more is refused with a reply that says what to do, and the session goes on.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { contentOf } from '../helpers/dialog.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PLAIN_CONTENT, startFlow, transact } from '../helpers/flow.ts';
import type { SmtpPeer } from '../helpers/smtp-peer.ts';
import { readTrace } from '../interop/mail.ts';

const DOMAIN = 'customer.example';
const LIMIT = 10_485_760;
const TO = `user@${DOMAIN}`;

let flow: Flow;
let primary: FakePrimary;
let session: SmtpPeer;

beforeAll(async () => {
  flow = await startFlow();
  primary = await startFakePrimary();
  await flow.addDomain(DOMAIN, primary);
  session = await flow.connect();
});

afterAll(async () => {
  session?.destroy();
  await flow?.close();
  await primary?.close();
});

/** A header section and lines that are no dots, `sizeBytes` in all. */
function mailOf(sizeBytes: number): Buffer {
  const head = Buffer.from('Subject: large\r\n\r\n');
  return Buffer.concat([head, contentOf(sizeBytes - head.length)]);
}

function expectTooBig(reply: string): void {
  expect(reply).toStartWith('552 5.3.4 ');
  expect(reply).toContain(String(LIMIT));
  expect(reply).toEndWith(` BMX-SIZE ${flow.service.env['PUBLIC_URL']}/reject/BMX-SIZE`);
}

test('exactly the limit is accepted, announced or not, and arrives whole', async () => {
  const content = mailOf(LIMIT);
  expect(content.length).toBe(LIMIT);
  for (const mailParameters of [` SIZE=${LIMIT}`, '']) {
    const arrived = primary.messages.length;
    const id = await transact(session, { to: [TO], content, mailParameters });
    await primary.waitFor(() => primary.messages.length > arrived, 'the large mail');
    const message = primary.messages.at(-1);
    expect(readTrace(message?.content ?? Buffer.alloc(0), content)).toMatch(/^Received: /);
    // What we add is part of the size we announce (RFC 1870).
    expect(Number(/SIZE=(\d+)/.exec(message?.mailParameters ?? '')?.[1])).toBeGreaterThanOrEqual(LIMIT);
    expect((await flow.message(id))?.size).toBe(LIMIT);
  }
});

test('one byte more is refused at MAIL when it is announced', async () => {
  expectTooBig(await session.ask(`MAIL FROM:<sender@sender.example> SIZE=${LIMIT + 1}`));
});

test('one byte more is refused after the dot when it is not', async () => {
  for (const mailParameters of ['', ' SIZE=1000']) {
    await session.ask(`MAIL FROM:<sender@sender.example>${mailParameters}`);
    await session.ask(`RCPT TO:<${TO}>`);
    expect(await session.ask('DATA')).toStartWith('354');
    await session.write(mailOf(LIMIT + 1));
    expectTooBig(await session.ask('.'));
  }
});

test('far more is refused without being kept', async () => {
  await session.ask('MAIL FROM:<sender@sender.example>');
  await session.ask(`RCPT TO:<${TO}>`);
  await session.ask('DATA');
  const piece = contentOf(LIMIT);
  for (let n = 0; n < 6; n += 1) await session.write(piece);
  expectTooBig(await session.ask('.'));
});

test('the session goes on and takes a small one; of the others nothing was kept', async () => {
  const arrived = primary.messages.length;
  await transact(session, { to: [TO] });
  await primary.waitFor(() => primary.messages.length > arrived, 'the small mail');
  expect(primary.messages.at(-1)?.content.toString()).toEndWith(PLAIN_CONTENT);
  await flow.untilSeen(DOMAIN, 'nothing held', ({ queue }) => queue.heldCount === 0);
  const sizes = (await flow.messages(DOMAIN)).map(({ size }) => size);
  expect(sizes).toEqual([PLAIN_CONTENT.length, LIMIT, LIMIT]);
  const [row] = await flow.database.sql<{ count: number }[]>`select count(*)::bigint as count from contents`;
  expect(row?.count).toBe(0);
});

test('the limit is what EHLO and the API say', async () => {
  expect(await session.ask('EHLO client.sender.example')).toContain(`\n250-SIZE ${LIMIT}\n`);
  const { service } = await flow.service.graphql<{ service: { messageSizeLimit: number } }>(
    '{ service { messageSizeLimit } }',
  );
  expect(service.messageSizeLimit).toBe(LIMIT);
});
