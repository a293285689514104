/** Refusals as the API sees them: filters, pages, whose they are, and that an index leads to them. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Position, Slice } from '../../src/db/walk.ts';
import { listRejections, type RejectionFilter, type RejectionView } from '../../src/events/rejection-pages.ts';
import { createIdSource, newId } from '../../src/mail/id.ts';
import { OPERATOR_VIEWER, type Viewer } from '../../src/mail/viewer.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';

const MINUTE_MS = 60_000;

let db: TestDatabase;
let destinationId = '';
const other: Viewer = { tenantId: newId(), isOperator: false };
const statements = new Set<string>();

interface Seed {
  readonly id: string;
  readonly tenantId: string | null;
  readonly destinationId: string | null;
  readonly at: Date;
  readonly client: string | null;
  readonly reversePath: string | null;
  readonly forwardPath: string | null;
  readonly code: string;
  readonly isDryRun: boolean;
}

/** Oldest first. */
let seeds: Seed[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  destinationId = await makeDestination(db.sql, 'good.test');
  await db.sql`insert into tenants (id, name) values (${other.tenantId}, 'other')`;
  const theirs = newId();
  await db.sql`insert into destinations (id, tenant_id, name, kind) values (${theirs}, ${other.tenantId}, 'theirs.test', 'RELAY')`;
  const now = Date.now();
  seeds = Array.from({ length: 60 }, (_, at): Seed => {
    const atMs = now - (60 - at) * MINUTE_MS;
    const isTheirs = at % 4 === 1;
    const isOurs = at % 4 === 0;
    return {
      id: createIdSource(() => atMs)(),
      tenantId: isTheirs ? other.tenantId : isOurs ? OPERATOR_VIEWER.tenantId : null,
      destinationId: isTheirs ? theirs : isOurs ? destinationId : null,
      at: new Date(atMs),
      client: at % 4 === 3 ? null : at % 4 === 2 ? `2001:db8::${at}` : `192.0.2.${at}`,
      reversePath: at % 5 === 0 ? null : `From${at}@sender.test`,
      forwardPath: isTheirs ? `U${at}@theirs.test` : isOurs ? `u${at}@good.test` : 'x@elsewhere.test',
      code: isOurs || isTheirs ? 'BMX-USER' : 'BMX-RELAY',
      isDryRun: at % 8 === 0,
    };
  });
  for (const seed of seeds) {
    await db.sql`
      insert into rejections (id, tenant_id, destination_id, at, client_address, ehlo_name, command, reverse_path, forward_path,
                              rejection, reply, is_dry_run)
      values (${seed.id}, ${seed.tenantId}, ${seed.destinationId}, ${seed.at}, ${seed.client}::text::inet, 'c.test', 'RCPT',
              ${seed.reversePath}, ${seed.forwardPath}, ${seed.code}, '550 5.1.1 no', ${seed.isDryRun})`;
  }
  db.sql.options.debug = (_connection, query) => {
    if (/\bfrom rejections\b/.test(query) && !query.startsWith('explain')) statements.add(query);
  };
});
afterAll(async () => {
  await db.close();
});

async function list(viewer: Viewer, filter: RejectionFilter, limit = 100): Promise<string[]> {
  const { nodes } = await listRejections(db.sql, viewer, { limit, from: null, isBackward: false, filter });
  return nodes.map(({ id }) => id);
}

/** Ids of the seeds that fit, newest first. */
function those(fits: (seed: Seed) => boolean): string[] {
  return seeds
    .filter(fits)
    .map(({ id }) => id)
    .toReversed();
}

describe('what is shown', () => {
  test('everything of one refusal', async () => {
    const seed = seeds[4];
    const { nodes: rejections } = await listRejections(db.sql, OPERATOR_VIEWER, {
      limit: 1,
      from: null,
      isBackward: false,
      filter: { id: ` ${seed?.id.toUpperCase()} ` },
    });
    expect(rejections).toEqual([
      {
        id: seed?.id ?? '',
        at: seed?.at ?? new Date(0),
        code: 'BMX-USER',
        reply: '550 5.1.1 no',
        command: 'RCPT',
        clientAddress: '192.0.2.4',
        ehloName: 'c.test',
        reversePath: 'From4@sender.test',
        recipient: 'u4@good.test',
        destinationId,
        zone: null,
        isDryRun: false,
      },
    ]);
  });

  test('the operator sees all, a tenant those of its own domains, whatever it asks for', async () => {
    expect(await list(OPERATOR_VIEWER, {})).toEqual(those(() => true));
    expect(await list(other, {})).toEqual(those((seed) => seed.tenantId === other.tenantId));
    expect(await list(other, { domain: 'theirs.test' })).toEqual(those((seed) => seed.tenantId === other.tenantId));
    expect(await list(other, { domain: 'good.test' })).toEqual([]);
    expect(await list(other, { id: seeds[0]?.id ?? '' })).toEqual([]);
    expect(await list(other, { id: seeds[1]?.id ?? '' })).toEqual([seeds[1]?.id ?? '']);
    expect(await list(other, { recipient: 'u4@good.test' })).toEqual([]);
    expect(await list(OPERATOR_VIEWER, { id: seeds[1]?.id ?? '', domain: 'good.test' })).toEqual([]);
    expect(await list({ tenantId: newId(), isOperator: false }, {})).toEqual([]);
  });

  test.each<[string, RejectionFilter, (seed: Seed) => boolean]>([
    ['domain', { domain: ' GOOD.test. ' }, (seed) => seed.destinationId === destinationId],
    ['code', { code: { isAnyOf: ['BMX-RELAY'] } }, (seed) => seed.code === 'BMX-RELAY'],
    ['address', { clientAddress: '192.0.2.4' }, (seed) => seed.client === '192.0.2.4'],
    ['mapped address', { clientAddress: '::ffff:192.0.2.4' }, (seed) => seed.client === '192.0.2.4'],
    ['network', { clientAddress: '192.0.2.0/29' }, (seed) => /^192\.0\.2\.[0-7]$/.test(seed.client ?? '')],
    ['IPv6 network', { clientAddress: '2001:DB8::/32' }, (seed) => seed.client?.startsWith('2001') === true],
    ['recipient', { recipient: 'u5@THEIRS.test' }, (seed) => seed.forwardPath === 'U5@theirs.test'],
    ['reverse-path', { reversePath: 'from4@sender.test' }, (seed) => seed.reversePath === 'From4@sender.test'],
    ['null reverse-path', { reversePath: '' }, (seed) => seed.reversePath === null],
    ['dry run', { isDryRun: true }, (seed) => seed.isDryRun],
    [
      'no dry run',
      { isDryRun: false, domain: 'good.test' },
      (seed) => !seed.isDryRun && seed.destinationId === destinationId,
    ],
  ])('by %s', async (_what, filter, fits) => {
    expect(those(fits).length).toBeGreaterThan(0);
    expect(await list(OPERATOR_VIEWER, filter)).toEqual(those(fits));
  });

  test('by time: from an instant on, before another', async () => {
    const since = seeds[10]?.at ?? null;
    const until = seeds[20]?.at ?? null;
    expect(await list(OPERATOR_VIEWER, { since, until })).toEqual(
      those((seed) => seed.at >= (since ?? 0) && seed.at < (until ?? 0)),
    );
  });

  test.each<[string, RejectionFilter]>([
    ['a domain never heard of', { domain: 'nowhere.test' }],
    ['no domain', { domain: 'no domain' }],
    ['no id', { id: "' or true" }],
    ['an id of another kind', { id: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff' }],
    ['no network', { clientAddress: '192.0.2.0/33' }],
    ['no address', { clientAddress: 'mail.sender.test' }],
  ])('nothing for %s', async (_what, filter) => {
    expect(await list(OPERATOR_VIEWER, filter)).toEqual([]);
  });
});

test('who does not ask for the count does not pay for it, and who does pays once', async () => {
  let counts = 0;
  const { debug } = db.sql.options;
  db.sql.options.debug = (_connection, query) => {
    if (/count\(\*\)/.test(query)) counts += 1;
  };
  const { total } = await listRejections(db.sql, OPERATOR_VIEWER, {
    limit: 1,
    from: null,
    isBackward: false,
    filter: {},
  });
  expect(counts).toBe(0);
  expect(await total()).toEqual({ count: seeds.length, isWhole: true });
  await total();
  expect(counts).toBe(1);
  db.sql.options.debug = debug;
});

test('instants far away do no harm', async () => {
  const [first, last] = [new Date('0001-01-01T00:00:00Z'), new Date('9999-12-31T23:59:59Z')];
  expect(await list(OPERATOR_VIEWER, { since: first, until: last })).toHaveLength(seeds.length);
  expect(await list(OPERATOR_VIEWER, { since: last, until: first })).toEqual([]);
});

describe('pages', () => {
  async function walk(
    viewer: Viewer,
    filter: RejectionFilter,
    limit: number,
  ): Promise<{ ids: string[]; pages: number }> {
    const ids: string[] = [];
    let from: Position | null = null;
    for (let pages = 1; pages < 100; pages += 1) {
      const page: Slice<RejectionView> = await listRejections(db.sql, viewer, {
        limit,
        from,
        isBackward: false,
        filter,
      });
      ids.push(...page.nodes.map(({ id }) => id));
      if (page.next === null) return { ids, pages };
      from = page.next;
    }
    throw new Error('no end');
  }

  test.each([7, 15, 60])('of %p hold each refusal once', async (limit) => {
    expect(await walk(OPERATOR_VIEWER, {}, limit)).toEqual({ ids: those(() => true), pages: Math.ceil(60 / limit) });
    expect((await walk(other, {}, limit)).ids).toEqual(those((seed) => seed.tenantId === other.tenantId));
    expect((await walk(OPERATOR_VIEWER, { domain: 'good.test' }, limit)).ids).toEqual(
      those((seed) => seed.destinationId === destinationId),
    );
    expect((await walk(OPERATOR_VIEWER, { code: { isAnyOf: ['BMX-RELAY'] } }, limit)).ids).toEqual(
      those((seed) => seed.code === 'BMX-RELAY'),
    );
  });

  test('a rare one behind many others is found page by page, none of which looks through all', async () => {
    await db.sql`
      insert into rejections (id, ehlo_name, command, rejection, reply)
      select uuid_floor(now() + make_interval(secs => i / 1000.0)), '', 'RCPT', 'BMX-LIMIT', '' from generate_series(1, 25000) i`;
    const first = await listRejections(db.sql, OPERATOR_VIEWER, {
      limit: 10,
      from: null,
      isBackward: false,
      filter: { clientAddress: '192.0.2.4' },
    });
    expect(first.nodes).toEqual([]);
    expect(first.next).not.toBeNull();
    expect(await first.total()).toEqual({ count: 0, isWhole: false });
    expect(await walk(OPERATOR_VIEWER, { clientAddress: '192.0.2.4' }, 10)).toEqual({
      ids: [seeds[4]?.id ?? ''],
      pages: 3,
    });
    await db.sql`delete from rejections where rejection = 'BMX-LIMIT'`;
  });
});

test('an index leads to every page, also among many rows, and where one tenant has most of them', async () => {
  await db.sql`
    insert into rejections (id, tenant_id, destination_id, ehlo_name, command, rejection, reply)
    select uuid_floor(date_trunc('day', now()) + make_interval(days => day, secs => i)),
           case when i % 3 > 0 then ${other.tenantId}::uuid else gen_random_uuid() end, gen_random_uuid(),
           '', 'RCPT', 'BMX-USER', ''
    from generate_series(-1, 3) as day, generate_series(1, 5000) as i`;
  await db.sql`analyze rejections`;
  statements.clear();
  const since = new Date(Date.now() - 86_400_000);
  for (const viewer of [OPERATOR_VIEWER, other]) {
    for (const filter of [{}, { domain: 'good.test' }, { code: { isAnyOf: ['BMX-USER'] } }, { since }, { id: newId() }])
      await list(viewer, filter, 20);
  }
  expect(statements.size).toBeGreaterThanOrEqual(8);
  for (const statement of statements) {
    const rows = await db.sql.unsafe(`explain (generic_plan, costs off) ${statement}`);
    const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n');
    expect(plan).not.toMatch(/Seq Scan on rejections_\d|\bSort\n\s+Sort Key: rejections/);
    expect(plan).toContain('Index Scan');
  }
});
