/**
 * `held`: what 1,000,000 held messages cost the acceptance of the next one, against an empty queue, in alternating pairs.
 *
 * Two services, each with an embedded database of its own, both with the primary down. The held mail of one is made by
 * SQL. Compared are the processor time PostgreSQL spends on a message, all of its processes, and the rate.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '../test/helpers/service.ts';
import { openDatabase } from './database.ts';
import { fill } from './fill.ts';
import { makeContent, senderName } from './load.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { median, type Report, spread } from './report.ts';
import { makeBenchFolder, RECIPIENT, runOurs, startOurs } from './sides.ts';

const HELD = 1_000_000;
const HELD_SIZE_BYTES = 512;
const MESSAGES = 3000;
const PAIRS = 9;

type Load = Parameters<typeof runOurs>[1];

interface Side {
  readonly name: string;
  readonly service: Service;
  readonly postmasterPid: number;
  readonly rates: number[];
  readonly cpuMs: number[];
}

async function makeSide(name: string, folder: string): Promise<Side> {
  const service = await startOurs(folder);
  const { sql, postmasterPid } = await openDatabase(service.dataDir);
  await sql.end();
  return { name, service, postmasterPid, rates: [], cpuMs: [] };
}

async function measure(side: Side, load: Load): Promise<void> {
  const before = readTreeCpuSeconds(side.postmasterPid);
  const seconds = await runOurs(side.service, load);
  const cpuSeconds = readTreeCpuSeconds(side.postmasterPid) - before;
  side.rates.push(load.messages / seconds);
  side.cpuMs.push((cpuSeconds / load.messages) * 1000);
  // What either side still does in the background must not fall into the other's time.
  await sleep(1000);
}

/** Nine pairs; who goes first alternates. */
export async function runHeld(): Promise<Report> {
  const folder = await makeBenchFolder();
  const sides: Side[] = [];
  try {
    const empty = await makeSide('none held', folder.path);
    sides.push(empty);
    const full = await makeSide(`${HELD} held`, folder.path);
    sides.push(full);
    const content = await makeContent(`${folder.path}/content`, 10_240);
    const load = { messages: MESSAGES, sessions: 20, isKept: false, content, recipient: RECIPIENT };
    for (const side of sides) await runOurs(side.service, { ...load, messages: 500 });
    await fill(full.service, { count: HELD, sizeBytes: HELD_SIZE_BYTES, isDue: false });
    for (let pair = 0; pair < PAIRS; pair += 1) {
      for (const side of pair % 2 === 0 ? [empty, full] : [full, empty]) await measure(side, load);
      console.log(
        `pair ${pair + 1}: ${sides.map((s) => `${s.name} ${s.rates.at(-1)?.toFixed(0)}/s ${s.cpuMs.at(-1)?.toFixed(3)} ms`).join(', ')}`,
      );
    }
    return report(empty, full);
  } finally {
    for (const side of sides) await side.service.remove();
    await folder.remove();
  }
}

function report(empty: Side, full: Side): Report {
  const ratios = full.rates.map((rate, index) => rate / (empty.rates[index] ?? Number.NaN));
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  return {
    head: ['queue', 'msg/s', 'PostgreSQL CPU ms a message'],
    rows: [empty, full].map((side) => [side.name, spread(side.rates), spread(side.cpuMs, 3)]),
    verdicts: [
      {
        name: 'PostgreSQL CPU a message, held ÷ none (sum of all pairs)',
        value: total(full.cpuMs) / total(empty.cpuMs),
        comparison: '≤',
        target: 1.15,
        unit: ' ×',
      },
      {
        name: 'rate, held ÷ none (median of the pairs)',
        value: median(ratios),
        comparison: '≥',
        target: 0.9,
        unit: ' ×',
      },
    ],
    notes: [`${PAIRS} alternating pairs of ${MESSAGES} messages of 10 KB, a connection each, sent by ${senderName()}`],
  };
}
