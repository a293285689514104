/** What the operator of the service does with the command, against a real control plane. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { SingleVerb, VerbTable } from '../../../src/clients/cli/action.ts';
import { queueVerb } from '../../../src/clients/cli/queue.ts';
import { serviceVerb } from '../../../src/clients/cli/limits.ts';
import { tenantVerb } from '../../../src/clients/cli/tenant.ts';
import { OPERATOR_TENANT_ID } from '../../../src/mail/viewer.ts';
import { foldDeltas } from '../../../src/queue/counts.ts';
import { addDomain, type Harness, holdMessage, startControl } from '../../control/harness.ts';
import { callVerb, type Ended } from './call-verb.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

const call = (verb: SingleVerb | VerbTable, args: readonly string[]): Promise<Ended> =>
  callVerb(control.url, verb, args);

test('mail of many domains is tried at once, by what they have in common', async () => {
  const destinationId = await addDomain(control, 'flushed.example');
  await holdMessage(control.database, { destinationId });
  await foldDeltas(control.database.sql);
  expect(await call(queueVerb, ['flush', '--next-hop', 'mail.nowhere.example'])).toMatchObject({
    code: 0,
    out: ['0 domains tried now'],
  });
  expect((await call(queueVerb, ['flush', '--tenant', OPERATOR_TENANT_ID])).out).toEqual([
    expect.stringMatching(/^1 domain tried now(, \d+ hold no mail)?$/),
  ]);
  expect((await call(queueVerb, ['flush', '--all'])).out).toEqual([
    expect.stringMatching(/^0 domains tried now, 1 are being tried already(, \d+ hold no mail)?$/),
  ]);
  expect(await call(queueVerb, ['flush', '--all', '--tenant', OPERATOR_TENANT_ID])).toMatchObject({
    code: 2,
    out: [],
  });
  expect(await call(queueVerb, ['flush'])).toMatchObject({ code: 2, out: [] });
  expect(await call(queueVerb, ['flush', '--next-hop', 'no host'])).toMatchObject({ code: 1, out: [] });
});

test('a tenant is taken out of service and put back', async () => {
  const id = (await call(tenantVerb, ['create', 'Late Payer'])).out[0] ?? '';
  expect((await call(tenantVerb, ['suspend', id, '--reason', 'unpaid'])).out).toEqual(['Late Payer is suspended']);
  const list = JSON.parse((await call(tenantVerb, ['list', '--json'])).out.join(''));
  expect(list).toContainEqual(
    expect.objectContaining({ id, suspension: { reason: 'unpaid', since: expect.any(String) } }),
  );
  expect((await call(tenantVerb, ['unsuspend', id])).out).toEqual(['Late Payer is in service']);
  expect(await call(tenantVerb, ['suspend', OPERATOR_TENANT_ID])).toMatchObject({ code: 1, out: [] });
});

test('the limits of the service are shown and changed', async () => {
  expect((await call(serviceVerb, [])).out.join('\n')).toMatch(/largest message +10 MiB\nheld for +10 d/);
  expect((await call(serviceVerb, [])).out.join('\n')).toMatch(
    /ready +yes\ntenants +2\ndomains +1\nopen outages +0\nheld +1 \(/,
  );
  expect((await call(serviceVerb, ['set', '--message-size-limit', '5MiB', '--lifetime', '14d'])).out).toEqual([
    'messages of up to 5.0 MiB, held for 14 d',
  ]);
  expect(await call(serviceVerb, ['set', '--lifetime', '1h'])).toMatchObject({ code: 1, out: [] });
  expect(await call(serviceVerb, ['set', '--message-size-limit', '5MB'])).toMatchObject({ code: 2, out: [] });
  expect(await call(serviceVerb, ['set', '--lifetime', '3d', '--force'])).toMatchObject({ code: 2, out: [] });
  expect(await call(serviceVerb, ['set'])).toMatchObject({ code: 2, out: [] });
});
