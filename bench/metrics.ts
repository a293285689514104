/**
 * `metrics`: what a scrape of /metrics costs on an empty service, and with 1,000,000 messages held for 1,001 destinations among 100,000
 * domains.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startService, type Service } from '../test/helpers/service.ts';
import { findDatabase } from './database.ts';
import { fillToSearch, HELD, SMALL_DOMAINS } from './messages-page-fill.ts';
import { DOMAINS, fillBeside, OPEN_OUTAGES, OUTAGES } from './pages-fill.ts';
import { readTreeCpuSeconds } from './processes.ts';
import { quantile, type Report } from './report.ts';
import { makeBenchFolder, startOurs } from './sides.ts';

const SCRAPES = 100;
/** The service renders once a second at most. */
const PAUSE_MS = 1000;
const TARGET_MS = 20;

interface Figure {
  readonly timesMs: readonly number[];
  readonly bytes: number;
  /** Processor time a scrape. */
  readonly databaseCpuMs: number;
  readonly serviceCpuMs: number;
}

/** One after the other. A gauge that is absent would make a scrape cheap, so that is a fault of the benchmark. */
async function measure({ httpUrl, dataDir, pid }: Service): Promise<Figure> {
  const { postmasterPid } = await findDatabase(dataDir);
  const cpuSeconds = () => [postmasterPid, pid].map(readTreeCpuSeconds);
  const before = cpuSeconds();
  const timesMs: number[] = [];
  let page = '';
  for (let run = 0; run < SCRAPES; run += 1) {
    const startedAtMs = performance.now();
    page = await (await fetch(`${httpUrl}/metrics`)).text();
    timesMs.push(performance.now() - startedAtMs);
    await sleep(PAUSE_MS);
  }
  if (page.includes('scrape_failures_total{')) throw new Error('a gauge could not be read');
  const [databaseCpuMs = 0, serviceCpuMs = 0] = cpuSeconds().map(
    (seconds, index) => ((seconds - (before[index] ?? 0)) / SCRAPES) * 1000,
  );
  return { timesMs, bytes: page.length, databaseCpuMs, serviceCpuMs };
}

export async function runMetrics(): Promise<Report> {
  const folder = await makeBenchFolder();
  let service = await startOurs(folder.path);
  try {
    const empty = await measure(service);
    await fillToSearch(service);
    await fillBeside(service);
    await service.stop();
    // What is due would be tried all the while.
    service = await startService({ dataDir: service.dataDir, env: { LOG_LEVEL: 'warn', DELIVERY_HOLD: 'true' } });
    const full = await measure(service);
    return {
      head: ['a scrape', 'median, ms', 'p99, ms', 'longest, ms', 'CPU of PostgreSQL, ms', 'of the service, ms', 'KiB'],
      rows: [rowOf('1 domain, nothing held', empty), rowOf(`${DOMAINS} domains, ${HELD} held`, full)],
      verdicts: [
        {
          name: `p99 of a scrape with ${DOMAINS} domains`,
          value: quantile(full.timesMs, 0.99),
          comparison: '<',
          target: TARGET_MS,
          unit: ' ms',
        },
      ],
      notes: [
        `${SMALL_DOMAINS + 1} destinations hold mail; ${OUTAGES} outages, ${OPEN_OUTAGES} of them open; ${SCRAPES} scrapes, one at a time`,
      ],
    };
  } finally {
    await service.remove();
    await folder.remove();
  }
}

function rowOf(name: string, { timesMs, bytes, databaseCpuMs, serviceCpuMs }: Figure): string[] {
  const at = (share: number) => quantile(timesMs, share).toFixed(1);
  const longest = Math.max(...timesMs).toFixed(1);
  const kib = (bytes / 1024).toFixed(0);
  return [name, at(0.5), at(0.99), longest, databaseCpuMs.toFixed(1), serviceCpuMs.toFixed(1), kib];
}
