/** Lists beside domains and messages, found by what a person asks for: outages, tenants, tokens, webhooks, contacts, records, entries. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { VerbTable } from '../../src/clients/cli/action.ts';
import { auditVerb } from '../../src/clients/cli/audit.ts';
import { contactVerb } from '../../src/clients/cli/contact.ts';
import { outageVerb } from '../../src/clients/cli/outage.ts';
import { tenantVerb } from '../../src/clients/cli/tenant.ts';
import { tokenVerb } from '../../src/clients/cli/token.ts';
import { webhookVerb } from '../../src/clients/cli/webhook.ts';
import type { Viewer } from '../../src/mail/viewer.ts';
import { callVerb } from '../clients/cli/call-verb.ts';
import { addDomain, addTenant, type Harness, OPERATOR, startControl } from './harness.ts';

let control: Harness;
let other: Viewer;
let token: string;

const KINDS = ['DOWN', 'BLOCKING', 'DOWN', 'GREYLISTING', 'DOWN'];

beforeAll(async () => {
  control = await startControl();
  other = await addTenant(control.database, 'Zeta');
  await addTenant(control.database, 'alpha');
  await addTenant(control.database, 'Alpine');
  const { sql } = control.database;
  // Of five outages the last two go on; the older of them holds more. The second is the other tenant's.
  for (const [index, kind] of KINDS.entries()) {
    const destinationId = await addDomain(control, `n${index}.example`);
    const tenantId = index === 1 ? other.tenantId : OPERATOR.tenantId;
    await sql`update destinations set held_count = ${10 - index}, tenant_id = ${tenantId} where id = ${destinationId}`;
    await sql`
      insert into outages (id, tenant_id, destination_id, started_at, ended_at, class, last_reply)
      select uuidv7(-age), ${tenantId}, ${destinationId}, bmx_now() - age, case when ${index} < 3 then bmx_now() - age + interval '1 hour' end,
        ${kind}, 'x'
      from make_interval(hours => ${10 * (5 - index)}) as age`;
  }
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(`mutation { tokenCreate(input: {
    name: "Their first", tenantId: "${other.tenantId}", scopes: [DOMAIN_READ, TOKEN_READ, WEBHOOK_READ, AUDIT_READ, QUEUE_READ] }) { secret } }`);
  token = tokenCreate.secret;
  await control.ask(`mutation {
    a: tokenCreate(input: { name: "My first", scopes: [DOMAIN_READ] }) { userErrors { code } }
    b: webhookCreate(input: { url: "https://hooks.example.net/1", events: [OUTAGE_OPENED] }) { userErrors { code } }
    c: webhookCreate(input: { url: "https://hooks.example.net/2", events: [OUTAGE_OPENED], tenantId: "${other.tenantId}" }) { userErrors { code } }
    d: alertContactCreate(input: { address: "a@watch.example.net" }) { userErrors { code } }
    e: alertContactCreate(input: { address: "b@watch.example.net", tenantId: "${other.tenantId}" }) { userErrors { code } } }`);
  await sql`update webhooks set is_enabled = false where url like '%1'`;
  await sql`update alert_contacts set confirmed_at = bmx_now(), code_hash = null, code_until = null where address like 'a@%'`;
});
afterAll(() => control.close());

interface Page {
  readonly nodes: readonly Readonly<Record<string, unknown>>[];
  readonly totalCount: number;
  readonly pageInfo: { readonly startCursor: string | null; readonly endCursor: string | null };
}

/** The field of each item, with the count of the whole list. */
async function list(name: string, args: string, field: string, secret?: string): Promise<readonly unknown[]> {
  const query = `{ ${name}(${args}) { nodes { ${field} } totalCount pageInfo { startCursor endCursor } } }`;
  const data =
    secret === undefined
      ? await control.ask<Record<string, Page>>(query)
      : (await control.postAs<Record<string, Page>>(secret, query)).data;
  const page = data[name];
  const found = page?.nodes.map((node) => node[field]) ?? [];
  if (!args.includes('after')) expect([args, page?.totalCount]).toEqual([args, found.length]);
  return found;
}

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
const numbers = async (args: string, secret?: string) =>
  (await list('outages', args, 'domainName', secret)).map((name) => Number(String(name).slice(1, 2)));

test.each([
  ['', [4, 3, 2, 1, 0]],
  ['orderBy: WORST', [3, 4, 2, 1, 0]],
  ['filter: { kinds: [DOWN] }', [4, 2, 0]],
  ['filter: { kinds: [DOWN, BLOCKING], isOpen: false }', [2, 1, 0]],
  ['orderBy: WORST, filter: { kinds: [DOWN] }', [4, 2, 0]],
  ['orderBy: WORST, filter: { isOpen: true }', [3, 4]],
  ['orderBy: WORST, filter: { isOpen: false }', [2, 1, 0]],
  ['orderBy: WORST, filter: { domain: "n4.example" }', [4]],
  ['filter: { domain: "n1.example" }', [1]],
] as const)('outages(%s)', async (args, expected) => {
  expect(await numbers(`first: 100, ${args}`)).toEqual([...expected]);
  expect(await numbers(`last: 100, ${args}`)).toEqual([...expected]);
});

test('outages of some time: not over at its beginning, begun before its end', async () => {
  expect(await numbers(`first: 9, filter: { since: "${hoursAgo(39.5)}" }`)).toEqual([4, 3, 2, 1]);
  expect(await numbers(`first: 9, filter: { since: "${hoursAgo(38)}" }`)).toEqual([4, 3, 2]);
  expect(await numbers(`first: 9, filter: { until: "${hoursAgo(25)}" }`)).toEqual([2, 1, 0]);
  expect(await numbers(`first: 9, filter: { since: "${hoursAgo(38)}", until: "${hoursAgo(15)}" }`)).toEqual([3, 2]);
});

test('the worst outages page by page, from both ends', async () => {
  const walk = async (size: number, isBackward: boolean) => {
    const found: unknown[] = [];
    for (let cursor = 'null'; found.length < KINDS.length; ) {
      const args = isBackward ? `last: ${size}, before: ${cursor}` : `first: ${size}, after: ${cursor}`;
      const { outages } = await control.ask<{ outages: Page }>(
        `{ outages(${args}, orderBy: WORST) { nodes { domainName } pageInfo { startCursor endCursor } } }`,
      );
      expect(outages.nodes).not.toEqual([]);
      const names = outages.nodes.map(({ domainName }) => String(domainName).slice(0, 2));
      found.splice(isBackward ? 0 : found.length, 0, ...names);
      cursor = `"${isBackward ? outages.pageInfo.startCursor : outages.pageInfo.endCursor}"`;
    }
    return found;
  };
  for (const size of [1, 2, 3]) {
    for (const isBackward of [false, true])
      expect(await walk(size, isBackward)).toEqual(['n3', 'n4', 'n2', 'n1', 'n0']);
  }
});

test('an operator sees one tenant, a tenant only itself', async () => {
  const theirs = `filter: { tenantId: "${other.tenantId}" }`;
  const mine = `filter: { tenantId: "${OPERATOR.tenantId}" }`;
  for (const secret of [undefined, token]) {
    expect(await numbers(`first: 9, ${theirs}`, secret)).toEqual([1]);
    expect(await numbers(`first: 9, orderBy: WORST, ${theirs}`, secret)).toEqual([1]);
    expect(await list('tokens', `first: 9, ${theirs}`, 'name', secret)).toEqual(['Their first']);
    expect(await list('webhooks', `first: 9, ${theirs}`, 'url', secret)).toEqual(['https://hooks.example.net/2']);
    expect(await list('alertContacts', `first: 9, ${theirs}`, 'address', secret)).toEqual(['b@watch.example.net']);
    expect(await list('auditEntries', `first: 9, ${theirs}`, 'mutation', secret)).toEqual([
      'ALERT_CONTACT_CREATE',
      'WEBHOOK_CREATE',
      'TOKEN_CREATE',
    ]);
  }
  for (const name of ['outages', 'tokens', 'webhooks', 'alertContacts', 'auditEntries', 'rejections']) {
    expect([name, await list(name, `first: 9, ${mine}`, 'id', token)]).toEqual([name, []]);
    expect([name, await list(name, 'first: 9, filter: { tenantId: "nobody" }', 'id')]).toEqual([name, []]);
  }
});

test('rejections of one tenant', async () => {
  await control.database.sql`
    insert into rejections (id, tenant_id, ehlo_name, command, rejection, reply)
    select new_id(), t, '', 'RCPT', 'BMX-USER', '' from unnest(array[${OPERATOR.tenantId}::uuid, ${other.tenantId}::uuid, null]) as t`;
  expect(await list('rejections', 'first: 9', 'code')).toHaveLength(3);
  expect(await list('rejections', `first: 9, filter: { tenantId: "${other.tenantId}" }`, 'code')).toHaveLength(1);
  expect(await list('rejections', 'first: 9', 'code', token)).toHaveLength(1);
});

test.each([
  ['tenants', 'first: 9, orderBy: NAME, filter: { namePrefix: "AL" }', 'name', ['alpha', 'Alpine']],
  ['tenants', 'first: 9, filter: { namePrefix: " alp " }', 'name', ['alpha', 'Alpine']],
  ['tenants', 'last: 1, orderBy: NAME, filter: { namePrefix: "z" }', 'name', ['Zeta']],
  ['tenants', 'first: 9, filter: { isSuspended: true }', 'name', []],
  ['tokens', 'first: 9, filter: { namePrefix: "my" }', 'name', ['My first']],
  ['webhooks', 'first: 9, filter: { status: DISABLED }', 'url', ['https://hooks.example.net/1']],
  ['webhooks', 'first: 9, filter: { status: ENABLED }', 'url', ['https://hooks.example.net/2']],
  ['alertContacts', 'first: 9, filter: { status: CONFIRMED }', 'address', ['a@watch.example.net']],
  ['alertContacts', 'first: 9, filter: { status: UNCONFIRMED }', 'address', ['b@watch.example.net']],
] as const)('%s(%s)', async (name, args, field, expected) => {
  expect(await list(name, args, field)).toEqual([...expected]);
});

test('on the command line', async () => {
  const rows = async (verb: VerbTable, ...args: readonly string[]) => {
    const { code, out, err } = await callVerb(control.url, verb, args);
    expect([err, code]).toEqual([[], 0]);
    return out.slice(1);
  };
  const outages = async (...args: readonly string[]) =>
    (await rows(outageVerb, 'list', ...args)).map((line) => line.slice(0, 2));
  expect(await outages('--worst')).toEqual(['n3', 'n4']);
  expect(await outages('--all', '--kind', 'down,blocking')).toEqual(['n4', 'n2', 'n1', 'n0']);
  expect(await outages('--all', '--tenant', other.tenantId)).toEqual(['n1']);
  expect(await outages('--all', '--since', '38h', '--until', '15h')).toEqual(['n3', 'n2']);
  expect(await rows(tenantVerb, 'list', '--prefix', 'al')).toHaveLength(2);
  for (const verb of [tokenVerb, webhookVerb, contactVerb]) {
    expect(await rows(verb, 'list', '--tenant', other.tenantId)).toHaveLength(1);
  }
  expect(await rows(tokenVerb, 'list', '--prefix', 'their')).toHaveLength(1);
  expect(await rows(auditVerb, 'list', '--tenant', other.tenantId)).toHaveLength(3);
});

test('tenants by name, whatever the case', async () => {
  const names = (await list('tenants', 'first: 100, orderBy: NAME', 'name')).map((name) => String(name).toLowerCase());
  expect(names).toEqual(names.toSorted());
  expect((await list('tenants', 'last: 100, orderBy: NAME', 'name')).map((name) => String(name).toLowerCase())).toEqual(
    names,
  );
});

test('entries of a User List that begin with a text', async () => {
  await control.ask(
    `mutation { recipientListReplace(input: { domain: "n0.example", localParts: ["ann", "anna", "bob"] }) { userErrors { code } } }`,
  );
  const { domain } = await control.ask<{
    domain: { recipientList: { entries: Page } };
  }>(`{ domain(by: { name: "n0.example" }) {
    recipientList { entries(first: 9, prefix: "AN") { nodes { localPart } totalCount pageInfo { startCursor endCursor } } } } }`);
  expect(domain.recipientList.entries).toMatchObject({
    nodes: [{ localPart: 'ann' }, { localPart: 'anna' }],
    totalCount: 2,
  });
});
