/** Arrays of PostgreSQL's types, which the driver is taught instead of asking each connection. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { connect } from '../../src/db/client.ts';
import { isConnectionLost } from '../../src/db/connection-lost.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let test_: TestDatabase;

beforeAll(async () => {
  test_ = await createTestDatabase();
});

afterAll(async () => {
  await test_.close();
});

const ROUND_TRIPS: Readonly<Record<string, readonly unknown[]>> = {
  text: ['', ' ', 'a,b', '{}', 'NULL', 'null', '"', '\\', '\\"', 'line\r\nbreak', 'ß\u{1f4e7}', null],
  uuid: ['00000000-0000-7000-8000-000000000001', null],
  smallint: [0, -32_768, 32_767],
  integer: [1, null, -2_147_483_648],
  bigint: [0, Number.MAX_SAFE_INTEGER],
  float8: [0.1, -1e300],
  inet: ['192.0.2.0/24', '2001:db8::1'],
  numeric: ['12345678901234567890.5'],
};

for (const [type, values] of Object.entries(ROUND_TRIPS)) {
  test(`${type}[] goes in and comes back`, async () => {
    const { sql } = test_;
    for (const array of [[...values], values.slice(0, 1), []]) {
      // Its type comes from the server, as with all our parameters.
      const [row] = await sql.unsafe(`select $1::${type}[] as array, cardinality($1::${type}[]) as count`, [
        array as never,
      ]);
      expect(row?.['array']).toEqual(array);
      expect(row?.['count']).toBe(array.length);
    }
  });
}

test('booleans, bytes and instants come back; as parameters they go as text, because the driver infers their types', async () => {
  const [row] = await test_.sql`
    select ${['true', 'false', null]}::text[]::bool[] as bools, ${['\\x002200ff', '\\x']}::text[]::bytea[] as bytes,
      ${['2026-03-01T12:00:00.123Z', null]}::text[]::timestamptz[] as instants`;
  expect(row).toEqual({
    bools: [true, false, null],
    bytes: [Buffer.from([0, 34, 0, 255]), Buffer.alloc(0)],
    instants: [new Date('2026-03-01T12:00:00.123Z'), null],
  });
});

test('an array of JSON', async () => {
  const [row] = await test_.sql`select array[${test_.sql.json({ a: ['"', 1] })}::jsonb, null] as array`;
  expect(row?.['array']).toEqual([{ a: ['"', 1] }, null]);
});

test('the names of a catalogue, and what an aggregate makes', async () => {
  const [row] =
    await test_.sql`select array['a', 'b,c']::name[] as names, array_agg(n) as numbers from generate_series(1, 3) as n`;
  expect(row).toEqual({ names: ['a', 'b,c'], numbers: [1, 2, 3] });
});

test('more than one dimension is refused, not garbled', async () => {
  const { sql } = test_;
  const refused = async (statement: PromiseLike<unknown>): Promise<string> =>
    await statement.then(
      () => 'accepted',
      (error: unknown) => String(error),
    );
  expect(await refused(sql`select array[[1, 2], [3, 4]] as square`)).toContain('one dimension');
  expect(await refused(sql`select ${[['a'], ['b']] as never}::text[] as square`)).toContain('no element of an array');
  expect(await sql`select 1`).toHaveLength(1);
});

test("the first statement of a connection is ours: under the driver's own, a loss would reject where no one listens", async () => {
  const heard: string[] = [];
  const peer = createServer((socket) => {
    socket.once('data', () => {
      socket.on('data', (bytes) => {
        heard.push(bytes.toString('latin1'));
        socket.destroy();
      });
      // AuthenticationOk, ReadyForQuery: idle (PostgreSQL's manual, 54.7).
      socket.write(Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I', 'latin1'));
    });
  }).listen(0, '127.0.0.1');
  await once(peer, 'listening');
  const { port } = peer.address() as AddressInfo;
  const sql = connect({ host: '127.0.0.1', port, user: 'someone', database: 'something' }, { max: 1 });
  const outcome = await sql`select 'ours'`.catch((error: unknown) => error);
  expect(isConnectionLost(outcome)).toBe(true);
  expect(heard).toHaveLength(1);
  expect(heard[0]).toContain("select 'ours'");
  await sql.end({ timeout: 0 });
  peer.close();
});
