/** A fixture of test/runtime/ as a process of its own on one of the runtimes, which says in JSON lines what it does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { bindToUs, until } from './child.ts';
import type { Runtime } from './service.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const COMMANDS: Readonly<Record<Runtime, readonly string[]>> = {
  bun: ['bun', '--no-env-file', '--no-install'],
  deno: ['deno', 'run', '-A', '--no-prompt', '--no-lock', '--no-remote', '--node-modules-dir=manual'],
  node: ['node'],
};

export interface RuntimeChild<Line> {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has said so far. */
  lines(): readonly Line[];
  /** The first line that fits; throws with all that it said when none comes in time. */
  line(what: string, fits: (line: Line) => boolean): Promise<Line>;
}

export function startFixture<Line>(runtime: Runtime, fixture: string, args: readonly string[]): RuntimeChild<Line> {
  const [program = '', ...options] = COMMANDS[runtime];
  const file = join(ROOT, 'test', 'runtime', 'fixtures', fixture);
  const child = spawn(join(ROOT, 'node_modules', '.bin', program), [...options, file, ...args]);
  bindToUs(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lines = (): Line[] =>
    output
      .split('\n')
      .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as Line] : []));
  return {
    child,
    pid: child.pid ?? 0,
    lines,
    line: (what, fits) =>
      until(what, 45_000, () => lines().find(fits) ?? null).catch((error: unknown) => {
        throw new Error(`${String(error)}; it said:\n${output}`);
      }),
  };
}
