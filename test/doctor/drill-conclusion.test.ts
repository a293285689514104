/** What a drill's findings come to, in one sentence. */
import { expect, test } from 'bun:test';
import { conclusionOf } from '../../src/doctor/drill-findings.ts';
import type { DrillFinding } from '../../src/db/schema-doctor.ts';

const WELL = ['STATUS', 'MX', 'USER_LIST', 'TLS', 'SPACE', 'RETRIES', 'ACCEPTANCE', 'DELIVERY'] as const;

/** All is well but for these. */
function findingsWith(changes: Partial<Record<DrillFinding['code'], DrillFinding['verdict']>> = {}): DrillFinding[] {
  const verdicts = { ...Object.fromEntries(WELL.map((code) => [code, 'OK'])), ...changes };
  return Object.entries(verdicts).map(([code, verdict]) => ({ code, verdict, message: '' }) as DrillFinding);
}

test('the worst decides, and what is wrong with the way to us before what is wrong behind it', () => {
  for (const [result, changes, verdict, says] of [
    ['DELIVERED', {}, 'OK', 'mail would come to us, be held, and be delivered when the primary is back.'],
    ['DELIVERED', { GREYLISTING: 'WARNING' }, 'WARNING', 'but late. See GREYLISTING.'],
    ['NOT_ATTEMPTED', { PAUSE: 'WARNING', DELIVERY: 'PROBLEM' }, 'PROBLEM', 'not be delivered. See DELIVERY.'],
    ['NOT_ATTEMPTED', { OUTAGE: 'PROBLEM', DELIVERY: 'PROBLEM' }, 'PROBLEM', 'See DELIVERY, OUTAGE.'],
    [
      'NOT_DELIVERED',
      { MX: 'PROBLEM', DELIVERY: 'PROBLEM' },
      'PROBLEM',
      'not come to us, or we would not accept it. See MX.',
    ],
    ['NOT_ACCEPTED', { ACCEPTANCE: 'PROBLEM' }, 'PROBLEM', 'See ACCEPTANCE.'],
    ['CANCELLED', { DELIVERY: 'WARNING' }, 'WARNING', 'accepted and held; it is not known how it would end'],
    ['INTERRUPTED', {}, 'WARNING', 'the drill was not completed.'],
  ] as const) {
    const conclusion = conclusionOf(result, findingsWith(changes));
    expect(conclusion).toMatchObject({ code: 'OUTLOOK', verdict });
    expect(conclusion.message).toStartWith('In an outage today ');
    expect(conclusion.message).toContain(says);
  }
  expect(conclusionOf('INTERRUPTED', []).message).toBe(
    'In an outage today it is not known how it would end: the drill was not completed.',
  );
});
