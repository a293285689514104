/** `backupmx_domain` and the data sources, through the protocol as Terraform speaks it, against a real control plane. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { addDomain, type Harness, holdMessage } from '../../control/harness.ts';
import { createTerraform, type Configuration, type Terraform } from '../../helpers/terraform-core.ts';
import type { Plugin } from '../../helpers/terraform-plugin.ts';
import { UNKNOWN, type State } from '../../../src/clients/terraform/sdk/value.ts';
import { startTerraformScene, type TerraformScene } from './scene.ts';

let scene: TerraformScene;
let control: Harness;
let plugin: Plugin;
let terraform: Terraform;

beforeAll(async () => {
  scene = await startTerraformScene();
  ({ control, plugin } = scene);
});
afterAll(() => scene.close());
beforeEach(async () => {
  terraform = await createTerraform(plugin);
});

const one = (config: State): Configuration => ({ 'backupmx_domain.a': { type: 'backupmx_domain', config } });
const actions = async (config: State) =>
  (await terraform.plan(one(config))).changes.map(({ action, planned }) => ({ action, planned }));

test('is made, is then as described, is changed, and removed', async () => {
  const name = 'life.example';
  const config = { name, deliver_to: ['mail.life.example', '[2001:DB8:0::1]:2525'], labels: { b: '2', a: '1' } };
  await terraform.applyAll(one(config));
  const made = terraform.values('backupmx_domain.a');
  expect(made).toMatchObject({
    ...config,
    status: 'ACTIVE',
    proof_name: null,
    call_aheads: true,
    tls_policy: 'OPPORTUNISTIC',
  });
  expect(made['id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(await actions(config)).toMatchObject([{ action: 'NO_OP' }]);

  const changed = {
    name,
    tls_policy: 'VERIFIED',
    etrn_clients: ['192.0.2.0/24', '198.51.100.0/24'],
    drain_per_minute: 60,
  };
  const [{ action, planned } = { action: null, planned: null }] = await actions(changed);
  expect(action).toBe('UPDATE');
  expect(planned).toMatchObject({ id: made['id'] ?? null, deliver_to: null, labels: null });
  await terraform.applyAll(one(changed));
  const { domain } = await control.ask<{ domain: object }>(
    '{ domain(by: { name: "life.example" }) { tlsPolicy deliverTo { host } labels { key } etrnClients drainPerMinute } }',
  );
  expect(domain).toEqual({
    tlsPolicy: 'VERIFIED',
    deliverTo: [],
    labels: [],
    etrnClients: ['192.0.2.0/24', '198.51.100.0/24'],
    drainPerMinute: 60,
  });
  expect(await actions({ ...changed, etrn_clients: ['198.51.100.0/24', '192.0.2.0/24'] })).toMatchObject([
    { action: 'NO_OP' },
  ]);

  await terraform.applyAll({});
  expect(await control.ask('{ domain(by: { name: "life.example" }) { id } }')).toEqual({ domain: null });
  expect(terraform.state.size).toBe(0);
});

test('another name takes another domain', async () => {
  await terraform.applyAll(one({ name: 'old.example' }));
  expect(await actions({ name: 'new.example' })).toMatchObject([{ action: 'REPLACE', planned: { id: UNKNOWN } }]);
  await terraform.applyAll(one({ name: 'new.example' }));
  expect(
    await control.ask(
      '{ old: domain(by: { name: "old.example" }) { name } new: domain(by: { name: "new.example" }) { name } }',
    ),
  ).toEqual({
    old: null,
    new: { name: 'new.example' },
  });
});

describe('what others change', () => {
  test('is seen by the next plan, and put back', async () => {
    const config = { name: 'drift.example', labels: { a: '1' } };
    await terraform.applyAll(one(config));
    await control.ask(
      'mutation { domainUpdate(input: { name: "drift.example", labels: [], hasCallAheads: false }) { userErrors { code } } }',
    );
    expect(await actions(config)).toMatchObject([
      { action: 'UPDATE', planned: { labels: { a: '1' }, call_aheads: true } },
    ]);
    await terraform.applyAll(one(config));
    expect(await actions(config)).toMatchObject([{ action: 'NO_OP' }]);
  });

  test('by removing it is made anew', async () => {
    await terraform.applyAll(one({ name: 'gone.example' }));
    await control.ask('mutation { domainDelete(input: { name: "gone.example" }) { userErrors { code } } }');
    expect(await actions({ name: 'gone.example' })).toMatchObject([{ action: 'CREATE' }]);
  });

  test('between plan and apply is not overwritten, but for what the plan does not touch', async () => {
    await terraform.applyAll(one({ name: 'meanwhile.example', labels: { a: '1' } }));
    const planned = await terraform.plan(one({ name: 'meanwhile.example', labels: { a: '2' } }));
    await control.ask(
      'mutation { domainUpdate(input: { name: "meanwhile.example", dnsblZones: [{ zone: "bl.example" }] }) { userErrors { code } } }',
    );
    expect(await terraform.apply(planned)).toEqual([]);

    const again = await terraform.plan(one({ name: 'meanwhile.example', labels: { a: '3' } }));
    await control.ask(
      'mutation { domainUpdate(input: { name: "meanwhile.example", labels: [{ key: "b", value: "9" }] }) { userErrors { code } } }',
    );
    expect(await terraform.apply(again)).toEqual([
      'error: domain meanwhile.example cannot be changed (CONFLICT) (at labels): Somebody else has changed `labels` since the plan was made. Run terraform plan again and look at what has changed.',
    ]);
    expect(terraform.values('backupmx_domain.a')).toMatchObject({ labels: { a: '2' } });
  });
});

describe('what is there already', () => {
  test('is an error, unless it is to be adopted', async () => {
    await addDomain(control, 'there.example');
    const config = { name: 'there.example', labels: { mine: 'yes' } };
    const lines = await terraform.apply(await terraform.plan(one(config)));
    expect(lines).toEqual([
      expect.stringMatching(
        /^error: domain there\.example cannot be created \(ALREADY_EXISTS\) \(at name\): .* Set adopt = true to take it over as it is described here, or bring it in by terraform import\. See https:\S+#ALREADY_EXISTS$/,
      ),
    ]);
    expect(terraform.state.size).toBe(0);
    await terraform.applyAll(one({ ...config, adopt: true }));
    expect(await control.ask('{ domain(by: { name: "there.example" }) { labels { key value } } }')).toEqual({
      domain: { labels: [{ key: 'mine', value: 'yes' }] },
    });
    // The word alone, taken away again, asks nothing of the service.
    expect(await actions(config)).toMatchObject([{ action: 'UPDATE' }]);
    await terraform.applyAll(one(config));
    expect(await actions(config)).toMatchObject([{ action: 'NO_OP' }]);
  });

  test('is imported by name, in any spelling, and by id', async () => {
    await control.ask(
      'mutation { domainCreate(input: { name: "import.example", hasCallAheads: false, labels: [{ key: "k", value: "v" }] }) { userErrors { code } } }',
    );
    const config = { name: 'import.example', call_aheads: false, labels: { k: 'v' } };
    const { domain } = await control.ask<{ domain: { id: string } }>(
      '{ domain(by: { name: "import.example" }) { id } }',
    );
    for (const id of ['import.example', 'Import.Example.', domain.id]) {
      terraform.state.clear();
      expect(await terraform.import('backupmx_domain.a', 'backupmx_domain', id)).toEqual([]);
      expect(await actions(config)).toMatchObject([{ action: 'NO_OP' }]);
    }
    const nothing = ['absent.example', '01890000-0000-7000-8000-000000000000', 'no name'];
    for (const id of nothing) {
      expect(await terraform.import('backupmx_domain.b', 'backupmx_domain', id)).toEqual([
        `error: "${id}" cannot be imported: This backupmx_domain does not exist, or belongs to another tenant.`,
      ]);
    }
  });
});

describe('held mail', () => {
  test('keeps a domain, until it is said what becomes of it', async () => {
    const config = { name: 'held.example' };
    const destinationId = await addDomain(control, 'held.example');
    await terraform.import('backupmx_domain.a', 'backupmx_domain', 'held.example');
    await holdMessage(control.database, { destinationId, addresses: ['user@held.example'] });
    expect(await terraform.apply(await terraform.plan({}))).toEqual([
      expect.stringMatching(
        /^error: domain held\.example cannot be removed \(HELD_MAIL\): .* Set on_delete to "DELIVER_FIRST" or "CANCEL", apply that, then remove it\. See https:\S+#HELD_MAIL$/,
      ),
    ]);
    expect(terraform.state.size).toBe(1);
    await terraform.applyAll(one({ ...config, on_delete: 'CANCEL' }));
    await terraform.applyAll({});
    expect(await control.ask('{ domain(by: { name: "held.example" }) { id } }')).toEqual({ domain: null });
  });
});

describe('wrong input', () => {
  test.each<[State, string]>([
    [
      { name: 'Upper.Example' },
      'error: name cannot be used (at name): Write it in lower case and as A-label: "upper.example".',
    ],
    [
      { name: 'bücher.example' },
      'error: name cannot be used (at name): Write it in lower case and as A-label: "xn--bcher-kva.example".',
    ],
    [
      { name: 'not a name' },
      'error: name cannot be used (at name): "not a name" is not a domain name. Expected one such as "example.org".',
    ],
    [
      { name: 'a.example', deliver_to: ['mail.a.example', 'mail a'] },
      'error: deliver_to cannot be used (at deliver_to.1): "mail a" is not a host. Expected "mail.example.org", "192.0.2.1:2525" or "[2001:db8::1]:25".',
    ],
    [
      { name: 'a.example', tls_policy: 'SOMETIMES' },
      'error: tls_policy cannot be used (at tls_policy): "SOMETIMES" is not one of "NONE", "OPPORTUNISTIC", "REQUIRED", "VERIFIED".',
    ],
    [
      { name: 'a.example', drain_per_minute: 0.5 },
      'error: drain_per_minute cannot be used (at drain_per_minute): Expected a whole number from 1 to 1000000.',
    ],
  ])('is told at plan time, on its line: %p', async (config, line) => {
    expect(await terraform.plan(one(config))).toEqual({ changes: [], told: [line] });
  });

  test('what only the service can tell is told on its line as well', async () => {
    const config = { name: 'wrong.example', labels: { fine: '1', long: 'x'.repeat(5000) } };
    expect(await terraform.apply(await terraform.plan(one(config)))).toEqual([
      expect.stringMatching(/^error: domain wrong\.example cannot be created \(TOO_LONG\) \(at labels\.long\): /),
    ]);
    expect(terraform.state.size).toBe(0);
  });

  test('what is not known yet is not looked at', async () => {
    const config = { name: UNKNOWN, deliver_to: [UNKNOWN, 'mail.example.org'], labels: UNKNOWN };
    expect(await terraform.validate(one(config))).toEqual([]);
    expect(await actions(config)).toMatchObject([{ action: 'CREATE', planned: config }]);
  });
});

describe('data sources', () => {
  test('the service', async () => {
    expect(await terraform.readData('backupmx_service', {})).toEqual({
      told: [],
      values: {
        mx_names: ['backup.test.example', 'mx2.test.example'],
        egress_addresses: ['192.0.2.250', '2001:db8::250'],
        message_size_limit_bytes: 10_485_760,
        version: '0.1.0',
      },
    });
  });

  test('a domain, and what the DNS says of it', async () => {
    await addDomain(control, 'data.example');
    control.dns.mx['data.example'] = {
      verdict: 'OK',
      hosts: [{ host: 'mail.data.example', preference: 10, isSelf: false }],
    };
    const { values, told } = await terraform.readData('backupmx_domain', { name: 'data.example' });
    expect(told).toEqual([]);
    expect(values).toMatchObject({
      status: 'ACTIVE',
      held_count: 0,
      mx_verdict: 'OK',
      mx_observed: ['10 mail.data.example'],
    });
    expect((await terraform.readData('backupmx_domain', { name: 'absent.example' })).told).toEqual([
      'error: backupmx_domain cannot be read: This backupmx_domain does not exist, or belongs to another tenant.',
    ]);
  });

  test('what the doctor says: nothing before it has looked', async () => {
    await addDomain(control, 'ill.example');
    control.dns.mx['ill.example'] = { verdict: 'NOT_LISTED', hosts: [] };
    const nothing = { name: 'ill.example', at: null, verdict: null, problems: [], verdicts: {}, advice: {} };
    const before = await terraform.readData('backupmx_doctor', { name: 'ill.example' });
    expect(before).toEqual({ told: [], values: nothing });
    const { domainCheck } = await control.ask<{ domainCheck: { domain: { doctor: { at: string } } } }>(
      'mutation { domainCheck(input: { name: "ill.example" }) { domain { doctor { at } } } }',
    );
    const { values, told } = await terraform.readData('backupmx_doctor', { name: 'ill.example' });
    expect(told).toEqual([]);
    expect(values).toMatchObject({ at: domainCheck.domain.doctor.at, verdict: 'PROBLEM' });
    const { problems, verdicts, advice } = values as {
      problems: string[];
      verdicts: Record<string, string>;
      advice: Record<string, string>;
    };
    expect(problems.length).toBeGreaterThan(0);
    for (const code of problems) expect([verdicts[code], advice[code]]).toEqual(['PROBLEM', expect.any(String)]);
    expect((await terraform.readData('backupmx_doctor', { name: 'absent.example' })).told).toEqual([
      'error: backupmx_doctor cannot be read: This backupmx_doctor does not exist, or belongs to another tenant.',
    ]);
  });
});
