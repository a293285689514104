import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createListLookup } from '../../../src/domains/user-list/lookup.ts';
import { OPERATOR } from '../../control/harness.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { addListed, type ListsNode, openNode } from './lists-scene.ts';
import { updateDomain } from '../../../src/domains/update.ts';

let database: TestDatabase;
let node: ListsNode;
let statements: string[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  node = openNode(database);
  database.database.queueSql.options.debug = (_connection, query) => {
    if (query.includes('recipient_entries') && !query.startsWith('explain')) statements.push(query);
  };
});
afterAll(() => database.close());

async function domainOf(name: string) {
  const domain = await node.domains.findRelayDomain(name);
  if (domain === null) throw new Error(`${name} is not served`);
  return domain;
}

describe('what counts as listed', () => {
  test('any case and composition of an entry, and nothing else', async () => {
    await addListed(node, 'case.example', { recipientList: ['Alice', 'm\u00fcller', '"john smith"'] });
    for (const localPart of ['alice', 'ALICE', 'M\u00dcLLER', 'mu\u0308ller', 'John Smith']) {
      expect(await node.isListed(`${localPart}@case.example`)).toBe(true);
    }
    for (const localPart of ['alic', 'alice1', 'muller', 'alice+x', '*', '%', '_lice', '\\']) {
      expect(await node.isListed(`${localPart}@case.example`)).toBe(false);
    }
  });

  test('with a delimiter the base stands for all, and a whole entry for itself', async () => {
    const recipientList = ['alice', 'bob+private', 'team-*'];
    await addListed(node, 'plus.example', { recipientList, recipientDelimiter: '+' });
    for (const localPart of ['alice+x', 'ALICE+x+y', 'alice+', 'bob+private', 'team-a', 'team-a+x']) {
      expect([localPart, await node.isListed(`${localPart}@plus.example`)]).toEqual([localPart, true]);
    }
    for (const localPart of ['bob', 'bob+x', '+alice', 'alice-x', 'team+-a']) {
      expect([localPart, await node.isListed(`${localPart}@plus.example`)]).toEqual([localPart, false]);
    }
  });

  test('another delimiter is in force at once, though the list is the same', async () => {
    await addListed(node, 'change.example', { recipientList: ['alice'], recipientDelimiter: '+' });
    expect(await node.isListed('alice+x@change.example')).toBe(true);
    expect(await node.isListed('alice-x@change.example')).toBe(false);
    await updateDomain(node.domains, OPERATOR, { name: 'change.example', recipientDelimiter: '-' });
    expect(await node.isListed('alice+x@change.example')).toBe(false);
    expect(await node.isListed('alice-x@change.example')).toBe(true);
  });

  test('an empty list has nobody in it, without a question', async () => {
    await addListed(node, 'empty.example');
    statements = [];
    expect(node.lists.isListed(await domainOf('empty.example'), 'alice')).toBe(false);
    expect(statements).toEqual([]);
  });

  test("an entry of one domain is none of another's", async () => {
    await addListed(node, 'one.example', { recipientList: ['alice', 'a*'] });
    await addListed(node, 'two.example', { recipientList: ['bob'] });
    expect(await node.isListed('alice@two.example')).toBe(false);
    expect(await node.isListed('bob@one.example')).toBe(false);
  });
});

describe('memory', () => {
  test('what was asked once is answered at once, entries and others', async () => {
    await addListed(node, 'warm.example', { recipientList: ['alice', 'wild*'], recipientDelimiter: '+' });
    const domain = await domainOf('warm.example');
    for (const name of ['alice', 'nobody', 'alice+x']) await node.lists.isListed(domain, name);
    statements = [];
    expect(node.lists.isListed(domain, 'alice')).toBe(true);
    expect(node.lists.isListed(domain, 'Alice+another')).toBe(true);
    expect(node.lists.isListed(domain, 'nobody')).toBe(false);
    expect(node.lists.isListed(domain, 'nobody+x') instanceof Promise).toBe(true);
    expect(node.lists.isListed(domain, 'wildcard')).toBe(true);
    expect(statements.filter((text) => text.includes('like'))).toEqual([]);
  });

  test('names at random push out neither entries nor wildcards, and are bounded themselves', async () => {
    await addListed(node, 'bounded.example', { recipientList: ['alice', 'wild*'], recipientDelimiter: '+' });
    const domain = await domainOf('bounded.example');
    const { isListed } = createListLookup({ sql: database.database.queueSql, maxListed: 2, maxUnlisted: 10 });
    await isListed(domain, 'alice');
    await isListed(domain, 'first');
    for (let index = 0; index < 30; index += 1) {
      await isListed(domain, `random${index}`);
      await isListed(domain, `alice+${index}`);
      await isListed(domain, `wild${index}`);
    }
    statements = [];
    expect(isListed(domain, 'alice')).toBe(true);
    expect(isListed(domain, 'wild')).toBe(true);
    expect(isListed(domain, 'random29')).toBe(false);
    const again = isListed(domain, 'first');
    expect(again).toBeInstanceOf(Promise);
    expect(await again).toBe(false);
    expect(statements).toHaveLength(1);
  });

  test('a change of the list is in force with the next question', async () => {
    await addListed(node, 'fresh.example', { recipientList: ['alice', 'w*'] });
    expect(await node.isListed('bob@fresh.example')).toBe(false);
    expect(await node.isListed('west@fresh.example')).toBe(true);
    await node.change('REPLACE', { domain: 'fresh.example', localParts: ['bob', 'x*'] });
    expect(await node.isListed('bob@fresh.example')).toBe(true);
    expect(await node.isListed('alice@fresh.example')).toBe(false);
    expect(await node.isListed('west@fresh.example')).toBe(false);
    expect(await node.isListed('xaver@fresh.example')).toBe(true);
  });

  test('a list that was switched off a moment ago, of which this node has not heard yet, refuses nobody', async () => {
    await addListed(node, 'off.example', { recipientList: ['alice'] });
    const before = await domainOf('off.example');
    await node.change('REPLACE', { domain: 'off.example', localParts: [], allowEveryone: true });
    expect(await node.lists.isListed(before, 'alice')).toBe(true);
    expect(await node.lists.isListed(before, 'bob')).toBe(true);
  });

  test('a database that has come back without its last changes is believed', async () => {
    await addListed(node, 'lost.example', { recipientList: ['alice', 'w*'] });
    const domain = await domainOf('lost.example');
    for (const name of ['bob', 'xaver']) expect(await node.lists.isListed(domain, name)).toBe(false);
    // The same generation, other entries.
    await database.sql`update recipient_entries set local_part = 'bob' where domain_id = ${domain.id} and local_part = 'alice'`;
    await database.sql`update recipient_entries set local_part = 'x*' where domain_id = ${domain.id} and local_part = 'w*'`;
    node.lists.dropAll();
    for (const name of ['bob', 'xaver']) expect(await node.lists.isListed(domain, name)).toBe(true);
    expect(await node.lists.isListed(domain, 'alice')).toBe(false);
  });

  test('a question that fails is asked anew; what is known is answered meanwhile', async () => {
    await addListed(node, 'away.example', { recipientList: ['alice', 'bob'] });
    const domain = await domainOf('away.example');
    await node.lists.isListed(domain, 'alice');
    await database.sql`alter table recipient_entries rename to entries_away`;
    const asked = node.lists.isListed(domain, 'bob');
    expect(asked).toBeInstanceOf(Promise);
    const failed = await Promise.resolve(asked).then(
      () => null,
      (error: unknown) => error,
    );
    expect(node.lists.isListed(domain, 'alice')).toBe(true);
    await database.sql`alter table entries_away rename to recipient_entries`;
    expect(failed).toBeInstanceOf(Error);
    expect(await node.lists.isListed(domain, 'bob')).toBe(true);
  });
});

test('look-ups are index scans, made while the table was empty and kept when it is full', async () => {
  await addListed(node, 'plans.example', { recipientList: ['a*'] });
  statements = [];
  await node.lists.isListed(await domainOf('plans.example'), 'zoe');
  expect(statements).toHaveLength(2);

  async function plans(): Promise<string[]> {
    const rows = await Promise.all(
      statements.map((text) => database.database.queueSql.unsafe(`explain (generic_plan, costs off) ${text}`)),
    );
    return rows.map((plan) => plan.map((row) => String(row['QUERY PLAN'])).join('\n'));
  }
  for (const isFull of [false, true]) {
    if (isFull) {
      const localParts = Array.from({ length: 20_000 }, (_, index) => `user${index}`);
      await node.change('REPLACE', { domain: 'plans.example', localParts });
      await database.sql`vacuum analyze recipient_entries`;
    }
    const found = await plans();
    for (const plan of found) expect(plan).toMatch(/Index Only Scan using recipient_entries_(pkey|patterns)/);
    expect(found.join('\n')).not.toMatch(/Seq Scan|Filter/);
  }
  for (const name of ['user0', 'USER19999']) expect(await node.isListed(`${name}@plans.example`)).toBe(true);
  expect(await node.isListed('user20000@plans.example')).toBe(false);
});
