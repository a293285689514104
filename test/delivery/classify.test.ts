import { describe, expect, test } from 'bun:test';
import { classifyOffers, classifyTransaction, classifyTrouble, type Verdict } from '../../src/delivery/classify.ts';
import { noAnswer, readAnswer, type Silence } from '../../src/smtp/answer.ts';
import { readOffers } from '../../src/smtp/commands.ts';
import type { Transaction, TransactionStage } from '../../src/smtp/transaction.ts';

function transaction(
  stage: TransactionStage,
  answer: string | { silence: Silence },
  refused: { readonly [number: number]: string } = {},
  accepted: readonly number[] = [],
): Transaction {
  return {
    refused: new Map(Object.entries(refused).map(([number, text]) => [Number(number), readAnswer(text)])),
    accepted,
    stage,
    answer: typeof answer === 'string' ? readAnswer(answer) : noAnswer(answer.silence, 'a reply'),
    isStale: false,
  };
}

function classify(ended: Transaction, count = 1): string[] {
  const numbers = Array.from({ length: count }, (_, number) => number);
  const verdicts = classifyTransaction(ended, numbers, ['192.0.2.1', '2001:db8::25']);
  return numbers.map((number) => say(verdicts.get(number)));
}

/** `DEFERRED NEXT_HOST`, with the trouble behind it where it is the host's. */
function say(verdict: Verdict | undefined): string {
  if (verdict === undefined) return 'NONE';
  return [verdict.outcome.kind, verdict.next, verdict.trouble].filter(Boolean).join(' ');
}

/** The reply to the only RCPT, or to each. */
function rcpt(...replies: string[]): string[] {
  const accepted = replies.flatMap((reply, number) => (reply.startsWith('2') ? [number] : []));
  const refused = Object.fromEntries(
    replies.flatMap((reply, number) => (reply.startsWith('2') ? [] : [[number, reply]])),
  );
  const ended =
    accepted.length > 0
      ? transaction('DOT', '250 2.0.0 ok', refused, accepted)
      : transaction('RCPT', replies[0] ?? '', refused);
  return classify(ended, replies.length);
}

describe('RCPT', () => {
  test.each([
    ['550 5.1.1 No such user', 'FAILED DONE'],
    ['550 No such user', 'FAILED DONE'],
    ['553 bad address', 'FAILED DONE'],
    ['556 5.1.10 null MX', 'FAILED DONE'],
    ['450 4.2.1 Try later', 'DEFERRED NEXT_HOST'],
    ['451 4.7.1 Greylisted', 'DEFERRED NEXT_HOST'],
    ['421 4.3.2 Closing', 'DEFERRED NEXT_ADDRESS DROPPED'],
    ['552 Too many recipients', 'DEFERRED NEXT_HOST'],
    ['552 5.5.3 Too many recipients', 'DEFERRED NEXT_HOST'],
    ['552 5.2.2 Mailbox full', 'FAILED DONE'],
    ['552 5.3.4 Too big', 'FAILED DONE'],
    ['550 5.7.1 Denied', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['553 sorry, that domain is not here (#5.7.1)', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['550 5.1.1 <x>: 192.0.2.1 is not welcome', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['550 5.1.1 192.0.2.10 said no', 'FAILED DONE'],
    ['550 [2001:DB8::25] rejected', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['554 Service unavailable; Client host [x] blocked using zen.spamhaus.org', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['550 5.2.1 You are on our blacklist', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['530 5.7.0 Must issue a STARTTLS command first', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['521 5.3.2 This host takes no mail', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['503 5.5.1 Bad sequence', 'DEFERRED NEXT_HOST'],
    ['500 What?', 'DEFERRED NEXT_HOST'],
    ['555 5.5.4 Unsupported option', 'DEFERRED NEXT_HOST'],
    ['354 out of place', 'DEFERRED NEXT_ADDRESS FAULT'],
    ['complete junk', 'DEFERRED NEXT_ADDRESS FAULT'],
  ])('%s → %s', (reply, expected) => {
    expect(rcpt(reply)).toEqual([expected]);
  });

  test('partial: accepted ones delivered, 5yz failed, 4yz kept (protocol 57)', () => {
    expect(rcpt('250 ok', '550 5.1.1 no', '451 later')).toEqual([
      'DELIVERED DONE',
      'FAILED DONE',
      'DEFERRED NEXT_HOST',
    ]);
  });

  test('5.7.z is against us only when every recipient tried met it', () => {
    expect(rcpt('550 5.7.1 a', '550 5.7.1 b')).toEqual(Array(2).fill('DEFERRED NEXT_ADDRESS GREETING'));
    expect(rcpt('550 5.7.1 a', '451 4.2.1 b')).toEqual(['DEFERRED NEXT_ADDRESS GREETING', 'DEFERRED NEXT_HOST']);
    expect(rcpt('550 5.7.1 a', '250 ok')).toEqual(['FAILED DONE', 'DELIVERED DONE']);
    expect(rcpt('550 5.7.1 a', '550 5.1.1 b')).toEqual(['FAILED DONE', 'FAILED DONE']);
  });
});

describe('MAIL', () => {
  test.each([
    ['550 5.1.8 Sender domain does not exist', 'FAILED DONE'],
    ['501 5.1.7 Bad sender', 'FAILED DONE'],
    ['553 Bad sender', 'FAILED DONE'],
    ['552 5.3.4 Too big', 'FAILED DONE'],
    ['550 5.7.1 Rejected by policy', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['554 Refused', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['530 5.7.0 Authentication required', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['503 Polite people say hello', 'DEFERRED NEXT_HOST'],
    ['450 4.1.8 Sender domain not found', 'DEFERRED NEXT_HOST'],
    ['452 4.3.1 Disk full', 'DEFERRED NEXT_ADDRESS FAULT'],
    ['421 Bye', 'DEFERRED NEXT_ADDRESS DROPPED'],
    ['nonsense', 'DEFERRED NEXT_ADDRESS FAULT'],
  ])('%s → %s', (reply, expected) => {
    // The 503 to RCPT behind a refused MAIL says nothing.
    expect(classify(transaction('MAIL', reply, { 0: '503 5.5.1 Need MAIL' }))).toEqual([expected]);
  });
});

describe('DATA and the dot', () => {
  test.each([
    ['DATA', '554 5.6.0 No', 'FAILED DONE'],
    ['DATA', '550 5.7.1 Policy', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['DATA', '554 5.5.1 No valid recipients', 'DEFERRED NEXT_HOST'],
    ['DATA', '451 4.3.0 Later', 'DEFERRED NEXT_HOST'],
    ['DATA', '250 out of step', 'DEFERRED NEXT_ADDRESS FAULT'],
    ['CONTENT', '552 5.3.4 Too big', 'FAILED DONE'],
    ['CONTENT', '250 too early', 'DEFERRED NEXT_ADDRESS FAULT'],
    ['DOT', '250 ok', 'DELIVERED DONE'],
    ['DOT', '354 what', 'DEFERRED LATER FAULT'],
    ['DOT', '554 5.7.1 Spam', 'FAILED DONE'],
    ['DOT', '550 5.7.1 192.0.2.1 is listed', 'DEFERRED NEXT_ADDRESS GREETING'],
    ['DOT', '554 5.7.1 contains a URL on a blacklist (SURBL)', 'FAILED DONE'],
    ['DOT', '552 5.2.2 Mailbox full', 'FAILED DONE'],
    ['DOT', '451 4.3.0 Later', 'DEFERRED NEXT_HOST'],
    ['DOT', '421 4.3.2 Closing', 'DEFERRED NEXT_ADDRESS DROPPED'],
    ['DOT', '2ok', 'DEFERRED LATER FAULT'],
  ] as const)('%s: %s → %s', (stage, reply, expected) => {
    expect(classify(transaction(stage, reply, {}, [0]))).toEqual([expected]);
  });
});

describe('silence', () => {
  test('before the dot another address may be tried, after it not again at once (protocol 58)', () => {
    for (const stage of ['MAIL', 'RCPT', 'DATA', 'CONTENT'] as const) {
      expect(classify(transaction(stage, { silence: 'DROPPED' }))).toEqual(['DEFERRED NEXT_ADDRESS DROPPED']);
      expect(classify(transaction(stage, { silence: 'TIMEOUT' }))).toEqual(['DEFERRED NEXT_ADDRESS TIMEOUT']);
    }
    expect(classify(transaction('DOT', { silence: 'DROPPED' }))).toEqual(['DEFERRED LATER DROPPED']);
    expect(classify(transaction('DOT', { silence: 'TIMEOUT' }))).toEqual(['DEFERRED LATER TIMEOUT']);
    expect(classify(transaction('RCPT', { silence: 'STOPPED' }))).toEqual(['DEFERRED LATER']);
  });

  test('what was said before the connection broke stays said', () => {
    const ended = transaction('DATA', { silence: 'DROPPED' }, { 1: '550 5.1.1 no' }, [0]);
    expect(classify(ended, 2)).toEqual(['DEFERRED NEXT_ADDRESS DROPPED', 'FAILED DONE']);
  });
});

describe('no session', () => {
  test('a refusing greeting or EHLO is the host’s trouble, never a failure (protocol 59)', () => {
    const verdict = classifyTrouble('GREETING', '554 5.7.1 Go away');
    expect(say(verdict)).toBe('DEFERRED NEXT_ADDRESS GREETING');
    expect(verdict.outcome.reply).toEqual({ code: 554, enhancedCode: '5.7.1', text: 'Go away' });
  });

  test('without a reply our own words stand in brackets', () => {
    expect(classifyTrouble('REFUSED', '[connection refused]').outcome.reply).toEqual({
      code: 451,
      enhancedCode: '4.4.1',
      text: '[connection refused]',
    });
  });
});

describe('offers', () => {
  const offers = readOffers('250-x\n250-SIZE 65536\n250 PIPELINING');

  test('a SIZE below what every host must take fails nothing', () => {
    const mistaken = readOffers('250-x\n250 SIZE 65535');
    expect(classifyOffers({ sizeBytes: 65_536, needsSmtpUtf8: false }, mistaken)).toBeNull();
  });

  test('a smaller SIZE fails the message before a word of it is said (protocol 62)', () => {
    const verdict = classifyOffers({ sizeBytes: 65_537, needsSmtpUtf8: false }, offers);
    expect(verdict?.outcome).toMatchObject({ kind: 'FAILED', reply: { code: 552, enhancedCode: '5.3.4' } });
    expect(verdict?.text).toBe('[the message has 65537 octets, the next hop takes 65536]');
    expect(classifyOffers({ sizeBytes: 65_536, needsSmtpUtf8: false }, offers)).toBeNull();
  });

  test('SMTPUTF8 without the offer fails, no downgrade (protocol 32)', () => {
    expect(classifyOffers({ sizeBytes: 10, needsSmtpUtf8: true }, offers)?.outcome).toMatchObject({
      kind: 'FAILED',
      reply: { enhancedCode: '5.6.7' },
    });
    expect(classifyOffers({ sizeBytes: 10, needsSmtpUtf8: true }, readOffers('250-x\n250 SMTPUTF8'))).toBeNull();
  });

  test.each([
    ['250-x\n250 SIZE', null],
    ['250-x\n250 SIZE 0', null],
    ['250-x\n250-size 35882577\n250 HELP', 35_882_577],
    ['250 SIZE 5', null],
    ['250-x\n250 SIZE lots', null],
  ])('%j: a limit of %p', (reply, limit) => {
    expect(readOffers(reply).sizeLimitBytes).toBe(limit);
  });
});
