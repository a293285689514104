/** The provider as it is installed: built by the script of package.json, started by its first line. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { terraformPages } from '../../../bin/terraform-docs.ts';
import { runOrThrow } from '../../helpers/child.ts';
import { startPlugin } from '../../helpers/terraform-plugin.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backup-mx-provider-'));
  // As in this repository, where files without an extension are ES modules.
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const { stdout } = await runOrThrow('npm', ['run', '--silent', 'terraform:build', '--', folder], { cwd: ROOT });
  file = stdout.toString().trim();
});
afterAll(() => rm(folder, { recursive: true }));

test('is where Terraform looks without configuration, runs on the Node of the machine, and needs nothing else', async () => {
  expect(file.slice(folder.length)).toMatch(
    /^\/terraform\.d\/plugins\/registry\.terraform\.io\/backupmx\/backupmx\/([\d.]+)\/\w+_\w+\/terraform-provider-backupmx_v\1$/,
  );
  expect((await readFile(file, 'utf8')).startsWith('#!/usr/bin/env node\n')).toBe(true);
  const { mode, size } = await stat(file);
  expect(mode & 0o777).toBe(0o755);
  expect(size).toBeLessThan(1_000_000);
  const startedAtMs = performance.now();
  const plugin = await startPlugin({ command: [file] });
  // Terraform gives a minute; it starts the provider in every phase, so a second is felt.
  expect(performance.now() - startedAtMs).toBeLessThan(30_000);
  const { resource_schemas: schemas } = await plugin.call<{ resource_schemas: object }>('GetProviderSchema');
  expect(Object.keys(schemas)).toContain('backupmx_domain');
  expect(await plugin.shutdown()).toBe(0);
});

test('a lock file forgets another build of it, and nothing else', async () => {
  const lock = join(folder, '.terraform.lock.hcl');
  const other = 'provider "registry.terraform.io/hashicorp/null" {\n  version = "3.2.3"\n}\n';
  const ours = (hash: string) =>
    `provider "registry.terraform.io/backupmx/backupmx" {\n  version = "0.1.0"\n  hashes = [\n    "${hash}",\n  ]\n}\n`;
  const build = () => runOrThrow('npm', ['run', '--silent', 'terraform:build', '--', folder], { cwd: ROOT });
  await writeFile(lock, `# kept\n\n${ours('h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=')}\n${other}`);
  const { stdout, stderr } = await build();
  expect(stdout.toString().trim()).toBe(file);
  expect(stderr).toContain('Run terraform init.');
  expect(await readFile(lock, 'utf8')).toBe(`# kept\n\n\n${other}`);

  // With its own hash, as Terraform reckons it, it stays.
  const hash = createHash('sha256');
  for (const name of ['package.json', basename(file)]) {
    const content = await readFile(join(dirname(file), name));
    hash.update(`${createHash('sha256').update(content).digest('hex')}  ${name}\n`);
  }
  const known = other + ours(`h1:${hash.digest('base64')}`);
  await writeFile(lock, known);
  expect((await build()).stderr).toBe('');
  expect(await readFile(lock, 'utf8')).toBe(known);
});

test('everything it offers has its page with an example, linked from the first one', async () => {
  const first = await readFile(join(ROOT, 'docs/terraform/index.md'), 'utf8');
  for (const [path, page] of terraformPages()) {
    expect(first).toContain(`(${path.replace('docs/terraform/', '')})`);
    expect(page).toContain('```terraform');
  }
});
