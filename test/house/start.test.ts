/** `npm start`: the runtime takes npm's child over, signals arrive once, exit codes pass, mistakes are one line. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dir, '../..');

/** A service that tells what runs it and what reaches it, and takes a moment to end, in which a second signal would show. */
const SERVICE = `
import process from 'node:process';
import { writeSync } from 'node:fs';
import { Registry } from 'prom-client';
import { say } from './say.ts';
interface Facts { readonly pid: number }
const facts: Facts = { pid: process.pid };
const end = (signal: string): void => {
  say('got ' + signal);
  setTimeout(() => process.exit(7), 200);
};
process.on('SIGTERM', () => end('SIGTERM'));
process.on('SIGINT', () => end('SIGINT'));
say('ready ' + JSON.stringify({ ...facts, parent: process.ppid, program: process.execPath,
  args: process.argv.slice(2), dotenv: process.env['FROM_DOTENV'] ?? null, library: typeof Registry }));
setInterval(() => undefined, 1000);
`;
const SAY = `import { writeSync } from 'node:fs';
export const say = (line: string): void => void writeSync(1, line + '\\n');
`;

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bmx-start-'));
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'src'));
  await copyFile(join(ROOT, 'bin/start.sh'), join(folder, 'bin/start.sh'));
  const { scripts } = (await Bun.file(join(ROOT, 'package.json')).json()) as { scripts: { start: string } };
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'start-test', type: 'module', scripts: { start: scripts.start } }),
  );
  await writeFile(join(folder, 'src/main.ts'), SERVICE);
  await writeFile(join(folder, 'src/say.ts'), SAY);
  await writeFile(join(folder, '.env'), 'FROM_DOTENV=1\n');
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const NPM = ['npm', 'start', '--silent', '--'];

function start(
  runtime: string | undefined,
  command: readonly string[] = NPM,
  cwd = folder,
): Bun.Subprocess<'ignore', 'pipe', 'pipe'> {
  const env = { ...Bun.env, npm_config_update_notifier: 'false', RUNTIME: runtime };
  return Bun.spawn([...command, '--flag'], {
    cwd,
    env,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

describe('a signal to npm', () => {
  test.each([
    ['bun', undefined, 'SIGTERM'],
    ['bun', 'bun', 'SIGINT'],
    ['deno', 'deno', 'SIGTERM'],
    ['deno', 'deno', 'SIGINT'],
    ['node', 'node', 'SIGTERM'],
    ['node', 'node', 'SIGINT'],
  ] as const)('%s (RUNTIME=%p): %s reaches the service once', async (runtime, variable, signal) => {
    const npm = start(variable);
    const lines: string[] = [];
    let rest = '';
    for await (const chunk of npm.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        lines.push(line);
        if (line.startsWith('ready ')) npm.kill(signal);
      }
    }
    expect(await npm.exited).toBe(7);
    const facts = JSON.parse(lines[0]?.slice('ready '.length) ?? '') as Record<string, unknown>;
    expect(facts['program']).toContain(`node_modules/${runtime}/`);
    // No launcher stays between npm and the service.
    expect(facts['parent']).toBe(npm.pid);
    expect(facts['args']).toEqual(['--flag']);
    expect(facts['library']).toBe('function');
    expect(facts['dotenv']).toBeNull();
    expect(lines.slice(1)).toEqual([`got ${signal}`]);
  });
});

describe('mistakes are one line and exit 2', () => {
  /** Without npm: the script that it starts. */
  const SCRIPT = ['sh', 'bin/start.sh'];

  async function failure(runtime: string, command: readonly string[] = SCRIPT, cwd?: string): Promise<string> {
    const started = start(runtime, command, cwd);
    const text = (await new Response(started.stdout).text()) + (await new Response(started.stderr).text());
    expect(await started.exited).toBe(2);
    return text;
  }

  test.each(['perl', 'Bun', 'bun deno', '../x'])('RUNTIME=%p', async (runtime) => {
    const command = runtime === 'perl' ? NPM : SCRIPT;
    expect(await failure(runtime, command)).toBe(`RUNTIME is "${runtime}": expected bun, deno or node\n`);
  });

  test('node_modules is missing, or holds a placeholder', async () => {
    const bare = await mkdtemp(join(tmpdir(), 'bmx-bare-'));
    try {
      await mkdir(join(bare, 'bin'));
      await copyFile(join(folder, 'bin/start.sh'), join(bare, 'bin/start.sh'));
      await copyFile(join(folder, 'package.json'), join(bare, 'package.json'));
      expect(await failure('bun', SCRIPT, bare)).toMatch(/^node_modules is missing in .*: run npm ci first\n$/);
      await mkdir(join(bare, 'node_modules/bun/bin'), { recursive: true });
      await writeFile(join(bare, 'node_modules/bun/bin/bun.exe'), '#!/bin/sh\n', { mode: 0o755 });
      expect(await failure('bun', SCRIPT, bare)).toMatch(
        /^RUNTIME is "bun", but its program is not in node_modules: .*npm ci.*\n$/,
      );
    } finally {
      await rm(bare, { recursive: true });
    }
  });
});
