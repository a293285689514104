/**
 * The house stands as it is drawn: docs/architecture.md's import table, one door per dependency, file shapes, RFC table.
 *
 * The rules and their own tests are in house/.
 */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decisionsInApp } from './house/app-rules.ts';
import { circles } from './house/circle-rules.ts';
import { deadNames } from './house/comment-rules.ts';
import {
  doorsToNothing,
  forbiddenImports,
  malformedImports,
  tableMismatches,
  unusedRights,
  wrongDoors,
} from './house/import-rules.ts';
import { looseReferences, missingPlaces, rfcMismatches, rfcRows } from './house/rfc-rules.ts';
import { badNames, barrels, defaultExports, missingHeaders, oversized, runtimeGlobals } from './house/shape-rules.ts';
import { type SourceFile, sourceFiles } from './house/source-file.ts';
import { otherWriters } from './house/writer-rules.ts';

const ROOT = join(import.meta.dir, '..');
const source = sourceFiles(ROOT, 'src');
const tests = sourceFiles(ROOT, 'test');
const tools = ['bench', 'bin', 'examples'].flatMap((folder) => sourceFiles(ROOT, folder, /\.(?:ts|mjs)$/));

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function expectNone(violations: readonly string[]): void {
  expect(violations.join('\n')).toBe('');
}

test('the source is found', () => {
  expect(source.length).toBeGreaterThan(10);
  expect(tests.length).toBeGreaterThan(10);
});

describe('imports', () => {
  test('point down the table of rooms only', () => expectNone(forbiddenImports(source)));
  test('use each right of the table', () => expectNone(unusedRights(source)));
  test('make no circle, types included', () => expectNone(circles(source)));
  test('are drawn as they may be', () => expectNone(tableMismatches(read('docs/architecture.md'), source)));
  test('name files of src as they are', () => expectNone(malformedImports(source)));
  test('come through the one door of each dependency', () => {
    expectNone(wrongDoors(source));
    const manifest = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    expectNone(doorsToNothing(Object.keys(manifest.dependencies)));
  });
  test('leave environment and runtime globals to the settings and main', () => expectNone(runtimeGlobals(source)));
});

test('the composition decides nothing about mail', () => expectNone(decisionsInApp(source)));

test('events, outages and the outbox have one writer each', () =>
  expectNone(otherWriters([...source, ...sourceFiles(ROOT, 'drizzle', /\.sql$/)])));

describe('files', () => {
  const everything: readonly SourceFile[] = [...source, ...tests, ...tools];

  test('begin with what they do and promise', () => expectNone(missingHeaders([...source, ...tools])));
  test('fit the mind', () => expectNone(oversized([...source, ...tests])));
  test('are named by a noun', () => expectNone(badNames(everything)));
  test('export by name', () => expectNone(defaultExports(everything)));
  test('hold something of their own', () => expectNone(barrels(everything)));
});

test('comments of src name files that are there', () => {
  const there = [...source, ...tests, ...tools].map(({ path }) => path);
  expectNone(deadNames(source, there));
});

test('docs/flow.md names files that are there', () => {
  const named = [...read('docs/flow.md').matchAll(/`([a-z-]+\/[a-z/-]+\.ts)`/g)].map(([, path]) => `src/${path}`);
  expect(named.length).toBeGreaterThan(50);
  const there = new Set(source.map(({ path }) => path));
  expect(named.filter((path) => !there.has(path))).toEqual([]);
});

test('an accepted message passes as many files as docs/flow.md says, and few enough to read', () => {
  const [, section = ''] = /^## An accepted message.*?\n(.*?)^## /ms.exec(read('docs/flow.md')) ?? [];
  const named = new Set(section.match(/`[a-z-]+\/[a-z/-]+\.ts`/g));
  expect(section).toContain(`${named.size} files, all that this section names`);
  expect(named.size).toBeLessThanOrEqual(41);
});

test('decisions have numbers of their own, which their titles bear', () => {
  const files = readdirSync(join(ROOT, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name));
  expect(files.length).toBeGreaterThan(30);
  const numbers = files.map((name) => name.slice(0, 4));
  expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([]);
  expect(files.filter((name) => !read(`docs/decisions/${name}`).startsWith(`# ${name.slice(0, 4)} `))).toEqual([]);
});

describe('RFC references', () => {
  test('are in step with docs/rfcs.md', () => expectNone(rfcMismatches(source, rfcRows(read('docs/rfcs.md')))));
  test('are said to be followed in places that are there', () =>
    expectNone(missingPlaces(rfcRows(read('docs/rfcs.md')), source)));
  test('have one form', () => expectNone(looseReferences(source)));
});
