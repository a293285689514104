/** New documents are validated one at a time, the tenants in rotation, with time for other work between; known ones at once. */
import { setImmediate as nextTick } from 'node:timers/promises';
import { expect, test } from 'bun:test';
import { buildSchema } from 'graphql';
import { createBilling } from '../../src/control/admission/billing.ts';
import { callerOf } from '../../src/control/admission/auth.ts';
import { createDocumentGate, type DocumentGate } from '../../src/control/admission/document-gate.ts';
import { createAdmission } from '../../src/control/admission/document-turns.ts';

const schema = buildSchema('type Query { a: Int b: Int }');

/** An admission whose gate notes what it validates, and takes so many milliseconds for each. */
function scene(workMs = 0) {
  const gate = createDocumentGate(schema);
  const validated: string[] = [];
  const billing = createBilling(() => 0);
  let cpuMs = 0;
  const admit: DocumentGate['admit'] = (text, payer) => {
    validated.push(text);
    for (const until = performance.now() + workMs; performance.now() < until; );
    cpuMs += workMs;
    return gate.admit(text, payer);
  };
  const admission = createAdmission({ takesLong: gate.takesLong, admit }, () => cpuMs, 'apart');
  const accountOf = (tenantId: string) =>
    billing.accountOf(
      callerOf({ id: tenantId, tenantId, name: '', prefix: '', scopes: [], isTenantSuspended: false }, '127.0.0.1'),
    );
  const admitOf = (tenantId: string, text: string, { signal = new AbortController().signal, heldBytes = 1_000 } = {}) =>
    admission.admit(text, { sender: { tenantId, account: accountOf(tenantId) }, signal, heldBytes });
  return { admit: admitOf, accountOf, validated };
}

const textOf = (index: number): string => `query Q${index} { a b }`;
const indices = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

test('after each new document there is five times as long for other work; known ones wait for none', async () => {
  const { admit } = scene(20);
  await admit('a', textOf(0));
  let ticks = 0;
  const over = new AbortController();
  const other = (async () => {
    for (; !over.signal.aborted; ticks += 1) await nextTick();
  })();
  const beganAt = performance.now();
  await Promise.all(indices(5).map((index) => admit('a', textOf(index + 1))));
  expect(performance.now() - beganAt).toBeGreaterThan(5 * 6 * 20 - 10);
  expect(ticks).toBeGreaterThan(20);
  const known = scene();
  await known.admit('a', textOf(0));
  // In the rest after the first.
  expect(
    (await Promise.all(indices(200).map(() => known.admit('a', textOf(0))))).every(({ kind }) => kind === 'VALID'),
  ).toBe(true);
  over.abort();
  await other;
});

test('the tenants take turns', async () => {
  const { admit, validated } = scene();
  const texts = ['a0', 'a1', 'a2', 'b0'].map((name) => ({ tenant: name.slice(0, 1), text: `query ${name} { a }` }));
  await Promise.all(texts.map(({ tenant, text }) => admit(tenant, text)));
  expect(validated.map((text) => text.slice(6, 8))).toEqual(['a0', 'a1', 'b0', 'a2']);
});

test('a hundred of a tenant wait; one more is told to come again, one of another tenant is not', async () => {
  const { admit, validated } = scene();
  const over = new AbortController();
  const waiting = indices(101).map((index) => admit('a', textOf(index), { signal: over.signal }));
  const more = await admit('a', textOf(101));
  expect(more).toMatchObject({ kind: 'NO_TURN', refused: { status: 429, retryAfterSeconds: 5 } });
  const other = admit('b', textOf(102));
  over.abort();
  expect((await other).kind).toBe('VALID');
  // Whose client has gone is not validated.
  const kinds = (await Promise.all(waiting)).map(({ kind }) => kind);
  expect(kinds).toEqual(['VALID', ...Array<'NO_TURN'>(100).fill('NO_TURN')]);
  expect(validated.length).toBe(2);
});

test('those that wait hold a part of the room for requests: of a tenant, and in all', async () => {
  // After the first there is a rest of two seconds, in which nobody has a turn.
  const { admit, validated } = scene(400);
  const over = new AbortController();
  const large = { signal: over.signal, heldBytes: 1024 * 1024 };
  expect((await admit('first', textOf(0), large)).kind).toBe('VALID');
  const waitOf = (tenant: string, count: number) =>
    indices(count).map((index) => admit(tenant, textOf(index + 1), large));
  const waiting = ['a', 'b', 'c', 'd'].flatMap((tenant) => waitOf(tenant, 4));
  expect(await admit('a', textOf(9), large)).toMatchObject({ kind: 'NO_TURN', refused: { status: 429 } });
  expect(await admit('e', textOf(9), large)).toMatchObject({ kind: 'NO_TURN', refused: { status: 503 } });
  // The operator's own tenant is apart.
  const apart = admit('apart', textOf(9), { heldBytes: 1024 * 1024 });
  over.abort();
  expect((await apart).kind).toBe('VALID');
  expect((await Promise.all(waiting)).every(({ kind }) => kind === 'NO_TURN')).toBe(true);
  // What they held is given back.
  expect((await admit('e', textOf(10), { heldBytes: 4 * 1024 * 1024 })).kind).toBe('VALID');
  expect(validated.length).toBe(3);
});

test('the time of the processor is paid for, and in debt nothing is validated', async () => {
  const { admit, accountOf, validated } = scene(15);
  accountOf('a').chargeText(80_000);
  const kinds = (await Promise.all(indices(8).map((index) => admit('a', textOf(index))))).map(({ kind }) => kind);
  // Fifty milliseconds of the processor were left.
  expect(kinds).toEqual([...Array<'VALID'>(4).fill('VALID'), ...Array<'OWED'>(4).fill('OWED')]);
  expect(validated.length).toBe(4);
  expect(accountOf('a').waitOf()).toBeGreaterThan(0);
  expect(await admit('a', textOf(9))).toEqual({ kind: 'OWED' });
  expect((await admit('b', textOf(9))).kind).toBe('VALID');
});
