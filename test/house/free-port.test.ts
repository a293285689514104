/** The ports of tests: two processes that look for many at once find none in common, and none that the system hands out. */
import { expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { endChild, runOrThrow, until } from '../helpers/child.ts';
import { findFreePort, findFreePorts } from '../helpers/free-port.ts';

const COUNT = 300;
const HELPER = join(import.meta.dirname, '..', 'helpers', 'free-port.ts');

test('no port is found twice', async () => {
  const script = `const { findFreePorts } = await import(${JSON.stringify(HELPER)}); console.log(JSON.stringify(await findFreePorts(${COUNT})));`;
  // The other one holds its ports until it ends.
  const other = spawn(process.execPath, ['-e', `${script} process.stdin.resume();`]);
  let said = '';
  other.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const own = findFreePorts(COUNT);
  await until('the ports of the other', 30_000, () => said.endsWith('\n'));
  const theirs = JSON.parse(said) as number[];
  const all = [...(await own), ...theirs, ...(await findFreePorts(COUNT))];
  await endChild(other, 'SIGKILL', 5000);
  expect(new Set(all).size).toBe(3 * COUNT);
  expect(all.every((port) => port >= 10_000 && port < 32_000)).toBe(true);
});

test('who has found one lets its process end', async () => {
  const script = `const { findFreePort } = await import(${JSON.stringify(HELPER)}); await findFreePort();`;
  await runOrThrow(process.execPath, ['-e', script], { timeoutMs: 20_000 });
  expect(await findFreePort()).toBeGreaterThan(0);
});
