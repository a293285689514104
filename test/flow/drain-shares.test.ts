/**
 * A very large drain on three nodes: its owner grants shares of the sessions that the primary bears, and whoever dies, all is
 * delivered, by no more sessions at once than one node alone would have.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { createDomain, flushDomain } from '../helpers/domains.ts';
import { type FakePrimary, type ReceivedMessage, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Service, startService } from '../helpers/service.ts';
import { urlOf } from './crash-scene.ts';

const COUNT = 4000;
/** Counted as held beside them: a drain is shared from ten thousand on, and all that is asked is how many are counted. */
const COUNTED_MORE = 20_000;
/** What a node has delivered before it is written down, at the most, on the slowest of machines. */
const MOST_UNRECORDED = 600;
/** Before every reply, until all nodes have delivered their part: nobody has all of it gone before. */
const TARPIT_MS = 25;
/** What one node opens at most. */
const MOST_SESSIONS = 40;
const NAMES = ['a.shares.test.example', 'b.shares.test.example', 'c.shares.test.example'];

let database: TestDatabase;
let primary: FakePrimary;
let mostOpen: number;
const nodes = new Map<string, Service>();

beforeAll(async () => {
  database = await createTestDatabase();
  const env = {
    DATABASE_URL: urlOf(database.target),
    MX_NAMES: NAMES.join(),
    OPERATOR_TOKEN: 'of-all-nodes-of-this-one-test-alone',
  };
  await Promise.all(
    NAMES.map(async (name) => nodes.set(name, await startService({ env: { ...env, MX_HOSTNAME: name } }))),
  );
});

afterAll(async () => {
  await Promise.all([...nodes.values()].map((node) => node.remove()));
  await database.close();
});

afterEach(() => primary.close());

/** Open and not about to go. */
const countOpen = () => primary.sessions.filter(({ isOpen, commands }) => isOpen && commands.at(-1) !== 'QUIT').length;

/** A domain that holds so much, which is due now, and its primary. */
async function holdMail(name: string): Promise<void> {
  mostOpen = 0;
  primary = await startFakePrimary({
    modes: {
      tarpitMs: TARPIT_MS,
      mailVerdict: () => {
        mostOpen = Math.max(mostOpen, countOpen());
        return null;
      },
    },
  });
  await createDomain(aNode(), name, [{ host: primary.host, port: primary.port }]);
  const [domain] = await database.sql<{ destinationId: string; tenantId: string }[]>`
    select destination_id as "destinationId", tenant_id as "tenantId" from domains where name = ${name}`;
  if (domain === undefined) throw new Error('no domain');
  const { destinationId, tenantId } = domain;
  const ids = Array.from({ length: COUNT }, () => newId());
  const content = Buffer.from('Subject: held\r\n\r\nheld\r\n');
  await database.sql`
    with made as (
      insert into messages (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, ehlo_name, protocol, next_attempt_at)
      select id, id, ${tenantId}, ${destinationId}, 'sender@elsewhere.example', ${content.byteLength}, 'elsewhere.example', 'ESMTP', bmx_now()
      from unnest(${ids}::uuid[]) as id
      returning id
    ), addressed as (
      insert into recipients (message_id, number, tenant_id, destination_id, address)
      select id, 0, ${tenantId}, ${destinationId}, id || '@' || ${name} from made
    ), stored as (
      insert into contents (message_id, tenant_id, destination_id, content)
      select id, ${tenantId}, ${destinationId}, ${content} from made
    )
    insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
    values (${destinationId}, ${tenantId}, ${COUNT + COUNTED_MORE}, ${COUNT * content.byteLength})`;
}

async function untilDelivered(): Promise<void> {
  await until('all is delivered', 60_000, async () => {
    return (await database.sql`select from messages limit 1`).length === 0;
  });
}

function aNode(): Service {
  const [node] = nodes.values();
  if (node === undefined) throw new Error('no node');
  return node;
}

/** Who greeted in the session that brought a message. */
const senderOf = (sessionNumber: number) => primary.sessions[sessionNumber]?.commands[0]?.replace('EHLO ', '') ?? '';

function countBySender(): ReadonlyMap<string, number> {
  const groups = Map.groupBy(primary.messages, ({ sessionNumber }) => senderOf(sessionNumber));
  return new Map([...groups].map(([name, messages]) => [name, messages.length]));
}

const addressOf = ({ recipients }: ReceivedMessage) => recipients[0]?.address ?? '';

/** How often each message came. */
function copies(): ReadonlyMap<string, number> {
  const groups = Map.groupBy(primary.messages, addressOf);
  return new Map([...groups].map(([address, messages]) => [address, messages.length]));
}

async function readOwner(name: string): Promise<string | null> {
  const [row] = await database.sql<{ name: string }[]>`
    select nodes.name from destinations d join nodes on nodes.epoch = d.owner_epoch where d.name = ${name}`;
  return row?.name ?? null;
}

test('three nodes deliver it, each message once, within the sessions of one', async () => {
  await holdMail('large.example');
  await until('all three have delivered more than a hundred', 60_000, () => {
    const counts = [...countBySender().values()];
    return counts.length === 3 && Math.min(...counts) > 100;
  });
  primary.setMode({ tarpitMs: 0 });
  await untilDelivered();
  expect(primary.messages).toHaveLength(COUNT);
  expect(copies().size).toBe(COUNT);
  expect(mostOpen).toBeLessThanOrEqual(MOST_SESSIONS);
  expect(mostOpen).toBeGreaterThan(MOST_SESSIONS / 2);
  await until('every share is given back', 30_000, async () => {
    return (await database.sql`select from drain_shares`).length === 0;
  });
});

test('the owner killed in the middle of it: the others finish it, and only what it had in hand may come twice', async () => {
  const name = 'killed.example';
  await holdMail(name);
  await until('two nodes deliver', 60_000, () => countBySender().size >= 2);
  const owner = (await readOwner(name)) ?? '';
  await nodes.get(owner)?.kill9();
  await nodes.get(owner)?.remove();
  nodes.delete(owner);
  const delivered = countBySender();
  expect(primary.messages.length).toBeLessThan(COUNT);

  await until('another node owns it', 30_000, async () => ![owner, null].includes(await readOwner(name)));
  // What has met three deaths waits for its own slot.
  await flushDomain(aNode(), name);
  primary.setMode({ tarpitMs: 0 });
  await untilDelivered();
  expect(copies().size).toBe(COUNT);
  // Taken by the primary, and not written down yet.
  const byOwner = primary.messages.filter(({ sessionNumber }) => senderOf(sessionNumber) === owner).map(addressOf);
  const repeated = [...copies()].filter(([, count]) => count > 1);
  expect(repeated.filter(([address, count]) => count > 2 || !byOwner.includes(address))).toEqual([]);
  expect(repeated.length).toBeLessThanOrEqual(MOST_UNRECORDED);
  expect(mostOpen).toBeLessThanOrEqual(MOST_SESSIONS);
  expect(countBySender().get(owner)).toBe(delivered.get(owner) ?? 0);
});
