/** `npm run prose`: each rule finds what is planted for it, and leaves alone what is right. */
import { expect, test } from 'bun:test';
import {
  badOpening,
  badWords,
  checkMarkdown,
  checkSchema,
  checkSource,
  longSentences,
  ratchet,
} from '../../bin/prose-rules.ts';

const texts = (complaints: readonly { readonly text: string }[]): string[] => complaints.map(({ text }) => text);
const WORDS_26 = `${'word '.repeat(25)}word.`;

test.each(['Of', 'Who', 'Whose', 'What', 'Where'])('a description that begins with %s', (word) => {
  expect(texts(badOpening(`${word} is held.`, 1))).toEqual([`begins with "${word}": begin with the subject`]);
  expect(badOpening(`${word}ever it is, The address.`, 1)).toEqual([]);
});

test.each(['Two seconds behind the outage.', 'It is behind us.', 'behind\nthe dot'])('"behind" in: %s', (text) => {
  expect(badWords(text)).toHaveLength(1);
});

test.each([
  'It runs behind a proxy.',
  'Nodes behind NAT have one address.',
  'behind a TLS proxy, behind your firewall, behind the load balancer',
  ' * The client is behind\n * a proxy.',
])('"behind" is right in: %s', (text) => {
  expect(badWords(text)).toEqual([]);
});

test.each(['Nobody knows.', 'It is none of ours.', 'They are none.', 'Of none is it said.'])('a trick: %s', (text) => {
  expect(badWords(text)).toHaveLength(1);
});

test('"no one", "none exists" and "none of them" are no tricks', () => {
  expect(badWords('No one is told. Null if none exists, or if there is none. None of them is held.')).toEqual([]);
});

test('a sentence of 26 words, and none of 25', () => {
  expect(longSentences(WORDS_26, 7)).toEqual([
    { line: 7, text: '26 words in a sentence: "word word word word word word …"' },
  ]);
  expect(longSentences(`${WORDS_26.slice(5)} And ${WORDS_26.slice(10)}`, 7)).toEqual([]);
});

test('code counts as one word, a link by its text', () => {
  expect(longSentences(`${'word '.repeat(23)}\`a b c d\` [x](a b c d).`, 1)).toEqual([]);
});

test('a page: lines are wrapped at 100 columns, but for tables, code, headings and what a link makes long', () => {
  const wide = 'x'.repeat(101);
  expect(checkMarkdown(`a\n\n${wide}`)).toEqual([{ line: 3, text: '101 columns' }]);
  const right = `# ${wide}\n\n| ${wide} |\n\n\`\`\`\n${wide} behind nobody\n\`\`\`\n\n[a](${wide})\n[${wide}](b)\nhttps://${wide}`;
  expect(checkMarkdown(right)).toEqual([]);
});

test('a page: each item of a list has sentences of its own, and words count in tables too', () => {
  const half = 'word '.repeat(13).trim();
  expect(checkMarkdown(`- ${half}\n- ${half}\n  1. ${half}\n\n${half}`)).toEqual([]);
  expect(checkMarkdown(`- ${half}\n  ${half}`)).toHaveLength(1);
  expect(checkMarkdown(`| a | b |\n|---|---|\n| nobody | ${WORDS_26} |`)).toHaveLength(1);
  expect(checkMarkdown('`nobody`')).toEqual([]);
});

test('a schema: descriptions of every kind, at their lines', () => {
  const schema = `"What it is."
type Query {
  """
  The fields.

  ${WORDS_26.replaceAll('word ', 'word\n')}
  """
  a("Of a thing behind it." b: Int): Int
}
${'# '.repeat(51)}`;
  expect(checkSchema(schema)).toEqual([
    { line: 35, text: '102 columns' },
    { line: 1, text: 'begins with "What": begin with the subject' },
    { line: 3, text: '26 words in a sentence: "word word word word word word …"' },
    { line: 33, text: 'begins with "Of": begin with the subject' },
    { line: 33, text: '"behind": write "after", or "below" for an order' },
  ]);
});

test('a source: doc comments of one line and of several, and words in comments and messages', () => {
  const source = `/** Of a thing. */
const a = 1;
/**
 * Whose it is.
 */
const what = 'nobody';
// Behind it.
/** The rest is well. What is not said here is not. */`;
  expect(checkSource(source).map(({ line, text }) => `${line} ${text.slice(0, 20)}`)).toEqual([
    '1 begins with "Of": be',
    '3 begins with "Whose":',
    '7 "behind": write "aft',
    '6 "nobody": write "no ',
  ]);
});

test('a place may have exactly what the table allows: neither more nor less', () => {
  const counts = new Map([
    ['src/mail', 3],
    ['src/queue', 1],
    ['src/smtp', 2],
    ['README.md', 1],
  ]);
  const allowed = new Map([
    ['src/mail', 3],
    ['src/queue', 2],
    ['src/smtp', 1],
    ['src/tls', 4],
  ]);
  expect(ratchet(counts, allowed).map(({ text }) => text)).toEqual([
    'README.md has 1 violations, 0 are allowed',
    'src/queue has only 1 violations, the table says 2: npm run prose -- --lower',
    'src/smtp has 2 violations, 1 are allowed',
    'src/tls has only 0 violations, the table says 4: npm run prose -- --lower',
  ]);
});
