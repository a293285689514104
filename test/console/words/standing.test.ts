/** The words about a mailbox, and about a message whose recipients fared differently. */
import { expect, test } from 'bun:test';
import { stateLabel } from '../../../src/console/words/message-states.ts';
import { type Standing, standingText } from '../../../src/console/words/standing.ts';

const NOW = new Date('2026-12-02T12:00:00Z');
const UNKNOWN: Standing = {
  address: 'anna@north.example',
  isListed: null,
  deliveredAt: null,
  answer: null,
  answeredAt: null,
  reply: null,
  suspectedAt: null,
  isCatchAll: null,
};

test.each([
  ['Nothing is known of this mailbox: its mail is taken while your server is away, as you set it.', {}],
  ['It is in your User List: its mail is taken.', { isListed: true }],
  ['It is not in your User List: its mail is refused.', { isListed: false }],
  ['Your server took mail for it 10:15.', { deliveredAt: '2026-12-02T10:15:00Z' }],
  [
    'Your server knows this mailbox, asked yesterday 10:15.',
    { answer: 'POSITIVE', answeredAt: '2026-12-01T10:15:00Z' },
  ],
  ['Your server does not know this mailbox, asked 10:15.', { answer: 'NEGATIVE', answeredAt: '2026-12-02T10:15:00Z' }],
  [
    'Your server took mail for it 10:15. Your server has refused it since 11:00, though it took its mail before.',
    { deliveredAt: '2026-12-02T10:15:00Z', suspectedAt: '2026-12-02T11:00:00Z' },
  ],
  ['Your server takes mail for any mailbox, so it is not asked.', { isCatchAll: true }],
] as const)('%s', (text, known) => {
  const sentences = standingText({ ...UNKNOWN, ...known }, NOW, 'UTC');
  expect(sentences.join(' ').replaceAll('\u00a0', ' ')).toBe(text);
});

test.each([
  [['HELD'], 'Held', 'held'],
  [['DELIVERED', 'HELD', 'HELD'], 'Held, some handed over', 'held'],
  [['DELIVERED', 'FAILED', 'EXPIRED'], 'Expired, some not handed over, some handed over', 'loss'],
  [['CANCELLED', 'DELIVERED'], 'Cancelled, some handed over', 'past'],
] as const)('%j is %s', (states, text, tone) => expect(stateLabel(states)).toEqual({ text, tone }));
