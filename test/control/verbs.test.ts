/**
 * The operator's verbs on a domain and on many messages, as the API gives them.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { foldDeltas } from '../../src/queue/counts.ts';
import { carryOutOperations } from '../../src/queue/verbs/operation-steps.ts';
import { newId } from '../../src/mail/id.ts';
import type { RouteHost } from '../../src/domains/route-check.ts';
import { addDomain, type Harness, holdMessage, startControl } from './harness.ts';

const DOMAIN = 'example.org';

let control: Harness;
let destinationId: string;
beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, DOMAIN);
});
afterAll(() => control.close());
beforeEach(async () => {
  await control.database.sql`truncate messages, recipients, contents, operations, queue_delta, idempotency_keys`;
  await control.database
    .sql`update destinations set is_paused = false, pause_until = null, hold_extension = '0', outage_id = null`;
});

interface Errors {
  readonly userErrors: readonly {
    readonly path: readonly string[];
    readonly message: string;
    readonly code: string;
  }[];
}

async function change<T = unknown>(mutation: string, input: Record<string, unknown>, fields = ''): Promise<T & Errors> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${fields} userErrors { path message code } } }`;
  const data = await control.ask<Record<string, T & Errors>>(query, { input });
  const payload = data[mutation];
  if (payload === undefined) throw new Error('no payload');
  return payload;
}

const codesOf = ({ userErrors }: Errors) => userErrors.map(({ code, path }) => [code, path.join('.')]);
const soon = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

describe('domainPause and domainResume', () => {
  const PAUSE = 'domain { name pause { from until reason isInForce } }';
  interface Paused {
    readonly domain: { readonly pause: Record<string, unknown> | null } | null;
  }

  test('show the pause, and end it', async () => {
    const [from, until] = [soon(10), soon(20)];
    const planned = await change<Paused>('domainPause', { name: DOMAIN, from, until, reason: 'new disks' }, PAUSE);
    expect(planned).toMatchObject({
      domain: { pause: { from, until, reason: 'new disks', isInForce: false } },
      userErrors: [],
    });
    const now = await change<Paused>('domainPause', { name: DOMAIN.toUpperCase() }, PAUSE);
    expect(now.domain?.pause).toMatchObject({ until: null, reason: 'by the operator', isInForce: true });
    const resumed = await change<Paused>('domainResume', { name: DOMAIN }, PAUSE);
    expect(resumed).toMatchObject({ domain: { pause: null }, userErrors: [] });
    expect(codesOf(await change('domainResume', { name: DOMAIN }))).toEqual([]);
  });

  test('errors, nothing changed', async () => {
    expect(codesOf(await change('domainPause', { name: 'nobody.example' }))).toEqual([['NOT_FOUND', 'name']]);
    expect(codesOf(await change('domainPause', { name: DOMAIN, until: soon(-1) }))).toEqual([
      ['OUT_OF_RANGE', 'until'],
    ]);
    expect(codesOf(await change('domainPause', { name: DOMAIN, from: soon(9), until: soon(8) }))).toEqual([
      ['OUT_OF_RANGE', 'until'],
    ]);
    expect(codesOf(await change('domainPause', { name: DOMAIN, reason: 'a\nb' }))).toEqual([['INVALID', 'reason']]);
    expect(codesOf(await change('domainResume', { name: 'nobody.example' }))).toEqual([['NOT_FOUND', 'name']]);
    expect(await control.ask<unknown>(`{ domain(by: { name: "${DOMAIN}" }) { pause { from } } }`)).toEqual({
      domain: { pause: null },
    });
  });

  test('a repetition with the same key is the first answer', async () => {
    const input = { name: DOMAIN, idempotencyKey: 'pause-1' };
    await change('domainPause', input);
    await change('domainResume', { name: DOMAIN });
    const again = await change<Paused>('domainPause', input, PAUSE);
    expect(again).toMatchObject({ domain: { pause: null }, userErrors: [] });
  });
});

test('verbs that request an attempt show it, and why it has not begun; null if they requested none', async () => {
  const name = 'tried.example';
  const id = await addDomain(control, name);
  interface Tried {
    readonly requestedAttempt: { readonly requestedAt: string; readonly waitsFor: string | null } | null;
  }
  const tried = (mutation: string, input: Record<string, unknown> = {}) =>
    change<Tried>(mutation, { name, ...input }, 'requestedAttempt { requestedAt startedAt waitsFor }');
  expect((await tried('domainFlush')).requestedAttempt).toMatchObject({ startedAt: null, waitsFor: 'NOTHING_HELD' });
  await holdMessage(control.database, { destinationId: id });
  const flushed = await tried('domainFlush', { idempotencyKey: 'flush' });
  expect(flushed.requestedAttempt).toMatchObject({ startedAt: null, waitsFor: 'NO_NODE' });
  expect(await tried('domainFlush', { idempotencyKey: 'flush' })).toEqual(flushed);
  expect((await tried('domainResume')).requestedAttempt).toBeNull();
  await change('domainPause', { name });
  expect((await tried('domainFlush')).requestedAttempt).toMatchObject({ waitsFor: 'NO_NODE' });
  expect((await tried('domainResume')).requestedAttempt).toMatchObject({ waitsFor: 'NO_NODE' });
  expect((await tried('domainReleaseBreaker')).requestedAttempt).toBeNull();
  expect((await tried('domainUpdate', { hasDelayReports: true })).requestedAttempt).toBeNull();
  const elsewhere = { deliverTo: [{ host: 'mail.elsewhere.example' }] };
  expect((await tried('domainUpdate', { ...elsewhere, dryRun: true })).requestedAttempt).toBeNull();
  expect((await tried('domainUpdate', elsewhere)).requestedAttempt).toMatchObject({ waitsFor: 'NO_NODE' });
  expect((await tried('domainUpdate', elsewhere)).requestedAttempt).toBeNull();
  expect((await tried('domainFlush', { name: 'nobody.example' })).requestedAttempt).toBeNull();
});

test('domainsFlush says for how many an attempt was requested, and why not for the others', async () => {
  const PAYLOAD = 'requestedCount hasMore skipped { reason domainCount }';
  const nothing = { requestedCount: null, hasMore: null, skipped: [] };
  const tenantId = '00000000-0000-7000-8000-000000000001';
  const id = await addDomain(control, 'many.example');
  await holdMessage(control.database, { destinationId: id });
  await foldDeltas(control.database.sql);
  const idle = { reason: 'NOTHING_HELD', domainCount: expect.any(Number) };
  const first = await change<Record<string, unknown>>(
    'domainsFlush',
    { by: { tenantId }, idempotencyKey: 'many' },
    PAYLOAD,
  );
  expect(first).toEqual({ requestedCount: 1, hasMore: false, skipped: [idle], userErrors: [] });
  expect(
    await change<Record<string, unknown>>('domainsFlush', { by: { tenantId }, idempotencyKey: 'many' }, PAYLOAD),
  ).toEqual(first);
  const again = { requestedCount: 0, hasMore: false, skipped: [{ reason: 'ALREADY_REQUESTED', domainCount: 1 }, idle] };
  expect(await change<Record<string, unknown>>('domainsFlush', { by: { all: true } }, PAYLOAD)).toEqual({
    ...again,
    userErrors: [],
  });
  expect(
    await change<Record<string, unknown>>('domainsFlush', { by: { nextHop: 'mail.many.example' } }, PAYLOAD),
  ).toMatchObject({
    requestedCount: 0,
    skipped: [],
  });
  for (const [by, code, path] of [
    [{ all: false }, 'INVALID', 'by.all'],
    [{ nextHop: 'no host' }, 'NOT_A_HOST', 'by.nextHop'],
    [{ tenantId: 'nobody' }, 'NOT_FOUND', 'by.tenantId'],
  ] as const) {
    const refused = await change<Record<string, unknown>>('domainsFlush', { by }, PAYLOAD);
    expect([refused, codesOf(refused)]).toEqual([expect.objectContaining(nothing), [[code, path]]]);
  }
  const { errors } = await control.post(
    'mutation { domainsFlush(input: { by: { all: true, nextHop: "a.example" } }) { requestedCount } }',
  );
  expect(errors).toHaveLength(1);
  const { auditEntries } = await control.ask<{ auditEntries: { nodes: { subjectId: string | null }[] } }>(
    '{ auditEntries(first: 10, filter: { mutation: DOMAINS_FLUSH, outcome: DONE }) { nodes { subjectId } } }',
  );
  expect(auditEntries.nodes.map(({ subjectId }) => subjectId)).toEqual([null, null, tenantId]);
});

describe('domainExtendHold', () => {
  const HOLD = 'domain { queue { holdExtension } }';

  test('for the outage that is open, up to 60 days', async () => {
    expect(codesOf(await change('domainExtendHold', { name: DOMAIN, by: 'P1D' }))).toEqual([['NO_MATCH', 'name']]);
    await control.database.sql`update destinations set outage_id = new_id() where id = ${destinationId}`;
    expect(await change('domainExtendHold', { name: DOMAIN, by: 'P1D' }, HOLD)).toMatchObject({
      domain: { queue: { holdExtension: 'P1D' } },
      userErrors: [],
    });
    for (const by of ['PT0S', 'PT90M', 'PT1441H', 'PT1200H']) {
      expect(codesOf(await change('domainExtendHold', { name: DOMAIN, by }))).toEqual([['OUT_OF_RANGE', 'by']]);
    }
    const tooLong = await change('domainExtendHold', { name: DOMAIN, by: 'PT1177H' });
    expect(tooLong.userErrors[0]?.message).toContain('Add at most 1176.');
    const id = await holdMessage(control.database, { destinationId });
    const { message } = await control.ask<{ message: { acceptedAt: string; expiresAt: string } }>(
      `{ message(id: "${id}") { acceptedAt expiresAt } }`,
    );
    expect(Date.parse(message.expiresAt) - Date.parse(message.acceptedAt)).toBe(264 * 3_600_000);
  });
});

describe('messagesRetry, messagesCancel, messagesBounce', () => {
  const OPERATION = 'matchedCount operation { id verb domainName totalCount doneCount state reason endedAt }';
  interface Begun {
    readonly matchedCount: number | null;
    readonly operation: { readonly id: string } | null;
  }
  const carryOut = () =>
    carryOutOperations({
      sql: control.database.database.queueSql,
      onResults: () => undefined,
      onRetried: () => undefined,
    });

  test.each([
    ['messagesRetry', 'RETRY'],
    ['messagesCancel', 'CANCEL'],
    ['messagesBounce', 'BOUNCE'],
  ])('%s', async (mutation, verb) => {
    for (let held = 0; held < 3; held += 1) await holdMessage(control.database, { destinationId });
    const filter = { domain: DOMAIN };
    const dry = await change<Begun>(mutation, { filter, dryRun: true }, OPERATION);
    expect(dry).toMatchObject({ matchedCount: 3, operation: null, userErrors: [] });
    const other = await change<Begun>(mutation, { filter, expectedCount: 4 }, OPERATION);
    expect(other).toMatchObject({
      matchedCount: 3,
      operation: null,
      userErrors: [{ code: 'CONFLICT', path: ['expectedCount'] }],
    });
    const input = { filter, expectedCount: 3, reason: 'a wave of spam', idempotencyKey: `${mutation} 1` };
    const begun = await change<Begun>(mutation, input, OPERATION);
    expect(begun).toMatchObject({
      matchedCount: 3,
      operation: {
        verb,
        domainName: DOMAIN,
        totalCount: 3,
        doneCount: 0,
        state: 'RUNNING',
        reason: 'a wave of spam',
        endedAt: null,
      },
      userErrors: [],
    });
    await carryOut();
    const id = begun.operation?.id ?? '';
    const { operation } = await control.ask<{ operation: unknown }>(`{ operation(id: "${id}") { doneCount state } }`);
    expect(operation).toEqual({ doneCount: 3, state: 'DONE' });
    // The same request again: the same operation, not another one.
    expect((await change<Begun>(mutation, input, OPERATION)).operation).toMatchObject({ id, state: 'DONE' });
    expect(await control.database.sql`select from operations`).toHaveLength(1);
  });

  test('errors, nothing begun', async () => {
    const begin = (filter: Record<string, unknown>) => change('messagesCancel', { filter });
    expect(codesOf(await begin({ domain: DOMAIN }))).toEqual([['NO_MATCH', 'filter']]);
    expect(codesOf(await begin({ domain: 'nobody.example' }))).toEqual([['NOT_FOUND', 'filter.domain']]);
    expect(codesOf(await begin({ domain: '' }))).toEqual([['NOT_A_DOMAIN', 'filter.domain']]);
    expect(codesOf(await begin({ domain: DOMAIN, recipient: 'x' }))).toEqual([['NOT_AN_ADDRESS', 'filter.recipient']]);
    expect(codesOf(await begin({ domain: DOMAIN, heldFor: 'PT0S' }))).toEqual([['OUT_OF_RANGE', 'filter.heldFor']]);
    expect(codesOf(await begin({ domain: DOMAIN, since: soon(2), until: soon(1) }))).toEqual([
      ['OUT_OF_RANGE', 'filter.until'],
    ]);
    expect(await control.database.sql`select from operations`).toHaveLength(0);
    expect(await control.ask<unknown>('{ operation(id: "nonsense") { id } }')).toEqual({ operation: null });
  });

  test.each<[Record<string, unknown>, number]>([
    [{ reversePath: '@bulk.example' }, 1],
    [{ clientAddress: '203.0.113.0/24' }, 1],
    [{ internetMessageId: '<one@bulk.example>' }, 1],
    [{ minSize: 5_000_000 }, 1],
    [{ maxSize: 4_999_999 }, 1],
    [{ states: ['HELD', 'FAILED'] }, 2],
  ])('messagesCancel means what messages finds: %j', async (filter, count) => {
    await holdMessage(control.database, { destinationId });
    const other = await holdMessage(control.database, { destinationId });
    await control.database.sql`
      update messages set reverse_path = 'a@bulk.example', client_address = '203.0.113.9', size_bytes = 5000000,
        header_message_id = 'one@bulk.example' where id = ${other}`;
    const { messages } = await control.ask<{ messages: { nodes: { id: string; endedAt: string | null }[] } }>(
      'query ($filter: MessageFilter) { messages(first: 20, filter: $filter) { nodes { id endedAt } } }',
      { filter: { domain: DOMAIN, ...filter } },
    );
    // Those that tests before this one have ended are found, and not meant.
    const ids = messages.nodes.filter(({ endedAt }) => endedAt === null).map(({ id }) => id);
    expect(ids).toHaveLength(count);
    const dry = await change<Begun>(
      'messagesCancel',
      { filter: { domain: DOMAIN, ...filter }, dryRun: true },
      OPERATION,
    );
    expect(dry).toMatchObject({ matchedCount: count, userErrors: [] });
    await change('messagesCancel', { filter: { domain: DOMAIN, ids, ...filter } }, OPERATION);
    await carryOut();
    const left = await control.database.sql<{ id: string }[]>`select id from messages`;
    expect(left.filter(({ id }) => ids.includes(id))).toEqual([]);
    expect(left).toHaveLength(2 - count);
  });

  test('a filter without a domain is refused, and so is one that is none', async () => {
    const begin = (filter: Record<string, unknown>) => change('messagesCancel', { filter });
    expect(codesOf(await begin({}))).toEqual([['REQUIRED', 'filter.domain']]);
    expect(codesOf(await begin({ ids: [newId()] }))).toEqual([['REQUIRED', 'filter.domain']]);
    expect(codesOf(await begin({ domain: DOMAIN, ids: [] }))).toEqual([['REQUIRED', 'filter.ids']]);
    expect(codesOf(await begin({ domain: DOMAIN, ids: ['x'] }))).toEqual([['INVALID', 'filter.ids']]);
    expect(codesOf(await begin({ domain: DOMAIN, states: [] }))).toEqual([['REQUIRED', 'filter.states']]);
    expect(codesOf(await begin({ domain: DOMAIN, minSize: 2, maxSize: 1 }))).toEqual([
      ['OUT_OF_RANGE', 'filter.maxSize'],
    ]);
    expect(codesOf(await begin({ domain: DOMAIN, clientAddress: 'x' }))).toEqual([
      ['NOT_A_NETWORK', 'filter.clientAddress'],
    ]);
  });

  test('operations are found by domain, verb, state and time', async () => {
    await holdMessage(control.database, { destinationId });
    const begin = async (mutation: string) =>
      (await change<Begun>(mutation, { filter: { domain: DOMAIN } }, OPERATION)).operation?.id ?? '';
    const retried = await begin('messagesRetry');
    await carryOut();
    const cancelled = await begin('messagesCancel');
    const find = async (filter: string) => {
      type Found = { operations: { nodes: { id: string }[] } };
      const { operations } = await control.ask<Found>(`{ operations(first: 9, filter: ${filter}) { nodes { id } } }`);
      return operations.nodes.map(({ id }) => id);
    };
    expect(await find('{}')).toEqual([cancelled, retried]);
    expect(await find(`{ domain: "${DOMAIN.toUpperCase()}" }`)).toEqual([cancelled, retried]);
    expect(await find('{ domain: "other.example" }')).toEqual([]);
    expect(await find('{ verbs: RETRY }')).toEqual([retried]);
    expect(await find('{ states: [RUNNING] }')).toEqual([cancelled]);
    expect(await find(`{ until: "2020-01-01T00:00:00Z" }`)).toEqual([]);
    expect(await find(`{ since: "2020-01-01T00:00:00Z", tenantId: "${newId()}" }`)).toEqual([]);
  });

  test('operationStop: what is done stays done, and nothing more is', async () => {
    for (let held = 0; held < 3; held += 1) await holdMessage(control.database, { destinationId });
    const begun = await change<Begun>('messagesCancel', { filter: { domain: DOMAIN } }, OPERATION);
    const id = begun.operation?.id ?? '';
    const input = { id, idempotencyKey: 'stop it' };
    const stopped = { operation: { id, state: 'STOPPED', doneCount: 0 }, userErrors: [] };
    const SELECTION = 'operation { id state doneCount }';
    expect(await change('operationStop', input, SELECTION)).toEqual(stopped);
    await carryOut();
    expect(await control.database.sql`select from messages`).toHaveLength(3);
    expect(await change('operationStop', input, SELECTION)).toEqual(stopped);
    expect(codesOf(await change('operationStop', { id }))).toEqual([['ENDED', 'id']]);
    expect(codesOf(await change('operationStop', { id: 'nonsense' }))).toEqual([['NOT_FOUND', 'id']]);
    const [event] = await control.database.sql<{ facts: object }[]>`
      select facts from events where kind = 'OPERATION_ENDED' and facts ->> 'operationId' = ${id}`;
    expect(event?.facts).toMatchObject({ operationId: id, state: 'STOPPED', done: 0, by: expect.any(String) });
    const [entry] = await control.database.sql<{ before: object; after: object }[]>`
      select before, after from audit_entries where mutation = 'operationStop' order by id limit 1`;
    expect([entry?.before, entry?.after]).toMatchObject([{ state: 'RUNNING' }, { state: 'STOPPED' }]);
  });

  test('operations are paged, newest first', async () => {
    await holdMessage(control.database, { destinationId });
    const ids: (string | undefined)[] = [];
    for (let begun = 0; begun < 3; begun += 1) {
      ids.unshift((await change<Begun>('messagesRetry', { filter: { domain: DOMAIN } }, OPERATION)).operation?.id);
    }
    const list = `query ($first: Int!, $after: String) { operations(first: $first, after: $after) {
      nodes { id } pageInfo { hasNextPage endCursor } } }`;
    interface Page {
      operations: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    }
    const { operations: first } = await control.ask<Page>(list, { first: 2 });
    expect(first.nodes.map(({ id }) => id)).toEqual(ids.slice(0, 2) as string[]);
    const { operations: rest } = await control.ask<Page>(list, { first: 2, after: first.pageInfo.endCursor });
    expect(rest).toMatchObject({ nodes: [{ id: ids[2] }], pageInfo: { hasNextPage: false } });
  });
});

describe('a new route', () => {
  const ROUTE =
    'domain { deliverTo { host port } revision } preview { hosts { host port addresses } heldCount heldSize }';
  const found: RouteHost[] = [
    { host: 'new.example.net', port: 25, addresses: ['192.0.2.9'], verdict: 'USABLE' },
    { host: 'later.example.net', port: 2525, addresses: [], verdict: 'UNRESOLVED' },
  ];

  test('a dry run says where held mail would go, and changes nothing', async () => {
    control.routes.hosts = found;
    await holdMessage(control.database, { destinationId, sizeBytes: 700 });
    const deliverTo = found.map(({ host, port }) => ({ host, port }));
    const dry = await change('domainUpdate', { name: DOMAIN, deliverTo, dryRun: true }, ROUTE);
    expect(dry).toMatchObject({
      domain: { deliverTo: [], revision: 1 },
      preview: {
        hosts: found.map(({ host, port, addresses }) => ({ host, port, addresses })),
        heldCount: 1,
        heldSize: 700,
      },
      userErrors: [],
    });
    const done = await change('domainUpdate', { name: DOMAIN, deliverTo }, ROUTE);
    expect(done).toMatchObject({ domain: { deliverTo, revision: 2 }, preview: null, userErrors: [] });
  });

  test('to ourselves or into a private network: INVALID with the path of the host, nothing changed', async () => {
    control.routes.hosts = [
      { host: 'new.example.net', port: 25, addresses: ['192.0.2.9'], verdict: 'USABLE' },
      { host: 'backup.test.example', port: 25, addresses: ['192.0.2.250'], verdict: 'OWN' },
      { host: '10.0.0.1', port: 25, addresses: ['10.0.0.1'], verdict: 'PRIVATE' },
    ];
    const deliverTo = control.routes.hosts.map(({ host, port }) => ({ host, port }));
    const before = await control.ask<unknown>(`{ domain(by: { name: "${DOMAIN}" }) { revision deliverTo { host } } }`);
    const expected = [
      ['OWN_ADDRESS', 'deliverTo.1.host'],
      ['PRIVATE_ADDRESS', 'deliverTo.2.host'],
    ];
    expect(codesOf(await change('domainUpdate', { name: DOMAIN, deliverTo }))).toEqual(expected);
    expect(codesOf(await change('domainUpdate', { name: DOMAIN, deliverTo, dryRun: true }))).toEqual(expected);
    expect(codesOf(await change('domainCreate', { name: 'fresh.example', deliverTo }))).toEqual(expected);
    expect(await control.ask<unknown>(`{ domain(by: { name: "${DOMAIN}" }) { revision deliverTo { host } } }`)).toEqual(
      before as object,
    );
    expect(await control.ask<unknown>('{ domain(by: { name: "fresh.example" }) { id } }')).toEqual({ domain: null });
  });

  test('what a dry run would refuse', async () => {
    expect(codesOf(await change('domainUpdate', { name: 'nobody.example', dryRun: true }))).toEqual([
      ['NOT_FOUND', 'name'],
    ]);
    expect(codesOf(await change('domainUpdate', { name: DOMAIN, expectedRevision: 99, dryRun: true }))).toEqual([
      ['CONFLICT', 'expectedRevision'],
    ]);
    expect(codesOf(await change('domainUpdate', { name: DOMAIN, drainPerMinute: 0, dryRun: true }))).toEqual([
      ['OUT_OF_RANGE', 'drainPerMinute'],
    ]);
  });
});

test('domainDrill: twenty an hour to one primary, also when the domain is deleted and added again', async () => {
  const name = 'drilled.example';
  await addDomain(control, name);
  const { sql } = control.database;
  for (let count = 0; count < 20; count += 1) {
    expect((await change('domainDrill', { name })).userErrors).toEqual([]);
    // What is refused does not count.
    if (count < 19) expect(codesOf(await change('domainDrill', { name }))).toEqual([['CONFLICT', 'name']]);
    await sql`update drills set state = 'FINISHED', result = 'CANCELLED', finished_at = bmx_now() where domain_name = ${name}`;
    if (count === 10) {
      await change('domainDelete', { name });
      await addDomain(control, name);
    }
  }
  const refused = await change('domainDrill', { name });
  expect(codesOf(refused)).toEqual([['TOO_MANY', 'name']]);
  expect(refused.userErrors[0]?.message).toMatch(/20 drills.*Try again after .* UTC\./);
  await control.database.moveClock('1 hour');
  expect((await change('domainDrill', { name })).userErrors).toEqual([]);
});
