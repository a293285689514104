/** Nodes of one service: four that start at once on an empty database, and a setting made on one that holds on all. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase, urlOf } from '../helpers/database.ts';
import { createDomain, flushDomain, untilHeld } from '../helpers/domains.ts';
import { startFakePrimary } from '../helpers/fake-primary.ts';
import { compare, startLoad } from '../helpers/load.ts';
import { type Service, startService } from '../helpers/service.ts';
import { connectPeer, type SmtpPeer } from '../helpers/smtp-peer.ts';
import { subscribe } from '../helpers/subscriber.ts';
import { EXACT } from './crash-scene.ts';

let server: TestDatabase;
let nodes: Service[] = [];

beforeAll(async () => {
  server = await createTestDatabase();
  const database = 'four_nodes';
  await server.sql.unsafe(`create database ${database} template template0`);
  const DATABASE_URL = urlOf({ ...server.target, database });
  nodes = await Promise.all(
    Array.from({ length: 4 }, () =>
      startService({ env: { DATABASE_URL, OPERATOR_TOKEN: 'of-all-nodes-of-this-one-test-alone' } }),
    ),
  );
});

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.remove()));
  await server.sql.unsafe('drop database if exists four_nodes with (force)');
  await server.close();
});

function nodeAt(index: number): Service {
  const node = nodes[index];
  if (node === undefined) throw new Error('no such node');
  return node;
}

describe('four nodes that started at once on an empty database', () => {
  test('know each other', async () => {
    for (const node of nodes) {
      const { service } = await node.graphql<{ service: { nodes: unknown[] } }>('{ service { nodes { name } } }');
      expect(service.nodes).toHaveLength(4);
    }
  });

  test('accept together, and deliver everything once', async () => {
    const primary = await startFakePrimary();
    const name = 'together.example';
    await createDomain(nodeAt(0), name, [{ host: primary.host, port: primary.port }]);
    const loads = nodes.map(({ smtpPort }) =>
      startLoad({ port: smtpPort, domain: name, connections: 3, mostMessages: 75 }),
    );
    await until('all is accepted', 30_000, () => loads.every(({ accepted }) => accepted.size === 75));
    await Promise.all(loads.map((load) => load.stop()));
    await untilHeld(nodeAt(3), name, 0, 30_000);
    for (const load of loads) {
      const own = primary.messages.filter(({ recipients }) => load.accepted.has(recipients[0]?.address ?? ''));
      expect(compare(load, own)).toEqual(EXACT);
    }
    expect(primary.messages).toHaveLength(300);
    await primary.close();
  });
});

describe('what happens on one node is told on all', () => {
  const query = (after?: string) =>
    `subscription { outageChanged(domain: "told.example"${after === undefined ? '' : `, after: "${after}"`}) { cursor kind } }`;
  const watch = ({ httpUrl, token }: Service, after?: string) =>
    subscribe<{ outageChanged: { cursor: string; kind: string } }>({ url: httpUrl, token, query: query(after) });

  test('an outage, also to who comes back to another node', async () => {
    const primary = await startFakePrimary();
    await primary.stop();
    await createDomain(nodeAt(0), 'told.example', [{ host: primary.host, port: primary.port }]);
    const live = await Promise.all(nodes.map((node) => watch(node)));
    const load = startLoad({ port: nodeAt(1).smtpPort, domain: 'told.example', connections: 1, mostMessages: 1 });
    await until('it is accepted', 30_000, () => load.accepted.size === 1);
    await load.stop();
    const opened = await Promise.all(live.map((each) => each.data()));
    expect(opened.map(({ outageChanged }) => outageChanged.kind)).toEqual(nodes.map(() => 'OUTAGE_OPENED'));
    live[0]?.close();
    await primary.start();
    await flushDomain(nodeAt(2), 'told.example');
    await untilHeld(nodeAt(2), 'told.example', 0);
    const again = await watch(nodeAt(3), opened[0]?.outageChanged.cursor);
    for (const each of [again, ...live.slice(1)]) {
      // The one message may be gone before its outage is.
      expect(['OUTAGE_CLOSED', 'OUTAGE_DRAINING']).toContain((await each.data()).outageChanged.kind);
      each.close();
    }
    await primary.close();
  });

  test('that a token has ended', async () => {
    const { tokenCreate } = await nodeAt(0).graphql<{ tokenCreate: { secret: string; token: { id: string } } }>(
      'mutation { tokenCreate(input: { name: "live", scopes: [DOMAIN_READ] }) { secret token { id } } }',
    );
    const live = await watch({ ...nodeAt(3), token: tokenCreate.secret });
    await nodeAt(0).graphql('mutation ($id: ID!) { tokenDelete(input: { id: $id }) { userErrors { code } } }', {
      id: tokenCreate.token.id,
    });
    expect(await live.code()).toBe('UNAUTHENTICATED');
    expect(await live.next()).toBeNull();
  });
});

describe('a setting made on one node is in force on the others within a second', () => {
  const name = 'setting.example';
  let peers: SmtpPeer[] = [];

  beforeAll(async () => {
    peers = await Promise.all(nodes.map(({ smtpPort }) => connectPeer({ host: '127.0.0.1', port: smtpPort })));
    for (const peer of peers) {
      await peer.reply();
      await peer.ask('EHLO client.test.example');
    }
  });

  afterAll(() => {
    for (const peer of peers) peer.destroy();
  });

  const replyOf = async (peer: SmtpPeer): Promise<string> => {
    await peer.ask('MAIL FROM:<sender@elsewhere.example>');
    const reply = await peer.ask(`RCPT TO:<user@${name}>`);
    await peer.ask('RSET');
    return reply;
  };
  /** Milliseconds until every node answers so. */
  const untilAll = async (code: string): Promise<number> => {
    const madeAt = performance.now();
    await Promise.all(peers.map((peer) => until(code, 30_000, async () => (await replyOf(peer)).startsWith(code))));
    return performance.now() - madeAt;
  };

  test('a new domain, and one that is deleted', async () => {
    const tookMs: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      // What is not there is remembered as well, on every node.
      tookMs.push(await untilAll('550'));
      await createDomain(nodeAt(round % 4), name, [{ host: '127.0.0.1', port: 1 }]);
      expect(await replyOf(peers[round % 4] ?? fail())).toStartWith('250');
      tookMs.push(await untilAll('250'));
      const { domainDelete } = await nodeAt((round + 1) % 4).graphql<{ domainDelete: { userErrors: unknown[] } }>(
        'mutation ($name: String!) { domainDelete(input: { name: $name }) { userErrors { code } } }',
        { name },
      );
      expect(domainDelete.userErrors).toEqual([]);
      expect(await replyOf(peers[(round + 1) % 4] ?? fail())).toStartWith('550');
    }
    // Each time, on a machine that has nothing else to do; half of the times on any.
    expect(tookMs.toSorted((a, b) => a - b)[5]).toBeLessThan(1000);
  });
});

function fail(): never {
  throw new Error('no such peer');
}
