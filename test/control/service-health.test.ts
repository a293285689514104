/** The service in figures, and whether it is ready, as its operator sees it. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { fail } from '../outage/scene.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { addDomain, addTenant, endMessage, type Harness, holdMessage, startControl } from './harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

const TOTALS = '{ service { totals { tenantCount domainCount openOutageCount heldCount heldSize oldestAcceptedAt } } }';
const totals = async () => (await control.ask<{ service: { totals: Record<string, unknown> } }>(TOTALS)).service.totals;

async function tokenOf(input: Record<string, unknown>): Promise<string> {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret userErrors { message } } }',
    { input: { name: 'x', ...input } },
  );
  return tokenCreate.secret;
}

test('totals count what there is', async () => {
  const { sql } = control.database;
  const nothing = { domainCount: 0, openOutageCount: 0, heldCount: 0, heldSize: 0, oldestAcceptedAt: null };
  expect(await totals()).toEqual({ tenantCount: 1, ...nothing });
  await addTenant(control.database);
  const away = await addDomain(control, 'away.example');
  const busy = await addDomain(control, 'busy.example');
  await fail(control.database, away);
  const first = await holdMessage(control.database, { destinationId: busy, sizeBytes: 100 });
  await holdMessage(control.database, { destinationId: away, sizeBytes: 2_000 });
  await endMessage(control.database, await holdMessage(control.database, { destinationId: away }));
  await foldDeltas(sql);
  const { message } = await control.ask<{ message: { acceptedAt: string } }>(
    `{ message(id: "${first}") { acceptedAt } }`,
  );
  expect(await totals()).toEqual({
    tenantCount: 2,
    domainCount: 2,
    openOutageCount: 1,
    heldCount: 2,
    heldSize: 2_100,
    oldestAcceptedAt: message.acceptedAt,
  });
});

test('health says what /readyz says', async () => {
  const ask = async () =>
    (await control.ask<{ service: { health: unknown } }>('{ service { health { isReady reasons } } }')).service.health;
  expect(await ask()).toEqual({ isReady: true, reasons: [] });
  control.readiness = ['Free space is below MIN_FREE_BYTES.'];
  expect(await ask()).toEqual({ isReady: false, reasons: control.readiness });
  const response = await fetch(`${control.url}/readyz`);
  expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('MIN_FREE_BYTES')]);
  control.readiness = [];
});

test('only for tokens of the operator with SERVICE_READ', async () => {
  const { tenantId } = await addTenant(control.database, 'stranger');
  const codesFor = async (secret: string) => {
    const { errors = [] } = await control.postAs(secret, '{ service { totals { heldCount } health { isReady } } }');
    return errors.map(({ extensions }) => [extensions?.['code'], extensions?.['scope']]);
  };
  const forbidden = ['FORBIDDEN', 'SERVICE_READ'];
  expect(await codesFor(await tokenOf({ tenantId, scopes: ['DOMAIN_READ'] }))).toEqual([forbidden, forbidden]);
  expect(await codesFor(await tokenOf({ scopes: ['TENANT_WRITE'] }))).toEqual([forbidden, forbidden]);
  expect(await codesFor(await tokenOf({ scopes: ['SERVICE_WRITE'] }))).toEqual([]);
});
