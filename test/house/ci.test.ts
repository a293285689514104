/**
 * .ci/run: its last line counts all runs, and nothing that fails twice lets it end with 0. npm, bun, id and the peers are played.
 *
 * test/flaky.txt: what is known to fail by chance is listed with what was found, and the list does not grow.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RUN = join(import.meta.dir, '../../.ci/run');

/** Plays npm: prints a summary as Bun does, colours included, and fails as the environment says. */
const NPM = `#!/bin/sh
[ -z "\${FILES:-}" ] || [ "$1" != test ] || for file in $FILES; do
  [ "$file" != "\${STRAY:-}" ] || printf '\\n%s:\\n# Unhandled error between tests\\n' "$file"
  printf '\\n%s:\\nerror: told by %s\\n(fail) one\\n(pass) two\\n' "$file" "$file"
done
[ -z "\${FILES:-}" ] || [ "$1" != test ] || printf '\\ntest/last.test.ts:\\n(pass) three\\n\\n2 tests failed:\\n(fail) one\\n\\n'
case "$*" in
ci*) exit "\${INSTALL:-0}" ;;
'test -- '*) printf '(pass) 99 pass\\n\\n \\033[32m12 pass\\033[0m\\n 2 skip\\n 1 todo\\n %s fail\\n 30 expect() calls\\n' "\${FAILS:-0}"
  exit "\${SUITE:-0}" ;;
'run check -- --no-tests') exit "\${CHECK:-0}" ;;
'run test:attacks') printf ' 5 pass\\n 0 fail\\n' ;;
'run smoke -- ./test/clients/terraform/') [ -n "\${CRASH:-}" ] && exit 139; printf ' 7 pass\\n 0 fail\\n' ;;
*) echo played ;;
esac
`;

/** Plays the second run of a file: fails for those that the environment names. */
const BUN = `#!/bin/sh
echo "alone, for $npm_lifecycle_event: $*"
case " \${FAILS_AGAIN:-} " in *" \${3#./} "*) exit 1 ;; esac
`;

/** The last line is the summary; what is above it says more. */
async function runCi(env: Readonly<Record<string, string>>): Promise<{ code: number; text: string; lastLine: string }> {
  const child = Bun.spawn(['bash', join(folder, '.ci/run')], {
    env: { ...env, HOME: folder, PATH: `${join(folder, 'played')}:${Bun.env['PATH']}` },
    stdout: 'pipe',
    stderr: 'ignore',
  });
  const text = await new Response(child.stdout).text();
  return { code: await child.exited, text, lastLine: text.trimEnd().split('\n').at(-1) ?? '' };
}

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bmx-ci-'));
  await mkdir(join(folder, '.ci'));
  await mkdir(join(folder, 'played'));
  await mkdir(join(folder, 'node_modules/.bin'), { recursive: true });
  await mkdir(join(folder, 'test'));
  await writeFile(join(folder, 'test/flaky.txt'), 'test/known.test.ts  waits for a dot\n');
  await copyFile(RUN, join(folder, '.ci/run'));
  // An ordinary user: no peers are installed.
  for (const [name, text] of [
    ['played/npm', NPM],
    ['node_modules/.bin/bun', BUN],
    ['played/id', '#!/bin/sh\necho 1000\n'],
    ['played/terraform', '#!/bin/sh\n'],
  ] as const) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o755);
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test.each([
  ['all is well', {}, 0, '24 passed, 0 failed, 3 skipped'],
  ['two tests fail', { FAILS: '2', SUITE: '1' }, 1, '24 passed, 2 failed, 3 skipped'],
  ['a failure is told by the summary alone', { FAILS: '2' }, 1, '24 passed, 2 failed, 3 skipped'],
  ['the runner fails after good tests', { SUITE: '1' }, 1, '24 passed, 1 failed, 3 skipped'],
  ['the check fails', { CHECK: '1' }, 1, '24 passed, 1 failed, 3 skipped'],
  ['a run crashes without a summary', { CRASH: '1' }, 1, '17 passed, 1 failed, 3 skipped'],
  ['nothing can be installed', { INSTALL: '1' }, 1, '0 passed, 1 failed'],
  // Each played file has one good test beside the summary's twelve; the suite is the only run that has files.
  [
    'a file fails and passes alone',
    { FILES: 'test/odd.test.ts', FAILS: '1', SUITE: '1' },
    0,
    '25 passed, 0 failed, 3 skipped',
  ],
  [
    'one of two files fails again',
    { FILES: 'test/odd.test.ts test/bad.test.ts', FAILS: '2', SUITE: '1', FAILS_AGAIN: 'test/bad.test.ts' },
    1,
    '25 passed, 1 failed, 3 skipped',
  ],
  [
    'an error outside of tests in a file that passes alone makes up for none that fails again',
    {
      FILES: 'test/odd.test.ts test/bad.test.ts',
      STRAY: 'test/odd.test.ts',
      FAILS: '2',
      SUITE: '1',
      FAILS_AGAIN: 'test/bad.test.ts',
    },
    1,
    '25 passed, 1 failed, 3 skipped',
  ],
  [
    'a flaky file beside a crash of the runner',
    { FILES: 'test/odd.test.ts', FAILS: '1', SUITE: '139' },
    1,
    '25 passed, 1 failed, 3 skipped',
  ],
  [
    'so many files fail that it is no chance',
    { FILES: Array.from({ length: 13 }, (_, index) => `test/f${index}.test.ts`).join(' '), FAILS: '13', SUITE: '1' },
    1,
    '24 passed, 13 failed, 3 skipped',
  ],
] as const)('%s', async (_what, env, code, lastLine) => {
  const ended = await runCi(env);
  expect(ended.code).toBe(code);
  expect(ended.lastLine).toBe(lastLine);
});

test('a flaky file is told at the end with both outputs, and whether it is known', async () => {
  const { text } = await runCi({ FILES: 'test/odd.test.ts test/known.test.ts', FAILS: '2', SUITE: '1' });
  const end = text.slice(text.indexOf('==> FLAKY: 2 files'));
  expect(text).not.toContain('FLAKY test/last.test.ts');
  for (const line of [
    'FLAKY test/odd.test.ts (NOT YET in test/flaky.txt): failed beside others:',
    'error: told by test/odd.test.ts',
    'alone, for test: bin/test.ts --parallel=1 ./test/odd.test.ts',
    'FLAKY test/known.test.ts (known, see test/flaky.txt): failed beside others:',
  ]) {
    expect(end).toContain(line);
  }
});

/** How many files may be listed. Lower it with each that is mended; it never rises. */
const MOST_KNOWN = 0;

test('test/flaky.txt lists files that exist, each with what was found, and does not grow', async () => {
  const root = join(import.meta.dir, '../..');
  const lines = (await readFile(join(root, 'test/flaky.txt'), 'utf8')).split('\n').filter((line) => /^[^#]/.test(line));
  expect(lines.length).toBeLessThanOrEqual(MOST_KNOWN);
  for (const line of lines) {
    const [file = '', ...found] = line.split(/\s+/);
    expect(existsSync(join(root, file))).toBe(true);
    expect(found.length).toBeGreaterThan(3);
  }
});
