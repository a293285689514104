/**
 * `chaos`: the long form of test/flow/chaos.test.ts. `npm run bench -- chaos --minutes 10`, or CHAOS_MINUTES. CHAOS_SEED repeats the
 * plan, not the moment. Throws when a promise was broken: that is no figure.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runChaos } from '../test/helpers/chaos.ts';
import { countDoubles } from '../test/helpers/chaos-audit.ts';
import type { Excuse } from '../test/helpers/chaos-explain.ts';
import type { Report } from './report.ts';

const DEFAULT_MINUTES = '10';
const EXCUSES: Readonly<Record<Excuse, string>> = {
  REPLY_LOST: 'the reply was lost',
  NODE_KILLED: 'the node was killed after the dot',
  NODE_PAUSED: 'the node was stopped across the dot',
  NODE_CUT_OFF: 'the node lost its database after the dot',
  NODE_STOPPED_WITHOUT_DATABASE: 'the node was told to stop while its database was away',
};

export async function runChaosBenchmark(): Promise<Report> {
  const { values } = parseArgs({ options: { minutes: { type: 'string' } }, allowPositionals: true });
  const minutes = Number(values.minutes ?? process.env['CHAOS_MINUTES'] ?? DEFAULT_MINUTES);
  const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e9));
  console.log(`CHAOS_SEED=${seed} CHAOS_MINUTES=${minutes}`);
  const result = await runChaos({ seed, durationMs: minutes * 60_000, isLong: true });
  const doubles = countDoubles(result);
  const happened = Map.groupBy(
    result.troubles,
    ({ kind, target }) => `${kind} of ${target.replace(/^127.*/, 'a primary').replace(/^\w\.nodes.*/, 'a node')}`,
  );
  const rows: readonly (readonly [string, number])[] = [
    ['messages', result.messages],
    ['recipients answered 250', result.promised],
    ['… delivered', result.delivered],
    ['… held, all for the primary that never comes back', result.held],
    ['… bounced, each told once', result.bounced],
    ['final dots never answered', result.unansweredDots],
    ['… and taken all the same', result.takenUnanswered],
    ...Object.entries(EXCUSES).map(
      ([excuse, words]) => [`came twice: ${words}`, doubles[excuse as Excuse] ?? 0] as const,
    ),
    ...[...happened]
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([what, troubles]) => [what, troubles.length] as const),
  ];
  const broken = [...result.faults, ...result.surprises];
  if (broken.length > 0) {
    console.log(rows.map((row) => row.join(': ')).join('\n'));
    throw new Error(`CHAOS_SEED=${seed}: ${broken.length} broken promises:\n${broken.slice(0, 100).join('\n')}`);
  }
  return {
    head: ['what', 'count'],
    rows: rows.map(([what, count]) => [what, String(count)]),
    verdicts: [{ name: 'lost, altered or needlessly doubled', value: 0, comparison: '≤', target: 0, unit: '' }],
    notes: [`${minutes} minutes; CHAOS_SEED=${seed} repeats what is done to whom, not what it meets`],
  };
}
