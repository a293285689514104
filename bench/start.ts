/**
 * `start`: from `npm start` to a 200 of /readyz, on a fresh folder and on one that exists.
 */
import { makeDataDir, startService } from '../test/helpers/service.ts';
import { median, type Report, spread } from './report.ts';
import { makeBenchFolder } from './sides.ts';

const RUNS = 5;

/** Five fresh folders, each started a second time. npm's own start-up is part of what a user waits for. */
export async function runStart(): Promise<Report> {
  const folder = await makeBenchFolder();
  try {
    const fresh: number[] = [];
    const existing: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const dataDir = await makeDataDir(folder.path);
      for (const seconds of [fresh, existing]) {
        const service = await startService({ dataDir, isThroughNpm: true });
        seconds.push(service.readyAfterMs / 1000);
        await service.stop();
      }
    }
    return {
      head: ['folder', 'ready after, s'],
      rows: [
        ['fresh', spread(fresh, 2)],
        ['existing', spread(existing, 2)],
      ],
      verdicts: [
        { name: 'fresh folder', value: median(fresh), comparison: '<', target: 10, unit: ' s' },
        { name: 'existing folder', value: median(existing), comparison: '<', target: 3, unit: ' s' },
      ],
      notes: [`npm start to /readyz 200, median (lowest–highest) of ${RUNS}`],
    };
  } finally {
    await folder.remove();
  }
}
