/** Items of a subscription are paid for before they are resolved; who owes something waits, and loses nothing. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createRotation } from '../../../src/control/admission/rotation.ts';
import { paidFor, type Payer } from '../../../src/control/subscriptions/item-bill.ts';
import { createOutbox, Ending, type Outbox, slowReader, stopping } from '../../../src/control/subscriptions/outbox.ts';
import { recordFailure, recordSuccess } from '../../../src/outage/clock.ts';
import { until } from '../../helpers/child.ts';
import { subscribe } from '../../helpers/subscriber.ts';
import { addDomain, addTenant, type Harness, startControl } from '../harness.ts';

interface Item {
  readonly cursor: string;
}

const item = (cursor: number): Item => ({ cursor: `${cursor}` });
const newOutbox = (bounds: { items: number; bytes: number } | null = { items: 100, bytes: 10_000 }): Outbox<Item> =>
  createOutbox<Item>({ bounds, onFull: slowReader, onEnd: () => undefined });

/** A payer that owes something while `debt` is more than 0. */
function newPayer(rotation = createRotation({ tenant: 10, node: 10 }), tenantId = 'a') {
  const payer = { debt: 0, charged: 0 };
  const account: Payer['account'] = {
    waitOf: () => payer.debt,
    charge: (cost) => void (payer.charged += cost),
  };
  return Object.assign(payer, { account, line: rotation.lineOf(tenantId), cost: 7 });
}

const told = (result: IteratorResult<Item | Ending>): unknown => {
  if (result.done === true) return 'done';
  return result.value instanceof Ending ? result.value.error.extensions : result.value.cursor;
};

test('each item costs what its fields cost, and the end nothing', async () => {
  const [outbox, payer] = [newOutbox(), newPayer()];
  const items = paidFor(outbox, payer);
  for (const cursor of [1, 2, 3]) outbox.push(item(cursor), 1);
  outbox.end(null);
  const found: unknown[] = [];
  for (let next = await items.next(); next.done !== true; next = await items.next()) found.push(told(next));
  expect([found, payer.charged]).toEqual([['1', '2', '3'], 21]);
});

test('while something is owed items wait, in order and without a loss; of a state the latest one', async () => {
  const [outbox, state, payer] = [newOutbox(), newOutbox(null), newPayer()];
  payer.debt = 1;
  const first = paidFor(outbox, payer);
  const coming = first.next();
  const latest = paidFor(state, payer).next();
  for (const cursor of [1, 2, 3]) {
    outbox.push(item(cursor), 1);
    state.push(item(cursor), 1);
  }
  expect(await Promise.race([coming.then(told), Bun.sleep(300).then(() => 'waits')])).toBe('waits');
  expect([outbox.waiting(), payer.charged]).toEqual([3, 0]);
  payer.debt = 0;
  expect([told(await coming), told(await first.next()), told(await latest)]).toEqual(['1', '2', '3']);
});

test('after too long the subscription ends, and says where to go on from', async () => {
  const [outbox, payer] = [newOutbox(), newPayer()];
  const items = paidFor(outbox, payer, 50);
  for (const cursor of [1, 2]) outbox.push(item(cursor), 1);
  expect(told(await items.next())).toBe('1');
  payer.debt = 25;
  expect(told(await items.next())).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: 25, cursor: '1' });
  expect(told(await items.next())).toBe('done');
  expect(payer.charged).toBe(7);
});

test('an end with an error is told at once, also to one that owes something', async () => {
  const [outbox, payer] = [newOutbox(), newPayer()];
  payer.debt = 25;
  const coming = paidFor(outbox, payer).next();
  outbox.push(item(1), 1);
  outbox.end(stopping());
  expect(told(await coming)).toEqual({ code: 'STOPPING' });
  expect(payer.charged).toBe(0);
});

test('a place is free again when the item is resolved, or its reader has gone', async () => {
  const rotation = createRotation({ tenant: 1, node: 1 });
  const subscriptions = ['a', 'a', 'a', 'b'].map((tenantId) => {
    const outbox = newOutbox();
    outbox.push(item(1), 1);
    return paidFor(outbox, newPayer(rotation, tenantId));
  });
  const order: number[] = [];
  const coming = subscriptions.map(async (items, index) => {
    const next = await items.next();
    order.push(index);
    return next;
  });
  await until('the first has the place', 5_000, () => order.length === 1);
  subscriptions[0]?.endTurn();
  await until('the second has it', 5_000, () => order.length === 2);
  await subscriptions[1]?.return?.();
  await until('the other tenant has it', 5_000, () => order.length === 3);
  subscriptions[3]?.endTurn();
  expect((await Promise.all(coming)).map(told)).toEqual(['1', '1', '1', '1']);
  expect(order).toEqual([0, 1, 3, 2]);
});

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

test('items of a token in debt come later, all of them; then they are paid for', async () => {
  const { sql } = control.database;
  const { tenantId } = await addTenant(control.database, 'debtor');
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
    { input: { tenantId, name: 'reader', scopes: ['DOMAIN_READ', 'QUEUE_READ'] } },
  );
  const token = tokenCreate.secret;
  const destinationId = await addDomain(control, 'debt.example');
  await sql`update domains set tenant_id = ${tenantId} where destination_id = ${destinationId}`;
  await sql`update destinations set tenant_id = ${tenantId} where id = ${destinationId}`;
  const fields = Array.from({ length: 10 }, (_, index) => `a${index}: domain { situation queue { heldCount } }`);
  const query = `subscription { outageChanged { cursor kind outage { ${fields.join(' ')} } } }`;
  const live = await subscribe<{ outageChanged: { kind: string } }>({ url: control.url, token, query });
  // Nearly all that the token has at once, and a little more than that.
  const pages = '{ messages(first: 100) { nodes { recipients { attempts(first: 99) { nodes { at host } } } } } }';
  const statuses: number[] = [];
  while (statuses.at(-1) !== 429) statuses.push((await control.postAs(token, pages)).status);
  const [now] = await sql<{ at: string }[]>`select bmx_now()::text as at`;
  await recordFailure(sql, { destinationId, begunAt: now?.at ?? '', trouble: 'REFUSED', reply: '[refused]' });
  await recordSuccess(sql, destinationId);
  expect(await live.next(500).catch((error: Error) => error.message)).toBe('no item came within 500 ms');
  const kinds = [(await live.data()).outageChanged.kind, (await live.data()).outageChanged.kind];
  expect(kinds.sort()).toEqual(['OUTAGE_CLOSED', 'OUTAGE_OPENED']);
  live.close();
});
