/** A tenant out of service: what its mail, its tokens and its domains are then, on every node, and how it comes back. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { listenTo, SETTINGS_CHANNEL } from '../../src/db/listen.ts';
import { createDomain } from '../../src/domains/create.ts';
import { isReachable } from '../../src/notify/alerts.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { findDueDestinations } from '../../src/queue/due.ts';
import { createTokenCache, OPERATOR_SCOPES, SCOPES, TOKEN_NOTICE } from '../../src/tenants/token-cache.ts';
import { until } from '../helpers/child.ts';
import { domainsOn, type Harness, holdMessage, OPERATOR, startControl } from './harness.ts';

let control: Harness;
let tenantId: string;
let secret: string;
let destinationId: string;
beforeAll(async () => {
  control = await startControl();
  const { tenantCreate } = await control.ask<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation { tenantCreate(input: { name: "Late Payer" }) { tenant { id } userErrors { code } } }',
  );
  tenantId = tenantCreate.tenant.id;
  const input = { name: 'all', tenantId, scopes: SCOPES.filter((scope) => !OPERATOR_SCOPES.includes(scope)) };
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret userErrors { code } } }',
    { input },
  );
  secret = tokenCreate.secret;
  for (const name of ['one.example', 'two.example']) {
    const made = await createDomain(control.domains, OPERATOR, { name, tenantId });
    if (made.kind !== 'DONE') throw new Error(JSON.stringify(made.errors));
    destinationId = made.domain.destinationId;
  }
});
afterAll(() => control.close());

interface Answer {
  readonly tenant: {
    readonly revision: number;
    readonly suspension: { readonly reason: string; readonly since: string } | null;
  } | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[]; readonly message: string }[];
}

async function change(verb: 'tenantSuspend' | 'tenantUnsuspend', input: Record<string, unknown>): Promise<Answer> {
  const type = verb === 'tenantSuspend' ? 'TenantSuspendInput' : 'TenantUnsuspendInput';
  const data = await control.ask<Record<string, Answer>>(
    `mutation ($input: ${type}!) { ${verb}(input: $input) { tenant { revision suspension { reason since } } userErrors { code path message } } }`,
    { input },
  );
  const answer = data[verb];
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

const suspend = (reason?: string) =>
  change('tenantSuspend', { id: tenantId, ...(reason === undefined ? {} : { reason }) });
const unsuspend = () => change('tenantUnsuspend', { id: tenantId });
const servedAs = async (name: string, domains = control.domains) => (await domains.findRelayDomain(name))?.status;

async function flushAs(): Promise<Answer['userErrors']> {
  const { data } = await control.postAs<{ domainFlush: Answer }>(
    secret,
    'mutation { domainFlush(input: { name: "one.example" }) { userErrors { code path message } } }',
  );
  return data.domainFlush.userErrors;
}

async function seen() {
  const { data } = await control.postAs<{
    viewer: { tenant: Answer['tenant'] };
    domains: { nodes: readonly { name: string; status: string; situation: string }[] };
    summary: { domainCount: number; situations: readonly { situation: string; count: number }[] };
  }>(
    secret,
    `{ viewer { tenant { revision suspension { reason since } } } domains(first: 10, orderBy: NAME) { nodes { name status situation } }
       summary { domainCount situations { situation count } } }`,
  );
  return data;
}

test('its domains are deferred at once on this node, whatever their own status, and are back as they were', async () => {
  await control.ask('mutation { domainSuspend(input: { name: "two.example" }) { userErrors { code } } }');
  expect([await servedAs('one.example'), await servedAs('two.example')]).toEqual(['ACTIVE', 'SUSPENDED']);
  const suspended = await suspend('unpaid since May');
  expect(suspended).toMatchObject({ tenant: { suspension: { reason: 'unpaid since May' } }, userErrors: [] });
  expect([await servedAs('one.example'), await servedAs('two.example')]).toEqual(['SUSPENDED', 'SUSPENDED']);
  const { viewer, domains, summary } = await seen();
  expect(viewer.tenant?.suspension).toEqual(suspended.tenant?.suspension ?? null);
  expect(domains.nodes).toEqual([
    { name: 'one.example', status: 'ACTIVE', situation: 'SUSPENDED' },
    { name: 'two.example', status: 'SUSPENDED', situation: 'SUSPENDED' },
  ]);
  expect(summary).toEqual({ domainCount: 2, situations: [{ situation: 'SUSPENDED', count: 2 }] });
  // Asked again, it is what it was.
  expect(await suspend('another word')).toEqual(suspended);
  expect((await unsuspend()).tenant).toMatchObject({
    suspension: null,
    revision: (suspended.tenant?.revision ?? 0) + 1,
  });
  expect([await servedAs('one.example'), await servedAs('two.example')]).toEqual(['ACTIVE', 'SUSPENDED']);
  expect((await seen()).domains.nodes.map(({ situation }) => situation)).toEqual(['FINE', 'SUSPENDED']);
  const kinds = await control.database.sql`
    select kind, facts ->> 'reason' as reason from events where tenant_id = ${tenantId} and kind like 'TENANT%SUSPENDED' order by id`;
  expect([...kinds]).toEqual([
    { kind: 'TENANT_SUSPENDED', reason: 'unpaid since May' },
    { kind: 'TENANT_UNSUSPENDED', reason: 'by the operator' },
  ]);
});

test('its tokens only read, and say why', async () => {
  expect(await flushAs()).toEqual([]);
  await suspend();
  expect(await flushAs()).toEqual([
    { code: 'FORBIDDEN', path: [], message: expect.stringContaining('suspended your tenant') },
  ]);
  expect((await seen()).viewer.tenant?.suspension?.reason).toBe('by the operator');
  await unsuspend();
  expect(await flushAs()).toEqual([]);
});

test('another node hears of it within a second, for its domains and its tokens', async () => {
  const { sql } = control.database;
  const [domains, tokens] = [domainsOn(control.database), createTokenCache(sql)];
  const isReadOnly = async () => (await tokens.find(secret))?.isTenantSuspended;
  const listener = await listenTo({
    sql,
    channel: SETTINGS_CHANNEL,
    onPayload: (payload) => (payload === TOKEN_NOTICE ? tokens.dropAll() : domains.onSettingsNotice(payload)),
    onReset: () => domains.onReset(),
  });
  try {
    for (const isSuspended of [true, false]) {
      expect([await servedAs('one.example', domains), await isReadOnly()]).toEqual([
        isSuspended ? 'ACTIVE' : 'SUSPENDED',
        !isSuspended,
      ]);
      await (isSuspended ? suspend() : unsuspend());
      await until(
        'the other node knows',
        1_000,
        async () =>
          (await servedAs('one.example', domains)) === (isSuspended ? 'SUSPENDED' : 'ACTIVE') &&
          (await isReadOnly()) === isSuspended,
      );
    }
  } finally {
    await listener.close();
  }
});

test('held mail is still delivered; an alert waits to go to one of its domains', async () => {
  const { sql, database } = control.database;
  await holdMessage(control.database, { destinationId });
  await foldDeltas(sql);
  await sql`update domains set status = 'ACTIVE'`;
  expect(await isReachable(sql, 'two.example')).toBe(true);
  await suspend();
  expect((await findDueDestinations(database.queueSql)).map(({ id }) => id)).toContain(destinationId);
  expect(await isReachable(sql, 'two.example')).toBe(false);
  await unsuspend();
  expect(await isReachable(sql, 'two.example')).toBe(true);
});

test("the operator's own tenant cannot be suspended, nor one that does not exist", async () => {
  const codes = async (id: string, reason?: string) =>
    (await change('tenantSuspend', { id, reason })).userErrors.map(({ code, path }) => [code, path.join('.')]);
  expect(await codes(OPERATOR.tenantId)).toEqual([['INVALID', 'id']]);
  expect(await codes('nobody')).toEqual([['NOT_FOUND', 'id']]);
  expect(await codes(tenantId, 'a\nb')).toEqual([['INVALID', 'reason']]);
  expect(await servedAs('one.example')).toBe('ACTIVE');
});
