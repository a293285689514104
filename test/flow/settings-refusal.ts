/** A start that is expected to be refused: runs bin/start.sh to its end and checks the shape of every refusal. */
import { expect } from 'bun:test';
import { join } from 'node:path';
import { run } from '../helpers/child.ts';
import { chosenRuntime, serviceEnvironment } from '../helpers/service.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Refusal {
  /** The only line there is. */
  readonly line: string;
}

/**
 * Starts the service in an environment of nothing but loopback ports, a data folder and `env`. Expects exit 2, one line on
 * standard error, nothing on standard output. `expectedCode` 1 is trouble that may pass.
 */
export async function refusal(
  env: Readonly<Record<string, string>> & { readonly DATA_DIR: string },
  expectedCode: 1 | 2 = 2,
): Promise<Refusal> {
  // Without a token: a refused start must not make one either.
  const { OPERATOR_TOKEN: _, ...plain } = await serviceEnvironment(env.DATA_DIR);
  const { code, stdout, stderr } = await run('sh', ['bin/start.sh'], {
    cwd: ROOT,
    env: { ...plain, RUNTIME: chosenRuntime(), ...env },
    timeoutMs: 50_000,
  });
  expect({ code, stdout: stdout.toString(), stderr }).toMatchObject({ code: expectedCode, stdout: '' });
  expect(stderr).toMatch(/^[^\n]+\n$/);
  return { line: stderr.trimEnd() };
}
