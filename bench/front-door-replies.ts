/**
 * How long a client waits for the reply to RCPT, by what is checked: nothing, a User List of 1,000,000 entries, a call-ahead
 * that was made before. Asked once from Postgres, each mailbox for the first time, and once from memory.
 */
import { openSession } from '../test/helpers/smtp-session.ts';
import { fillAnswers, fillUserList, mailbox, type Scene } from './front-door-scene.ts';
import { measure } from './rcpt.ts';
import { median, quantile, type Report, type Verdict } from './report.ts';

const PLAIN = 'plain.replies.example';
const LISTED = 'listed.replies.example';
const KNOWN = 'known.replies.example';

const ENTRIES = 1_000_000;
/** Spread over the entries, and more than stay in memory with all their neighbours. */
const ASKED = 20_000;
const WARM_UP = 1000;

export async function addReplyDomains({ addDomain, sql }: Scene): Promise<void> {
  await addDomain(PLAIN, { hasCallAheads: false });
  await addDomain(LISTED, { hasCallAheads: false });
  await addDomain(KNOWN, {});
  const startedAtMs = performance.now();
  await fillUserList(sql, LISTED, ENTRIES);
  await fillAnswers(sql, KNOWN, ASKED + WARM_UP);
  console.log(`${ENTRIES} entries made in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
}

export async function measureReplies({ service, primary }: Scene): Promise<Report> {
  const session = await openSession(service.smtpPort);
  const rows: string[][] = [];
  const ask = async (name: string, address: (index: number) => string, code = 250): Promise<number> => {
    const latencies = await measure(session, ASKED, address, code);
    rows.push([
      name,
      ...[median(latencies), quantile(latencies, 0.99), Math.max(...latencies)].map((ms) => ms.toFixed(3)),
    ]);
    return quantile(latencies, 0.99);
  };
  // A prime step visits entries far apart, none of them twice.
  const listed = (index: number): string => mailbox(LISTED, (index * 7919) % ENTRIES);
  const known = (index: number): string => mailbox(KNOWN, index + WARM_UP);
  await measure(session, WARM_UP, (index) => mailbox(PLAIN, index), 250);
  await measure(session, WARM_UP, (index) => mailbox(LISTED, ENTRIES - 1 - index), 250);
  await measure(session, WARM_UP, (index) => mailbox(KNOWN, index), 250);

  await ask('none', (index) => mailbox(PLAIN, index));
  const list = await ask('User List, from Postgres', listed);
  await ask('User List, from memory', listed);
  await ask('User List, not in it', (index) => mailbox(LISTED, ENTRIES + index), 550);
  const callAhead = await ask('call-ahead made before, from Postgres', known);
  await ask('call-ahead made before, from memory', known);
  session.close();
  if (primary.rcpts.length > 0) throw new Error(`the primary was asked ${primary.rcpts.length} times`);
  return {
    head: [`checked (${ASKED} RCPT each)`, 'p50 ms', 'p99 ms', 'max ms'],
    rows,
    verdicts: [below('RCPT p99, User List', list, 2), below('RCPT p99, cached call-ahead', callAhead, 3)],
    notes: [
      `${ENTRIES} entries in the User List; the figures judged are those from Postgres`,
      'one trusted client, one connection',
    ],
  };
}

function below(name: string, value: number, target: number): Verdict {
  return { name, value, comparison: '<', target, unit: ' ms' };
}
