/** Faults are counted where they are logged: by places that are few, whatever the line names. */
import { expect, test } from 'bun:test';
import { isDatabaseAway } from '../../src/db/connection-lost.ts';
import { countFaults } from '../../src/telemetry/counted-faults.ts';
import { createLog } from '../../src/telemetry/log.ts';

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
