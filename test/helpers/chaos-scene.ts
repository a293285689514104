/** Where a chaos run takes place: a database, nodes of several roles, primaries in processes of their own, and DNS. */
import { rm } from 'node:fs/promises';
import { type ChaosNode, type ChaosNodeOptions, startChaosNode } from './chaos-nodes.ts';
import type { OperatedDomain } from './chaos-operator.ts';
import { type ChaosPrimary, startChaosPrimary } from './chaos-primary.ts';
import { keepCommitTimes } from './chaos-records.ts';
import { CHAOS_SENDER } from './chaos-senders.ts';
import { makeTempDir, type PrivateServer, startPrivateServer } from './database.ts';
import { createDomain } from './domains.ts';
import { type FakeDns, type FakeRecords, startFakeDns } from './fake-dns.ts';
import { findFreePorts } from './free-port.ts';
import { makeDataDir, serviceEnvironment } from './service.ts';

/** Their primaries are killed, stopped, cut and full; the operator moves them about. */
const OPERATED = ['one.chaos.example', 'two.chaos.example'] as const;
/** Found by MX; its primary is shaken as well. */
const LOOKED_UP = 'looked-up.chaos.example';
export const SHAKEN = [...OPERATED, LOOKED_UP] as const;
/** Its primary is left alone, and refuses mailboxes. */
export const STEADY = 'steady.chaos.example';
/** Its primary never comes back. */
export const DEAD = 'dead.chaos.example';

/** A short run has the first three. */
const NODES: readonly { readonly name: string; readonly roles: readonly string[] }[] = [
  { name: 'a.nodes.test.example', roles: ['inbound', 'delivery', 'control'] },
  { name: 'b.nodes.test.example', roles: ['inbound', 'control'] },
  { name: 'c.nodes.test.example', roles: ['delivery'] },
  { name: 'd.nodes.test.example', roles: ['inbound', 'delivery'] },
];
const SHORT_NODES = 3;

export interface ChaosScene {
  readonly nodes: readonly ChaosNode[];
  nodesWith(role: 'inbound' | 'delivery' | 'control'): readonly ChaosNode[];
  readonly primaries: readonly ChaosPrimary[];
  /** Takes the reports. */
  readonly reports: ChaosPrimary;
  readonly shaken: readonly ChaosPrimary[];
  readonly operated: readonly OperatedDomain[];
  readonly server: PrivateServer;
  readonly dns: FakeDns;
  readonly zones: Readonly<Record<string, FakeRecords>>;
  close(): Promise<void>;
}

export async function openScene(
  options: Pick<ChaosNodeOptions, 'isLong' | 'onSurprise' | 'logFolder'>,
): Promise<ChaosScene> {
  const { isLong } = options;
  const folder = makeTempDir();
  const [port = 0, deadPort = 0] = await findFreePorts(2);
  const nodeNames = NODES.map(({ name }) => name);
  const zones = {
    [CHAOS_SENDER]: { MX: [[10, `mx.${CHAOS_SENDER}`]], TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    [`mx.${CHAOS_SENDER}`]: { A: ['127.0.0.3'] },
    [LOOKED_UP]: { MX: [[10, `mx.${LOOKED_UP}`], ...nodeNames.map((name) => [20, name] as const)] },
    [`mx.${LOOKED_UP}`]: { A: ['127.0.0.7'] },
  } satisfies Record<string, FakeRecords>;
  const dns = await startFakeDns(zones);
  const server = await startPrivateServer();
  await keepCommitTimes(server.sql);
  await server.restart();
  const start = (host: string): Promise<ChaosPrimary> => startChaosPrimary(host, port, folder);
  const primaries = await Promise.all([3, 4, 5, 6, 7].map((last) => start(`127.0.0.${last}`)));
  const [reports, steady, one, two, lookedUp] = primaries;
  if (!reports || !steady || !one || !two || !lookedUp) throw new Error('a primary is missing');
  const shaken = [one, two, lookedUp];

  const used = NODES.slice(0, isLong ? NODES.length : SHORT_NODES);
  const environments = await Promise.all(
    used.map(async ({ name, roles }) => {
      const dataDir = await makeDataDir();
      return {
        ...(await serviceEnvironment(dataDir)),
        DATA_DIR: dataDir,
        MX_HOSTNAME: name,
        ROLES: roles.join(),
        MX_NAMES: nodeNames.join(),
        DNS_SERVERS: dns.address,
        DELIVERY_PORT: String(port),
        OPERATOR_TOKEN: 'of-all-nodes-of-this-one-test-alone',
        LOG_LEVEL: 'warn',
      };
    }),
  );
  const nodes = await Promise.all(
    environments.map((env) =>
      startChaosNode({ ...options, env, database: server.target, primaries: [steady, ...shaken] }),
    ),
  );
  const operated = [
    { name: OPERATED[0], home: one, elsewhere: two },
    { name: OPERATED[1], home: two, elsewhere: steady },
  ];
  const control = nodes[0]?.service();
  if (control === undefined) throw new Error('no node');
  await createDomain(control, STEADY, [steady]);
  await createDomain(control, DEAD, [{ host: '127.0.0.1', port: deadPort }]);
  await createDomain(control, LOOKED_UP, []);
  for (const { name, home } of operated) await createDomain(control, name, [home]);
  return {
    nodes,
    nodesWith: (role) => nodes.filter((_node, index) => used[index]?.roles.includes(role)),
    primaries,
    reports,
    shaken,
    operated,
    server,
    dns,
    zones,
    close: async () => {
      await Promise.all(nodes.map((node) => node.remove()));
      for (const { DATA_DIR } of environments) await rm(DATA_DIR, { recursive: true, force: true });
      await Promise.all(primaries.map((primary) => primary.kill9()));
      await server.close();
      await dns.close();
    },
  };
}
