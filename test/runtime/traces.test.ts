/**
 * Traces on each runtime: the life of an accepted message is one trace, whoever asks the API may have his own, and a collector
 * that is away or never answers harms nobody.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../helpers/child.ts';
import { createDomain, untilHeld } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { eventsOf, faultsOf } from '../helpers/service-log.ts';
import { startService } from '../helpers/service.ts';
import { openSession, sendMessage } from '../helpers/smtp-session.ts';
import { startTraceCollector, type TraceCollector } from '../helpers/trace-collector.ts';

const DOMAIN = 'customer.example';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

let primary: FakePrimary;
let collector: TraceCollector;

beforeAll(async () => {
  primary = await startFakePrimary();
});

afterAll(async () => {
  await primary?.close();
});

async function send(port: number, to: string): Promise<void> {
  const session = await openSession(port);
  const content = Buffer.from('Subject: zebra\r\n\r\nzebra\r\n');
  await sendMessage(session, { from: 'alice.sender@elsewhere.example', to: `${to}@${DOMAIN}`, content });
  await session.command('QUIT');
  session.close();
}

test.each(['bun', 'deno', 'node'] as const)(
  '%s: acceptance, attempt and end of a message; requests',
  async (runtime) => {
    collector = await startTraceCollector();
    const service = await startService({
      runtime,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc',
        LOG_ADDRESSES: 'domain',
      },
    });
    await createDomain(service, DOMAIN, [{ host: primary.host, port: primary.port }]);
    for (const to of ['user', 'permfail']) await send(service.smtpPort, to);
    const client = await openSession(service.smtpPort);
    expect(await client.command('MAIL FROM:<>')).toBe(250);
    expect(await client.command('RCPT TO:<stranger@elsewhere.example>')).toBe(550);
    expect(await client.command('RSET')).toBe(250);
    client.close();
    const ask = (traceparent: string) =>
      fetch(`${service.httpUrl}/graphql`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${service.token}`, 'Content-Type': 'application/json', traceparent },
        body: JSON.stringify({ query: '{ service { version } }' }),
      });
    await ask(`00-${TRACE}-${SPAN}-01`);
    await ask('00-11111111111111111111111111111111-2222222222222222-00');
    await untilHeld(service, DOMAIN, 0);
    // What waits is sent at the end at the latest.
    expect(await service.stop()).toBe(0);

    const accepted = eventsOf(service).filter(({ event }) => event === 'accepted');
    const [delivered = '', refused = ''] = accepted.map(({ transactionId }) => String(transactionId));
    const of = (transaction: string) =>
      collector.spans.filter(({ traceId }) => traceId === transaction.replaceAll('-', ''));
    const [root, ...below] = of(delivered).toSorted((a, b) =>
      (a.parentSpanId ?? '').localeCompare(b.parentSpanId ?? ''),
    );
    const spanOf = (id: string | undefined) => below.find(({ spanId }) => spanId === id) ?? root;
    expect(below.map(({ name, parentSpanId }) => `${spanOf(parentSpanId)?.name} > ${name}`).toSorted()).toEqual([
      'message > message attempt',
      'message > message delivered',
    ]);
    expect(root).toMatchObject({
      name: 'message',
      kind: 2,
      status: {},
      attributes: {
        'client.address': '127.0.0.1',
        'backup_mx.sender': '*@elsewhere.example',
        'backup_mx.domains': DOMAIN,
        'backup_mx.recipients': '1',
      },
    });
    expect(root?.parentSpanId).toBeUndefined();
    expect(of(refused).map(({ name }) => name)).toContain('message failed');
    // The message whose only recipient was refused is not traced.
    expect(collector.spans.filter(({ name }) => name === 'message')).toHaveLength(2);
    const attempt = below.find(({ name }) => name === 'message attempt');
    expect(attempt).toMatchObject({
      kind: 3,
      attributes: { 'backup_mx.outcome': 'DELIVERED', 'backup_mx.reply_code': '250' },
    });
    for (const { startTimeUnixNano, endTimeUnixNano } of collector.spans) {
      expect(startTimeUnixNano).toMatch(/^\d{19}$/);
      expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).toBe(true);
    }
    const asked = collector.spans.filter(({ traceId }) => traceId === TRACE);
    expect(asked).toEqual([
      expect.objectContaining({
        name: 'GraphQL query',
        parentSpanId: SPAN,
        attributes: { 'graphql.operation.type': 'query', 'backup_mx.code': 'OK' },
      }),
    ]);
    expect(collector.spans.some(({ traceId }) => traceId === '1'.repeat(32))).toBe(false);
    expect(new Set(collector.requests)).toEqual(new Set(['POST /v1/traces Bearer abc']));
    expect(collector.resources[0]).toMatchObject({
      'service.name': 'backup-mx',
      'service.instance.id': 'backup.test.example',
    });
    const text = collector.bodies.join('');
    expect(['alice.sender', 'user@', 'permfail', 'stranger', 'zebra'].filter((word) => text.includes(word))).toEqual(
      [],
    );
    await service.remove();
    await collector.close();
  },
);

async function deadAddress(): Promise<string> {
  const { url, close } = await startTraceCollector();
  await close();
  return url;
}

test('a collector that is away is told of once, and mail goes its way', async () => {
  const url = await deadAddress();
  const service = await startService({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: url } });
  await createDomain(service, DOMAIN, [{ host: primary.host, port: primary.port }]);
  await send(service.smtpPort, 'user');
  await untilHeld(service, DOMAIN, 0);
  await until('the trouble is told', 30_000, () => service.output().includes('"where":"traces"'));
  const metrics = await (await fetch(`${service.httpUrl}/metrics`)).text();
  expect(Number(/^backup_mx_spans_dropped_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
  expect(await service.stop()).toBe(0);
  expect(faultsOf(service)).toEqual([]);
  expect(service.output().split('"where":"traces"')).toHaveLength(2);
  await service.remove();
});

test('a collector that never answers costs neither mail nor the end of the service', async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const service = await startService({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` } });
  await createDomain(service, DOMAIN, [{ host: primary.host, port: primary.port }]);
  const asked = once(silent, 'request');
  await send(service.smtpPort, 'user');
  await untilHeld(service, DOMAIN, 0);
  await asked;
  await send(service.smtpPort, 'user');
  await untilHeld(service, DOMAIN, 0);
  expect(await service.stop()).toBe(0);
  expect(faultsOf(service)).toEqual([]);
  await service.remove();
  silent.closeAllConnections();
  silent.close();
});
