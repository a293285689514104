/**
 * `npm run terraform:build`: the Terraform provider as a file that any Node 20 runs, put where Terraform looks for it.
 *
 * Without an argument beside examples/terraform/main.tf; with one beside the main.tf of that folder:
 * `npm run terraform:build -- ../infrastructure`. Terraform finds it there without any configuration of its own.
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
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
  entrypoints: [join(ROOT, 'src/terraform/main.ts')],
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
console.log(file);
