/**
 * `npm run terraform:build`: the Terraform provider as a file that any Node 20 runs, put where Terraform looks for it.
 *
 * Without an argument beside examples/terraform/main.tf; with one beside the main.tf of that folder:
 * `npm run terraform:build -- ../infrastructure`. Terraform finds it there without any configuration of its own. Its entry in a
 * lock file of Terraform's goes where it is of another build; nothing else there is touched.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** As Terraform names machines. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const target = resolve(process.argv[2] ?? join(ROOT, 'examples/terraform'));
const machine = `${process.platform}_${ARCHITECTURES[process.arch] ?? process.arch}`;
const folder = join(target, 'terraform.d/plugins/registry.terraform.io/backupmx/backupmx', version, machine);

const built = await Bun.build({
  entrypoints: [join(ROOT, 'src/clients/terraform/main.ts')],
  target: 'node',
  format: 'cjs',
  minify: true,
});
const [code] = built.outputs;
if (code === undefined) throw new Error('nothing was built');
const file = join(folder, `terraform-provider-backupmx_v${version}`);
await mkdir(folder, { recursive: true });
await writeFile(file, `#!/usr/bin/env node\n${await code.text()}`);
await chmod(file, 0o755);
// Beside a package.json that says "module", as ours does, a file without an extension would be one.
await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
await unlock(join(target, '.terraform.lock.hcl'));
console.log(file);

/** Terraform refuses a build of the same version that its lock file does not know: the entry of the one before is taken out. */
async function unlock(path: string): Promise<void> {
  const lock = await readFile(path, 'utf8').catch(() => '');
  const [entry = ''] = /^provider "registry\.terraform\.io\/backupmx\/backupmx" \{\n(?:.*\n)*?\}\n?/m.exec(lock) ?? [];
  if (entry === '' || entry.includes(`"${await packageHash()}"`)) return;
  await writeFile(path, lock.replace(entry, ''));
  console.error(`${path}: the entry of another build is taken out. Run terraform init.`);
}

/** The checksum of a folder as Terraform has it: `h1:`, and the SHA-256 of the names with their files' SHA-256. */
async function packageHash(): Promise<string> {
  const lines = ['package.json', basename(file)].map(async (name) => {
    const content = await readFile(join(folder, name));
    return `${createHash('sha256').update(content).digest('hex')}  ${name}\n`;
  });
  const all = (await Promise.all(lines)).join('');
  return `h1:${createHash('sha256').update(all).digest('base64')}`;
}
