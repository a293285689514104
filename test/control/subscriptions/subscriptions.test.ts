/** Subscriptions over HTTP: what is told, to whom, from where on, and how they end. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../../src/mail/viewer.ts';
import { recordSuccess } from '../../../src/outage/clock.ts';
import type { Scope } from '../../../src/tenants/token-cache.ts';
import { until } from '../../helpers/child.ts';
import { subscribe, type Subscriber } from '../../helpers/subscriber.ts';
import {
  addDomain,
  addTenant,
  endMessage,
  failNow,
  type Harness,
  holdMessage,
  lackOf,
  startControl,
  TOKEN,
} from '../harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

interface OutageChanged {
  readonly outageChanged: {
    readonly cursor: string;
    readonly kind: string;
    readonly outage: { readonly domainName: string; readonly class: string; readonly heldCount: number | null } | null;
  };
}

const OUTAGES = `subscription ($domain: String, $after: ID) {
  outageChanged(domain: $domain, after: $after) { cursor kind outage { domainName kind heldCount } } }`;
const QUEUE = `subscription ($domain: String!) { queueChanged(domain: $domain) { domainName heldCount heldSize domain { name } } }`;

const outages = (variables: Record<string, unknown> = {}, token = TOKEN): Promise<Subscriber<OutageChanged>> =>
  subscribe({ url: control.url, token, query: OUTAGES, variables });

const fail = (destinationId: string, reply?: string) => failNow(control.database, destinationId, reply);

const succeed = (destinationId: string) => recordSuccess(control.database.sql, destinationId);

async function makeToken(
  scopes: readonly Scope[],
  tenantId: string = OPERATOR_TENANT_ID,
): Promise<{ id: string; secret: string }> {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string; token: { id: string } } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret token { id } } }',
    { input: { name: 'live', scopes, tenantId } },
  );
  return { id: tokenCreate.token.id, secret: tokenCreate.secret };
}

async function kinds(subscriber: Subscriber<OutageChanged>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) found.push((await subscriber.data()).outageChanged.kind);
  return found;
}

/** Nothing comes for several ticks; they are closed then. */
async function expectQuiet(subscribers: readonly Pick<Subscriber<unknown>, 'next' | 'close'>[]): Promise<void> {
  const quiet = subscribers.map((subscriber) => subscriber.next(400).catch((error: Error) => error.message));
  expect(await Promise.all(quiet)).toEqual(subscribers.map(() => 'no item came within 400 ms'));
  for (const subscriber of subscribers) subscriber.close();
}

test('an outage is told from its beginning to its end, of one domain or of all', async () => {
  const destinationId = await addDomain(control, 'told.example');
  const other = await addDomain(control, 'untold.example');
  const messageId = await holdMessage(control.database, { destinationId });
  const [all, one] = [await outages(), await outages({ domain: 'TOLD.example' })];
  expect(all.status).toBe(200);
  await fail(other);
  await fail(destinationId);
  expect((await all.data()).outageChanged).toMatchObject({
    kind: 'OUTAGE_OPENED',
    outage: { domainName: 'untold.example' },
  });
  const opened = { kind: 'OUTAGE_OPENED', outage: { domainName: 'told.example', kind: 'DOWN', heldCount: 1 } };
  expect((await all.data()).outageChanged).toMatchObject(opened);
  expect((await one.data()).outageChanged).toMatchObject(opened);
  await succeed(destinationId);
  expect((await kinds(one, 2)).sort()).toEqual(['OUTAGE_CLOSED', 'OUTAGE_DRAINING']);
  await endMessage(control.database, messageId);
  all.close();
  one.close();
  await succeed(other);
});

test('who comes back with a cursor is told what was missed, each thing once, also of one transaction in part', async () => {
  const destinationId = await addDomain(control, 'missed.example');
  await holdMessage(control.database, { destinationId });
  const first = await outages({ domain: 'missed.example' });
  await fail(destinationId);
  await succeed(destinationId);
  const seen = [await first.data(), await first.data()].map(({ outageChanged }) => outageChanged);
  first.close();
  await fail(destinationId);
  for (const [index, { cursor }] of seen.entries()) {
    const again = await outages({ domain: 'missed.example', after: cursor });
    const told = await kinds(again, index === 0 ? 3 : 2);
    expect(told.at(-1)).toBe('OUTAGE_OPENED');
    expect([...seen.slice(0, index + 1).map(({ kind }) => kind), ...told].sort()).toEqual(
      ['OUTAGE_OPENED', 'OUTAGE_CLOSED', 'OUTAGE_DRAINING', 'OUTAGE_OPENED'].sort(),
    );
    again.close();
  }
  await succeed(destinationId);
});

test('what is committed later is told, whatever its id and its transaction’s number, and nothing twice', async () => {
  const { sql } = control.database;
  const destinationId = await addDomain(control, 'late.example');
  const tell = (executor: typeof sql, hours: number, id: string) => executor`
    insert into events (id, tenant_id, destination_id, kind, facts)
    values (${id}, ${OPERATOR_TENANT_ID}, ${destinationId}, 'OUTAGE_THRESHOLD', jsonb_build_object('outageId', ${newId()}::text, 'hours', ${hours}::integer))`;
  const query =
    'subscription ($after: ID) { outageChanged(domain: "late.example", after: $after) { cursor kind outage { id } } }';
  const ask = (after: string | null) =>
    subscribe<OutageChanged>({ url: control.url, token: TOKEN, query, variables: { after } });
  const live = await ask(null);
  const early = newId();
  let commit = (): void => undefined;
  const isCommitted = new Promise<void>((resolve) => (commit = resolve));
  const begun = Promise.withResolvers<void>();
  const late = sql.begin(async (transaction) => {
    await tell(transaction as unknown as typeof sql, 1, early);
    begun.resolve();
    await isCommitted;
  });
  await begun.promise;
  await tell(sql, 24, newId());
  const { cursor } = (await live.data()).outageChanged;
  const between = await ask(cursor);
  commit();
  await late;
  expect((await live.data()).outageChanged.kind).toBe('OUTAGE_THRESHOLD');
  expect((await between.data()).outageChanged.kind).toBe('OUTAGE_THRESHOLD');
  await tell(sql, 120, newId());
  const lastOf = async (subscriber: Subscriber<OutageChanged>) => (await subscriber.data()).outageChanged.cursor;
  const lasts = [await lastOf(live), await lastOf(between)];
  // From the first item on: the late one and the last, in either order; from the last: nothing.
  const again = await ask(cursor);
  await kinds(again, 2);
  await expectQuiet([live, between, again, await ask(lasts[0] ?? ''), await ask(lasts[1] ?? '')]);
});

test('a cursor of nobody, of another database and of too long ago', async () => {
  for (const after of [
    'x',
    Buffer.from('5:5:').toString('base64url'),
    Buffer.from(`5:3:/4/${newId()}`).toString('base64url'),
  ])
    expect(await (await outages({ after })).code()).toBe('BAD_USER_INPUT');
  const ahead = Buffer.from(`900000000000:900000000001:900000000000/900000000000/${newId()}`).toString('base64url');
  expect(await (await outages({ after: ahead })).code()).toBe('GAP_TOO_LONG');
  const { sql } = control.database;
  const destinationId = await addDomain(control, 'often.example');
  const live = await outages({ domain: 'often.example' });
  await fail(destinationId);
  const { cursor } = (await live.data()).outageChanged;
  live.close();
  await sql`
    insert into events (id, tenant_id, destination_id, kind, facts)
    select new_id(), ${OPERATOR_TENANT_ID}, ${destinationId}, 'OUTAGE_THRESHOLD', jsonb_build_object('outageId', new_id())
    from generate_series(1, 1001)`;
  const again = await outages({ domain: 'often.example', after: cursor });
  expect(await again.code()).toBe('GAP_TOO_LONG');
  expect(await again.next()).toBeNull();
  await sql`delete from events where destination_id = ${destinationId}`;
  await succeed(destinationId);
});

test('what a domain holds is told at first and whenever it changes, until the domain is gone', async () => {
  const destinationId = await addDomain(control, 'counted.example');
  await holdMessage(control.database, { destinationId, sizeBytes: 700 });
  const queue = await subscribe<{ queueChanged: Record<string, unknown> }>({
    url: control.url,
    token: TOKEN,
    query: QUEUE,
    variables: { domain: 'counted.example' },
  });
  const domain = { domainName: 'counted.example', domain: { name: 'counted.example' } };
  expect((await queue.data()).queueChanged).toEqual({ ...domain, heldCount: 1, heldSize: 700 });
  const second = await holdMessage(control.database, { destinationId, sizeBytes: 300 });
  expect((await queue.data()).queueChanged).toEqual({ ...domain, heldCount: 2, heldSize: 1000 });
  await endMessage(control.database, second);
  expect((await queue.data()).queueChanged).toEqual({ ...domain, heldCount: 1, heldSize: 700 });
  await control.ask(
    'mutation { domainDelete(input: { name: "counted.example", held: CANCEL }) { userErrors { code } } }',
  );
  // Its mail is cancelled first, and may be told as gone.
  let last = await queue.next();
  if (last !== null) last = await queue.next();
  expect(last).toBeNull();
});

test('a tenant is told of its own domains only, and of one that it had no more', async () => {
  const { sql } = control.database;
  const { tenantId } = await addTenant(control.database, 'live tenant');
  const { secret } = await makeToken(['DOMAIN_READ'], tenantId);
  const foreign = await addDomain(control, 'foreign.example');
  const own = await addDomain(control, 'own.example');
  const give = async (to: string) => {
    await sql`update domains set tenant_id = ${to} where destination_id = ${own}`;
    await sql`update destinations set tenant_id = ${to} where id = ${own}`;
  };
  await give(tenantId);
  const refused = await outages({ domain: 'foreign.example' }, secret);
  expect(await refused.code()).toBe('NOT_FOUND');
  const queue = await subscribe({
    url: control.url,
    token: secret,
    query: QUEUE,
    variables: { domain: 'foreign.example' },
  });
  expect(await queue.code()).toBe('NOT_FOUND');

  const mine = await outages({}, secret);
  const held = await subscribe({ url: control.url, token: secret, query: QUEUE, variables: { domain: 'own.example' } });
  await held.data();
  await fail(foreign);
  await fail(own);
  const { cursor, outage } = (await mine.data()).outageChanged;
  expect(outage?.domainName).toBe('own.example');
  await give(OPERATOR_TENANT_ID);
  expect(await held.next()).toBeNull();
  const operator = await outages({ domain: 'own.example' });
  await succeed(own);
  // The outage was the former owner's.
  expect((await operator.data()).outageChanged).toMatchObject({ kind: 'OUTAGE_CLOSED' });
  const after = await outages({ after: cursor }, secret);
  await expectQuiet([mine, after]);
  operator.close();
  await succeed(foreign);
});

interface Timeline {
  readonly messageTimeline: {
    readonly cursor: string;
    readonly node: { readonly kind: string; readonly reply: string | null };
  };
}

const timeline = (id: string, after?: string, token = TOKEN): Promise<Subscriber<Timeline>> =>
  subscribe({
    url: control.url,
    token,
    query:
      'subscription ($id: ID!, $after: ID) { messageTimeline(id: $id, after: $after) { cursor node { kind reply } } }',
    variables: { id, after },
  });

/** An attempt of the message that was over so many seconds ago. */
async function attempt(messageId: string, destinationId: string, reply: string, secondsAgo = 0): Promise<void> {
  const { sql } = control.database;
  await sql.begin(async (transaction) => {
    await transaction`
      insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, at, reply, outcome, latency_ms)
      values (${newId()}, ${OPERATOR_TENANT_ID}, ${destinationId}, ${messageId}, '{0}', false,
              bmx_now() - make_interval(secs => ${secondsAgo}), ${reply}, 'DEFERRED', 0)`;
    await transaction`
      update recipients set attempt_count = attempt_count + 1, last_attempt_at = bmx_now() where message_id = ${messageId}`;
  });
}

test('a message is followed from its acceptance to its end, also by who comes back', async () => {
  const { sql } = control.database;
  const destinationId = await addDomain(control, 'followed.example');
  const messageId = await holdMessage(control.database, { destinationId });
  await sql`update messages set accepted_at = accepted_at - interval '1 minute' where id = ${messageId}`;
  const live = await timeline(messageId);
  const next = async (subscriber: Subscriber<Timeline>) => (await subscriber.data()).messageTimeline;
  expect((await next(live)).node.kind).toBe('ACCEPTED');
  await attempt(messageId, destinationId, '450 first');
  const first = await next(live);
  expect(first.node).toEqual({ kind: 'ATTEMPT', reply: '450 first' });
  // It was over before the first, and is recorded after it.
  await attempt(messageId, destinationId, '450 late', 5);
  const late = await next(live);
  expect(late.node.reply).toBe('450 late');
  const [fromFirst, fromLate] = [await timeline(messageId, first.cursor), await timeline(messageId, late.cursor)];
  expect((await next(fromFirst)).node.reply).toBe('450 late');
  await attempt(messageId, destinationId, '450 last');
  for (const subscriber of [live, fromFirst, fromLate]) expect((await next(subscriber)).node.reply).toBe('450 last');
  await endMessage(control.database, messageId);
  expect((await next(live)).node.kind).toBe('RECIPIENT_DELIVERED');
  // A report may quote it still.
  expect(await live.next(1500).catch((error: Error) => error.message)).toBe('no item came within 1500 ms');
  await sql`delete from contents where message_id = ${messageId}`;
  for (const subscriber of [fromFirst, fromLate]) {
    expect((await next(subscriber)).node.kind).toBe('RECIPIENT_DELIVERED');
    expect(await subscriber.next()).toBeNull();
  }
  const afterwards = await timeline(messageId);
  const kinds: string[] = [];
  for (let item = await afterwards.next(); item !== null; item = await afterwards.next())
    kinds.push(item.data?.messageTimeline.node.kind ?? '');
  expect(kinds).toEqual(['ACCEPTED', 'ATTEMPT', 'ATTEMPT', 'ATTEMPT', 'RECIPIENT_DELIVERED']);
});

test('a long timeline comes whole, and one of nobody or with a cursor of nobody is refused', async () => {
  const destinationId = await addDomain(control, 'long.example');
  const messageId = await holdMessage(control.database, { destinationId });
  await control.database
    .sql`update messages set accepted_at = accepted_at - interval '1 minute' where id = ${messageId}`;
  await control.database.sql`
    insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, at, reply, outcome, latency_ms)
    select new_id(), ${OPERATOR_TENANT_ID}, ${destinationId}, ${messageId}, '{0}', false, bmx_now(), '450 ' || n, 'DEFERRED', 0
    from generate_series(1, 130) n`;
  const live = await timeline(messageId);
  const replies = new Set<string | null>();
  for (let count = 0; count < 131; count += 1) replies.add((await live.data()).messageTimeline.node.reply);
  expect(replies.size).toBe(131);
  live.close();
  expect(await (await timeline(newId())).code()).toBe('NOT_FOUND');
  expect(await (await timeline(messageId, 'x')).code()).toBe('BAD_USER_INPUT');
});

test('it ends when its token is revoked', async () => {
  const { id, secret } = await makeToken(['DOMAIN_READ']);
  const live = await outages({}, secret);
  await control.ask('mutation ($id: ID!) { tokenDelete(input: { id: $id }) { userErrors { code } } }', { id });
  expect(await live.code()).toBe('UNAUTHENTICATED');
  expect(await live.next()).toBeNull();
});

test('it ends when its token loses a scope, and not when it is renamed', async () => {
  const { id, secret } = await makeToken(['DOMAIN_READ', 'QUEUE_READ']);
  const live = await outages({}, secret);
  const update = (input: object) =>
    control.ask('mutation ($input: TokenUpdateInput!) { tokenUpdate(input: $input) { userErrors { code } } }', {
      input: { id, ...input },
    });
  await update({ name: 'renamed' });
  const other = await outages({}, secret);
  other.close();
  await update({ scopes: ['QUEUE_READ'] });
  expect(await live.code()).toBe('UNAUTHENTICATED');
  expect(await live.next()).toBeNull();
});

test('it ends when its token is past its time', async () => {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
    { input: { name: 'short', scopes: ['DOMAIN_READ'], expiresAt: new Date(Date.now() + 4000).toISOString() } },
  );
  const live = await outages({}, tokenCreate.secret);
  expect(await live.code()).toBe('UNAUTHENTICATED');
  expect(await live.next()).toBeNull();
});

test('a token has fifty at most, and a place is free again when one is closed', async () => {
  const { secret } = await makeToken(['DOMAIN_READ']);
  // Whoever takes no event stream has none open.
  for (let asked = 0; asked < 3; asked += 1) {
    const response = await fetch(`${control.url}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ query: OUTAGES }),
    });
    expect(response.status).toBe(406);
    await response.text();
  }
  const open = await Promise.all(Array.from({ length: 50 }, () => outages({}, secret)));
  const quiet = open.map((each) => each.next(400).catch((error: Error) => error.message));
  expect(new Set(await Promise.all(quiet))).toEqual(new Set(['no item came within 400 ms']));
  expect(await (await outages({}, secret)).code()).toBe('LIMIT_EXCEEDED');
  const refused = await fetch(`${control.url}/graphql`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json', Accept: 'text/event-stream' },
    body: JSON.stringify({ query: OUTAGES }),
  });
  expect(refused.headers.get('Retry-After')).toBe('30');
  expect(await refused.text()).toContain('"retryAfterSeconds":30');
  open[0]?.close();
  const next = await until('a place', 30_000, async () => {
    const tried = await outages({}, secret);
    const code = await tried.code(300).catch(() => 'OPEN');
    return code === 'OPEN' ? tried : null;
  });
  for (const each of [next, ...open.slice(1)]) each.close();
});

test('bounds of depth and cost count for an item, one field at the root, and scopes for all of it', async () => {
  const ask = async (query: string, token = TOKEN) => (await subscribe({ url: control.url, token, query })).next();
  const list = 'entries(first: 100) { edges { node { localPart } cursor } nodes { localPart } }';
  const lists = Array.from({ length: 10 }, (_, index) => `a${index}: outage { domain { recipientList { ${list} } } }`);
  const tooMuch = await ask(`subscription { outageChanged { ${lists.join(' ')} } }`);
  expect(tooMuch?.errors?.[0]?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'COST', max: 5000 });
  const two = await ask('subscription { outageChanged { kind } other: outageChanged { kind } }');
  expect(two?.errors?.[0]?.message).toContain('one top level field');
  const { secret } = await makeToken(['QUEUE_READ']);
  const forbidden = await ask('subscription { outageChanged { kind outage { id } } }', secret);
  expect(forbidden?.errors?.map(({ extensions }) => extensions)).toEqual([lackOf('DOMAIN_READ')]);
});

test('a quiet one is kept open by comments, and costs nothing once its reader has gone', async () => {
  const live = await outages();
  let item: unknown = 'none';
  const waiting = live.next().then(
    (found) => (item = found),
    () => undefined,
  );
  await until('several comments', 30_000, () => live.comments() > 1);
  expect(item).toBe('none');
  live.close();
  await waiting;
});

test('all end at once with an error and complete when the node stops', async () => {
  const other = await startControl();
  try {
    const live = await subscribe({ url: other.url, token: TOKEN, query: OUTAGES });
    const startedAt = performance.now();
    const closed = other.close();
    expect(await live.code()).toBe('STOPPING');
    expect(await live.next()).toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await closed;
  } finally {
    expect([...other.faults, ...control.faults]).toEqual([]);
  }
});
