/** A token that lives as long as Terraform's plan or apply, against a real control plane: opened, used, closed, and what goes wrong. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { type State, textOf, UNKNOWN } from '../../../src/clients/terraform/sdk/value.ts';
import type { Harness } from '../../control/harness.ts';
import type { FailingGateway } from '../../helpers/failing-gateway.ts';
import { createTerraform, encodeDynamic, type Terraform } from '../../helpers/terraform-core.ts';
import { type Plugin, startPlugin } from '../../helpers/terraform-plugin.ts';
import { startTerraformScene, type TerraformScene } from './scene.ts';

let scene: TerraformScene;
let control: Harness;
let gateway: FailingGateway;
let plugin: Plugin;
let terraform: Terraform;

beforeAll(async () => {
  scene = await startTerraformScene();
  ({ control, gateway, plugin } = scene);
  terraform = await createTerraform(plugin);
});
afterAll(() => scene.close());
beforeEach(() => gateway.decide(() => 'PASS'));

const TYPE = 'backupmx_token';
const CONFIG = { name: 'for a run', scopes: ['QUEUE_READ', 'DOMAIN_READ'] };
const open = (config: State) => terraform.openEphemeral(TYPE, { ...CONFIG, ...config });

async function statusWith(secret: unknown): Promise<number> {
  const headers = { Authorization: `Bearer ${String(secret)}`, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ query: '{ viewer { scopes } }' });
  return (await fetch(`${control.url}/graphql`, { method: 'POST', headers, body })).status;
}

async function tokensLeft(): Promise<readonly { readonly id: string; readonly expiresAt: string | null }[]> {
  type Answer = { tokens: { nodes: { id: string; expiresAt: string | null }[] } };
  return (await control.ask<Answer>('{ tokens(first: 100) { nodes { id expiresAt } } }')).tokens.nodes;
}

test('it works while it is open, has an end of its own, and is revoked when it is closed', async () => {
  const before = Date.now();
  const { values, told, close } = await open({ lifetime_minutes: 5 });
  expect(told).toEqual([]);
  // A copy: Bun's toMatchObject writes its matchers into what it looks at.
  expect({ ...values }).toMatchObject({
    ...CONFIG,
    lifetime_minutes: 5,
    secret: expect.stringMatching(/^bmx_[\w-]{43}$/),
    tenant_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(await statusWith(values?.['secret'])).toBe(200);
  const endsAtMs = Date.parse(textOf(values?.['expires_at']) ?? '');
  expect(endsAtMs).toBeWithin(before + 5 * 60_000, Date.now() + 5 * 60_000 + 1);
  expect(await tokensLeft()).toEqual([{ id: textOf(values?.['id']) ?? '', expiresAt: textOf(values?.['expires_at']) }]);
  expect(await close()).toEqual([]);
  expect(await statusWith(values?.['secret'])).toBe(401);
  expect(await tokensLeft()).toEqual([]);
  // Whoever revoked it meanwhile has done what was to be done.
  expect(await close()).toEqual([]);
});

test('each opening makes another one, which lives for an hour unless it says how long', async () => {
  const [one, other] = await Promise.all([open({}), open({})]);
  expect(one.values?.['secret']).not.toBe(other.values?.['secret'] ?? null);
  expect(one.values).toMatchObject({ lifetime_minutes: 60 });
  const [left] = await tokensLeft();
  expect(Date.parse(left?.expiresAt ?? '')).toBeWithin(Date.now() + 59 * 60_000, Date.now() + 60 * 60_000 + 1);
  await Promise.all([one.close(), other.close()]);
  expect(await tokensLeft()).toEqual([]);
});

test.each<[State, string]>([
  [
    { scopes: ['QUEUE_READ', 'NONSENSE'] },
    'scopes cannot be used (at scopes): "NONSENSE" is not one of "AUDIT_READ", ',
  ],
  [{ lifetime_minutes: 0 }, 'lifetime_minutes cannot be used (at lifetime_minutes): Expected a whole number from 1 to'],
  [{ lifetime_minutes: 1441 }, 'lifetime_minutes cannot be used (at lifetime_minutes): Expected a whole number'],
])('wrong, seen without asking: %p', async (config, line) => {
  gateway.decide(() => 'REFUSE');
  expect((await open(config)).told).toEqual([expect.stringContaining(line)]);
  expect(gateway.count()).toBe(0);
});

test('what is not known yet is not looked at', async () => {
  const config = encodeDynamic({ ...CONFIG, tenant_id: UNKNOWN, lifetime_minutes: UNKNOWN });
  const answer = await plugin.call('ValidateEphemeralResourceConfig', { type_name: TYPE, config });
  expect(answer).toEqual({ diagnostics: [] });
  // It is, when it is known, before anything is made.
  const endless = encodeDynamic({ ...CONFIG, lifetime_minutes: 100_000 });
  expect(await plugin.call('OpenEphemeralResource', { type_name: TYPE, config: endless })).toMatchObject({
    diagnostics: [{ severity: 1, summary: 'lifetime_minutes cannot be used' }],
  });
  expect(await tokensLeft()).toEqual([]);
});

const NOBODY = '00000000-0000-7000-8000-000000000000';

test.each<[State, string]>([
  [{ scopes: [] }, 'token for a run cannot be made (REQUIRED) (at scopes): '],
  [{ name: 'x'.repeat(101) }, ' cannot be made (TOO_LONG) (at name): '],
  [{ tenant_id: NOBODY }, 'token for a run cannot be made (NOT_FOUND) (at tenant_id): '],
])('wrong, told by the service: %p', async (config, line) => {
  expect((await open(config)).told).toEqual([expect.stringContaining(line)]);
  expect(await tokensLeft()).toEqual([]);
});

test('it does not outlive the token that makes it, and has no more rights', async () => {
  const expiresAt = new Date(Date.now() + 120_000).toISOString();
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string; token: { id: string } } }>(
    'mutation ($at: DateTime) { tokenCreate(input: { name: "short", scopes: [TOKEN_WRITE], expiresAt: $at }) { secret token { id } } }',
    { at: expiresAt },
  );
  const short = await startPlugin({ env: { BACKUP_MX_URL: control.url, BACKUP_MX_TOKEN: tokenCreate.secret } });
  const theirs = await createTerraform(short);
  const config = { name: 'longer', scopes: ['TOKEN_WRITE'] };
  expect((await theirs.openEphemeral(TYPE, config)).told).toEqual([
    expect.stringContaining('token longer cannot be made (FORBIDDEN) (at lifetime_minutes): Your own token ends at'),
  ]);
  expect((await theirs.openEphemeral(TYPE, { name: 'more', scopes: ['QUEUE_READ'] })).told).toEqual([
    expect.stringContaining('(FORBIDDEN) (at scopes): You cannot give QUEUE_READ'),
    expect.stringContaining('(FORBIDDEN) (at lifetime_minutes): '),
  ]);
  const { told, close } = await theirs.openEphemeral(TYPE, { ...config, lifetime_minutes: 1 });
  expect(told).toEqual([]);
  expect(await close()).toEqual([]);
  await short.shutdown();
  await control.ask('mutation ($id: ID!) { tokenDelete(input: { id: $id }) { userErrors { code } } }', {
    id: tokenCreate.token.id,
  });
});

test('a secret that was lost on its way leaves no token', async () => {
  gateway.decide((number) => (number === 1 ? 'LOSE' : 'PASS'));
  expect((await open({})).told).toEqual([
    'error: token for a run cannot be made (SECRET_LOST): The answer with the secret was lost on its way; what was made is revoked. Try again.',
  ]);
  expect(await tokensLeft()).toEqual([]);
});

test('one that cannot be closed is a warning, and says that it ends by itself', async () => {
  const { values, close } = await open({ lifetime_minutes: 1 });
  gateway.decide(() => 'REFUSE');
  expect(await close()).toEqual([
    expect.stringMatching(
      /^warning: token for a run cannot be closed: http:.* cannot be reached: .*\. It ends by itself when its lifetime_minutes are over\.$/,
    ),
  ]);
  expect(await tokensLeft()).toEqual([{ id: textOf(values?.['id']) ?? '', expiresAt: expect.any(String) }]);
  gateway.decide(() => 'PASS');
  expect(await close()).toEqual([]);
});

test('before the provider block is known it is put off, or told', async () => {
  const unready = await startPlugin({});
  const request = { type_name: TYPE, config: encodeDynamic(CONFIG) };
  expect(
    await unready.call('OpenEphemeralResource', { ...request, client_capabilities: { deferral_allowed: true } }),
  ).toMatchObject({ diagnostics: [], deferred: { reason: 2 } });
  expect(await unready.call('OpenEphemeralResource', request)).toMatchObject({
    diagnostics: [{ severity: 1, detail: expect.stringContaining('is known only after an apply') }],
  });
  expect(await unready.call('RenewEphemeralResource', { type_name: TYPE })).toEqual({ diagnostics: [] });
  await unready.shutdown();
});
