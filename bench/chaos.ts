/**
 * `chaos`: the long form of test/flow/chaos.test.ts. `npm run bench -- chaos --minutes 10`, or CHAOS_MINUTES; CHAOS_SEED replays
 * what happens when. Throws when a promise was broken: that is no figure.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runChaos } from '../test/helpers/chaos.ts';
import type { Report } from './report.ts';

const DEFAULT_MINUTES = '10';

export async function runChaosBenchmark(): Promise<Report> {
  const { values } = parseArgs({ options: { minutes: { type: 'string' } }, allowPositionals: true });
  const minutes = Number(values.minutes ?? process.env['CHAOS_MINUTES'] ?? DEFAULT_MINUTES);
  const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e9));
  console.log(`CHAOS_SEED=${seed} CHAOS_MINUTES=${minutes}`);
  const result = await runChaos({ seed, durationMs: minutes * 60_000, isLong: true });
  const broken = [...result.faults, ...result.surprises];
  if (broken.length > 0) {
    throw new Error(`CHAOS_SEED=${seed}: ${broken.length} broken promises:\n${broken.slice(0, 100).join('\n')}`);
  }
  const happened = Map.groupBy(result.troubles, ({ kind, target }) => `${kind} of ${target.replace(/:.*/, '')}`);
  const rows = [
    ['messages', result.messages],
    ['recipients answered 250', result.promised],
    ['… delivered', result.delivered],
    ['… held', result.held],
    ['… bounced', result.bounced],
    ['final dots never answered', result.unansweredDots],
    ['doubles: reply lost', result.doubles.REPLY_LOST],
    ['doubles: node killed', result.doubles.NODE_KILLED],
    ['doubles: node stopped', result.doubles.NODE_PAUSED],
    ['doubles: either, and the database in trouble', result.doubles.UNRECORDED],
    ...[...happened].map(([what, troubles]) => [what, troubles.length] as const),
  ] as const;
  return {
    head: ['what', 'count'],
    rows: rows.map(([what, count]) => [what, String(count)]),
    verdicts: [{ name: 'lost, altered or needlessly doubled', value: 0, comparison: '≤', target: 0, unit: '' }],
    notes: [`${minutes} minutes; CHAOS_SEED=${seed} replays what happened when`],
  };
}
