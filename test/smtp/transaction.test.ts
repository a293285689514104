import { describe, expect, test } from 'bun:test';
import { readAnswer } from '../../src/smtp/answer.ts';
import { type Command, createExchange, type Move } from '../../src/smtp/transaction.ts';

function commandsFor(recipientCount: number): Command[] {
  const recipients = Array.from({ length: recipientCount }, (_, recipient) => recipient);
  return [
    { kind: 'MAIL', line: 'MAIL' },
    ...recipients.map((recipient): Command => ({ kind: 'RCPT', line: 'RCPT', recipient })),
    { kind: 'DATA', line: 'DATA' },
  ];
}

function play(isPipelined: boolean, recipientCount: number, ...replies: string[]): Move {
  const exchange = createExchange(commandsFor(recipientCount), { isPipelined, isReused: false });
  const moves = replies.map((reply) => exchange.hear(readAnswer(reply)));
  for (const move of moves.slice(0, -1)) if (move.kind === 'END') throw new Error('ended early');
  const last = moves.at(-1);
  if (last === undefined) throw new Error('no reply');
  return last;
}

describe('a transaction, reply by reply (RFC 2920)', () => {
  test('without pipelining nothing is said behind a refused MAIL, nor DATA for nobody', () => {
    expect(play(false, 2, '550 5.1.8 no')).toMatchObject({ kind: 'END', isFit: true, transaction: { stage: 'MAIL' } });
    const refused = play(false, 2, '250 ok', '550 5.1.1 a', '550 5.1.1 b');
    expect(refused).toMatchObject({ kind: 'END', isFit: true, transaction: { stage: 'RCPT', accepted: [] } });
  });

  test('with pipelining the replies behind it are waited for, and DATA may be refused or not', () => {
    const replies = ['250 ok', '550 5.1.1 a', '550 5.1.1 b'];
    expect(play(true, 2, ...replies)).toEqual({ kind: 'WAIT' });
    expect(play(true, 2, ...replies, '554 5.5.1 nobody')).toMatchObject({
      kind: 'END',
      isFit: true,
      transaction: { stage: 'RCPT', answer: { text: '550 5.1.1 b' } },
    });
    // A dot would be a message, if an empty one: the session ends.
    expect(play(true, 2, ...replies, '354 go')).toMatchObject({
      kind: 'END',
      isFit: false,
      transaction: { stage: 'RCPT', accepted: [] },
    });
  });

  test('a connection lost behind the last answer of a recipient takes nothing back', () => {
    const exchange = createExchange(commandsFor(1), { isPipelined: true, isReused: false });
    exchange.hear(readAnswer('250 ok'));
    exchange.hear(readAnswer('550 5.1.1 no'));
    expect(exchange.endBy('DROPPED')).toMatchObject({ stage: 'RCPT', answer: { text: '550 5.1.1 no' } });
  });

  test('a refusal without its MAIL is nobody\u2019s', () => {
    const move = play(true, 1, '451 4.3.0 later', '503 5.5.1 MAIL first', '503 5.5.1 MAIL first');
    expect(move).toMatchObject({ kind: 'END', transaction: { stage: 'MAIL', answer: { text: '451 4.3.0 later' } } });
    if (move.kind === 'END') expect(move.transaction.refused.size).toBe(0);
  });

  test('one reply too many, seen at DATA: who was refused is not known, and nobody is', () => {
    // The first is a second reply to what came before; the 550 is the first recipient's.
    const move = play(true, 2, '250 once more', '250 ok', '550 5.1.1 a', '250 ok');
    expect(move).toMatchObject({ kind: 'END', isFit: false, transaction: { stage: 'DATA' } });
    if (move.kind === 'END') expect(move.transaction.refused.size).toBe(0);
  });

  test.each([
    ['354 go', false],
    ['451 4.3.0 later', true],
    ['250 ok', true],
  ])('%s to the dot: the session can carry another message: %p', (reply, isFit) => {
    const exchange = createExchange(commandsFor(1), { isPipelined: false, isReused: false });
    for (const early of ['250 ok', '250 ok', '354 go']) exchange.hear(readAnswer(early));
    exchange.finishContent();
    expect(exchange.hear(readAnswer(reply))).toMatchObject({ kind: 'END', isFit, transaction: { stage: 'DOT' } });
  });
});
