/**
 * `webhooks`: how many deliveries one node makes in a second, what silent receivers of others take from that, and what the
 * outbox costs whoever records an event. In one process with the receivers: absolute figures are low.
 */
import { newId } from '../src/mail/id.ts';
import { addTenant } from '../test/control/harness.ts';
import { until } from '../test/helpers/child.ts';
import type { Receiver } from '../test/helpers/webhook-receiver.ts';
import { startWorld, type World } from '../test/notify/webhook-world.ts';
import { median, type Report, spread } from './report.ts';

const RUNS = 5;
const WEBHOOKS = 20;
const EVENTS = 100;
/** More than one tenant may have under way. */
const SILENT_WEBHOOKS = 40;
const RECORDED = 2000;

/** Deliveries a second to receivers that answer at once. */
async function deliver(world: World, isBesideSilent: boolean): Promise<number> {
  await world.reset();
  const { sql } = world;
  const receiver = await world.receiver();
  for (let count = 0; count < WEBHOOKS; count += 1) await world.webhook({ url: receiver.url });
  const destinationId = await anyDestination(world);
  if (isBesideSilent) await addSilent(world, await world.receiver(), destinationId);
  await sql`
    insert into events (id, tenant_id, destination_id, kind)
    select new_id(), tenant_id, id, 'OUTAGE_OPENED' from destinations, generate_series(1, ${EVENTS}) where id = ${destinationId}`;
  const startedAtMs = performance.now();
  await until('all deliveries', 60_000, async () => {
    await world.node.tick();
    return receiver.received.length >= WEBHOOKS * EVENTS;
  });
  return (WEBHOOKS * EVENTS) / ((performance.now() - startedAtMs) / 1000);
}

async function anyDestination({ sql }: World): Promise<string> {
  const [row] = await sql<{ id: string }[]>`select id from destinations limit 1`;
  if (row === undefined) throw new Error('no destination');
  return row.id;
}

/** Webhooks of another tenant whose receiver never answers, with deliveries under way as far as they may be. */
async function addSilent(world: World, silent: Receiver, destinationId: string): Promise<void> {
  silent.answer = () => undefined;
  const other = await addTenant(world.database, newId());
  for (let count = 0; count < SILENT_WEBHOOKS; count += 1) await world.webhook({ url: silent.url }, other);
  for (let count = 0; count < 10; count += 1) await world.event('OUTAGE_OPENED', destinationId, {}, other.tenantId);
  await until('silent ones are asked', 10_000, async () => {
    await world.node.tick();
    return silent.received.length > 0;
  });
}

/** Milliseconds for the record of one event of this kind. */
async function record({ sql }: World, kind: string): Promise<number> {
  const startedAtMs = performance.now();
  for (let count = 0; count < RECORDED; count += 1) {
    await sql`insert into events (id, tenant_id, kind) select ${newId()}, id, ${kind} from tenants limit 1`;
  }
  return (performance.now() - startedAtMs) / RECORDED;
}

export async function runWebhooks(): Promise<Report> {
  const world = await startWorld();
  try {
    await world.domain('bench.example');
    const alone: number[] = [];
    const beside: number[] = [];
    const told: number[] = [];
    const untold: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      alone.push(await deliver(world, false));
      beside.push(await deliver(world, true));
      await world.reset();
      untold.push(await record(world, 'DOMAIN_FLUSHED'));
      told.push(await record(world, 'BREAKER_CLOSED'));
    }
    return {
      head: ['', 'median (range)'],
      rows: [
        [`deliveries/s, ${WEBHOOKS} webhooks × ${EVENTS} events`, spread(alone)],
        [`the same beside ${SILENT_WEBHOOKS} webhooks of another tenant that never answer`, spread(beside)],
        ['record of an event without a receiver, ms', spread(untold, 3)],
        ['record of one that goes into the outbox, ms', spread(told, 3)],
      ],
      verdicts: [
        {
          name: 'beside silent receivers ÷ alone',
          value: median(beside) / median(alone),
          comparison: '≥',
          target: 0.8,
          unit: '',
        },
      ],
      notes: ['one node, receivers in its own process, PostgreSQL on the same machine'],
    };
  } finally {
    await world.close();
  }
}
