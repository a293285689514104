/** The sentence of a message in each of its states: where it is, what is lost and who was told, what comes next, until when. */
import { expect, test } from 'bun:test';
import { messageSentence, type MessageState } from '../../../src/console/words/message-sentence.ts';

const NOW = new Date('2026-12-02T01:30:00Z');
const HELD = { acceptedAt: '2026-12-01T21:10:00Z', expiresAt: '2026-12-11T21:10:00Z', endedAt: null };
const ENDED = { ...HELD, endedAt: '2026-12-02T01:10:00Z' };
type Recipient = MessageState['recipients'][number];

function recipient(state: Recipient['state'], more: Partial<Recipient> = {}): Recipient {
  return {
    address: 'anna@north.example',
    state,
    nextAttemptAt: state === 'HELD' ? '2026-12-02T01:43:00Z' : null,
    attemptCount: 1,
    lastReply: null,
    dsnSuppressedReason: null,
    suspectedAt: null,
    suspectedReply: null,
    ...more,
  };
}

const held = recipient('HELD');
const delivered = recipient('DELIVERED');
const failed = recipient('FAILED');
const expired = recipient('EXPIRED');
const cancelled = recipient('CANCELLED');
const silent = recipient('FAILED', { dsnSuppressedReason: 'its sender was forged' });
const TOOK = 'We took it yesterday 21:10';
const LASTED = `${TOOK}; it ended 01:10, after 4 h.`;

test.each([
  [
    `This message is safe with us. ${TOOK}. Next try in 13 min. It is kept until Fri 11 Dec.`,
    'held',
    { ...HELD, recipients: [held] },
  ],
  [
    `This message is safe with us. ${TOOK}. We are trying now. It is kept until Fri 11 Dec.`,
    'held',
    { ...HELD, recipients: [recipient('HELD', { nextAttemptAt: '2026-12-02T01:29:00Z' })] },
  ],
  [
    `This message is safe with us. ${TOOK}. Delivery is paused. It is kept until Fri 11 Dec.`,
    'held',
    { ...HELD, recipients: [recipient('HELD', { nextAttemptAt: null })] },
  ],
  [
    `This message is safe with us. ${TOOK}. Next try in 13 min. It expires tomorrow 10:03, in 1 d 8 h.`,
    'loss',
    { ...HELD, expiresAt: '2026-12-03T10:03:00Z', recipients: [held, held] },
  ],
  [
    `This message is safe with us. ${TOOK}. Next try in 13 min. It expires at its next try.`,
    'loss',
    { ...HELD, expiresAt: '2026-12-02T01:00:00Z', recipients: [held] },
  ],
  [`Your server has this message. ${LASTED}`, 'fine', { ...ENDED, recipients: [delivered, delivered] }],
  [`This message could not be handed over. Its sender is told. ${LASTED}`, 'loss', { ...ENDED, recipients: [failed] }],
  [
    `This message could not be handed over. Its sender is not told. ${LASTED}`,
    'loss',
    { ...ENDED, recipients: [silent] },
  ],
  [
    `This message has expired. It is a report itself, so no one was told. ${LASTED}`,
    'loss',
    { ...ENDED, reversePath: null, recipients: [expired] },
  ],
  [
    `Your server has this message. ${TOOK}; it ended yesterday 21:10, within a minute.`,
    'fine',
    { ...ENDED, endedAt: '2026-12-01T21:10:40Z', recipients: [delivered] },
  ],
  [`This message was cancelled. ${LASTED} No one was told.`, 'past', { ...ENDED, recipients: [cancelled] }],
  [
    `Your server has this message for 1 of 3 recipients. It is safe with us for 2. ${TOOK}. Next try in 13 min. It is kept until Fri 11 Dec.`,
    'held',
    { ...HELD, recipients: [delivered, held, held] },
  ],
  [
    `It is safe with us for 1 of 2 recipients. It could not be handed over for 1 recipient. Its sender is told. ${TOOK}. Next try in 13 min. It is kept until Fri 11 Dec.`,
    'held',
    { ...HELD, recipients: [failed, held] },
  ],
  [
    `Your server has this message for 1 of 4 recipients. It could not be handed over for 2 recipients. It has expired for 1 recipient. Its sender is told, but not of 1 recipient. ${LASTED}`,
    'loss',
    { ...ENDED, recipients: [delivered, failed, silent, expired] },
  ],
  [
    `This message has ended. It could not be handed over for 1 recipient. Its sender is told. ${LASTED} For 1 recipient it was cancelled, and no one was told.`,
    'loss',
    { ...ENDED, recipients: [failed, cancelled] },
  ],
] as const)('%s', (text, tone, message) => {
  const sentence = messageSentence({ reversePath: 'maria@client.example', ...message }, NOW, 'UTC');
  const plain = sentence.parts.map((part) => part.text).join(' ');
  expect(plain.replaceAll('\u00a0', ' ')).toBe(text);
  expect(sentence.tone).toBe(tone);
  expect(sentence.label === 'Expires soon').toBe(/It expires/.test(text));
  // Red is only what is lost, or will be within 48 hours.
  const isLoss = /could not|expired|expires/.test(text);
  expect(sentence.parts.some(({ part }) => part === 'loss')).toBe(isLoss);
});

test('times are those of whoever looks', () => {
  const message = { ...HELD, reversePath: null, recipients: [held] };
  const [, when] = messageSentence(message, NOW, 'America/New_York').parts;
  expect(when?.text).toBe('We took it 16:10.');
});
