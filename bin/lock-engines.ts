/**
 * Takes out of package-lock.json the demands on Node that do not concern the Node which runs npm.
 *
 *   bun bin/lock-engines.ts     after every change of a dependency
 *
 * The system's Node starts `npm`, the scripts of bin/ and the Terraform provider. The service, and the tools that check it, run on the
 * runtimes that npm installs (Bun, Deno, Node 24), at locked versions. npm knows only the first and would warn of every package that
 * wants a newer one (EBADENGINE); it reads what they want from this file. test/house/lock.test.ts holds it to that.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  engines?: Readonly<Record<string, string>> | readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

export const LOCK_FILE = fileURLToPath(new URL('../package-lock.json', import.meta.url));

/** "Node 20 or newer" of README.md. */
const NODE_VERSIONS = ['20.0.0', '21.0.0', '22.0.0', '23.0.0', '24.0.0', '25.0.0', '26.0.0'];

export function readLock(): Lock {
  return JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as Lock;
}

/** The packages of which npm would warn on a Node that README.md names. */
export function demandingPackages({ packages }: Lock): readonly string[] {
  return Object.entries(packages).flatMap(([path, { engines }]) => {
    const range = engines === undefined || Array.isArray(engines) ? undefined : Reflect.get(engines, 'node');
    const isFine = range === undefined || NODE_VERSIONS.every((version) => Bun.semver.satisfies(version, range));
    return isFine ? [] : [path];
  });
}

if (import.meta.main) {
  const lock = readLock();
  const paths = demandingPackages(lock);
  for (const path of paths) delete lock.packages[path]?.engines;
  writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: ${paths.length} demands on Node taken out`);
}
