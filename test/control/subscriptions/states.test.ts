/** Subscriptions to states: each is read once for all who may see the same, told when it has changed, and ends with its last. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createOutbox, Ending, type Outbox, slowReader } from '../../../src/control/subscriptions/outbox.ts';
import { createAllQueuesWatch } from '../../../src/control/subscriptions/all-queues.ts';
import type { QueueItem } from '../../../src/control/subscriptions/queues.ts';
import { createStateWatch, viewerKey } from '../../../src/control/subscriptions/states.ts';
import { createDomain } from '../../../src/domains/create.ts';
import { newId } from '../../../src/mail/id.ts';
import { OPERATOR_VIEWER, type Viewer } from '../../../src/mail/viewer.ts';
import { foldDeltas } from '../../../src/queue/counts.ts';
import { carryOutOperations } from '../../../src/queue/verbs/operation-steps.ts';
import { until } from '../../helpers/child.ts';
import { subscribe } from '../../helpers/subscriber.ts';
import { addDomain, addTenant, endMessage, type Harness, holdMessage, startControl, TOKEN } from '../harness.ts';

interface State {
  readonly value: number;
}

const newOutbox = (): Outbox<State> =>
  createOutbox<State>({ bounds: null, onFull: slowReader, onEnd: () => undefined });
const valueOf = ({ value }: IteratorResult<State | Ending>): number | null | undefined =>
  value === undefined || value instanceof Ending ? null : (value as State).value;

function newWatch() {
  const world = { value: 1, reads: [] as string[], isGone: false };
  const watch = createStateWatch<string, State>({
    keyOf: (viewer, question) => `${viewerKey(viewer)} ${question}`,
    read: async (viewer, question) => {
      world.reads.push(`${viewerKey(viewer)} ${question}`);
      return world.isGone ? null : { value: world.value };
    },
    isLast: ({ value }) => value === 9,
    everyMs: 0,
  });
  return { world, watch };
}

test('one reading for all who may see the same; only what has changed is told', async () => {
  const { world, watch } = newWatch();
  const tenant: Viewer = { tenantId: newId(), isOperator: false };
  const [one, other, foreign] = [newOutbox(), newOutbox(), newOutbox()];
  watch.join({ viewer: OPERATOR_VIEWER, question: 'a', outbox: one });
  watch.join({ viewer: { ...OPERATOR_VIEWER, tokenName: 'x' }, question: 'a', outbox: other });
  watch.join({ viewer: tenant, question: 'a', outbox: foreign });
  await watch.tick();
  expect(world.reads).toEqual([' a', `${tenant.tenantId} a`]);
  expect([valueOf(await one.next()), valueOf(await other.next()), valueOf(await foreign.next())]).toEqual([1, 1, 1]);
  await watch.tick();
  expect([one.waiting(), other.waiting()]).toEqual([0, 0]);
  world.value = 2;
  await watch.tick();
  world.value = 3;
  await watch.tick();
  // Of a state only the latest waits.
  expect([one.waiting(), valueOf(await one.next())]).toEqual([1, 3]);
  watch.leave(one);
  watch.leave(other);
  world.reads = [];
  await watch.tick();
  expect(world.reads).toEqual([`${tenant.tenantId} a`]);
});

test('the last state is told before the end; what is gone ends it', async () => {
  const { world, watch } = newWatch();
  const [done, gone] = [newOutbox(), newOutbox()];
  watch.join({ viewer: OPERATOR_VIEWER, question: 'a', outbox: done });
  world.value = 9;
  await watch.tick();
  expect([valueOf(await done.next()), (await done.next()).done]).toEqual([9, true]);
  watch.leave(done);
  watch.join({ viewer: OPERATOR_VIEWER, question: 'b', outbox: gone });
  world.isGone = true;
  await watch.tick();
  expect((await gone.next()).done).toBe(true);
});

test('at most ten are read at a tick, those that wait longest first', async () => {
  const { world, watch } = newWatch();
  for (let index = 0; index < 15; index += 1) {
    watch.join({ viewer: OPERATOR_VIEWER, question: `${index}`, outbox: newOutbox() });
  }
  await watch.tick();
  expect(world.reads).toHaveLength(10);
  await watch.tick();
  expect(new Set(world.reads).size).toBe(15);
});

let control: Harness;
let destinationId: string;
beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, 'watched.example');
});
afterAll(() => control.close());

test('summaryChanged: as it is, then as it changes', async () => {
  const live = await subscribe<{ summaryChanged: unknown }>({
    url: control.url,
    token: TOKEN,
    query: 'subscription { summaryChanged { domainCount heldCount situations { situation count } } }',
  });
  const fine = { domainCount: 1, heldCount: 0, situations: [{ situation: 'FINE', count: 1 }] };
  expect((await live.data()).summaryChanged).toEqual(fine);
  await holdMessage(control.database, { destinationId });
  await foldDeltas(control.database.sql);
  expect((await live.data()).summaryChanged).toEqual({
    domainCount: 1,
    heldCount: 1,
    situations: [{ situation: 'HOLDING', count: 1 }],
  });
  live.close();
});

test('queuesChanged: what each domain holds, then each change; a tenant is told of its own only', async () => {
  const { sql } = control.database;
  const tenant = await addTenant(control.database);
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret userErrors { message } } }',
    { input: { name: 'x', tenantId: tenant.tenantId, scopes: ['DOMAIN_READ'] } },
  );
  const own = await createDomain(control.domains, OPERATOR_VIEWER, { name: 'own.example', tenantId: tenant.tenantId });
  if (own.kind !== 'DONE') throw new Error(JSON.stringify(own.errors));
  const query = 'subscription { queuesChanged { domainName heldCount domain { name } } }';
  const open = (token: string) => subscribe<{ queuesChanged: unknown }>({ url: control.url, token, query });
  const [all, few] = [await open(TOKEN), await open(tokenCreate.secret)];
  const queue = (name: string, heldCount: number) => ({ domainName: name, heldCount, domain: { name } });
  expect((await all.data()).queuesChanged).toEqual(queue('watched.example', 1));
  const id = await holdMessage(control.database, { destinationId: own.domain.destinationId });
  await foldDeltas(sql);
  for (const live of [all, few]) expect((await live.data()).queuesChanged).toEqual(queue('own.example', 1));
  await endMessage(control.database, id);
  await foldDeltas(sql);
  for (const live of [all, few]) expect((await live.data()).queuesChanged).toEqual(queue('own.example', 0));
  await holdMessage(control.database, { destinationId });
  await foldDeltas(sql);
  expect((await all.data()).queuesChanged).toEqual(queue('watched.example', 2));
  expect(await few.next(1_500).catch((error: Error) => error.message)).toBe('no item came within 1500 ms');
  all.close();
  few.close();
  await sql`truncate messages, recipients, contents`;
});

test('queuesChanged: more changes than are read are told as the latest of each domain', async () => {
  const { sql } = control.database;
  await sql`
    insert into destinations (id, tenant_id, name, kind, held_count, held_bytes, oldest_accepted_at)
    select new_id(), ${OPERATOR_VIEWER.tenantId}, n || '.many.example', 'RELAY', 1, 10, bmx_now() from generate_series(1, 300) as n`;
  const watch = createAllQueuesWatch(sql);
  const outbox = createOutbox<QueueItem>({
    bounds: { items: 150, bytes: 100_000 },
    onFull: slowReader,
    onEnd: () => undefined,
  });
  watch.join(OPERATOR_VIEWER, outbox);
  await watch.tick();
  expect([outbox.waiting(), outbox.isOver()]).toEqual([100, false]);
  await sql`update destinations set held_count = 7 where name like '%.many.example'`;
  const latest = new Map<string, number>();
  await until('all are told as they are', 30_000, async () => {
    await watch.tick();
    while (outbox.waiting() > 0) {
      const { value } = await outbox.next();
      if (value instanceof Ending) throw value.error;
      latest.set(value.domainName, value.heldCount);
    }
    return [...latest.values()].filter((held) => held === 7).length === 300;
  });
  expect(outbox.isOver()).toBe(false);
  watch.leave(outbox);
});

test('operationChanged: as it is, then to its end', async () => {
  await holdMessage(control.database, { destinationId });
  const { messagesRetry } = await control.ask<{ messagesRetry: { operation: { id: string } } }>(
    'mutation { messagesRetry(input: { filter: { domain: "watched.example" } }) { operation { id } } }',
  );
  const live = await subscribe<{ operationChanged: unknown }>({
    url: control.url,
    token: TOKEN,
    query: 'subscription ($id: ID!) { operationChanged(id: $id) { state doneCount totalCount } }',
    variables: { id: messagesRetry.operation.id.toUpperCase() },
  });
  expect((await live.data()).operationChanged).toEqual({ state: 'RUNNING', doneCount: 0, totalCount: 1 });
  await carryOutOperations({
    sql: control.database.database.queueSql,
    onResults: () => undefined,
    onRetried: () => undefined,
  });
  expect((await live.data()).operationChanged).toEqual({ state: 'DONE', doneCount: 1, totalCount: 1 });
  expect(await live.next()).toBeNull();
});
