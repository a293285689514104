/** What docs/operations.md says of /metrics, held against a real service that has accepted, refused, deferred and delivered. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../helpers/child.ts';
import { metricUses } from '../helpers/metric-uses.ts';
import { isSkipped } from '../interop/mail.ts';
import { runPromtool, whyNoPromtool } from '../helpers/promtool.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, PLAIN_CONTENT, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'customer.example';
const ROOT = join(import.meta.dirname, '..', '..');

let flow: Flow;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow();
  primary = await startFakePrimary();
  await flow.addDomain(DOMAIN, primary);
});

afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

async function scrape(): Promise<string> {
  return (await fetch(`${flow.service.httpUrl}/metrics`)).text();
}

/** The value of a series, `held_messages` or `refused_total{code="BMX-RELAY"}`; null when there is none. */
function valueOf(exposition: string, series: string): number | null {
  const line = exposition.split('\n').find((one) => one.startsWith(`backup_mx_${series} `));
  return line === undefined ? null : Number(line.slice(line.lastIndexOf(' ') + 1));
}

test('every metric that is documented is there, with its labels, and every one that is there is documented', async () => {
  const page = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
  const rows = page.slice(page.indexOf('### Metrics')).split('\n### ')[0]?.split('\n') ?? [];
  const documented = rows
    .map((row) => row.split('|')[1] ?? '')
    .flatMap((cell) => [...cell.matchAll(/`([a-z_]+)(?:\{([a-z,]+)\})?`/g)])
    // Only an embedded database's disk is known; flow/restore.test.ts has one.
    .flatMap(([, name = '', labels = '']) => (name === 'free_bytes' ? [] : [[name, labels] as const]));
  expect(documented.length).toBeGreaterThan(15);
  // The first sweep comes after a second, and what a busy database does not tell in time is absent from that scrape.
  const missingIn = (page: string) => documented.filter(([name]) => !page.includes(`# HELP backup_mx_${name} `));
  let exposition = '';
  const isComplete = async (): Promise<boolean> => {
    exposition = await scrape();
    return missingIn(exposition).length === 0;
  };
  await until('all of them', PATIENCE_MS, isComplete).catch(() => expect(missingIn(exposition)).toEqual([]));
  const exported = [...exposition.matchAll(/^# HELP backup_mx_(\w+) \S/gm)].map(([, name]) => name ?? '');
  expect(documented.map(([name]) => name).toSorted()).toEqual(exported.toSorted());
  const labels = new Map([...documented, ['free_bytes', ''] as const]);
  const samples = [...exposition.matchAll(/^backup_mx_(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? /gm)];
  const wrong = samples.filter(([, name = '', found = '']) => {
    const names = [...found.matchAll(/(\w+)="/g)].map(([, label]) => label).filter((label) => label !== 'le');
    return labels.get(name) !== names.join(',');
  });
  expect(wrong.map(([line]) => line)).toEqual([]);

  // What alert rules and dashboard ask for is there: labels are in what is documented, which has just been held against the service.
  const uses = metricUses();
  expect(uses.length).toBeGreaterThan(40);
  const unknown = uses.filter(({ metrics, labels: named }) => {
    const own = metrics.flatMap((name) => labels.get(name)?.split(',') ?? []);
    const known = [...own, 'instance', 'job', 'le'];
    return metrics.some((name) => !labels.has(name)) || named.some((label) => !known.includes(label));
  });
  expect(unknown).toEqual([]);
});

test.skipIf(isSkipped('promtool on the metrics', whyNoPromtool()))('promtool finds nothing to say', async () => {
  expect(runPromtool(['check', 'metrics'], await scrape())).toEqual({ status: 0, output: '' });
});

test('what happened is counted', async () => {
  await flow.send({ to: [`user@${DOMAIN}`, `permfail@${DOMAIN}`], from: null });
  await flow.send({ to: [`tempfail@${DOMAIN}`] });
  const peer = await flow.connect();
  await peer.ask('MAIL FROM:<a@sender.example>');
  expect(await peer.ask('RCPT TO:<user@not-served.example>')).toStartWith('550 ');
  await peer.ask('RCPT TO:<user@customer.example>');
  await peer.ask('DATA');
  await peer.write('x'.repeat(100_000));
  const expected = {
    accepted_total: 2,
    accepted_bytes_total: 2 * PLAIN_CONTENT.length,
    'refused_total{code="BMX-RELAY"}': 1,
    delivered_total: 1,
    failed_total: 1,
    deferred_total: 1,
    held_messages: 1,
    held_bytes: PLAIN_CONTENT.length,
    'open_outages{kind="DOWN"}': 0,
    connections: 1,
  };
  let seen = '';
  const valuesSeen = () => Object.fromEntries(Object.keys(expected).map((series) => [series, valueOf(seen, series)]));
  await until('all is counted', PATIENCE_MS, async () => {
    seen = await scrape();
    return Bun.deepEquals(valuesSeen(), expected) && (valueOf(seen, 'in_flight_bytes') ?? 0) > 0;
  }).catch(() => expect(valuesSeen()).toEqual(expected));
  peer.destroy();
  expect(valueOf(seen, 'in_flight_bytes')).toBeGreaterThan(0);
  expect(valueOf(seen, 'oldest_held_age_seconds')).toBeGreaterThan(0);
  expect(valueOf(seen, 'commit_latency_seconds_count')).toBeGreaterThanOrEqual(1);
});

test('an attempt tells of its TLS and gives the reply word for word', async () => {
  const { messages } = await flow.service.graphql<{
    messages: { nodes: { recipients: { address: string; attempts: { nodes: object[] } }[] }[] };
  }>(`{ messages(first: 10, filter: { recipient: "permfail@${DOMAIN}" }) { nodes { recipients {
    address attempts(first: 10) { nodes { host address tls reply outcome } } } } } }`);
  const recipient = messages.nodes[0]?.recipients.find(({ address }) => address === `permfail@${DOMAIN}`);
  expect(recipient?.attempts.nodes).toEqual([
    {
      host: primary.host,
      address: `${primary.host}:${primary.port}`,
      tls: expect.stringMatching(/^TLSv1\.3 TLS_/),
      reply: '550 5.1.1 No such user here',
      outcome: 'FAILED',
    },
  ]);
});
