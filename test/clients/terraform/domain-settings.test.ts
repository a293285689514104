/** What `backupmx_domain` sets beside its column settings: owner and drills; its DNSWL zones and pause, which are resources; and its defaults. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { type State, UNKNOWN } from '../../../src/clients/terraform/sdk/value.ts';
import { addDomain, type Harness } from '../../control/harness.ts';
import { type Configuration, createTerraform, type Terraform } from '../../helpers/terraform-core.ts';
import { until } from '../../helpers/child.ts';
import { startTerraformScene, type TerraformScene } from './scene.ts';

let scene: TerraformScene;
let control: Harness;
let terraform: Terraform;

beforeAll(async () => {
  scene = await startTerraformScene();
  ({ control } = scene);
});
afterAll(() => scene.close());
beforeEach(async () => {
  terraform = await createTerraform(scene.plugin);
});

const one = (type: string, config: State): Configuration => ({ it: { type: `backupmx_${type}`, config } });
const applied = async (configuration: Configuration) => terraform.apply(await terraform.plan(configuration));
const actionOf = async (configuration: Configuration) => (await terraform.plan(configuration)).changes[0]?.action;
const fieldOf = async (name: string, fields: string) => {
  const query = `query ($name: String!) { domain(by: { name: $name }) { ${fields} } }`;
  return (await control.ask<{ domain: Record<string, unknown> | null }>(query, { name })).domain;
};
const tenant = async (name: string) => {
  type Answer = { tenantCreate: { tenant: { id: string } } };
  const query = 'mutation ($name: String!) { tenantCreate(input: { name: $name }) { tenant { id } } }';
  return (await control.ask<Answer>(query, { name })).tenantCreate.tenant.id;
};

test('what is not written is what the API has without it', async () => {
  const name = 'default.example';
  await control.ask('mutation { domainCreate(input: { name: "default.example" }) { userErrors { code } } }');
  expect(await terraform.import('it', 'backupmx_domain', name)).toEqual([]);
  expect(await actionOf(one('domain', { name }))).toBe('NO_OP');
});

test('a domain is made for a tenant, transferred to another, and stays where others transferred it', async () => {
  const name = 'customer.example';
  const [first, second] = [await tenant('First Ltd.'), await tenant('Second Ltd.')];
  await terraform.applyAll(one('domain', { name, tenant_id: first }));
  expect(await fieldOf(name, 'tenant { name } status')).toEqual({ tenant: { name: 'First Ltd.' }, status: 'ACTIVE' });
  const before = terraform.values('it');
  expect(before['proof_value']).toEqual(expect.any(String));

  const planned = await terraform.plan(one('domain', { name, tenant_id: second, labels: { a: '1' } }));
  expect(planned.changes).toMatchObject([
    { action: 'UPDATE', planned: { tenant_id: second, id: before['id'] ?? null, proof_value: UNKNOWN } },
  ]);
  expect(await terraform.apply(planned)).toEqual([]);
  expect(await fieldOf(name, 'tenant { name } labels { key }')).toEqual({
    tenant: { name: 'Second Ltd.' },
    labels: [{ key: 'a' }],
  });
  expect(terraform.values('it')['proof_value']).not.toEqual(before['proof_value'] ?? null);
  expect(await actionOf(one('domain', { name, tenant_id: second, labels: { a: '1' } }))).toBe('NO_OP');

  const query =
    'mutation ($id: ID!) { domainTransfer(input: { name: "customer.example", tenantId: $id }) { userErrors { code } } }';
  await control.ask(query, { id: first });
  expect(await actionOf(one('domain', { name, labels: { a: '1' } }))).toBe('NO_OP');
  expect(await actionOf(one('domain', { name, tenant_id: second, labels: { a: '1' } }))).toBe('UPDATE');
});

test.each([
  [
    '01890000-0000-7000-8000-000000000000',
    /^error: domain nobody\.example cannot be created \(NOT_FOUND\) \(at tenant_id\): /,
  ],
  [
    '01890000-0000-7000-8000-00000000000A',
    /\(at tenant_id\): Write it in lower case: "01890000-0000-7000-8000-00000000000a"\.$/,
  ],
])('a wrong owner is told on its line: %p', async (id, line) => {
  const { changes, told } = await terraform.plan(one('domain', { name: 'nobody.example', tenant_id: id }));
  expect([...told, ...(await terraform.apply({ changes, told: [] }))]).toEqual([expect.stringMatching(line)]);
  expect(await fieldOf('nobody.example', 'id')).toBeNull();
});

test('drills are scheduled with the domain, changed, put back and stopped', async () => {
  const name = 'drill.example';
  const schedule = 'drillSchedule { interval }';
  await terraform.applyAll(one('domain', { name, drill_interval_days: 30 }));
  expect(await fieldOf(name, schedule)).toEqual({ drillSchedule: { interval: 'P30D' } });
  expect(await actionOf(one('domain', { name, drill_interval_days: 30 }))).toBe('NO_OP');
  await control.ask(
    'mutation { domainDrillSchedule(input: { name: "drill.example", interval: "P7D" }) { userErrors { code } } }',
  );
  expect(await actionOf(one('domain', { name, drill_interval_days: 30 }))).toBe('UPDATE');
  await terraform.applyAll(one('domain', { name, drill_interval_days: 90 }));
  expect(await fieldOf(name, schedule)).toEqual({ drillSchedule: { interval: 'P90D' } });
  await terraform.applyAll(one('domain', { name }));
  expect(await fieldOf(name, schedule)).toEqual({ drillSchedule: null });
  expect((await terraform.plan(one('domain', { name, drill_interval_days: 0 }))).told).toEqual([
    'error: drill_interval_days cannot be used (at drill_interval_days): Expected a whole number from 1 to 366.',
  ]);
});

test('a DNS list of good senders comes, changes and goes, beside the block lists', async () => {
  const domain = 'good.example';
  await addDomain(control, domain);
  const list = (codes: readonly string[]): Configuration => ({
    good: { type: 'backupmx_dnswl', config: { domain, zone: 'wl.example', codes } },
    bad: { type: 'backupmx_dnsbl', config: { domain, zone: 'bl.example' } },
  });
  const lists = () => fieldOf(domain, 'dnsblZones { zone } dnswlZones { zone codes }');
  await terraform.applyAll(list(['127.0.0.2']));
  const bad = [{ zone: 'bl.example' }];
  expect(await lists()).toEqual({ dnsblZones: bad, dnswlZones: [{ zone: 'wl.example', codes: ['127.0.0.2'] }] });
  await terraform.applyAll(list(['127.0.0.0/29']));
  expect(await lists()).toEqual({ dnsblZones: bad, dnswlZones: [{ zone: 'wl.example', codes: ['127.0.0.0/29'] }] });
  const { good: _, ...rest } = list([]);
  await terraform.applyAll(rest);
  expect(await lists()).toEqual({ dnsblZones: bad, dnswlZones: [] });
});

describe('a pause', () => {
  const name = 'paused.example';
  const pauseOf = () => fieldOf(name, 'pause { until reason isInForce }');
  beforeAll(() => addDomain(control, name));

  test('lasts as long as the resource; others may not end it', async () => {
    const config = { domain: name, reason: 'new server' };
    await terraform.applyAll(one('pause', config));
    expect(await pauseOf()).toEqual({ pause: { until: null, reason: 'new server', isInForce: true } });
    expect(await actionOf(one('pause', config))).toBe('NO_OP');
    await terraform.applyAll(one('pause', { domain: name, reason: 'newer server' }));
    expect(await pauseOf()).toMatchObject({ pause: { reason: 'newer server' } });
    expect(await actionOf(one('pause', { domain: name, reason: 'newer server' }))).toBe('NO_OP');
    await control.ask('mutation { domainResume(input: { name: "paused.example" }) { userErrors { code } } }');
    expect(await actionOf(one('pause', config))).toBe('CREATE');
    await terraform.applyAll(one('pause', config));
    await terraform.applyAll({});
    expect(await pauseOf()).toEqual({ pause: null });
  });

  test('in a window to come keeps the words of the user, and one in the past begins at once', async () => {
    const config = { domain: name, from: '2100-01-31T23:00:00+01:00', until: '2100-02-01T04:00:00Z' };
    await terraform.applyAll(one('pause', config));
    expect(await pauseOf()).toMatchObject({ pause: { until: '2100-02-01T04:00:00.000Z', isInForce: false } });
    expect(await actionOf(one('pause', config))).toBe('NO_OP');
    const past = { ...config, from: '2020-01-01T00:00:00Z' };
    await terraform.applyAll(one('pause', past));
    expect(await pauseOf()).toMatchObject({ pause: { isInForce: true } });
    expect(await actionOf(one('pause', past))).toBe('NO_OP');
    await terraform.applyAll({});
  });

  test('that is over by its own end is left as it is', async () => {
    const config = { domain: name, until: new Date(Date.now() + 1500).toISOString() };
    await terraform.applyAll(one('pause', config));
    await until('the end of the pause', 20_000, async () => (await pauseOf())?.['pause'] === null);
    expect(await actionOf(one('pause', config))).toBe('NO_OP');
    await terraform.applyAll({});
    const late = { domain: name, until: '2020-01-01T00:00:00Z' };
    expect(await applied(one('pause', late))).toEqual([
      expect.stringMatching(/^error: pause of paused\.example cannot be created \(OUT_OF_RANGE\) \(at until\): /),
    ]);
  });

  test('of others is adopted or imported, not replaced', async () => {
    await control.ask(
      'mutation { domainPause(input: { name: "paused.example", reason: "theirs" }) { userErrors { code } } }',
    );
    expect(await applied(one('pause', { domain: name, reason: 'ours' }))).toEqual([
      expect.stringContaining('(ALREADY_EXISTS) (at domain): The domain has a pause already. Set adopt = true'),
    ]);
    expect(await terraform.import('it', 'backupmx_pause', 'Paused.Example')).toEqual([]);
    expect(await actionOf(one('pause', { domain: name, reason: 'theirs' }))).toBe('NO_OP');
    await terraform.applyAll({});
    expect(await terraform.import('it', 'backupmx_pause', name)).toEqual([expect.stringContaining('does not exist')]);
  });
});
