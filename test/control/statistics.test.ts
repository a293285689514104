/** Statistics over the API: flows of a domain, a tenant and the service, and counts of rejections, each for whom it concerns. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { foldDeltas } from '../../src/queue/counts.ts';
import { createRejectionCounts } from '../../src/stats/rejection-counts.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { addDomain, addTenant, type Harness, startControl } from './harness.ts';

let control: Harness;
let destinationId: string;
beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, 'flow.example');
  const { sql } = control.database;
  await sql`
    insert into queue_delta (destination_id, tenant_id, held_count, held_bytes, delivered_count, attempt_count, deferral_count)
    values (${destinationId}, ${OPERATOR_TENANT_ID}, 5, 5000, 0, 0, 0), (${destinationId}, ${OPERATOR_TENANT_ID}, -2, -1500, 2, 3, 1)`;
  await foldDeltas(sql);
  const counts = createRejectionCounts(sql);
  counts.count({ destinationId, tenantId: OPERATOR_TENANT_ID, rejection: 'BMX-USER', zone: null, isDryRun: false });
  counts.count({ destinationId: null, tenantId: null, rejection: 'BMX-RELAY', zone: null, isDryRun: false });
  await counts.flush();
});
afterAll(() => control.close());

const FIELDS = `acceptedCount acceptedSize deliveredCount failedCount expiredCount cancelledCount attemptCount deferralCount
  heldCount heldSize`;
const day = (): string => new Date(Date.now() - 86_400_000).toISOString();
const FLOW = {
  acceptedCount: 5,
  acceptedSize: 5000,
  deliveredCount: 2,
  failedCount: 0,
  expiredCount: 0,
  cancelledCount: 0,
  attemptCount: 3,
  deferralCount: 1,
  heldCount: 3,
  heldSize: 3500,
};

test('the flow of a domain, its tenant and the service', async () => {
  const { domain, tenant, service } = await control.ask<Record<string, { flow: Record<string, unknown>[] }>>(
    `query ($since: DateTime!) {
      domain(by: { name: "flow.example" }) { flow(since: $since, slots: 1) { ${FIELDS} } }
      tenant(id: "${OPERATOR_TENANT_ID}") { flow(since: $since, slots: 1) { ${FIELDS} } }
      service { flow(since: $since, slots: 1) { ${FIELDS} } }
    }`,
    { since: day() },
  );
  for (const subject of [domain, tenant, service]) expect(subject?.flow).toEqual([FLOW]);
});

test('in slots without gaps, and a day has as many quarters of an hour as it should', async () => {
  const { domain } = await control.ask<{ domain: { flow: { since: string; until: string; heldCount: number }[] } }>(
    `query ($since: DateTime!) { domain(by: { name: "flow.example" }) { flow(since: $since, slots: 97) { since until heldCount } } }`,
    { since: day() },
  );
  expect(domain.flow.length).toBeGreaterThanOrEqual(96);
  for (const [index, { since, until }] of domain.flow.entries()) {
    expect(Date.parse(until) - Date.parse(since)).toBe(15 * 60_000);
    if (index > 0) expect(since).toBe(domain.flow[index - 1]?.until ?? '');
  }
  expect(domain.flow[0]?.heldCount).toBe(0);
  expect(domain.flow.at(-1)?.heldCount).toBe(3);
});

test('rejections of all, and of one domain', async () => {
  const { all, one, none } = await control.ask<Record<string, Record<string, unknown>[] | null>>(
    `query ($since: DateTime!) {
      all: rejectionCounts(since: $since, slots: 1) { code zone isDryRun count }
      one: rejectionCounts(since: $since, slots: 1, domain: "flow.example") { code zone isDryRun count }
      none: rejectionCounts(since: $since, slots: 1, domain: "nothing.example") { code }
    }`,
    { since: day() },
  );
  const unknown = { code: 'BMX_USER', zone: null, isDryRun: false, count: 1 };
  expect(all).toEqual([{ ...unknown, code: 'BMX_RELAY' }, unknown]);
  expect(one).toEqual([unknown]);
  expect(none).toBeNull();
});

test('a tenant sees its own, and nothing of the service', async () => {
  const stranger = await addTenant(control.database, 'stranger');
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    `mutation { tokenCreate(input: { name: "read", scopes: [DOMAIN_READ, QUEUE_READ], tenantId: "${stranger.tenantId}" }) { secret } }`,
  );
  const query = `query ($since: DateTime!) {
    service { flow(since: $since) { heldCount } }
    other: tenant(id: "${OPERATOR_TENANT_ID}") { flow(since: $since) { heldCount } }
    own: tenant(id: "${stranger.tenantId}") { flow(since: $since, slots: 1) { heldCount acceptedCount } }
    domain(by: { name: "flow.example" }) { flow(since: $since) { heldCount } }
    rejectionCounts(since: $since) { code }
    ofDomain: rejectionCounts(since: $since, domain: "flow.example") { code }
  }`;
  const { data } = await control.postAs<unknown>(tokenCreate.secret, query, { since: day() });
  expect(data).toEqual({
    service: { flow: null },
    other: null,
    own: { flow: [{ heldCount: 0, acceptedCount: 0 }] },
    domain: null,
    rejectionCounts: [],
    ofDomain: null,
  });
});

test.each([
  ['slots: 0', 'slots must lie between 1 and 240.', ['slots']],
  ['slots: 241', 'slots must lie between 1 and 240.', ['slots']],
  ['until: "2001-01-01T00:00:00Z"', 'until must be later than since.', ['until']],
])('%s: refused, with the rule', async (argument, message, field) => {
  for (const what of ['service { flow', 'domain(by: { name: "flow.example" }) { flow', '{ rejectionCounts']) {
    const isRoot = what.startsWith('{');
    const query = isRoot
      ? `{ rejectionCounts(since: "2020-01-01T00:00:00Z", ${argument}) { code } }`
      : `{ ${what}(since: "2020-01-01T00:00:00Z", ${argument}) { heldCount } } }`;
    const { errors } = await control.post(query);
    expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT', path: field } }]);
  }
});

test('slots are billed as what they hold', async () => {
  const flows = (count: number, slots: number): string =>
    `{ ${Array.from({ length: count }, (_, index) => `a${index}: domains(first: 100) { nodes { flow(since: "2020-01-01T00:00:00Z", slots: ${slots}) { ${FIELDS} } } }`).join(' ')} }`;
  const { errors } = await control.post(flows(1, 240));
  expect(errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED', limit: 'COST' } }]);
  expect((await control.post(flows(1, 100))).errors).toBeUndefined();
});
