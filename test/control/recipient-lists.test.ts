/** User Lists over GraphQL: fields, pages, mutations and their errors. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Harness, startControl } from './harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

interface Payload {
  readonly domain: { readonly recipientList: { readonly entryCount: number; readonly revision: number } } | null;
  readonly change: { addedCount: number; removedCount: number; added: string[]; removed: string[] } | null;
  readonly userErrors: readonly { path: string[]; code: string; message: string }[];
}

type Verb = 'Add' | 'Remove' | 'Replace';

async function change(verb: Verb, input: Record<string, unknown>): Promise<Payload> {
  const { payload } = await control.ask<{ payload: Payload }>(
    `mutation ($input: RecipientList${verb}Input!) {
      payload: recipientList${verb}(input: $input) {
        domain { recipientList { entryCount revision } }
        change { addedCount removedCount added removed }
        userErrors { path code message }
      }
    }`,
    { input },
  );
  return payload;
}

async function create(name: string, recipientList: readonly string[]): Promise<void> {
  const { domainCreate } = await control.ask<{ domainCreate: Pick<Payload, 'userErrors'> }>(
    `mutation ($name: String!, $recipientList: [String!]) {
      domainCreate(input: { name: $name, recipientList: $recipientList }) { userErrors { path code message } }
    }`,
    { name, recipientList },
  );
  expect(domainCreate.userErrors).toEqual([]);
}

test('a domain tells of its list, and pages through it', async () => {
  await create('pages.example', ['d', 'b', 'a', 'c', '"x@y"', ' z z ']);
  interface Page {
    domain: {
      recipientDelimiter: string | null;
      recipientList: {
        isEnabled: boolean;
        entryCount: number;
        revision: number;
        entries: { nodes: { localPart: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
      };
    };
  }
  const seen: string[] = [];
  let after: string | null = null;
  for (let page = 0; page < 3; page += 1) {
    const { domain }: Page = await control.ask<Page>(
      `query ($after: String) {
        domain(by: { name: "pages.example" }) {
          recipientDelimiter
          recipientList {
            isEnabled entryCount revision
            entries(first: 2, after: $after) { nodes { localPart } pageInfo { hasNextPage endCursor } }
          }
        }
      }`,
      { after },
    );
    expect(domain).toMatchObject({
      recipientDelimiter: null,
      recipientList: { isEnabled: true, entryCount: 6, revision: 1 },
    });
    seen.push(...domain.recipientList.entries.nodes.map(({ localPart }) => localPart));
    expect(domain.recipientList.entries.pageInfo.hasNextPage).toBe(page < 2);
    after = domain.recipientList.entries.pageInfo.endCursor;
  }
  expect(seen).toEqual(['a', 'b', 'c', 'd', '"x@y"', 'z z']);
  // As they were read they may be given back.
  expect(await change('Replace', { domain: 'pages.example', localParts: seen })).toMatchObject({
    domain: { recipientList: { revision: 1 } },
    change: { addedCount: 0, removedCount: 0 },
  });

  const bad = await control.post(
    '{ domain(by: { name: "pages.example" }) { recipientList { entries(first: 2, after: "AAAA") { nodes { localPart } } } } }',
  );
  expect(bad.errors?.[0]?.message).toContain('no cursor');
  const long = await control.post(
    '{ domain(by: { name: "pages.example" }) { recipientList { entries(first: 101) { nodes { localPart } } } } }',
  );
  expect(long.errors?.[0]?.message).toContain('between 1 and 100');
});

test('the lists of a page of domains are one question', async () => {
  for (const name of ['batch1.example', 'batch2.example', 'batch3.example']) await create(name, ['a', 'b']);
  const asked: string[] = [];
  control.database.sql.options.debug = (_connection, query) => {
    if (query.includes('recipient_entries')) asked.push(query);
  };
  const { domains } = await control.ask<{ domains: { nodes: { recipientList: { nodes: unknown[] } }[] } }>(
    '{ domains(first: 50) { nodes { recipientList { entries(first: 5) { nodes { localPart } } } } } }',
  );
  control.database.sql.options.debug = false;
  expect(domains.nodes.length).toBeGreaterThanOrEqual(3);
  expect(asked).toHaveLength(1);
});

test('add, remove and replace answer with the domain after it and what has changed', async () => {
  await create('verbs.example', []);
  expect(await change('Add', { domain: 'verbs.example', localParts: ['B', 'a'] })).toEqual({
    domain: { recipientList: { entryCount: 2, revision: 1 } },
    change: { addedCount: 2, removedCount: 0, added: ['a', 'b'], removed: [] },
    userErrors: [],
  });
  expect(await change('Remove', { domain: 'verbs.example', localParts: ['b', 'z'] })).toEqual({
    domain: { recipientList: { entryCount: 1, revision: 2 } },
    change: { addedCount: 0, removedCount: 1, added: [], removed: ['b'] },
    userErrors: [],
  });
  const wanted = { domain: 'verbs.example', localParts: ['"x@y"', 'c'], expectedRevision: 2 };
  const change1 = { addedCount: 2, removedCount: 1, added: ['c', '"x@y"'], removed: ['a'] };
  expect(await change('Replace', { ...wanted, dryRun: true })).toEqual({
    domain: { recipientList: { entryCount: 1, revision: 2 } },
    change: change1,
    userErrors: [],
  });
  expect(await change('Replace', wanted)).toEqual({
    domain: { recipientList: { entryCount: 2, revision: 3 } },
    change: change1,
    userErrors: [],
  });
});

test('errors name the entry, or what to give instead; the domain comes with CONFLICT and SHRINK', async () => {
  await create('errors.example', ['a']);
  const present = { recipientList: { entryCount: 1, revision: 1 } };
  const bad = await change('Add', { domain: 'errors.example', localParts: ['fine', 'a@other.example'] });
  expect(bad).toMatchObject({
    domain: null,
    change: null,
    userErrors: [{ path: ['localParts', '1'], code: 'NOT_AN_ADDRESS' }],
  });
  expect(await change('Replace', { domain: 'errors.example', localParts: [] })).toMatchObject({
    domain: present,
    change: null,
    userErrors: [{ path: ['allowEveryone'], code: 'SHRINK' }],
  });
  expect(await change('Add', { domain: 'errors.example', localParts: ['b'], expectedRevision: 0 })).toMatchObject({
    domain: present,
    userErrors: [{ path: ['expectedRevision'], code: 'CONFLICT' }],
  });
  expect(await change('Add', { domain: 'nowhere.example', localParts: ['b'] })).toMatchObject({
    domain: null,
    userErrors: [{ path: ['domain'], code: 'NOT_FOUND' }],
  });
});

test('a repetition with the same key gets the first answer, after another change too', async () => {
  await create('once.example', []);
  const input = { domain: 'once.example', localParts: ['a', 'b'], idempotencyKey: 'list-1' };
  const first = await change('Replace', input);
  await change('Add', { domain: 'once.example', localParts: ['c'] });
  expect(await change('Replace', input)).toEqual(first);
  const other = await change('Replace', { ...input, localParts: ['x'] });
  expect(other).toMatchObject({ domain: null, change: null, userErrors: [{ path: ['idempotencyKey'] }] });
  const { domain } = await control.ask<{ domain: { recipientList: { entryCount: number } } }>(
    '{ domain(by: { name: "once.example" }) { recipientList { entryCount } } }',
  );
  expect(domain.recipientList.entryCount).toBe(3);
});

test('a list of 50,000 in one request', async () => {
  await create('long.example', []);
  const localParts = Array.from({ length: 50_000 }, (_, index) => `user${index}@long.example`);
  const payload = await change('Replace', { domain: 'long.example', localParts });
  expect(payload).toMatchObject({
    domain: { recipientList: { entryCount: 50_000 } },
    change: { addedCount: 50_000 },
    userErrors: [],
  });
  expect(payload.change?.added).toHaveLength(100);
});
