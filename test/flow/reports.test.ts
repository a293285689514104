/**
 * Who is told of a failure, and who is not: a report goes only to a proven sender, never for a report, and never twice.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { dkimSign } from 'mailauth';
import { until } from '../helpers/child.ts';
import { makeDkimKey } from '../helpers/dkim-key.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { decodeBody, parseEntity, parseFields, parseParts } from '../mail/mime.ts';

const DOMAIN = 'customer.example';
const MX = [[10, 'mx.sender.example']] as const;

const KEY = makeDkimKey('rsa');

let flow: Flow;
let primary: FakePrimary;
let senderMx: FakePrimary;

beforeAll(async () => {
  flow = await startFlow({
    'proven.example': { MX, TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    'forged.example': { MX, TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
    'softly.example': { MX, TXT: ['v=spf1 ip4:192.0.2.1 ~all'] },
    'silent.example': { MX, TXT: ['not about mail'] },
    'flaky.example': { MX, TXT: 'SERVFAIL' },
    'deaf.example': { MX: [[10, 'mx.deaf.example']], TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    'away.example': { MX: [[10, 'mx.away.example']], TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    'signed.example': { MX, TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
    'd._domainkey.signed.example': { TXT: [KEY.record.match(/.{1,255}/g) ?? []] },
    'mx.sender.example': { A: ['127.0.0.3'] },
    'mx.deaf.example': { A: ['127.0.0.4'] },
    'mx.away.example': { A: ['127.0.0.5'] },
  });
  senderMx = await flow.primary('127.0.0.3');
  primary = await startFakePrimary();
  await flow.addDomain(DOMAIN, primary);
});

afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

async function untilEnded(id: string, state: string): Promise<void> {
  await until(`${id} is ${state}`, PATIENCE_MS, async () =>
    (await flow.message(id))?.recipients.every((recipient) => recipient.state === state),
  );
}

/** What became of a report about the message, from the record of events. */
async function untilDecided(messageId: string): Promise<{ kind: string; reason: string | null }> {
  const [event] = await until(`a decision on a report about ${messageId}`, PATIENCE_MS, async () => {
    const rows = await flow.database.sql<{ kind: string; reason: string | null }[]>`
      select kind, facts ->> 'reason' as reason from events
      where message_id = ${messageId} and kind in ('REPORT_MADE', 'REPORT_SUPPRESSED')`;
    return rows.length > 0 && rows;
  });
  if (event === undefined) throw new Error('no event');
  return event;
}

async function countReportsDue(): Promise<number> {
  return (await flow.database.sql`select from reports_due`).length;
}

test('a refusal for good is reported at once, with the envelope the sender gave it', async () => {
  const id = await flow.send({
    from: 'alice@proven.example',
    to: [`permfail@${DOMAIN}`, `good@${DOMAIN}`],
    mailParameters: ' RET=HDRS ENVID=order+2B66',
    recipientParameters: ' NOTIFY=FAILURE,DELAY ORCPT=rfc822;Old.Name@customer.example',
    content: 'From: <alice@proven.example>\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n\r\nsecret body\r\n',
  });
  await senderMx.waitFor(() => senderMx.messages.length === 1, 'the report');
  const [report] = senderMx.messages;
  expect(report?.reversePath).toBe('');
  expect(report?.recipients.map(({ address }) => address)).toEqual(['alice@proven.example']);
  const content = report?.content.toString('utf8') ?? '';
  expect(content).not.toContain('secret body');
  expect(content).toContain(id);
  const [text, status, headers] = parseParts(parseEntity(content));
  if (text === undefined || status === undefined || headers === undefined) throw new Error('a part is missing');
  const [perMessage = '', ...perRecipients] = status.body.trimEnd().split('\r\n\r\n');
  expect(parseFields(perMessage).get('original-envelope-id')).toBe('order+66');
  expect(perRecipients).toHaveLength(1);
  const fields = parseFields(perRecipients[0] ?? '');
  expect(fields.get('original-recipient')).toBe('rfc822; Old.Name@customer.example');
  expect(fields.get('final-recipient')).toBe(`rfc822; permfail@${DOMAIN}`);
  expect(fields.get('action')).toBe('failed');
  expect(fields.get('status')).toBe('5.1.1');
  expect(fields.get('diagnostic-code')).toBe('smtp; 550 5.1.1 No such user here');
  expect(fields.get('remote-mta')).toBe('dns; [127.0.0.1]');
  expect(decodeBody(text).toString()).not.toContain(`good@${DOMAIN}`);
  expect(decodeBody(headers).toString()).toContain('Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n');

  const states = (await flow.message(id))?.recipients.map(({ address, state }) => [address, state]);
  expect(states).toEqual([
    [`permfail@${DOMAIN}`, 'FAILED'],
    [`good@${DOMAIN}`, 'DELIVERED'],
  ]);
  expect(await untilDecided(id)).toEqual({ kind: 'REPORT_MADE', reason: null });
});

test('a null reverse-path and NOTIFY=NEVER are never reported to', async () => {
  const ids = [
    await flow.send({ from: null, to: [`permfail@${DOMAIN}`] }),
    await flow.send({
      from: 'alice@proven.example',
      to: [`permfail@${DOMAIN}`],
      recipientParameters: ' NOTIFY=NEVER',
    }),
  ];
  for (const id of ids) await untilEnded(id, 'FAILED');
  // A report becomes due in the transaction that ends the message, and leaves an event when it is no longer due.
  expect(await countReportsDue()).toBe(0);
  expect(
    await flow.database.sql`select from events where message_id = any(${ids}) and kind like 'REPORT%'`,
  ).toHaveLength(0);
  expect(senderMx.messages).toHaveLength(1);
});

test('a sender that SPF does not prove is not told', async () => {
  const results = {
    'forged.example': 'FAIL',
    'softly.example': 'SOFTFAIL',
    'silent.example': 'NONE',
    'no.example': 'NONE',
  };
  const sent = new Map<string, string>();
  for (const domain of Object.keys(results)) {
    sent.set(domain, await flow.send({ from: `mallory@${domain}`, to: [`permfail@${DOMAIN}`] }));
  }
  for (const [domain, result] of Object.entries(results)) {
    const id = sent.get(domain) ?? '';
    const reason = `SPF of ${domain} for 127.0.0.1: ${result}; aligned DKIM signature: NONE`;
    expect(await untilDecided(id)).toEqual({ kind: 'REPORT_SUPPRESSED', reason });
    expect((await flow.message(id))?.recipients[0]?.state).toBe('FAILED');
  }
  expect(senderMx.messages).toHaveLength(1);
});

test('while the DNS does not say, the report waits; then it is made', async () => {
  const id = await flow.send({ from: 'bob@flaky.example', to: [`permfail@${DOMAIN}`] });
  await untilEnded(id, 'FAILED');
  await until('the check was made', PATIENCE_MS, () => flow.dns.count('flaky.example', 'TXT') > 0);
  const putOff = async (): Promise<Date | undefined> => {
    const [row] = await flow.database.sql<{ next_attempt_at: Date }[]>`
      select next_attempt_at from reports_due where next_attempt_at > bmx_now()`;
    return row?.next_attempt_at;
  };
  await until('the report is put off', PATIENCE_MS, putOff);
  expect(senderMx.messages).toHaveLength(1);
  flow.dns.set('flaky.example', { MX, TXT: ['v=spf1 ip4:127.0.0.1 -all'] });
  // The resolver remembers the failure for a second, which on this clock may last longer than a quarter of an hour.
  await until('the report', PATIENCE_MS, async () => {
    const next = await putOff();
    if (next !== undefined) await flow.moveTo(next.toISOString());
    return senderMx.messages.length === 2;
  });
  expect(senderMx.messages[1]?.recipients.map(({ address }) => address)).toEqual(['bob@flaky.example']);
});

test('a report that its reader refuses is dropped, and nothing follows it', async () => {
  const deaf = await flow.primary('127.0.0.4', { modes: { rcpt: '550 5.1.1 No such user' } });
  const id = await flow.send({ from: 'carol@deaf.example', to: [`permfail@${DOMAIN}`] });
  expect((await untilDecided(id)).kind).toBe('REPORT_MADE');
  await deaf.waitFor(() =>
    deaf.sessions.some(({ commands }) => commands.some((command) => command.startsWith('RCPT'))),
  );
  await flow.untilIdle('deaf.example');
  const [report] = await flow.messages('deaf.example');
  expect(report).toMatchObject({ reversePath: null, recipients: [{ state: 'FAILED' }] });
  expect(await countReportsDue()).toBe(0);
  expect(deaf.sessions).toHaveLength(1);
});

test("a report whose reader's server is away is held on the same grid, without an outage", async () => {
  const id = await flow.send({ from: 'dave@away.example', to: [`permfail@${DOMAIN}`] });
  expect((await untilDecided(id)).kind).toBe('REPORT_MADE');
  const clock = await until('a failed attempt', PATIENCE_MS, async () => {
    const [row] = await flow.database.sql<{ next_attempt_at: Date; first_failure_at: Date }[]>`
      select next_attempt_at, first_failure_at from destinations
      where name = 'away.example' and first_failure_at is not null and owner_node is null`;
    return row;
  });
  expect(clock.next_attempt_at.getTime() - clock.first_failure_at.getTime()).toBe(15 * 60_000);
  expect(await flow.outages('away.example')).toEqual([]);
  const away = await flow.primary('127.0.0.5');
  await flow.moveTo(clock.next_attempt_at.toISOString());
  await away.waitFor(() => away.messages.length === 1, 'the report');
  expect(away.messages[0]?.reversePath).toBe('');
});

/** The fields about the recipient in the one report to this sender. */
async function readReportFields(localPart: string): Promise<ReadonlyMap<string, string>> {
  const reader = `${localPart}@proven.example`;
  const isFor = ({ recipients }: (typeof senderMx.messages)[number]): boolean => recipients[0]?.address === reader;
  await senderMx.waitFor(() => senderMx.messages.some(isFor), `the report to ${reader}`);
  const [, status] = parseParts(parseEntity(senderMx.messages.find(isFor)?.content.toString('utf8') ?? ''));
  return parseFields(status?.body.trimEnd().split('\r\n\r\n')[1] ?? '');
}

test("what no host has said is not put into a host's mouth: a message too large for the primary", async () => {
  const small = await startFakePrimary({ modes: { sizeLimitBytes: 70_000 } });
  try {
    await flow.addDomain('small.example', small);
    const content = `Subject: large\r\n\r\n${'x'.repeat(70)}\r\n`.repeat(800);
    const id = await flow.send({ from: 'erin@proven.example', to: ['user@small.example'], content });
    const fields = await readReportFields('erin');
    expect(fields.get('status')).toBe('5.3.4');
    expect(fields.get('diagnostic-code')).toStartWith('x-backup-mx; [the message has ');
    expect(fields.get('remote-mta')).toBeUndefined();
    expect((await flow.message(id))?.recipients[0]?.lastReply).toStartWith('[the message has ');
    expect(small.messages).toHaveLength(0);
  } finally {
    await small.close();
  }
});

test('nor when the primary was away for ten days', async () => {
  const gone = await startFakePrimary();
  await flow.addDomain('gone.example', gone);
  await gone.close();
  const id = await flow.send({ from: 'frank@proven.example', to: ['user@gone.example'] });
  await flow.untilSeen('gone.example', 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle('gone.example');
  await flow.moveTo((await flow.message(id))?.expiresAt);
  await untilEnded(id, 'EXPIRED');
  const fields = await readReportFields('frank');
  expect(fields.get('action')).toBe('failed');
  expect(fields.get('status')).toBe('4.4.7');
  expect(fields.get('diagnostic-code')).toBe('x-backup-mx; [connection refused]');
  expect(fields.get('remote-mta')).toBeUndefined();
});

test('one signed message, replayed with sixty reverse-paths: only the author is told, and once', async () => {
  const original =
    'From: Alice <alice@signed.example>\r\nReply-To: <bob@signed.example>\r\nSubject: replayed\r\n\r\nHello\r\n';
  const [clock] = await flow.database.sql<{ now: Date }[]>`select bmx_now() as now`;
  const key = { signingDomain: 'signed.example', selector: 'd', privateKey: KEY.privateKey };
  const { signatures } = await dkimSign(original, { ...key, signatureData: [key], signTime: clock?.now ?? new Date() });
  const isReplay = ({ recipients }: (typeof senderMx.messages)[number]): boolean =>
    recipients[0]?.address.endsWith('@signed.example') === true;
  const froms = Array.from({ length: 56 }, (_, number) => `victim${number}@signed.example`);
  froms.push('alice@signed.example', 'alice+1@signed.example', 'Alice@signed.example', 'bob@signed.example');
  const ids: string[] = [];
  for (const from of froms) {
    ids.push(await flow.send({ from, to: [`permfail@${DOMAIN}`], content: signatures + original }));
  }
  const made = (await Promise.all(ids.map(untilDecided))).filter(({ kind }) => kind === 'REPORT_MADE');
  expect(made).toHaveLength(1);
  await senderMx.waitFor(() => senderMx.messages.some(isReplay), 'the report to alice');
  expect(senderMx.messages.filter(isReplay).map(({ recipients }) => recipients[0]?.address.toLowerCase())).toEqual([
    expect.stringMatching(/^alice(?:\+1)?@signed\.example$/),
  ]);
});
