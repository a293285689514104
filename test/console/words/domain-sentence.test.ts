/** The sentence of a domain's page: every state of the table, in its words, and the first that fits decides. */
import { expect, test } from 'bun:test';
import { type DomainState, domainSentence } from '../../../src/console/words/domain-sentence.ts';

const NOW = new Date('2026-12-02T01:50:00Z');
const FAR = '2026-12-11T21:10:00Z';

const WELL: DomainState = {
  name: 'northwind.example',
  status: 'ACTIVE',
  situation: 'FINE',
  revision: 1,
  proof: null,
  queue: { heldCount: 0, heldSize: 0, oldestAcceptedAt: null, firstExpiryAt: null, nextAttemptAt: null },
  pause: null,
  breaker: { state: 'CLOSED', since: null, reply: null },
  requestedAttempt: null,
  outage: null,
  lastOutage: null,
  doctor: null,
  deliverTo: [],
  drainPerMinute: null,
  hasCallAheads: true,
  recipientList: { isEnabled: false, entryCount: 0 },
  drills: { nodes: [] },
};
const HELD: DomainState = {
  ...WELL,
  queue: {
    heldCount: 1204,
    heldSize: 33_000_000,
    oldestAcceptedAt: '2026-12-01T21:10:00Z',
    firstExpiryAt: FAR,
    nextAttemptAt: '2026-12-02T01:53:00Z',
  },
};
type Outage = NonNullable<DomainState['outage']>;
const OUTAGE: Outage = {
  startedAt: '2026-12-01T21:10:00Z',
  kind: 'DOWN',
  attemptCount: 20,
  expiredCount: 0,
  evidence: [
    { at: '2026-12-02T01:38:00Z', trouble: 'REFUSED', host: 'mx.northwind.example', reply: '[connection refused]' },
  ],
};
const AWAY: DomainState = { ...HELD, outage: OUTAGE };

function said(domain: DomainState, troubleSince: string | null = null): string {
  const { label, tone, parts } = domainSentence(domain, { troubleSince }, NOW, 'UTC');
  return `${label}, ${tone}: ${parts.map(({ text }) => text).join(' ')}`.replaceAll('\u00a0', ' ');
}

function ofKind(kind: Outage['kind'], trouble: Outage['evidence'][number]['trouble'] = null): DomainState {
  const evidence = [{ at: OUTAGE.startedAt, trouble, host: null, reply: '' }];
  return { ...WELL, outage: { ...OUTAGE, kind, evidence } };
}

function withFinding(code: 'NOT_LISTED' | 'MX_ALIAS', verdict: 'PROBLEM' | 'WARNING'): DomainState {
  const finding = { code, verdict, advice: null, evidence: [] };
  return { ...AWAY, doctor: { at: OUTAGE.startedAt, verdict, findings: [finding] } };
}

const SAFE = '1,204 messages are safe with us.';
const UNTIL = 'Nothing expires before Fri 11 Dec.';

test.each<readonly [string, DomainState, string]>([
  [
    'not proven',
    { ...WELL, status: 'PENDING' },
    'Not proven, attention: We do not take mail for this domain yet: it is not proven to be yours. Nothing is held. Publish the TXT record below; we look for it every minute.',
  ],
  [
    'suspended',
    { ...AWAY, status: 'SUSPENDED' },
    `Suspended, attention: This domain is suspended: senders are asked to try again later. ${SAFE} Next try in 3 min. ${UNTIL}`,
  ],
  [
    'mail is refused or lost',
    withFinding('NOT_LISTED', 'PROBLEM'),
    `Not protected, loss: None of our MX names is listed: when your server is down, senders do not find us. ${SAFE} Next try in 3 min. ${UNTIL}`,
  ],
  [
    'paused until a time',
    { ...AWAY, pause: { from: OUTAGE.startedAt, until: '2026-12-02T05:50:00Z', reason: null, isInForce: true } },
    `Paused, held: Delivery is paused until 05:50. ${SAFE} Delivery goes on in 4 h. ${UNTIL}`,
  ],
  [
    'paused without an end',
    { ...AWAY, pause: { from: OUTAGE.startedAt, until: null, reason: null, isInForce: true } },
    `Paused, held: Delivery is paused until you resume it. ${SAFE} ${UNTIL}`,
  ],
  [
    'breaker',
    { ...AWAY, breaker: { state: 'OPEN', since: '2026-12-01T19:50:00Z', reply: '550 no' } },
    `Refuses known mailboxes, attention: Your server has refused mailboxes it knows since yesterday 19:50. ${SAFE} We test one message in 3 min. ${UNTIL}`,
  ],
  [
    'refused',
    AWAY,
    `Server away, held: Your server has refused connections since yesterday 21:10. ${SAFE} Next try in 3 min. ${UNTIL}`,
  ],
  [
    'handing over',
    {
      ...HELD,
      lastOutage: {
        endedAt: '2026-12-02T01:35:00Z',
        expiredCount: 0,
        heldAtEndCount: 9000,
        drain: { messagesPerSecond: 4, etaAt: '2026-12-02T01:59:00Z' },
      },
    },
    'Handing over, held: Your server has been back since 01:35. We are handing over 1,204 messages. All of it is there in 9 min.',
  ],
  [
    'handing over, the rate is not known',
    {
      ...HELD,
      lastOutage: {
        endedAt: '2026-12-02T01:35:00Z',
        expiredCount: 2,
        heldAtEndCount: 9000,
        drain: { messagesPerSecond: 0, etaAt: null },
      },
    },
    'Handing over, held: Your server has been back since 01:35. 2 messages have expired; their senders were told. We are handing over 1,204 messages.',
  ],
  [
    'held, no outage',
    HELD,
    `Some mail waits, held: Your server takes mail, but put some messages off. ${SAFE} Next try in 3 min. ${UNTIL}`,
  ],
  [
    'a check failed',
    { ...withFinding('MX_ALIAS', 'WARNING'), outage: null, queue: WELL.queue },
    'A check failed, attention: Your server takes its mail itself. A check found a problem. Nothing is held.',
  ],
  ['well', WELL, 'All is well, fine: Your server takes its mail itself. Nothing is held, nothing is late.'],
])('%s', (_state, domain, text) => expect(said(domain)).toBe(text));

test.each<readonly [Outage['kind'], Outage['evidence'][number]['trouble'], string]>([
  ['DOWN', 'UNREACHABLE', 'Server away, held: There has been no route to your server'],
  ['DOWN', 'TIMEOUT', 'Server away, held: Your server has not answered'],
  ['BLOCKING', null, 'Turned away, attention: Your server has turned us away'],
  ['GREYLISTING', null, 'Greylisted, attention: Your server has greylisted everything from us'],
  ['RATE_LIMITING', null, 'Limited, attention: Your server has limited what it takes from us'],
  ['TARPITTING', null, 'Too slow, attention: Your server has been too slow to take mail'],
  ['MISCONFIGURED', null, 'Refuses wrongly, attention: Your server has refused what it should take'],
  ['DNS_BROKEN', null, 'DNS is broken, attention: The DNS has not found your server'],
])('an outage of kind %s (%s)', (kind, trouble, text) =>
  expect(said(ofKind(kind, trouble))).toBe(`${text} since yesterday 21:10. Nothing is held.`),
);

test('own trouble is ours, and nothing expires in it; a domain without mail is not told of it', () => {
  const near = { ...AWAY, queue: { ...AWAY.queue, firstExpiryAt: '2026-12-02T02:50:00Z' } };
  expect(said(near, '2026-12-02T00:50:00Z')).toBe(
    `Our fault, attention: Most servers cannot be reached from here since 00:50: the fault is ours. ${SAFE} Next try in 3 min. Nothing expires while that lasts.`,
  );
  expect(said(WELL, '2026-12-02T00:50:00Z')).toContain('All is well');
});

test('a loss is red, and is never left out', () => {
  const queue = {
    ...HELD.queue,
    heldCount: 1,
    firstExpiryAt: '2026-12-03T10:03:00Z',
    nextAttemptAt: '2026-12-02T01:50:00.400Z',
  };
  const domain = { ...AWAY, queue, outage: { ...OUTAGE, expiredCount: 1 } };
  expect(said(domain)).toBe(
    'Server away, loss: Your server has refused connections since yesterday 21:10. 1 message has expired; its sender was told. 1 message is safe with us. We are trying now. The first message expires tomorrow 10:03, in 1 d 8 h.',
  );
  const { parts } = domainSentence(domain, { troubleSince: null }, NOW, 'UTC');
  expect(parts.map(({ part }) => part)).toEqual(['first', 'loss', 'rest', 'rest', 'loss']);
});

test('the first state that fits decides', () => {
  const all: DomainState = {
    ...withFinding('NOT_LISTED', 'PROBLEM'),
    status: 'SUSPENDED',
    pause: { from: OUTAGE.startedAt, until: null, reason: null, isInForce: true },
    breaker: { state: 'OPEN', since: null, reply: null },
  };
  const states: string[] = [];
  let domain: DomainState = { ...all, status: 'PENDING' };
  const next = (changes: Partial<DomainState>, troubleSince: string | null = NOW.toISOString()): void => {
    domain = { ...domain, ...changes };
    states.push(domainSentence(domain, { troubleSince }, NOW, 'UTC').state);
  };
  next({});
  next({ status: 'SUSPENDED' });
  next({ status: 'ACTIVE' });
  next({ doctor: null });
  next({}, null);
  next({ pause: null }, null);
  next({ breaker: WELL.breaker }, null);
  next({ outage: null }, null);
  next({ queue: WELL.queue }, null);
  expect(states).toEqual([
    'PENDING',
    'SUSPENDED',
    'UNPROTECTED',
    'OUR_FAULT',
    'PAUSED',
    'BREAKER',
    'OUTAGE',
    'HOLDING',
    'FINE',
  ]);
});
