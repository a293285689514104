/**
 * `npm run check`: types, lint, format, prose, generated files current, tests, in this order; stops at the first failure.
 *
 * `npm run check -- --no-tests` leaves the tests out. Each step is a script of package.json, so that it can be run alone
 * by the name printed here. Runs under the system's Node (20 or newer) and needs no dependency.
 */
import { spawnSync } from 'node:child_process';

const STEPS = [
  { name: 'types', script: 'types' },
  { name: 'lint', script: 'lint' },
  { name: 'format', script: 'format' },
  { name: 'prose', script: 'prose' },
  { name: 'generated files', script: 'generate:check' },
  { name: 'tests', script: 'test' },
];

const options = process.argv.slice(2);
const unknown = options.find((option) => option !== '--no-tests');
if (unknown !== undefined) {
  console.error(`check: unknown option ${unknown}: expected --no-tests or nothing`);
  process.exit(2);
}

const seconds = (startedAt) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
const steps = STEPS.filter(({ script }) => script !== 'test' || !options.includes('--no-tests'));
const beganAt = performance.now();

for (const { name, script } of steps) {
  const startedAt = performance.now();
  const { status, signal, error } = spawnSync('npm', ['run', '--silent', script], { stdio: 'inherit' });
  if (status !== 0) {
    const cause = error?.message ?? (signal === null ? `exit ${status}` : signal);
    console.error(`\ncheck: ${name} FAILED (${cause}) after ${seconds(startedAt)}; alone: npm run ${script}`);
    process.exit(status ?? 1);
  }
  console.log(`check: ${name} ok (${seconds(startedAt)})`);
}
console.log(`check: all of ${steps.map(({ name }) => name).join(', ')} ok (${seconds(beganAt)})`);
