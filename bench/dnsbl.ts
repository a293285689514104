/**
 * `dnsbl`: how long a recipient's decision takes when every list's answer is in memory, the check alone. What a silent list
 * costs a client is measured through the whole service by `front-door`.
 */
import { quantile, median, type Report } from './report.ts';
import { startFakeDns } from '../test/helpers/fake-dns.ts';
import { domainWith, nameIn, openScene } from '../test/policy/dnsbl-scene.ts';

const CLIENTS = 1000;
const ZONES = 20;
const NETWORKS = 1000;
const DECISIONS = 100_000;
const TTL_SECONDS = 3600;
/** Of the clients, in one of the zones. */
const LISTED_EVERY = 10;

const client = (index: number): string => `198.51.${index >> 8}.${index & 255}`;

/** The largest settings that a domain may have: 20 zones of which one lists every tenth client, and 1,000 networks. */
export async function runDnsbl(): Promise<Report> {
  const zones = Array.from({ length: ZONES }, (_, index) => `z${index}.example`);
  const listed = Array.from({ length: CLIENTS / LISTED_EVERY }, (_, index) => client(index * LISTED_EVERY));
  const dns = await startFakeDns(
    Object.fromEntries(
      listed.map((address) => [nameIn('z0.example', address), { A: ['127.0.0.2'], ttlSeconds: TTL_SECONDS }]),
    ),
    { soaMinimumSeconds: TTL_SECONDS },
  );
  const scene = openScene(dns.address);
  try {
    const allowedClients = Array.from({ length: NETWORKS }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    const small = domainWith('small.example', zones.slice(0, 2));
    const large = domainWith('large.example', zones, { allowedClients });
    const rows: string[][] = [];
    let worst = 0;
    for (const [name, domain] of [
      ['2 zones', small],
      [`${ZONES} zones, ${NETWORKS} networks`, large],
    ] as const) {
      for (let index = 0; index < CLIENTS; index += 1) await scene.check(client(index), domain);
      const latenciesMs: number[] = [];
      let refusedCount = 0;
      for (let index = 0; index < DECISIONS; index += 1) {
        const startedAtMs = performance.now();
        const verdict = scene.check(client(index % CLIENTS), domain);
        latenciesMs.push(performance.now() - startedAtMs);
        if (verdict instanceof Promise) throw new Error('an answer was not in memory');
        if (verdict.kind === 'REFUSE') refusedCount += 1;
      }
      if (refusedCount !== DECISIONS / LISTED_EVERY) throw new Error(`${refusedCount} were refused`);
      worst = Math.max(worst, quantile(latenciesMs, 0.99));
      rows.push([name, ...[median(latenciesMs), quantile(latenciesMs, 0.99)].map((ms) => (ms * 1000).toFixed(1))]);
      scene.uses.length = 0;
    }
    return {
      head: ['settings', 'p50 µs', 'p99 µs'],
      rows,
      verdicts: [{ name: 'decision p99, lists in memory', value: worst, comparison: '<', target: 2, unit: ' ms' }],
      notes: [`${CLIENTS} clients, every tenth listed, ${DECISIONS} decisions each, without SMTP`],
    };
  } finally {
    scene.close();
    await dns.close();
  }
}
