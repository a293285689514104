/** The way of spans to a collector that is well, refuses, hangs, or is too slow: bounded, counted, told once. */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jsonPoster } from '../../src/http/connection.ts';
import { createOtlp, type Otlp, type Span } from '../../src/telemetry/otlp.ts';
import { until } from '../helpers/child.ts';

const SPAN: Span = {
  name: 'message',
  kind: 2,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: null,
  startedAtMs: 1_700_000_000_000.25,
  endedAtMs: 1_700_000_000_001.5,
  isError: false,
  attributes: {},
};

let server: Server;
let answer: (response: ServerResponse) => void;
let nowMs: number;
let told: string[];
let droppedCount: number;
let bodies: string[];
let otlp: Otlp;

beforeEach(async () => {
  [nowMs, told, droppedCount, bodies] = [0, [], 0, []];
  answer = (response) => void response.end('{}');
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString());
      answer(response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  otlp = createOtlp({
    post: jsonPoster({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, headers: {} }),
    resource: {},
    onTrouble: (message) => told.push(message),
    onDropped: (count) => {
      droppedCount += count;
    },
    monotonicMs: () => nowMs,
  });
});

afterEach(async () => {
  server.closeAllConnections();
  await otlp.close();
  server.close();
});

function add(count: number): void {
  for (let added = 0; added < count; added += 1) otlp.add(SPAN);
}

function spanCount(): number {
  return bodies.join('').split('"spanId"').length - 1;
}

test('whole batches go at once, the rest at the end, and no attribute is long', async () => {
  otlp.add({ ...SPAN, attributes: { 'backup_mx.domains': 'd'.repeat(100_000) } });
  add(1029);
  await until('two batches have come', 30_000, () => bodies.length === 2);
  expect(spanCount()).toBe(1024);
  await otlp.close();
  expect(spanCount()).toBe(1030);
  expect(bodies[2]).toContain('"startTimeUnixNano":"1700000000000250000","endTimeUnixNano":"1700000000001500000"');
  expect(bodies[0]).toContain(`"stringValue":"${'d'.repeat(1024)}"`);
  expect({ told, droppedCount }).toEqual({ told: [], droppedCount: 0 });
});

test('a collector that hangs: what does not fit is dropped, and the end waits two seconds', async () => {
  answer = () => undefined;
  add(10_000);
  // 512 are on their way.
  expect(droppedCount).toBe(10_000 - 4096 - 512);
  await until('the first batch is on its way', 30_000, () => bodies.length === 1);
  const startedAtMs = performance.now();
  await otlp.close();
  expect(performance.now() - startedAtMs).toBeLessThan(10_000);
  expect(droppedCount).toBe(10_000);
  expect(bodies).toHaveLength(1);
  expect(told).toEqual(['the collector of traces is too slow: spans are dropped']);
});

test('trouble is told when it begins, and anew after a minute without', async () => {
  answer = (response) => void response.writeHead(503).end();
  const round = async (): Promise<void> => {
    const before = droppedCount;
    add(512);
    await until('the batch is dropped', 30_000, () => droppedCount === before + 512);
  };
  await round();
  nowMs = 50_000;
  await round();
  nowMs = 100_000;
  await round();
  expect(told).toEqual(['the collector of traces answers 503: spans are dropped']);
  nowMs = 170_000;
  await round();
  expect(told).toHaveLength(2);
});
