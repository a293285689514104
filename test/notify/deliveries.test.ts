/** What a webhook is sent: each event once to each that wants it, signed, tried again, in bounds, by any number of nodes. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { openDatabase } from '../../src/db/client.ts';
import type { Viewer } from '../../src/mail/viewer.ts';
import { dropOldDeliveries, replay, sendPing } from '../../src/notify/deliveries.ts';
import { addTenant } from '../control/harness.ts';
import { until } from '../helpers/child.ts';
import { type Receiver, signersOf } from '../helpers/webhook-receiver.ts';
import { OPERATOR, startWorld, type World, LENIENT } from './webhook-world.ts';
import { deleteWebhook, findWebhook, rotateSecret, updateWebhook } from '../../src/notify/webhooks.ts';

let world: World;
let receiver: Receiver;
let destinationId: string;
let elsewhere: string;
let other: Viewer;
beforeAll(async () => {
  world = await startWorld();
  destinationId = await world.domain('kept.example');
  elsewhere = await world.domain('elsewhere.example');
  other = await addTenant(world.database);
});
beforeEach(async () => {
  await world.reset();
  receiver = await world.receiver();
});
afterEach(() => expect(world.faults).toEqual([]));
afterAll(() => world.close());

const ping = (input: { readonly id: string }) => sendPing(world.sql, OPERATOR, input, world.node.sender.send);

const OPENED = { outageId: '0190', class: 'DOWN', reply: '[refused]', secretNote: 'not for others' };
const bodies = () =>
  receiver.received.map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> });

describe('an event', () => {
  test('is a signed message with the facts that are named, and nothing else', async () => {
    const { id, secret } = await world.webhook({ url: `${receiver.url}?a=b`, domains: ['kept.example'] });
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    await world.untilAttempts(1);
    const [message] = receiver.received;
    if (message === undefined) throw new Error('nothing came');
    expect(message).toMatchObject({
      path: '/hook?a=b',
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'backup-mx' },
    });
    expect(await signersOf(message, [secret])).toEqual([secret]);
    expect(await signersOf({ ...message, body: `${message.body} ` }, [secret])).toEqual([]);
    expect(Math.abs(Number(message.headers['webhook-timestamp']) * 1000 - Date.now())).toBeLessThan(60_000);
    expect(JSON.parse(message.body)).toEqual({
      type: 'outage.opened',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: {
        version: 1,
        eventId: expect.any(String),
        domain: 'kept.example',
        consoleUrl: 'https://mx.test.example/console/d/kept.example',
        outageId: '0190',
        kind: 'DOWN',
        reply: '[refused]',
      },
    });
    const [delivery] = await world.delivered(id);
    expect(delivery).toMatchObject({
      id: message.headers['webhook-id'],
      kind: 'OUTAGE_OPENED',
      status: 'DELIVERED',
      attemptCount: 1,
      nextAttemptAt: null,
      responseStatus: 204,
      responseText: '',
      body: message.body,
    });
  });

  test('goes to those of its tenant that want its kind and watch its domain', async () => {
    const mine = await world.webhook({ url: receiver.url });
    const named = await world.webhook({ url: receiver.url, domains: ['kept.example'] });
    await world.webhook({ url: receiver.url, domains: ['elsewhere.example'] });
    await world.webhook({ url: receiver.url, events: ['MAIL_DIGEST'] });
    await world.webhook({ url: receiver.url }, other);
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    // Of no kind that is told, and of another tenant's destination.
    await world.event('DOMAIN_FLUSHED', destinationId);
    await world.untilAttempts(2);
    await world.node.tick();
    expect(
      (await world.sql<{ id: string }[]>`select webhook_id as id from webhook_deliveries`).map(({ id }) => id).sort(),
    ).toEqual([mine.id, named.id].sort());
    await world.event('OUTAGE_CLOSED', elsewhere, {}, other.tenantId);
    await world.node.tick();
    await world.untilAttempts(3);
    expect(receiver.received).toHaveLength(3);
  });

  test('that is about no domain goes to those who watch all', async () => {
    const all = await world.webhook({ url: receiver.url, events: ['DNSBL_ZONE_OFF'] });
    await world.webhook({ url: receiver.url, events: ['DNSBL_ZONE_OFF'], domains: ['kept.example'] });
    await world.event('DNSBL_ZONE_OFF', null, { zone: 'bl.example', reason: 'lists everything' });
    await world.untilAttempts(1);
    expect(bodies()).toMatchObject([
      { type: 'dnsbl.zone_off', data: { zone: 'bl.example', reason: 'lists everything' } },
    ]);
    expect(await world.delivered(all.id)).toHaveLength(1);
    expect(await world.sql`select from webhook_deliveries`).toHaveLength(1);
  });

  test('that commits late, behind others with larger ids, is not missed', async () => {
    await world.webhook({ url: receiver.url });
    await world.sql.begin(async (transaction) => {
      await transaction`
        insert into events (id, tenant_id, destination_id, kind, facts)
        values (uuid_floor(clock_timestamp() - interval '1 hour'), ${OPERATOR.tenantId}, ${destinationId}, 'OUTAGE_OPENED', '{"class":"late"}')`;
      await world.event('OUTAGE_CLOSED', destinationId, { reason: 'early' });
      await world.untilAttempts(1);
    });
    await world.untilAttempts(2);
    expect(bodies().map(({ data }) => data['kind'] ?? data['reason'])).toEqual(['early', 'late']);
  });

  test('of before the webhook is not told, and one that was rolled back never', async () => {
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    const { id } = await world.webhook({ url: receiver.url });
    await world.sql
      .begin(async (transaction) => {
        await transaction`
          insert into events (id, tenant_id, destination_id, kind) values (new_id(), ${OPERATOR.tenantId}, ${destinationId}, 'OUTAGE_CLOSED')`;
        throw new Error('undone');
      })
      .catch(() => undefined);
    await world.node.tick();
    expect(await world.delivered(id)).toEqual([]);
    expect(await world.sql`select from event_outbox`).toHaveLength(0);
  });
});

describe('a failure', () => {
  test('is tried again on the ladder for five days, then the webhook is disabled and others are told', async () => {
    receiver.answer = (response) => {
      response.statusCode = 500;
      response.end('broken');
    };
    const second = await world.receiver();
    const { id } = await world.webhook({ url: receiver.url });
    await world.webhook({ url: second.url, events: ['WEBHOOK_DISABLED'] });
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    const gaps: number[] = [];
    for (let attempt = 1; ; attempt += 1) {
      await world.untilAttempts(attempt);
      const [delivery] = await world.delivered(id);
      if (delivery?.status !== 'PENDING') break;
      expect(delivery).toMatchObject({ attemptCount: attempt, responseStatus: 500, responseText: 'broken' });
      const [due] = await world.sql<{ seconds: number; at: string }[]>`
        select extract(epoch from next_attempt_at - last_attempt_at)::float8 as seconds, next_attempt_at::text as at
        from webhook_deliveries where webhook_id = ${id}`;
      gaps.push(Math.round(due?.seconds ?? 0));
      // Not a moment before; on a busy machine the moment may have come meanwhile.
      await world.database.moveClock(`${Math.round(due?.seconds ?? 0) - 3} seconds`);
      await world.node.tick();
      const made = world.attempts.length;
      const [now] = await world.sql`select bmx_now() < ${due?.at ?? ''}::text::timestamptz as "isBefore"`;
      if (now?.['isBefore'] === true) expect(made).toBe(attempt);
      await world.database.moveClock('4 seconds');
    }
    expect(gaps.slice(0, 7)).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 36_000]);
    expect(gaps).toHaveLength(16);
    expect(await findWebhook(world.sql, OPERATOR, id)).toMatchObject({
      status: 'DISABLED',
      disabledReason: 'FAILING',
    });
    await until('the other is told', 30_000, async () => {
      await world.node.tick();
      return second.received.length > 0;
    });
    expect(JSON.parse(second.received[0]?.body ?? '{}')).toMatchObject({
      type: 'webhook.disabled',
      data: { webhookId: id, reason: 'FAILING' },
    });
    // Nothing more is made for it, until it is enabled and what was missed asked for.
    const count = receiver.received.length;
    await world.event('OUTAGE_CLOSED', destinationId, {});
    await world.node.tick();
    expect(await world.delivered(id)).toHaveLength(1);
    receiver.answer = (response) => void response.writeHead(200).end('again');
    await updateWebhook(world.sql, OPERATOR, { id, isEnabled: true }, LENIENT);
    const webhook = await findWebhook(world.sql, OPERATOR, id);
    const replayed = await replay(world.sql, OPERATOR, {
      id,
      since: webhook?.createdAt ?? new Date(0),
      publicUrl: 'https://mx.test.example',
    });
    expect(replayed).toMatchObject({ kind: 'DONE', object: { count: 2, isWhole: true } });
    await until('both arrive', 30_000, async () => {
      await world.node.tick();
      return (await world.delivered(id)).every(({ status }) => status === 'DELIVERED');
    });
    expect(new Set(receiver.received.slice(0, count).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(receiver.received.slice(count).map(({ headers }) => headers['webhook-id'])).toContain(
      receiver.received[0]?.headers['webhook-id'] ?? '',
    );
  });

  test('a success in between makes it young again', async () => {
    receiver.answer = (response) => void response.writeHead(503).end();
    const { id } = await world.webhook({ url: receiver.url });
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    await world.untilAttempts(1);
    expect((await findWebhook(world.sql, OPERATOR, id))?.failingSince).toBeInstanceOf(Date);
    receiver.answer = (response) => void response.writeHead(202).end();
    await world.database.moveClock('10 seconds');
    await world.untilAttempts(2);
    expect((await findWebhook(world.sql, OPERATOR, id))?.failingSince).toBeNull();
  });

  test.each([
    ['7200', 7200],
    ['1', 5],
    ['99999999', 86_400],
    ['nonsense', 5],
  ])('Retry-After: %s waits for %i seconds', async (field, seconds) => {
    receiver.answer = (response) => void response.writeHead(429, { 'retry-after': field }).end();
    const { id } = await world.webhook({ url: receiver.url });
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    await world.untilAttempts(1);
    const [due] = await world.sql<{ seconds: number }[]>`
      select extract(epoch from next_attempt_at - last_attempt_at)::float8 as seconds from webhook_deliveries where webhook_id = ${id}`;
    expect(Math.abs((due?.seconds ?? 0) - seconds)).toBeLessThan(2);
  });

  test('410 disables at once, and nothing more is sent', async () => {
    receiver.answer = (response) => void response.writeHead(410).end();
    const { id } = await world.webhook({ url: receiver.url });
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    await world.event('OUTAGE_CLOSED', destinationId, OPENED);
    await world.untilAttempts(1);
    await until('it is disabled', 30_000, async () => {
      const webhook = await findWebhook(world.sql, OPERATOR, id);
      return webhook?.disabledReason === 'GONE';
    });
    await world.database.moveClock('6 days');
    await until('both have failed', 30_000, async () => {
      await world.node.tick();
      return (await world.delivered(id)).every(({ status }) => status === 'FAILED');
    });
    expect(await world.delivered(id)).toHaveLength(2);
    // Both may have been under way when it answered the first.
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('secrets', () => {
  test('both sign while they overlap, then the new one alone', async () => {
    const { id, secret } = await world.webhook({ url: receiver.url });
    const rotated = await rotateSecret(world.sql, OPERATOR, { id, overlapSeconds: 3600 });
    const second = (rotated.kind === 'DONE' ? rotated.secret : null) ?? '';
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    await world.untilAttempts(1);
    await world.database.moveClock('3601 seconds');
    await world.event('OUTAGE_CLOSED', destinationId, OPENED);
    await world.untilAttempts(2);
    const signers = await Promise.all(receiver.received.map((message) => signersOf(message, [secret, second])));
    expect(signers).toEqual([[secret, second], [second]]);
  });

  test('that did not travel: what happens waits for a new one', async () => {
    const { id } = await world.webhook({ url: receiver.url });
    await world.sql`delete from webhook_secrets`;
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    await world.node.tick();
    await world.node.tick();
    expect([receiver.received.length, (await world.delivered(id))[0]?.status]).toEqual([0, 'PENDING']);
    await rotateSecret(world.sql, OPERATOR, { id, overlapSeconds: 0 });
    await world.untilAttempts(1);
    expect(receiver.received).toHaveLength(1);
  });
});

test('a deleted webhook gets nothing more, also of what was pending', async () => {
  receiver.answer = (response) => void response.writeHead(500).end();
  const { id } = await world.webhook({ url: receiver.url });
  await world.event('OUTAGE_OPENED', destinationId, OPENED);
  await world.untilAttempts(1);
  await deleteWebhook(world.sql, OPERATOR, { id });
  await world.event('OUTAGE_CLOSED', destinationId, OPENED);
  await world.database.moveClock('6 days');
  await world.node.tick();
  expect(receiver.received).toHaveLength(1);
  expect(await world.sql`select from webhook_deliveries`).toHaveLength(0);
});

test('deliveries go after thirty days, also those that never had a secret', async () => {
  const { id } = await world.webhook({ url: receiver.url });
  const waiting = await world.webhook({ url: receiver.url });
  await world.sql`delete from webhook_secrets where webhook_id = ${waiting.id}`;
  await world.event('OUTAGE_OPENED', destinationId, OPENED);
  await world.untilAttempts(1);
  await world.database.moveClock('29 days');
  await world.event('OUTAGE_CLOSED', destinationId, OPENED);
  await world.untilAttempts(2);
  await dropOldDeliveries(world.sql, 100);
  expect([(await world.delivered(id)).length, (await world.delivered(waiting.id)).length]).toEqual([2, 2]);
  await world.database.moveClock('2 days');
  await dropOldDeliveries(world.sql, 100);
  expect((await world.delivered(id)).map(({ kind }) => kind)).toEqual(['OUTAGE_CLOSED']);
  expect((await world.delivered(waiting.id)).map(({ kind }) => kind)).toEqual(['OUTAGE_CLOSED']);
});

test('a ping is sent at once, once, and says what came back', async () => {
  receiver.answer = (response) => void response.writeHead(500).end('not yet');
  const { id, secret } = await world.webhook({ url: receiver.url });
  const change = await ping({ id });
  expect(change).toMatchObject({
    kind: 'DONE',
    object: { kind: null, status: 'FAILED', responseStatus: 500, responseText: 'not yet', attemptCount: 1 },
  });
  const [message] = receiver.received;
  if (message === undefined) throw new Error('nothing came');
  expect(await signersOf(message, [secret])).toEqual([secret]);
  for (let count = 0; count < 9; count += 1) await ping({ id });
  expect(await ping({ id })).toMatchObject({ errors: [{ code: 'TOO_MANY' }] });
});

test('ten pings a minute from a tenant to one host: asked for at once, and by webhooks made anew', async () => {
  await world.database.moveClock('1 minute');
  const { id } = await world.webhook({ url: receiver.url });
  const answers = await Promise.all(Array.from({ length: 25 }, () => ping({ id })));
  expect(answers.filter(({ kind }) => kind === 'DONE')).toHaveLength(10);
  await deleteWebhook(world.sql, OPERATOR, { id });
  const again = await world.webhook({ url: `${receiver.url}?again` });
  expect(await ping({ id: again.id })).toMatchObject({
    errors: [{ code: 'TOO_MANY', message: expect.stringMatching(/^10 pings .* Try again after .* UTC\.$/) }],
  });
  expect(receiver.received).toHaveLength(10);
  await world.database.moveClock('1 minute');
  expect((await ping({ id: again.id })).kind).toBe('DONE');
});

describe('nodes', () => {
  test('share the work, and nobody is told twice', async () => {
    const { database: other } = { database: openDatabase(world.database.target, { poolSize: 3 }) };
    const second = world.startNode('second', { sql: other.sql });
    for (let count = 0; count < 4; count += 1) await world.webhook({ url: receiver.url });
    for (let count = 0; count < 50; count += 1) await world.event('OUTAGE_OPENED', destinationId, OPENED);
    await until('all arrive', 30_000, async () => {
      await Promise.all([world.node.tick(), second.tick()]);
      return world.attempts.length >= 200;
    });
    await second.sender.stop();
    await other.close();
    expect(receiver.received).toHaveLength(200);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(200);
    expect(new Set(world.attempts.map(({ node }) => node))).toEqual(new Set(['first', 'second']));
  });

  test('that die between the sending and its record leave it to another, with the same id', async () => {
    const dying = openDatabase(world.database.target, { poolSize: 3 });
    const doomed = world.startNode('doomed', { sql: dying.sql });
    await world.webhook({ url: receiver.url });
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    const arrived = new Promise<void>((resolve) => {
      receiver.answer = (response) => {
        // The node's database is gone before it hears the answer.
        void dying.close().then(() => {
          response.writeHead(200).end();
          resolve();
        });
      };
    });
    await doomed.tick();
    await arrived;
    await until('it could not be written down', 30_000, () => world.faults.splice(0).length > 0);
    receiver.answer = (response) => void response.writeHead(200).end();
    await world.node.tick();
    expect(receiver.received).toHaveLength(1);
    await world.database.moveClock('61 seconds');
    await world.untilAttempts(1);
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(
      Array(2).fill(receiver.received[0]?.headers['webhook-id']),
    );
  });
});
