/** The record of refusals: written behind the sessions' backs, bounded in rate and memory, patient with a database that is away. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import {
  createRejections,
  type NewRejection,
  type Rejections,
  dropOldRejections,
} from '../../src/events/rejections.ts';
import { createIdSource, newId } from '../../src/mail/id.ts';
import { clientNetwork } from '../../src/mail/ip.ts';
import { createTestDatabase, type PrivateServer, startPrivateServer, type TestDatabase } from '../helpers/database.ts';
import { cpuMsOf } from '../helpers/timing.ts';

const DAY_MS = 86_400_000;

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.close();
});

const clock = { nowMs: 5_000 };
let hasRoom = true;
let unrecordedCount = 0;
let troubles: string[] = [];
let rejections: Rejections;

function open(database: TestDatabase): Rejections {
  return createRejections({
    sql: database.sql,
    monotonicMs: () => clock.nowMs,
    clientNetwork,
    hasRoom: () => hasRoom,
    onUnrecorded: (count) => {
      unrecordedCount += count;
    },
    onTrouble: (message) => troubles.push(message),
  });
}

function refusal(changes: Partial<NewRejection> = {}): NewRejection {
  return {
    id: newId(),
    tenantId: null,
    destinationId: null,
    clientAddress: '192.0.2.9',
    ehloName: 'client.test',
    command: 'RCPT',
    reversePath: 'from@sender.test',
    forwardPath: 'nobody@good.test',
    rejection: 'BMX-USER',
    reply: '550 5.1.1 no such mailbox here',
    zone: null,
    isDryRun: false,
    ...changes,
  };
}

/** A client of its own each. */
function addressOf(at: number): string {
  return `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
}

async function rowCount(database = db): Promise<number> {
  const [row] = await database.sql<{ count: number }[]>`select count(*) as count from rejections`;
  return row?.count ?? -1;
}

beforeEach(async () => {
  hasRoom = true;
  unrecordedCount = 0;
  troubles = [];
  await db.sql`truncate rejections`;
  rejections = open(db);
});
afterEach(async () => {
  await rejections.close();
});

describe('recording', () => {
  test('keeps every field, and the instant of the refusal', async () => {
    const tenantId = newId();
    const destinationId = newId();
    const given = refusal({ tenantId, destinationId, zone: 'bl.test', isDryRun: true, clientAddress: '2001:db8::9' });
    rejections.record(given);
    clock.nowMs += 90_000;
    await rejections.flush();
    const [row] = await db.sql`
      select *, client_address::text as client_address, extract(epoch from bmx_now() - at)::float8 as age_s from rejections`;
    expect(row).toMatchObject({
      id: given.id,
      tenant_id: tenantId,
      destination_id: destinationId,
      client_address: '2001:db8::9/128',
      ehlo_name: 'client.test',
      command: 'RCPT',
      reverse_path: 'from@sender.test',
      forward_path: 'nobody@good.test',
      rejection: 'BMX-USER',
      reply: '550 5.1.1 no such mailbox here',
      zone: 'bl.test',
      is_dry_run: true,
    });
    // And what it took to write it.
    expect(row?.['age_s']).toBeWithin(90, 120);
  });

  test('one statement for many, by itself within a moment', async () => {
    const statements: string[] = [];
    db.sql.options.debug = (_connection, query) => {
      if (query.includes('insert into rejections')) statements.push(query);
    };
    for (let at = 0; at < 1200; at += 1) rejections.record(refusal({ clientAddress: addressOf(at) }));
    while ((await rowCount()) < 1200) await Bun.sleep(20);
    db.sql.options.debug = false;
    expect(statements).toHaveLength(3);
    expect(unrecordedCount).toBe(0);
  });

  test('what clients say cannot break the statement for others', async () => {
    rejections.record(refusal({ clientAddress: 'fe80::1%eth0', ehloName: 'a\0b\ud800', reversePath: null }));
    rejections.record(refusal({ clientAddress: 'unknown', forwardPath: 'ü'.repeat(5000), reply: '550 "quoted\\" {}' }));
    rejections.record(refusal());
    await rejections.flush();
    expect(await rowCount()).toBe(3);
    const [row] = await db.sql`
      select count(*) filter (where client_address is null) as nameless, max(length(forward_path)) as longest from rejections`;
    expect(row).toEqual({ nameless: 2, longest: 600 });
    expect(troubles).toEqual([]);
  });

  test('a statement that fails for another reason than the connection drops its batch and says so once', async () => {
    await db.sql`alter table rejections add constraint broken check (command <> 'BROKEN')`;
    rejections.record(refusal({ command: 'BROKEN' }));
    await rejections.flush();
    rejections.record(refusal({ command: 'BROKEN' }));
    await rejections.flush();
    await db.sql`alter table rejections drop constraint broken`;
    expect(unrecordedCount).toBe(2);
    expect(troubles).toHaveLength(1);
    rejections.record(refusal());
    await rejections.flush();
    expect(await rowCount()).toBe(1);
  });
});

describe('bounds', () => {
  test('one client: a hundred a minute, others are not concerned; an IPv6 /64 is one client', async () => {
    const unrecorded: number[] = [];
    for (const address of ['192.0.2.9', '2001:db8::']) {
      for (let at = 0; at < 300; at += 1) {
        rejections.record(refusal({ clientAddress: address.includes(':') ? `${address}${at.toString(16)}` : address }));
      }
      unrecorded.push(unrecordedCount);
    }
    rejections.record(refusal({ clientAddress: '192.0.2.10' }));
    expect(unrecorded).toEqual([200, 400]);
    expect(unrecordedCount).toBe(400);
    clock.nowMs += 60_000;
    rejections.record(refusal({ clientAddress: '192.0.2.9' }));
    expect(unrecordedCount).toBe(400);
    await rejections.flush();
    expect(await rowCount()).toBe(202);
  });

  test('a dictionary of 50,000 from as many clients in 50 s: the burst and 20 a second', async () => {
    for (let at = 0; at < 50_000; at += 1) {
      clock.nowMs += 1;
      rejections.record(refusal({ clientAddress: addressOf(at) }));
      if (at % 250 === 0) await rejections.flush();
    }
    await rejections.flush();
    expect(await rowCount()).toBeWithin(2_990, 3_002);
    expect(unrecordedCount).toBe(50_000 - (await rowCount()));
  });

  test('without room on the disk nothing is written', async () => {
    hasRoom = false;
    rejections.record(refusal());
    hasRoom = true;
    await rejections.flush();
    expect(await rowCount()).toBe(0);
    expect(unrecordedCount).toBe(1);
  });

  test('a row with its indexes is as small as the rate assumes', async () => {
    await db.sql`
      insert into rejections (id, tenant_id, destination_id, client_address, ehlo_name, command, reverse_path, forward_path, rejection, reply)
      select new_id(), gen_random_uuid(), gen_random_uuid(), '192.0.2.9', 'mail.sender.example', 'RCPT', 'bounces+12345@sender.example',
             'somebody@customer.example', 'BMX-USER', '550 5.1.1 no such mailbox here' from generate_series(1, 20000)`;
    const [row] = await db.sql<{ bytes: number }[]>`
      select (sum(pg_total_relation_size(inhrelid)) / 20000)::integer as bytes from pg_inherits
      where inhparent = 'rejections'::regclass and pg_total_relation_size(inhrelid) > 1000000`;
    expect(row?.bytes).toBeWithin(200, 450);
  });
});

describe('a database that is away', () => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await startPrivateServer();
  });
  afterAll(async () => {
    await server.close();
  });

  test('costs nobody anything, keeps the buffer in its bound, and what is in it is written afterwards', async () => {
    const away = open(server);
    await server.kill9();
    const tookMs = cpuMsOf(() => {
      for (let at = 0; at < 5_000; at += 1) {
        // The rate would allow them.
        clock.nowMs += 50;
        away.record(refusal({ clientAddress: addressOf(at) }));
      }
    });
    expect(tookMs).toBeLessThan(1_000);
    await away.flush();
    expect(unrecordedCount).toBe(3_000);
    expect(troubles).toHaveLength(1);
    await server.restart();
    while ((await rowCount(server).catch(() => 0)) < 2_000) await Bun.sleep(50);
    expect(unrecordedCount).toBe(3_000);
    await away.close();
    away.record(refusal());
    expect(unrecordedCount).toBe(3_001);
  });
});

describe('retention', () => {
  async function partitions(): Promise<string[]> {
    const rows = await db.sql<{ name: string }[]>`
      select relname as name from pg_class where relname ~ '^rejections_[0-9]{8}$' and relkind = 'r' order by relname`;
    return rows.map(({ name }) => name);
  }
  const idAt = (ageDays: number): string => createIdSource(() => Date.now() - ageDays * DAY_MS)();

  test('days are dropped after fourteen, whole; the rest table is emptied of what is as old', async () => {
    await db.sql`select make_partitions(current_date - 20, current_date - 10)`;
    const before = await partitions();
    const ids = [0, 10, 13.9, 15.5, 20, 25, 40].map(idAt);
    for (const id of ids) rejections.record(refusal({ id }));
    await rejections.flush();
    await db.sql`
      insert into rejections (id, ehlo_name, command, rejection, reply)
      select uuid_floor(now() - interval '30 days' + make_interval(secs => i)), '', 'RCPT', 'BMX-USER', '' from generate_series(1, 12000) i`;

    // Two nodes at once give way to each other.
    const dropped = (await Promise.all([dropOldRejections(db.sql), dropOldRejections(db.sql)])).flat();
    dropped.push(...(await dropOldRejections(db.sql)));
    expect(dropped).toHaveLength(6);
    expect(new Set(dropped).size).toBe(6);
    const left = await partitions();
    expect(before.length - left.length).toBe(6);
    const oldest = new Date(Date.now() - 14 * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
    expect(left[0]).toBe(`rejections_${oldest}`);
    const rows = await db.sql<{ id: string }[]>`select id from rejections`;
    expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(ids.slice(0, 3)));
  });

  test('a day in use waits for another hour, and holds up nobody', async () => {
    await db.sql`select make_partitions(current_date - 20, current_date - 20)`;
    const [day] = await partitions();
    const hasRead = Promise.withResolvers<void>();
    const isOver = Promise.withResolvers<void>();
    const reading = db.sql.begin(async (transaction) => {
      await transaction`select from rejections limit 1`;
      hasRead.resolve();
      await isOver.promise;
    });
    await hasRead.promise;
    expect(await dropOldRejections(db.sql)).toEqual([]);
    isOver.resolve();
    await reading;
    expect(await dropOldRejections(db.sql)).toEqual([day ?? '']);
  });
});
