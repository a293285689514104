/** Prometheus' own checker of what we export and of our alert rules. */
import { spawnSync } from 'node:child_process';
import { findProgram } from './child.ts';

const program = findProgram('promtool');

/** Null when there is one. */
export function whyNoPromtool(): string | null {
  return program === null ? 'no promtool on this machine (apt-get install prometheus)' : null;
}

/** Waits for its end. Both streams are `output`, trimmed. */
export function runPromtool(args: readonly string[], input = ''): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(program ?? '', args, { input, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}`.trim() };
}
