/** User Lists, DNS block lists, webhooks, tokens and tenants in Terraform, against a real control plane. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type State, textOf, UNKNOWN } from '../../../src/clients/terraform/sdk/value.ts';
import { addDomain, type Harness, holdMessage } from '../../control/harness.ts';
import { type Configuration, createTerraform, type Terraform } from '../../helpers/terraform-core.ts';
import type { Plugin } from '../../helpers/terraform-plugin.ts';
import { startTerraformScene, type TerraformScene } from './scene.ts';

let scene: TerraformScene;
let control: Harness;
let plugin: Plugin;
let folder: string;
let terraform: Terraform;

beforeAll(async () => {
  scene = await startTerraformScene();
  ({ control, plugin, folder } = scene);
});
afterAll(() => scene.close());
beforeEach(async () => {
  terraform = await createTerraform(plugin);
});

const one = (type: string, config: State): Configuration => ({ it: { type: `backupmx_${type}`, config } });
const applied = async (configuration: Configuration) => terraform.apply(await terraform.plan(configuration));
const actionOf = async (configuration: Configuration) => (await terraform.plan(configuration)).changes[0]?.action;

describe('User Lists', () => {
  const list = (config: State) => one('recipient_list', config);
  const entries = async (name: string) => {
    type Answer = { domain: { recipientList: { entries: { nodes: { localPart: string }[] } } } };
    const query =
      'query ($name: String!) { domain(by: { name: $name }) { recipientList { entries(first: 100) { nodes { localPart } } } } }';
    return (await control.ask<Answer>(query, { name })).domain.recipientList.entries.nodes.map(
      ({ localPart }) => localPart,
    );
  };

  test('made, changed, changed by others, emptied', async () => {
    const domain = 'list.example';
    await addDomain(control, domain);
    await terraform.applyAll(list({ domain, local_parts: ['bob', 'alice', 'sales-*'] }));
    expect(await entries(domain)).toEqual(['alice', 'bob', 'sales-*']);
    expect(await actionOf(list({ domain, local_parts: ['alice', 'bob', 'sales-*'] }))).toBe('NO_OP');
    await terraform.applyAll(list({ domain, local_parts: ['alice', 'carol'] }));
    expect(await entries(domain)).toEqual(['alice', 'carol']);

    await control.ask(
      'mutation { recipientListAdd(input: { domain: "list.example", localParts: ["mallory"] }) { userErrors { code } } }',
    );
    expect(await actionOf(list({ domain, local_parts: ['alice', 'carol'] }))).toBe('UPDATE');
    await terraform.applyAll(list({ domain, local_parts: ['alice', 'carol'] }));
    expect(await entries(domain)).toEqual(['alice', 'carol']);
    expect(await applied({})).toEqual([expect.stringMatching(/^warning: User List of list\.example stays in force/)]);
    expect(await entries(domain)).toEqual(['alice', 'carol']);
  });

  test('what is there is adopted or imported, not overwritten', async () => {
    const domain = 'kept.example';
    await addDomain(control, domain);
    await control.ask(
      'mutation { recipientListAdd(input: { domain: "kept.example", localParts: ["old"] }) { userErrors { code } } }',
    );
    expect(await applied(list({ domain, local_parts: ['new'] }))).toEqual([
      'error: User List of kept.example cannot be created (ALREADY_EXISTS) (at domain): There is a User List with 1 entries already. Set adopt = true to take it over as it is described here, or bring it in by terraform import.',
    ]);
    expect(await entries(domain)).toEqual(['old']);
    expect(await terraform.import('it', 'backupmx_recipient_list', domain)).toEqual([]);
    expect(await actionOf(list({ domain, local_parts: ['old'] }))).toBe('NO_OP');
    terraform.state.clear();
    await terraform.applyAll(list({ domain, local_parts: ['new'], adopt: true }));
    expect(await entries(domain)).toEqual(['new']);
  });

  test('a long list does not shrink by more than half unless that is meant', async () => {
    const domain = 'long.example';
    await addDomain(control, domain);
    const long = Array.from({ length: 250 }, (_, index) => `user${index}`);
    await terraform.applyAll(list({ domain, local_parts: long }));
    await terraform.import('it', 'backupmx_recipient_list', domain);
    expect(await actionOf(list({ domain, local_parts: long }))).toBe('NO_OP');
    const short = { domain, local_parts: ['user1'] };
    expect(await applied(list(short))).toEqual([
      expect.stringMatching(
        /^error: User List of long\.example cannot be changed \(SHRINK\).* Set force = true if that is meant\. See https:\S+#SHRINK$/,
      ),
    ]);
    expect(terraform.values('it')['local_parts']).toHaveLength(250);
    await terraform.applyAll(list({ ...short, force: true }));
  });

  test('a destroy that stops at the held mail of the domain leaves the list in force', async () => {
    const domain = 'destroyed.example';
    const destinationId = await addDomain(control, domain);
    await holdMessage(control.database, { destinationId, addresses: [`alice@${domain}`] });
    await terraform.applyAll(list({ domain, local_parts: ['alice'] }));
    expect(await applied({})).toEqual([
      expect.stringMatching(/^warning: User List of destroyed\.example stays in force/),
    ]);
    expect(await entries(domain)).toEqual(['alice']);
    await terraform.applyAll(list({ domain, local_parts: ['alice'], adopt: true, on_delete: 'ALLOW_EVERYONE' }));
    expect(await applied({})).toEqual([]);
    expect(await entries(domain)).toEqual([]);
  });

  test.each<[State, string]>([
    [{ local_parts: ['Alice'] }, 'local_parts cannot be used (at local_parts): Write it in lower case: "alice".'],
    [{ local_parts: [] }, 'local_parts cannot be used (at local_parts): An empty User List is off'],
    [{ local_parts: [''] }, 'local_parts cannot be used (at local_parts): "" is not a local part.'],
  ])('wrong: %p', async (config, line) => {
    const { told } = await terraform.plan(list({ domain: 'a.example', ...config }));
    expect(told).toEqual([expect.stringContaining(line)]);
  });

  test('of a domain that there is not', async () => {
    expect(await applied(list({ domain: 'absent.example', local_parts: ['a'] }))).toEqual([
      expect.stringMatching(/^error: User List of absent\.example cannot be created \(NOT_FOUND\) \(at domain\): /),
    ]);
  });
});

describe('DNS block lists', () => {
  const zoned = (config: State) => one('dnsbl', config);

  test('eight of one domain, made and removed at once, beside the domain itself', async () => {
    const name = 'zones.example';
    const wanted = (weight: number): Configuration =>
      Object.fromEntries(
        Array.from({ length: 8 }, (_, index) => [
          `zone${index}`,
          { type: 'backupmx_dnsbl', config: { domain: name, zone: `bl${index}.example`, weight } },
        ]),
      );
    await terraform.applyAll({ domain: { type: 'backupmx_domain', config: { name } } });
    const domain: Configuration = { domain: { type: 'backupmx_domain', config: { name } } };
    await terraform.applyAll({ ...domain, ...wanted(1) });
    await terraform.applyAll({ ...domain, ...wanted(2) });
    const { changes } = await terraform.plan({ ...domain, ...wanted(2) });
    expect(new Set(changes.map(({ action }) => action))).toEqual(new Set(['NO_OP']));
    await terraform.applyAll({ domain: { type: 'backupmx_domain', config: { name, labels: { a: '1' } } } });
    expect(
      await control.ask('{ domain(by: { name: "zones.example" }) { dnsblZones { zone } labels { key } } }'),
    ).toEqual({
      domain: { dnsblZones: [], labels: [{ key: 'a' }] },
    });
  });

  test('changed by others, imported, there already, wrong', async () => {
    await addDomain(control, 'bl.example');
    const config = { domain: 'bl.example', zone: 'bl.example.net', mode: 'REJECT', codes: ['127.0.0.2'] };
    await terraform.applyAll(zoned(config));
    await control.ask(
      'mutation { domainUpdate(input: { name: "bl.example", dnsblZones: [{ zone: "bl.example.net", mode: DRY_RUN }] }) { userErrors { code } } }',
    );
    expect(await actionOf(zoned(config))).toBe('UPDATE');
    await terraform.applyAll(zoned(config));
    terraform.state.clear();
    expect(await terraform.import('it', 'backupmx_dnsbl', 'bl.example/bl.example.net')).toEqual([]);
    expect(await actionOf(zoned(config))).toBe('NO_OP');
    for (const id of ['bl.example', 'bl.example/absent.example', 'absent.example/bl.example.net']) {
      expect(await terraform.import('other', 'backupmx_dnsbl', id)).toHaveLength(1);
    }
    terraform.state.clear();
    expect(await applied(zoned(config))).toEqual([expect.stringContaining('(ALREADY_EXISTS) (at zone): ')]);
    await terraform.applyAll(zoned({ ...config, adopt: true }));
    expect(await applied(zoned({ ...config, codes: ['127.0.0.2', '127.0.0.1'] }))).toEqual([
      expect.stringMatching(/cannot be changed \(NOT_A_NETWORK\) \(at codes\): /),
    ]);
  });
});

describe('secrets', () => {
  test('of a token go into a file, or into the state where that is asked for, and nowhere else', async () => {
    const file = join(folder, 'token');
    const config = {
      name: 'in a file',
      scopes: ['QUEUE_READ', 'DOMAIN_READ'],
      expires_at: '2099-01-01T00:00:00+00:00',
      secret_file: file,
    };
    await terraform.applyAll(one('token', config));
    const secret = (await readFile(file, 'utf8')).trim();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { prefix, ...values } = terraform.values('it');
    expect(secret.startsWith(textOf(prefix) ?? '?')).toBe(true);
    expect(JSON.stringify(values)).not.toContain(secret);
    expect(values).toMatchObject({
      secret: null,
      expires_at: config.expires_at,
      tenant_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(await actionOf(one('token', config))).toBe('NO_OP');
    expect(await actionOf(one('token', { ...config, scopes: ['QUEUE_READ'] }))).toBe('REPLACE');

    terraform.state.clear();
    expect(await terraform.import('it', 'backupmx_token', 'in a file')).toEqual([]);
    await terraform.applyAll({});
    expect(await control.ask('{ tokens(first: 10) { nodes { name } } }')).toEqual({ tokens: { nodes: [] } });

    await terraform.applyAll(one('token', { name: 'in the state', scopes: ['QUEUE_READ'], secret_in_state: true }));
    expect(terraform.values('it')['secret']).toStartWith(textOf(terraform.values('it')['prefix']) ?? '?');
    await terraform.applyAll({});
  });

  test('that would go nowhere are not made', async () => {
    const config = { name: 'lost', scopes: ['QUEUE_READ'] };
    expect((await terraform.plan(one('token', config))).told).toEqual([
      'error: The secret would be lost (at secret_file): The secret is shown once. Say where it goes: secret_file = "PATH", or secret_in_state = true.',
    ]);
    expect(await terraform.validate(one('token', { ...config, secret_file: UNKNOWN }))).toEqual([]);
  });

  test('that cannot be written leave a token that the next apply replaces', async () => {
    const config = { name: 'unwritten', scopes: ['QUEUE_READ'], secret_file: join(folder, 'absent', 'token') };
    expect(await applied(one('token', config))).toEqual([
      expect.stringMatching(
        /^error: token unwritten cannot be created \(SECRET_LOST\) \(at secret_file\): .* the next apply makes another one\.$/,
      ),
    ]);
    expect(terraform.state.get('it')?.isTainted).toBe(true);
    const mended = { ...config, secret_file: join(folder, 'token2') };
    expect(await actionOf(one('token', mended))).toBe('REPLACE');
    await terraform.applyAll(one('token', mended));
    expect(await control.ask('{ tokens(first: 10) { nodes { name } } }')).toEqual({
      tokens: { nodes: [{ name: 'unwritten' }] },
    });
    await terraform.applyAll({});
  });
});

test('a webhook: made, changed, changed by others, imported by its address, removed', async () => {
  const config = {
    url: 'https://hooks.example.org/x',
    events: ['OUTAGE_OPENED', 'OUTAGE_CLOSED'],
    secret_in_state: true,
  };
  await terraform.applyAll(one('webhook', config));
  const made = terraform.values('it');
  expect(made).toMatchObject({
    status: 'ENABLED',
    description: '',
    domains: null,
    secret: expect.stringMatching(/^whsec_/),
  });
  expect(await actionOf(one('webhook', config))).toBe('NO_OP');
  await addDomain(control, 'hooked.example');
  const changed = { ...config, events: ['OUTAGE_OPENED'], domains: ['hooked.example'], description: 'pager' };
  await terraform.applyAll(one('webhook', changed));
  expect(terraform.values('it')).toMatchObject({ id: made['id'] ?? null, secret: made['secret'] ?? null });
  await control.ask(
    'mutation ($id: ID!) { webhookUpdate(input: { id: $id, description: "theirs" }) { userErrors { code } } }',
    { id: made['id'] },
  );
  expect(await actionOf(one('webhook', changed))).toBe('UPDATE');
  await terraform.applyAll(one('webhook', changed));
  // A form that the service keeps otherwise is a warning, and no damage.
  expect(await applied(one('webhook', { ...changed, description: 'pager ' }))).toEqual([
    'warning: description is kept in another form (at description): The service keeps it as "pager". Write it in that form, or every plan will change it.',
  ]);
  expect(terraform.state.get('it')?.isTainted).toBe(false);
  terraform.state.clear();
  expect(await terraform.import('it', 'backupmx_webhook', config.url)).toEqual([]);
  await terraform.applyAll({});
  expect(await control.ask('{ webhooks(first: 10) { nodes { url } } }')).toEqual({ webhooks: { nodes: [] } });
});

test('a tenant: made, limited, adopted, imported by name and id, removed', async () => {
  await terraform.applyAll(one('tenant', { name: 'Example Ltd.', most_domains: 10 }));
  const id = terraform.values('it')['id'] ?? null;
  await terraform.applyAll(one('tenant', { name: 'Example plc', most_tokens: 0 }));
  expect(terraform.values('it')).toMatchObject({ id, most_domains: null, most_tokens: 0 });
  expect(await actionOf(one('tenant', { name: 'Example plc', most_tokens: 0 }))).toBe('NO_OP');

  terraform.state.clear();
  expect(await applied(one('tenant', { name: 'Example plc' }))).toEqual([
    expect.stringMatching(/^error: tenant Example plc cannot be created \(ALREADY_EXISTS\) \(at name\): /),
  ]);
  await terraform.applyAll(one('tenant', { name: 'Example plc', adopt: true, most_webhooks: 3 }));
  expect(terraform.values('it')).toMatchObject({ id, most_webhooks: 3 });
  for (const known of ['Example plc', textOf(id) ?? '']) {
    terraform.state.clear();
    expect(await terraform.import('it', 'backupmx_tenant', known)).toEqual([]);
  }
  await terraform.applyAll({});
  type Answer = { tenants: { nodes: { name: string }[] } };
  const { tenants } = await control.ask<Answer>('{ tenants(first: 10) { nodes { name } } }');
  expect(tenants.nodes.map(({ name }) => name)).not.toContain('Example plc');
});
