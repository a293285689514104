/** Two nodes of the service on one database, before a primary so slow that a moment in mid-delivery is easily met. */
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase, urlOf } from '../helpers/database.ts';
import { createDomain } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Load, startLoad, transactionIdOf } from '../helpers/load.ts';
import { type Service, startService } from '../helpers/service.ts';

export const DOMAIN = 'nodes.example';

const TARPIT_MS = 100;

export interface TwoNodes {
  readonly database: TestDatabase;
  readonly primary: FakePrimary;
  readonly nodes: readonly [Service, Service];
  /** The primary, which has made every message wait behind its dot, takes what comes from now on. */
  beginDelivery(): void;
  /** Which of the two has the domain in its hands, the other behind it. */
  findOwner(): Promise<readonly [owner: Service, other: Service]>;
  close(): Promise<void>;
}

export async function startTwoNodes(): Promise<TwoNodes> {
  const database = await createTestDatabase();
  const begun = Promise.withResolvers<void>();
  // The next message of a session comes when the outcome of the one before it is recorded, however long that takes.
  const mailGate = async (sessionNumber: number): Promise<void> => {
    const before = primary.messages.findLast((message) => message.sessionNumber === sessionNumber);
    if (before === undefined) return;
    await until('it is recorded, or its session has ended', 120_000, async () => {
      if (primary.sessions[sessionNumber]?.isOpen !== true) return true;
      return (await database.sql`select from messages where id = ${transactionIdOf(before)}`).length === 0;
    });
  };
  const primary = await startFakePrimary({ modes: { tarpitMs: TARPIT_MS, mailGate, dotGate: () => begun.promise } });
  const names = ['a.nodes.test.example', 'b.nodes.test.example'];
  const start = (name: string): Promise<Service> =>
    startService({
      env: {
        DATABASE_URL: urlOf(database.target),
        MX_HOSTNAME: name,
        MX_NAMES: names.join(),
        OPERATOR_TOKEN: 'of-all-nodes-of-this-one-test-alone',
      },
    });
  const [a, b] = await Promise.all([start(names[0] ?? ''), start(names[1] ?? '')]);
  return {
    database,
    primary,
    nodes: [a, b],
    beginDelivery: begun.resolve,
    findOwner: () =>
      until('a node has the domain in its hands', 30_000, async () => {
        const [row] = await database.sql<{ name: string }[]>`
          select nodes.name from destinations d join nodes on nodes.node = d.owner_node where d.name = ${DOMAIN}`;
        if (row === undefined) return null;
        return row.name === names[0] ? ([a, b] as const) : ([b, a] as const);
      }),
    close: async () => {
      await Promise.all([a.remove(), b.remove()]);
      await primary.close();
      await database.close();
    },
  };
}

/** The domain, and `count` messages for it, accepted by both nodes in equal parts; the primary takes none before it has all been accepted. */
export async function sendMessages({ nodes, primary, beginDelivery }: TwoNodes, count: number): Promise<Load> {
  await createDomain(nodes[0], DOMAIN, [{ host: primary.host, port: primary.port }]);
  const loads = nodes.map(({ smtpPort }) =>
    startLoad({ port: smtpPort, domain: DOMAIN, connections: 5, mostMessages: count / 2 }),
  );
  await until('all is accepted', 30_000, () => loads.every(({ accepted }) => accepted.size === count / 2));
  await Promise.all(loads.map((load) => load.stop()));
  beginDelivery();
  const [first] = loads;
  if (first === undefined) throw new Error('no load');
  return { ...first, accepted: new Map(loads.flatMap((load) => [...load.accepted])) };
}

/** Transactions that came more than once although their first copy was not the last message of its session. */
export function needlesslyRepeated({ messages }: FakePrimary): string[] {
  const first = new Map<string, number>();
  const repeated = new Set<number>();
  messages.forEach((message, index) => {
    const id = transactionIdOf(message);
    const before = first.get(id);
    if (before === undefined) first.set(id, index);
    else repeated.add(before);
  });
  return [...repeated].flatMap((index) => {
    const message = messages[index];
    const later = messages.slice(index + 1).some(({ sessionNumber }) => sessionNumber === message?.sessionNumber);
    return message !== undefined && later ? [transactionIdOf(message)] : [];
  });
}
