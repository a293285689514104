/**
 * A client that asks an HTTP server for a page again and again, on a new connection each time, in a process of its own: beside an
 * attack of its test it would wait for the attacker's event loop. Arguments: URL, local address. Prints a line of JSON for each visit.
 */
import { get } from 'node:http';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Visit {
  /** `cut`: there was none. */
  readonly status: string;
  readonly tookMs: number;
}

const PAUSE_MS = 50;

if (import.meta.main) {
  const [url = '', localAddress = ''] = process.argv.slice(2);
  for (;;) {
    const beganAt = performance.now();
    const status = await new Promise<string>((resolve) => {
      get(url, { localAddress, agent: false }, (response) => {
        response.resume().on('end', () => resolve(`${response.statusCode}`));
      }).on('error', () => resolve('cut'));
    });
    const visit: Visit = { status, tookMs: performance.now() - beganAt };
    process.stdout.write(`${JSON.stringify(visit)}\n`);
    await sleep(PAUSE_MS);
  }
}
