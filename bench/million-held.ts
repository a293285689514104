/**
 * What a million held messages cost a destination's own work: `flush-held` (the first message out), `dead-domain` (an attempt
 * at a primary that stays away) and `memory-held` (the service's process).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../test/helpers/child.ts';
import { flushDomain } from '../test/helpers/domains.ts';
import { findFreePort } from '../test/helpers/free-port.ts';
import { type Service, startService } from '../test/helpers/service.ts';
import { openDatabase } from './database.ts';
import { startDeadHost } from './dead-host.ts';
import { fill } from './fill.ts';
import { makeContent } from './load.ts';
import { readRssBytes, readTreeCpuSeconds } from './processes.ts';
import { median, type Report, spread } from './report.ts';
import { DOMAIN, isOutageOpen, makeBenchFolder, RECIPIENT, runOurs, startOurs, untilOutage } from './sides.ts';
import { startSink } from './sink.ts';

const HELD = { count: 1_000_000, sizeBytes: 512, isDue: true };
const HELD_NOTE = `${HELD.count} messages of ${HELD.sizeBytes} bytes, made by SQL`;
const RUNS = 5;
const STEPS = 20;
const MEBIBYTE = 1024 * 1024;

/** From the operator's flush to the first message at the sink. */
export async function runFlushHeld(): Promise<Report> {
  const folder = await makeBenchFolder();
  const port = await findFreePort();
  const service = await startOurs(folder.path, { primaryPort: port });
  const seconds: number[] = [];
  try {
    await fill(service, HELD);
    for (let run = 0; run < RUNS; run += 1) {
      await untilOutage(service);
      const sink = await startSink(port);
      // What comes without the flush would be measured for what it brings.
      await sleep(500);
      if (sink.count() > 0) throw new Error(`${sink.count()} messages came before the flush`);
      const startedAtMs = performance.now();
      await flushDomain(service, DOMAIN);
      seconds.push(((await sink.reached(1, 60_000)) - startedAtMs) / 1000);
      console.log(`run ${run + 1}: ${seconds.at(-1)?.toFixed(3)} s`);
      // It drains at full speed once the outage is over; without its primary another one opens.
      await until('the outage is over', 30_000, async () => !(await isOutageOpen(service)));
      await sink.stop();
    }
    return {
      head: ['flush to the first message out, s'],
      rows: [[spread(seconds, 3)]],
      verdicts: [{ name: 'first message', value: median(seconds), comparison: '<', target: 1, unit: ' s' }],
      notes: [HELD_NOTE],
    };
  } finally {
    await service.remove();
    await folder.remove();
  }
}

/**
 * Twenty intervals and twenty minutes passed by SQL; PostgreSQL's processor time of each, less what as long a time takes in
 * which nothing passes. The primary cuts every connection and counts them.
 */
export async function runDeadDomain(): Promise<Report> {
  const folder = await makeBenchFolder();
  const host = await startDeadHost();
  const service = await startOurs(folder.path, { primaryPort: host.port });
  const { sql, postmasterPid } = await openDatabase(service.dataDir);
  const countAttempts = async () => Number((await sql`select count(*) from attempts`)[0]?.['count']);
  const measure = async (pass: () => Promise<unknown>): Promise<Passed> => {
    const before = {
      cpu: readTreeCpuSeconds(postmasterPid),
      attempts: await countAttempts(),
      connections: host.count(),
    };
    for (let step = 0; step < STEPS; step += 1) {
      await pass();
      await sleep(3000);
    }
    const attempts = (await countAttempts()) - before.attempts;
    return {
      cpuMs: ((readTreeCpuSeconds(postmasterPid) - before.cpu) / STEPS) * 1000,
      attempts,
      checks: host.count() - before.connections - attempts,
    };
  };
  try {
    await fill(service, HELD);
    await untilOutage(service);
    await sleep(10_000);
    const idle = await measure(() => sql`select from destinations where name = ${DOMAIN}`);
    const intervals = await measure(async () => {
      const attempts = await countAttempts();
      await sql`update destinations set next_attempt_at = bmx_now() where name = ${DOMAIN}`;
      await until('an attempt', 10_000, async () => (await countAttempts()) > attempts);
    });
    // No attempt meanwhile: the minutes are about the checks.
    await sql`update destinations set next_attempt_at = bmx_now() + interval '1 hour' where name = ${DOMAIN}`;
    const minutes = await measure(() => sql`update clock set shift = shift + interval '1 minute'`);
    if (minutes.checks === 0) throw new Error('no check came: nothing was measured');
    return reportDead({ idle, intervals, minutes });
  } finally {
    await sql.end();
    await service.remove();
    await host.close();
    await folder.remove();
  }
}

/** What came in twenty steps; processor time for each. */
interface Passed {
  readonly cpuMs: number;
  readonly attempts: number;
  readonly checks: number;
}

function reportDead({ idle, intervals, minutes }: Readonly<Record<'idle' | 'intervals' | 'minutes', Passed>>): Report {
  const row = (name: string, { attempts, checks, cpuMs }: Passed) => [
    name,
    `${attempts}`,
    `${checks}`,
    cpuMs.toFixed(1),
    (cpuMs - idle.cpuMs).toFixed(1),
  ];
  return {
    head: ['passed', 'attempts', 'checks', 'PostgreSQL CPU ms a step', 'of it for the attempt or check'],
    rows: [
      row('nothing', idle),
      row(`${STEPS} intervals`, intervals),
      row(`${STEPS} minutes without an attempt`, minutes),
    ],
    verdicts: [
      { name: 'attempts an interval', value: intervals.attempts / STEPS, comparison: '≤', target: 1, unit: '' },
      { name: 'checks a minute', value: minutes.checks / STEPS, comparison: '≤', target: 1, unit: '' },
      {
        name: 'database time an attempt',
        value: intervals.cpuMs - idle.cpuMs,
        comparison: '<',
        target: 50,
        unit: ' ms',
      },
      { name: 'database time a check', value: minutes.cpuMs - idle.cpuMs, comparison: '<', target: 50, unit: ' ms' },
    ],
    notes: [HELD_NOTE],
  };
}

async function restart(service: Service): Promise<Service> {
  await service.stop();
  return startService({ dataDir: service.dataDir, env: { LOG_LEVEL: 'warn', MAX_CONNECTIONS: '2000' } });
}

/** Both are started anew and take some mail; then the middle of five looks. */
async function readRestingMebibytes(service: Service, folder: string): Promise<number> {
  const content = await makeContent(`${folder}/content`, 10_240);
  await runOurs(service, { messages: 500, sessions: 20, isKept: false, content, recipient: RECIPIENT });
  const looks: number[] = [];
  for (let look = 0; look < 5; look += 1) {
    await sleep(5000);
    looks.push(readRssBytes(service.pid) / MEBIBYTE);
  }
  return median(looks);
}

export async function runMemoryHeld(): Promise<Report> {
  const folder = await makeBenchFolder();
  const services: Service[] = [];
  try {
    services.push(await startOurs(folder.path), await startOurs(folder.path));
    if (services[1] !== undefined) await fill(services[1], HELD);
    const figures: { readonly name: string; readonly runs: number[] }[] = [
      { name: 'none held', runs: [] },
      { name: `${HELD.count} held`, runs: [] },
    ];
    for (let run = 0; run < RUNS; run += 1) {
      for (const [at, { runs }] of figures.entries()) {
        const service = services[at];
        if (service === undefined) continue;
        services[at] = await restart(service);
        runs.push(await readRestingMebibytes(services[at], folder.path));
      }
      console.log(
        `run ${run + 1}: ${figures.map(({ name, runs }) => `${name} ${runs.at(-1)?.toFixed(0)} MiB`).join(', ')}`,
      );
    }
    const [none, held] = figures.map(({ runs }) => runs);
    const value = median(held ?? []) - median(none ?? []);
    return {
      head: ['queue', 'RSS, MiB'],
      rows: figures.map(({ name, runs }) => [name, spread(runs)]),
      verdicts: [{ name: 'held − none', value, comparison: '≤', target: 20, unit: ' MiB' }],
      notes: [`${HELD_NOTE}; each started anew, then 500 messages taken`],
    };
  } finally {
    for (const service of services) await service.remove();
    await folder.remove();
  }
}
