/** Mistakes in a Terraform configuration: told when it is planned, on their line; and what was not known then, before anything is made. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type State, UNKNOWN } from '../../../src/clients/terraform/sdk/value.ts';
import { addDomain, type Harness } from '../../control/harness.ts';
import { type Configuration, createTerraform, type Planned, type Terraform } from '../../helpers/terraform-core.ts';
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
const DOMAIN = { name: 'a.example' };
const LIST = { domain: 'a.example', zone: 'bl.example.net' };
const WEBHOOK = { url: 'https://hooks.example.org/x', events: ['OUTAGE_OPENED'], secret_in_state: true };
const TOKEN_BLOCK = { name: 'a', scopes: ['QUEUE_READ'], secret_in_state: true };

test.each<[string, State, string]>([
  ['domain', { ...DOMAIN, etrn_clients: ['2001:DB8::/32'] }, '(at etrn_clients): Write it as "2001:db8::/32".'],
  ['domain', { ...DOMAIN, etrn_clients: ['192.0.2.0/33'] }, '(at etrn_clients): "192.0.2.0/33" is neither'],
  ['domain', { ...DOMAIN, dnsbl_allowed_clients: ['192.0.2'] }, '(at dnsbl_allowed_clients): "192.0.2" is neither'],
  ['domain', { ...DOMAIN, recipient_delimiter: '++' }, '(at recipient_delimiter): Expected one character'],
  ['domain', { ...DOMAIN, labels: { fine: '1', 'not fine': '2' } }, '(at labels.not fine): The key "not fine"'],
  ['dnsbl', { ...LIST, codes: ['127.0.0.2', '127.0.0.300'] }, '(at codes): "127.0.0.300" is not an answer'],
  ['dnsbl', { ...LIST, codes: ['192.0.2.1'] }, '(at codes): "192.0.2.1" is not an answer'],
  ['webhook', { ...WEBHOOK, url: 'hooks.example.org' }, '(at url): "hooks.example.org" is not a URL.'],
  ['webhook', { ...WEBHOOK, url: 'https://Hooks.example.org' }, '(at url): Write it as "https://hooks.example.org/".'],
  ['webhook', { ...WEBHOOK, events: ['OUTAGE_OPEN'] }, '(at events): "OUTAGE_OPEN" is not one of "BREAKER_CLOSED"'],
  ['webhook', { ...WEBHOOK, domains: ['A.example'] }, '(at domains): Write it in lower case'],
  ['token', { ...TOKEN_BLOCK, scopes: ['NONSENSE'] }, '(at scopes): "NONSENSE" is not one of "AUDIT_READ"'],
  ['token', { ...TOKEN_BLOCK, expires_at: 'tomorrow' }, '(at expires_at): "tomorrow" is not a time.'],
  ['token', { ...TOKEN_BLOCK, name: ' a' }, '(at name): Leave out the spaces around it: "a".'],
  ['token', { ...TOKEN_BLOCK, tenant_id: 'mine' }, '(at tenant_id): "mine" is not a UUID.'],
  ['tenant', { name: ' ' }, '(at name): It is empty.'],
])('%s: %p', async (type, config, line) => {
  const { told, changes } = await terraform.plan(one(type, config));
  expect(told).toEqual([expect.stringContaining(line)]);
  expect(changes).toEqual([]);
});

test.each<[string, State]>([
  ['domain', { ...DOMAIN, etrn_clients: ['2001:db8::/32', '192.0.2.7', '192.0.2.7/24'], recipient_delimiter: '+' }],
  ['dnsbl', { ...LIST, codes: ['127.0.0.2', '127.0.0.0/28'] }],
  ['webhook', { ...WEBHOOK, url: 'http://hooks.example.org:8080/x?y=1', domains: ['a.example'] }],
])('fine: %s %p', async (type, config) => {
  expect((await terraform.plan(one(type, config))).told).toEqual([]);
});

/** The plan, and what another resource has said meanwhile. */
function learnt(planned: Planned, values: State): Planned {
  const changes = planned.changes.map((change) => ({
    ...change,
    planned: { ...change.planned, ...values },
    config: { ...change.config, ...values },
  }));
  return { ...planned, changes };
}

describe('what was not known when it was planned is looked at before anything is made', () => {
  test('a secret that would go nowhere', async () => {
    const { secret_in_state: _, ...config } = TOKEN_BLOCK;
    const planned = await terraform.plan(one('token', { ...config, secret_file: UNKNOWN }));
    expect(await terraform.apply(learnt(planned, { secret_file: null }))).toEqual([
      expect.stringContaining('The secret would be lost (at secret_file)'),
    ]);
    expect(await control.ask('{ tokens(first: 10) { nodes { name } } }')).toEqual({ tokens: { nodes: [] } });
  });

  test('an empty User List, which would refuse nobody', async () => {
    await addDomain(control, 'a.example');
    const list = { domain: 'a.example', local_parts: ['alice'] };
    await terraform.applyAll(one('recipient_list', list));
    const planned = await terraform.plan(one('recipient_list', { ...list, local_parts: UNKNOWN, force: true }));
    expect(await terraform.apply(learnt(planned, { local_parts: [] }))).toEqual([
      expect.stringContaining('An empty User List is off'),
    ]);
    expect(await control.ask('{ domain(by: { name: "a.example" }) { recipientList { entryCount } } }')).toEqual({
      domain: { recipientList: { entryCount: 1 } },
    });
  });
});

describe('a file for a secret', () => {
  test('that others may read is replaced by one that they may not', async () => {
    const file = join(folder, 'open.token');
    await writeFile(file, 'of yesterday');
    await chmod(file, 0o644);
    await terraform.applyAll(one('token', { name: 'a', scopes: ['QUEUE_READ'], secret_file: file }));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toMatch(/^bmx_\S+\n$/);
    expect(await readdir(folder)).toEqual(['open.token']);
    await terraform.applyAll({});
  });

  test('that is a folder is told, and nothing is left beside it', async () => {
    const config = { name: 'a', scopes: ['QUEUE_READ'], secret_file: folder };
    const before = await readdir(join(folder, '..'));
    expect(await terraform.apply(await terraform.plan(one('token', config)))).toEqual([
      expect.stringContaining('(SECRET_LOST) (at secret_file)'),
    ]);
    const name = folder.slice(folder.lastIndexOf('/') + 1);
    const beside = (names: readonly string[]) => names.filter((each) => each.startsWith(name));
    expect(beside(await readdir(join(folder, '..')))).toEqual(beside(before));
    await terraform.applyAll({});
  });
});

describe('import', () => {
  test('by a name that several have asks for an id', async () => {
    const made = await Promise.all(
      [1, 2].map(() =>
        control.ask<{ tokenCreate: { token: { id: string } } }>(
          'mutation { tokenCreate(input: { name: "twin", scopes: [QUEUE_READ] }) { token { id } } }',
        ),
      ),
    );
    const told = await terraform.import('it', 'backupmx_token', 'twin');
    expect(told).toEqual([expect.stringContaining('everal tokens have the name "twin". Give the id of one: ')]);
    for (const { tokenCreate } of made) expect(told[0]).toContain(tokenCreate.token.id);
    expect(await terraform.import('it', 'backupmx_token', made[1]?.tokenCreate.token.id ?? '')).toEqual([]);
    await control.ask('mutation ($id: ID!) { tokenDelete(input: { id: $id }) { userErrors { code } } }', {
      id: made[0]?.tokenCreate.token.id,
    });
    await terraform.applyAll({});
  });

  test('in another spelling leaves nothing to do', async () => {
    await addDomain(control, 'spelt.example');
    const list = { domain: 'spelt.example', local_parts: ['alice'] };
    const zone = { domain: 'spelt.example', zone: 'bl.example.net' };
    await terraform.applyAll({ ...one('recipient_list', list), zone: { type: 'backupmx_dnsbl', config: zone } });
    terraform.state.clear();
    expect(await terraform.import('it', 'backupmx_recipient_list', 'Spelt.EXAMPLE')).toEqual([]);
    expect(await terraform.import('zone', 'backupmx_dnsbl', 'Spelt.EXAMPLE/BL.example.net')).toEqual([]);
    const { changes } = await terraform.plan({
      ...one('recipient_list', list),
      zone: { type: 'backupmx_dnsbl', config: zone },
    });
    expect(changes.map(({ action }) => action)).toEqual(['NO_OP', 'NO_OP']);
  });
});
