/** A service that goes away in the middle of an apply, answers that are lost, a token that is none; and two hundred domains. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { addDomain, type Harness, TOKEN } from '../../control/harness.ts';
import type { FailingGateway } from '../../helpers/failing-gateway.ts';
import { type Configuration, createTerraform } from '../../helpers/terraform-core.ts';
import { type Plugin, startPlugin } from '../../helpers/terraform-plugin.ts';
import { startTerraformScene, type TerraformScene } from './scene.ts';

let scene: TerraformScene;
let control: Harness;
let gateway: FailingGateway;
let plugin: Plugin;

beforeAll(async () => {
  scene = await startTerraformScene();
  ({ control, gateway, plugin } = scene);
});
afterAll(() => scene.close());
beforeEach(() => gateway.decide(() => 'PASS'));

const domains = (count: number, at: string, label = '1'): Configuration =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `backupmx_domain.n${index}`,
      { type: 'backupmx_domain', config: { name: `n${index}.${at}`, labels: { label } } },
    ]),
  );
const actionsOf = (changes: readonly { readonly action: string }[]) => [
  ...new Set(changes.map(({ action }) => action)),
];

test('two hundred domains: made, nothing to do, changed, removed', async () => {
  const terraform = await createTerraform(plugin);
  await terraform.applyAll(domains(200, 'many.example'));
  const { changes } = await terraform.plan(domains(200, 'many.example'));
  expect([changes.length, ...actionsOf(changes)]).toEqual([200, 'NO_OP']);
  await terraform.applyAll(domains(200, 'many.example', '2'));
  await terraform.applyAll({});
  expect(await control.ask('{ domains(first: 100) { nodes { name } } }')).toEqual({ domains: { nodes: [] } });
});

test('an answer that is lost is asked for again, and the domain made once', async () => {
  const terraform = await createTerraform(plugin);
  gateway.decide((number) => (number === 1 ? 'LOSE' : 'PASS'));
  await terraform.applyAll(domains(1, 'lost.example'));
  expect(gateway.count()).toBe(2);
  expect(terraform.values('backupmx_domain.n0')).toMatchObject({ status: 'ACTIVE' });
});

test('a service that goes away in the middle of an apply: what was made is known, the rest is made by the next', async () => {
  const terraform = await createTerraform(plugin);
  const wanted = domains(12, 'away.example');
  const planned = await terraform.plan(wanted);
  gateway.decide((number) => (number <= 5 ? 'PASS' : 'REFUSE'));
  const told = await terraform.apply(planned);
  expect(told.length).toBe(7);
  for (const line of told) {
    expect(line).toMatch(
      /^error: domain n\d+\.away\.example is not applied: http:.* cannot be reached: .* BACKUP_MX_URL says where the service is\.$/,
    );
  }
  expect(terraform.state.size).toBe(5);
  expect([...terraform.state.values()].some(({ isTainted }) => isTainted)).toBe(false);
  // Away altogether: the plan says so, and forgets nothing.
  expect((await terraform.plan(wanted)).told.length).toBe(5);
  expect(terraform.state.size).toBe(5);

  gateway.decide(() => 'PASS');
  await terraform.applyAll(wanted);
  expect(terraform.state.size).toBe(12);
});

test('what was made and never answered is taken over when it is asked for', async () => {
  const terraform = await createTerraform(plugin);
  const config = { name: 'orphan.example', labels: { a: '1' } };
  const one = (extra: object): Configuration => ({ it: { type: 'backupmx_domain', config: { ...config, ...extra } } });
  gateway.decide(() => 'LOSE');
  const planned = await terraform.plan(one({}));
  expect(await terraform.apply(planned)).toHaveLength(1);
  expect(terraform.state.size).toBe(0);
  gateway.decide(() => 'PASS');
  expect(await terraform.apply(await terraform.plan(one({})))).toEqual([expect.stringContaining('(ALREADY_EXISTS)')]);
  await terraform.applyAll(one({ adopt: true }));
});

test('a failure in a change leaves the state as it was', async () => {
  const terraform = await createTerraform(plugin);
  await terraform.applyAll(domains(1, 'change.example'));
  const planned = await terraform.plan(domains(1, 'change.example', '2'));
  gateway.decide(() => 'REFUSE');
  expect(await terraform.apply(planned)).toHaveLength(1);
  expect(terraform.values('backupmx_domain.n0')).toMatchObject({ labels: { label: '1' } });
  gateway.decide(() => 'PASS');
  await terraform.applyAll(domains(1, 'change.example', '2'));
});

test('StopProvider: what is under way is finished, nothing is tried again', async () => {
  const stopped = await startPlugin({ env: { BACKUP_MX_URL: gateway.url, BACKUP_MX_TOKEN: TOKEN } });
  const terraform = await createTerraform(stopped);
  await stopped.call('StopProvider');
  await terraform.applyAll(domains(1, 'stop.example'));
  gateway.decide(() => 'REFUSE');
  const planned = { changes: (await createPlan()).changes, told: [] };
  expect(await terraform.apply(planned)).toHaveLength(1);
  expect(gateway.count()).toBe(1);
  expect(await stopped.shutdown()).toBe(0);

  async function createPlan() {
    return (await createTerraform(stopped)).plan(domains(1, 'stopped.example'));
  }
});

test('a token that is none, or may too little, is told by its variable or its scope', async () => {
  await addDomain(control, 'token.example');
  const wrong = await startPlugin({ env: { BACKUP_MX_URL: control.url, BACKUP_MX_TOKEN: 'nonsense' } });
  const config = { name: 'token.example' };
  const { told } = await (await createTerraform(wrong)).readData('backupmx_domain', config);
  expect(told).toEqual([expect.stringMatching(/: BACKUP_MX_TOKEN is not a valid token of this service\.$/)]);
  const given = await createTerraform(wrong, { token: 'nonsense too' });
  expect((await given.readData('backupmx_domain', config)).told).toEqual([
    expect.stringMatching(/: Token of the provider block is not a valid token of this service\.$/),
  ]);
  await wrong.shutdown();

  type Made = { tokenCreate: { secret: string } };
  const { tokenCreate } = await control.ask<Made>(
    'mutation { tokenCreate(input: { name: "reader", scopes: [DOMAIN_READ] }) { secret } }',
  );
  const reader = await startPlugin({ env: { BACKUP_MX_URL: control.url, BACKUP_MX_TOKEN: tokenCreate.secret } });
  const terraform = await createTerraform(reader);
  const planned = await terraform.plan(domains(1, 'forbidden.example'));
  expect(await terraform.apply(planned)).toEqual([
    expect.stringMatching(/^error: domain n0\.forbidden\.example cannot be created \(FORBIDDEN\): .*DOMAIN_WRITE/),
  ]);
  await reader.shutdown();
});
