/** Alerts: when a contact is told, of what, how often, and when it is told nothing. Outages as rows, days as moves of the clock. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { noteEvents, sendAlerts } from '../../src/notify/alerts.ts';
import { emptyOutbox } from '../../src/notify/outbox.ts';
import { addTenant, holdMessage } from '../control/harness.ts';
import { mailsTo } from './spooled-mail.ts';
import { startWorld, type World } from './webhook-world.ts';
import { NO_EVENTS } from '../helpers/no-events.ts';

const ME = 'admin@elsewhere.example';
let world: World;
let kept: string;
let second: string;
let contactId: string;
beforeAll(async () => {
  world = await startWorld();
  kept = await world.domain('kept.example');
  second = await world.domain('second.example');
});
afterAll(() => world.close());
beforeEach(async () => {
  const { sql } = world;
  await sql`delete from alert_contacts`;
  await sql`delete from outages`;
  await sql`delete from event_outbox`;
  for (const table of ['recipients', 'messages', 'contents', 'queue_delta']) await sql`delete from ${sql(table)}`;
  await sql`delete from destinations where kind = 'INTERNAL'`;
  await sql`update destinations set outage_id = null, first_failure_at = null, breaker = 'CLOSED'`;
  contactId = await contact(ME);
});

async function contact(
  address: string,
  domains: string[] | null = null,
  tenantId = OPERATOR_TENANT_ID,
): Promise<string> {
  const id = newId();
  await world.sql`
    insert into alert_contacts (id, tenant_id, address, address_domain, domains, confirmed_at)
    values (${id}, ${tenantId}, ${address}, ${address.slice(address.indexOf('@') + 1)}, ${domains}::text[], bmx_now())`;
  return id;
}

async function open(destinationId: string, outageClass = 'DOWN', reply = '[connection refused]'): Promise<string> {
  const id = newId();
  await world.sql`
    insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
    select ${id}, tenant_id, id, bmx_now(), ${outageClass}, ${reply} from destinations where id = ${destinationId}`;
  await world.sql`
    update destinations set outage_id = ${id}, first_failure_at = bmx_now(), next_attempt_at = bmx_now() + interval '15 minutes'
    where id = ${destinationId}`;
  return id;
}

async function end(outageId: string, heldCount = 0): Promise<void> {
  await world.sql`
    update outages set ended_at = bmx_now(), held_at_end = ${heldCount},
      drained_at = case when ${heldCount === 0} then bmx_now() end where id = ${outageId}`;
  await world.sql`update destinations set outage_id = null, first_failure_at = null where outage_id = ${outageId}`;
}

const later = (interval: string) => world.database.moveClock(interval);
const withheld: string[] = [];

async function look(): Promise<void> {
  while ((await emptyOutbox(world.sql, 'https://mx.test.example', noteEvents)) > 0);
  await sendAlerts({
    sql: world.sql,
    mxHostname: 'backup.test.example',
    publicUrl: 'https://mx.test.example',
    events: { ...NO_EVENTS, alertWithheld: ({ contactId }) => void withheld.push(contactId) },
    withheld: new Set(),
  });
}

const mails = async (address = ME) => (await mailsTo(world.database, address)).map(({ content }) => content);
const subjects = async (address = ME) => (await mails(address)).map((mail) => /^Subject: (.*)\r$/m.exec(mail)?.[1]);

describe('an outage', () => {
  test('is told when it has lasted five minutes, with what one needs to know', async () => {
    await holdMessage(world.database, { destinationId: kept, sizeBytes: 2000 });
    await open(kept, 'BLOCKING', '554 5.7.1 go away\nreally = now');
    await later('4 minutes 50 seconds');
    await look();
    expect(await mails()).toEqual([]);
    await later('11 seconds');
    await look();
    const [mail, ...more] = await mailsTo(world.database, ME);
    expect(more).toEqual([]);
    expect(mail).toMatchObject({ reversePath: null, kind: 'REPORT', notify: 'NEVER' });
    const text = mail?.content ?? '';
    expect(text).toContain('\r\nSubject: [Backup MX] kept.example: mail is held\r\n');
    expect(text).toContain('\r\nAuto-Submitted: auto-generated\r\n');
    expect(text).toContain('kept.example: its mail server refuses us. We accept its mail and hold it.');
    expect(text).toMatch(/since {7}\w{3}, .* \+0000 \(5 minutes\)/);
    expect(text).toContain('last reply  554 5.7.1 go away\r\n              really = now\r\n');
    expect(text).toContain('held now    1 message, 2000 bytes');
    expect(text).toContain('look        https://mx.test.example/console/d/kept.example\r\n');
    expect(text).toMatch(/kept until {2}\w{3}, .* the oldest of it/);
    expect(text).toMatch(/next try {4}\w{3}, /);
    expect(text).toContain('Take our addresses into the allow lists');
    expect(text).toContain(`backup-mx contact delete ${contactId}`);
    await look();
    expect(await mails()).toHaveLength(1);
  });

  test('that is over sooner alarms nobody', async () => {
    await end(await open(kept));
    await later('10 minutes');
    await look();
    expect(await mails()).toEqual([]);
  });

  test('that goes on is told of again when something changes, at most once an hour', async () => {
    const id = await open(kept);
    await later('6 minutes');
    await look();
    await later('50 minutes');
    await look();
    expect(await mails()).toHaveLength(1);
    await world.sql`update outages set class = 'BLOCKING' where id = ${id}`;
    await look();
    expect(await mails()).toHaveLength(1);
    await later('11 minutes');
    await world.sql`update outages set threshold_hours = 1 where id = ${id}`;
    await look();
    expect(await subjects()).toEqual([
      '[Backup MX] kept.example: mail is held',
      '[Backup MX] kept.example: mail is still held',
    ]);
    for (let hour = 0; hour < 5; hour += 1) {
      await later('1 hour');
      await look();
    }
    expect(await mails()).toHaveLength(2);
  });

  test('is told of once more at its end, with what became of the mail', async () => {
    const id = await open(kept);
    await later('2 hours');
    await look();
    await world.sql`insert into mail_counts (destination_id, tenant_id, kind, count) values (${kept}, ${OPERATOR_TENANT_ID}, 'FAILED', 2)`;
    await end(id, 12);
    await look();
    expect(await mails()).toHaveLength(1);
    await later('10 minutes');
    await world.sql`update outages set drained_at = bmx_now() where id = ${id}`;
    await look();
    const [, closing = ''] = await mails();
    expect(closing).toContain('Subject: [Backup MX] kept.example: mail flows again');
    expect(closing).toMatch(/ended {7}\w{3}, .* \(2 hours\)/);
    expect(closing).toContain('held        12 messages when it ended');
    expect(closing).toContain('settled     12 messages since then, 0 still held');
    expect(closing).toContain('failed      2 recipients');
    await later('2 hours');
    await look();
    expect(await mails()).toHaveLength(2);
    await world.sql`delete from mail_counts`;
  });

  test('of many domains at once is a few mails, not many', async () => {
    const destinations = [kept, second];
    for (let count = 0; count < 8; count += 1) destinations.push(await world.domain(`d${count}.many.example`));
    for (const destinationId of destinations) {
      await open(destinationId);
      await later('3 seconds');
    }
    await later('4 minutes 50 seconds');
    for (let round = 0; round < 70; round += 1) {
      await look();
      await later('5 seconds');
    }
    expect(await mails()).toHaveLength(2);
    const told = (await mails()).join('\n');
    for (let count = 0; count < 8; count += 1) expect(told).toContain(`d${count}.many.example`);
  });

  test('that flaps is told of four times an hour at most', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = await open(kept);
      await later('5 minutes 1 second');
      await look();
      await end(id);
      await later('30 seconds');
      await look();
    }
    expect((await mails()).length).toBeLessThanOrEqual(4);
  });
});

describe('nobody is told', () => {
  test('of what is not theirs, or was not asked for', async () => {
    const other = await addTenant(world.database, 'other');
    await contact('named@elsewhere.example', ['second.example']);
    await contact('stranger@elsewhere.example', null, other.tenantId);
    await world.sql`
      insert into alert_contacts (id, tenant_id, address, address_domain) values (new_id(), ${OPERATOR_TENANT_ID}, 'silent@elsewhere.example', 'elsewhere.example')`;
    await open(kept);
    await later('6 minutes');
    await look();
    for (const address of ['named', 'stranger', 'silent'])
      expect(await mails(`${address}@elsewhere.example`)).toEqual([]);
    expect(await mails()).toHaveLength(1);
  });

  test('of the domain they stand in', async () => {
    await contact('inside@sub.kept.example');
    await open(kept);
    await later('6 minutes');
    await look();
    expect(await mails('inside@sub.kept.example')).toEqual([]);
  });

  test.each<[string, (name: string) => Promise<unknown>, (name: string) => Promise<unknown>]>([
    [
      'is down',
      () => open(second),
      async () => {
        const [row] = await world.sql<{ id: string }[]>`select outage_id as id from destinations where id = ${second}`;
        await end(row?.id ?? '');
      },
    ],
    [
      'has an open breaker',
      (name) => world.sql`update destinations set breaker = 'OPEN' where name = ${name}`,
      (name) => world.sql`update destinations set breaker = 'CLOSED' where name = ${name}`,
    ],
    [
      'is suspended',
      (name) => world.sql`update domains set status = 'SUSPENDED' where name = ${name}`,
      (name) => world.sql`update domains set status = 'ACTIVE' where name = ${name}`,
    ],
    [
      'is paused',
      (name) => world.sql`update destinations set is_paused = true where name = ${name}`,
      (name) => world.sql`update destinations set is_paused = false where name = ${name}`,
    ],
  ])('while their own domain %s, and all of it later', async (_what, begin, finish) => {
    const address = 'chief@second.example';
    await world.sql`delete from alert_contacts`;
    const id = await contact(address, ['kept.example']);
    await begin('second.example');
    await open(kept);
    await later('6 minutes');
    withheld.splice(0);
    await look();
    expect([await mails(address), withheld]).toEqual([[], [id]]);
    await finish('second.example');
    await look();
    expect(await subjects(address)).toEqual(['[Backup MX] kept.example: mail is held']);
  });

  test('again while an earlier mail to them cannot be delivered', async () => {
    const id = await open(kept);
    await later('6 minutes');
    await look();
    await world.sql`update destinations set first_failure_at = bmx_now() where name = 'elsewhere.example'`;
    await world.sql`update outages set threshold_hours = 24 where id = ${id}`;
    await later('25 hours');
    await look();
    expect(await mails()).toHaveLength(1);
  });
});

test('other news is told too: a proof that is gone, a webhook that is disabled', async () => {
  await contact('named@elsewhere.example', ['second.example']);
  await world.event('PROOF_LOST', kept, { name: 'kept.example' });
  await world.event('WEBHOOK_DISABLED', null, { webhookId: '0190', host: 'hooks.example', reason: 'FAILING' });
  await world.event('OUTAGE_THRESHOLD', kept, {});
  await look();
  const [mail = '', ...more] = await mails();
  expect(more).toEqual([]);
  expect(mail).toContain('Subject: [Backup MX] 2 notices');
  expect(mail.replaceAll('\r\n', ' ')).toContain('kept.example: the record that proves the domain is yours is gone.');
  expect(mail).toContain('hooks.example: a webhook is disabled');
  expect(await mails('named@elsewhere.example')).toEqual([]);
  await later('2 hours');
  await look();
  expect(await mails()).toHaveLength(1);
});

test('while most primaries fail at once, which is trouble of our own, nobody is alarmed', async () => {
  await open(kept);
  await world.sql`update service_presence set own_trouble_since = bmx_now()`;
  await later('6 minutes');
  await look();
  expect(await mails()).toEqual([]);
  await world.sql`update service_presence set own_trouble_since = null`;
  await look();
  expect(await mails()).toHaveLength(1);
});

test('two nodes that look at once tell it once', async () => {
  await open(kept);
  await later('6 minutes');
  await Promise.all([look(), look(), look()]);
  expect(await mails()).toHaveLength(1);
});
