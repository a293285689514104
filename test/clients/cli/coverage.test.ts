/** The clients can do what the API can: each mutation has a verb, each setting of a domain an option and an attribute, each closed set its words. */
import { expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { mutationsOf, settingsOf, terraformOf, verbsOfMutations } from '../../../bin/coverage.ts';
import { SETTINGS } from '../../../src/clients/cli/domain-settings.ts';
import { grammarOf } from '../../../src/clients/cli/grammar.ts';
import { nearest } from '../../../src/clients/cli/suggest.ts';
import { tableLines, text } from '../../../src/clients/cli/table.ts';
import { spanText, timeText } from '../../../src/clients/cli/time.ts';
import { VERBS } from '../../../src/clients/cli/verbs.ts';

const schema = buildSchema(await readFile(join(import.meta.dirname, '../../../schema.graphql'), 'utf8'));

test('every mutation has a verb', async () => {
  const verbs = await verbsOfMutations();
  expect(mutationsOf(schema).filter((mutation) => !verbs.has(mutation))).toEqual([]);
});

test('every setting of a domain has an option of domain set and domain create', async () => {
  expect(Object.keys(SETTINGS).toSorted()).toEqual([...settingsOf(schema)].toSorted());
  const verb = await VERBS['domain']?.();
  if (verb === undefined || !('actions' in verb)) throw new Error('there is no verb domain');
  for (const name of ['set', 'create']) {
    const options = Object.keys(grammarOf(verb.actions[name]?.usage ?? '').options);
    expect(options).toEqual(expect.arrayContaining(Object.values(SETTINGS).map(({ option }) => option)));
  }
});

test('every setting of a domain has an attribute or a resource in Terraform', () => {
  expect(settingsOf(schema).filter((setting) => terraformOf(setting) === null)).toEqual([]);
  expect(terraformOf('noSuchSetting')).toBeNull();
});

test.each([
  ['lst', ['list', 'show'], 'list'],
  ['--nothing-like-it', ['list', 'show'], null],
  ['recipient', ['recipients', 'rejections'], 'recipients'],
  ['outage.opened', ['OUTAGE_OPENED', 'OUTAGE_CLOSED'], 'OUTAGE_OPENED'],
  ['flsuh', ['flush', 'pause'], 'flush'],
])('%p, of %p, was meant as %p', (typed, known, meant) => {
  expect(nearest(typed, known)).toBe(meant);
});

test.each([
  [12 * 60_000, 'in 12 min'],
  [65 * 60_000, 'in 1 h 5 min'],
  [-40_000, '40 s ago'],
  [-50 * 3_600_000, '2 d 2 h ago'],
  [0, 'now'],
  [100 * 86_400_000, '2026-11-09'],
])('an instant %p ms from now is said as %p', (ms, said) => {
  const nowMs = Date.parse('2026-08-01T03:10:00Z');
  const at = new Date(nowMs + ms).toISOString();
  expect(timeText(nowMs, false)(at)).toBe(said);
  expect(timeText(nowMs, true)(at)).toBe(at);
  expect(spanText(90_000)).toBe('1 min');
});

test('a table fits the screen: texts are wrapped, and where that is not enough a row is a block', () => {
  const columns = ['ID', text('REPLY')];
  const rows = [['0198', '450 4.2.0 greylisted, come back in five minutes']];
  const wide = tableLines({ columns, rows }, { isStyled: false, width: null });
  expect(wide).toEqual(['ID    REPLY', '0198  450 4.2.0 greylisted, come back in five minutes']);
  const narrow = tableLines({ columns, rows }, { isStyled: false, width: 30 });
  expect(narrow).toEqual(['ID    REPLY', '0198  450 4.2.0 greylisted,', '      come back in five', '      minutes']);
  expect(tableLines({ columns, rows }, { isStyled: false, width: 15 })).toEqual([
    'id     0198',
    'reply  450 4.2.0',
    '       greylisted,',
    '       come back in',
    '       five minutes',
  ]);
});
