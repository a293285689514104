/** The trace of a message that is delivered nine days later: one trace with every attempt, and no content in it. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { flushDomain } from '../helpers/domains.ts';
import { type Flow, SENDER, startFlow } from '../helpers/flow.ts';
import { connectProxied } from '../helpers/proxied-client.ts';
import { type SpanSeen, startTraceCollector, type TraceCollector } from '../helpers/trace-collector.ts';

const AWAY = 'away.example';
const DAYS_MS = 9 * 86_400_000;

let flow: Flow;
let collector: TraceCollector;

beforeAll(async () => {
  collector = await startTraceCollector();
  flow = await startFlow({}, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TRUSTED_PROXIES: '127.0.0.1' });
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

/** A message whose only recipient is refused. */
async function sendToStranger(): Promise<void> {
  const client = await connectProxied(flow.service.smtpPort, '192.0.2.99');
  await client.ask('EHLO client.example');
  await client.ask(`MAIL FROM:<${SENDER}>`);
  expect((await client.ask('RCPT TO:<stranger@elsewhere.example>')).code).toBe(550);
  await client.ask('QUIT');
  client.close();
}

test('every attempt of a message is in its trace; what is not accepted has none', async () => {
  await sendToStranger();
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
  expect(await flow.service.stop()).toBe(0);

  const { spans } = collector;
  const whole = spans.filter(({ traceId }) => traceId === id.replaceAll('-', ''));
  expect(tree(whole, ['outcome', 'reply_code'])).toEqual([
    'message',
    'message > message attempt DEFERRED none',
    'message > message attempt DELIVERED 250',
    'message > message delivered',
    'message > message held',
  ]);
  expect(whole.filter(({ attributes }) => attributes['backup_mx.transaction'] === id)).toHaveLength(5);
  expect(spans.filter(({ name }) => name === 'message')).toHaveLength(1);
  const text = collector.bodies.join('');
  expect(['stranger', 'Subject', 'Hello.'].filter((word) => text.includes(word))).toEqual([]);
});
