/** Domains found by the doctor's worst verdict: pages, whose they are, what is no filter, the command, and that a page reads a page. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { domainVerb } from '../../src/clients/cli/domain.ts';
import { openDatabase } from '../../src/db/client.ts';
import { listDomains } from '../../src/queue/read/domain-list.ts';
import { newId } from '../../src/mail/id.ts';
import type { Viewer } from '../../src/mail/viewer.ts';
import { callVerb } from '../clients/cli/call-verb.ts';
import { addTenant, type Harness, OPERATOR, startControl } from './harness.ts';

const MANY = 12_000;

let control: Harness;
let other: Viewer;

beforeAll(async () => {
  control = await startControl();
  other = await addTenant(control.database);
  await makeDomains(OPERATOR, ['OK', 'PROBLEM', 'WARNING', 'UNKNOWN', 'PROBLEM']);
  await makeDomains(other, ['PROBLEM']);
});
afterAll(() => control.close());

/** Named by their number and status; one more without a report. */
async function makeDomains({ tenantId }: Viewer, statuses: readonly string[], count = statuses.length): Promise<void> {
  await control.database.sql`
    with numbered as (
      select n, new_id() as id, (${statuses as string[]}::text[])[1 + n % ${statuses.length}::integer] as status
      from generate_series(0, ${count}::integer) as n
    ), made as (
      insert into destinations (id, tenant_id, kind, name)
      select id, ${tenantId}, 'RELAY', right(${tenantId}::text, 8) || '-' || n || '-' || lower(status) || '.example' from numbered
      returning id, tenant_id, name
    ), owned as (
      insert into domains (id, tenant_id, destination_id, name, status)
      select id, tenant_id, id, name, 'ACTIVE' from made returning id
    )
    insert into doctor_reports (domain_id, tenant_id, destination_id, status, findings)
    select id, ${tenantId}, id, status, '[]' from numbered where n < ${count}::integer`;
}

interface Page {
  readonly domains: {
    readonly nodes: readonly { readonly name: string; readonly doctor: { readonly verdict: string } | null }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

const QUERY = `query ($first: Int!, $after: String, $filter: DomainFilter) {
  domains(first: $first, after: $after, filter: $filter) { nodes { name doctor { verdict } } pageInfo { hasNextPage endCursor } } }`;

const ask = (variables: Record<string, unknown>) => control.ask<Page>(QUERY, { first: 100, ...variables });
/** The numbers in the names of the operator's five. */
const numbersOf = (page: Page) => page.domains.nodes.map(({ name }) => Number(name.split('-')[1]));

const reported = (doctor: readonly ('PROBLEM' | 'WARNING')[], limit: number) => ({
  limit,
  from: null,
  isBackward: false,
  order: 'CREATED' as const,
  filter: { doctor },
});

test('those whose worst verdict is one of these, in order of creation, page by page', async () => {
  const mine = { doctor: ['WARNING', 'PROBLEM', 'PROBLEM'] };
  const first = await ask({ first: 3, filter: mine });
  expect(first.domains.pageInfo.hasNextPage).toBe(true);
  const second = await ask({ first: 3, after: first.domains.pageInfo.endCursor, filter: mine });
  // An operator sees those of all tenants.
  expect([numbersOf(first), numbersOf(second), second.domains.pageInfo.hasNextPage]).toEqual([[1, 2, 4], [0], false]);
  const statuses = [...first.domains.nodes, ...second.domains.nodes].map(({ doctor }) => doctor?.verdict);
  expect(statuses).toEqual(['PROBLEM', 'WARNING', 'PROBLEM', 'PROBLEM']);
  expect(numbersOf(await ask({ filter: { doctor: ['UNKNOWN'] } }))).toEqual([3]);
});

test('without a filter all are there, also those without a report', async () => {
  for (const filter of [undefined, null, {}, { doctor: null }]) {
    expect((await ask({ filter })).domains.nodes).toHaveLength(8);
  }
});

test('another tenant finds its own alone', async () => {
  const list = async (viewer: Viewer, statuses: readonly ('PROBLEM' | 'WARNING')[]) =>
    (await listDomains(control.database.sql, viewer, reported(statuses, 100))).nodes.map(({ tenantId }) => tenantId);
  expect(await list(other, ['PROBLEM', 'WARNING'])).toEqual([other.tenantId]);
  expect(await list({ tenantId: newId(), isOperator: false }, ['PROBLEM'])).toEqual([]);
  // What a former owner's report says is not told of a domain that is another's now, nor to its former owner.
  await control.database.sql`update doctor_reports set tenant_id = ${other.tenantId} where status = 'WARNING'`;
  expect(await list(other, ['WARNING'])).toEqual([]);
  await control.database.sql`update doctor_reports set tenant_id = ${OPERATOR.tenantId} where status = 'WARNING'`;
});

test('what is no filter is told', async () => {
  const none = await control.post<Page>(QUERY, { first: 10, filter: { doctor: [] } });
  expect(none.errors?.[0]).toMatchObject({
    message: 'filter.doctor: name at least one value',
    extensions: { code: 'BAD_USER_INPUT', path: ['filter', 'doctor'] },
  });
  const wrong = await control.post<Page>(QUERY, { first: 10, filter: { doctor: ['FAIL'] } });
  expect(wrong.errors?.[0]?.message).toContain('PROBLEM');
});

test('on the command line', async () => {
  const list = async (...args: readonly string[]) => {
    const { code, out, err } = await callVerb(control.url, domainVerb, ['list', ...args]);
    return { code, err, names: out.slice(1).map((line) => line.split(' ')[0]?.replace(/^\w+-/, '')) };
  };
  expect(await list('--doctor', 'unknown,warning')).toEqual({
    code: 0,
    err: [],
    names: ['2-warning.example', '3-unknown.example'],
  });
  expect((await list('--doctor', 'OK', '--doctor', 'UNKNOWN')).names).toHaveLength(2);
  expect((await list()).names).toHaveLength(8);
  const { code, err } = await list('--doctor', 'FAIL');
  expect([code, err.join(' ')]).toEqual([2, expect.stringContaining('PROBLEM')]);
});

test('a page reads a page, whatever the number of domains and whoever asks', async () => {
  const large = await addTenant(control.database, 'large');
  await makeDomains(large, ['OK', 'PROBLEM'], MANY);
  const single = openDatabase(control.database.target, { poolSize: 1, queuePoolSize: 1 });
  const { sql } = single;
  const readSoFar = async () => {
    await sql`select pg_stat_force_next_flush()`;
    const [row] = await sql<{ count: number }[]>`
      select (select sum(seq_tup_read) from pg_stat_user_tables where relname in ('domains', 'doctor_reports'))::float8
        + (select sum(idx_tup_read) from pg_stat_user_indexes where relname in ('domains', 'doctor_reports'))::float8 as count`;
    return row?.count ?? 0;
  };
  const costs: number[] = [];
  for (const statistics of ['none', 'analysed']) {
    if (statistics === 'analysed') await sql`analyze domains, doctor_reports`;
    for (const viewer of [OPERATOR, large, other, { tenantId: newId(), isOperator: false }]) {
      const before = await readSoFar();
      await listDomains(sql, viewer, reported(['PROBLEM', 'WARNING'], 20));
      costs.push((await readSoFar()) - before);
    }
  }
  await single.close();
  expect(costs.filter((cost) => cost > 200)).toEqual([]);
});
