/**
 * `rcpt`: how long a client waits for the reply to RCPT TO, decided from warm settings, socket round trip included.
 */
import { median, quantile, type Report } from './report.ts';
import { DOMAIN, makeBenchFolder, startOurs } from './sides.ts';
import { openSession, type SmtpSession } from '../test/helpers/smtp-session.ts';

const WARM_UP = 1000;
const MEASURED = 20_000;
/** RCPT commands before RSET: below every limit of recipients a transaction. */
const PER_TRANSACTION = 50;

/** Latencies in milliseconds; throws on any other answer. */
export async function measure(session: SmtpSession, count: number, address: (index: number) => string, code: number) {
  const latenciesMs: number[] = [];
  for (let index = 0; index < count; index += 1) {
    if (index % PER_TRANSACTION === 0) {
      await session.command('RSET');
      await session.command('MAIL FROM:<sender@elsewhere.example>');
    }
    const startedAtMs = performance.now();
    const answered = await session.command(`RCPT TO:<${address(index)}>`);
    latenciesMs.push(performance.now() - startedAtMs);
    if (answered !== code) throw new Error(`RCPT was answered ${answered}, not ${code}`);
  }
  return latenciesMs;
}

/** Accepted and refused recipients, one after the other on one connection. */
export async function runRcpt(): Promise<Report> {
  const folder = await makeBenchFolder();
  const service = await startOurs(folder.path);
  try {
    const session = await openSession(service.smtpPort);
    const served = (index: number) => `user${index}@${DOMAIN}`;
    await measure(session, WARM_UP, served, 250);
    const accepted = await measure(session, MEASURED, served, 250);
    const refused = await measure(session, 5, (index) => `user${index}@not-served.example`, 550);
    session.close();
    const row = (name: string, latencies: readonly number[]) => [
      name,
      ...[median(latencies), quantile(latencies, 0.99), Math.max(...latencies)].map((ms) => ms.toFixed(3)),
    ];
    return {
      head: ['recipient', 'p50 ms', 'p99 ms', 'max ms'],
      rows: [row(`accepted (${MEASURED})`, accepted), row('not served (5)', refused)],
      verdicts: [{ name: 'RCPT p99', value: quantile(accepted, 0.99), comparison: '<', target: 2, unit: ' ms' }],
      notes: [`one connection, ${WARM_UP} to warm up, ${PER_TRANSACTION} recipients a transaction`],
    };
  } finally {
    await service.remove();
    await folder.remove();
  }
}
