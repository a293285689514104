/** The log: levels, both formats, and lines that nothing from outside can forge. */
import { describe, expect, test } from 'bun:test';
import { EVENT_LEVELS, type LogLevel } from '../../src/telemetry/log-events.ts';
import { createLog, type Log, type LogFormat } from '../../src/telemetry/log.ts';

const AT = new Date('2026-08-01T03:10:00.123Z');

function capture(format: LogFormat, level: LogLevel = 'debug'): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { lines, log: createLog({ level, format, write: (line) => lines.push(line), now: () => AT }) };
}

const accepted = {
  transactionId: '0198',
  clientAddress: '192.0.2.1',
  ehloName: 'mail.example.org',
  tls: null,
  reversePath: null,
  recipientCount: 2,
  domains: ['example.com', 'example.net'],
  sizeBytes: 10_240,
  latencyMs: 1.23456,
};

describe('formats', () => {
  test('json is one object a line with time, level, event and the fields', () => {
    const { log, lines } = capture('json');
    log.accepted(accepted);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: '2026-08-01T03:10:00.123Z',
      level: 'info',
      event: 'accepted',
      ...accepted,
      latencyMs: 1.235,
    });
  });

  test('pretty reads like a mail log, with the null reverse-path as <>', () => {
    const { log, lines } = capture('pretty');
    log.accepted(accepted);
    expect(lines).toEqual([
      '2026-08-01 03:10:00.123 info  accepted     transactionId=0198 clientAddress=192.0.2.1 ehloName=mail.example.org ' +
        'tls=- reversePath=<> recipientCount=2 domains=example.com,example.net sizeBytes=10240 latencyMs=1.235',
    ]);
  });

  test('instants are RFC 3339 and absent fields are left out', () => {
    const { log, lines } = capture('json');
    log.deferred({
      transactionId: '01900000-0000-7000-8000-000000000000',
      messageId: 'm',
      domain: 'd',
      recipientCount: 1,
      reply: '450 later',
      nextAttemptAt: AT,
    });
    log.fault({ where: 'jobs', error: 'odd' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ nextAttemptAt: AT.toISOString() });
    expect(Object.keys(JSON.parse(lines[1] ?? '') as object)).toEqual(['time', 'level', 'event', 'where', 'error']);
  });
});

describe('levels', () => {
  test('events below the level are not written', () => {
    const { log, lines } = capture('json', 'warn');
    log.accepted(accepted);
    log.connected({ clientAddress: '192.0.2.1', connectionCount: 1 });
    log.warning({ where: 'settings', message: 'POSTMASTER_ADDRESS is unset' });
    expect(lines).toHaveLength(1);
  });

  test('every event has its function', () => {
    const { log } = capture('json');
    expect(Object.keys(log).sort()).toEqual(Object.keys(EVENT_LEVELS).sort());
  });
});

describe('injection', () => {
  const hostile = '250 ok\r\n2026-08-01 info accepted forged=\u001b[2J\u009b31m\u2028\u202eevil\u0000\ufeff\ud800';

  test.each(['json', 'pretty'] as const)('%s keeps one line without anything a terminal would act on', (format) => {
    const { log, lines } = capture(format);
    log.refused({
      reference: null,
      clientAddress: '192.0.2.1',
      ehloName: hostile,
      command: 'RCPT',
      reversePath: 'a@b.example',
      forwardPath: hostile,
      rejection: null,
      reply: hostile,
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\ufeff]/u);
    expect(lines[0]).toContain('\\r\\n');
  });

  test('json still carries the exact text', () => {
    const { log, lines } = capture('json');
    log.warning({ where: 'test', message: hostile });
    expect((JSON.parse(lines[0] ?? '') as { message: string }).message).toBe(hostile);
  });

  test('pretty quotes what could pass for another field or for a null', () => {
    const { log, lines } = capture('pretty');
    log.trace({ where: '-', message: 'reply=250 "x"' });
    log.trace({ where: '', message: '\u009b' });
    expect(lines[0]).toEndWith('where="-" message="reply=250 \\"x\\""');
    expect(lines[1]).toEndWith('where="" message="\\u009b"');
  });

  test('long text is cut', () => {
    const { log, lines } = capture('json');
    log.warning({ where: 'test', message: 'x'.repeat(100_000) });
    expect(lines[0]?.length).toBeLessThan(2_200);
  });
});

describe('faults', () => {
  test('tell name, message, causes, code and frames, and nothing else of the error', () => {
    const { log, lines } = capture('json');
    const cause = Object.assign(new Error('connection lost'), { detail: 'row (secret content)' });
    log.fault({
      where: 'spool',
      error: Object.assign(new Error('store', { cause }), { code: '57P01' }),
      requestId: 'r1',
    });
    const record = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(record).toMatchObject({
      level: 'error',
      where: 'spool',
      error: 'Error: store; caused by Error: connection lost',
      code: '57P01',
      requestId: 'r1',
    });
    expect(record['stack']).toBeArray();
    expect(lines[0]).not.toContain('secret content');
  });

  test('of several addresses name the first', () => {
    const { log, lines } = capture('json');
    log.fault({ where: 'net', error: new AggregateError([new Error('connect ECONNREFUSED ::1:25')], '') });
    expect(lines[0]).toContain('caused by Error: connect ECONNREFUSED');
  });

  test.each([null, undefined, 12n, Symbol('s'), Object.create(null), () => 1])(
    'anything may be thrown: %p',
    (error) => {
      const { log, lines } = capture('pretty');
      log.fault({ where: 'test', error });
      expect(lines).toHaveLength(1);
    },
  );
});
