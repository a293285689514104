import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FLOW = join(import.meta.dirname, '..', 'flow');

test('every test that the table of scenarios names is there', () => {
  const named = [...readFileSync(join(FLOW, 'README.md'), 'utf8').matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)];
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(([, name, file]) => file !== `${name}.test.ts` || !existsSync(join(FLOW, file)))).toEqual([]);
});
