/** The provider as it is installed: built by the script of package.json, started by its first line. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { terraformPages } from '../../bin/terraform-docs.ts';
import { runOrThrow } from '../helpers/child.ts';
import { startPlugin } from '../helpers/terraform-plugin.ts';

const ROOT = join(import.meta.dirname, '..', '..');
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

test('everything it offers has its page with an example, linked from the first one', async () => {
  const first = await readFile(join(ROOT, 'docs/terraform/README.md'), 'utf8');
  for (const [path, page] of terraformPages()) {
    expect(first).toContain(`(${path.replace('docs/terraform/', '')})`);
    expect(page).toContain('```hcl');
  }
});
