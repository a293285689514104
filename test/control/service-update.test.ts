/** The limits of the service, changed over the API: their bounds, and what becomes of mail that is held. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { recordFailure } from '../../src/outage/clock.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { expireHeld } from '../../src/queue/expiry.ts';
import { addDomain, addTenant, type Harness, holdMessage, startControl } from './harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());
beforeEach(() => update({ messageSizeLimit: null, lifetime: null }));

interface Answer {
  readonly service: { readonly messageSizeLimit: number; readonly lifetime: string } | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[]; readonly message: string }[];
}

const MUTATION = `mutation ($input: ServiceUpdateInput!) { serviceUpdate(input: $input) {
  service { messageSizeLimit lifetime } userErrors { code path message } } }`;

async function update(input: Record<string, unknown>): Promise<Answer> {
  return (await control.ask<{ serviceUpdate: Answer }>(MUTATION, { input })).serviceUpdate;
}

const codes = ({ service, userErrors }: Answer) => [
  service,
  userErrors.map(({ code, path }) => [code, path.join('.')]),
];

test('what is given is changed, null restores, the rest stays', async () => {
  expect(await update({ messageSizeLimit: 65_536 })).toEqual({
    service: { messageSizeLimit: 65_536, lifetime: 'P10D' },
    userErrors: [],
  });
  expect((await update({ lifetime: 'PT36H' })).service).toEqual({ messageSizeLimit: 65_536, lifetime: 'P1DT12H' });
  expect((await update({ messageSizeLimit: null })).service).toEqual({
    messageSizeLimit: 10_485_760,
    lifetime: 'P1DT12H',
  });
  const events = await control.database.sql<{ facts: Record<string, unknown> }[]>`
    select facts from events where kind = 'SERVICE_UPDATED' order by id`;
  expect(events.map(({ facts }) => facts['after']).slice(-3)).toEqual([
    { messageSizeLimit: 65_536, lifetimeHours: 240 },
    { messageSizeLimit: 65_536, lifetimeHours: 36 },
    { messageSizeLimit: 10_485_760, lifetimeHours: 36 },
  ]);
  const [{ count } = { count: 0 }] = await control.database.sql<{ count: number }[]>`select count(*) from events`;
  await update({ lifetime: 'PT36H' });
  expect(await control.database.sql`select count(*) from events`).toMatchObject([{ count }]);
});

test.each([
  [{ messageSizeLimit: 65_535 }, 'messageSizeLimit'],
  [{ messageSizeLimit: 10_485_761 }, 'messageSizeLimit'],
  [{ lifetime: 'PT23H' }, 'lifetime'],
  [{ lifetime: 'PT24H30M' }, 'lifetime'],
  [{ lifetime: 'PT721H' }, 'lifetime'],
])('%p is refused, and nothing is changed', async (input, path) => {
  expect(codes(await update({ lifetime: 'P9D', ...input }))).toEqual([null, [['OUT_OF_RANGE', path]]]);
  expect((await update({})).service).toEqual({ messageSizeLimit: 10_485_760, lifetime: 'P10D' });
});

test('a tenant cannot, whatever scopes it asks for', async () => {
  const { tenantId } = await addTenant(control.database);
  const { tokenCreate } = await control.ask<{ tokenCreate: Answer }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { userErrors { code path message } } }',
    { input: { name: 'x', tenantId, scopes: ['SERVICE_WRITE'] } },
  );
  expect(tokenCreate.userErrors).toMatchObject([{ code: 'FORBIDDEN', path: ['scopes', '0'] }]);
});

test('held mail has the new lifetime; what would be past it is only ended if that is meant', async () => {
  const { sql, database } = control.database;
  const destinationId = await addDomain(control, 'old.example');
  const id = await holdMessage(control.database, { destinationId });
  await foldDeltas(sql);
  const expiresAfterHours = async () => {
    const { message } = await control.ask<{ message: { acceptedAt: string; expiresAt: string } }>(
      `{ message(id: "${id}") { acceptedAt expiresAt } }`,
    );
    return (Date.parse(message.expiresAt) - Date.parse(message.acceptedAt)) / 3_600_000;
  };
  await update({ lifetime: 'P20D' });
  expect(await expiresAfterHours()).toBe(480);
  await update({ lifetime: 'P4D' });
  expect(await expiresAfterHours()).toBe(96);
  await control.database.moveClock('50 hours');
  const refused = await update({ lifetime: 'P2D' });
  expect(codes(refused)).toEqual([null, [['HELD_MAIL', 'lifetime']]]);
  expect(refused.userErrors[0]?.message).toStartWith('Mail of 1 domain is older than P2D');
  expect(await expiresAfterHours()).toBe(96);
  expect(codes(await update({ lifetime: 'P2D', force: true }))).toMatchObject([{ lifetime: 'P2D' }, []]);
  const [now] = await sql<{ at: string }[]>`select bmx_now()::text as at`;
  const begunAt = now?.at ?? '';
  await recordFailure(sql, { destinationId, begunAt, trouble: 'REFUSED', reply: '[refused]' });
  await expireHeld(database.queueSql, { destinationId, begunAt, reply: '[refused]', onResults: () => undefined });
  const { message } = await control.ask<{ message: { recipients: { state: string }[] } }>(
    `{ message(id: "${id}") { recipients { state } } }`,
  );
  expect(message.recipients).toEqual([{ state: 'EXPIRED' }]);
});

test('an extension of the hold bounds the lifetime with it', async () => {
  const destinationId = await addDomain(control, 'held.example');
  await control.database
    .sql`update destinations set hold_extension = interval '1200 hours' where id = ${destinationId}`;
  expect(codes(await update({ lifetime: 'P11D' }))).toEqual([null, [['HELD_MAIL', 'lifetime']]]);
  await control.database.sql`update destinations set hold_extension = '0'`;
  expect((await update({ lifetime: 'P11D' })).userErrors).toEqual([]);
});
