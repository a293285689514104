/** What a tenant has, and its domains, as itself and an operator see them. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createDomain } from '../../src/domains/create.ts';
import { listTenantDomains } from '../../src/domains/of-tenants.ts';
import type { Viewer } from '../../src/mail/viewer.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { readUsages } from '../../src/tenants/usage.ts';
import { addDomain, addTenant, endMessage, type Harness, holdMessage, OPERATOR, startControl } from './harness.ts';

let control: Harness;
let tenant: Viewer;
beforeAll(async () => {
  control = await startControl();
  tenant = await addTenant(control.database, 'some');
});
afterAll(() => control.close());

interface Page {
  readonly nodes: readonly { readonly name: string }[];
  readonly totalCount: number;
  readonly isTotalEstimated: boolean;
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
}

async function page(args: string): Promise<Page> {
  const { tenant: found } = await control.ask<{ tenant: { domains: Page } }>(
    `{ tenant(id: "${tenant.tenantId}") { domains(${args}) {
         nodes { name } totalCount isTotalEstimated pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
  );
  return found.domains;
}

test('its objects are counted, and what is held for it; nobody else sees that', async () => {
  const { sql } = control.database;
  const usage = async (viewer = OPERATOR) => (await readUsages(sql, viewer, [tenant.tenantId])).get(tenant.tenantId);
  const nothing = { domainCount: 0, recipientEntryCount: 0, tokenCount: 0, webhookCount: 0, alertContactCount: 0 };
  expect(await usage()).toEqual({ ...nothing, heldCount: 0, heldSize: 0 });
  const recipientList = ['a', 'b', 'c'];
  const made = await createDomain(control.domains, OPERATOR, {
    name: 'some.example',
    tenantId: tenant.tenantId,
    recipientList,
  });
  if (made.kind !== 'DONE') throw new Error(JSON.stringify(made.errors));
  await createDomain(control.domains, tenant, { name: 'claimed.example' });
  const { tenantId } = tenant;
  await control.ask(`mutation {
    tokenCreate(input: { name: "t", scopes: [QUEUE_READ], tenantId: "${tenantId}" }) { userErrors { code } }
    webhookCreate(input: { url: "https://hooks.example.net/", events: [OUTAGE_OPENED], tenantId: "${tenantId}" }) { userErrors { code } }
    alertContactCreate(input: { address: "a@watch.example.net", tenantId: "${tenantId}" }) { userErrors { code } } }`);
  const { destinationId } = made.domain;
  await holdMessage(control.database, { destinationId, sizeBytes: 700 });
  await endMessage(control.database, await holdMessage(control.database, { destinationId }));
  await foldDeltas(sql);
  const all = { domainCount: 2, recipientEntryCount: 3, tokenCount: 1, webhookCount: 1, alertContactCount: 1 };
  const held = { heldCount: 1, heldSize: 700 };
  expect(await usage(tenant)).toEqual({ ...all, ...held });
  const seen = await control.ask<{ tenant: unknown }>(
    `{ tenant(id: "${tenantId}") { usage { ${Object.keys({ ...all, ...held }).join(' ')} } } }`,
  );
  expect(seen.tenant).toEqual({ usage: { ...all, ...held } });
  const stranger = await addTenant(control.database, 'stranger');
  expect(await usage(stranger)).toBeUndefined();
  const foreign = { tenantId, limit: 10, from: null, isBackward: false };
  expect(await listTenantDomains(sql, stranger, [foreign])).toEqual([[]]);
});

test('its domains are paged from both ends; those of others are not among them', async () => {
  await addDomain(control, 'foreign.example');
  for (const name of ['x.example', 'y.example']) {
    await createDomain(control.domains, OPERATOR, { name, tenantId: tenant.tenantId });
  }
  const all = ['some.example', 'claimed.example', 'x.example', 'y.example'];
  const names = ({ nodes }: Page) => nodes.map(({ name }) => name);
  const first = await page('first: 3');
  expect(first).toMatchObject({
    totalCount: 4,
    isTotalEstimated: false,
    pageInfo: { hasNextPage: true, hasPreviousPage: false },
  });
  expect(names(first)).toEqual(all.slice(0, 3));
  const second = await page(`first: 3, after: "${first.pageInfo.endCursor}"`);
  expect([names(second), second.pageInfo.hasNextPage]).toEqual([['y.example'], false]);
  const last = await page('last: 3');
  expect([names(last), last.pageInfo.hasPreviousPage]).toEqual([all.slice(1), true]);
  const before = await page(`last: 3, before: "${last.pageInfo.startCursor}"`);
  expect([names(before), before.pageInfo.hasPreviousPage]).toEqual([['some.example'], false]);
  const { errors } = await control.post(`{ tenant(id: "${tenant.tenantId}") { domains { nodes { name } } } }`);
  expect(errors?.[0]?.message).toStartWith('Give either first');
});
