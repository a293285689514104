/** Which message tries a destination in an outage: another each time, one to a recipient known good first, then a small one. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { claimProbe, releaseClaims } from '../../src/queue/claim.ts';
import { newDrillMark } from '../../src/queue/drills/drill-mark.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';

const HOLDER = { node: 1, epoch: 1 };
const DOMAIN = 'probe.test';
let db: TestDatabase;
let destinationId: string;

beforeAll(async () => {
  db = await createTestDatabase();
  destinationId = await makeDestination(db.sql, DOMAIN);
});
afterAll(() => db.close());

async function nextProbe(at = { destinationId, isFlush: false }): Promise<string | undefined> {
  const sql = db.database.queueSql;
  const message = await claimProbe(sql, { ...at, holder: HOLDER });
  if (message !== null) await releaseClaims(sql, HOLDER, [message.id]);
  return message?.recipients[0]?.address;
}

test('known good before small before old, none twice until all had their turn', async () => {
  const spool = openSpool(db.target);
  const send = (localPart: string, size: number) =>
    spool.accept(
      makeTransaction({ to: [{ address: `${localPart}@${DOMAIN}`, destinationId }], content: 'x'.repeat(size) }),
    );
  await send('stranger', 10);
  await send('large', 5000);
  await send('Delivered', 3000);
  await send('suspected', 1000);
  await send('listed+tag', 2000);
  await spool.close();
  const domainId = newId();
  await db.sql`
    insert into domains (id, tenant_id, destination_id, name, status, recipient_delimiter)
    values (${domainId}, ${OPERATOR_TENANT_ID}, ${destinationId}, ${DOMAIN}, 'ACTIVE', '+')`;
  await db.sql`
    insert into recipient_entries (domain_id, tenant_id, destination_id, local_part)
    values (${domainId}, ${OPERATOR_TENANT_ID}, ${destinationId}, 'listed')`;
  await db.sql`
    insert into recipient_answers (destination_id, tenant_id, local_part, delivered_at, suspected_at, forget_at)
    values (${destinationId}, ${OPERATOR_TENANT_ID}, 'delivered', bmx_now(), null, bmx_now() + interval '90 days'),
           (${destinationId}, ${OPERATOR_TENANT_ID}, 'suspected', bmx_now(), bmx_now(), bmx_now() + interval '90 days')`;
  const order: (string | undefined)[] = [];
  for (let n = 0; n < 5; n += 1) order.push((await nextProbe())?.split('@')[0]);
  expect(order.slice(0, 2)).toEqual(['listed+tag', 'Delivered']);
  expect(new Set(order).size).toBe(5);
  expect(order.slice(2)).toEqual(['stranger', 'suspected', 'large']);
  // The one that was tried longest ago comes again.
  expect(await nextProbe()).toBe(`listed+tag@${DOMAIN}`);
});

test("a fire drill's message tries no destination while the drill is under way; what an ended one left behind does", async () => {
  const address = 'drilled@drill.test';
  const drilledId = await makeDestination(db.sql, 'drill.test');
  const spool = openSpool(db.target);
  await spool.accept(makeTransaction({ to: [{ address, destinationId: drilledId }], content: 'x' }));
  await spool.close();
  const mark = newDrillMark();
  await db.sql`update messages set envelope_id = ${mark} where destination_id = ${drilledId}`;
  await db.sql`
    insert into drills (id, tenant_id, destination_id, domain_name, recipient, hold_minutes, is_scheduled, envelope_id, state)
    values (${newId()}, ${OPERATOR_TENANT_ID}, ${drilledId}, 'drill.test', ${address}, 0, false, ${mark}, 'ENTERING')`;
  const probes = async () => {
    const found: (string | undefined)[] = [];
    for (const isFlush of [false, true]) found.push(await nextProbe({ destinationId: drilledId, isFlush }));
    return found;
  };
  expect(await probes()).toEqual([undefined, undefined]);
  // Its node died before it could say that its message is in. With nothing else to try, the outage would never end.
  await db.sql`update drills set state = 'FINISHED', result = 'INTERRUPTED', finished_at = bmx_now() where envelope_id = ${mark}`;
  expect(await probes()).toEqual([address, address]);
});
