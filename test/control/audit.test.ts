/** The audit log: every mutation, who asked for it, and what it came to. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { beginAudit, dropOldAuditEntries, endAudit } from '../../src/events/audit.ts';
import { addDomain, type Harness, holdMessage, OPERATOR, startControl, TOKEN } from './harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

interface Entry {
  readonly mutation: string;
  readonly outcome: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly [field: string]: unknown;
}

const FIELDS = `id at endedAt mutation input outcome userErrorCodes tenant { name } isOperator tokenId tokenName tokenPrefix clientAddress
  subjectKind subjectId subjectName before after`;

async function as<T>(secret: string, query: string, variables?: Record<string, unknown>): Promise<T> {
  const { data, errors } = await control.postAs<T>(secret, query, variables);
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

async function entries(filter: Record<string, unknown> = {}, secret = TOKEN): Promise<readonly Entry[]> {
  const query = `query ($filter: AuditFilter) { auditEntries(first: 100, filter: $filter) { nodes { ${FIELDS} } } }`;
  return (await as<{ auditEntries: { nodes: Entry[] } }>(secret, query, { filter })).auditEntries.nodes;
}

const run = (mutation: string, input: string, secret = TOKEN) =>
  as(secret, `mutation { ${mutation}(input: { ${input} }) { userErrors { code } } }`);

async function makeTenant(name: string): Promise<{ id: string; secret: string; prefix: string }> {
  const { tenantCreate } = await control.ask<{ tenantCreate: { tenant: { id: string } } }>(
    `mutation { tenantCreate(input: { name: "${name}" }) { tenant { id } } }`,
  );
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string; token: { prefix: string } } }>(
    'mutation ($id: ID!) { tokenCreate(input: { tenantId: $id, name: "script", scopes: [DOMAIN_WRITE, AUDIT_READ] }) { secret token { prefix } } }',
    { id: tenantCreate.tenant.id },
  );
  return { id: tenantCreate.tenant.id, secret: tokenCreate.secret, prefix: tokenCreate.token.prefix };
}

describe('an entry', () => {
  test('tells who changed what, from where, with which token, before and after', async () => {
    const { secret, prefix } = await makeTenant('tells');
    await run('domainCreate', 'name: "told.example"', secret);
    await run('domainUpdate', 'name: "TOLD.example", labels: [{ key: "team", value: "a" }]', secret);
    const [updated, created] = await entries({ subject: 'told.example' }, secret);
    expect(created).toMatchObject({
      mutation: 'DOMAIN_CREATE',
      outcome: 'DONE',
      before: null,
      after: { status: 'PENDING', revision: 1 },
    });
    expect(updated).toMatchObject({
      mutation: 'DOMAIN_UPDATE',
      outcome: 'DONE',
      userErrorCodes: [],
      input: { name: 'TOLD.example', labels: [{ key: 'team', value: 'a' }] },
      tenant: { name: 'tells' },
      isOperator: false,
      tokenName: 'script',
      tokenPrefix: prefix,
      clientAddress: '127.0.0.1',
      subjectKind: 'DOMAIN',
      subjectName: 'told.example',
      before: { revision: 1, labels: {} },
      after: { revision: 2, labels: { team: 'a' } },
    });
    expect(Date.parse(String(updated?.['endedAt']))).toBeGreaterThanOrEqual(Date.parse(String(updated?.['at'])));
  });

  test('tells of what was refused, forbidden or repeated, and nothing of dry runs', async () => {
    const { secret } = await makeTenant('refused');
    await run('domainUpdate', 'name: "nowhere.example", labels: []', secret);
    await run('domainFlush', 'name: "nowhere.example"', secret);
    await run('recipientListAdd', 'domain: "nowhere.example", localParts: ["a"], dryRun: true', secret);
    for (const _ of [1, 2]) await run('domainCreate', 'name: "twice.example", idempotencyKey: "twice"', secret);
    const seen = await entries({}, secret);
    expect(seen.map(({ mutation, outcome, userErrorCodes }) => [mutation, outcome, userErrorCodes])).toEqual([
      ['DOMAIN_CREATE', 'REPLAYED', []],
      ['DOMAIN_CREATE', 'DONE', []],
      ['DOMAIN_FLUSH', 'REFUSED', ['FORBIDDEN']],
      ['DOMAIN_UPDATE', 'REFUSED', ['NOT_FOUND']],
      ['TOKEN_CREATE', 'DONE', []],
    ]);
  });

  test("an operator's deed on a tenant's thing is the tenant's to know, without who did it", async () => {
    const { secret } = await makeTenant('watched');
    await run('domainCreate', 'name: "watched.example"', secret);
    await run('domainUpdate', 'name: "watched.example", labels: [{ key: "by", value: "operator" }]');
    const [seen] = await entries({ mutation: 'DOMAIN_UPDATE' }, secret);
    expect(seen).toMatchObject({
      isOperator: true,
      tokenId: null,
      tokenName: null,
      clientAddress: null,
      subjectName: 'watched.example',
    });
    const [known] = await entries({ mutation: 'DOMAIN_UPDATE' });
    expect(known).toMatchObject({ isOperator: true, clientAddress: '127.0.0.1', tenant: { name: 'watched' } });
    const { secret: other } = await makeTenant('other');
    expect((await entries({}, other)).filter(({ subjectName }) => subjectName === 'watched.example')).toEqual([]);
  });

  test('of a message names its domain and the states of its recipients; of a long list its beginning', async () => {
    const destinationId = await addDomain(control, 'mail.example');
    const id = await holdMessage(control.database, { destinationId, addresses: ['a@mail.example'] });
    await run('messageCancel', `id: "${id}", reason: "a test"`);
    const [cancelled] = await entries({ subject: 'mail.example', mutation: 'MESSAGE_CANCEL' });
    expect(cancelled).toMatchObject({
      subjectKind: 'MESSAGE',
      subjectId: id,
      input: { reason: 'a test' },
      before: { recipients: [{ address: 'a@mail.example', state: 'HELD' }] },
      after: { recipients: [{ address: 'a@mail.example', state: 'CANCELLED' }] },
    });
    const localParts = Array.from({ length: 50 }, (_, index) => `"user${index}"`).join(', ');
    await run('recipientListReplace', `domain: "mail.example", localParts: [${localParts}]`);
    const [replaced] = await entries({ mutation: 'RECIPIENT_LIST_REPLACE' });
    expect(replaced).toMatchObject({
      input: { localParts: { count: 50 } },
      before: { recipientCount: 0 },
      after: { recipientCount: 50 },
    });
    await run('domainsApply', `domains: [{ name: "mail.example", recipientList: [${localParts}] }]`);
    const [applied] = await entries({ mutation: 'DOMAINS_APPLY' });
    expect(applied?.['input']).toMatchObject({
      domains: [{ name: 'mail.example', recipientList: { count: 50, first: expect.any(Array) } }],
    });
  });

  test('of a token tells whose it is and what it may do, also when an operator made it', async () => {
    const { secret, id } = await makeTenant('given');
    const [made] = await entries({ mutation: 'TOKEN_CREATE', subject: 'script' }, secret);
    expect(made).toMatchObject({
      isOperator: true,
      tenant: { name: 'given' },
      subjectKind: 'TOKEN',
      subjectId: expect.any(String),
      before: null,
      after: { scopes: ['DOMAIN_WRITE', 'AUDIT_READ'] },
    });
    const [tenant] = await entries({ mutation: 'TENANT_CREATE', subject: 'given' });
    expect(tenant).toMatchObject({ subjectId: id, before: null, after: { name: 'given' } });
  });

  test.each([
    ['webhookCreate', 'WEBHOOK_CREATE', 'WEBHOOK', 'url: "https://hooks.example.net/a", events: [OUTAGE_OPENED]'],
    ['alertContactCreate', 'ALERT_CONTACT_CREATE', 'ALERT_CONTACT', 'address: "a@alerts.example.net"'],
  ])("of %s for another tenant is the tenant's to know", async (field, mutation, subjectKind, input) => {
    const { id, secret } = await makeTenant(`told of ${field}`);
    await run(field, `${input}, tenantId: "${id}"`);
    await run(field, `${input}, tenantId: "${id}", domains: ["not there.example"]`);
    const [refused, made, ...more] = await entries({ mutation }, secret);
    expect(more).toEqual([]);
    expect(refused).toMatchObject({ outcome: 'REFUSED', isOperator: true, tenant: { name: `told of ${field}` } });
    expect(made).toMatchObject({
      outcome: 'DONE',
      isOperator: true,
      clientAddress: null,
      subjectKind,
      subjectId: expect.any(String),
      before: null,
      after: { status: expect.any(String) },
    });
    const [known] = await entries({ mutation, outcome: 'DONE' });
    expect(known).toMatchObject({ isOperator: true, clientAddress: '127.0.0.1', subjectId: made?.['subjectId'] });
  });

  test("of what was asked for a tenant that is not the caller's stays with the caller", async () => {
    const { secret } = await makeTenant('curious');
    const { id, secret: theirs } = await makeTenant('left alone');
    const before = (await entries({}, theirs)).length;
    await run('alertContactCreate', `address: "b@alerts.example.net", tenantId: "${id}"`, secret);
    expect((await entries({}, theirs)).length).toBe(before);
    const [refused] = await entries({ mutation: 'ALERT_CONTACT_CREATE' }, secret);
    expect(refused).toMatchObject({ outcome: 'REFUSED', tenant: { name: 'curious' }, tokenName: 'script' });
  });

  test('of many domains applied is one for each that changed, for whoever has it', async () => {
    const { secret } = await makeTenant('applied');
    const label = (value: string) => `labels: [{ key: "team", value: "${value}" }]`;
    await run('domainsApply', `domains: [{ name: "one.example", ${label('a')} }, { name: "two.example" }]`, secret);
    await run('domainsApply', `domains: [{ name: "one.example", ${label('b')} }, { name: "two.example" }]`, secret);
    const [changed, added] = await entries({ subject: 'one.example' }, secret);
    expect(added).toMatchObject({ mutation: 'DOMAINS_APPLY', input: { action: 'CREATE' }, before: null });
    expect(changed).toMatchObject({
      outcome: 'DONE',
      input: { action: 'UPDATE', changes: ['labels'] },
      subjectKind: 'DOMAIN',
      tokenName: 'script',
      before: { labels: { team: 'a' } },
      after: { labels: { team: 'b' } },
    });
    expect(await entries({ subject: 'two.example' }, secret)).toHaveLength(1);
    await control.database.sql`update domains set status = 'ACTIVE' where name = 'one.example'`;
    await run('domainsApply', `domains: [{ name: "one.example", ${label('c')} }]`);
    const [byOperator] = await entries({ subject: 'one.example' }, secret);
    expect(byOperator).toMatchObject({ isOperator: true, tokenName: null, after: { labels: { team: 'c' } } });
    await run('domainsApply', `domains: [{ name: "one.example" }, { name: "not a domain" }]`, secret);
    expect(await entries({ subject: 'one.example' }, secret)).toHaveLength(3);
  });

  test('is bounded, whatever was sent', async () => {
    const many = Array.from({ length: 20 }, () => `{ zone: "${'x'.repeat(300)}", mode: REJECT }`).join(', ');
    const domains = Array.from({ length: 30 }, () => `{ name: "${'y'.repeat(300)}", dnsblZones: [${many}] }`);
    await run('domainsApply', `domains: [${domains.join(', ')}]`);
    const [row] = await control.database.sql<{ length: number; codes: string[] }[]>`
      select length(input::text) as length, user_error_codes as codes from audit_entries
      where mutation = 'domainsApply' order by id desc limit 1`;
    expect(row?.length).toBeLessThan(70_000);
    expect(row?.codes).toEqual(['NOT_A_DOMAIN']);
  });

  test('knows a caller on the local link, whose address has a zone', async () => {
    const { sql } = control.database;
    const actor = { tenantId: OPERATOR.tenantId, token: null, clientAddress: 'fe80::1%eth0' };
    const id = await beginAudit(sql, { actor, mutation: 'domainFlush', input: {}, subject: null });
    expect([...(await sql`select host(client_address) as address from audit_entries where id = ${id}`)]).toEqual([
      { address: 'fe80::1' },
    ]);
  });

  test('shows a mutation of a newer version as OTHER, and finds it so', async () => {
    const { sql } = control.database;
    const actor = { tenantId: OPERATOR.tenantId, token: null, clientAddress: null };
    const id = await beginAudit(sql, { actor, mutation: 'domainSharpen', input: {}, subject: null });
    expect(await entries({ mutation: 'OTHER' })).toMatchObject([{ mutation: 'OTHER' }]);
    expect((await entries({ mutation: 'DOMAIN_CREATE' })).map(({ mutation }) => mutation)).not.toContain('OTHER');
    const { node } = await control.ask<{ node: unknown }>(`{ node(id: "${id}") { ... on AuditEntry { mutation } } }`);
    expect(node).toEqual({ mutation: 'OTHER' });
  });

  test('is never without its end unless its node died: a fault is told, and what cannot be written is not done', async () => {
    const { sql } = control.database;
    await sql`alter table events rename to events_away`;
    await run('domainCreate', 'name: "fault.example"').catch(() => undefined);
    await sql`alter table events_away rename to events`;
    expect(await entries({ outcome: 'FAULT' })).toMatchObject([{ subjectName: 'fault.example', after: null }]);
    await sql`alter table audit_entries rename to audit_away`;
    await run('domainCreate', 'name: "unwritten.example"').catch(() => undefined);
    await sql`alter table audit_away rename to audit_entries`;
    expect(await sql`select from domains where name = 'unwritten.example'`).toHaveLength(0);
  });
});

describe('the log', () => {
  test('is append-only, and goes after 400 days', async () => {
    const { sql } = control.database;
    const actor = { tenantId: '00000000-0000-7000-8000-000000000001', token: null, clientAddress: null };
    const id = await beginAudit(sql, {
      actor,
      mutation: 'domainFlush',
      input: { name: 'a\u0000b\ud800' },
      subject: null,
    });
    const refused = (work: Promise<unknown>) =>
      work.then(
        () => 'done',
        (error: unknown) => String(error),
      );
    expect(await refused(sql`update audit_entries set input = '{}' where id = ${id}`)).toContain('append-only');
    for (const change of [
      sql`tenant_id = ${(await makeTenant('stranger')).id}`,
      sql`actor_tenant_id = (select id from tenants where name = 'stranger')`,
      sql`client_address = '192.0.2.1'`,
      sql`token_name = 'somebody'`,
      sql`subject_name = 'other.example'`,
      sql`before = '{}'`,
    ]) {
      expect(await refused(sql`update audit_entries set outcome = 'DONE', ${change} where id = ${id}`)).toContain(
        'append-only',
      );
    }
    expect(await refused(sql`update audit_entries set after = '{}' where id = ${id}`)).toContain('append-only');
    await endAudit(sql, { id, outcome: 'DONE', userErrorCodes: [], subject: null });
    expect(await refused(sql`update audit_entries set outcome = 'REFUSED' where id = ${id}`)).toContain('append-only');
    expect(await refused(sql`delete from audit_entries where id = ${id}`)).toContain('append-only');
    expect(await refused(sql`truncate audit_entries`)).toContain('append-only');
    await dropOldAuditEntries(sql, 100);
    expect(await sql`select from audit_entries where id = ${id}`).toHaveLength(1);
    await control.database.moveClock('401 days');
    await dropOldAuditEntries(sql, 1000);
    expect(await sql`select from audit_entries where id = ${id}`).toHaveLength(0);
  });
});

test('a rare entry of long ago is found page by page, none of which looks through all there is', async () => {
  const { sql } = control.database;
  await sql`
    insert into audit_entries (id, tenant_id, at, outcome, mutation, input, actor_tenant_id, subject_name)
    select uuidv7(-age), t.id, bmx_now() - age, 'DONE', case when n = 7000 then 'webhookReplay' else 'domainFlush' end, '{}', t.id, 'long.example'
    from generate_series(1, 7000) n
    cross join lateral (select make_interval(hours => n) as age) as ages
    cross join (select id from tenants where name = 'operator') t`;
  const pageOf = async (filter: Record<string, unknown>, after: string | null) => {
    interface Answer {
      readonly auditEntries: {
        readonly nodes: readonly { readonly mutation: string }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
      };
    }
    const query = `query ($after: String, $filter: AuditFilter) { auditEntries(first: 10, after: $after, filter: $filter) {
      nodes { mutation } pageInfo { hasNextPage endCursor } } }`;
    return (await control.ask<Answer>(query, { filter, after })).auditEntries;
  };
  const counts: number[] = [];
  let after: string | null = null;
  do {
    const { nodes, pageInfo } = await pageOf({ mutation: 'WEBHOOK_REPLAY' }, after);
    counts.push(nodes.length);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null && counts.length < 10);
  expect(counts).toEqual([0, 1]);

  // The test before has moved the database's clock.
  const [{ now } = { now: new Date() }] = await sql<{ now: Date }[]>`select bmx_now() as now`;
  const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
  const hour = { since: ago(6999.5), until: ago(6997.5) };
  const asked = await pageOf({ ...hour, subject: 'LONG.example' }, null);
  expect(asked.nodes).toHaveLength(2);
  expect(asked.pageInfo.hasNextPage).toBe(false);
  expect((await pageOf(hour, null)).nodes).toHaveLength(2);
  expect((await pageOf({ subject: 'long.example' }, null)).nodes).toHaveLength(10);
});
