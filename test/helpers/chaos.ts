/**
 * A chaos run: two nodes on one database, four primaries, senders that never tire; processes are killed, stopped and
 * restarted by chance. Then all is mended, what can be delivered is delivered, and an auditor reckons.
 */
import { rm } from 'node:fs/promises';
import { type Audit, audit } from './chaos-audit.ts';
import { type ChaosPrimary, startChaosPrimary } from './chaos-primary.ts';
import type { Random } from './chaos-random.ts';
import { CHAOS_SENDER, startChaosSenders } from './chaos-senders.ts';
import { databaseTrack, primaryTrack, runTroubles, startChaosNode, type Trouble, wait } from './chaos-troubles.ts';
import { makeTempDir, type PrivateServer, startPrivateServer } from './database.ts';
import { createDomain, flushDomain } from './domains.ts';
import { startFakeDns } from './fake-dns.ts';
import { findFreePorts } from './free-port.ts';
import { makeDataDir, type Service, serviceEnvironment } from './service.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly connections?: number;
  readonly pauseMs?: number;
  /** Also pauses of a minute, after which a node has lost its place. */
  readonly isLong?: boolean;
}

export interface ChaosResult extends Audit {
  readonly troubles: readonly Trouble[];
  readonly surprises: readonly string[];
}

/** Primaries that are killed and stopped; one that is not, and refuses mailboxes; one that never comes back. */
const SHAKEN = ['one.chaos.example', 'two.chaos.example'] as const;
const STEADY = 'steady.chaos.example';
const DEAD = 'dead.chaos.example';
const NODES = ['a.nodes.test.example', 'b.nodes.test.example'] as const;
const SETTLED_WITHIN_MS = 120_000;
/** What waits for its own clock, and not for an operator, gets an hour more. */
const CLOCK_MOVES_EVERY = 15;

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, durationMs, connections = 10, pauseMs = 20, isLong = false } = options;
  const folder = makeTempDir();
  const [port = 0, deadPort = 0] = await findFreePorts(2);
  const dns = await startFakeDns({
    [CHAOS_SENDER]: { MX: [[10, `mx.${CHAOS_SENDER}`]], TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    [`mx.${CHAOS_SENDER}`]: { A: ['127.0.0.3'] },
  });
  const server = await startPrivateServer();
  const start = (host: string): Promise<ChaosPrimary> => startChaosPrimary(host, port, folder);
  const primaries = await Promise.all(['127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6'].map(start));
  const [, steady, ...shaken] = primaries;
  if (steady === undefined) throw new Error('no primary');
  const { host, port: databasePort, user, database } = server.target;
  const common = {
    DATABASE_URL: `postgres://${user}@localhost:${databasePort}/${database}?host=${host}`,
    DNS_SERVERS: dns.address,
    DELIVERY_PORT: String(port),
    MX_NAMES: NODES.join(),
    OPERATOR_TOKEN: 'of-both',
  };
  const environments = await Promise.all(
    NODES.map(async (name) => {
      const dataDir = await makeDataDir();
      return { ...(await serviceEnvironment(dataDir)), ...common, DATA_DIR: dataDir, MX_HOSTNAME: name };
    }),
  );
  const nodes = await Promise.all(environments.map((env) => startChaosNode(env, isLong)));
  const [first] = nodes;
  if (first === undefined) throw new Error('no node');
  try {
    const service = first.service();
    await createDomain(service, STEADY, [steady]);
    await createDomain(service, DEAD, [{ host: '127.0.0.1', port: deadPort }]);
    for (const [index, name] of SHAKEN.entries()) await createDomain(service, name, [shaken[index] ?? steady]);
    const ports = nodes.map((node) => node.service().smtpPort);
    const senders = startChaosSenders({ seed, ports, connections, pauseMs, recipientsOf });
    const tracks = [...nodes.map(({ track }) => track), databaseTrack(server), ...shaken.map(primaryTrack)];
    const troubles = await runTroubles(seed, tracks, durationMs);
    await senders.stop();
    await settle(first.service(), server);
    const copies = (await Promise.all(primaries.map((primary) => primary.readCopies()))).flat();
    const result = await audit({ sent: senders.sent, copies, troubles, sql: server.sql });
    return { ...result, troubles, surprises: [...senders.surprises] };
  } finally {
    await Promise.all(nodes.map((node) => node.service().remove()));
    for (const { DATA_DIR } of environments) await rm(DATA_DIR, { recursive: true, force: true });
    await Promise.all(primaries.map((primary) => primary.kill9()));
    await server.close();
    await dns.close();
  }
}

function recipientsOf(number: number, random: Random): string[] {
  return Array.from({ length: random.pick([1, 1, 1, 2, 3, 5]) }, (_, index) => {
    const domain = random.pick([...SHAKEN, ...SHAKEN, STEADY, DEAD]);
    if (domain === STEADY && random.isTrue(0.2)) return `permfail+${number}-${index}@${domain}`;
    if (domain !== DEAD && random.isTrue(0.05)) return `greylist+${number}-${index}@${domain}`;
    return `u${number}-${index}@${domain}`;
  });
}

/** Until nothing is held but for the dead primary, and every report is with its sender. */
async function settle(service: Service, server: PrivateServer): Promise<void> {
  const endsAt = performance.now() + SETTLED_WITHIN_MS;
  for (let rounds = 1; performance.now() < endsAt; rounds += 1) {
    const [row] = await server.sql<{ left: number }[]>`
      select (select count(*) from messages m join destinations d on d.id = m.destination_id where d.name <> ${DEAD})
        + (select count(*) from reports_due) as left`;
    if (row?.left === 0) return;
    for (const name of [...SHAKEN, STEADY]) await flushDomain(service, name);
    if (rounds % CLOCK_MOVES_EVERY === 0) await server.moveClock('1 hour');
    await wait(1000);
  }
  // What is left over is the auditor's affair.
}
