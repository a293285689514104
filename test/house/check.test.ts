/**
 * `npm run check`: the order of its steps, the stop at the first failure, the exit code, `--no-tests`.
 *
 * All steps and the first failure go through npm. The other cases use a stand-in, because npm takes a quarter second of CPU a step.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHECK = join(import.meta.dir, '../../bin/check.mjs');
const ORDER = ['types', 'lint', 'format', 'prose', 'generate:check', 'test'];

/** In place of npm: runs the step of this name, as `npm run --silent NAME` does, and takes no other arguments. */
const STAND_IN = '#!/bin/sh\n[ "$1 $2 $#" = "run --silent 3" ] && exec sh "steps/$3"\n';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bmx-check-'));
  await mkdir(join(folder, 'stand-in'));
  await mkdir(join(folder, 'steps'));
  await writeFile(join(folder, 'stand-in', 'npm'), STAND_IN, { mode: 0o755 });
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs it in a project whose steps print their name, and of which one may fail with 3. */
async function check(
  options: readonly string[],
  { failing, npm = 'STAND_IN' }: { failing?: string; npm?: 'REAL' | 'STAND_IN' } = {},
): Promise<{ code: number; ran: string[]; text: string }> {
  const steps = ORDER.map((step) => [step, `echo ran ${step}${step === failing ? ' && exit 3' : ''}`] as const);
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'check-test', scripts: Object.fromEntries(steps) }),
  );
  await Promise.all(steps.map(([step, line]) => writeFile(join(folder, 'steps', step), line)));
  const PATH = npm === 'REAL' ? Bun.env['PATH'] : `${join(folder, 'stand-in')}:${Bun.env['PATH']}`;
  const env = { ...Bun.env, PATH };
  const child = Bun.spawn(['node', CHECK, ...options], { cwd: folder, env, stdout: 'pipe', stderr: 'pipe' });
  const text = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
  const ran = [...text.matchAll(/^ran (\S+)$/gm)].map(([, step = '']) => step);
  return { code: await child.exited, ran, text };
}

test('runs every step in order and times it', async () => {
  const { code, ran, text } = await check([], { npm: 'REAL' });
  expect(code).toBe(0);
  expect(ran).toEqual(ORDER);
  expect(text.match(/^check: .+ ok \(\d+\.\d s\)$/gm)).toHaveLength(ORDER.length + 1);
});

test('leaves the tests out when asked', async () => {
  expect((await check(['--no-tests'])).ran).toEqual(ORDER.slice(0, -1));
});

test.each(ORDER)('stops at %s when it fails, with its exit code', async (failing) => {
  const { code, ran, text } = await check([], { failing, npm: failing === ORDER[0] ? 'REAL' : 'STAND_IN' });
  expect(code).toBe(3);
  expect(ran).toEqual(ORDER.slice(0, ORDER.indexOf(failing) + 1));
  expect(text).toMatch(new RegExp(`^check: .+ FAILED \\(exit 3\\) .*: npm run ${failing}$`, 'm'));
});

test('knows no other option', async () => {
  const { code, ran } = await check(['--fast']);
  expect(code).toBe(2);
  expect(ran).toEqual([]);
});
