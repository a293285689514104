/** Each field with a statement of its own is paid for as such; a new one without a cost fails here. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { buildSchema, isObjectType, parse } from 'graphql';
import { FIELD_WORK } from '../../src/control/admission/field-work.ts';
import { type Bill, billOf } from '../../src/control/admission/limits.ts';
import { resolvers } from '../../src/control/resolvers.ts';
import { addDomain, type Harness, startControl } from './harness.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

/** Resolvers that are given the context, or wait for something, and ask nobody: how each is asked for. */
const ASKS_NOBODY: Readonly<Record<string, string>> = {
  'Query.service': '{ service { __typename } }',
  'Query.viewer': '{ viewer { __typename } }',
  'Service.version': '{ service { version } }',
  'Service.runtime': '{ service { runtime } }',
  'Service.mxNames': '{ service { mxNames } }',
  'Service.egressAddresses': '{ service { egressAddresses } }',
  'Service.health': '{ service { health { isReady } } }',
  'Viewer.isOperator': '{ viewer { isOperator } }',
  'Viewer.scopes': '{ viewer { scopes } }',
  'UserError.documentationUrl':
    'mutation { domainFlush(input: { name: "missing.example" }) { userErrors { documentationUrl } } }',
  'Domain.dnsblZones': '{ domain(by: { name: "free.example" }) { dnsblZones { zone } } }',
  'Domain.primarySetup': '{ domain(by: { name: "free.example" }) { primarySetup { mta } } }',
};

type Resolver = ((...args: never[]) => unknown) | { readonly subscribe?: (...args: never[]) => unknown };

/** A resolver without the context has nothing to ask with; one that waits may have it from elsewhere. */
function mayAsk(resolver: Resolver): boolean {
  const run = typeof resolver === 'function' ? resolver : resolver.subscribe;
  return run !== undefined && (run.length > 2 || run.constructor.name === 'AsyncFunction');
}

const asking = Object.entries(resolvers)
  .filter(([typeName]) => isObjectType(schema.getType(typeName)) && !['Mutation', 'Subscription'].includes(typeName))
  .flatMap(([typeName, fields]) =>
    Object.entries(fields as Readonly<Record<string, Resolver>>).flatMap(([fieldName, resolver]) =>
      mayAsk(resolver) ? [`${typeName}.${fieldName}`] : [],
    ),
  );

test('a field that may ask the database has a cost, or is known to ask nobody', () => {
  expect(asking.length).toBeGreaterThan(70);
  expect(asking.filter((field) => FIELD_WORK[field] === undefined && ASKS_NOBODY[field] === undefined)).toEqual([]);
});

test('each cost is that of a field that may ask', () => {
  const mutations = schema.getMutationType()?.getFields() ?? {};
  const known = [...asking, ...Object.keys(mutations).map((name) => `Mutation.${name}`)];
  expect(Object.keys(FIELD_WORK).filter((field) => !known.includes(field))).toEqual([]);
  expect(Object.keys(ASKS_NOBODY).filter((field) => FIELD_WORK[field] !== undefined)).toEqual([]);
});

describe('asked', () => {
  let control: Harness;
  beforeAll(async () => {
    control = await startControl();
    await addDomain(control, 'free.example');
  });
  afterAll(() => control.close());

  test.each(Object.entries(ASKS_NOBODY))('%s asks nobody', async (field, query) => {
    const name = field.split('.')[1] ?? '';
    const without = query.replace(new RegExp(`${name}(?: \\{[^{}]*\\})?`), '__typename');
    expect(without).not.toBe(query);
    const countFor = async (text: string): Promise<number> => {
      const statements: string[] = [];
      control.database.sql.options.debug = (_connection, statement) => void statements.push(statement);
      await control.ask(text);
      return statements.length;
    };
    expect(await countFor(query)).toBe(await countFor(without));
  });
});

const costOf = (query: string): number => {
  const bill: Bill = billOf({ schema, document: parse(query) });
  if (bill.kind !== 'COST') throw bill.error;
  return bill.cost;
};
const aliases = (count: number, field: string): string =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');

test('what a field costs is its own, whatever fields of other types are called', () => {
  expect(costOf('{ service { messageSizeLimit } }') - costOf('{ service { version } }')).toBeGreaterThan(20);
  const outer = costOf('{ outages(first: 1) { nodes { id } } }');
  const inner = costOf('{ domain(by: { name: "a.example" }) { outages(first: 1) { nodes { id } } } }');
  expect(inner - costOf('{ domain(by: { name: "a.example" }) { id } }')).not.toBe(outer);
  const fragment = 'fragment F on Domain { drills(first: 1) { nodes { id } } }';
  const spread = costOf(`{ domains(first: 100) { nodes { ...F } } } ${fragment}`);
  const inline = costOf('{ domains(first: 100) { nodes { ... on Domain { drills(first: 1) { nodes { id } } } } } }');
  const plain = costOf('{ domains(first: 100) { nodes { drills(first: 1) { nodes { id } } } } }');
  expect([spread, inline]).toEqual([plain, plain]);
  const rejections = (given: string, variables = ''): number =>
    costOf(`query ${variables} { rejections(first: 1${given}) { nodes { id } } }`);
  expect(rejections(', filter: { reversePath: "a@b.example" }') - rejections('')).toBeGreaterThan(5_000);
  expect(rejections(', filter: null')).toBe(rejections(''));
  expect(rejections(', filter: $f', '($f: RejectionFilter)')).toBe(rejections(''));
  expect(
    rejections(', filter: $f', '($f: RejectionFilter = { reversePath: "a@b.example" })') - rejections(''),
  ).toBeGreaterThan(5_000);
  expect(costOf('{ nodes(ids: ["a", "b", "c"]) { id } }')).toBeGreaterThan(costOf('{ nodes(ids: ["a"]) { id } }') + 80);
});

test('where a page ends is billed once, however long the page is', () => {
  const END = 'pageInfo { hasNextPage endCursor }';
  for (const items of ['nodes { id }', 'edges { cursor node { id } }']) {
    const page = (first: number, more: string): number => costOf(`{ domains(first: ${first}) { ${items} ${more} } }`);
    const ends = [1, 100].map((first) => page(first, END) - page(first, ''));
    expect(ends).toEqual([3, 3]);
    const spread = `{ domains(first: 100) { ${items} ...F } } fragment F on DomainConnection { ${END} }`;
    expect(costOf(spread)).toBe(page(100, END));
    expect(page(100, '') - page(1, '')).toBeGreaterThan(98);
  }
});

test('a page of 100 domains with its usual fields is a small part of a bucket; 50 times a field of each is not', () => {
  const usual = `id name status situation labels { key value } queue { heldCount heldSize oldestAcceptedAt firstExpiryAt }
    lastOutage { kind startedAt endedAt } outage { startedAt lastReply } drillSchedule { nextAt } doctor { verdict }`;
  expect(costOf(`{ domains(first: 100) { nodes { ${usual} } pageInfo { endCursor } } }`)).toBeLessThan(20_000);
  for (const field of ['drillSchedule { nextAt }', 'situation', 'lastOutage { id }'])
    expect(costOf(`{ domains(first: 100) { nodes { ${aliases(50, field)} } } }`)).toBeGreaterThan(30_000);
});

test('a token that never waits has no more mutations than a tenth of the processor carries out', () => {
  const each = costOf('mutation { domainResume(input: { name: "a.example" }) { userErrors { code } } }');
  // The bucket of a token fills by 20,000 a second; a mutation takes 2 to 5 ms.
  expect(20_000 / each).toBeLessThan(50);
});
