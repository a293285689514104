/**
 * Chaos, in its short form: whatever is killed, stopped and restarted, every 250 ends exactly once. The long form is
 * `npm run bench -- chaos --minutes 10`. CHAOS_SEED replays what happened when.
 */
import { expect, test } from 'bun:test';
import process from 'node:process';
import { runChaos } from '../helpers/chaos.ts';

const DURATION_MS = 14_000;

test('two nodes, a database and two primaries that die and hang at random', async () => {
  const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e9));
  console.log(`CHAOS_SEED=${seed}`);
  const { troubles, surprises, ...audit } = await runChaos({ seed, durationMs: DURATION_MS });
  console.log(JSON.stringify(audit), troubles.map(({ target, kind }) => `${kind} ${target}`).join(', '));
  expect(audit.faults).toEqual([]);
  expect(surprises).toEqual([]);
  expect(audit.promised).toBe(audit.delivered + audit.held + audit.bounced);
  expect(audit.delivered).toBeGreaterThan(50);
  expect(troubles.length).toBeGreaterThan(5);
}, 240_000);
