/** The sentence of the service: each state by its words, the most urgent first. */
import { expect, test } from 'bun:test';
import { isSilent, serviceSentence, type ServiceState } from '../../../src/console/words/operator-sentence.ts';

const NOW = new Date('2026-12-02T12:03:00Z');
const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();

function node(seconds: number): ServiceState['nodes'][number] {
  const since = '2026-12-01T00:00:00Z';
  return { name: 'mx', version: '1', runtime: 'bun', roles: [], startedAt: since, lastSeenAt: ago(seconds) };
}

function slot(
  minute: number,
  acceptedCount: number,
  deliveredCount: number,
): NonNullable<ServiceState['recent']>[number] {
  const since = new Date(Date.parse('2026-12-02T11:00:00Z') + minute * 60_000);
  const until = new Date(since.getTime() + 300_000);
  return { since: since.toISOString(), until: until.toISOString(), acceptedCount, deliveredCount };
}

const TOTALS: ServiceState['totals'] = {
  tenantCount: 2,
  domainCount: 9,
  openOutageCount: 1,
  heldCount: 42_127,
  heldSize: 1,
  oldestAcceptedAt: null,
};
/** The slot that is not over yet does not count. */
const RECENT = [slot(50, 1, 1), slot(55, 64_200, 59_400), slot(60, 9, 9)];
const WELL: ServiceState = {
  troubleSince: null,
  nodes: [node(2), node(1), node(3)],
  reasons: [],
  totals: TOTALS,
  recent: RECENT,
};
const REST = '3 nodes, 214 accepted and 198 handed over a second. 42,127 messages are safe with us.';

test.each<[string, Partial<ServiceState>, string, string]>([
  ['well', {}, 'fine', `The service is well. ${REST}`],
  [
    'little',
    { recent: [slot(50, 12, 3)], totals: { ...TOTALS, heldCount: 0 } },
    'fine',
    'The service is well. 3 nodes, 2.4 accepted and 0.6 handed over a minute. Nothing is held.',
  ],
  [
    'nothing',
    { recent: [slot(50, 0, 0)], nodes: [node(1)], totals: { ...TOTALS, heldCount: 1 } },
    'fine',
    'The service is well. 1 node, nothing comes or goes at the moment. 1 message is safe with us.',
  ],
  [
    'not ready',
    { reasons: ['Free space is below MIN_FREE_BYTES.', 'second'], nodes: [node(40)], recent: null },
    'attention',
    'Free space is below MIN_FREE_BYTES. 1 node. 42,127 messages are safe with us.',
  ],
  [
    'own trouble',
    { troubleSince: '2026-12-02T02:14:00Z', reasons: ['Most primaries fail at once.'] },
    'attention',
    `Most servers cannot be reached from here since 02:14: the fault is ours. Nothing expires while that lasts. ${REST}`,
  ],
  [
    'a silent node',
    { nodes: [node(2), node(40), node(35)] },
    'attention',
    `2 of 3 nodes have not been seen for 40 s. ${REST}`,
  ],
  ['without the scope', { reasons: null, totals: null, recent: [] }, 'past', 'The service answers. 3 nodes.'],
])('%s', (_name, state, tone, text) => {
  const sentence = serviceSentence({ ...WELL, ...state }, NOW, 'UTC');
  expect(
    sentence.parts
      .map((part) => part.text)
      .join(' ')
      .replaceAll('\u00a0', ' '),
  ).toBe(text);
  expect([sentence.tone, sentence.parts[0]?.part]).toEqual([tone as typeof sentence.tone, 'first']);
});

test('a node is silent after 30 seconds', () => {
  expect([isSilent(node(30), NOW), isSilent(node(31), NOW)]).toEqual([false, true]);
});
