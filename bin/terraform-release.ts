/**
 * `npm run terraform:release -- DIR`: the Terraform provider as executables that need nothing on the runner, for six platforms.
 *
 * DIR/release has what a registry takes: zip files, `…_manifest.json` and `…_SHA256SUMS`. DIR/mirror has the same zip files as a
 * `filesystem_mirror`. The same commit gives the same octets. `… -- DIR linux_amd64 darwin_arm64` builds some platforms only.
 *
 * Each executable is Bun of its platform with the provider inside. That Bun is an npm package of the version in package-lock.json,
 * which also has its hash; it is fetched by npm when it is needed, and kept nowhere else.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { zip } from './zip.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HOST = 'registry.terraform.io/backupmx/backupmx';
/** Terraform's name of a platform → Bun's, in packages and as a target. */
const PLATFORMS = {
  linux_amd64: { bun: 'linux-x64', target: 'bun-linux-x64' },
  linux_arm64: { bun: 'linux-aarch64', target: 'bun-linux-arm64' },
  darwin_amd64: { bun: 'darwin-x64', target: 'bun-darwin-x64' },
  darwin_arm64: { bun: 'darwin-aarch64', target: 'bun-darwin-arm64' },
  windows_amd64: { bun: 'windows-x64', target: 'bun-windows-x64' },
  windows_arm64: { bun: 'windows-aarch64', target: 'bun-windows-arm64' },
} as const;
/** Octets of a header in a tar file, and what contents are filled up to. */
const BLOCK = 512;
/** Each takes half a gigabyte of memory for a moment. */
const AT_ONCE = 2;
type Platform = keyof typeof PLATFORMS;

interface Locked {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
}

const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as Locked;
const [target, ...asked] = process.argv.slice(2);
const platforms = Object.keys(PLATFORMS) as Platform[];
const unknown = asked.find((name) => !platforms.includes(name as Platform));
if (target === undefined || unknown !== undefined) {
  console.error(`usage: npm run terraform:release -- DIR [${platforms.join('|')}]...`);
  process.exit(2);
}
const base = `terraform-provider-backupmx_${version}`;
const [release, mirror] = [join(resolve(target), 'release'), join(resolve(target), 'mirror', HOST)];
for (const folder of [release, mirror]) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}
const work = await mkdtemp(join(tmpdir(), 'backup-mx-release-'));
try {
  const manifest = { version: 1, metadata: { protocol_versions: ['6.0'] } };
  const wanted = platforms.filter((name) => asked.length === 0 || asked.includes(name));
  const files = [await put(`${base}_manifest.json`, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`))];
  for (let first = 0; first < wanted.length; first += AT_ONCE) {
    files.push(...(await Promise.all(wanted.slice(first, first + AT_ONCE).map(putPlatform))));
  }
  const sums = files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  await put(`${base}_SHA256SUMS`, Buffer.from(sums.map(({ name, hash }) => `${hash}  ${name}\n`).join('')));
} finally {
  await rm(work, { recursive: true });
}

async function put(name: string, content: Buffer): Promise<{ readonly name: string; readonly hash: string }> {
  await writeFile(join(release, name), content);
  return { name, hash: createHash('sha256').update(content).digest('hex') };
}

async function putPlatform(platform: Platform) {
  const name = `${base}_${platform}.zip`;
  const file = await put(name, await build(platform));
  await link(join(release, name), join(mirror, name));
  console.log(name);
  return file;
}

/** The zip file of a platform. */
async function build(platform: Platform): Promise<Buffer> {
  const folder = join(work, platform);
  await mkdir(folder);
  const bun = join(folder, 'bun');
  await writeFile(bun, await fetchBun(PLATFORMS[platform].bun, folder), { mode: 0o755 });
  // Its name is part of the octets.
  const name = `terraform-provider-backupmx_v${version}${platform.startsWith('windows') ? '.exe' : ''}`;
  await Bun.build({
    entrypoints: [join(ROOT, 'src/clients/terraform/main.ts')],
    minify: true,
    // Bun writes in its place the folder of a module that asks for it, and the octets would differ from checkout to checkout.
    define: { __dirname: '"/"' },
    compile: {
      target: PLATFORMS[platform].target,
      executablePath: bun,
      outfile: join(folder, name),
      // It is started in folders of others, whose files are not settings of it.
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  });
  const content = await readFile(join(folder, name));
  const license = await readFile(join(ROOT, 'LICENSE'));
  const packed = await zip([
    { name: 'LICENSE', content: license, mode: 0o644 },
    { name, content, mode: 0o755 },
  ]);
  await rm(folder, { recursive: true });
  return packed;
}

/** The executable in the npm package, whose hash must be that of package-lock.json. */
async function fetchBun(name: string, folder: string): Promise<Buffer> {
  const locked = packages[`node_modules/@oven/bun-${name}`];
  if (locked === undefined) throw new Error(`package-lock.json has no @oven/bun-${name}`);
  if (locked.version !== Bun.version) throw new Error(`this is Bun ${Bun.version}: run npm ci for ${locked.version}`);
  const npm = [
    'pack',
    '--silent',
    '--prefer-offline',
    '--pack-destination',
    folder,
    `@oven/bun-${name}@${locked.version}`,
  ];
  const { stdout } = await promisify(execFile)('npm', npm, { cwd: folder });
  const archive = await readFile(join(folder, stdout.trim()));
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  if (integrity !== locked.integrity) throw new Error(`@oven/bun-${name} has another hash than in package-lock.json`);
  return programOf(await promisify(gunzip)(archive));
}

/** `package/bin/bun` of a tar file (POSIX ustar). */
function programOf(tar: Buffer): Buffer {
  for (let at = 0; at + BLOCK <= tar.length; ) {
    const field = (start: number, length: number): string =>
      tar.toString('latin1', at + start, at + start + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(field(124, 12), 8) || 0;
    if (/^package\/bin\/bun(?:\.exe)?$/.test(field(0, 100))) return tar.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new Error('the package of Bun has no program');
}
