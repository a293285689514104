/** The lock file: `npm ci` on any platform needs an entry for every optional package of every other platform. */
import { expect, test } from 'bun:test';
import { demandingPackages, readLock } from '../../bin/lock-engines.ts';

const lock = readLock();
const { packages } = lock;

test('has every optional package, whether or not this platform installs it', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        packages[`node_modules/${name}`] === undefined && packages[`${path}/node_modules/${name}`] === undefined,
    ),
  );
  expect(missing).toEqual([]);
  expect(Object.keys(packages).length).toBeGreaterThan(300);
});

test('names no host to download from: the user of npm decides', () => {
  expect(Object.values(packages).filter(({ resolved }) => resolved?.startsWith('http'))).toEqual([]);
});

test('makes npm warn of no package on a Node that README.md names: bun bin/lock-engines.ts', () => {
  expect(demandingPackages(lock)).toEqual([]);
  const packages = { 'node_modules/x': { engines: { node: '>=22' } }, 'node_modules/y': { engines: { node: '>=18' } } };
  expect(demandingPackages({ packages })).toEqual(['node_modules/x']);
});
