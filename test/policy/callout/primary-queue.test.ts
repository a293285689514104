/** The queue before one primary: whoever waits in it hears as soon as there is nothing more to wait for. */
import { expect, test } from 'bun:test';
import type { CalloutSession } from '../../../src/smtp/callout-session.ts';
import type { CalloutAnswer } from '../../../src/smtp/callout-commands.ts';
import { createPrimaryQueue, type CalloutOutcome } from '../../../src/policy/callout/primary-queue.ts';

const TARGET = { host: 'mx.example', addresses: ['192.0.2.1'], port: 25, key: '192.0.2.1:25' };
const TIMEOUT: CalloutAnswer = {
  stage: 'RCPT',
  reply: null,
  text: '[timeout]',
  silence: 'TIMEOUT',
  isNullSender: true,
  rcptCount: 1,
  isStale: false,
};

test('a question that the host leaves unanswered answers all who wait behind it', async () => {
  let dialCount = 0;
  const queue = createPrimaryQueue({
    open: async () => {
      dialCount += 1;
      let isAlive = true;
      const session: CalloutSession = {
        offers: { sizeLimitBytes: null } as CalloutSession['offers'],
        tls: null,
        localAddress: null,
        canAsk: () => isAlive,
        ask: async () => {
          isAlive = false;
          return TIMEOUT;
        },
        close: async () => undefined,
      };
      return { kind: 'OPEN', session };
    },
    budget: { take: async () => true, giveBack: () => undefined },
    monotonicMs: () => performance.now(),
    onOffer: () => undefined,
  });
  const asked = Array.from({ length: 50 }, (_, index): Promise<CalloutOutcome> => {
    const deadlineMs = performance.now() + 20_000;
    return queue.ask({ target: TARGET, destinationId: 'd', address: `user${index}@one.test`, deadlineMs });
  });
  expect(new Set((await Promise.all(asked)).map(({ kind }) => kind))).toEqual(new Set(['SILENT']));
  // At most one for each session.
  expect(dialCount).toBeLessThanOrEqual(2);
  await queue.close();
});
