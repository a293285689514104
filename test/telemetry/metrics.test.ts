/** The metrics: counted names, bounded labels, and a scrape that answers while the database is away. */
import { describe, expect, test } from 'bun:test';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';

function make(): Metrics {
  return createMetrics({
    version: '0.1.0',
    runtime: 'bun 1.4.5',
    withProcessMetrics: false,
    sourceTimeoutMs: 50,
  });
}

/** Sample lines by name with labels, as Prometheus would read them. */
async function scrape(metrics: Metrics): Promise<Map<string, number>> {
  const { body, contentType } = await metrics.render();
  expect(contentType).toStartWith('text/plain; version=0.0.4');
  expect(body).toEndWith('\n');
  const samples = new Map<string, number>();
  for (const line of body.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([a-z_]+(?:\{[^}]*\})?) (\S+)$/.exec(line);
    expect(match).not.toBeNull();
    expect(samples.has(match?.[1] ?? '')).toBe(false);
    samples.set(match?.[1] ?? '', Number(match?.[2]));
  }
  return samples;
}

describe('counters and histograms', () => {
  test('sessions are counted by TLS version and cipher suite, both bounded', async () => {
    const metrics = make();
    metrics.tlsSession({ tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384' });
    metrics.tlsSession({ tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384' });
    metrics.tlsSession({ tls: null });
    for (let at = 0; at < 100; at += 1) metrics.tlsSession({ tls: `TLSv1.2 TLS_${at}` });
    const all = [...(await scrape(metrics))].filter(([name]) => name.startsWith('backup_mx_tls_sessions_total'));
    const samples = Object.fromEntries(all);
    expect(samples['backup_mx_tls_sessions_total{version="TLSv1.3",cipher="TLS_AES_256_GCM_SHA384"}']).toBe(2);
    expect(samples['backup_mx_tls_sessions_total{version="none",cipher="none"}']).toBe(1);
    expect(samples['backup_mx_tls_sessions_total{version="TLSv1.2",cipher="other"}']).toBe(62);
    expect(all).toHaveLength(41);
  });

  test('count what happened', async () => {
    const metrics = make();
    metrics.accepted({ sizeBytes: 100, latencyMs: 3 });
    metrics.accepted({ sizeBytes: 50, latencyMs: 700 });
    metrics.refused({ rejection: 'BMX-USER', reply: '550 5.1.1 no' });
    metrics.refused({ rejection: null, reply: '503 5.5.1 first MAIL' });
    metrics.refused({ rejection: null, reply: '503 5.5.1 first MAIL' });
    metrics.unrecorded(7);
    metrics.spansDropped(3);
    metrics.attempted({ outcome: 'DEFERRED', reply: '[connection refused]', latencyMs: 40 });
    metrics.attempted({ outcome: 'DELIVERED', reply: '250 2.0.0 taken', latencyMs: 40 });
    metrics.calledAhead('NEGATIVE');
    metrics.apiRequest({ operation: 'mutation', code: 'OK', latencyMs: 8 });
    metrics.eventLoopLag(12);
    metrics.delivered(3);
    metrics.deferred(2);
    metrics.failed(1);
    metrics.expired(4);
    metrics.cancelled(5);
    metrics.reportMade('failed');
    metrics.reportSuppressed('SPF');
    metrics.committed({ latencyMs: 3, messageCount: 6 });
    metrics.drillFinished('NOT_DELIVERED');
    metrics.doctorLooked('PROBLEM');
    metrics.faulted('spool');
    metrics.databaseAway('burial');
    const samples = await scrape(metrics);
    const expected = {
      backup_mx_accepted_total: 2,
      backup_mx_accepted_bytes_total: 150,
      'backup_mx_refused_total{code="BMX-USER"}': 1,
      'backup_mx_refused_total{code="503"}': 2,
      backup_mx_rejections_unrecorded_total: 7,
      backup_mx_spans_dropped_total: 3,
      'backup_mx_refusal_replies_total{code="550"}': 1,
      'backup_mx_refusal_replies_total{code="503"}': 2,
      'backup_mx_accept_latency_seconds_bucket{le="0.5"}': 1,
      'backup_mx_drills_total{result="NOT_DELIVERED"}': 1,
      'backup_mx_drills_total{result="DELIVERED"}': 0,
      'backup_mx_doctor_runs_total{status="PROBLEM"}': 1,
      'backup_mx_attempts_total{outcome="DEFERRED"}': 1,
      'backup_mx_attempt_replies_total{reply="none"}': 1,
      'backup_mx_attempt_replies_total{reply="2xx"}': 1,
      backup_mx_attempt_latency_seconds_count: 2,
      'backup_mx_call_aheads_total{verdict="NEGATIVE"}': 1,
      'backup_mx_api_requests_total{operation="mutation",code="OK"}': 1,
      'backup_mx_api_latency_seconds_bucket{le="0.01"}': 1,
      'backup_mx_event_loop_lag_seconds_bucket{le="0.025"}': 1,
      backup_mx_delivered_total: 3,
      backup_mx_deferred_total: 2,
      backup_mx_failed_total: 1,
      backup_mx_expired_total: 4,
      backup_mx_cancelled_total: 5,
      'backup_mx_reports_total{action="failed"}': 1,
      'backup_mx_reports_suppressed_total{reason="SPF"}': 1,
      'backup_mx_commit_latency_seconds_bucket{le="0.002"}': 0,
      'backup_mx_commit_latency_seconds_bucket{le="0.005"}': 1,
      backup_mx_commit_latency_seconds_count: 1,
      'backup_mx_commit_messages_bucket{le="4"}': 0,
      'backup_mx_commit_messages_bucket{le="8"}': 1,
      'backup_mx_faults_total{where="spool"}': 1,
      'backup_mx_database_away_total{where="burial"}': 1,
      'backup_mx_info{version="0.1.0",runtime="bun 1.4.5"}': 1,
    };
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, samples.get(name)]))).toEqual(expected);
  });

  test('plain counters are there from the start, so that a rate over the first event is right', async () => {
    const samples = await scrape(make());
    expect(samples.get('backup_mx_accepted_total')).toBe(0);
    expect(samples.get('backup_mx_delivered_total')).toBe(0);
  });

  test('label values are bounded', async () => {
    const metrics = make();
    for (let index = 0; index < 1_000; index += 1) metrics.refused({ rejection: `X-${index}`, reply: '550 no' });
    const samples = await scrape(metrics);
    const refused = [...samples].filter(([name]) => name.startsWith('backup_mx_refused_total'));
    expect(refused.length).toBeLessThan(50);
    expect(refused.reduce((sum, [, value]) => sum + value, 0)).toBe(1_000);
    expect(samples.get('backup_mx_refused_total{code="other"}')).toBe(964);
  });
});

describe('gauges', () => {
  const HELD = { held_messages: 'Messages', held_bytes: 'Bytes', oldest_held_age_seconds: 'Age' };

  test('are read at each scrape', async () => {
    let connections = 3;
    const metrics = make();
    metrics.gauges('held', HELD, async () => ({
      held_messages: 7,
      held_bytes: 700,
      oldest_held_age_seconds: 90.5,
    }));
    metrics.gauge('open_outages', { help: 'By kind', label: 'kind' }, async () => ({ DOWN: 1, BLOCKING: 0 }));
    metrics.gauge('database_statements', { help: 'By pool', label: 'pool' }, () => ({ queue: 4 }));
    metrics.gauge('nodes', 'Nodes', async () => 2);
    metrics.gauge('connections', 'Sessions', () => connections);
    metrics.gauge('sweep_age_seconds', 'Age', () => null);
    const samples = await scrape(metrics);
    expect(Object.fromEntries(samples)).toMatchObject({
      backup_mx_held_messages: 7,
      backup_mx_held_bytes: 700,
      backup_mx_oldest_held_age_seconds: 90.5,
      'backup_mx_open_outages{kind="DOWN"}': 1,
      'backup_mx_open_outages{kind="BLOCKING"}': 0,
      backup_mx_nodes: 2,
      'backup_mx_database_statements{pool="queue"}': 4,
      backup_mx_connections: 3,
    });
    expect(samples.has('backup_mx_sweep_age_seconds')).toBe(false);
    connections = 4;
    expect((await scrape(metrics)).get('backup_mx_connections')).toBe(4);
  });

  test('a source that fails or hangs is absent from that scrape, counted, and back at the next', async () => {
    let mode: 'fails' | 'hangs' | 'answers' = 'fails';
    const metrics = make();
    metrics.gauges('held', HELD, async () => {
      if (mode === 'fails') throw new Error('database is away');
      if (mode === 'hangs') await Promise.withResolvers<never>().promise;
      return { held_messages: 1, held_bytes: 2, oldest_held_age_seconds: 3 };
    });
    metrics.gauge('connections', 'Sessions', () => 5);
    const failing = await scrape(metrics);
    expect(failing.has('backup_mx_held_messages')).toBe(false);
    expect(failing.get('backup_mx_connections')).toBe(5);
    mode = 'hangs';
    expect((await scrape(metrics)).has('backup_mx_held_bytes')).toBe(false);
    mode = 'answers';
    const answering = await scrape(metrics);
    expect(answering.get('backup_mx_held_messages')).toBe(1);
    expect(answering.get('backup_mx_scrape_failures_total{source="held"}')).toBe(2);
  });
});

describe('process metrics', () => {
  const program = `
    import { createMetrics } from './src/telemetry/metrics.ts';
    const metrics = createMetrics({ version: '0', runtime: 'x', withProcessMetrics: true });
    console.log((await metrics.render()).body);
    await metrics.render();
  `;

  test.each([
    ['bun', ['bun', '-e', program]],
    ['deno', ['deno', 'eval', '--ext=ts', program]],
    ['node', ['node', '--input-type=module-typescript', '-e', program]],
  ] as const)('can be read on %s, and keep no process alive', async (_runtime, command) => {
    const child = Bun.spawn(['env', `PATH=node_modules/.bin:${Bun.env['PATH']}`, ...command], {
      stdout: 'pipe',
      stderr: 'inherit',
    });
    const body = await new Response(child.stdout).text();
    expect(await child.exited).toBe(0);
    expect(body).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(body).toMatch(/^process_cpu_seconds_total [\d.e-]+/m);
    expect(body).not.toContain('nodejs_');
  });
});
