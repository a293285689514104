/** .ci/run: its last line counts all runs, and nothing that fails lets it end with 0. npm, id and the peers are played. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RUN = join(import.meta.dir, '../../.ci/run');

/** Plays npm: prints a summary as Bun does, colours included, and fails as the environment says. */
const NPM = `#!/bin/sh
case "$*" in
ci*) exit "\${INSTALL:-0}" ;;
'test -- '*) printf '(pass) 99 pass\\n\\n \\033[32m12 pass\\033[0m\\n 2 skip\\n 1 todo\\n %s fail\\n 30 expect() calls\\n' "\${FAILS:-0}"
  exit "\${SUITE:-0}" ;;
'run check -- --no-tests') exit "\${CHECK:-0}" ;;
'run test:terraform') printf ' 4 pass\\n 0 fail\\n' ;;
'run smoke') [ -n "\${CRASH:-}" ] && exit 139; printf ' 3 pass\\n 0 fail\\n' ;;
*) echo played ;;
esac
`;

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bmx-ci-'));
  await mkdir(join(folder, '.ci'));
  await mkdir(join(folder, 'played'));
  await copyFile(RUN, join(folder, '.ci/run'));
  // An ordinary user: no peers are installed.
  for (const [name, text] of [
    ['npm', NPM],
    ['id', '#!/bin/sh\necho 1000\n'],
    ['terraform', '#!/bin/sh\n'],
  ] as const) {
    await writeFile(join(folder, 'played', name), text);
    await chmod(join(folder, 'played', name), 0o755);
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test.each([
  ['all is well', {}, 0, '19 passed, 0 failed, 3 skipped'],
  ['two tests fail', { FAILS: '2', SUITE: '1' }, 1, '19 passed, 2 failed, 3 skipped'],
  ['a failure is told by the summary alone', { FAILS: '2' }, 1, '19 passed, 2 failed, 3 skipped'],
  ['the runner fails after good tests', { SUITE: '1' }, 1, '19 passed, 1 failed, 3 skipped'],
  ['the check fails', { CHECK: '1' }, 1, '19 passed, 1 failed, 3 skipped'],
  ['a run crashes without a summary', { CRASH: '1' }, 1, '16 passed, 1 failed, 3 skipped'],
  ['nothing can be installed', { INSTALL: '1' }, 1, '0 passed, 1 failed'],
] as const)('%s', async (_what, env, code, lastLine) => {
  const child = Bun.spawn(['bash', join(folder, '.ci/run')], {
    env: { ...env, HOME: folder, PATH: `${join(folder, 'played')}:${Bun.env['PATH']}` },
    stdout: 'pipe',
    stderr: 'ignore',
  });
  const text = await new Response(child.stdout).text();
  expect(await child.exited).toBe(code);
  expect(text.trimEnd().split('\n').at(-1)).toBe(lastLine);
});
