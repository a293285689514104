/**
 * The trace of a message where it has a story: a DNS list that refuses, a primary that is asked and refuses, one that keeps
 * silent until the client goes away, and mail that is delivered nine days later.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { flushDomain } from '../helpers/domains.ts';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, SENDER, startFlow } from '../helpers/flow.ts';
import { connectProxied } from '../helpers/proxied-client.ts';
import { eventsOf } from '../helpers/service-log.ts';
import { type SpanSeen, startTraceCollector, type TraceCollector } from '../helpers/trace-collector.ts';
import { nameIn } from '../policy/dnsbl-scene.ts';

const LISTED = '192.0.2.99';
const STRICT = 'strict.example';
const ASKED = 'asked.example';
const AWAY = 'away.example';
const DAYS_MS = 9 * 86_400_000;

let flow: Flow;
let collector: TraceCollector;
let primary: FakePrimary;

beforeAll(async () => {
  collector = await startTraceCollector();
  flow = await startFlow(
    {
      [nameIn('bl.example', LISTED)]: { A: ['127.0.0.2'] },
      [nameIn('bl.example', '127.0.0.2')]: { A: ['127.0.0.2'] },
    },
    { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TRUSTED_PROXIES: '127.0.0.1' },
  );
  primary = await flow.primary('127.0.0.2');
  primary.setMode({ rcptVerdict: (address) => (address.startsWith('nobody') ? '550 5.1.1 nobody: unknown' : null) });
  await flow.addDomain(STRICT, primary, { dnsblZones: [{ zone: 'bl.example', mode: 'REJECT' }] });
  await flow.addDomain(ASKED, primary, { callAheads: true });
});

afterAll(async () => {
  await flow?.close();
  await collector?.close();
});

/** Of one trace: `parent > name`, with what matters of its attributes. */
function tree(spans: readonly SpanSeen[], keys: readonly string[]): string[] {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return spans
    .map(({ name, parentSpanId, attributes }) => {
      const values = keys.flatMap((key) => attributes[`backup_mx.${key}`] ?? []);
      return [`${parentSpanId === undefined ? '' : `${names.get(parentSpanId)} > `}${name}`, ...values].join(' ');
    })
    .toSorted();
}

function traceOf(spans: readonly SpanSeen[], isOne: (span: SpanSeen) => boolean): readonly SpanSeen[] {
  const one = spans.find(isOne);
  return spans.filter(({ traceId }) => traceId === one?.traceId);
}

async function ask(recipient: string): Promise<string> {
  const client = await connectProxied(flow.service.smtpPort, LISTED);
  await client.ask('EHLO client.example');
  await client.ask(`MAIL FROM:<${SENDER}>`);
  const { code, text } = await client.ask(`RCPT TO:<${recipient}>`);
  await client.ask('QUIT');
  client.close();
  return `${code} ${text}`;
}

test('who was asked, who refused, who was waited for, and every attempt', async () => {
  expect(await ask(`alice@${STRICT}`)).toContain('BMX-DNSBL');
  expect(await ask(`nobody@${ASKED}`)).toContain('BMX-PRIMARY');
  primary.setMode({ silentAt: 'RCPT' });
  const askedBefore = primary.countVerb('RCPT');
  const impatient = await connectProxied(flow.service.smtpPort, '192.0.2.98');
  await impatient.ask('EHLO client.example');
  await impatient.ask('MAIL FROM:<>');
  impatient.write(`RCPT TO:<carol@${ASKED}>\r\n`);
  await primary.waitFor(() => primary.countVerb('RCPT') > askedBefore, 'the primary is asked');
  impatient.close();
  primary.setMode('plain');

  const late = await flow.primary('127.0.0.4');
  await late.stop();
  await flow.addDomain(AWAY, late);
  const id = await flow.send({ to: [`dave@${AWAY}`] });
  const { outage } = await flow.untilSeen(AWAY, 'an outage', (seen) => seen.outage !== null);
  await flow.untilIdle(AWAY);
  await flow.moveTo(new Date(Date.parse(outage?.startedAt ?? '') + DAYS_MS).toISOString());
  await late.start();
  await flushDomain(flow.service, AWAY);
  await flow.untilSeen(AWAY, 'nothing is held', ({ queue }) => queue.heldCount === 0);
  await until('the client is seen to be gone', PATIENCE_MS, () =>
    collector.spans.some(({ attributes }) => attributes['backup_mx.decision'] === 'UNANSWERED'),
  );
  expect(await flow.service.stop()).toBe(0);

  const { spans } = collector;
  const keys = ['recipient', 'decision', 'reply_code', 'rejection', 'check', 'verdict', 'zone', 'answer', 'finding'];
  const listed = traceOf(spans, ({ attributes }) => attributes['backup_mx.rejection'] === 'BMX-DNSBL');
  expect(tree(listed, keys)).toEqual([
    'RCPT > check dnsbl 550 REFUSE bl.example',
    'check dnsbl > DNSBL question bl.example LISTED',
    'message > RCPT alice@strict.example REFUSE 550 BMX-DNSBL dnsbl',
    'message ABANDONED',
  ]);
  const [refused] = eventsOf(flow.service).filter(({ rejection }) => rejection === 'BMX-DNSBL');
  expect(listed.find(({ name }) => name === 'RCPT')?.attributes['backup_mx.reference']).toBe(
    String(refused?.['reference']),
  );
  expect(listed.find(({ name }) => name === 'message')?.attributes).toMatchObject({
    'client.address': LISTED,
    'backup_mx.ehlo': 'client.example',
    'backup_mx.sender': SENDER,
  });
  const unknown = traceOf(spans, ({ attributes }) => attributes['backup_mx.rejection'] === 'BMX-PRIMARY');
  expect(tree(unknown, keys)).toEqual([
    'RCPT > check call-ahead 550 REFUSE',
    'check call-ahead > call-ahead question 550 REPLY',
    'message > RCPT nobody@asked.example REFUSE 550 BMX-PRIMARY call-ahead',
    'message ABANDONED',
  ]);
  const waited = traceOf(spans, ({ attributes }) => attributes['backup_mx.decision'] === 'UNANSWERED');
  expect(tree(waited, keys)).toEqual(['message > RCPT carol@asked.example UNANSWERED call-ahead', 'message ABANDONED']);

  const whole = spans.filter(({ traceId }) => traceId === id.replaceAll('-', ''));
  expect(tree(whole, ['recipient', 'decision', 'outcome', 'reply_code'])).toEqual([
    'message > DATA',
    'message > RCPT dave@away.example ACCEPT 250',
    'message > message accept',
    'message > message attempt DEFERRED none',
    'message > message attempt DELIVERED 250',
    'message > message delivered',
    'message > message held',
    'message ACCEPT 250',
    'message accept > message commit',
  ]);
  expect(whole.filter(({ attributes }) => attributes['backup_mx.transaction'] === id)).toHaveLength(5);
  const text = collector.bodies.join('');
  expect(['nobody: unknown', 'Subject', 'Hello.'].filter((word) => text.includes(word))).toEqual([]);
});
