/** The events of the mail: one call is the log line, the counters and the span. Faults are counted by place. */
import { expect, test } from 'bun:test';
import { isDatabaseAway } from '../../src/db/connection-lost.ts';
import { countFaults, createMailEvents, type MailEvents } from '../../src/telemetry/events.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import type { Trace } from '../../src/telemetry/trace.ts';

test('each fault is written and counted, without ids and names; warnings are not counted', () => {
  const lines: string[] = [];
  const counted: string[] = [];
  const away: string[] = [];
  const written = createLog({
    level: 'info',
    format: 'json',
    write: (line) => void lines.push(line),
    now: () => new Date(0),
  });
  const log = countFaults(
    written,
    { faulted: (where) => void counted.push(where), databaseAway: (where) => void away.push(where) },
    isDatabaseAway,
  );
  const error = new Error('something');
  for (const where of ['report about 0198-1', 'report about 0198-2', 'check of a.example', 'inbound RCPT', 'doctor']) {
    log.fault({ where, error });
  }
  log.warning({ where: 'dnsbl', message: 'a list is off' });
  expect(counted).toEqual(['report', 'report', 'check', 'inbound RCPT', 'doctor']);
  expect(lines).toHaveLength(6);
  expect(lines[0]).toContain('report about 0198-1');

  for (const code of ['CONNECTION_CLOSED', '57P01', '25006', '53100', 'NO_WRITABLE_HOST']) {
    log.fault({ where: 'report about 0198-3', error: Object.assign(new Error('away'), { code }) });
  }
  expect(away).toEqual(Array(5).fill('report'));
  expect(counted).toHaveLength(5);
  expect(lines).toHaveLength(6);
  // A server's socket that is missing is the database; a file of ours that is missing is a fault.
  const missing = (more: object): Error => Object.assign(new Error('ENOENT'), { code: 'ENOENT', ...more });
  log.fault({ where: 'socket', error: missing({ syscall: 'connect', address: '/run/.s.PGSQL.5432' }) });
  log.fault({ where: 'file', error: missing({ syscall: 'open', path: '/etc/tls.pem' }) });
  expect([away.at(-1), counted.at(-1)]).toEqual(['socket', 'file']);
});

const RECIPIENT = {
  messageId: '0198aaaa-0000-7000-8000-000000000001',
  transactionId: '0198aaaa-0000-7000-8000-000000000001',
  isReport: false,
  nextAttemptAt: null,
  ageSeconds: 2,
} as const;

function heardBy(tell: (events: MailEvents) => void): {
  lines: string[];
  spans: string[];
  counts: () => Promise<string>;
} {
  const lines: string[] = [];
  const spans: string[] = [];
  const metrics = createMetrics({ version: '0', runtime: 'test', withProcessMetrics: false });
  const log = createLog({
    level: 'debug',
    format: 'pretty',
    write: (line) => lines.push(line),
    now: () => new Date(0),
  });
  const note = (name: string) => () => void spans.push(name);
  const trace: Trace = {
    accepted: note('accepted'),
    attempted: note('attempted'),
    settled: ({ state, recipientCount }) => spans.push(`${state} ${recipientCount}`),
    reported: note('reported'),
    requested: note('requested'),
    close: async () => undefined,
  };
  tell(createMailEvents({ log, metrics, trace }));
  return {
    lines: lines.map((line) => line.replace(/^.{30}/, '')),
    spans,
    counts: async () => (await metrics.render()).body,
  };
}

test('results are one line and one span per message, state and reply, with the host that spoke', async () => {
  const record = {
    host: 'mx.test',
    address: '192.0.2.1:25',
    tls: null,
    reply: '250 ok',
    outcome: 'DELIVERED',
    recipientNumbers: [0, 1],
    isHostLevel: false,
    latencyMs: 7,
  } as const;
  const { lines, spans, counts } = heardBy((events) =>
    events.settled(
      'a.test',
      [
        { ...RECIPIENT, number: 0, state: 'DELIVERED', reply: '250 ok' },
        { ...RECIPIENT, number: 1, state: 'DELIVERED', reply: '250 ok' },
        { ...RECIPIENT, number: 2, state: 'FAILED', reply: '550 no', isReport: true },
      ],
      [{ messageId: RECIPIENT.messageId, records: [record] }],
    ),
  );
  expect(spans).toEqual(['attempted', 'DELIVERED 2', 'FAILED 1']);
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['attempt', 'delivered', 'failed']);
  expect(lines[1]).toContain('recipientCount=2 host=mx.test address=192.0.2.1:25');
  const body = await counts();
  expect(body).toContain('backup_mx_attempts_total{outcome="DELIVERED"} 1\n');
  expect(body).toContain('backup_mx_delivered_total 2\n');
  expect(body).toContain('backup_mx_failed_total 1\n');
  expect(body).toContain('backup_mx_reports_dropped_total 1\n');
});

test('a step of a breaker after a trial that is over: both are told', async () => {
  const { lines, counts } = heardBy((events) => events.breakerMoved('a.test', { to: 'TRIAL', isAfterTrial: true }));
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['breaker.closed', 'breaker.trial']);
  const body = await counts();
  for (const to of ['CLOSED', 'TRIAL']) expect(body).toContain(`backup_mx_breaker_steps_total{to="${to}"} 1\n`);
});

test('an outage that opens with a breaker, and its end with mail held', async () => {
  const { lines, counts } = heardBy((events) => {
    events.breakerMoved('a.test', { to: 'OPEN', reply: '550 no', openedOutageId: 'id', formerClass: null });
    events.outageChanged('a.test', { openedOutageId: null, formerClass: null, outageClass: 'DOWN', reply: 'x' });
    events.outageChanged('a.test', { openedOutageId: null, formerClass: 'DOWN', outageClass: 'BLOCKING', reply: 'x' });
    const [startedAt, endedAt] = [new Date(0), new Date(5000)];
    events.outageClosed('a.test', { outageClass: 'BLOCKING', startedAt, endedAt, heldCount: 3, beganTrial: true });
  });
  expect(lines.map((line) => line.split(' ')[0])).toEqual([
    'breaker.opened',
    'outage.opened',
    'outage.reclassified',
    'breaker.trial',
    'outage.closed',
    'outage.draining',
  ]);
  const body = await counts();
  for (const [event, outageClass] of [
    ['outage.opened', 'MISCONFIGURED'],
    ['outage.reclassified', 'BLOCKING'],
    ['outage.closed', 'BLOCKING'],
    ['outage.draining', 'BLOCKING'],
  ]) {
    expect(body).toContain(`backup_mx_outage_events_total{event="${event}",kind="${outageClass}"} 1\n`);
  }
  expect(body).toContain('backup_mx_breaker_steps_total{to="TRIAL"} 1\n');
});
