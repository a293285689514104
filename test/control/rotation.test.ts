/** Few statements of the API run at once: of a request, of a tenant and of the node, in rotation. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createRotation, STATEMENTS } from '../../src/control/admission/rotation.ts';
import { statementsUnderWay } from '../../src/db/client.ts';
import { gatedSql } from '../../src/db/gated-sql.ts';
import { type Harness, startControl } from './harness.ts';

/** A gate that is entered by name; each name leaves when it is told to. */
function watched(room = createRotation({ tenant: 2, node: 3 })) {
  const running = new Map<string, () => void>();
  const gates = new Map<string, ReturnType<typeof room.lineOf>>();
  return {
    running: () => [...running.keys()],
    /** `tenant request statement`. */
    enter(name: string): void {
      const [tenant = '', request = ''] = name.split(' ');
      const gate = gates.get(`${tenant} ${request}`) ?? room.lineOf(tenant);
      gates.set(`${tenant} ${request}`, gate);
      gate((leave) => void running.set(name, leave));
    },
    leave(name: string): void {
      const leave = running.get(name);
      running.delete(name);
      leave?.();
    },
  };
}

test('a tenant has its share, the node its sum; who waits comes in rotation of tenants', () => {
  const room = watched();
  for (const name of ['a 1 x', 'a 1 y', 'a 1 z', 'b 1 x', 'b 1 y', 'c 1 x']) room.enter(name);
  expect(room.running()).toEqual(['a 1 x', 'a 1 y', 'b 1 x']);
  room.leave('a 1 x');
  expect(room.running()).toEqual(['a 1 y', 'b 1 x', 'a 1 z']);
  room.leave('a 1 y');
  expect(room.running()).toEqual(['b 1 x', 'a 1 z', 'b 1 y']);
  room.leave('b 1 x');
  expect(room.running()).toEqual(['a 1 z', 'b 1 y', 'c 1 x']);
  for (const name of room.running()) room.leave(name);
  room.enter('a 2 x');
  expect(room.running()).toEqual(['a 2 x']);
});

test('a request with thousands of statements keeps another of its tenant waiting for one', () => {
  const room = watched(createRotation({ tenant: 1, node: 3 }));
  for (let statement = 0; statement < 5_000; statement += 1) room.enter(`a large ${statement}`);
  room.enter('a small 1');
  room.enter('a small 2');
  room.leave('a large 0');
  expect(room.running()).toEqual(['a large 1']);
  room.leave('a large 1');
  expect(room.running()).toEqual(['a small 1']);
  room.leave('a small 1');
  room.leave('a large 2');
  expect(room.running()).toEqual(['a small 2']);
});

test('who leaves twice frees one place', () => {
  const gate = createRotation({ tenant: 1, node: 1 }).lineOf('a');
  const leaves: (() => void)[] = [];
  for (let statement = 0; statement < 4; statement += 1) gate((leave) => void leaves.push(leave));
  leaves[0]?.();
  leaves[0]?.();
  expect(leaves.length).toBe(2);
});

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

test('statements wait at the gate, fragments do not; one that fails leaves as well', async () => {
  const { sql } = control.database;
  const gated = gatedSql(sql, createRotation({ tenant: 2, node: 2 }).lineOf('a'));
  let most = 0;
  const asked = Array.from({ length: 12 }, async (_, number) => {
    const part = gated`${number}::integer`;
    const ask = number % 3 === 0 ? gated`select 1 / (${part} - ${number}::integer) as n` : gated`select ${part} as n`;
    const settled = await Promise.allSettled([number % 3 === 1 ? gated.unsafe('select 7 as n') : ask]);
    most = Math.max(most, statementsUnderWay(sql));
    return settled[0]?.status;
  });
  most = Math.max(most, statementsUnderWay(sql));
  expect(await Promise.all(asked)).toEqual(
    Array.from({ length: 12 }, (_, number) => (number % 3 === 0 ? 'rejected' : 'fulfilled')),
  );
  expect(most).toBeLessThanOrEqual(2);
  const [row] = await gated<{ n: number }[]>`select 1 as n`;
  expect(row?.n).toBe(1);
});

test('one request runs no more statements at once than its tenant may', async () => {
  const { sql } = control.database;
  let most = 0;
  sql.options.debug = () => {
    most = Math.max(most, statementsUnderWay(sql));
  };
  const aliases = Array.from({ length: 50 }, (_, index) => `a${index}: messageSizeLimit`).join(' ');
  const { service } = await control.ask<{ service: Record<string, number> }>(`{ service { ${aliases} } }`);
  expect(Object.keys(service).length).toBe(50);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(STATEMENTS.tenant);
});
