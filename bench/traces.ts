/**
 * `traces`: what OpenTelemetry costs mail: all messages traced and one of a hundred, beside a service that traces none.
 *
 * One service for each, side by side, each on a database of its own. In every round each takes and then delivers the same mail, in
 * an order that turns; ratios are taken within a round, and many short rounds tell more than few long ones beside other load.
 * Processor time of a message tells, the service's and PostgreSQL's apart: the collector and the sink are other processes' work.
 *
 * BENCH_BASE names another checkout of this project: then it is measured beside this one, both without traces.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { until } from '../test/helpers/child.ts';
import { readHeldCount } from '../test/helpers/domains.ts';
import { findFreePort } from '../test/helpers/free-port.ts';
import type { Service } from '../test/helpers/service.ts';
import { findDatabase } from './database.ts';
import { makeContent, senderName } from './load.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { median, type Report, spread, type Verdict } from './report.ts';
import { DOMAIN, makeBenchFolder, RECIPIENT, runOurs, startOurs } from './sides.ts';
import { startSink } from './sink.ts';

const MESSAGES = 1500;
const SIZE_BYTES = 10_240;
const ROUNDS = 20;
const WARM_UP = 4000;

interface Measure {
  readonly rate: number;
  readonly serviceMs: number;
  readonly databaseMs: number;
}

interface Side {
  readonly name: string;
  readonly service: Service;
  readonly postmasterPid: number;
  readonly accept: Measure[];
  readonly drain: Measure[];
}

type Load = Parameters<typeof runOurs>[1];

/** Takes all there is and counts spans by their ids. */
async function startCollector() {
  let spanCount = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      spanCount += Buffer.concat(chunks).toString('latin1').split('"spanId"').length - 1;
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spanCount: () => spanCount,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function measured({ service, postmasterPid }: Side, work: () => Promise<number>): Promise<Measure> {
  const look = () => [readTreeCpuSeconds(service.pid), readTreeCpuSeconds(postmasterPid)] as const;
  const [serviceBefore, databaseBefore] = look();
  const seconds = await work();
  const [serviceAfter, databaseAfter] = look();
  return {
    rate: MESSAGES / seconds,
    serviceMs: ((serviceAfter - serviceBefore) / MESSAGES) * 1000,
    databaseMs: ((databaseAfter - databaseBefore) / MESSAGES) * 1000,
  };
}

async function turn(service: Service, mutation: 'domainPause' | 'domainResume'): Promise<void> {
  await service.graphql(`mutation { ${mutation}(input: { name: "${DOMAIN}" }) { userErrors { code } } }`);
}

/** Nothing is held at the end. The domain is paused meanwhile, so that taking and handing over are two figures. */
async function round(side: Side, port: number, load: Load): Promise<void> {
  const { service } = side;
  await turn(service, 'domainPause');
  side.accept.push(await measured(side, () => runOurs(service, load)));
  const sink = await startSink(port);
  try {
    const drain = async (): Promise<number> => {
      const startedAtMs = performance.now();
      await turn(service, 'domainResume');
      const seconds = ((await sink.reached(load.messages, 120_000)) - startedAtMs) / 1000;
      await until('nothing is held', 30_000, async () => (await readHeldCount(service, DOMAIN)) === 0);
      return seconds;
    };
    side.drain.push(await measured(side, drain));
  } finally {
    await sink.stop();
  }
}

async function readDropped(service: Service): Promise<number> {
  const metrics = await (await fetch(`${service.httpUrl}/metrics`)).text();
  return Number(/^backup_mx_spans_dropped_total (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

export async function runTraces(): Promise<Report> {
  const folder = await makeBenchFolder();
  const port = await findFreePort();
  const collector = await startCollector();
  const sides: Side[] = [];
  const start = async (name: string, env: Readonly<Record<string, string>>, root?: string): Promise<void> => {
    const service = await startOurs(folder.path, { primaryPort: port, env, root });
    const { postmasterPid } = await findDatabase(service.dataDir);
    sides.push({ name, service, postmasterPid, accept: [], drain: [] });
  };
  try {
    await start('off', {});
    const base = process.env['BENCH_BASE'];
    if (base === undefined) {
      await start('1 of 100', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '0.01' });
      await start('all', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    } else {
      await start('off, BENCH_BASE', {}, base);
    }
    const content = await makeContent(`${folder.path}/content`, SIZE_BYTES);
    const load = { messages: MESSAGES, sessions: 20, isKept: false, content, recipient: RECIPIENT };
    for (const side of sides) await round(side, port, { ...load, messages: WARM_UP });
    for (const side of sides) side.accept.length = side.drain.length = 0;
    for (let turned = 0; turned < ROUNDS; turned += 1) {
      for (let at = 0; at < sides.length; at += 1) {
        // Forth and back again, from another one each time: whoever is next to whom is so both ways.
        const place = turned % 2 === 0 ? at : sides.length - 1 - at;
        const side = sides[(place + Math.floor(turned / 2)) % sides.length];
        if (side !== undefined) await round(side, port, load);
      }
      console.log(`round ${turned + 1}: ${sides.map(wordsOf).join('; ')}`);
    }
    const dropped = await Promise.all(sides.map(({ service }) => readDropped(service)));
    return report(sides, `spans dropped: ${dropped.join(', ')}; taken: ${collector.spanCount()}`);
  } finally {
    for (const { service } of sides) await service.remove();
    collector.close();
    await folder.remove();
  }
}

function wordsOf({ name, accept, drain }: Side): string {
  const ms = (measure: Measure | undefined) =>
    `${measure?.serviceMs.toFixed(3)} + ${measure?.databaseMs.toFixed(3)} ms, ${measure?.rate.toFixed(0)}/s`;
  return `${name} ${ms(accept.at(-1))}, drain ${ms(drain.at(-1))}`;
}

const TARGETS: Readonly<Record<string, number>> = { '1 of 100': 1.05, all: 1.25 };

function report(sides: readonly Side[], note: string): Report {
  const [off, ...others] = sides;
  const rows: string[][] = [];
  const verdicts: Verdict[] = [];
  for (const phase of ['accept', 'drain'] as const) {
    const whole = (measures: readonly Measure[]) => measures.map((one) => one.serviceMs + one.databaseMs);
    const ofOff = whole(off?.[phase] ?? []);
    for (const { name, [phase]: measures } of sides) {
      const ratios = whole(measures).map((ms, index) => ms / (ofOff[index] ?? Number.NaN));
      const cell = (pick: (one: Measure) => number, digits: number) => spread(measures.map(pick), digits);
      rows.push([
        `${phase}, ${name}`,
        cell((one) => one.serviceMs, 3),
        cell((one) => one.databaseMs, 3),
        cell((one) => one.rate, 0),
        spread(ratios, 2),
      ]);
    }
    for (const { name, [phase]: measures } of others) {
      const target = TARGETS[name];
      if (target === undefined) continue;
      const value = median(whole(measures).map((ms, index) => ms / (ofOff[index] ?? Number.NaN)));
      verdicts.push({ name: `${phase}, CPU, ${name} ÷ off`, value, comparison: '≤', target, unit: ' ×' });
    }
  }
  return {
    head: ['traced', 'service, CPU ms a message', 'PostgreSQL, CPU ms a message', 'msg/s', 'both ÷ off'],
    rows,
    verdicts,
    notes: [
      `${ROUNDS} rounds of ${MESSAGES} messages of ${SIZE_BYTES} bytes, a connection per message, by ${senderName()}; then delivered to one smtp-sink`,
      note,
    ],
  };
}
