/**
 * `drain`: 20,000 held messages of 10 KB, the primary comes back and the operator flushes; how fast is all delivered?
 *
 * Beside it Postfix with the same mail deferred, flushed into the same kind of sink. From the flush command to the
 * last message at the sink, so what each side waits before it starts counts.
 */
import { until } from '../test/helpers/child.ts';
import { flushDomain, readHeldCount } from '../test/helpers/domains.ts';
import { findFreePort } from '../test/helpers/free-port.ts';
import { startPostfix } from '../test/helpers/postfix.ts';
import type { Service } from '../test/helpers/service.ts';
import { makeContent, send, senderName } from './load.ts';
import { median, type Report, spread } from './report.ts';
import { DOMAIN, hasPeer, makeBenchFolder, RECIPIENT, runOurs, startOurs, untilOutage, untilQuiet } from './sides.ts';
import { startSink } from './sink.ts';

const MESSAGES = 20_000;
const SIZE_BYTES = 10_240;
const ROUNDS = 5;
const TIMEOUT_MS = 180_000;

type Load = Parameters<typeof runOurs>[1];

async function drainOurs(service: Service, port: number, load: Load): Promise<number> {
  await runOurs(service, load);
  await untilOutage(service);
  const sink = await startSink(port);
  try {
    const startedAtMs = performance.now();
    await flushDomain(service, DOMAIN);
    const seconds = ((await sink.reached(MESSAGES, TIMEOUT_MS)) - startedAtMs) / 1000;
    await until('nothing is held', 30_000, async () => (await readHeldCount(service, DOMAIN)) === 0);
    if (sink.count() !== MESSAGES) console.log(`ours: the sink took ${sink.count()} of ${MESSAGES}`);
    return MESSAGES / seconds;
  } finally {
    await sink.stop();
  }
}

async function drainPostfix(folder: string, port: number, load: Load): Promise<number> {
  const postfix = await startPostfix({
    mode: { kind: 'RELAY', host: '127.0.0.1', port },
    parentFolder: folder,
  });
  try {
    await send({ ...load, port: postfix.port });
    await untilQuiet(postfix);
    const sink = await startSink(port);
    try {
      const startedAtMs = performance.now();
      await postfix.flush();
      return MESSAGES / (((await sink.reached(MESSAGES, TIMEOUT_MS)) - startedAtMs) / 1000);
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
  try {
    const content = await makeContent(`${folder.path}/content`, SIZE_BYTES);
    const load = { messages: MESSAGES, sessions: 20, isKept: true, content, recipient: RECIPIENT };
    const isCompared = hasPeer();
    const ours: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await drainOurs(service, port, load));
      if (isCompared) peer.push(await drainPostfix(folder.path, port, load));
      console.log(`round ${round + 1}: ours ${ours.at(-1)?.toFixed(0)}, Postfix ${peer.at(-1)?.toFixed(0) ?? '–'}`);
    }
    const ratios = peer.map((rate, index) => (ours[index] ?? Number.NaN) / rate);
    return {
      head: ['peer', 'ours, msg/s', 'peer, msg/s', 'ratio'],
      rows: [
        isCompared
          ? ['Postfix, postqueue -f', spread(ours), spread(peer), spread(ratios, 2)]
          : ['–', spread(ours), '–', '–'],
      ],
      verdicts: isCompared
        ? [{ name: 'ours ÷ Postfix', value: median(ratios), comparison: '≥', target: 2, unit: ' ×' }]
        : [],
      notes: [
        `${MESSAGES} messages of ${SIZE_BYTES} bytes to one smtp-sink, from the flush to the last; loaded by ${senderName()}`,
      ],
    };
  } finally {
    await service.remove();
    await folder.remove();
  }
}
