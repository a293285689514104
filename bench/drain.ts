/**
 * `drain`: 20,000 held messages of 10 KB, the primary comes back and the operator flushes; how fast is all delivered?
 *
 * Beside it Postfix with the same mail deferred, flushed into the same kind of sink. From the flush command to the
 * last message at the sink, so what each side waits before it starts counts. Beside the rate the processor time of a message,
 * which other load on the machine moves less: our process and PostgreSQL until nothing is held, Postfix until the last.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../test/helpers/child.ts';
import { flushDomain, readHeldCount } from '../test/helpers/domains.ts';
import { findFreePort } from '../test/helpers/free-port.ts';
import { startPostfix } from '../test/helpers/postfix.ts';
import type { Service } from '../test/helpers/service.ts';
import { openDatabase } from './database.ts';
import { makeContent, send, senderName } from './load.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { median, type Report, spread } from './report.ts';
import { DOMAIN, hasPeer, makeBenchFolder, RECIPIENT, runOurs, startOurs, untilOutage, untilQuiet } from './sides.ts';
import { startSink } from './sink.ts';

const MESSAGES = 20_000;
const SIZE_BYTES = 10_240;
const ROUNDS = 5;
const TIMEOUT_MS = 180_000;

type Load = Parameters<typeof runOurs>[1];

interface Drained {
  readonly rate: number;
  /** Processor time of a message by tree of processes: our service and PostgreSQL, or Postfix. */
  readonly cpuMs: readonly number[];
}

/** Returns the function that gives the processor time a message has cost each of the trees since. */
function startCpu(pids: readonly number[]): () => number[] {
  const before = pids.map(readTreeCpuSeconds);
  return () => pids.map((pid, index) => ((readTreeCpuSeconds(pid) - (before[index] ?? 0)) / MESSAGES) * 1000);
}

interface Ours {
  readonly service: Service;
  readonly postmasterPid: number;
}

async function drainOurs({ service, postmasterPid }: Ours, port: number, load: Load): Promise<Drained> {
  await runOurs(service, load);
  await untilOutage(service);
  const sink = await startSink(port);
  try {
    const readCpu = startCpu([service.pid, postmasterPid]);
    const startedAtMs = performance.now();
    await flushDomain(service, DOMAIN);
    const seconds = ((await sink.reached(MESSAGES, TIMEOUT_MS)) - startedAtMs) / 1000;
    await until('nothing is held', 30_000, async () => (await readHeldCount(service, DOMAIN)) === 0);
    if (sink.count() !== MESSAGES) console.log(`ours: the sink took ${sink.count()} of ${MESSAGES}`);
    return { rate: MESSAGES / seconds, cpuMs: readCpu() };
  } finally {
    await sink.stop();
  }
}

async function drainPostfix(folder: string, port: number, load: Load): Promise<Drained> {
  const postfix = await startPostfix({
    mode: { kind: 'RELAY', host: '127.0.0.1', port },
    parentFolder: folder,
  });
  try {
    await send({ ...load, port: postfix.port });
    await untilQuiet(postfix);
    const sink = await startSink(port);
    try {
      const readCpu = startCpu([Number(await readFile(join(postfix.folder, 'queue', 'pid', 'master.pid'), 'latin1'))]);
      const startedAtMs = performance.now();
      await postfix.flush();
      const seconds = ((await sink.reached(MESSAGES, TIMEOUT_MS)) - startedAtMs) / 1000;
      return { rate: MESSAGES / seconds, cpuMs: readCpu() };
    } finally {
      await sink.stop();
    }
  } finally {
    await postfix.stop();
  }
}

/** Five alternating pairs, or our side alone where there is no Postfix (then there is no smtp-sink either: an error). */
export async function runDrain(): Promise<Report> {
  const folder = await makeBenchFolder();
  const port = await findFreePort();
  const service = await startOurs(folder.path, { primaryPort: port });
  const { sql, postmasterPid } = await openDatabase(service.dataDir);
  await sql.end();
  try {
    const content = await makeContent(`${folder.path}/content`, SIZE_BYTES);
    const load = { messages: MESSAGES, sessions: 20, isKept: true, content, recipient: RECIPIENT };
    const isCompared = hasPeer();
    const ours: Drained[] = [];
    const peer: Drained[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const isPeerFirst = round % 2 === 1;
      if (isCompared && isPeerFirst) peer.push(await drainPostfix(folder.path, port, load));
      ours.push(await drainOurs({ service, postmasterPid }, port, load));
      if (isCompared && !isPeerFirst) peer.push(await drainPostfix(folder.path, port, load));
      console.log(`round ${round + 1}: ours ${wordsOf(ours.at(-1))}; Postfix ${wordsOf(peer.at(-1))}`);
    }
    return report(ours, peer);
  } finally {
    await service.remove();
    await folder.remove();
  }
}

function wordsOf(drained: Drained | undefined): string {
  if (drained === undefined) return '–';
  return `${drained.rate.toFixed(0)}/s, ${drained.cpuMs.map((ms) => ms.toFixed(3)).join(' + ')} ms of CPU a message`;
}

function report(ours: readonly Drained[], peer: readonly Drained[]): Report {
  const ratios = peer.map(({ rate }, index) => (ours[index]?.rate ?? Number.NaN) / rate);
  const cells = (side: readonly Drained[]) => [
    spread(side.map(({ rate }) => rate)),
    [0, 1]
      .map((tree) => side.map(({ cpuMs }) => cpuMs[tree] ?? Number.NaN))
      .filter(([first]) => !Number.isNaN(first))
      .map((values) => spread(values, 3))
      .join(' + '),
  ];
  return {
    head: ['side', 'msg/s', 'CPU ms a message'],
    rows: [
      ['ours: service + PostgreSQL', ...cells(ours)],
      ['Postfix, postqueue -f', ...(peer.length === 0 ? ['–', '–'] : cells(peer))],
    ],
    verdicts:
      peer.length === 0
        ? []
        : [
            {
              name: `ours ÷ Postfix (${spread(ratios, 2)})`,
              value: median(ratios),
              comparison: '≥',
              target: 2,
              unit: ' ×',
            },
          ],
    notes: [
      `${MESSAGES} messages of ${SIZE_BYTES} bytes to one smtp-sink, from the flush to the last; loaded by ${senderName()}`,
    ],
  };
}
