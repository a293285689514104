/**
 * `accept-while-draining`: what is left of the accept rate while another domain drains at full speed, in alternating pairs.
 *
 * The mail that drains is made by SQL while its primary is down; the primary comes back and the operator flushes.
 */
import { until } from '../test/helpers/child.ts';
import { createDomain, flushDomain, readHeldCount } from '../test/helpers/domains.ts';
import { findFreePort } from '../test/helpers/free-port.ts';
import type { Service } from '../test/helpers/service.ts';
import { fill } from './fill.ts';
import { makeContent, senderName } from './load.ts';
import { median, type Report, spread } from './report.ts';
import { makeBenchFolder, RECIPIENT, runOurs, startOurs, untilOutage } from './sides.ts';
import { startSink } from './sink.ts';

const DRAINING = 'draining.example';
const DRAINED = 60_000;
const DRAINED_SIZE_BYTES = 4096;
const MESSAGES = 3000;
const PAIRS = 5;

type Load = Parameters<typeof runOurs>[1];

/** Rates of accepting and of draining while both go on. */
async function measureBoth(service: Service, port: number, load: Load): Promise<{ accept: number; drain: number }> {
  await fill(service, { domain: DRAINING, count: DRAINED, sizeBytes: DRAINED_SIZE_BYTES, isDue: true });
  await untilOutage(service, DRAINING);
  const sink = await startSink(port);
  try {
    await flushDomain(service, DRAINING);
    await sink.reached(1000, 60_000);
    const [beganAtMs, drainedBefore] = [performance.now(), sink.count()];
    const seconds = await runOurs(service, load);
    const drain = (sink.count() - drainedBefore) / ((performance.now() - beganAtMs) / 1000);
    if (sink.count() >= DRAINED) console.log('the drain ended before the accepting did: the figure flatters');
    await until('all is drained', 120_000, async () => (await readHeldCount(service, DRAINING)) === 0);
    return { accept: load.messages / seconds, drain };
  } finally {
    await sink.stop();
  }
}

export async function runAcceptWhileDraining(): Promise<Report> {
  const folder = await makeBenchFolder();
  const port = await findFreePort();
  const service = await startOurs(folder.path);
  try {
    await createDomain(service, DRAINING, [{ host: '127.0.0.1', port }]);
    const content = await makeContent(`${folder.path}/content`, 10_240);
    const load = { messages: MESSAGES, sessions: 20, isKept: false, content, recipient: RECIPIENT };
    await runOurs(service, { ...load, messages: 500 });
    const alone: number[] = [];
    const beside: number[] = [];
    const drains: number[] = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const measures = [
        async () => void alone.push(MESSAGES / (await runOurs(service, load))),
        async () => {
          const { accept, drain } = await measureBoth(service, port, load);
          beside.push(accept);
          drains.push(drain);
        },
      ];
      for (const measure of pair % 2 === 0 ? measures : measures.toReversed()) await measure();
      console.log(
        `pair ${pair + 1}: alone ${alone.at(-1)?.toFixed(0)}/s, beside ${beside.at(-1)?.toFixed(0)}/s, drain ${drains.at(-1)?.toFixed(0)}/s`,
      );
    }
    const ratios = beside.map((rate, pair) => rate / (alone[pair] ?? Number.NaN));
    return {
      head: ['accept alone, msg/s', 'accept beside a drain, msg/s', 'the drain, msg/s'],
      rows: [[spread(alone), spread(beside), spread(drains)]],
      verdicts: [{ name: 'beside ÷ alone', value: median(ratios), comparison: '≥', target: 0.6, unit: ' ×' }],
      notes: [
        `${MESSAGES} messages of 10 KB, a connection each, by ${senderName()}; beside them ${DRAINED} of ${DRAINED_SIZE_BYTES} bytes drain into smtp-sink`,
      ],
    };
  } finally {
    await service.remove();
    await folder.remove();
  }
}
