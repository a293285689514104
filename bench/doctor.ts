/**
 * `doctor`: how long a node takes to look at 1,000 domains that are due at once, and what that costs the DNS and primaries.
 *
 * Real DNS packets, real sockets and a real database; the DNS and the primaries stand in the same process, so the CPU time is
 * theirs as well. A share of the DNS and of the primaries says nothing, as in life.
 */
import process from 'node:process';
import { OPERATOR_VIEWER } from '../src/mail/viewer.ts';
import { createResolver } from '../src/dns/resolver.ts';
import { domainsOn } from '../test/control/harness.ts';
import { startPrivateServer } from '../test/helpers/database.ts';
import { doctorOn, OWN_NAME } from '../test/helpers/doctor.ts';
import { type FakeRecords, startFakeDns } from '../test/helpers/fake-dns.ts';
import { type FakePrimary, startFakePrimary } from '../test/helpers/fake-primary.ts';
import { findFreePort } from '../test/helpers/free-port.ts';
import type { Report } from './report.ts';
import { createDomain } from '../src/domains/create.ts';

const DOMAINS = 1000;
/** Hosters: each has ten of the domains. */
const PRIMARIES = 100;
const TTL_SECONDS = 300;
/** As the budget of the service has it (doctor/ask-primary.ts). */
const QUESTIONS_PER_MINUTE = 24_000;
const CONNECTIONS_PER_MINUTE = 2000;

interface Figures {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly packets: number;
  readonly sessions: number;
  readonly reports: Readonly<Record<string, number>>;
}

/** @param silentEvery of so many domains the primary of one, and of ten times as many the DNS of one, says nothing; 0: of none */
async function lookAtAll(silentEvery: number): Promise<Figures> {
  const database = await startPrivateServer();
  const domains = domainsOn(database);
  const port = await findFreePort();
  const addressOf = (index: number): string => `127.1.0.${1 + (index % PRIMARIES)}`;
  const primaries: FakePrimary[] = await Promise.all(
    Array.from({ length: PRIMARIES }, (_, index) => startFakePrimary({ host: addressOf(index), port })),
  );
  const mute = await startFakePrimary({ host: '127.2.0.1', port, modes: { silentAt: 'GREETING' } });
  const zones: Record<string, FakeRecords> = { [OWN_NAME]: { A: ['192.0.2.250'], ttlSeconds: TTL_SECONDS } };
  const names = Array.from({ length: DOMAINS }, (_, index) => `d${index}.example`);
  for (const [index, name] of names.entries()) {
    const isMute = silentEvery > 0 && index % silentEvery === 0;
    const isLost = silentEvery > 0 && index % (10 * silentEvery) === 1;
    const MX = [
      [10, `mx.${name}`],
      [20, OWN_NAME],
    ] as const;
    zones[name] = isLost ? { mode: 'TIMEOUT' } : { MX, NS: [`ns.${name}`], ttlSeconds: TTL_SECONDS };
    zones[`mx.${name}`] = { A: [isMute ? '127.2.0.1' : addressOf(index)], ttlSeconds: TTL_SECONDS };
  }
  const dns = await startFakeDns(zones);
  const resolver = createResolver({ servers: [dns.address] });
  try {
    for (const name of names) await createDomain(domains, OPERATOR_VIEWER, { name });
    // Each becomes due within a day.
    await database.moveClock('25 hours');
    const doctor = doctorOn({ database, resolver, deliveryPort: port });
    const startedMs = performance.now();
    const cpu = process.cpuUsage();
    await doctor.checkDue();
    const seconds = (performance.now() - startedMs) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const rows = await database.sql<{ status: string; count: number }[]>`
      select status, count(*) as count from doctor_reports group by status order by status`;
    return {
      seconds,
      cpuSeconds: (user + system) / 1_000_000,
      packets: dns.queries.length,
      sessions: [...primaries, mute].reduce((sum, { sessions }) => sum + sessions.length, 0),
      reports: Object.fromEntries(rows.map(({ status, count }) => [status, count])),
    };
  } finally {
    resolver.close();
    await Promise.all([dns.close(), mute.close(), database.close(), ...primaries.map((primary) => primary.close())]);
  }
}

export async function runDoctor(): Promise<Report> {
  const all = await lookAtAll(0);
  const some = await lookAtAll(20);
  const row = (name: string, { seconds, cpuSeconds, packets, sessions, reports }: Figures): string[] => [
    name,
    seconds.toFixed(1),
    cpuSeconds.toFixed(1),
    String(packets),
    String(sessions),
    Object.entries(reports)
      .map(([status, count]) => `${count} ${status}`)
      .join(', '),
  ];
  const minutes = Math.max(1, some.seconds / 60);
  return {
    head: [`${DOMAINS} domains`, 's', 'CPU s', 'DNS queries', 'sessions', 'reports'],
    rows: [row('all answer', all), row('5 % of primaries and 0.5 % of DNS silent', some)],
    verdicts: [
      { name: '1,000 domains', value: all.seconds, comparison: '<', target: 60, unit: ' s' },
      { name: 'the same, some silent', value: some.seconds, comparison: '<', target: 60, unit: ' s' },
      {
        name: 'DNS queries a minute',
        value: Math.max(all.packets, some.packets / minutes),
        comparison: '≤',
        target: QUESTIONS_PER_MINUTE,
        unit: '',
      },
      {
        name: 'connections a minute',
        value: Math.max(all.sessions, some.sessions / minutes),
        comparison: '≤',
        target: CONNECTIONS_PER_MINUTE,
        unit: '',
      },
    ],
    notes: [`${PRIMARIES} primaries on addresses of their own; DNS and primaries in the same process`],
  };
}
