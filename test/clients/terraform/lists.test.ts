/** The data sources of Terraform that list, with each of their conditions; and alert contacts. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { ClientError } from '../../../src/clients/api/connection.ts';
import { type ApiParts, createApi } from '../../../src/clients/terraform/api.ts';
import { outagesSource } from '../../../src/clients/terraform/data-lists.ts';
import { newId } from '../../../src/mail/id.ts';
import { type State, textOf } from '../../../src/clients/terraform/sdk/value.ts';
import { addDomain, addTenant, type Harness, holdMessage, OPERATOR } from '../../control/harness.ts';
import { type Configuration, createTerraform, type Terraform } from '../../helpers/terraform-core.ts';
import { mailsTo } from '../../notify/spooled-mail.ts';
import { startTerraformScene, type TerraformScene } from './scene.ts';

let scene: TerraformScene;
let control: Harness;
let terraform: Terraform;
let otherId: string;

beforeAll(async () => {
  scene = await startTerraformScene();
  ({ control } = scene);
  otherId = (await addTenant(control.database, 'other')).tenantId;
  const { sql } = control.database;
  const ids = new Map<string, string>();
  for (const name of ['beta.example', 'alpha.example', 'alpine.example']) ids.set(name, await addDomain(control, name));
  await sql`update domains set labels = '{"customer":"acme","plan":"gold"}' where name = 'alpha.example'`;
  await sql`update domains set status = 'SUSPENDED' where name = 'alpine.example'`;
  await holdMessage(control.database, {
    destinationId: ids.get('alpha.example') ?? '',
    addresses: ['user@alpha.example'],
  });
  for (const [name, endedAt] of [
    ['beta.example', null],
    ['alpha.example', new Date()],
  ] as const) {
    await sql`
      insert into outages (id, tenant_id, destination_id, started_at, ended_at, drained_at, class, last_reply)
      values (${newId()}, ${OPERATOR.tenantId}, ${ids.get(name) ?? ''}, bmx_now(), ${endedAt}, ${endedAt}, 'DOWN', '[refused]')`;
  }
});
afterAll(() => scene.close());
beforeEach(async () => {
  terraform = await createTerraform(scene.plugin);
});

describe('data sources', () => {
  test.each<[State, readonly string[]]>([
    [{}, ['alpha.example', 'alpine.example', 'beta.example']],
    [{ name_prefix: 'AL' }, ['alpha.example', 'alpine.example']],
    [{ labels: { customer: 'acme', plan: 'gold' } }, ['alpha.example']],
    [{ labels: { customer: 'acme', plan: 'silver' } }, []],
    [{ statuses: ['SUSPENDED'] }, ['alpine.example']],
    [{ situations: ['SUSPENDED'], name_prefix: 'b' }, []],
    [{ situations: ['SUSPENDED', 'FINE'], name_prefix: 'alpi' }, ['alpine.example']],
    [{ has_open_outage: true }, ['beta.example']],
    [{ is_holding: false, has_open_outage: false, statuses: ['SUSPENDED'] }, ['alpine.example']],
    [{ breaker: ['OPEN', 'TRIAL'] }, []],
    [{ doctor: ['PROBLEM'] }, []],
    [{ tenant_id: '01890000-0000-7000-8000-000000000000' }, []],
  ])('domains with %p', async (config, names) => {
    const { values, told } = await terraform.readData('backupmx_domains', config);
    expect(told).toEqual([]);
    expect(values?.['names']).toEqual(names);
  });

  test('a domain as it is listed; a wrong word is told on its line', async () => {
    const { values } = await terraform.readData('backupmx_domains', { name_prefix: 'alpha' });
    expect(values?.['domains']).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'alpha.example',
        status: 'ACTIVE',
        situation: expect.any(String),
        tenant_id: OPERATOR.tenantId,
        labels: { customer: 'acme', plan: 'gold' },
        held_count: 1,
        recipient_count: 0,
      },
    ]);
    expect((await terraform.readData('backupmx_domains', { situations: ['ILL'] })).told).toEqual([
      expect.stringMatching(/^error: situations cannot be used \(at situations\): "ILL" is not one of "BREAKER_OPEN"/),
    ]);
  });

  test('tenants, by name', async () => {
    const { values, told } = await terraform.readData('backupmx_tenants', {});
    expect(told).toEqual([]);
    expect(values?.['tenants']).toMatchObject([
      { name: 'operator', is_suspended: false, most_domains: null },
      { id: otherId, name: 'other', is_suspended: false },
    ]);
  });

  test.each<[State, readonly string[]]>([
    [{}, ['alpha.example', 'beta.example']],
    [{ is_open: true }, ['beta.example']],
    [{ is_open: false }, ['alpha.example']],
    [{ domain: 'alpha.example', is_open: true }, []],
  ])('outages with %p', async (config, names) => {
    const { values, told } = await terraform.readData('backupmx_outages', config);
    expect(told).toEqual([]);
    const outages = values?.['outages'] as readonly State[];
    expect(outages.map(({ domain }) => textOf(domain) ?? '').toSorted()).toEqual([...names]);
    for (const each of outages) {
      expect(each).toMatchObject({ kind: 'DOWN', last_reply: '[refused]', failed_count: 0 });
      expect(each['ended_at'] === null).toBe(each['domain'] === 'beta.example');
    }
  });
});

test('more than a state should hold is an error that says what to do', async () => {
  const nodes = Array.from({ length: 100 }, (_, index) => ({ id: `${index}`, domainName: 'a.example' }));
  const outages = { nodes, pageInfo: { hasNextPage: true, endCursor: 'next' } };
  const ask: ApiParts['ask'] = async <T>() => ({ outages }) as T;
  const api = createApi({ ask, pause: async () => false, now: () => new Date() });
  const told = await outagesSource.read(api, {}).catch((error: unknown) => error);
  expect(told).toEqual(new ClientError('more than 10000 outages are found: narrow the filter'));
});

describe('an alert contact', () => {
  const one = (config: State): Configuration => ({ it: { type: 'backupmx_alert_contact', config } });
  const applied = async (configuration: Configuration) => terraform.apply(await terraform.plan(configuration));
  const actionOf = async (config: State) => (await terraform.plan(one(config))).changes[0]?.action;
  const address = 'admin@watch.example.net';
  const mailCount = async (of: string) => (await mailsTo(control.database, of)).length;

  test('is made with one code, changed without another, made anew at another address, and removed', async () => {
    await terraform.applyAll(one({ address }));
    expect(terraform.values('it')).toMatchObject({
      status: 'UNCONFIRMED',
      domains: null,
      tenant_id: OPERATOR.tenantId,
    });
    expect(await actionOf({ address })).toBe('NO_OP');
    await terraform.applyAll(one({ address, domains: ['alpha.example', 'beta.example'] }));
    expect(await actionOf({ address, domains: ['beta.example', 'alpha.example'] })).toBe('NO_OP');
    expect(await mailCount(address)).toBe(1);
    await control.database.sql`update alert_contacts set confirmed_at = bmx_now(), code_hash = null, code_until = null`;
    await terraform.applyAll(one({ address }));
    expect(await actionOf({ address })).toBe('NO_OP');
    expect(terraform.values('it')).toMatchObject({ domains: null });
    expect(await actionOf({ address: 'other@watch.example.net' })).toBe('REPLACE');
    await terraform.applyAll({});
    expect(await control.ask('{ alertContacts(first: 5) { totalCount } }')).toEqual({
      alertContacts: { totalCount: 0 },
    });
  });

  test('that is there is adopted or imported; nothing is mailed for it', async () => {
    const theirs = 'theirs@watch.example.net';
    await control.ask(
      `mutation { alertContactCreate(input: { address: "${theirs}", domains: ["alpha.example"] }) { userErrors { code } } }`,
    );
    expect(await applied(one({ address: theirs }))).toEqual([
      expect.stringContaining('(ALREADY_EXISTS) (at address): There is such an alert contact; it is UNCONFIRMED.'),
    ]);
    expect(await terraform.import('it', 'backupmx_alert_contact', theirs)).toEqual([]);
    expect(await actionOf({ address: theirs, domains: ['alpha.example'] })).toBe('NO_OP');
    terraform.state.clear();
    await terraform.applyAll(one({ address: theirs, adopt: true }));
    expect(terraform.values('it')['domains']).toBeNull();
    expect(await mailCount(theirs)).toBe(1);
    await terraform.applyAll({});
  });

  test.each<[State, string]>([
    [{ address: 'nobody' }, '(at address): "nobody" is not a mail address, such as "admin@example.net".'],
    [{ address: 'a@Example.NET' }, '(at address): Write it as "a@example.net".'],
    [{ address: 'a@b.example', domains: ['Alpha.example'] }, '(at domains): Write it in lower case'],
    [{ address: 'a@alpha.example' }, '(INSIDE_DOMAIN) (at address): '],
    [{ address: 'a@b.example', domains: ['absent.example'] }, '(NOT_FOUND) (at domains): '],
  ])('wrong: %p', async (config, line) => {
    const planned = await terraform.plan(one(config));
    expect([...planned.told, ...(await terraform.apply({ ...planned, told: [] }))]).toEqual([
      expect.stringContaining(line),
    ]);
    expect(terraform.state.size).toBe(0);
  });
});
