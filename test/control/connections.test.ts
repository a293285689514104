/**
 * Lists that grow are connections, all of one form: `first` from 1 to 100, cursors that what comes and goes does not shift.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { buildSchema, getNamedType, getNullableType, isListType, isObjectType } from 'graphql';
import { addDomain, type Harness, holdMessage, startControl } from './harness.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const objects = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'));
const fields = objects.flatMap((type) =>
  isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ type: type.name, field })) : [],
);

/** What else is a list, and what bounds it. */
const BOUNDED: Readonly<Record<string, string>> = {
  'UserError.path': 'the depth of an input',
  'AuditEntry.userErrorCodes': 'the mistakes of one input',
  'Service.mxNames': 'configuration',
  'Service.egressAddresses': 'configuration',
  'Service.retrySchedule': 'four stages',
  'Service.nodes': 'processes that are alive',
  'ServiceHealth.reasons': 'what can be wrong',
  'Service.flow': 'slots',
  'Tenant.flow': 'slots',
  'Domain.flow': 'slots',
  'Query.nodes': '100',
  'Query.rejectionCounts': 'slots, codes and lists; what it holds beyond 96 is billed, to a bound',
  'ServiceNode.roles': 'three',
  'Viewer.consoleSessions': '20',
  'Viewer.scopes': 'the scopes there are',
  'Token.scopes': 'the scopes there are',
  'Domain.labels': 'an input',
  'Domain.conditions': 'the kinds there are',
  'Domain.deliverTo': 'an input',
  'Domain.dnsblZones': 'an input',
  'Domain.dnswlZones': 'an input',
  'Domain.dnsblAllowedClients': 'an input',
  'Domain.etrnClients': 'an input',
  'Domain.primarySetup': 'the products there are',
  'Domain.ignoredAlertContacts': '100',
  'DomainQueue.nextAttempts': '100',
  'Summary.situations': 'the situations there are',
  'DnsblZone.codes': 'an input',
  'DnswlZone.codes': 'an input',
  'DomainMx.recommended': 'an answer of the DNS',
  'DomainMx.formRecords': 'an answer of the DNS',
  'DomainMx.observed': 'an answer of the DNS',
  'Outage.evidence': 'ten',
  'DoctorReport.findings': 'the checks there are',
  'DoctorFinding.evidence': 'ten',
  'Drill.steps': 'six, and 50 attempts',
  'Drill.findings': 'the codes there are',
  'DomainSetMxPayload.records': 'an answer of the DNS',
  'DomainUnsetMxPayload.records': 'an answer of the DNS',
  'DomainsFlushPayload.skipped': 'the reasons there are',
  'Message.recipients': 'one SMTP transaction',
  'TimelineEntry.recipients': 'one SMTP transaction',
  'Webhook.events': 'the kinds there are',
  'Webhook.domains': 'an input',
  'AlertContact.domains': 'an input',
  'AlertContact.ignoredDomains': '100',
  'Message.headers': 'what is kept of a header section',
  'DomainUpdatePreview.hosts': 'an input, or an answer of the DNS',
  'PreviewedHost.addresses': 'an answer of the DNS',
  'DomainsApplyPayload.plan': 'an input, and with prune what it owns',
  'DomainPlan.changes': 'the fields of an input',
  'DomainPlan.differences': 'the fields of an input',
  'RecipientListChange.added': '100',
  'RecipientListChange.removed': '100',
};

/** Whether a list is also paged from its end. */
const isTwoWay = (args: readonly string[]): boolean =>
  args.includes('first: Int') && args.includes('last: Int') && args.includes('before: String');

describe('in the schema', () => {
  test('a list that is no connection is bounded by something', () => {
    const lists = fields
      .filter(({ type, field }) => isListType(getNullableType(field.type)) && !type.endsWith('Connection'))
      .filter(({ field }) => field.name !== 'userErrors')
      .map(({ type, field }) => `${type}.${field.name}`);
    expect(lists.filter((list) => BOUNDED[list] === undefined)).toEqual([]);
  });

  test('connections have one form', () => {
    const connections = fields.filter(({ field }) => getNamedType(field.type).name.endsWith('Connection'));
    expect(connections.length).toBeGreaterThan(9);
    for (const { field } of connections) {
      const args = field.args.map(({ name, type }) => `${name}: ${String(type)}`);
      expect(args.slice(0, 2)).toEqual([isTwoWay(args) ? 'first: Int' : 'first: Int!', 'after: String']);
      const type = getNamedType(field.type);
      expect(isObjectType(type) ? Object.keys(type.getFields()) : []).toEqual([
        'nodes',
        'edges',
        'pageInfo',
        'totalCount',
        'isTotalEstimated',
      ]);
    }
  });
});

describe('asked', () => {
  let control: Harness;
  beforeAll(async () => {
    control = await startControl();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await grow(name);
  });
  afterAll(() => control.close());

  /** One more of everything; an audit entry for each of its mutations. */
  async function grow(name: string): Promise<void> {
    const destinationId = await addDomain(control, `${name}.example`);
    await holdMessage(control.database, { destinationId });
    await control.ask(`mutation {
      tenantCreate(input: { name: "${name}" }) { userErrors { code } }
      tokenCreate(input: { name: "${name}", scopes: [QUEUE_READ] }) { userErrors { code } }
      messagesRetry(input: { filter: { domain: "${name}.example" } }) { userErrors { code } } }`);
  }

  type Pages = Readonly<
    Record<string, { readonly nodes: readonly { id: string }[]; readonly pageInfo: { readonly endCursor: string } }>
  >;
  const page = async (list: string, first: number, after: string | null = null) => {
    const query = `query ($first: Int!, $after: String) {
      ${list}(first: $first, after: $after) { nodes { id } pageInfo { endCursor } } }`;
    const answer = (await control.ask<Pages>(query, { first, after }))[list];
    return { ids: answer?.nodes.map(({ id }) => id) ?? [], endCursor: answer?.pageInfo.endCursor ?? null };
  };
  const lists = Object.values(schema.getQueryType()?.getFields() ?? {})
    .filter(({ type }) => getNamedType(type).name.endsWith('Connection'))
    .map(({ name }) => name);

  test.each(lists)('%s: first from 1 to 100, and a cursor of its own', async (list) => {
    for (const first of [0, -1, 101]) {
      const { errors } = await control.post(`{ ${list}(first: ${first}) { nodes { id } } }`);
      expect(errors?.[0]).toMatchObject({
        message: 'first must lie between 1 and 100.',
        extensions: { code: 'BAD_USER_INPUT' },
      });
    }
    const { errors } = await control.post(`{ ${list}(first: 1, after: "AAAA") { nodes { id } } }`);
    expect(errors?.[0]?.message).toContain('after is no cursor of this connection');
    expect((await page(list, 100)).ids.length).toBeLessThanOrEqual(100);
  });

  test.each(lists)('%s: all items are counted, whatever the page', async (list) => {
    type Counts = Record<string, { totalCount: number; isTotalEstimated: boolean }>;
    const counted = await control.ask<Counts>(`{ ${list}(first: 1) { totalCount isTotalEstimated } }`);
    expect(counted[list]).toEqual({ totalCount: (await page(list, 100)).ids.length, isTotalEstimated: false });
  });

  const twoWay = Object.values(schema.getQueryType()?.getFields() ?? {})
    .filter(({ args }) => isTwoWay(args.map(({ name, type }) => `${name}: ${String(type)}`)))
    .map(({ name }) => name);
  test.each(twoWay)('%s: from the end, a page at a time', async (list) => {
    const { ids } = await page(list, 100);
    const query = `query ($before: String) {
      ${list}(last: 2, before: $before) { nodes { id } pageInfo { startCursor hasPreviousPage } } }`;
    const seen: string[] = [];
    for (let before: string | null = null, isMore = true; isMore; ) {
      type Back = Record<
        string,
        { nodes: { id: string }[]; pageInfo: { startCursor: string | null; hasPreviousPage: boolean } }
      >;
      const answer: Back = await control.ask<Back>(query, { before });
      seen.unshift(...(answer[list]?.nodes.map(({ id }) => id) ?? []));
      before = answer[list]?.pageInfo.startCursor ?? null;
      isMore = answer[list]?.pageInfo.hasPreviousPage === true;
    }
    expect(seen).toEqual(ids);
  });

  test('what is held is counted as it is kept, of all domains or one', async () => {
    const held = `filter: { states: HELD }`;
    const one = `filter: { states: HELD, domain: "c.example" }`;
    const counts = await control.ask<Record<string, { totalCount: number }>>(`{
      all: messages(first: 1, ${held}) { totalCount } one: messages(first: 1, ${one}) { totalCount }
      none: messages(first: 1, filter: { domain: "elsewhere.example" }) { totalCount } }`);
    expect(counts).toEqual({ all: { totalCount: 5 }, one: { totalCount: 1 }, none: { totalCount: 0 } });
  });

  test('lists below an object are counted too, each to a bound', async () => {
    const { domains } = await control.ask<{ domains: { nodes: Record<string, { totalCount: number }>[] } }>(
      `{ domains(first: 5) { nodes {
        outages(first: 1) { totalCount } attempts(first: 1) { totalCount } drills(first: 1) { totalCount } } } }`,
    );
    expect(domains.nodes).toHaveLength(5);
    for (const domain of domains.nodes) {
      expect(domain).toEqual({ outages: { totalCount: 0 }, attempts: { totalCount: 0 }, drills: { totalCount: 0 } });
    }
  });

  test('what is added between two pages moves nothing on the second', async () => {
    const newestFirst = ['messages', 'operations', 'auditEntries'];
    const oldestFirst = ['domains', 'tenants', 'tokens'];
    const before = new Map<string, { readonly all: readonly string[]; readonly endCursor: string | null }>();
    for (const list of [...newestFirst, ...oldestFirst])
      before.set(list, { all: (await page(list, 100)).ids, endCursor: (await page(list, 2)).endCursor });
    await grow('f');
    for (const [list, { all, endCursor }] of before) {
      expect(all.length).toBeGreaterThan(4);
      const { ids } = await page(list, 100, endCursor);
      expect(ids.slice(0, all.length - 2)).toEqual(all.slice(2));
      expect(ids.length - all.length + 2).toBe(newestFirst.includes(list) ? 0 : 1);
    }
  });

  test('what is removed, the row of the cursor itself included, moves nothing either', async () => {
    const { ids, endCursor } = await page('domains', 2);
    const all = (await page('domains', 100)).ids;
    for (const name of ['a', 'b'])
      await control.ask(
        `mutation { domainDelete(input: { name: "${name}.example", held: CANCEL }) { userErrors { code } } }`,
      );
    expect(all.slice(0, 2)).toEqual(ids);
    expect((await page('domains', 100, endCursor)).ids).toEqual(all.slice(2));
  });

  const names = async (args: string) => {
    const query = `{ domains(${args}) { nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
    const { data, errors } = await control.post<{
      domains: {
        nodes: { name: string }[];
        pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
      };
    }>(query);
    const { nodes, pageInfo } = data?.domains ?? { nodes: [], pageInfo: null };
    return { names: nodes.map(({ name }) => name.replace('.example', '')), pageInfo, error: errors?.[0]?.message };
  };

  test.each(['CREATED', 'NAME'])('domains by %s: forward and backward, and a page is as it was', async (order) => {
    await addDomain(control, `aa${order.toLowerCase()}.example`);
    const by = `orderBy: ${order}`;
    const all = (await names(`first: 100, ${by}`)).names;
    expect(all).toEqual(order === 'NAME' ? [...all].sort() : all);
    const first = await names(`first: 2, ${by}`);
    const second = await names(`first: 2, after: "${first.pageInfo?.endCursor}", ${by}`);
    expect([first.names, second.names]).toEqual([all.slice(0, 2), all.slice(2, 4)]);
    expect(second.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    const back = await names(`last: 2, before: "${second.pageInfo?.startCursor}", ${by}`);
    expect([back.names, back.pageInfo?.hasPreviousPage, back.pageInfo?.hasNextPage]).toEqual([
      first.names,
      false,
      true,
    ]);
    const end = await names(`last: 3, ${by}`);
    expect([end.names, end.pageInfo?.hasPreviousPage, end.pageInfo?.hasNextPage]).toEqual([all.slice(-3), true, false]);
    const other = order === 'NAME' ? 'CREATED' : 'NAME';
    const wrong = await names(`first: 2, after: "${first.pageInfo?.endCursor}", orderBy: ${other}`);
    expect(wrong.error).toContain('and this list is in another order');
  });

  test('a page is either the first or the last ones', async () => {
    expect((await names('orderBy: NAME')).error).toContain('either first');
    expect((await names('first: 1, last: 1')).error).toContain('either first');
    expect((await names('first: 1, before: "AAAA"')).error).toContain('before with last');
    expect((await names('last: 1, before: "AAAA"')).error).toContain('before is no cursor of this connection');
    expect((await names('last: 101')).error).toBe('last must lie between 1 and 100.');
  });
});
