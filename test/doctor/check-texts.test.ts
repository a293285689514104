/** What is said of the checks elsewhere: in the schema, and on the page for postmasters. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { buildSchema, isEnumType } from 'graphql';
import { CHECKS } from '../../src/doctor/checks.ts';

test('the schema names every check, in their order', () => {
  const type = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8')).getType(
    'DoctorCode',
  );
  const values = isEnumType(type)
    ? type.getValues().map(({ name, description }) => [name, description?.replaceAll('\n', ' ')])
    : [];
  expect(values).toEqual(CHECKS.map(({ code, meaning }) => [code, meaning]));
});

test('the page for postmasters says of every check what it means and what to do', () => {
  const page = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| `[A-Z_]+` \| .* \| .* \|$/.test(line));
  expect(rows).toEqual(CHECKS.map(({ code, meaning, advice }) => `| \`${code}\` | ${meaning} | ${advice} |`));
});
