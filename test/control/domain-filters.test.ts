/** Domains found by what a person asks for: each condition, all together, whose they are, and what is no filter. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { domainVerb } from '../../src/clients/cli/domain.ts';
import { FEW } from '../../src/db/few.ts';
import { createDomain } from '../../src/domains/create.ts';
import { listDomains } from '../../src/queue/read/domain-list.ts';
import type { Viewer } from '../../src/mail/viewer.ts';
import { callVerb } from '../clients/cli/call-verb.ts';
import { addDomain, addTenant, type Harness, OPERATOR, startControl } from './harness.ts';

let control: Harness;
let other: Viewer;

beforeAll(async () => {
  control = await startControl();
  other = await addTenant(control.database, 'other');
  const { sql } = control.database;
  const ids = new Map<string, string>();
  for (const name of ['alpha', 'alpine', 'beta', 'gamma']) ids.set(name, await addDomain(control, `${name}.example`));
  await createDomain(control.domains, other, { name: 'delta.example' });
  const [delta] = await sql<{ id: string }[]>`
    update domains set status = 'ACTIVE' where name = 'delta.example' returning destination_id as id`;
  ids.set('delta', delta?.id ?? '');
  await sql`update destinations set tenant_id = ${other.tenantId}, kind = 'RELAY' where id = ${delta?.id ?? ''}`;
  const at = (name: string) => ids.get(name) ?? '';
  await sql`update domains set labels = '{"customer":"acme","plan":"gold"}' where name in ('alpha.example', 'delta.example')`;
  await sql`update domains set labels = '{"customer":"acme"}' where name = 'beta.example'`;
  await sql`update domains set status = 'SUSPENDED' where name = 'gamma.example'`;
  await sql`update destinations set oldest_accepted_at = bmx_now(), held_count = 1 where id in (${at('alpha')}, ${at('delta')})`;
  await sql`update destinations set breaker = 'OPEN', breaker_since = bmx_now() where id = ${at('beta')}`;
  // A trial that is over, as the API shows it.
  await sql`update destinations set breaker = 'TRIAL', trial_count = 5, breaker_since = bmx_now() - interval '2 hours'
    where id = ${at('gamma')}`;
  await sql`
    insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
    select new_id(), tenant_id, id, bmx_now(), 'DOWN', 'x' from destinations where id in (${at('alpine')}, ${at('delta')})`;
  await sql`
    insert into doctor_reports (domain_id, tenant_id, destination_id, status, findings)
    select id, tenant_id, destination_id, 'PROBLEM', '[]' from domains where name in ('alpha.example', 'beta.example')`;
});
afterAll(() => control.close());

const NONE = { limit: 100, from: null, isBackward: false };
const CASES: readonly (readonly [filter: string, names: string])[] = [
  ['{}', 'alpha alpine beta delta gamma'],
  ['{ namePrefix: "al" }', 'alpha alpine'],
  ['{ namePrefix: " ALPI " }', 'alpine'],
  ['{ namePrefix: "%" }', ''],
  ['{ labels: [{ key: "customer", value: "acme" }] }', 'alpha beta delta'],
  ['{ labels: [{ key: "customer", value: "acme" }, { key: "plan", value: "gold" }] }', 'alpha delta'],
  ['{ labels: [{ key: "plan", value: "silver" }] }', ''],
  ['{ statuses: [SUSPENDED] }', 'gamma'],
  ['{ statuses: [SUSPENDED, ACTIVE] }', 'alpha alpine beta delta gamma'],
  ['{ hasOpenOutage: true }', 'alpine delta'],
  ['{ hasOpenOutage: false }', 'alpha beta gamma'],
  ['{ isHolding: true }', 'alpha delta'],
  ['{ isHolding: false, namePrefix: "al" }', 'alpine'],
  ['{ breaker: [OPEN] }', 'beta'],
  ['{ breaker: [TRIAL] }', ''],
  ['{ breaker: [CLOSED] }', 'alpha alpine delta gamma'],
  ['{ doctor: [PROBLEM] }', 'alpha beta'],
  ['{ doctor: [PROBLEM], labels: [{ key: "plan", value: "gold" }], isHolding: true }', 'alpha'],
  ['{ situations: [BREAKER_OPEN, SUSPENDED] }', 'beta gamma'],
];

test.each(CASES)('%s', async (filter, names) => {
  const expected = names === '' ? [] : names.split(' ');
  for (const order of ['NAME', 'CREATED', 'URGENCY']) {
    const { domains } = await control.ask<{ domains: { nodes: { name: string }[]; totalCount: number } }>(
      `{ domains(first: 100, orderBy: ${order}, filter: ${filter}) { nodes { name } totalCount } }`,
    );
    const found = domains.nodes.map(({ name }) => name.replace('.example', ''));
    expect([order, order === 'NAME' ? found : found.sort()]).toEqual([order, expected]);
    expect(domains.totalCount).toBe(expected.length);
  }
});

test('a tenant finds its own alone, and an operator those of one tenant', async () => {
  const { sql } = control.database;
  for (const order of ['CREATED', 'NAME', 'URGENCY'] as const) {
    const names = async (viewer: Viewer, filter: object) =>
      (await listDomains(sql, viewer, { ...NONE, order, filter })).nodes.map(({ name }) => name);
    for (const filter of [
      {},
      { namePrefix: '' },
      { isHolding: true },
      { hasOpenOutage: true },
      { labels: [{ key: 'plan', value: 'gold' }] },
    ]) {
      expect(await names(other, filter)).toEqual(['delta.example']);
      expect(await names(OPERATOR, { ...filter, tenantId: other.tenantId.toUpperCase() })).toEqual(['delta.example']);
      expect(await names(other, { ...filter, tenantId: OPERATOR.tenantId })).toEqual([]);
    }
    for (const filter of [{ namePrefix: 'al' }, { breaker: ['OPEN' as const] }, { doctor: ['PROBLEM' as const] }]) {
      expect(await names(other, filter)).toEqual([]);
    }
    expect(await names(OPERATOR, { tenantId: 'no id' })).toEqual([]);
  }
});

test('on the command line', async () => {
  const list = async (...args: readonly string[]) => {
    const { code, out, err } = await callVerb(control.url, domainVerb, ['list', ...args]);
    return { code, err, names: out.slice(1).map((line) => line.split('.example')[0]) };
  };
  const found = (...names: string[]) => ({ code: 0, err: [], names });
  expect(await list('--prefix', 'al', '--order', 'name')).toEqual(found('alpha', 'alpine'));
  expect(await list('--label', 'customer=acme', '--label', 'plan=gold', '--held', '--tenant', other.tenantId)).toEqual(
    found('delta'),
  );
  expect(await list('--situation', 'suspended,breaker-open', '--order', 'urgency')).toEqual(found('beta', 'gamma'));
  expect(await list('--outage', '--status', 'active', '--order', 'name')).toEqual(found('alpine', 'delta'));
  expect((await list('--situation', 'sad')).code).toBe(2);
});

test('what is no filter is told', async () => {
  for (const field of ['labels', 'statuses', 'situations', 'breaker', 'doctor']) {
    const { errors } = await control.post(`{ domains(first: 1, filter: { ${field}: [] }) { nodes { name } } }`);
    expect(errors?.[0]).toMatchObject({
      message: `filter.${field}: name at least one value`,
      extensions: { code: 'BAD_USER_INPUT', path: ['filter', field] },
    });
  }
  expect(
    (await listDomains(control.database.sql, OPERATOR, { ...NONE, order: 'NAME', filter: { namePrefix: '\0' } })).nodes,
  ).toEqual([]);
});

test('what many domains meet is found page by page, each once', async () => {
  const { sql } = control.database;
  await sql`
    with made as (
      insert into destinations (id, tenant_id, kind, name)
      select new_id(), ${other.tenantId}, 'RELAY', 'many' || n || '.example' from generate_series(1, ${FEW + 500}::integer) as n
      returning id, tenant_id, name
    )
    insert into domains (id, tenant_id, destination_id, name, status, labels)
    select id, tenant_id, id, name, 'ACTIVE', '{"size":"large"}' from made`;
  const filter = { labels: [{ key: 'size', value: 'large' }] };
  const found: string[] = [];
  for (let from: Parameters<typeof listDomains>[2]['from'] = null; ; ) {
    const page = await listDomains(sql, OPERATOR, { limit: 1_500, from, isBackward: false, order: 'NAME', filter });
    found.push(...page.nodes.map(({ name }) => name));
    if (page.next === null) break;
    from = page.next;
  }
  expect([found.length, new Set(found).size]).toEqual([FEW + 500, FEW + 500]);
});
