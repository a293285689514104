/**
 * A verb on thousands of messages: killed in the middle it goes on where it was, each message once, and other mail goes on.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { holdMany } from '../helpers/held-mail.ts';
import { type Service, startService } from '../helpers/service.ts';

const DOMAIN = 'customer.example';
const COUNT = 5_000;

let flow: Flow<Service>;
let primary: FakePrimary;
let second: Service | null = null;

beforeAll(async () => {
  flow = await startFlow({}, {}, startService);
  primary = await startFakePrimary();
  await flow.addDomain(DOMAIN, primary);
  await flow.addDomain('other.example', primary);
});

afterAll(async () => {
  await second?.remove();
  await flow?.close();
  await primary?.close();
});

interface Operation {
  readonly id: string;
  readonly state: string;
  readonly doneCount: number;
  readonly totalCount: number;
}

async function readOperation(service: Service, id: string): Promise<Operation> {
  const { operation } = await service.graphql<{ operation: Operation }>(
    'query ($id: ID!) { operation(id: $id) { id state doneCount totalCount } }',
    { id },
  );
  return operation;
}

test('cancelling 5,000 survives kill -9 in the middle', async () => {
  await flow.change('domainPause', { name: DOMAIN });
  await holdMany(flow.database, DOMAIN, COUNT);
  const { sql } = flow.database;
  const [middle] = await sql<{ id: string }[]>`select id from messages order by id offset 2600 limit 1`;
  // Held up at one message of the sixth batch: a moment in the middle that is easily met.
  const isHeld = Promise.withResolvers<void>();
  const lock = Promise.withResolvers<void>();
  const held = sql.begin(async (tx) => {
    await tx`select from messages where id = ${middle?.id ?? ''} for update`;
    isHeld.resolve();
    await lock.promise;
  });
  await isHeld.promise;
  const { messagesCancel } = await flow.service.graphql<{ messagesCancel: { operation: Operation } }>(
    'mutation ($input: MessagesCancelInput!) { messagesCancel(input: $input) { operation { id state doneCount totalCount } } }',
    { input: { filter: { domain: DOMAIN }, expectedCount: COUNT, reason: 'a wave of spam' } },
  );
  const { id } = messagesCancel.operation;
  await until('the middle', 40_000, async () => (await readOperation(flow.service, id)).doneCount === 2_500);
  // Mail of others goes on, and mail for the domain is taken, although one batch waits.
  await flow.send({ to: ['user@other.example'] });
  await primary.waitFor(() => primary.messages.length === 1, "another domain's mail");
  const later = await flow.send({ to: [`later@${DOMAIN}`] });

  await flow.service.kill9();
  lock.resolve();
  await held;
  second = await startService({ env: { ...flow.service.env }, dataDir: flow.service.dataDir });
  const service = second;
  const operation = await until('the end', 45_000, async () => {
    const seen = await readOperation(service, id);
    return seen.state === 'DONE' && seen;
  });
  expect(operation).toEqual({ id, state: 'DONE', doneCount: COUNT, totalCount: COUNT });
  expect(
    (
      await sql<{ id: string }[]>`
    select m.id from messages m join destinations d on d.id = m.destination_id where d.name = ${DOMAIN}`
    ).map((row) => row.id),
  ).toEqual([later]);
  const [counted] = await sql<{ ended: number; told: number; twice: number }[]>`
    select (select count(*) from history where recipients -> 0 ->> 'state' = 'CANCELLED') as ended,
      (select count(*) from events where kind = 'MESSAGE_CANCELLED') as told,
      (select count(*) from (select message_id from events where kind = 'MESSAGE_CANCELLED' group by 1 having count(*) > 1) e)
        as twice`;
  expect(counted).toEqual({ ended: COUNT, told: COUNT, twice: 0 });
  const { domain } = await service.graphql<{ domain: { queue: { heldCount: number } } }>(
    `{ domain(by: { name: "${DOMAIN}" }) { queue { heldCount } } }`,
  );
  expect(domain.queue.heldCount).toBe(1);
});
