/** The auditor of a chaos run finds every planted lie, and excuses only what a recorded trouble explains. */
import { describe, expect, test } from 'bun:test';
import { type AuditInput, audit, countDoubles } from '../helpers/chaos-audit.ts';
import type { Copy } from '../helpers/chaos-primary.ts';
import type { Ending } from '../helpers/chaos-records.ts';
import type { OtherDot, Sent } from '../helpers/chaos-senders.ts';
import type { Trouble, TroubleKind } from '../helpers/chaos-troubles.ts';

const NODE = 'a.nodes.test.example';
const PRIMARY = '127.0.0.5';
const ID = 'known';
const TO = 'u1-0@one.chaos.example';

const COPY: Copy = {
  key: 'first.',
  dataAt: 100_000,
  at: 100_050,
  primary: PRIMARY,
  node: NODE,
  reversePath: 's1@sender.example',
  transaction: ID,
  messageId: '',
  number: 1,
  digest: 'right',
  recipients: [TO],
  reported: [],
  isHeard: true,
};
const AGAIN: Copy = { ...COPY, key: 'second.', dataAt: 130_000, at: 130_050 };
const DSN: Copy = {
  ...COPY,
  key: 'report.',
  primary: '127.0.0.3',
  reversePath: '',
  number: 1,
  messageId: '<1@a>',
  recipients: ['s1@sender.example'],
  reported: [TO],
};
const ENDING: Ending = { kind: 'MAIL', transaction: ID, address: TO, number: 1, state: 'DELIVERED', lastReply: '' };
const DELIVERED: Ending = { ...ENDING, lastReply: '250 2.0.0 Taken as first.' };
const FAILED: Ending = { ...ENDING, state: 'FAILED', lastReply: '550 5.1.1 No such user here' };
const HELD: Ending = { ...ENDING, state: 'HELD' };
/** The outcome with the first answer was committed 100 ms after the message was taken. */
const RECORDED = { 'first.': 100_150 };

interface Story {
  readonly copies?: readonly Copy[];
  readonly endings?: readonly Ending[];
  readonly troubles?: readonly Trouble[];
  readonly recorded?: Readonly<Record<string, number>>;
  readonly leftovers?: readonly string[];
  readonly accepted?: Sent['accepted'];
  readonly others?: OtherDot[];
  readonly lost?: readonly string[];
}

function reckon(story: Story) {
  const { copies = [], endings = [], troubles = [], recorded = {}, leftovers = [], others = [], lost = [] } = story;
  const accepted = story.accepted ?? new Map([[ID, [TO]]]);
  const input: AuditInput = {
    sent: new Map([[1, { number: 1, digest: 'right', accepted, others }]]),
    copies,
    troubles,
    records: { endings, recordedAt: new Map(Object.entries(recorded)), leftovers },
    lost: new Set(lost),
  };
  const result = audit(input);
  return { ...result, kinds: result.faults.map((fault) => fault.replace(/:.*/s, '')), excuses: countDoubles(result) };
}

function trouble(target: string, kind: TroubleKind, from: number, to = from + 2000): Trouble {
  return { target, kind, from, to };
}

describe('without a fault', () => {
  test.each<[string, Story]>([
    ['delivered', { copies: [COPY], endings: [DELIVERED] }],
    ['bounced and told', { copies: [DSN], endings: [FAILED] }],
    ['held for a primary that never comes back', { endings: [HELD], lost: ['one.chaos.example'] }],
  ])('%s', (_what, story) => {
    const { faults, promised, delivered, held, bounced } = reckon(story);
    expect(faults).toEqual([]);
    expect(promised).toBe(delivered + held + bounced);
  });
});

describe('a planted lie', () => {
  test.each<[string, Story]>([
    ['lost', {}],
    ['lost', { copies: [COPY] }],
    ['altered', { copies: [{ ...COPY, digest: 'wrong' }], endings: [DELIVERED] }],
    ['stored twice', { copies: [COPY], endings: [DELIVERED, HELD] }],
    ['said to be delivered, and never came', { endings: [DELIVERED] }],
    [
      'said to be delivered, and never came',
      { copies: [{ ...COPY, recipients: ['x@one.chaos.example'] }], endings: [DELIVERED] },
    ],
    ['delivered, and said to be FAILED', { copies: [COPY, DSN], endings: [FAILED] }],
    ['delivered, and said to be HELD', { copies: [COPY], endings: [HELD], lost: ['one.chaos.example'] }],
    ['still held', { endings: [HELD] }],
    ['ended as EXPIRED', { endings: [{ ...ENDING, state: 'EXPIRED' }] }],
    ['failed, and nobody was told', { endings: [FAILED] }],
    ['failed, and nobody was told', { copies: [{ ...DSN, reported: ['x@one.chaos.example'] }], endings: [FAILED] }],
    ['told twice', { copies: [DSN, { ...DSN, key: 'other.', messageId: '<2@a>' }], endings: [FAILED] }],
    ['reported, and DELIVERED', { copies: [COPY, DSN], endings: [DELIVERED] }],
    ['left over', { copies: [COPY], endings: [DELIVERED], leftovers: ['content'] }],
    ['needlessly twice', { copies: [COPY, AGAIN], endings: [DELIVERED] }],
    ['needlessly twice', { copies: [DSN, { ...DSN, key: 'again.', at: 130_050 }], endings: [FAILED] }],
  ])('%s', (kind, story) => {
    expect(reckon(story).kinds).toEqual([kind]);
  });
});

describe('a second copy', () => {
  const twice = (first: Partial<Copy>, recorded: Story['recorded'], ...troubles: Trouble[]) =>
    reckon({ copies: [{ ...COPY, ...first }, AGAIN], endings: [DELIVERED], troubles, recorded: recorded ?? {} });

  test.each<[string, ...Parameters<typeof twice>]>([
    ['nothing happened', {}, {}],
    ['the node was killed before the dot', {}, {}, trouble(NODE, 'KILL', 90_000)],
    ['the node was killed behind the commit', {}, RECORDED, trouble(NODE, 'KILL', 101_000)],
    ['the node was stopped behind the commit', {}, RECORDED, trouble(NODE, 'PAUSE', 101_000)],
    ['another node was killed', {}, RECORDED, trouble('b.nodes.test.example', 'KILL', 100_100)],
    ['the node was restarted, and no more', {}, {}, trouble(NODE, 'RESTART', 100_100)],
    ['its clock was set', {}, {}, trouble(NODE, 'CLOCK', 100_100)],
    ['the primary died, and the answer was heard', {}, {}, trouble(PRIMARY, 'KILL', 100_100)],
    ['the primary died, and the answer was recorded', { isHeard: false }, RECORDED, trouble(PRIMARY, 'KILL', 100_100)],
    ['another primary died', { isHeard: false }, {}, trouble('127.0.0.6', 'KILL', 100_100)],
    ['the primary was full', { isHeard: false }, {}, trouble(PRIMARY, 'FULL', 100_100)],
    ['only the database died', {}, {}, trouble('database', 'KILL', 100_100)],
  ])('is needless where %s', (_what, ...given) => {
    const { kinds, doubles } = twice(...given);
    expect(kinds).toEqual(['needlessly twice']);
    expect(doubles).toEqual([]);
  });

  test.each<[string, ...Parameters<typeof twice>]>([
    ['REPLY_LOST', { isHeard: false }, {}, trouble(PRIMARY, 'KILL', 100_060)],
    ['REPLY_LOST', { isHeard: false }, {}, trouble(PRIMARY, 'CUT', 100_060)],
    ['NODE_KILLED', {}, {}, trouble(NODE, 'KILL', 100_100)],
    ['NODE_PAUSED', {}, { 'first.': 160_000 }, trouble(NODE, 'PAUSE', 99_990, 159_000)],
    ['NODE_CUT_OFF', {}, { 'first.': 104_000 }, trouble(NODE, 'CUT', 100_100)],
    ['NODE_CUT_OFF', {}, { 'first.': 160_000 }, trouble(NODE, 'PARTITION', 90_000, 150_000)],
    ['NODE_STOPPED_WITHOUT_DATABASE', {}, {}, trouble('database', 'KILL', 99_000), trouble(NODE, 'RESTART', 100_100)],
  ])('is excused by %s', (excuse, ...given) => {
    const { faults, excuses } = twice(...given);
    expect(faults).toEqual([]);
    expect(excuses).toEqual({ [excuse]: 1 });
  });

  test('a third copy needs its own reason', () => {
    const third = { ...COPY, key: 'third.', dataAt: 150_000, at: 150_050 };
    const { kinds, excuses } = reckon({
      copies: [COPY, AGAIN, third],
      endings: [DELIVERED],
      troubles: [trouble(NODE, 'KILL', 100_100)],
    });
    expect(kinds).toEqual(['needlessly twice']);
    expect(excuses).toEqual({ NODE_KILLED: 1 });
  });
});

describe('mail whose sender had no 250', () => {
  const silent: OtherDot = { node: NODE, reply: null, from: 90_000, to: 99_000 };
  const unasked = (others: OtherDot[], ...troubles: Trouble[]) =>
    reckon({ accepted: new Map(), copies: [COPY], endings: [DELIVERED], others, troubles });

  test('may have been taken where the answer had a reason not to come', () => {
    const { faults, takenUnanswered } = unasked([silent], trouble(NODE, 'KILL', 95_000));
    expect(faults).toEqual([]);
    expect(takenUnanswered).toBe(1);
  });

  test.each<[string, string[], OtherDot[], ...Trouble[]]>([
    ['nobody sent it', ['taken without a 250'], []],
    ['nothing was wrong', ['not answered, and nothing was wrong', 'taken without a 250'], [silent]],
    ['it was put off', ['taken without a 250'], [{ ...silent, reply: '451 4.3.0' }]],
    [
      'the node was restarted',
      ['not answered, and nothing was wrong', 'taken without a 250'],
      [silent],
      trouble(NODE, 'RESTART', 95_000),
    ],
  ])('is a fault where %s', (_what, kinds, others, ...troubles) => {
    expect(unasked(others, ...troubles).kinds).toEqual(kinds);
  });

  test('has an end like any other', () => {
    const story = { accepted: new Map(), others: [silent], troubles: [trouble('database', 'KILL', 95_000)] };
    expect(reckon({ ...story, endings: [HELD] }).kinds).toEqual(['still held']);
    expect(reckon({ ...story, endings: [{ ...HELD, number: 7 }] }).kinds).toEqual(['from nobody']);
  });
});
