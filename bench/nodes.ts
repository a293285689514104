/**
 * `nodes`: what a message costs a node and what it costs PostgreSQL, with one node on the database and with two, accepting and
 * draining, in alternating pairs.
 *
 * Nodes multiply, PostgreSQL does not: from the two figures follows how many nodes keep it busy. Where there are cores enough
 * for two nodes, their load and the database, the rates are compared as well.
 */
import { cpus } from 'node:os';
import { until } from '../test/helpers/child.ts';
import { createDomain, flushDomain, readHeldCount } from '../test/helpers/domains.ts';
import { findFreePort } from '../test/helpers/free-port.ts';
import { type Service, startService } from '../test/helpers/service.ts';
import { findDatabase } from './database.ts';
import { fill } from './fill.ts';
import { type Content, makeContent, send } from './load.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { median, type Report, spread } from './report.ts';
import { DOMAIN, makeBenchFolder, RECIPIENT, startOurs, untilOutage } from './sides.ts';
import { startSink } from './sink.ts';
import { urlOf } from '../test/helpers/database.ts';

const PAIRS = 5;
const MESSAGES = 4000;
/** A node's first messages cost more than the others. */
const WARM_UP = 1000;
const SIZE_BYTES = 10_240;
/** Several destinations: each drains from one node, its owner. */
const DRAINING = ['one.example', 'two.example', 'three.example', 'four.example'];
const DRAINED_EACH = 3000;
/** Below it two nodes, their load and the database are in each other's way: the rates say nothing. */
const CORES_FOR_RATES = 8;

interface Measure {
  readonly rate: number;
  /** Processor time a message, of the nodes together and of PostgreSQL's processes. */
  readonly nodeMs: number;
  readonly databaseMs: number;
}

interface Scene {
  readonly first: Service;
  readonly port: number;
  readonly content: Content;
  readonly postmasterPid: number;
}

async function measured(
  { postmasterPid }: Scene,
  { nodes, messages, work }: { nodes: readonly Service[]; messages: number; work: () => Promise<number> },
): Promise<Measure> {
  const look = () => ({
    nodes: nodes.reduce((sum, { pid }) => sum + readTreeCpuSeconds(pid), 0),
    database: readTreeCpuSeconds(postmasterPid),
  });
  const before = look();
  const seconds = await work();
  const after = look();
  return {
    rate: messages / seconds,
    nodeMs: ((after.nodes - before.nodes) / messages) * 1000,
    databaseMs: ((after.database - before.database) / messages) * 1000,
  };
}

/** Each node takes its part of the mail at once; the seconds until the last has. */
async function accept(scene: Scene, nodes: readonly Service[], messages = MESSAGES): Promise<Measure> {
  const share = { messages: messages / nodes.length, sessions: 20 / nodes.length, isKept: false };
  const before = await readHeldCount(scene.first, DOMAIN);
  const work = async () => {
    const startedAtMs = performance.now();
    await Promise.all(
      nodes.map(({ smtpPort }) => send({ ...share, port: smtpPort, content: scene.content, recipient: RECIPIENT })),
    );
    const seconds = (performance.now() - startedAtMs) / 1000;
    await until('all is held', 60_000, async () => (await readHeldCount(scene.first, DOMAIN)) === before + messages);
    return seconds;
  };
  return measured(scene, { nodes, messages, work });
}

/** The primary of all four comes back and the operator flushes; the seconds until the sink has the last. */
async function drain(scene: Scene, nodes: readonly Service[]): Promise<Measure> {
  for (const domain of DRAINING) {
    await fill(scene.first, { domain, count: DRAINED_EACH, sizeBytes: SIZE_BYTES, isDue: true });
  }
  for (const domain of DRAINING) await untilOutage(scene.first, domain);
  const messages = DRAINING.length * DRAINED_EACH;
  const sink = await startSink(scene.port);
  const work = async () => {
    const startedAtMs = performance.now();
    await Promise.all(DRAINING.map((domain, at) => flushDomain(nodes[at % nodes.length] ?? scene.first, domain)));
    const seconds = ((await sink.reached(messages, 120_000)) - startedAtMs) / 1000;
    for (const domain of DRAINING) {
      await until('nothing is held', 30_000, async () => (await readHeldCount(scene.first, domain)) === 0);
    }
    return seconds;
  };
  try {
    return await measured(scene, { nodes, messages, work });
  } finally {
    await sink.stop();
  }
}

/** A second node on the database of the first, for as long as `work` goes on. */
async function besideAnother(scene: Scene, work: (nodes: readonly Service[]) => Promise<void>): Promise<void> {
  const { address } = await findDatabase(scene.first.dataDir);
  const second = await startService({
    env: {
      DATABASE_URL: urlOf(address),
      LOG_LEVEL: 'warn',
      MAX_CONNECTIONS: '2000',
      OPERATOR_TOKEN: scene.first.token,
    },
  });
  try {
    await accept(scene, [second], WARM_UP);
    await work([scene.first, second]);
  } finally {
    await second.remove();
  }
}

interface Figures {
  readonly accept: Measure[];
  readonly drain: Measure[];
}

export async function runNodes(): Promise<Report> {
  const folder = await makeBenchFolder();
  const port = await findFreePort();
  const first = await startOurs(folder.path);
  const { postmasterPid } = await findDatabase(first.dataDir);
  const content = await makeContent(`${folder.path}/content`, SIZE_BYTES);
  const scene: Scene = { first, port, content, postmasterPid };
  const figures = { one: { accept: [], drain: [] } as Figures, two: { accept: [], drain: [] } as Figures };
  const run = (into: Figures) => async (nodes: readonly Service[]) => {
    into.accept.push(await accept(scene, nodes));
    into.drain.push(await drain(scene, nodes));
  };
  try {
    await accept(scene, [first], WARM_UP);
    for (const domain of DRAINING) await createDomain(first, domain, [{ host: '127.0.0.1', port }]);
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const measures = [() => run(figures.one)([first]), () => besideAnother(scene, run(figures.two))];
      for (const measure of pair % 2 === 0 ? measures : measures.toReversed()) await measure();
      console.log(`pair ${pair + 1}: ${JSON.stringify({ one: lastOf(figures.one), two: lastOf(figures.two) })}`);
    }
    return report(figures);
  } finally {
    await first.remove();
    await folder.remove();
  }
}

const lastOf = ({ accept: accepted, drain: drained }: Figures) => ({ accept: accepted.at(-1), drain: drained.at(-1) });

/** Nodes of one busy core each that keep one core of PostgreSQL's busy. */
const nodesPerCore = (measures: readonly Measure[]) =>
  median(measures.map(({ nodeMs, databaseMs }) => nodeMs / databaseMs));

function report({ one, two }: { readonly one: Figures; readonly two: Figures }): Report {
  const row = (name: string, measures: readonly Measure[]) => [
    name,
    spread(measures.map(({ rate }) => rate)),
    spread(
      measures.map(({ nodeMs }) => nodeMs),
      3,
    ),
    spread(
      measures.map(({ databaseMs }) => databaseMs),
      3,
    ),
    nodesPerCore(measures).toFixed(1),
  ];
  const cores = cpus().length;
  const ratio = median(two.accept.map(({ rate }, pair) => rate / (one.accept[pair]?.rate ?? Number.NaN)));
  return {
    head: [
      'nodes',
      'msg/s',
      'nodes, CPU ms a message',
      'PostgreSQL, CPU ms a message',
      'nodes to a core of PostgreSQL',
    ],
    rows: [
      row('one, accepting', one.accept),
      row('two, accepting', two.accept),
      row('one, draining', one.drain),
      row('two, draining', two.drain),
    ],
    verdicts:
      cores < CORES_FOR_RATES
        ? []
        : [{ name: 'two nodes ÷ one, accepting', value: ratio, comparison: '≥', target: 1.7, unit: ' ×' }],
    notes: [
      `${MESSAGES} messages of 10 KB, a connection each; ${DRAINING.length} × ${DRAINED_EACH} drain into one smtp-sink`,
      `PostgreSQL is the bound from that many nodes on for each core it has${cores < CORES_FOR_RATES ? `; ${cores} cores here, so the rates of two nodes say nothing` : ''}`,
    ],
  };
}
