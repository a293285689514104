/** Tenants and their tokens, over HTTP: made, used, rotated, revoked, bounded. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { openDatabase } from '../../src/db/client.ts';
import { listenTo, SETTINGS_CHANNEL } from '../../src/db/listen.ts';
import { createTokenCache, TOKEN_NOTICE } from '../../src/tenants/token-cache.ts';
import { createToken, updateToken } from '../../src/tenants/tokens.ts';
import { until } from '../helpers/child.ts';
import { addDomain, type Harness, OPERATOR, startControl } from './harness.ts';
import { findDomain } from '../../src/domains/domains.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
  await addDomain(control, 'operators.example');
});
afterAll(() => control.close());

interface Made {
  readonly token: { readonly id: string; readonly prefix: string; readonly [field: string]: unknown } | null;
  readonly secret: string | null;
  readonly userErrors: readonly {
    readonly path: readonly string[];
    readonly code: string;
    readonly message: string;
  }[];
}

const TOKEN = 'token { id name prefix scopes previousPrefix expiresAt lastUsedAt rotatedAt createdAt tenant { name } }';
const CREATE = `mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { ${TOKEN} secret userErrors { path code message } } }`;
const ROTATE = `mutation ($input: TokenRotateInput!) { tokenRotate(input: $input) { ${TOKEN} secret userErrors { path code message } } }`;
const UPDATE = `mutation ($input: TokenUpdateInput!) { tokenUpdate(input: $input) { ${TOKEN} userErrors { path code message } } }`;
const REVOKE = `mutation ($input: TokenDeleteInput!) { tokenDelete(input: $input) { ${TOKEN} userErrors { path code message } } }`;

const as = <T>(secret: string, query: string, variables?: Record<string, unknown>) =>
  control.postAs<T>(secret, query, variables);

const statusOf = async (secret: string) => (await as(secret, '{ service { version } }')).status;

async function create(input: Record<string, unknown>, secret?: string): Promise<Made> {
  const variables = { input: { name: 'test', scopes: ['DOMAIN_WRITE'], ...input } };
  if (secret === undefined) return (await control.ask<{ tokenCreate: Made }>(CREATE, variables)).tokenCreate;
  return (await as<{ tokenCreate: Made }>(secret, CREATE, variables)).data.tokenCreate;
}

async function secretOf(input: Record<string, unknown>): Promise<string> {
  const { secret, userErrors } = await create(input);
  expect(userErrors).toEqual([]);
  return secret ?? '';
}

async function tenant(name: string, quotas: Record<string, number> = {}): Promise<string> {
  const { tenantCreate } = await control.ask<{
    tenantCreate: { tenant: { id: string } | null; userErrors: unknown[] };
  }>('mutation ($input: TenantCreateInput!) { tenantCreate(input: $input) { tenant { id } userErrors { code } } }', {
    input: { name, quotas },
  });
  expect(tenantCreate.userErrors).toEqual([]);
  return tenantCreate.tenant?.id ?? '';
}

/** As Terraform makes one. */
const chosen = () => `bmx_${randomBytes(32).toString('base64url')}`;

const codesOf = ({ userErrors }: Made) => userErrors.map(({ path, code }) => [path.join('.'), code]);

describe('a token', () => {
  test("speaks for its tenant, and one of the operator's for all, as far as its scopes reach", async () => {
    const mine = await secretOf({ tenantId: await tenant('speaks') });
    const answer = await as(
      mine,
      '{ viewer { isOperator scopes tenant { name } token { name } } domains(first: 9) { nodes { name } } }',
    );
    expect(answer.data).toEqual({
      viewer: { isOperator: false, scopes: ['DOMAIN_WRITE'], tenant: { name: 'speaks' }, token: { name: 'test' } },
      domains: { nodes: [] },
    });
    const everyones = await as(
      await secretOf({ scopes: ['DOMAIN_READ'] }),
      '{ viewer { isOperator } domains(first: 9) { nodes { name } } }',
    );
    expect(everyones.data).toEqual({
      viewer: { isOperator: true },
      domains: { nodes: [{ name: 'operators.example' }] },
    });
  });

  test('is told once: nothing that is stored holds its secret', async () => {
    const input = { idempotencyKey: 'told once' };
    const { secret, token } = await create(input);
    expect(secret).toMatch(/^bmx_[\w-]{43}$/);
    expect(secret?.startsWith(token?.prefix ?? 'none')).toBe(true);
    const again = await create(input);
    expect(again).toEqual({ token, secret: null, userErrors: [] });
    const { sql } = control.database;
    const rest = secret?.slice(token?.prefix.length) ?? '';
    for (const rows of [
      await sql`select tokens::text from tokens`,
      await sql`select idempotency_keys::text from idempotency_keys`,
      await sql`select events::text from events`,
    ]) {
      expect(rows.length).toBeGreaterThan(0);
      expect(JSON.stringify(rows)).not.toContain(rest);
    }
  });

  test('may have a secret that its maker has chosen, which is told to nobody and stored nowhere', async () => {
    const [first, second] = [chosen(), chosen()];
    const made = await create({ secret: first, idempotencyKey: 'chosen' });
    expect(made).toMatchObject({ secret: null, userErrors: [] });
    expect(first.startsWith(made.token?.prefix ?? 'none')).toBe(true);
    expect(await statusOf(first)).toBe(200);
    expect(await create({ secret: first, idempotencyKey: 'chosen' })).toEqual(made);
    const rotate = async (secret: string) =>
      (await control.ask<{ tokenRotate: Made }>(ROTATE, { input: { id: made.token?.id, secret } })).tokenRotate;
    const rotated = await rotate(second);
    expect(rotated).toMatchObject({ secret: null, userErrors: [], token: { previousPrefix: made.token?.prefix } });
    expect([await statusOf(first), await statusOf(second)]).toEqual([200, 200]);
    // Also the one that is on its way out is taken.
    for (const secret of [first, second]) {
      expect(codesOf(await rotate(secret))).toEqual([['secret', 'DUPLICATE']]);
      expect(codesOf(await create({ secret }))).toEqual([['secret', 'DUPLICATE']]);
    }
    const { sql } = control.database;
    for (const rows of [
      await sql`select tokens::text from tokens`,
      await sql`select idempotency_keys::text from idempotency_keys`,
      await sql`select events::text from events`,
      await sql`select audit_entries::text from audit_entries where mutation like 'token%'`,
    ]) {
      expect(rows.length).toBeGreaterThan(0);
      for (const secret of [first, second]) expect(JSON.stringify(rows)).not.toContain(secret.slice(12));
    }
  });

  test('takes no chosen secret that is none, and gives one to one token only, asked for at once as well', async () => {
    const good = chosen();
    for (const secret of ['', 'secret', good.slice(0, -1), `${good}a`, ` ${good}`, `bmx_${'ab'.repeat(21)}a`]) {
      const refused = await create({ secret });
      expect(codesOf(refused)).toEqual([['secret', 'INVALID']]);
      if (secret.length > 6) expect(JSON.stringify(refused)).not.toContain(secret.slice(4));
    }
    const secret = chosen();
    const all = await Promise.all(Array.from({ length: 4 }, () => create({ secret })));
    expect(all.filter(({ token }) => token !== null)).toHaveLength(1);
    expect(all.flatMap(codesOf)).toEqual(Array.from({ length: 3 }, () => ['secret', 'DUPLICATE']));
  });

  test('ends when it was said to, and not before', async () => {
    const { sql } = control.database;
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const { secret, token } = await create({ expiresAt });
    expect(token?.['expiresAt']).toBe(expiresAt);
    expect(await statusOf(secret ?? '')).toBe(200);
    expect(codesOf(await create({ expiresAt: new Date(Date.now() - 1000).toISOString() }))).toEqual([
      ['expiresAt', 'OUT_OF_RANGE'],
    ]);
    await sql`update tokens set expires_at = bmx_now() where id = ${token?.id ?? ''}`;
    const cache = createTokenCache(sql);
    expect(await cache.find(secret ?? '')).toBeNull();
  });

  test('keeps its old secret for the overlap, and no secret before that', async () => {
    const { secret: first, token } = await create({});
    const rotate = async (overlap?: string) =>
      (await control.ask<{ tokenRotate: Made }>(ROTATE, { input: { id: token?.id, overlap } })).tokenRotate;
    const second = await rotate();
    expect(second.token).toMatchObject({ id: token?.id, previousPrefix: token?.prefix, rotatedAt: expect.any(String) });
    expect([await statusOf(first ?? ''), await statusOf(second.secret ?? '')]).toEqual([200, 200]);
    const third = await rotate('PT0S');
    expect(third.token?.['previousPrefix']).toBeNull();
    expect([
      await statusOf(first ?? ''),
      await statusOf(second.secret ?? ''),
      await statusOf(third.secret ?? ''),
    ]).toEqual([401, 401, 200]);
    expect(codesOf(await rotate('PT604801S'))).toEqual([['overlap', 'OUT_OF_RANGE']]);
  });

  test('is revoked at once here, and within a second on another node', async () => {
    const { secret, token } = await create({});
    const other = openDatabase(control.database.target, { poolSize: 2 });
    const cache = createTokenCache(other.sql);
    const listener = await listenTo({
      sql: other.sql,
      channel: SETTINGS_CHANNEL,
      onPayload: (payload) => (payload === TOKEN_NOTICE ? cache.dropAll() : undefined),
      onReset: cache.dropAll,
    });
    expect([await statusOf(secret ?? ''), (await cache.find(secret ?? ''))?.id]).toEqual([200, token?.id]);
    const revoke = () => control.ask<{ tokenDelete: Made }>(REVOKE, { input: { id: token?.id } });
    expect((await revoke()).tokenDelete.userErrors).toEqual([]);
    expect(await statusOf(secret ?? '')).toBe(401);
    await until('the other node refuses it', 30_000, async () => (await cache.find(secret ?? '')) === null);
    expect(codesOf((await revoke()).tokenDelete)).toEqual([['id', 'NOT_FOUND']]);
    await listener.close();
    await other.close();
  });

  test('gives no more than it has, and nothing that reaches over tenants', async () => {
    const tenantId = await tenant('gives');
    const giver = await secretOf({ tenantId, scopes: ['DOMAIN_WRITE', 'TOKEN_WRITE'] });
    expect(codesOf(await create({ scopes: ['DOMAIN_READ', 'TOKEN_WRITE'] }, giver))).toEqual([]);
    expect(codesOf(await create({ scopes: ['DOMAIN_READ', 'QUEUE_READ'] }, giver))).toEqual([
      ['scopes.1', 'FORBIDDEN'],
    ]);
    expect(codesOf(await create({ scopes: [] }, giver))).toEqual([['scopes', 'REQUIRED']]);
    expect(codesOf(await create({ name: ' ' }, giver))).toEqual([['name', 'REQUIRED']]);
    expect(codesOf(await create({ tenantId: OPERATOR.tenantId }, giver))).toEqual([['tenantId', 'NOT_FOUND']]);
    expect(codesOf(await create({ tenantId: 'nonsense' }))).toEqual([['tenantId', 'NOT_FOUND']]);
    expect(codesOf(await create({ tenantId, scopes: ['TENANT_WRITE'] }))).toEqual([['scopes.0', 'FORBIDDEN']]);
  });

  test('gives no life longer than its own', async () => {
    const tenantId = await tenant('ends');
    const hour = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();
    const scopes = ['TOKEN_WRITE'];
    const secret = await secretOf({ tenantId, scopes, expiresAt: hour(2) });
    for (const expiresAt of [null, hour(3)]) {
      expect(codesOf(await create({ scopes, expiresAt }, secret))).toEqual([['expiresAt', 'FORBIDDEN']]);
    }
    expect(codesOf(await create({ scopes, expiresAt: hour(1) }, secret))).toEqual([]);
    const endless = (await create({ tenantId, scopes })).token?.id;
    const rotated = await as<{ tokenRotate: Made }>(secret, ROTATE, { input: { id: endless } });
    expect(codesOf(rotated.data.tokenRotate)).toEqual([['id', 'FORBIDDEN']]);
  });

  test('rotates none that has more than it has itself', async () => {
    const tenantId = await tenant('rotates');
    const rotator = await create({ tenantId, scopes: ['TOKEN_WRITE', 'DOMAIN_READ'] });
    const mightier = await create({ tenantId, scopes: ['DOMAIN_READ', 'MESSAGE_CONTENT'] });
    const rotate = async (id = '') =>
      (await as<{ tokenRotate: Made }>(rotator.secret ?? '', ROTATE, { input: { id } })).data.tokenRotate;
    const refused = await rotate(mightier.token?.id);
    expect([codesOf(refused), refused.secret]).toEqual([[['id', 'FORBIDDEN']], null]);
    expect(await statusOf(mightier.secret ?? '')).toBe(200);
    const equal = await create({ tenantId, scopes: ['DOMAIN_READ'] });
    for (const { token } of [equal, rotator]) expect(codesOf(await rotate(token?.id))).toEqual([]);
  });

  test('is changed in name, scopes and end, never beyond the token that changes it', async () => {
    const tenantId = await tenant('changes');
    const hour = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();
    const ownEnd = hour(2);
    const owner = await create({ tenantId, scopes: ['TOKEN_WRITE', 'DOMAIN_READ'], expiresAt: ownEnd });
    const { token, secret } = await create({ tenantId, scopes: ['DOMAIN_READ'], expiresAt: hour(1) });
    const update = async (input: Record<string, unknown>) =>
      (await as<{ tokenUpdate: Made }>(owner.secret ?? '', UPDATE, { input: { id: token?.id, ...input } })).data
        .tokenUpdate;
    const renamed = await update({ name: 'night shift' });
    expect([renamed.userErrors, renamed.token]).toMatchObject([
      [],
      { name: 'night shift', scopes: ['DOMAIN_READ'], prefix: token?.prefix },
    ]);
    expect(codesOf(await update({ scopes: ['DOMAIN_READ', 'QUEUE_READ'] }))).toEqual([['scopes.1', 'FORBIDDEN']]);
    expect(codesOf(await update({ scopes: [] }))).toEqual([['scopes', 'REQUIRED']]);
    expect(codesOf(await update({ name: '' }))).toEqual([['name', 'REQUIRED']]);
    for (const expiresAt of [null, hour(3)]) {
      expect(codesOf(await update({ expiresAt }))).toEqual([['expiresAt', 'FORBIDDEN']]);
    }
    expect(codesOf(await update({ expiresAt: hour(-1) }))).toEqual([['expiresAt', 'OUT_OF_RANGE']]);
    const domains = async () => (await as(secret ?? '', '{ domains(first: 1) { nodes { id } } }')).errors?.[0];
    expect(await domains()).toBeUndefined();
    expect((await update({ scopes: ['TOKEN_WRITE'], expiresAt: ownEnd })).token).toMatchObject({
      scopes: ['TOKEN_WRITE'],
    });
    expect((await domains())?.extensions).toMatchObject({ code: 'FORBIDDEN' });
    const mightier = await create({ tenantId, scopes: ['MESSAGE_CONTENT'] });
    expect(codesOf(await update({ id: mightier.token?.id, name: 'x' }))).toEqual([['id', 'FORBIDDEN']]);
    expect(codesOf(await update({ id: 'nonsense' }))).toEqual([['id', 'NOT_FOUND']]);
  });

  test('gives nothing that it has lost since its request was let in', async () => {
    const tenantId = await tenant('narrowed');
    const { token } = await create({ tenantId, scopes: ['TOKEN_WRITE'] });
    const id = token?.id ?? '';
    const cache = createTokenCache(control.database.sql);
    // As a node knows it that has not heard of the change yet.
    const issuer = {
      viewer: { tenantId, isOperator: false },
      scopes: ['TOKEN_WRITE', 'QUEUE_READ'] as const,
      actor: { token: { id } },
    };
    const wide = { scopes: ['TOKEN_WRITE', 'QUEUE_READ'] as const };
    expect(await updateToken(cache, issuer, { id, ...wide })).toMatchObject({ errors: [{ path: ['scopes', '1'] }] });
    expect(await createToken(cache, issuer, { name: 'x', ...wide })).toMatchObject({
      errors: [{ path: ['scopes', '1'], code: 'FORBIDDEN' }],
    });
  });

  test('shows when it was used', async () => {
    const { sql } = control.database;
    const { secret, token } = await create({});
    expect(token?.['lastUsedAt']).toBeNull();
    const cache = createTokenCache(sql);
    await cache.find(secret ?? '');
    await cache.storeUses();
    const query = 'query ($id: ID!) { token(id: $id) { lastUsedAt } }';
    expect(await control.ask<unknown>(query, { id: token?.id })).toEqual({ token: { lastUsedAt: expect.any(String) } });
  });

  test('that may only read sees tokens and webhooks, and changes none', async () => {
    const tenantId = await tenant('looks');
    const reader = await create({ tenantId, scopes: ['TOKEN_READ', 'WEBHOOK_READ'] });
    const secret = reader.secret ?? '';
    const seen = await as<{ tokens: { nodes: unknown[] } }>(
      secret,
      '{ tokens(first: 5) { nodes { id scopes } } webhooks(first: 5) { nodes { url } } alertContacts(first: 5) { nodes { address } } }',
    );
    const shown = { id: reader.token?.id, scopes: ['TOKEN_READ', 'WEBHOOK_READ'] };
    expect(seen.data).toMatchObject({
      tokens: { nodes: [shown] },
      webhooks: { nodes: [] },
      alertContacts: { nodes: [] },
    });
    expect(codesOf(await create({ scopes: ['TOKEN_READ'] }, secret))).toEqual([['', 'FORBIDDEN']]);
    const hook =
      'mutation { webhookCreate(input: { url: "https://h.example/", events: [MAIL_DIGEST] }) { userErrors { code } } }';
    expect((await as<object>(secret, hook)).data).toEqual({ webhookCreate: { userErrors: [{ code: 'FORBIDDEN' }] } });
    // A right to change holds the right to read.
    const writer = await secretOf({ tenantId, scopes: ['TOKEN_WRITE'] });
    expect((await as<object>(writer, '{ tokens(first: 5) { nodes { id } } }')).errors).toBeUndefined();
    expect(codesOf(await create({ scopes: ['TOKEN_READ'] }, writer))).toEqual([]);
  });

  test('makes its page of tokens, its own only', async () => {
    const tenantId = await tenant('lists');
    const [first, second] = [await create({ tenantId, scopes: ['TOKEN_WRITE'] }), await create({ tenantId })];
    const page =
      'query ($after: String) { tokens(first: 1, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }';
    interface Page {
      readonly tokens: {
        readonly nodes: { id: string }[];
        readonly pageInfo: { hasNextPage: boolean; endCursor: string };
      };
    }
    const one = (await as<Page>(first.secret ?? '', page)).data.tokens;
    expect([one.nodes, one.pageInfo.hasNextPage]).toEqual([[{ id: first.token?.id ?? '' }], true]);
    const two = (await as<Page>(first.secret ?? '', page, { after: one.pageInfo.endCursor })).data.tokens;
    expect([two.nodes, two.pageInfo.hasNextPage]).toEqual([[{ id: second.token?.id ?? '' }], false]);
  });
});

describe('a tenant', () => {
  const UPDATE =
    'mutation ($input: TenantUpdateInput!) { tenantUpdate(input: $input) { tenant { name revision quotas { domains recipientEntries tokens } } userErrors { path code } } }';
  const DELETE =
    'mutation ($input: TenantDeleteInput!) { tenantDelete(input: $input) { tenant { name } userErrors { path code } } }';

  test('is bounded by its quotas, each change of them told', async () => {
    const id = await tenant('bounded', { domains: 1, recipientEntries: 2, tokens: 1 });
    const secret = await secretOf({ tenantId: id });
    expect(codesOf(await create({ tenantId: id }))).toEqual([['name', 'QUOTA']]);
    const addDomainAs = async (name: string, recipientList: string[]) =>
      (
        await as<{ domainCreate: Made }>(
          secret,
          'mutation ($input: DomainCreateInput!) { domainCreate(input: $input) { domain { name } userErrors { path code message } } }',
          { input: { name, recipientList } },
        )
      ).data.domainCreate;
    expect(codesOf(await addDomainAs('bounded.example', ['a', 'b', 'c']))).toEqual([['recipientList', 'QUOTA']]);
    expect(codesOf(await addDomainAs('bounded.example', ['a']))).toEqual([]);
    // What is there already is told as such, whatever the quota.
    expect(codesOf(await addDomainAs('bounded.example', ['a']))).toEqual([['name', 'ALREADY_EXISTS']]);
    expect(codesOf(await addDomainAs('more.example', []))).toEqual([['name', 'QUOTA']]);
    const add = async (localParts: string[]) =>
      (
        await as<{ recipientListAdd: Made }>(
          secret,
          'mutation ($input: RecipientListAddInput!) { recipientListAdd(input: $input) { userErrors { path code message } } }',
          { input: { domain: 'bounded.example', localParts } },
        )
      ).data.recipientListAdd;
    expect(codesOf(await add(['b', 'c']))).toEqual([['localParts', 'QUOTA']]);
    expect(codesOf(await add(['b']))).toEqual([]);
    const update = (input: Record<string, unknown>) =>
      control.ask<{ tenantUpdate: unknown }>(UPDATE, { input: { id, ...input } });
    expect(await update({ quotas: { domains: null }, expectedRevision: 1 })).toEqual({
      tenantUpdate: {
        tenant: { name: 'bounded', revision: 2, quotas: { domains: null, recipientEntries: 2, tokens: 1 } },
        userErrors: [],
      },
    });
    expect(await update({ name: 'other', expectedRevision: 1 })).toMatchObject({
      tenantUpdate: { tenant: { name: 'bounded' }, userErrors: [{ path: ['expectedRevision'], code: 'CONFLICT' }] },
    });
    expect(await update({ quotas: { tokens: -1 } })).toMatchObject({
      tenantUpdate: { tenant: null, userErrors: [{ path: ['quotas', 'tokens'], code: 'OUT_OF_RANGE' }] },
    });
    expect(await update({ name: 'OPERATOR' })).toMatchObject({
      tenantUpdate: { userErrors: [{ path: ['name'], code: 'ALREADY_EXISTS' }] },
    });
    expect(codesOf(await addDomainAs('more.example', []))).toEqual([]);
    const events = await control.database.sql<
      { kind: string }[]
    >`select kind from events where tenant_id = ${id} order by id`;
    expect(events.map(({ kind }) => kind)).toEqual([
      'TENANT_CREATED',
      'TOKEN_CREATED',
      'DOMAIN_CREATED',
      'RECIPIENTS_CHANGED',
      'TENANT_UPDATED',
      'DOMAIN_CREATED',
    ]);
  });

  test('is deleted when no domain of it is in service, and its claims and tokens with it; its name is free', async () => {
    const { sql } = control.database;
    const id = await tenant('leaves');
    const secret = await secretOf({ tenantId: id });
    const domain = (verb: string) =>
      as(secret, `mutation { ${verb}(input: { name: "leaves.example" }) { userErrors { code } } }`);
    await domain('domainCreate');
    await sql`update domains set status = 'ACTIVE' where name = 'leaves.example'`;
    // Another's domain that it merely claims: nobody but the tenant could take the claim back by that name.
    await addDomain(control, 'shared.example');
    const claim =
      'mutation { domainCreate(input: { name: "shared.example", recipientList: ["a"] }) { domain { status } } }';
    expect(await as(secret, claim)).toMatchObject({ data: { domainCreate: { domain: { status: 'PENDING' } } } });
    const remove = (input: Record<string, unknown>) => control.ask<{ tenantDelete: unknown }>(DELETE, { input });
    expect(await remove({ id })).toMatchObject({
      tenantDelete: { tenant: { name: 'leaves' }, userErrors: [{ path: ['id'], code: 'CONFLICT' }] },
    });
    expect(await statusOf(secret)).toBe(200);
    await domain('domainDelete');
    expect(await remove({ id })).toEqual({ tenantDelete: { tenant: { name: 'leaves' }, userErrors: [] } });
    expect(await statusOf(secret)).toBe(401);
    expect(await remove({ id })).toMatchObject({ tenantDelete: { userErrors: [{ code: 'NOT_FOUND' }] } });
    expect(await findDomain(control.domains.sql, OPERATOR, 'shared.example')).toMatchObject({ status: 'ACTIVE' });
    expect(await sql`select from domains where tenant_id = ${id}`).toHaveLength(0);
    expect(await sql`select from recipient_entries where tenant_id = ${id}`).toHaveLength(0);
    expect(await remove({ id: OPERATOR.tenantId })).toMatchObject({
      tenantDelete: { userErrors: [{ code: 'INVALID' }] },
    });
    expect(await tenant('leaves')).not.toBe(id);
  });
});
