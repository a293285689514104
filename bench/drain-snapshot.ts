/**
 * `drain-snapshot`: 250,000 small messages drain while a snapshot stays open on the database, as pg_dump holds one, beside
 * the same without, in alternating pairs: what has been deleted cannot be cleared away meanwhile.
 */
import { until } from '../test/helpers/child.ts';
import { flushDomain, readHeldCount } from '../test/helpers/domains.ts';
import { findFreePort } from '../test/helpers/free-port.ts';
import type { Service } from '../test/helpers/service.ts';
import { findDatabase, openDatabase } from './database.ts';
import { fill } from './fill.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { median, type Report, spread } from './report.ts';
import { DOMAIN, makeBenchFolder, startOurs, untilOutage } from './sides.ts';
import { startSink } from './sink.ts';

const MESSAGES = 250_000;
const SIZE_BYTES = 512;
const PAIRS = 5;
const TIMEOUT_MS = 900_000;

/** Opens a snapshot that sees all that is there now; resolves with the function that ends it. */
async function openSnapshot(service: Service): Promise<() => Promise<void>> {
  const { sql } = await openDatabase(service.dataDir);
  await sql.unsafe('begin isolation level repeatable read');
  await sql.unsafe('select count(*) from destinations');
  return async () => {
    await sql.unsafe('commit');
    await sql.end();
  };
}

/** The rate, and PostgreSQL's processor time a message. */
interface Drain {
  readonly rate: number;
  readonly cpuMs: number;
}

async function drainOnce(service: Service, port: number, isSnapshotOpen: boolean): Promise<Drain> {
  const { postmasterPid } = await findDatabase(service.dataDir);
  await fill(service, { count: MESSAGES, sizeBytes: SIZE_BYTES, isDue: true });
  await untilOutage(service);
  const end = isSnapshotOpen ? await openSnapshot(service) : async () => undefined;
  const sink = await startSink(port);
  try {
    const [startedAtMs, cpuBefore] = [performance.now(), readTreeCpuSeconds(postmasterPid)];
    await flushDomain(service, DOMAIN);
    const seconds = ((await sink.reached(MESSAGES, TIMEOUT_MS)) - startedAtMs) / 1000;
    await until('nothing is held', 60_000, async () => (await readHeldCount(service, DOMAIN)) === 0);
    return {
      rate: MESSAGES / seconds,
      cpuMs: ((readTreeCpuSeconds(postmasterPid) - cpuBefore) / MESSAGES) * 1000,
    };
  } finally {
    await sink.stop();
    await end();
  }
}

export async function runDrainSnapshot(): Promise<Report> {
  const folder = await makeBenchFolder();
  const port = await findFreePort();
  const service = await startOurs(folder.path, { primaryPort: port });
  const drains = { open: [] as Drain[], none: [] as Drain[] };
  try {
    for (let pair = 0; pair < PAIRS; pair += 1) {
      for (const kind of pair % 2 === 0 ? (['none', 'open'] as const) : (['open', 'none'] as const)) {
        drains[kind].push(await drainOnce(service, port, kind === 'open'));
      }
      console.log(`pair ${pair + 1}: ${JSON.stringify({ none: drains.none.at(-1), open: drains.open.at(-1) })}`);
    }
    const ratios = drains.open.map(({ rate }, pair) => rate / (drains.none[pair]?.rate ?? Number.NaN));
    const row = (name: string, kind: readonly Drain[]) => [
      name,
      spread(kind.map(({ rate }) => rate)),
      spread(
        kind.map(({ cpuMs }) => cpuMs),
        3,
      ),
    ];
    return {
      head: ['snapshot', 'msg/s', 'PostgreSQL CPU ms a message'],
      rows: [row('none', drains.none), row('open', drains.open)],
      verdicts: [{ name: 'open ÷ none', value: median(ratios), comparison: '≥', target: 0.8, unit: ' ×' }],
      notes: [`${MESSAGES} messages of ${SIZE_BYTES} bytes into one smtp-sink, from the flush to the last`],
    };
  } finally {
    await service.remove();
    await folder.remove();
  }
}
