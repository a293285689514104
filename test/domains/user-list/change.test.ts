import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { openDatabase } from '../../../src/db/client.ts';
import { listenTo, SETTINGS_CHANNEL } from '../../../src/db/listen.ts';
import type { Viewer } from '../../../src/mail/viewer.ts';
import { listEntries, type ListVerb } from '../../../src/domains/user-list/store.ts';
import { findDomain } from '../../../src/domains/domains.ts';
import { addTenant, OPERATOR } from '../../control/harness.ts';
import { until } from '../../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { addListed, entriesOf, type ListsNode, openNode, refusalOf } from './lists-scene.ts';
import { createDomain } from '../../../src/domains/create.ts';
import { deleteDomain } from '../../../src/domains/delete.ts';

let database: TestDatabase;
let node: ListsNode;
let tenant: Viewer;
beforeAll(async () => {
  database = await createTestDatabase();
  node = openNode(database);
  tenant = await addTenant(database);
});
afterAll(() => database.close());

function users(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `user${String(index + from).padStart(6, '0')}`);
}

async function lastEvent(destinationId: string) {
  const [row] = await database.sql<{ facts: Record<string, unknown> }[]>`
    select facts from events
    where destination_id = ${destinationId} and kind = 'RECIPIENTS_CHANGED' order by id desc limit 1`;
  return row?.facts;
}

describe('changes', () => {
  test('add, remove and replace: entries, counts, generation, revision, difference and event', async () => {
    const made = await addListed(node, 'all.example', { recipientList: ['b', 'A', 'a'] });
    expect(made).toMatchObject({ recipientList: { count: 2, revision: 1 }, revision: 1 });
    expect(await entriesOf(database, made.id)).toEqual(['a', 'b']);

    const added = await node.change('ADD', { domain: 'ALL.example.', localParts: ['C', 'd@all.example', 'a'] });
    expect(added).toMatchObject({
      kind: 'DONE',
      domain: { recipientList: { count: 4, revision: 2 }, revision: 2 },
      difference: { addedCount: 2, removedCount: 0, added: ['c', 'd'], removed: [] },
    });
    const removed = await node.change('REMOVE', { domain: 'all.example', localParts: ['A', 'nobody', 'c'] });
    expect(removed).toMatchObject({
      kind: 'DONE',
      domain: { recipientList: { count: 2, revision: 3 } },
      difference: { addedCount: 0, removedCount: 2, added: [], removed: ['a', 'c'] },
    });
    const replaced = await node.change('REPLACE', { domain: 'all.example', localParts: ['x', 'd', 'y'] });
    expect(replaced).toMatchObject({
      kind: 'DONE',
      domain: { recipientList: { count: 3, revision: 4 }, revision: 4 },
      difference: { addedCount: 2, removedCount: 1, added: ['x', 'y'], removed: ['b'] },
    });
    expect(await entriesOf(database, made.id)).toEqual(['d', 'x', 'y']);
    expect(await lastEvent(made.destinationId)).toEqual({
      name: 'all.example',
      by: OPERATOR.tenantId,
      addedCount: 2,
      removedCount: 1,
      added: ['x', 'y'],
      removed: ['b'],
      count: 3,
      revision: 4,
    });
    expect((await node.domains.findRelayDomain('all.example'))?.recipientList).toMatchObject({
      count: 3,
      revision: 4,
    });
  });

  test('the same content is no change: no generation, no revision, no event', async () => {
    const domain = await addListed(node, 'same.example', { recipientList: ['a', 'b'] });
    const untouched = { kind: 'DONE', domain: { recipientList: { count: 2, revision: 1 }, revision: 1 } };
    expect(await node.change('REPLACE', { domain: 'same.example', localParts: ['B', 'a'] })).toMatchObject(untouched);
    expect(await node.change('ADD', { domain: 'same.example', localParts: ['a'] })).toMatchObject(untouched);
    expect(await node.change('REMOVE', { domain: 'same.example', localParts: ['c'] })).toMatchObject(untouched);
    expect(await node.change('ADD', { domain: 'same.example', localParts: [] })).toMatchObject(untouched);
    expect(await lastEvent(domain.destinationId)).toBeUndefined();
  });

  test('a dry run says what would change, also where force is wanted, and changes nothing', async () => {
    const domain = await addListed(node, 'dry.example', { recipientList: ['a', 'b'] });
    const dry = await node.change('REPLACE', { domain: 'dry.example', localParts: ['b', 'c'], dryRun: true });
    expect(dry).toMatchObject({
      kind: 'DONE',
      domain: { recipientList: { count: 2, revision: 1 } },
      difference: { addedCount: 1, removedCount: 1, added: ['c'], removed: ['a'] },
    });
    const emptied = await node.change('REPLACE', { domain: 'dry.example', localParts: [], dryRun: true });
    expect(emptied).toMatchObject({ kind: 'DONE', difference: { removedCount: 2 } });
    expect(await entriesOf(database, domain.id)).toEqual(['a', 'b']);
    expect(await lastEvent(domain.destinationId)).toBeUndefined();
  });

  test('difference and event hold samples of a long list, in alphabetical order', async () => {
    const domain = await addListed(node, 'samples.example');
    const localParts = users(500).toReversed();
    const change = await node.change('ADD', { domain: 'samples.example', localParts });
    expect(change.kind === 'DONE' && change.difference).toEqual({
      addedCount: 500,
      removedCount: 0,
      added: users(100),
      removed: [],
    });
    expect(await lastEvent(domain.destinationId)).toMatchObject({ addedCount: 500, added: users(20), count: 500 });
  });

  test('property: whatever is done in whatever order, the list is what a set would be', async () => {
    const domain = await addListed(node, 'property.example');
    const name = 'property.example';
    const step = fc.record({
      verb: fc.constantFrom<ListVerb>('ADD', 'REMOVE', 'REPLACE'),
      localParts: fc.array(
        fc.constantFrom('a', 'B', 'b', 'c*', '\u00fc', 'U\u0308', 'a b', '"q"', 'x\\y', '{z}', ',', "'", 'null'),
        {
          maxLength: 6,
        },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        const model = new Set(await entriesOf(database, domain.id));
        for (const { verb, localParts } of steps) {
          const forms = localParts.map((text) => (text === '"q"' ? 'q' : text.normalize('NFC').toLowerCase()));
          if (verb === 'REPLACE') model.clear();
          for (const form of forms) void (verb === 'REMOVE' ? model.delete(form) : model.add(form));
          const change = await node.change(verb, { domain: name, localParts, force: true, allowEveryone: true });
          expect(change.kind === 'DONE' && change.domain.recipientList.count).toBe(model.size);
        }
        expect(new Set(await entriesOf(database, domain.id))).toEqual(model);
      }),
      { numRuns: 40 },
    );
  });

  test('20,000 are replaced by 20,000 others', async () => {
    const domain = await addListed(node, 'long.example', { recipientList: users(20_000) });
    const startedAt = performance.now();
    const change = await node.change('REPLACE', { domain: 'long.example', localParts: users(20_000, 10_000) });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(change).toMatchObject({ kind: 'DONE', difference: { addedCount: 10_000, removedCount: 10_000 } });
    expect(await entriesOf(database, domain.id)).toEqual(users(20_000, 10_000));
  });

  test('a domain that is deleted takes its entries along', async () => {
    const domain = await addListed(node, 'gone.example', { recipientList: ['a', 'b'] });
    expect((await deleteDomain(node.domains, OPERATOR, { name: 'gone.example' })).kind).toBe('DONE');
    expect(await entriesOf(database, domain.id)).toEqual([]);
    expect(refusalOf(await node.change('ADD', { domain: 'gone.example', localParts: ['c'] }))).toBe(
      'NOT_FOUND at domain',
    );
  });
});

describe('what is refused changes nothing', () => {
  test('one bad entry among many, named by its path', async () => {
    const domain = await addListed(node, 'bad.example', { recipientList: ['a'] });
    const localParts = [...users(17), 'user@other.example', ...users(5, 50), 'x'.repeat(65)];
    for (const verb of ['ADD', 'REMOVE', 'REPLACE'] as const) {
      const refused = await node.change(verb, { domain: 'bad.example', localParts });
      expect(refusalOf(refused)).toBe('NOT_AN_ADDRESS at localParts.17, NOT_AN_ADDRESS at localParts.23');
    }
    expect(await entriesOf(database, domain.id)).toEqual(['a']);
    const created = await createDomain(node.domains, OPERATOR, {
      name: 'bad2.example',
      recipientList: ['a', 'b@other.example'],
    });
    expect(created).toMatchObject({
      kind: 'REFUSED',
      errors: [{ path: ['recipientList', '1'], code: 'NOT_AN_ADDRESS' }],
    });
    expect(await findDomain(node.domains.sql, OPERATOR, 'bad2.example')).toBeNull();
  });

  test('more than a million in all, or a thousand wildcards in all', async () => {
    await addListed(node, 'many.example', { recipientList: ['first*'] });
    const wild = Array.from({ length: 1000 }, (_, index) => `${index}*`);
    expect(refusalOf(await node.change('ADD', { domain: 'many.example', localParts: wild }))).toBe(
      'TOO_MANY at localParts',
    );
    const replaced = await node.change('REPLACE', { domain: 'many.example', localParts: wild });
    expect(replaced).toMatchObject({ kind: 'DONE', domain: { recipientList: { count: 1000 } } });
    await database.sql`update domains set recipient_count = 999999 where name = 'many.example'`;
    expect((await node.change('ADD', { domain: 'many.example', localParts: ['a'] })).kind).toBe('DONE');
    expect(refusalOf(await node.change('ADD', { domain: 'many.example', localParts: ['b'] }))).toBe(
      'TOO_MANY at localParts',
    );
  });

  test('a shrink by more than half from 100 entries on, needs force; emptying at any size needs allowEveryone', async () => {
    await addListed(node, 'shrink.example', { recipientList: users(100) });
    const domain = 'shrink.example';
    const shrunk = await node.change('REPLACE', { domain, localParts: users(49) });
    expect(refusalOf(shrunk)).toBe('SHRINK at force');
    expect(shrunk).toMatchObject({ domain: { recipientList: { count: 100, revision: 1 } } });
    expect(refusalOf(await node.change('REMOVE', { domain, localParts: users(51) }))).toBe('SHRINK at force');
    expect((await node.change('REPLACE', { domain, localParts: users(100, 50) })).kind).toBe('DONE');
    expect((await node.change('REMOVE', { domain, localParts: users(50, 50) })).kind).toBe('DONE');
    // Fewer than 100: by any number, but not to nothing.
    expect((await node.change('REPLACE', { domain, localParts: ['a'] })).kind).toBe('DONE');
    expect((await node.change('REPLACE', { domain, localParts: ['b'] })).kind).toBe('DONE');
    for (const force of [undefined, true]) {
      const empty = await node.change('REPLACE', { domain, localParts: [], force });
      expect(refusalOf(empty)).toBe('SHRINK at allowEveryone');
      expect(empty).toMatchObject({ domain: { recipientList: { count: 1 } } });
      const last = await node.change('REMOVE', { domain, localParts: ['b'], force });
      expect(refusalOf(last)).toBe('SHRINK at allowEveryone');
    }
    const emptied = await node.change('REMOVE', { domain, localParts: ['b'], allowEveryone: true });
    expect(emptied).toMatchObject({ kind: 'DONE', domain: { recipientList: { count: 0 } } });
    expect((await node.change('REPLACE', { domain, localParts: [] })).kind).toBe('DONE');
    await node.change('ADD', { domain, localParts: users(300) });
    expect((await node.change('REPLACE', { domain, localParts: users(1), force: true })).kind).toBe('DONE');
  });

  test('no domain, or no name of one', async () => {
    for (const domain of ['nowhere.example', 'not a name', '']) {
      expect(refusalOf(await node.change('ADD', { domain, localParts: ['a'] }))).toBe('NOT_FOUND at domain');
    }
  });
});

describe('several writers', () => {
  test('of two that have read the same generation, one is told', async () => {
    const domain = await addListed(node, 'writers.example', { recipientList: users(10) });
    const other = openNode(database);
    const replace = (writer: ListsNode, mark: string) =>
      writer.change('REPLACE', { domain: 'writers.example', localParts: [...users(9), mark], expectedRevision: 1 });
    const changes = await Promise.all([replace(node, 'mine'), replace(other, 'theirs')]);
    const refused = changes.find(({ kind }) => kind === 'REFUSED');
    expect(changes.filter(({ kind }) => kind === 'DONE')).toHaveLength(1);
    expect(refused).toMatchObject({
      errors: [{ path: ['expectedRevision'], code: 'CONFLICT', message: expect.stringContaining('revision 2, not 1') }],
      domain: { recipientList: { revision: 2 } },
    });
    expect(await entriesOf(database, domain.id)).toHaveLength(10);
    const again = await node.change('ADD', { domain: 'writers.example', localParts: ['late'], expectedRevision: 2 });
    expect(again).toMatchObject({ kind: 'DONE', domain: { recipientList: { count: 11, revision: 3 } } });
  });

  test('many at once lose nothing, and the count stays exact', async () => {
    const domain = await addListed(node, 'race.example');
    const changes = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        node.change('ADD', { domain: 'race.example', localParts: [...users(20, index * 10), 'shared'] }),
      ),
    );
    expect(changes.every(({ kind }) => kind === 'DONE')).toBe(true);
    const entries = await entriesOf(database, domain.id);
    expect(entries).toEqual(['shared', ...users(130)]);
    expect((await node.domains.findRelayDomain('race.example'))?.recipientList.count).toBe(131);
  });

  test('a change that is rolled back leaves the list, its generation and what is told', async () => {
    const domain = await addListed(node, 'rollback.example', { recipientList: ['a'] });
    await database.sql`alter table events rename to events_away`;
    const failed = await node.change('ADD', { domain: 'rollback.example', localParts: ['b'] }).then(
      () => null,
      (error: unknown) => error,
    );
    await database.sql`alter table events_away rename to events`;
    expect(failed).toBeInstanceOf(Error);
    expect(await entriesOf(database, domain.id)).toEqual(['a']);
    expect((await node.domains.findRelayDomain('rollback.example'))?.recipientList.revision).toBe(1);
    expect(await node.isListed('b@rollback.example')).toBe(false);
  });

  test('on another node the new list is in force within a second, though the old one was in its memory', async () => {
    await addListed(node, 'nodes.example', { recipientList: ['alice', 'old*'] });
    const away = openDatabase(database.target, { poolSize: 2, queuePoolSize: 2 });
    const other = openNode({ ...database, database: away, sql: away.sql });
    const listener = await listenTo({
      sql: away.sql,
      channel: SETTINGS_CHANNEL,
      onPayload: other.domains.onSettingsNotice,
      onReset: other.domains.onReset,
    });
    expect(await other.isListed('alice@nodes.example')).toBe(true);
    expect(await other.isListed('older@nodes.example')).toBe(true);
    expect(await other.isListed('bob@nodes.example')).toBe(false);
    await node.change('REPLACE', { domain: 'nodes.example', localParts: ['bob', 'new*'] });
    await until('the other node has the new list', 30_000, () => other.isListed('bob@nodes.example'));
    expect(await other.isListed('alice@nodes.example')).toBe(false);
    expect(await other.isListed('older@nodes.example')).toBe(false);
    expect(await other.isListed('newer@nodes.example')).toBe(true);
    await listener.close();
    await away.close();
  });
});

describe('tenants', () => {
  test("another tenant's list is neither read nor changed", async () => {
    const domain = await addListed(node, 'theirs.example', { recipientList: ['a'] });
    for (const verb of ['ADD', 'REMOVE', 'REPLACE'] as const) {
      const input = { domain: 'theirs.example', localParts: ['a', 'b'], force: true };
      expect(refusalOf(await node.change(verb, input, tenant))).toBe('NOT_FOUND at domain');
      expect(refusalOf(await node.change(verb, { ...input, dryRun: true }, tenant))).toBe('NOT_FOUND at domain');
    }
    const page = { domainId: domain.id, limit: 10, after: null, prefix: '' };
    expect(await listEntries(database.sql, tenant, [page])).toEqual([[]]);
    expect(await listEntries(database.sql, OPERATOR, [page])).toEqual([['a']]);
  });

  test("a claim's list is its tenant's own, and is not asked while another is served", async () => {
    await addListed(node, 'claim.example', { recipientList: ['served'] });
    await createDomain(node.domains, tenant, { name: 'claim.example', recipientList: ['claimed'] });
    const change = await node.change('ADD', { domain: 'claim.example', localParts: ['more'] }, tenant);
    expect(change).toMatchObject({ kind: 'DONE', domain: { status: 'PENDING', recipientList: { count: 2 } } });
    expect(await node.isListed('served@claim.example')).toBe(true);
    expect(await node.isListed('more@claim.example')).toBe(false);
  });
});

test('pages of several lists come in one statement, in alphabetical order', async () => {
  const one = await addListed(node, 'page1.example', { recipientList: ['c', 'a', 'b', 'd'] });
  const two = await addListed(node, 'page2.example', { recipientList: ['z'] });
  const pages = await listEntries(database.sql, OPERATOR, [
    { domainId: one.id, limit: 2, after: null, prefix: '' },
    { domainId: two.id, limit: 2, after: null, prefix: '' },
    { domainId: one.id, limit: 5, after: 'b', prefix: '' },
    { domainId: two.id, limit: 5, after: 'z', prefix: '' },
    { domainId: one.id, limit: 5, after: null, prefix: 'b' },
    { domainId: one.id, limit: 5, after: 'b', prefix: 'b' },
  ]);
  expect(pages).toEqual([['a', 'b'], ['z'], ['c', 'd'], [], ['b'], []]);
});

test('a domain is made with its list or not at all', async () => {
  await database.sql`create function no_room() returns trigger language plpgsql as $$ begin raise exception 'no room'; end $$`;
  await database.sql`create trigger no_room before insert on recipient_entries execute function no_room()`;
  const made = createDomain(node.domains, OPERATOR, { name: 'half.example', recipientList: ['a'] });
  expect(
    await made.then(
      () => null,
      (error: unknown) => String(error),
    ),
  ).toContain('no room');
  await database.sql`drop trigger no_room on recipient_entries`;
  expect(await findDomain(node.domains.sql, OPERATOR, 'half.example')).toBeNull();
});
