/** What the sentences of a timeline say of numbers, and of facts that a version before did not record. */
import { expect, test } from 'bun:test';
import { sentenceOf } from '../../../src/queue/read/timeline-text.ts';

const ENDED = 'All mail held during the outage has been delivered or has ended';

test.each([
  [undefined, `${ENDED}, or waits for other reasons.`],
  [0, `${ENDED}.`],
  [1, `${ENDED}; 1 message still waits for other reasons.`],
  [12, `${ENDED}; 12 messages still wait for other reasons.`],
])('an outage that has drained while %p wait', (waitingCount, text) => {
  const facts = waitingCount === undefined ? {} : { waitingCount };
  expect(sentenceOf({ kind: 'OUTAGE_DRAINED', recipients: [], reply: null, host: null, actor: null, facts })).toBe(
    text,
  );
});
