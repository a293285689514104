/**
 * Subscriptions on every runtime, three nodes on one database: what another process records reaches the readers of each; one
 * that stops reading is dropped, with its memory bounded; the others go on, and end at once when the node stops.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { newId } from '../../src/mail/id.ts';
import { readRssBytes } from '../../bench/processes.ts';
import { endChild, until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type RuntimeChild, startFixture } from '../helpers/runtime-child.ts';
import type { Runtime } from '../helpers/service.ts';
import { subscribe } from '../helpers/subscriber.ts';

interface Line {
  readonly port?: number;
  readonly dropped?: string;
  readonly closedAfterMs?: number;
  readonly fault?: string;
}

const TOKEN = 'a-token-of-the-operator';
const QUERY = 'subscription { outageChanged { cursor kind outage { lastReply } } }';
/** Of an item, so that a few hundred of them are more than two sockets hold. */
const ITEM_BYTES = 100_000;
const EVENTS = 2500;

let database: TestDatabase;
let destinationId: string;
let outageId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  [destinationId, outageId] = [newId(), newId()];
  const { sql } = database;
  await sql`
    insert into destinations (id, tenant_id, name, kind)
    values (${destinationId}, ${OPERATOR_TENANT_ID}, 'live.example', 'RELAY')`;
  await sql`
    insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
    values (${outageId}, ${OPERATOR_TENANT_ID}, ${destinationId}, bmx_now(), 'DOWN', ${'x'.repeat(ITEM_BYTES)})`;
});
afterAll(() => database.close());

async function happen(count: number): Promise<void> {
  await database.sql`
    insert into events (id, tenant_id, destination_id, kind, facts)
    select new_id(), ${OPERATOR_TENANT_ID}, ${destinationId}, 'OUTAGE_THRESHOLD', jsonb_build_object('outageId', ${outageId}::text)
    from generate_series(1, ${count}::integer)`;
}

/** Subscribes and reads no more than the head of the answer. */
async function subscribeAndStall(port: number): Promise<Socket> {
  const body = JSON.stringify({ query: QUERY });
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n` +
      `Accept: text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  return socket;
}

test.each<Runtime>(['bun', 'deno', 'node'])('%s', async (runtime) => {
  const node: RuntimeChild<Line> = startFixture(runtime, 'control.ts', [JSON.stringify(database.target), TOKEN]);
  try {
    const { port = 0 } = await node.line('it listens', ({ port: bound }) => bound !== undefined);
    const url = `http://127.0.0.1:${port}`;
    const reader = await subscribe<{ outageChanged: { cursor: string } }>({ url, token: TOKEN, query: QUERY });
    await happen(1);
    const { cursor } = (await reader.data()).outageChanged;
    const stalled = await subscribeAndStall(port);
    const before = readRssBytes(node.pid);
    const cursors = new Set<string>();
    const reading = (async () => {
      while (cursors.size < EVENTS) cursors.add((await reader.data(20_000)).outageChanged.cursor);
    })();
    for (let told = 0; told < EVENTS; told += 250) {
      await happen(250);
      await until('it is read', 30_000, () => cursors.size >= told);
    }
    expect(await node.line('it is dropped', ({ dropped }) => dropped !== undefined)).toEqual({
      dropped: 'outageChanged',
    });
    await reading;
    expect(readRssBytes(node.pid) - before).toBeLessThan(200 * 1024 * 1024);

    // What it missed is more than is told anew; the reader beside it has missed nothing.
    const again = await subscribe({
      url,
      token: TOKEN,
      query: QUERY.replace('outageChanged', `outageChanged(after: "${cursor}")`),
    });
    expect(await again.code()).toBe('GAP_TOO_LONG');
    expect(cursors.size).toBe(EVENTS);

    process.kill(node.pid, 'SIGTERM');
    expect(await reader.code()).toBe('STOPPING');
    expect(await reader.next()).toBeNull();
    const { closedAfterMs } = await node.line('it ends', (line) => line.closedAfterMs !== undefined);
    // Who does not take its last word has a second for it.
    expect(closedAfterMs).toBeLessThan(6000);
    stalled.destroy();
    expect(node.lines().filter(({ fault }) => fault !== undefined)).toEqual([]);
  } finally {
    await endChild(node.child, 'SIGKILL', 5000);
  }
});
