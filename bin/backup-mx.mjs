#!/usr/bin/env node
/**
 * Launcher of the command `backup-mx`: runs src/app/command.ts on the runtime that started it, Bun, Deno or Node.
 *
 * A Node that cannot read TypeScript (before 22.18) hands over to a runtime from node_modules, as `npm start` does, with the
 * same arguments, terminal, signals and exit code. Needs no dependency.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import process from 'node:process';

const { versions, features } = process;

if (versions.bun !== undefined || versions.deno !== undefined || features.typescript) {
  await import('../src/app/command.ts');
} else {
  const start = fileURLToPath(new URL('start.sh', import.meta.url));
  const child = spawn('sh', [start, 'command', ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
}
