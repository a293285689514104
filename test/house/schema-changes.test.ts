/** What scripts rely on stays: the diff of the schema against the last release, and against the names of the first version. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readBaselines, schemaChanges } from '../../bin/schema-changes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SDL = readFileSync(`${ROOT}schema.graphql`, 'utf8');
const RELEASED = `type Query { domain(name: String!): Domain mails: Int } type Domain { name: String! proof: String }
  enum State { HELD } type Mail { state: State }`;
const PRESENT = `type Query { domain(name: String!, tenant: ID!): Domain mails: Int } type Domain { name: String }
  enum State { HELD LOST } type Mail { state: State }`;
const BROKEN = [
  'release 0.9.0: A required arg tenant on Query.domain was added.',
  'release 0.9.0: Domain.proof was removed.',
  'release 0.9.0: Domain.name changed type from String! to String.',
];

const release = { name: 'release 0.9.0', sdl: RELEASED, isFrozen: false };
const found = (changelog: string, isFrozen = false) =>
  schemaChanges(PRESENT, [{ ...release, isFrozen }], `# Changelog\n\n## Pending\n\n### New\n\n${changelog}`);

test('the schema holds what scripts rely on', async () => {
  const baselines = await readBaselines(ROOT);
  expect(baselines[0]?.sdl).toContain('domainCreate(input: DomainCreateInput!): DomainCreatePayload!');
  const changelog = readFileSync(`${ROOT}CHANGELOG.md`, 'utf8');
  expect(schemaChanges(SDL, baselines, changelog).complaints).toEqual([]);
});

test.each([
  ['  heldCount: Int!\n', '  other: Int!\n'],
  ['  MISCONFIGURED\n', '  OTHER\n'],
  ['  expectedRevision: Int\n', '  other: Int\n'],
  ['  secret: String\n', '  other: String\n'],
])('a name of the first version that is gone is told, and nothing excuses it: %p', async (line, other) => {
  expect(SDL).toContain(line);
  const baselines = await readBaselines(ROOT);
  const { complaints } = schemaChanges(SDL.replaceAll(line, other), baselines, '');
  expect(complaints.join('\n')).toMatch(new RegExp(`\\b${line.trim().replace(/:.*/, '')} was removed`));
});

test('a breaking change fails with a sentence that names it and says what to do; what is new is a note', () => {
  const { complaints, notes } = found('- Something else.');
  expect(complaints.map((sentence) => sentence.replace(/ Put it back, or .* CHANGELOG\.md\.$/, ''))).toEqual(BROKEN);
  expect(notes).toEqual(['release 0.9.0: LOST was added to enum type State.']);
});

test('an entry under Pending excuses the change it names, with a way out, and no other', () => {
  const named = '- `Domain.proof` was\n  removed. Ask for `Domain.name` instead.\n';
  expect(found(named).complaints).toHaveLength(2);
  expect(found(named, true).complaints).toHaveLength(3);
  expect(found('- Domain.proof was removed.\n').complaints).toHaveLength(3);
  expect(found(`\n## 0.9.0\n\n${named}`).complaints).toHaveLength(3);
});

test('the last release is the one with the highest number', async () => {
  const root = `${await mkdtemp(join(tmpdir(), 'bmx-schema-'))}/`;
  await mkdir(`${root}docs/schema`, { recursive: true });
  for (const name of ['contract', '0.9.0', '0.10.0', 'README'])
    await writeFile(`${root}docs/schema/${name}.graphql`, '');
  expect((await readBaselines(root)).map(({ name }) => name)).toEqual(['the contract', 'release 0.10.0']);
  await rm(root, { recursive: true });
});
