/**
 * The Terraform provider as it is released: six executables in zip files, as a registry and a mirror have them. The one of this
 * machine runs under the real Terraform without any other program. Building takes half a minute, so this is for `npm run smoke`.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControl, TOKEN } from '../control/harness.ts';
import { findProgram, run, runOrThrow } from '../helpers/child.ts';
import { unzip } from '../helpers/zip.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const program = findProgram('terraform');

let folder: string;
let version: string;
const release = (name: string) => readFile(join(folder, 'release', `terraform-provider-backupmx_${version}_${name}`));
const build = (target: string, ...platforms: string[]) =>
  runOrThrow('npm', ['run', '--silent', 'terraform:release', '--', target, ...platforms], {
    cwd: ROOT,
    timeoutMs: 300_000,
  });

beforeAll(async () => {
  ({ version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string });
  folder = await mkdtemp(join(tmpdir(), 'backup-mx-release-'));
  await build(folder);
}, 300_000);
afterAll(() => rm(folder, { recursive: true }));

/** Platform → the first octets of its executables, and the place and octets of its processor: ELF e_machine, Mach-O cputype, PE Machine. */
const PROGRAMS: readonly [platform: string, magic: string, machineAt: (file: Buffer) => number, machine: string][] = [
  ['linux_amd64', '7f454c46', () => 18, '3e00'],
  ['linux_arm64', '7f454c46', () => 18, 'b700'],
  ['darwin_amd64', 'cffaedfe', () => 4, '07000001'],
  ['darwin_arm64', 'cffaedfe', () => 4, '0c000001'],
  ['windows_amd64', '4d5a', (file) => file.readUInt32LE(0x3c) + 4, '6486'],
  ['windows_arm64', '4d5a', (file) => file.readUInt32LE(0x3c) + 4, '64aa'],
];

test.each(PROGRAMS)('%s: an executable of that system and processor', async (platform, magic, machineAt, machine) => {
  const files = unzip(await release(`${platform}.zip`));
  const name = `terraform-provider-backupmx_v${version}${platform.startsWith('windows') ? '.exe' : ''}`;
  expect([...files.keys()]).toEqual(['LICENSE', name]);
  const file = files.get(name) ?? Buffer.alloc(0);
  expect(file.length).toBeGreaterThan(50_000_000);
  expect(file.length).toBeLessThan(200_000_000);
  expect(file.toString('hex', 0, magic.length / 2)).toBe(magic);
  const at = machineAt(file);
  expect(file.toString('hex', at, at + machine.length / 2)).toBe(machine);
  // The provider is inside, and nothing of the machine that built it.
  expect(file.includes('backupmx_recipient_list')).toBe(true);
  expect(file.includes(ROOT)).toBe(false);
});

test('the files are those of a registry: their sums, and the protocol', async () => {
  const sums = (await release('SHA256SUMS')).toString().trim().split('\n');
  const names = (await readdir(join(folder, 'release'))).filter((name) => !name.endsWith('SHA256SUMS')).toSorted();
  expect(names).toHaveLength(7);
  const found = names.map(async (name) => {
    const content = await readFile(join(folder, 'release', name));
    return `${createHash('sha256').update(content).digest('hex')}  ${name}`;
  });
  expect(sums).toEqual(await Promise.all(found));
  expect(JSON.parse((await release('manifest.json')).toString())).toEqual({
    version: 1,
    metadata: { protocol_versions: ['6.0'] },
  });
});

test('the same sources give the same octets', async () => {
  const again = await mkdtemp(join(tmpdir(), 'backup-mx-again-'));
  // Of the platform whose executables are signed.
  await build(again, 'darwin_arm64');
  const name = `terraform-provider-backupmx_${version}_darwin_arm64.zip`;
  const [one, other] = await Promise.all([folder, again].map((each) => readFile(join(each, 'release', name))));
  expect(one?.equals(other ?? Buffer.alloc(0))).toBe(true);
  await rm(again, { recursive: true });
}, 120_000);

test('a platform that there is not is told, and nothing is built', async () => {
  const { code, stderr } = await run('npm', ['run', '--silent', 'terraform:release', '--', folder, 'plan9_amd64'], {
    cwd: ROOT,
  });
  expect(code).toBe(2);
  expect(stderr).toStartWith('usage: npm run terraform:release -- DIR [linux_amd64|');
});

if (program === null) console.warn('SKIPPED: the released provider under the real Terraform, which is not on PATH');
test.skipIf(program === null)(
  'the one of this machine runs from a mirror, without Node or any other program',
  async () => {
    const control = await startControl();
    const work = await mkdtemp(join(tmpdir(), 'backup-mx-runner-'));
    // A file of the user's folder is no setting of the provider.
    await writeFile(join(work, '.env'), 'BACKUP_MX_URL=http://127.0.0.1:1\nBACKUP_MX_TOKEN=of-the-folder\n');
    await writeFile(
      join(work, 'terraformrc'),
      `provider_installation {\n  filesystem_mirror {\n    path = "${join(folder, 'mirror')}"\n  }\n}\n`,
    );
    await writeFile(
      join(work, 'main.tf'),
      `terraform {
  required_providers {
    backupmx = { source = "backupmx/backupmx", version = "${version}" }
  }
}
provider "backupmx" { url = "${control.url}" }
variable "names" { default = ["one.example", "two.example"] }
resource "backupmx_domain" "all" {
  for_each = toset(var.names)
  name     = each.value
}
data "backupmx_service" "this" {}
output "version" { value = data.backupmx_service.this.version }
`,
    );
    const terraform = async (...args: string[]): Promise<string> => {
      const env = {
        PATH: '',
        HOME: work,
        TMPDIR: tmpdir(),
        TF_CLI_CONFIG_FILE: join(work, 'terraformrc'),
        CHECKPOINT_DISABLE: '1',
        ...(args[0] === 'init' ? {} : { BACKUP_MX_TOKEN: TOKEN }),
      };
      const { code, stdout, stderr } = await run(program ?? '', [...args, '-no-color'], {
        cwd: work,
        env,
        timeoutMs: 100_000,
      });
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
      return stdout.toString();
    };
    await terraform('init');
    expect(await terraform('apply', '-auto-approve')).toContain('2 added, 0 changed, 0 destroyed');
    expect(await terraform('plan', '-detailed-exitcode')).toContain('No changes.');
    expect(await terraform('output', '-raw', 'version')).toBe(version);
    expect(await terraform('destroy', '-auto-approve')).toContain('2 destroyed');
    await control.close();
    await rm(work, { recursive: true });
  },
  120_000,
);
