/** `rejections` through the API: what is told of a refusal, filters as they come, pages. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createRejections } from '../../src/events/rejections.ts';
import { createIdSource, newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { addDomain, type Harness, startControl } from './harness.ts';

interface Answer {
  readonly rejections: {
    readonly nodes: readonly Record<string, unknown>[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

let control: Harness;
const ids: string[] = [];

beforeAll(async () => {
  control = await startControl();
  const destinationId = await addDomain(control, 'good.example');
  const rejections = createRejections({
    sql: control.database.sql,
    monotonicMs: () => 0,
    clientNetwork: (address) => address,
    hasRoom: () => true,
    onUnrecorded: () => undefined,
    onTrouble: (message) => {
      throw new Error(message);
    },
  });
  const source = createIdSource(() => Date.now());
  for (let at = 0; at < 6; at += 1) {
    const isServed = at % 2 === 0;
    ids.unshift(source());
    rejections.record({
      id: ids[0] ?? '',
      tenantId: isServed ? OPERATOR_TENANT_ID : null,
      destinationId: isServed ? destinationId : at === 1 ? newId() : null,
      clientAddress: `192.0.2.${at}`,
      ehloName: 'client.example',
      command: at === 0 ? 'BDAT' : 'RCPT',
      reversePath: null,
      forwardPath: `u${at}@good.example`,
      rejection: at === 0 ? 'BMX-NEWER' : isServed ? 'BMX-DNSBL' : 'BMX-RELAY',
      reply: '550 5.7.1 listed',
      zone: isServed ? 'bl.example' : null,
      isDryRun: at === 4,
    });
  }
  await rejections.close();
});
afterAll(() => control.close());

test('what was refused, newest first, with its domain where there is one', async () => {
  const { rejections } = await control.ask<Answer>(`{ rejections(first: 100) {
    nodes { id at code reply command clientAddress ehloName reversePath recipient zone isDryRun domain { name } } } }`);
  expect(rejections.nodes.map(({ id }) => id)).toEqual(ids);
  // A word that this version does not know does not break the page.
  expect(rejections.nodes.map(({ command }) => command)).toEqual([...Array(5).fill('RCPT'), 'OTHER']);
  expect(rejections.nodes.at(-1)).toMatchObject({ code: 'OTHER' });
  expect(rejections.nodes[1]).toEqual({
    id: ids[1],
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    code: 'BMX_DNSBL',
    reply: '550 5.7.1 listed',
    command: 'RCPT',
    clientAddress: '192.0.2.4',
    ehloName: 'client.example',
    reversePath: null,
    recipient: 'u4@good.example',
    zone: 'bl.example',
    isDryRun: true,
    domain: { name: 'good.example' },
  });
  expect(rejections.nodes[4]).toMatchObject({ domain: null });
});

test('filters and pages', async () => {
  const query = `query ($after: String, $filter: RejectionFilter) { rejections(first: 2, after: $after, filter: $filter) {
    nodes { id } pageInfo { hasNextPage endCursor } } }`;
  const filter = { domain: 'good.example', since: new Date(Date.now() - 60_000).toISOString() };
  const first = (await control.ask<Answer>(query, { filter })).rejections;
  expect(first.nodes.map(({ id }) => id)).toEqual([ids[1], ids[3]]);
  expect(first.pageInfo.hasNextPage).toBe(true);
  const second = (await control.ask<Answer>(query, { filter, after: first.pageInfo.endCursor })).rejections;
  expect(second.nodes.map(({ id }) => id)).toEqual([ids[5]]);
  expect(second.pageInfo.hasNextPage).toBe(false);
  const one = await control.ask<Answer>(query, {
    filter: { clientAddress: '192.0.2.3/32', code: 'BMX_RELAY', isDryRun: false },
  });
  expect(one.rejections.nodes.map(({ id }) => id)).toEqual([ids[2]]);
  const other = await control.ask<Answer>(query, { filter: { code: 'OTHER' } });
  expect(other.rejections.nodes.map(({ id }) => id)).toEqual([ids[5]]);
});
