/** `backup-mx drill` against a real control plane, the drill's part played by the test: what it prints, and how it ends. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { drillVerb } from '../../../src/clients/cli/drill.ts';
import { newId } from '../../../src/mail/id.ts';
import {
  type DrillResult,
  finishDrill,
  holdDrill,
  type OpenDrill,
  takeRequestedDrills,
} from '../../../src/queue/drills/drills.ts';
import type { DrillFinding, DrillStep } from '../../../src/db/schema-doctor.ts';
import { addDomain, type Harness, startControl } from '../../control/harness.ts';
import { until } from '../../helpers/child.ts';
import { callVerb } from './call-verb.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

const MX_IS_WELL: DrillFinding = { code: 'MX', verdict: 'OK', message: 'Its MX records name us.' };
const MX_IS_NOT: DrillFinding = { code: 'MX', verdict: 'PROBLEM', message: 'Its MX records do not name us.' };
const STEPS: readonly DrillStep[] = [
  {
    name: 'EHLO',
    afterMs: 1,
    latencyMs: 1,
    reply: '250-one\r\n250 two',
    host: null,
    isPassed: true,
  },
];

/** Calls the command, and does with its drill what a node would. */
async function call(args: readonly string[], play: (drill: OpenDrill) => Promise<unknown>) {
  const ended = callVerb(control.url, drillVerb, args);
  let taken: readonly OpenDrill[] = [];
  await until('the drill is asked for', 5000, async () => {
    taken = await takeRequestedDrills(control.database.sql, 1);
    return taken.length > 0;
  });
  for (const drill of taken) await play(drill);
  const { code, out, err } = await ended;
  return { code, text: [...err, ...out].join('\n') };
}

const end = (result: DrillResult, finding: DrillFinding) => (drill: OpenDrill) =>
  finishDrill(control.database.sql, drill.id, { result, steps: STEPS, findings: [finding] });

test.each<[0 | 1, DrillResult, DrillFinding]>([
  [0, 'DELIVERED', MX_IS_WELL],
  [1, 'DELIVERED', MX_IS_NOT],
  [1, 'NOT_DELIVERED', MX_IS_WELL],
  [1, 'NOT_ACCEPTED', MX_IS_WELL],
])('ends with %p: %s, %p', async (expected, result, finding) => {
  const name = `drill${newId()}.example`;
  await addDomain(control, name);
  const { code, text } = await call([name], end(result, finding));
  expect(code).toBe(expected);
  expect(text).toContain(result);
  expect(text).toContain('EHLO   1  yes     250-one / 250 two');
});

test('one that is held is well so far, and tells until when', async () => {
  await addDomain(control, 'hold.example');
  const { code, text } = await call(['hold.example', '--hold', '30m'], (drill) =>
    holdDrill(control.database.sql, drill.id, { messageId: newId(), steps: STEPS, findings: [MX_IS_WELL] }),
  );
  expect(code).toBe(0);
  expect(text).toMatch(/result +HELD, is delivered in \d+ min or by --deliver/);
});
