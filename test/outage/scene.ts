/** What tests of outages do again and again: destinations that hold mail, failures, events. */
import { readDestination, recordFailure } from '../../src/outage/clock.ts';
import type { Evidence } from '../../src/outage/class.ts';
import type { HostTrouble } from '../../src/mail/outcome.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';

export function refusedAt(address: string): Evidence {
  return {
    trouble: 'REFUSED',
    host: 'mx.example',
    address,
    reply: '[connection refused]',
    latencyMs: 3,
    isGreeted: false,
  };
}

/** A destination that holds `count` messages; its id. */
export async function holdFor(db: TestDatabase, name: string, count = 1): Promise<string> {
  const id = await makeDestination(db.sql, name);
  const spool = openSpool(db.target);
  for (let n = 0; n < count; n += 1) {
    await spool.accept(makeTransaction({ to: [{ address: `user${n}@${name}`, destinationId: id }] }));
  }
  await spool.close();
  return id;
}

export async function fail(
  db: TestDatabase,
  destinationId: string,
  more: { trouble?: HostTrouble; reply?: string; evidence?: readonly Evidence[] } = {},
) {
  const { trouble = 'REFUSED', reply = '[connection refused]', evidence = [refusedAt('192.0.2.1:25')] } = more;
  const begunAt = (await readDestination(db.sql, destinationId))?.now ?? '';
  return recordFailure(db.sql, { destinationId, begunAt, trouble, reply, evidence });
}

export async function eventsOf(db: TestDatabase, destinationId: string): Promise<string[]> {
  const rows = await db.sql<{ kind: string }[]>`
    select kind from events where destination_id = ${destinationId} order by at, id`;
  return rows.map(({ kind }) => kind);
}
