/**
 * Chaos, in its short form: whatever is killed, stopped and restarted, every 250 ends exactly once. The long form is
 * `npm run bench -- chaos --minutes 10`. CHAOS_SEED repeats the plan: what is sent, and what is done to whom in which order.
 * It does not repeat what a process was doing in that moment.
 */
import { expect, test } from 'bun:test';
import process from 'node:process';
import { countDoubles } from '../helpers/chaos-audit.ts';
import { runChaos } from '../helpers/chaos.ts';

const DURATION_MS = 7000;

test('nodes, a database and primaries that die, hang and lose each other at random', async () => {
  const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e9));
  console.log(`CHAOS_SEED=${seed}`);
  const { troubles, surprises, doubles, ...audit } = await runChaos({ seed, durationMs: DURATION_MS });
  console.log(JSON.stringify({ ...audit, doubles: countDoubles({ doubles }) }));
  console.log(troubles.map(({ target, kind }) => `${kind} ${target}`).join(', '));
  expect(audit.faults).toEqual([]);
  expect(surprises).toEqual([]);
  expect(audit.promised).toBe(audit.delivered + audit.held + audit.bounced);
  expect(audit.delivered).toBeGreaterThan(50);
  expect(troubles.length).toBeGreaterThan(5);
}, 400_000);
