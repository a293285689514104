/**
 * The built provider under the real Terraform, offline and without configuration, against a real control plane. `npm run
 * test:terraform` runs this where `terraform` is on PATH. Elsewhere it is skipped, and the same scenarios run against
 * test/helpers/terraform-core.ts in the files beside it.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createProvider } from '../../../src/clients/terraform/provider.ts';
import { type Harness, holdMessage, OPERATOR, startControl, TOKEN } from '../../control/harness.ts';
import { findProgram, type Finished, run, runOrThrow } from '../../helpers/child.ts';
import { type FailingGateway, startFailingGateway } from '../../helpers/failing-gateway.ts';
import { unzip } from '../../helpers/zip.ts';
import { findDomain } from '../../../src/domains/domains.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const isAsked = ['test:terraform', 'smoke'].includes(process.env['npm_lifecycle_event'] ?? '');
const program = isAsked ? findProgram('terraform') : null;
if (program === null) {
  const reason = isAsked ? 'which is not on PATH' : 'which takes a minute; npm run test:terraform';
  console.warn(`SKIPPED: the provider under the real Terraform, ${reason}`);
}
const withTerraform = test.skipIf(program === null);

let control: Harness;
let gateway: FailingGateway;
let built: string;
let folder: string;
/** Variables of Terraform's log, off unless a test looks into it. */
let logging: Readonly<Record<string, string>>;

beforeAll(async () => {
  if (program === null) return;
  control = await startControl();
  gateway = await startFailingGateway(control.url);
  built = await mkdtemp(join(tmpdir(), 'backup-mx-provider-'));
  await runOrThrow('npm', ['run', '--silent', 'terraform:build', '--', built], { cwd: ROOT });
});
afterAll(async () => {
  if (program === null) return;
  gateway.close();
  await control.close();
  await rm(built, { recursive: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backup-mx-terraform-'));
  logging = {};
  if (program === null) return;
  gateway.decide(() => 'PASS');
  await cp(join(built, 'terraform.d'), join(folder, 'terraform.d'), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

/** Everything that Terraform has written into its folder, plans opened: the provider itself is not among it. */
async function written(): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.d') && name !== '.terraform');
  const files = new Map<string, string>();
  for (const name of names) {
    const octets = await readFile(join(folder, name));
    if (octets.toString('latin1', 0, 2) !== 'PK') files.set(name, octets.toString());
    else for (const [inner, content] of unzip(octets)) files.set(`${name}/${inner}`, content.toString('latin1'));
  }
  return files;
}

/** Files in which a secret could stand. */
const KEPT = [
  'terraform.tfstate',
  'terraform.tfstate.backup',
  'terraform.log',
  'saved.plan/tfplan',
  'saved.plan/tfstate',
];
const SECRET = /bmx_[\w-]{43}/;

/** After two applies of `saved.plan` with a log. */
async function holdNoSecret(): Promise<void> {
  const files = await written();
  expect([...files.keys()]).toEqual(expect.arrayContaining(KEPT));
  // They are read as they are: what a plan is about stands in it.
  expect(files.get('saved.plan/tfplan')).toContain('backupmx_');
  expect([...files].filter(([, content]) => SECRET.test(content)).map(([name]) => name)).toEqual([]);
}

function terraform(...args: string[]): Promise<Finished> {
  const { PATH = '', HOME = '/' } = process.env;
  const env = {
    PATH,
    HOME,
    TMPDIR: tmpdir(),
    TF_CLI_CONFIG_FILE: '/dev/null',
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    ...logging,
    BACKUP_MX_URL: gateway.url,
    BACKUP_MX_TOKEN: TOKEN,
  };
  return run(program ?? '', [...args, '-no-color'], { cwd: folder, env, timeoutMs: 100_000 });
}

async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await terraform(...args);
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
  return stdout.toString();
}

/** What goes wrong, with the spaces and frames of its lines as single spaces. */
async function refused(...args: string[]): Promise<string> {
  const { code, stderr } = await terraform(...args);
  expect(code).toBe(1);
  return stderr.replaceAll(/[\s│╷╵]+/g, ' ');
}

async function describe(blocks: string): Promise<void> {
  const head = 'terraform {\n  required_providers {\n    backupmx = { source = "backupmx/backupmx" }\n  }\n}\n';
  await writeFile(join(folder, 'main.tf'), head + blocks);
}

/** 0: nothing to do, 2: something. */
const planCode = async () => (await terraform('plan', '-detailed-exitcode')).code;
const apply = () => done('apply', '-auto-approve');

withTerraform('apply, no-op plan, update, drift, replace, destroy', async () => {
  const domain = (name: string, label: string) =>
    describe(`resource "backupmx_domain" "a" {\n  name = "${name}"\n  labels = { a = "${label}" }\n}\n`);
  await domain('life.example', '1');
  await done('init');
  expect(await apply()).toContain('1 added, 0 changed, 0 destroyed');
  expect(await planCode()).toBe(0);
  await domain('life.example', '2');
  expect(await apply()).toContain('0 added, 1 changed, 0 destroyed');
  await control.ask('mutation { domainUpdate(input: { name: "life.example", labels: [] }) { userErrors { code } } }');
  expect(await planCode()).toBe(2);
  expect(await apply()).toContain('0 added, 1 changed, 0 destroyed');
  await domain('other.example', '2');
  expect(await done('plan')).toContain('forces replacement');
  expect(await apply()).toContain('1 added, 0 changed, 1 destroyed');
  expect(await done('destroy', '-auto-approve')).toContain('1 destroyed');
  expect(await control.ask('{ domains(first: 10) { nodes { name } } }')).toEqual({ domains: { nodes: [] } });
});

withTerraform('a destroy that stops at held mail leaves the User List of the domain in force', async () => {
  const block = (choice: string) =>
    describe(`resource "backupmx_domain" "a" {
  name = "held.example"
${choice}}

resource "backupmx_recipient_list" "a" {
  domain      = backupmx_domain.a.name
  local_parts = ["alice"]
}
`);
  await block('');
  await done('init');
  expect(await apply()).toContain('2 added');
  const { id } = (await findDomain(control.domains.sql, OPERATOR, 'held.example')) ?? { id: '' };
  const [domain] = await control.database.sql<{ destination_id: string }[]>`
    select destination_id from domains where id = ${id}`;
  await holdMessage(control.database, {
    destinationId: domain?.destination_id ?? '',
    addresses: ['alice@held.example'],
  });
  expect(await refused('destroy', '-auto-approve')).toContain('HELD_MAIL');
  expect(
    await control.ask('{ domain(by: { name: "held.example" }) { status recipientList { isEnabled entryCount } } }'),
  ).toMatchObject({ domain: { status: 'ACTIVE', recipientList: { isEnabled: true, entryCount: 1 } } });
  await block('  on_delete = "CANCEL"\n');
  await done('apply', '-auto-approve', '-target=backupmx_domain.a');
  await done('destroy', '-auto-approve');
  expect(await control.ask('{ domain(by: { name: "held.example" }) { status } }')).toEqual({ domain: null });
});

withTerraform('import by command, then nothing to do', async () => {
  await control.ask('mutation { domainCreate(input: { name: "import.example" }) { userErrors { code } } }');
  await describe('resource "backupmx_domain" "a" {\n  name = "import.example"\n}\n');
  await done('init');
  expect(await refused('apply', '-auto-approve')).toContain('Set adopt = true');
  await done('import', 'backupmx_domain.a', 'import.example');
  expect(await planCode()).toBe(0);
  await done('destroy', '-auto-approve');
});

withTerraform('two hundred domains', async () => {
  await describe(
    'resource "backupmx_domain" "many" {\n  for_each = toset([for n in range(200) : "n${n}.example"])\n  name = each.key\n}\n',
  );
  await done('init');
  expect(await apply()).toContain('200 added');
  expect(await planCode()).toBe(0);
  expect(await done('destroy', '-auto-approve')).toContain('200 destroyed');
});

withTerraform('ten thousand mailboxes in a file; a domain under another address stays the same', async () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `first${index}.last${index}\n`);
  await writeFile(join(folder, 'users.txt'), names.join(''));
  const block = (address: string) =>
    `resource "backupmx_domain" "${address}" {\n  name = "long.example"\n  local_parts_file = "users.txt"\n}\n`;
  await describe(block('a'));
  await done('init');
  expect(await apply()).toContain('1 added');
  expect(await planCode()).toBe(0);
  await describe(`${block('b')}moved {\n  from = backupmx_domain.a\n  to   = backupmx_domain.b\n}\n`);
  expect(await apply()).toContain('0 added, 0 changed, 0 destroyed');
  expect(await control.ask('{ domain(by: { name: "long.example" }) { recipientList { entryCount } } }')).toEqual({
    domain: { recipientList: { entryCount: 10_000 } },
  });
  await done('destroy', '-auto-approve');
});

withTerraform('wrong input is told on its line', async () => {
  await describe('resource "backupmx_domain" "a" {\n  name = "Upper.Example"\n}\n');
  await done('init');
  const said = await refused('plan');
  expect(said).toContain('on main.tf line 7, in resource "backupmx_domain" "a"');
  expect(said).toContain('Write it in lower case and as A-label: "upper.example".');
});

withTerraform('a service that goes away in the middle of an apply', async () => {
  await describe(
    'resource "backupmx_domain" "many" {\n  for_each = toset([for n in range(12) : "away${n}.example"])\n  name = each.key\n}\n',
  );
  await done('init');
  gateway.decide((number) => (number <= 5 ? 'PASS' : 'REFUSE'));
  expect(await refused('apply', '-auto-approve')).toContain('BACKUP_MX_URL says where the service is');
  gateway.decide(() => 'PASS');
  expect(await apply()).toContain('7 added, 0 changed, 0 destroyed');
  await done('destroy', '-auto-approve');
});

withTerraform('the examples of all pages, applied together, twice', async () => {
  const { resources, ephemeralResources, dataSources } = createProvider({
    env: {},
    stopping: new AbortController(),
    now: () => new Date(),
  });
  const examples = [resources, ephemeralResources, dataSources]
    .flatMap((each) => Object.values(each))
    .map(({ example }) => example);
  await describe(
    examples
      .join('\n\n')
      .replaceAll(/\bdomain( *)= "example\.org"/g, 'domain$1= backupmx_domain.example.name')
      .replaceAll('domains = ["example.org"]', 'domains = [backupmx_domain.example.name]')
      .replaceAll(
        /(data "backupmx_(?:domain|doctor)" "example" \{\n) *name = .*/g,
        '$1  name = backupmx_domain.example.name',
      ),
  );
  await done('init');
  const count = examples.join('\n').match(/^resource "/gm)?.length;
  expect(await apply()).toContain(`${count} added, 0 changed, 0 destroyed`);
  expect(await planCode()).toBe(0);
  const state = await readFile(join(folder, 'terraform.tfstate'), 'utf8');
  for (const file of ['monitoring.token', 'webhook.secret']) {
    expect(state).not.toContain((await readFile(join(folder, file), 'utf8')).trim());
  }
  await done('destroy', '-auto-approve');
});

withTerraform('a token for the run: another provider block speaks with it, and its secret stands nowhere', async () => {
  const narrow = (lifetime: number, label: string) =>
    describe(`ephemeral "backupmx_token" "run" {
  name             = "run"
  scopes           = ["DOMAIN_WRITE"]
  lifetime_minutes = ${lifetime}
}
provider "backupmx" {
  alias = "narrow"
  token = ephemeral.backupmx_token.run.secret
}
resource "backupmx_domain" "a" {
  provider = backupmx.narrow
  name     = "run.example"
  labels   = { a = "${label}" }
}
`);
  await narrow(0, '1');
  await done('init');
  const said = await refused('plan');
  expect(said).toContain('on main.tf line 9, in ephemeral "backupmx_token" "run"');
  expect(said).toContain('Expected a whole number from 1 to 1440.');

  logging = { TF_LOG: 'TRACE', TF_LOG_PATH: join(folder, 'terraform.log') };
  for (const label of ['1', '2']) {
    await narrow(5, label);
    await done('plan', '-out=saved.plan');
    expect(await done('apply', 'saved.plan')).toContain(label === '1' ? '1 added' : '1 changed');
  }
  expect(await planCode()).toBe(0);
  type Entries = { auditEntries: { nodes: { mutation: string; tokenName: string | null }[] } };
  const filter = '{ subject: "run.example" }';
  const { auditEntries } = await control.ask<Entries>(
    `{ auditEntries(first: 9, filter: ${filter}) { nodes { mutation tokenName } } }`,
  );
  expect(auditEntries.nodes).toEqual([
    { mutation: 'DOMAIN_UPDATE', tokenName: 'run' },
    { mutation: 'DOMAIN_CREATE', tokenName: 'run' },
  ]);
  await holdNoSecret();
  expect(await control.ask('{ tokens(first: 10) { nodes { name } } }')).toEqual({ tokens: { nodes: [] } });
  await done('destroy', '-auto-approve');
  expect(await control.ask('{ tokens(first: 10) { nodes { name } } }')).toEqual({ tokens: { nodes: [] } });
});

withTerraform('a token whose secret goes to a store and stands nowhere else', async () => {
  const shelf = await mkdtemp(join(tmpdir(), 'backup-mx-store-'));
  const store = join(shelf, 'secret');
  const stored = (version: number) =>
    describe(`ephemeral "backupmx_token_secret" "a" {}
resource "backupmx_token" "a" {
  name              = "stored"
  scopes            = ["QUEUE_READ"]
  secret_wo         = ephemeral.backupmx_token_secret.a.secret
  secret_wo_version = ${version}
}
resource "terraform_data" "store" {
  triggers_replace = [${version}]
  provisioner "local-exec" {
    command     = "printf %s \\"$SECRET\\" > ${store}"
    environment = { SECRET = ephemeral.backupmx_token_secret.a.secret }
  }
}
`);
  await stored(0);
  await done('init');
  expect(await refused('plan')).toContain('on main.tf line 11, in resource "backupmx_token" "a"');
  logging = { TF_LOG: 'TRACE', TF_LOG_PATH: join(folder, 'terraform.log') };
  const secrets: string[] = [];
  for (const version of [1, 2]) {
    await stored(version);
    await done('plan', '-out=saved.plan');
    await done('apply', 'saved.plan');
    secrets.push(await readFile(store, 'utf8'));
    expect(await planCode()).toBe(0);
  }
  // Rotated: the first is taken for a day more.
  const statuses = await Promise.all(
    secrets.map(async (secret) => {
      const headers = { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' };
      return (await fetch(`${control.url}/graphql`, { method: 'POST', headers, body: '{"query":"{viewer{scopes}}"}' }))
        .status;
    }),
  );
  expect([new Set(secrets).size, ...statuses]).toEqual([2, 200, 200]);
  await holdNoSecret();
  await done('destroy', '-auto-approve');
  await rm(shelf, { recursive: true });
});
