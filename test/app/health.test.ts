/** Nodes that do not know each other's names. */
import { expect, test } from 'bun:test';
import { watchNames } from '../../src/app/health.ts';
import { createTestDatabase } from '../helpers/database.ts';

test('a node that receives mail under a name that this one does not know is warned of, once', async () => {
  const database = await createTestDatabase();
  const { sql } = database;
  const warnings: string[] = [];
  let look = async (): Promise<unknown> => undefined;
  watchNames({
    config: { mxNames: ['a.example', 'b.example'] },
    sql,
    log: { warning: ({ message }) => void warnings.push(message) },
    timers: { every: (_ms, _where, work) => void (look = work) },
  });
  const add = (name: string, role: string) => sql`
    insert into nodes (epoch, name, version, runtime, roles, backend_pid, beat_at)
    values (nextval('node_epochs'), ${name}, '1', 'bun', array[${role}], 1, clock_timestamp())`;
  await add('a.example', 'inbound');
  await add('b.example', 'inbound');
  await add('worker.example', 'delivery');
  await look();
  expect(warnings).toEqual([]);
  await add('c.example', 'inbound');
  for (const _ of [1, 2]) await look();
  expect(warnings).toEqual([expect.stringContaining('MX_NAMES of this node lacks c.example,')]);
  await sql`delete from nodes where name = 'c.example'`;
  await look();
  await add('c.example', 'inbound');
  await look();
  expect(warnings).toHaveLength(2);
  await database.close();
});
