/** A token that gets its secret from the configuration, past plan and state: `secret_wo`, against a real control plane. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type State, textOf, UNKNOWN } from '../../../src/clients/terraform/sdk/value.ts';
import type { Harness } from '../../control/harness.ts';
import type { FailingGateway } from '../../helpers/failing-gateway.ts';
import { type Configuration, createTerraform, encodeDynamic, type Terraform } from '../../helpers/terraform-core.ts';
import type { Plugin } from '../../helpers/terraform-plugin.ts';
import { startTerraformScene, type TerraformScene } from './scene.ts';

let scene: TerraformScene;
let control: Harness;
let gateway: FailingGateway;
let plugin: Plugin;
let terraform: Terraform;
let folder: string;

beforeAll(async () => {
  scene = await startTerraformScene();
  ({ control, gateway, plugin, folder } = scene);
});
afterAll(() => scene.close());
beforeEach(async () => {
  gateway.decide(() => 'PASS');
  terraform = await createTerraform(plugin);
});

const CONFIG = { name: 'kept elsewhere', scopes: ['QUEUE_READ'] };
const token = (config: State): Configuration => ({ it: { type: 'backupmx_token', config: { ...CONFIG, ...config } } });
const applied = async (config: State) => terraform.apply(await terraform.plan(token(config)));
const actionOf = async (config: State) => (await terraform.plan(token(config))).changes[0]?.action;

/** One that the provider makes for this run. */
async function made(): Promise<string> {
  const { values, told, close } = await terraform.openEphemeral('backupmx_token_secret', {});
  expect([told, await close()]).toEqual([[], []]);
  return textOf(values?.['secret']) ?? '';
}

async function statusWith(secret: string): Promise<number> {
  const headers = { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ query: '{ viewer { scopes } }' });
  return (await fetch(`${control.url}/graphql`, { method: 'POST', headers, body })).status;
}

test('made with it, nothing to do with another of the next run, and given another by a new version', async () => {
  const [first, second, third] = [await made(), await made(), await made()];
  expect(new Set([first, second, third]).size).toBe(3);
  await terraform.applyAll(token({ secret_wo: first, secret_wo_version: 1 }));
  const { id = null, prefix, ...values } = terraform.values('it');
  expect(values).toMatchObject({ secret_wo: null, secret_wo_version: 1, secret: null });
  expect(first.startsWith(textOf(prefix) ?? '?')).toBe(true);
  expect(await statusWith(first)).toBe(200);

  expect(await actionOf({ secret_wo: second, secret_wo_version: 1 })).toBe('NO_OP');
  const planned = await terraform.plan(token({ secret_wo: second, secret_wo_version: 2 }));
  expect(planned.changes[0]?.action).toBe('UPDATE');
  expect(planned.changes[0]?.planned).toMatchObject({ id, prefix: UNKNOWN, secret_wo: null });
  // Another run, another secret: what is applied is what the configuration has then.
  expect(await applied({ secret_wo: third, secret_wo_version: 2 })).toEqual([]);
  expect(terraform.values('it')).toMatchObject({ id, prefix: third.slice(0, 12), secret: null });
  // The one before is taken for a day more.
  expect([await statusWith(first), await statusWith(second), await statusWith(third)]).toEqual([200, 401, 200]);
  expect(JSON.stringify([...terraform.state])).not.toMatch(/bmx_[\w-]{43}/);
  await terraform.applyAll({});
  expect(await statusWith(third)).toBe(401);
});

test('taken by a token that had its secret in the state, which holds none then', async () => {
  await terraform.applyAll(token({ secret_in_state: true }));
  const before = textOf(terraform.values('it')['secret']) ?? '';
  const chosen = await made();
  await terraform.applyAll(token({ secret_wo: chosen, secret_wo_version: 1 }));
  expect(terraform.values('it')).toMatchObject({ secret: null, prefix: chosen.slice(0, 12) });
  expect([await statusWith(before), await statusWith(chosen)]).toEqual([200, 200]);
  // Back: nobody is given another secret, and the token goes on with the one it has.
  await terraform.applyAll(token({ secret_file: join(folder, 'unused') }));
  expect(terraform.values('it')).toMatchObject({ secret_wo_version: null, prefix: chosen.slice(0, 12) });
  expect(await statusWith(chosen)).toBe(200);
  await terraform.applyAll({});
});

test('an answer that is lost is asked for again, and the secret is in force', async () => {
  const [first, second] = [await made(), await made()];
  gateway.decide((number) => (number === 1 ? 'LOSE' : 'PASS'));
  await terraform.applyAll(token({ secret_wo: first, secret_wo_version: 1 }));
  expect(await statusWith(first)).toBe(200);
  const planned = await terraform.plan(token({ secret_wo: second, secret_wo_version: 2 }));
  gateway.decide((number) => (number === 2 ? 'LOSE' : 'PASS'));
  expect(await terraform.apply(planned)).toEqual([]);
  expect([await statusWith(first), await statusWith(second)]).toEqual([200, 200]);
  await terraform.applyAll({});
});

const good = `bmx_${randomBytes(32).toString('base64url')}`;
test.each<[State, string]>([
  [{ secret_wo: 'hunter2', secret_wo_version: 1 }, 'secret_wo cannot be used (at secret_wo): Expected "bmx_" and 43'],
  [{ secret_wo: good }, 'secret_wo cannot be used (at secret_wo): Write secret_wo_version = 1 beside it.'],
  [{ secret_wo_version: 1 }, 'secret_wo_version cannot be used (at secret_wo_version): It is the version of secret_wo'],
  [{ secret_wo: good, secret_wo_version: 0.5 }, 'secret_wo_version cannot be used (at secret_wo_version): Expected a'],
  [{ secret_wo: good, secret_wo_version: 1, secret_file: 'x' }, '(at secret_wo): You keep this secret'],
  [{ secret_wo: good, secret_wo_version: 1, secret_in_state: true }, '(at secret_wo): You keep this secret'],
])('wrong %#', async (config, line) => {
  const { told } = await terraform.plan(token(config));
  expect(told).toEqual([expect.stringContaining(line)]);
  if (typeof config['secret_wo'] === 'string') expect(told.join()).not.toContain(config['secret_wo']);
});

test('what is not known yet is taken as it will be, and never as none', async () => {
  const config = { secret_wo: UNKNOWN, secret_wo_version: 1 };
  expect(await terraform.validate(token(config))).toEqual([]);
  expect(await terraform.validate(token({ ...config, secret_wo_version: UNKNOWN, secret_file: UNKNOWN }))).toEqual([]);
  const { changes } = await terraform.plan(token(config));
  const [change] = changes;
  const withNull = changes.map((each) => ({ ...each, config: { ...change?.config, secret_wo: null } }));
  expect(await terraform.apply({ changes: withNull, told: [] })).toEqual([
    expect.stringMatching(
      /^error: secret_wo_version cannot be used \(at secret_wo_version\): It is the version of secret_wo, which/,
    ),
  ]);
  expect(terraform.state.size).toBe(0);
});

test('two tokens with one secret: the second is refused on its line', async () => {
  const both = { ...token({ secret_wo: good, secret_wo_version: 1 }) };
  const config = { ...CONFIG, name: 'the other', secret_wo: good, secret_wo_version: 1 };
  const told = await terraform.apply(await terraform.plan({ ...both, other: { type: 'backupmx_token', config } }));
  expect(told).toEqual([
    expect.stringMatching(
      /^error: token .* cannot be created \(DUPLICATE\) \(at secret_wo\): This secret is the one of a/,
    ),
  ]);
  expect(terraform.state.size).toBe(1);
  await terraform.applyAll({});
});

test('an older Terraform would put it into the state, so there it is refused', async () => {
  const request = {
    type_name: 'backupmx_token',
    config: encodeDynamic({ ...CONFIG, secret_wo: good, secret_wo_version: 1 }),
  };
  type Told = { diagnostics: { summary: string; attribute: unknown }[] };
  const { diagnostics } = await plugin.call<Told>('ValidateResourceConfig', request);
  expect(diagnostics).toMatchObject([
    { summary: 'secret_wo needs Terraform 1.11', attribute: { steps: [{ attribute_name: 'secret_wo' }] } },
  ]);
  const others = encodeDynamic({ ...CONFIG, secret_in_state: true });
  expect(await plugin.call('ValidateResourceConfig', { ...request, config: others })).toEqual({ diagnostics: [] });
});
