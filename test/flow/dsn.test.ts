/**
 * Delivery status notifications as senders ask for them: passed on to a primary that offers DSN, answered by us otherwise
 * (RFC 3461, RFC 3464, RFC 6533; protocol statements 68 to 74).
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { dkimSign } from 'mailauth';
import { until } from '../helpers/child.ts';
import { makeDkimKey } from '../helpers/dkim-key.ts';
import { type FakePrimary, type ReceivedMessage, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { decodeBody, type Entity, parseEntity, parseFields, parseParts } from '../mail/mime.ts';

const MX = [[10, 'mx.sender.example']] as const;
const KEY = makeDkimKey('rsa');
const CONTENT = 'From: <alice@signed.example>\r\nSubject: hello\r\nMessage-ID: <1@signed.example>\r\n\r\nThe body.\r\n';

let flow: Flow;
let primary: FakePrimary;
let plainPrimary: FakePrimary;
let senderMx: FakePrimary;

beforeAll(async () => {
  const FORGED_SPF = ['v=spf1 ip4:192.0.2.1 -all'];
  flow = await startFlow({
    'proven.example': { MX, TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    'signed.example': { MX, TXT: FORGED_SPF },
    's._domainkey.signed.example': { TXT: [KEY.record.match(/.{1,200}/g) ?? []] },
    'forged.example': { MX, TXT: FORGED_SPF },
    'mx.sender.example': { A: ['127.0.0.3'] },
  });
  senderMx = await flow.primary('127.0.0.3');
  primary = await startFakePrimary();
  plainPrimary = await startFakePrimary({ modes: { dsn: false } });
  await flow.addDomain('customer.example', primary);
  await flow.addDomain('plain.example', plainPrimary);
});

afterAll(async () => {
  await flow?.close();
  await Promise.all([primary?.close(), plainPrimary?.close()]);
});

interface ReportRead {
  readonly message: ReceivedMessage;
  readonly entity: Entity;
  readonly text: string;
  readonly status: Entity;
  readonly blocks: readonly ReadonlyMap<string, string>[];
  readonly returned: Entity;
}

function reportsTo(reader: string): ReceivedMessage[] {
  return senderMx.messages.filter(({ recipients }) => recipients[0]?.address === reader);
}

/** The report with this number, from 0, to a reader. */
async function readReport(reader: string, number = 0): Promise<ReportRead> {
  await senderMx.waitFor(() => reportsTo(reader).length > number, `report ${number} to ${reader}`);
  const message = reportsTo(reader)[number];
  const entity = parseEntity(message?.content.toString('utf8') ?? '');
  const [text, status, returned] = parseParts(entity);
  if (message === undefined || text === undefined || status === undefined || returned === undefined) {
    throw new Error('a part is missing');
  }
  const blocks = status.body.trimEnd().split('\r\n\r\n').map(parseFields);
  return { message, entity, text: decodeBody(text).toString(), status, blocks, returned };
}

async function untilEnded(id: string): Promise<void> {
  await until(`${id} has ended`, PATIENCE_MS, async () => {
    const message = await flow.message(id);
    return message?.recipients.every(({ state }) => state !== 'HELD');
  });
}

async function eventsAbout(id: string): Promise<string[]> {
  const rows = await flow.database.sql<{ kind: string }[]>`
    select kind from events where message_id = ${id} and kind like 'REPORT%' order by id`;
  return rows.map(({ kind }) => kind);
}

/** Why nobody was told, per recipient, as the API has it. */
async function suppressedReasons(id: string): Promise<(string | null)[]> {
  const { message } = await flow.service.graphql<{
    message: { recipients: { dsnSuppressedReason: string | null }[] } | null;
  }>('query ($id: ID!) { message(id: $id) { recipients { dsnSuppressedReason } } }', { id });
  return (message?.recipients ?? []).map(({ dsnSuppressedReason }) => dsnSuppressedReason);
}

async function signed(content: string): Promise<string> {
  const key = { signingDomain: 'signed.example', selector: 's', privateKey: KEY.privateKey };
  const { signatures } = await dkimSign(content, { signatureData: [key] } as Parameters<typeof dkimSign>[1]);
  return signatures + content;
}

test('71 what each recipient was given is passed on to a primary that offers DSN, and nobody else reports', async () => {
  const peer = await flow.connect();
  const lines = [
    'MAIL FROM:<passed@proven.example> RET=HDRS ENVID=QQ+2B314159',
    'RCPT TO:<one@customer.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;One+2B1@old.example',
    'RCPT TO:<two@customer.example> NOTIFY=NEVER',
    'RCPT TO:<three@customer.example>',
  ];
  for (const line of lines) expect(await peer.ask(line)).toStartWith('250');
  expect(await peer.ask('DATA')).toStartWith('354');
  await peer.write(Buffer.from(CONTENT));
  const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(await peer.ask('.'))?.[0] ?? '';
  peer.destroy();
  await untilEnded(id);
  const message = primary.messages.find(({ reversePath }) => reversePath === 'passed@proven.example');
  expect(message?.mailParameters).toContain(' RET=HDRS ENVID=QQ+2B314159');
  expect(message?.recipients).toEqual([
    { address: 'one@customer.example', parameters: 'NOTIFY=SUCCESS,DELAY ORCPT=rfc822;One+2B1@old.example' },
    { address: 'two@customer.example', parameters: 'NOTIFY=NEVER' },
    { address: 'three@customer.example', parameters: '' },
  ]);
  // What is due becomes due in the transaction that ends the message.
  expect(await flow.database.sql`select from reports_due where message_id = ${id}`).toHaveLength(0);
  expect(await eventsAbout(id)).toEqual([]);
});

test('71 NOTIFY=SUCCESS and a primary without DSN: the parameters stay here, and we report relaying', async () => {
  const id = await flow.send({
    from: 'relayed@proven.example',
    to: ['user@plain.example'],
    mailParameters: ' RET=FULL ENVID=order66',
    recipientParameters: ' NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;old@plain.example',
    content: CONTENT,
  });
  const { message, entity, text, blocks, returned } = await readReport('relayed@proven.example');
  expect(plainPrimary.messages[0]?.mailParameters).not.toMatch(/RET|ENVID/);
  expect(plainPrimary.messages[0]?.recipients).toEqual([{ address: 'user@plain.example', parameters: '' }]);
  expect(message.reversePath).toBe('');
  expect(entity.fields.get('auto-submitted')).toBe('auto-replied');
  expect(entity.fields.get('subject')).toBe('Your message was handed on');
  expect(text).toContain('gives no reports of success');
  expect(blocks[0]?.get('original-envelope-id')).toBe('order66');
  expect(Object.fromEntries(blocks[1] ?? [])).toMatchObject({
    'original-recipient': 'rfc822; old@plain.example',
    'final-recipient': 'rfc822; user@plain.example',
    action: 'relayed',
    status: '2.0.0',
    'remote-mta': 'dns; [127.0.0.1]',
    'diagnostic-code': 'smtp; 250 2.0.0 Taken',
  });
  // RFC 3461 §4.3: RET=FULL is about failures.
  expect(returned.fields.get('content-type')).toBe('text/rfc822-headers');
  expect(decodeBody(returned).toString()).not.toContain('The body.');
  await untilEnded(id);
  expect(await eventsAbout(id)).toEqual(['REPORT_MADE']);
  expect(reportsTo('relayed@proven.example')).toHaveLength(1);
});

test('71 RET=FULL returns the whole message, our trace on top', async () => {
  await flow.send({
    from: 'whole@proven.example',
    to: ['permfail@customer.example'],
    mailParameters: ' RET=FULL',
    content: CONTENT,
  });
  const { returned } = await readReport('whole@proven.example');
  expect(returned.fields.get('content-type')).toBe('message/rfc822');
  const inner = parseEntity(returned.body);
  expect(inner.body).toBe('The body.\r\n');
  expect(inner.fields.get('received')).toContain('with ESMTP');
});

test('74 an aligned DKIM signature proves a sender whom SPF does not; without one the reason is kept', async () => {
  const provenId = await flow.send({
    from: 'alice@signed.example',
    to: ['permfail@customer.example'],
    content: await signed(CONTENT),
  });
  const { blocks } = await readReport('alice@signed.example');
  expect(blocks[1]?.get('status')).toBe('5.1.1');
  expect(await suppressedReasons(provenId)).toEqual([null]);
  // 74: after DATA, and with 5.7.x: a backup MX's backscatter.
  const refusals = [
    { to: ['permfail-data@customer.example', 'good@plain.example'], content: CONTENT },
    {
      to: ['policy@customer.example', 'good@customer.example'],
      content: (await signed(CONTENT)).replace('The body', 'A body'),
    },
    { to: ['permfail@customer.example'], content: await signed(CONTENT), from: 'mallory@forged.example' },
  ];
  const ids: string[] = [];
  for (const refusal of refusals) ids.push(await flow.send({ from: 'mallory@signed.example', ...refusal }));
  for (const id of ids) {
    await until(`a decision about ${id}`, PATIENCE_MS, async () => (await eventsAbout(id)).length > 0);
    expect(await eventsAbout(id)).toEqual(['REPORT_SUPPRESSED']);
    const message = await flow.message(id);
    expect(message?.recipients[0]?.state).toBe('FAILED');
  }
  const reasons = (await Promise.all(ids.map(suppressedReasons))).map(([reason]) => reason);
  expect(reasons).toEqual([
    'SPF of signed.example for 127.0.0.1: FAIL; aligned DKIM signature: NONE',
    'SPF of signed.example for 127.0.0.1: FAIL; aligned DKIM signature: FAIL',
    'SPF of forged.example for 127.0.0.1: FAIL; aligned DKIM signature: NONE',
  ]);
  expect(reportsTo('mallory@signed.example')).toEqual([]);
});

test('73 what is refused at our door makes no report', async () => {
  const before = senderMx.messages.length;
  const peer = await flow.connect();
  expect(await peer.ask('MAIL FROM:<refused@proven.example>')).toStartWith('250');
  expect(await peer.ask('RCPT TO:<user@elsewhere.example> NOTIFY=SUCCESS,FAILURE,DELAY')).toStartWith('5');
  expect(await peer.ask('RCPT TO:<user@customer.example>')).toStartWith('250');
  expect(await peer.ask('DATA')).toStartWith('354');
  await peer.write(Buffer.from(`Received: by a.example\r\n`.repeat(120)));
  expect(await peer.ask('.')).toStartWith('5');
  peer.destroy();
  expect(await flow.database.sql`select from reports_due`).toHaveLength(0);
  expect(senderMx.messages).toHaveLength(before);
});

test('71 a sender beyond ASCII hears in UTF-8, over SMTPUTF8', async () => {
  await flow.send({
    // The client writes octets.
    from: Buffer.from('jürgen@proven.example').toString('latin1'),
    to: ['permfail@customer.example'],
    mailParameters: ' SMTPUTF8 BODY=8BITMIME',
    recipientParameters: ' ORCPT=utf-8;j\\x{FC}rgen@customer.example',
    content: Buffer.from('From: <jürgen@proven.example>\r\nSubject: grüße\r\n\r\nHallo.\r\n'),
  });
  const { message, entity, status, blocks, returned } = await readReport('jürgen@proven.example');
  expect(message.mailParameters).toContain('SMTPUTF8');
  expect(message.mailParameters).toContain('BODY=8BITMIME');
  expect(entity.fields.get('to')).toBe('<jürgen@proven.example>');
  expect(status.fields.get('content-type')).toBe('message/global-delivery-status');
  expect(blocks[1]?.get('original-recipient')).toBe('utf-8; jürgen@customer.example');
  expect(blocks[1]?.get('final-recipient')).toBe('rfc822; permfail@customer.example');
  expect(returned.fields.get('content-type')).toBe('message/global-headers');
  expect(returned.body).toContain('Subject: grüße\r\n');
});

test('71 NOTIFY=DELAY: one notice after four hours, with Will-Retry-Until; then the message arrives', async () => {
  const gone = await startFakePrimary();
  await flow.addDomain('gone.example', gone);
  await flow.addDomain('talkative.example', gone, { hasDelayReports: true });
  await gone.stop();
  try {
    const asked = {
      from: 'dora@proven.example',
      to: ['user@gone.example'],
      recipientParameters: ' NOTIFY=DELAY,FAILURE',
    };
    const id = await flow.send(asked);
    await flow.send({ from: 'silent@proven.example', to: ['user@gone.example'] });
    await flow.send({ from: 'told@proven.example', to: ['user@talkative.example'] });
    await flow.send({
      from: 'never@proven.example',
      to: ['user@talkative.example'],
      recipientParameters: ' NOTIFY=NEVER',
    });
    await flow.untilSeen('gone.example', 'an outage', ({ outage }) => outage !== null);
    await flow.untilSeen('talkative.example', 'an outage', ({ outage }) => outage !== null);
    const message = await flow.message(id);
    const acceptedAt = new Date(message?.acceptedAt ?? '');
    const movedTo = acceptedAt.getTime() + 4 * 3600_000 + 60_000;
    await flow.moveTo(new Date(movedTo).toISOString());
    const { entity, text, blocks } = await readReport('dora@proven.example');
    expect(entity.fields.get('subject')).toBe('Your message is delayed');
    expect(text).toContain('we keep your message and go on trying');
    expect(blocks[1]?.get('action')).toBe('delayed');
    expect(blocks[1]?.get('status')).toMatch(/^4\./);
    const until = new Date(blocks[1]?.get('will-retry-until') ?? '').getTime();
    expect(Math.abs(until - acceptedAt.getTime() - 240 * 3600_000)).toBeLessThan(2000);
    expect((await readReport('told@proven.example')).blocks[1]?.get('action')).toBe('delayed');
    // The attempt of that hour is over before the primary is back.
    const clock = await flow.untilSeen(
      'gone.example',
      'the next slot',
      ({ queue }) => Date.parse(queue.nextAttemptAt ?? '') > movedTo,
    );
    await flow.untilIdle('gone.example');
    await gone.start();
    await flow.moveTo(clock.queue.nextAttemptAt);
    await untilEnded(id);
    expect(await eventsAbout(id)).toEqual(['REPORT_MADE']);
    expect(await flow.database.sql`select from reports_due where message_id = ${id}`).toHaveLength(0);
    for (const [reader, count] of [
      ['dora', 1],
      ['told', 1],
      ['silent', 0],
      ['never', 0],
    ] as const) {
      expect([reader, reportsTo(`${reader}@proven.example`).length]).toEqual([reader, count]);
    }
  } finally {
    await gone.close();
  }
});

test('70 an expiry tells the last real status: what the primary said in all those days', async () => {
  const id = await flow.send({ from: 'patient@proven.example', to: ['tempfail@customer.example'] });
  await until('a first attempt', PATIENCE_MS, async () => (await flow.message(id))?.recipients[0]?.attemptCount === 1);
  await flow.untilIdle('customer.example');
  await flow.moveTo((await flow.message(id))?.expiresAt);
  const { blocks, text } = await readReport('patient@proven.example');
  expect(Object.fromEntries(blocks[1] ?? [])).toMatchObject({
    action: 'failed',
    status: '4.3.0',
    'diagnostic-code': 'smtp; 451 4.3.0 Try again later',
    'remote-mta': 'dns; [127.0.0.1]',
  });
  expect(text).toContain('We tried for 10 days without success');
  expect(text).toMatch(/127\.0\.0\.1, last tried on .*:\r\n +451 4\.3\.0 Try again later/);
});

test('68 a report that nobody takes is dropped and counted', async () => {
  senderMx.setMode({ rcpt: '550 5.1.1 No such user' });
  const id = await flow.send({ from: 'deaf@proven.example', to: ['permfail@customer.example'] });
  const report = await until('the report has ended', PATIENCE_MS, async () => {
    const messages = await flow.messages('proven.example');
    return messages.find(
      ({ recipients }) => recipients[0]?.address === 'deaf@proven.example' && recipients[0].state !== 'HELD',
    );
  });
  senderMx.setMode('plain');
  expect(report).toMatchObject({ reversePath: null, recipients: [{ state: 'FAILED' }] });
  expect(await eventsAbout(id)).toEqual(['REPORT_MADE']);
  expect(await eventsAbout(report.id)).toEqual(['REPORT_DROPPED']);
  expect(await suppressedReasons(report.id)).toEqual([null]);
  await until('it is counted', PATIENCE_MS, async () =>
    /^backup_mx_reports_dropped_total 1$/m.test(await (await fetch(`${flow.service.httpUrl}/metrics`)).text()),
  );
});
