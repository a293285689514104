/** Domains in several states, each with a past: what the pages of the console are looked at with. */
import { createDomain } from '../../src/domains/create.ts';
import { createIdSource } from '../../src/mail/id.ts';
import { recordFailure, recordSuccess } from '../../src/outage/clock.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { countRefusals, recordRefusal, type Refused } from './refused.ts';
import { addDomain, addTenant, type Harness, holdMessage } from '../control/harness.ts';

const MINUTE_MS = 60_000;

/** Something that happened so many minutes ago. */
interface Happening {
  readonly minutesAgo: number;
  readonly run: () => Promise<void>;
}

export interface Scene {
  /** Ids of destinations by the name of their domain. */
  readonly ids: ReadonlyMap<string, string>;
}

const SENDERS = ['maria@client.example', 'support@saas.example', 'orders@shop.example', 'no-reply@bank.example'];

const REFUSALS: readonly Pick<Refused, 'code' | 'zone' | 'isDryRun'>[] = [
  { code: 'BMX-USER' },
  { code: 'BMX-PRIMARY' },
  { code: 'BMX-DNSBL', zone: 'zen.lists.example' },
  { code: 'BMX-LATER' },
  { code: 'BMX-SIZE' },
  { code: 'BMX-LIMIT' },
  { code: 'BMX-DNSBL', zone: 'new.lists.example', isDryRun: true },
];

/** Makes them: `away`, `archive`, `hr` (breaker), `vale` (draining), `paused`, `pending`, `checked`, `well`, all at northwind.example. */
export async function playScene(control: Harness): Promise<Scene> {
  const { database } = control;
  const { sql } = database;
  const ids = new Map<string, string>();
  for (const name of ['away', 'archive', 'hr', 'vale', 'paused', 'checked', 'well'])
    ids.set(name, await addDomain(control, `${name}.northwind.example`));
  const customer = await addTenant(database, 'customer');
  const pending = await createDomain(control.domains, customer, { name: 'pending.northwind.example' });
  if (pending.kind !== 'DONE') throw new Error(JSON.stringify(pending.errors));
  const idOf = (name: string): string => ids.get(name) ?? '';

  let minutesAgo = 0;
  const newId = createIdSource(() => Date.now() - minutesAgo * MINUTE_MS);
  const hold = (name: string, count: number) => async (): Promise<void> => {
    for (let number = 0; number < count; number += 1) {
      await holdMessage(database, {
        id: newId(),
        destinationId: idOf(name),
        reversePath: SENDERS[number % SENDERS.length] ?? null,
        addresses: [`user${number}@${name}.northwind.example`],
        sizeBytes: 4_000 + number * 700,
      });
    }
    await foldDeltas(sql);
  };
  const fail = (name: string, reply: string) => async (): Promise<void> => {
    const destinationId = idOf(name);
    const [row] = await sql<{ now: string }[]>`select bmx_now()::text as now`;
    const trouble = reply.includes('refused') ? 'REFUSED' : 'TIMEOUT';
    await recordFailure(sql, { destinationId, begunAt: row?.now ?? '', trouble, reply });
    await sql`
      insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, at, host, address, reply, outcome, latency_ms)
      select ${newId()}, tenant_id, id, ${newId()}, '{0}', true, bmx_now(), ${`mx1.${name}.northwind.example`}, '192.0.2.10:25', ${reply},
        'DEFERRED', ${trouble === 'REFUSED' ? 30 : 8_000} from destinations where id = ${destinationId}`;
  };

  const refuse = (name: string, number: number) => async (): Promise<void> => {
    const destinationId = idOf(name);
    for (const [index, { code, zone, isDryRun }] of REFUSALS.entries()) {
      const given = { code, destinationId, ...(zone === undefined ? {} : { zone, isDryRun: isDryRun === true }) };
      await countRefusals(database, given, ((number * (7 + index * 5)) % (34 - index * 4)) + (index === 0 ? 12 : 1));
      const reversePath = SENDERS[(number + index) % SENDERS.length] ?? '';
      const recipient = `user${number}@${name}.northwind.example`;
      await recordRefusal(
        database,
        { ...given, recipient, reversePath, clientAddress: `198.51.100.${number + 1}` },
        minutesAgo,
      );
    }
  };

  const happenings: Happening[] = [];
  const every = (from: number, to: number, step: number, run: (number: number) => () => Promise<void>): void => {
    for (let at = from, number = 0; at > to; at -= step, number += 1)
      happenings.push({ minutesAgo: at, run: run(number) });
  };
  every(279, 3, 15, (number) => fail('away', number < 3 ? '[connection timed out]' : '[connection refused]'));
  every(275, 60, 9, () => hold('away', 3));
  every(12_480, 4_000, 960, () => hold('archive', 4));
  every(12_500, 100, 1_440, () => fail('archive', '[connection timed out]'));
  happenings.push({ minutesAgo: 90, run: fail('archive', '[connection timed out]') });
  every(380, 90, 24, () => hold('hr', 2));
  every(240, 30, 30, (number) => (number === 0 ? fail('vale', '[connection refused]') : hold('vale', 9)));
  every(50, 40, 20, () => hold('paused', 5));
  happenings.push(
    { minutesAgo: 60_000, run: fail('well', '[connection timed out]') },
    { minutesAgo: 59_860, run: async () => void (await recordSuccess(sql, idOf('well'))) },
    { minutesAgo: 30_000, run: fail('well', '[no MX record]') },
    { minutesAgo: 29_500, run: async () => void (await recordSuccess(sql, idOf('well'))) },
    { minutesAgo: 12, run: async () => void (await recordSuccess(sql, idOf('vale'))) },
    { minutesAgo: 340, run: async () => openBreaker(control, idOf('hr')) },
  );
  every(18_720, 600, 1_440, (number) => refuse('vale', number));
  every(18_000, 30, 1_440, (number) => refuse('hr', number + 1));
  happenings.sort((one, other) => other.minutesAgo - one.minutesAgo);
  await moveTo(happenings[0]?.minutesAgo ?? 0);
  for (const { minutesAgo: at, run } of happenings) {
    await moveTo(at);
    await run();
  }
  await moveTo(0);
  await control.ask(
    'mutation { domainPause(input: { name: "paused.northwind.example", reason: "new disks" }) { userErrors { code } } }',
  );
  await storeReport(control, idOf('checked'));
  for (const [number, roles] of ['{inbound,delivery,control}', '{inbound}', '{delivery}'].entries())
    await sql`
      insert into nodes (epoch, name, version, runtime, roles, backend_pid, beat_at)
      values (${number + 1}, ${`mx${number + 1}.backup.example`}, '0.1.0', 'node 24.21.0', ${roles}::text[], ${number + 1}, clock_timestamp())`;
  await foldDeltas(sql);
  return { ids };

  async function moveTo(minutes: number): Promise<void> {
    if (minutes === minutesAgo) return;
    await database.moveClock(`${minutesAgo - minutes} minutes`);
    minutesAgo = minutes;
  }
}

async function openBreaker({ database: { sql } }: Harness, id: string): Promise<void> {
  await sql`
    update destinations set breaker = 'OPEN', breaker_since = bmx_now(), breaker_reply = '550 5.1.1 <anna@hr.northwind.example>: User unknown'
    where id = ${id}`;
}

async function storeReport({ database: { sql } }: Harness, id: string): Promise<void> {
  const findings = [
    {
      code: 'MX_ALIAS',
      verdict: 'WARNING',
      title: 'No MX record names an alias.',
      advice: 'Name the host itself in the MX record.',
      evidence: [{ asked: 'CNAME of mail.checked.northwind.example', answered: 'mx1.checked.northwind.example' }],
    },
  ];
  await sql`
    insert into doctor_reports (domain_id, tenant_id, destination_id, status, findings, last_known, silent_count)
    select id, tenant_id, destination_id, 'WARNING', ${JSON.stringify(findings)}::text::jsonb, '{}', 0
    from domains where destination_id = ${id}`;
}
