/** The User List of `backupmx_domain`, written out or in a file: made with the domain, changed, changed by others, and never opened silently. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type State, UNKNOWN } from '../../../src/clients/terraform/sdk/value.ts';
import { addDomain, type Harness, holdMessage } from '../../control/harness.ts';
import { type Configuration, createTerraform, type Terraform } from '../../helpers/terraform-core.ts';
import { startTerraformScene, type TerraformScene } from './scene.ts';

let scene: TerraformScene;
let control: Harness;
let file: string;
let terraform: Terraform;

beforeAll(async () => {
  scene = await startTerraformScene();
  ({ control } = scene);
  file = join(scene.folder, 'users.txt');
});
afterAll(() => scene.close());
beforeEach(async () => {
  terraform = await createTerraform(scene.plugin);
});

const one = (config: State): Configuration => ({ it: { type: 'backupmx_domain', config } });
const applied = async (configuration: Configuration) => terraform.apply(await terraform.plan(configuration));
const actionOf = async (config: State) => (await terraform.plan(one(config))).changes[0]?.action;
const entries = async (name: string) => {
  type Answer = { domain: { recipientList: { entries: { nodes: { localPart: string }[] } } } };
  const query =
    'query ($name: String!) { domain(by: { name: $name }) { recipientList { entries(first: 100) { nodes { localPart } } } } }';
  const { domain } = await control.ask<Answer>(query, { name });
  return domain.recipientList.entries.nodes.map(({ localPart }) => localPart);
};
const change = (verb: string, name: string, localParts: readonly string[]) =>
  control.ask(
    `mutation ($input: ${verb[0]?.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { userErrors { code } } }`,
    { input: { domain: name, localParts } },
  );

test('written out: made with the domain, changed, changed by others and put back', async () => {
  const name = 'list.example';
  await terraform.applyAll(one({ name, recipients: ['bob', 'alice', 'sales-*'] }));
  expect(await entries(name)).toEqual(['alice', 'bob', 'sales-*']);
  expect(terraform.values('it')).toMatchObject({
    recipient_count: 3,
    recipients_hash: expect.stringMatching(/^\w{64}$/),
  });
  expect(await actionOf({ name, recipients: ['alice', 'sales-*', 'bob'] })).toBe('NO_OP');
  await terraform.applyAll(one({ name, recipients: ['alice', 'carol'], labels: { a: '1' } }));
  expect(await entries(name)).toEqual(['alice', 'carol']);
  expect(terraform.values('it')['recipient_count']).toBe(2);
  await change('recipientListAdd', name, ['mallory']);
  expect(await actionOf({ name, recipients: ['alice', 'carol'], labels: { a: '1' } })).toBe('UPDATE');
  await terraform.applyAll(one({ name, recipients: ['alice', 'carol'] }));
  expect(await entries(name)).toEqual(['alice', 'carol']);
  await terraform.applyAll({});
});

test('in a file: the state has its hash and no mailbox; another text with the same entries changes nothing', async () => {
  const name = 'file.example';
  await writeFile(file, '# staff\nAlice\nbob@File.example\n\n"two words"\r\n');
  await terraform.applyAll(one({ name, local_parts_file: file }));
  expect(await entries(name)).toEqual(['alice', 'bob', 'two words']);
  expect(JSON.stringify(terraform.values('it'))).not.toContain('bob');
  await writeFile(file, 'bob\n"two words"\nalice\nalice\n');
  expect(await actionOf({ name, local_parts_file: file })).toBe('NO_OP');
  await writeFile(file, 'bob\n');
  expect(await actionOf({ name, local_parts_file: file })).toBe('UPDATE');
  await terraform.applyAll(one({ name, local_parts_file: file }));
  expect(await entries(name)).toEqual(['bob']);

  await change('recipientListAdd', name, ['mallory']);
  expect(await actionOf({ name, local_parts_file: file })).toBe('UPDATE');
  await terraform.applyAll(one({ name, local_parts_file: file }));
  expect(await entries(name)).toEqual(['bob']);
  // Others made it what it is to be anyway: nothing to do.
  await change('recipientListAdd', name, ['carol']);
  await writeFile(file, 'bob\ncarol\n');
  expect(await actionOf({ name, local_parts_file: file })).toBe('NO_OP');
  // Written out instead, it is the same list.
  await terraform.applyAll(one({ name, recipients: ['bob', 'carol'] }));
  expect(terraform.values('it')['recipients']).toEqual(['bob', 'carol']);
  await terraform.applyAll({});
});

test('a file that changes between plan and apply is refused', async () => {
  const name = 'late.example';
  await writeFile(file, 'alice\n');
  const planned = await terraform.plan(one({ name, local_parts_file: file }));
  await writeFile(file, 'mallory\n');
  expect(await terraform.apply(planned)).toEqual([
    'error: local_parts_file cannot be used (at local_parts_file): The list has changed since the plan was made. Run terraform plan again.',
  ]);
  expect(await control.ask('{ domain(by: { name: "late.example" }) { id } }')).toEqual({ domain: null });
});

test('a list that is no longer described stays in force, and the plan says so', async () => {
  const name = 'stays.example';
  await terraform.applyAll(one({ name, recipients: ['alice'] }));
  const planned = await terraform.plan(one({ name }));
  expect(planned.changes.map(({ action }) => action)).toEqual(['UPDATE']);
  expect(planned.told).toEqual([expect.stringMatching(/^warning: The User List of stays\.example stays in force: /)]);
  expect(await terraform.apply(planned)).toEqual([]);
  expect(await entries(name)).toEqual(['alice']);
  expect(await actionOf({ name })).toBe('NO_OP');
  // Described again it is the same list, without adopt.
  await terraform.applyAll(one({ name, recipients: ['alice'] }));
  expect(terraform.values('it')['recipients']).toEqual(['alice']);
  await terraform.applyAll({});
});

test('a list is emptied only where that is said, and the plan says what follows', async () => {
  const name = 'open.example';
  await terraform.applyAll(one({ name, recipients: ['alice'] }));
  expect((await terraform.plan(one({ name, recipients: [] }))).told).toEqual([
    expect.stringMatching(
      /^error: recipients cannot be used \(at recipients\): An empty User List is off, .* allow_everyone = true\.$/,
    ),
  ]);
  await writeFile(file, '# nobody yet\n');
  expect((await terraform.plan(one({ name, local_parts_file: file }))).told).toHaveLength(1);
  const planned = await terraform.plan(one({ name, recipients: [], allow_everyone: true }));
  expect(planned.told).toEqual([expect.stringMatching(/^warning: The User List of open\.example is turned off/)]);
  expect(await terraform.apply(planned)).toEqual([]);
  expect(await entries(name)).toEqual([]);
  expect(await actionOf({ name, recipients: [], allow_everyone: true })).toBe('NO_OP');
  await terraform.applyAll({});
});

test('a destroy that stops at held mail leaves the list in force', async () => {
  const name = 'held.example';
  const destinationId = await addDomain(control, name);
  await holdMessage(control.database, { destinationId, addresses: [`alice@${name}`] });
  await terraform.applyAll(one({ name, recipients: ['alice'], adopt: true }));
  expect(await applied({})).toEqual([expect.stringContaining('(HELD_MAIL)')]);
  expect(await entries(name)).toEqual(['alice']);
});

test('a list of others is taken over only where that is said', async () => {
  const name = 'theirs.example';
  await terraform.applyAll(one({ name }));
  await change('recipientListAdd', name, ['theirs']);
  expect(await actionOf({ name })).toBe('NO_OP');
  expect(await applied(one({ name, recipients: ['ours'] }))).toEqual([
    expect.stringMatching(/^error: domain theirs\.example cannot be changed \(ALREADY_EXISTS\) \(at recipients\): /),
  ]);
  expect(await entries(name)).toEqual(['theirs']);
  await terraform.applyAll(one({ name, recipients: ['ours'], adopt: true }));
  expect(await entries(name)).toEqual(['ours']);
  await terraform.applyAll({});
});

test('a long list does not shrink by more than half unless that is meant', async () => {
  const name = 'long.example';
  await terraform.applyAll(one({ name, recipients: Array.from({ length: 250 }, (_, index) => `user${index}`) }));
  expect(await applied(one({ name, recipients: ['user1'] }))).toEqual([
    expect.stringMatching(/\(SHRINK\).* Set force = true if that is meant\. See https:\S+#SHRINK$/),
  ]);
  expect(terraform.values('it')['recipients']).toHaveLength(250);
  await terraform.applyAll(one({ name, recipients: ['user1'], force: true }));
  await terraform.applyAll({});
});

test.each<[State, string, string | null]>([
  [{ recipients: ['Alice'] }, 'Write it in lower case: "alice".', null],
  [{ recipients: ['alice@a.example'] }, 'Write only what stands before the @: "alice".', null],
  [{ recipients: ['a'], local_parts_file: 'b' }, 'Write recipients or local_parts_file, not both.', null],
  [{ local_parts_file: '/nowhere/users.txt' }, '/nowhere/users.txt cannot be read: ENOENT', null],
  [{}, ', line 3: "Al Ice" is not a mailbox of a.example. Write one a line', 'bob\n\nAl Ice\n'],
  [{}, ', line 1: "bob@b.example" is not a mailbox of a.example.', 'bob@b.example\n'],
  [{}, 'An empty User List is off', ''],
])('wrong: %p %s', async (config, line, text) => {
  if (text !== null) await writeFile(file, text);
  const list = text === null ? config : { local_parts_file: file };
  expect((await terraform.plan(one({ name: 'a.example', ...list }))).told).toEqual([expect.stringContaining(line)]);
});

test('what is not known yet is not looked at', async () => {
  const planned = await terraform.plan(one({ name: 'later.example', recipients: UNKNOWN }));
  expect([planned.told, planned.changes[0]?.planned?.['recipients_hash']]).toEqual([[], UNKNOWN]);
});
