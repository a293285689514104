/** A node that has stopped leaves nothing in its process: the next one may run there, and the process ends by itself. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { createTestDatabase, type TestDatabase, urlOf } from '../helpers/database.ts';
import { bindToUs } from '../helpers/child.ts';
import type { Leftovers } from './fixtures/restarts.ts';

const TIMES = 20;
/** Between the middles of the two spans that are measured. */
const BETWEEN = 15;
/** Code that was compiled in the meantime; a node that stays is 60,000 objects and 4 MB. */
const MOST_OBJECTS_EACH = 1000;
const MOST_HEAP_BYTES_EACH = 500_000;
const FIXTURE = join(import.meta.dirname, 'fixtures', 'restarts.ts');

let database: TestDatabase;
let exitCode: number | null = null;
let complaints = '';
let early: Leftovers[] = [];
let late: Leftovers[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const child = spawn(process.execPath, [FIXTURE, urlOf(database.target), String(TIMES)]);
  bindToUs(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  exitCode = await new Promise((resolve) => child.on('close', resolve));
  const all = output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Leftovers);
  [early, late] = [all.slice(0, all.length / 2), all.slice(all.length / 2)];
}, 110_000);

afterAll(() => database.close());

const least = (span: readonly Leftovers[], read: (one: Leftovers) => number): number => Math.min(...span.map(read));

test('its process ends by itself after twenty nodes, none of which logged a fault', () => {
  expect({ exitCode, complaints }).toEqual({ exitCode: 0, complaints: '' });
  expect([...early, ...late].map(({ faults }) => faults)).toEqual(Array.from({ length: 8 }, () => []));
});

test('no timer, socket, descriptor or listener more is left after twenty nodes than after a few', () => {
  for (const type of new Set(late.flatMap(({ sockets }) => Object.keys(sockets)))) {
    const count = ({ sockets }: Leftovers) => sockets[type] ?? 0;
    expect({ type, count: least(late, count) }).toEqual({
      type,
      count: Math.min(least(late, count), least(early, count)),
    });
  }
  for (const read of [
    ({ timers }: Leftovers) => timers,
    ({ descriptors }: Leftovers) => descriptors,
    ({ listeners }: Leftovers) => listeners,
  ]) {
    expect(least(late, read)).toBeLessThanOrEqual(least(early, read));
  }
});

test('the heap does not grow with the number of nodes', () => {
  const growth = (read: (one: Leftovers) => number) => (least(late, read) - least(early, read)) / BETWEEN;
  expect(growth(({ objects }) => objects)).toBeLessThan(MOST_OBJECTS_EACH);
  expect(growth(({ heapBytes }) => heapBytes)).toBeLessThan(MOST_HEAP_BYTES_EACH);
});

test('no connection to the database is left', async () => {
  const rows = await database.sql`
    select application_name, query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  expect([...rows]).toEqual([]);
});
