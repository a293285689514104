/** No claim and no ownership outlives the hand that has it, however that hand ends. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { joinNodes, type NodeLease, type Nodes } from '../../src/cluster/nodes.ts';
import { dropDeadOwnership, findOwners, takeOwnership } from '../../src/outage/owner.ts';
import { claimDue, findClaimants, FIRST_KEY, releaseDeadClaims } from '../../src/queue/claim.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';

let db: TestDatabase;
let spool: Spool;

beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
});
afterAll(async () => {
  await spool.close();
  await db.close();
});

function join(name: string, onExpiry: () => void = () => undefined): Promise<Nodes> {
  return joinNodes({
    address: db.target,
    name,
    version: '0',
    runtime: 'test',
    roles: ['delivery'],
    isDelivering: true,
    onLost: () => undefined,
    free: async (sql, lease) => {
      onExpiry();
      const messageCount = await releaseDeadClaims(sql, lease);
      await dropDeadOwnership(sql, lease);
      return { messageCount, tell: () => undefined };
    },
    onExpired: () => undefined,
    findHolders: async (sql) => [...(await findClaimants(sql)), ...(await findOwners(sql))],
    onFault: () => undefined,
  });
}

async function holdAndClaim(name: string, holder: NodeLease): Promise<string> {
  const destinationId = await makeDestination(db.sql, name);
  await spool.accept(makeTransaction({ to: [{ address: `x@${name}`, destinationId }] }));
  expect(await takeOwnership(db.sql, destinationId, holder)).toBe(true);
  const claim = { destinationId, holder, after: FIRST_KEY, limit: 10, flushNumber: null };
  expect((await claimDue(db.sql, claim)).messages).toHaveLength(1);
  return destinationId;
}

async function inHand(destinationId: string): Promise<{ claims: number; isOwned: boolean } | undefined> {
  const [row] = await db.sql<{ claims: number; isOwned: boolean }[]>`
    select (select count(*) from messages where destination_id = d.id and claimed_by is not null) as claims,
      owner_node is not null as "isOwned"
    from destinations d where id = ${destinationId}`;
  return row;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error('it did not come about within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a node that leaves in order, its grace over before its attempts, leaves nothing in its hands', async () => {
  const nodes = await join('leaver');
  const lease = nodes.lease();
  if (lease === null) throw new Error('no lease');
  const destinationId = await holdAndClaim('leaver.test', lease);
  await nodes.close();
  expect(await inHand(destinationId)).toEqual({ claims: 0, isOwned: false });
});

test('what was claimed in the name of a node already expired is found and freed', async () => {
  const destinationId = await holdAndClaim('late.test', { node: 999, epoch: 999_999 });
  const nodes = await join('finder');
  await until(async () => (await inHand(destinationId))?.claims === 0);
  expect(await inHand(destinationId)).toEqual({ claims: 0, isOwned: false });
  await nodes.close();
});

test('a living node keeps what it has', async () => {
  const other = await join('other');
  const lease = other.lease();
  if (lease === null) throw new Error('no lease');
  const destinationId = await holdAndClaim('keeper.test', lease);
  const marker = await holdAndClaim('marker.test', { node: 999, epoch: 999_998 });
  const nodes = await join('looker');
  await until(async () => (await inHand(marker))?.claims === 0);
  expect(await inHand(destinationId)).toEqual({ claims: 1, isOwned: true });
  await nodes.close();
  await other.close();
});

test('an expiry that fails or waits does not cost a living node its lease', async () => {
  const hung = await holdAndClaim('hung.test', { node: 998, epoch: 999_997 });
  await db.sql`
    insert into nodes (node, epoch, name, version, runtime, roles, backend_pid)
    overriding system value values (998, 999997, 'hung', '0', 'test', '{}', 0)`;
  let expiries = 0;
  const isHeld = Promise.withResolvers<void>();
  const isOver = Promise.withResolvers<void>();
  // The dead node's transaction is still open and holds the message.
  const hanging = db.sql.begin(async (transaction) => {
    await transaction`select from messages where destination_id = ${hung} for update`;
    isHeld.resolve();
    await isOver.promise;
  });
  await isHeld.promise;
  const nodes = await join('digger', () => {
    expiries += 1;
  });
  const lease = nodes.lease();
  await until(async () => expiries >= 2);
  expect(nodes.lease()).toEqual(lease);
  expect(lease).not.toBeNull();
  isOver.resolve();
  await hanging;
  await until(async () => (await inHand(hung))?.claims === 0);
  await nodes.close();
}, 30_000);
