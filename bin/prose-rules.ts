/**
 * What a program can check of the project's prose: words, length of sentences, width of lines.
 *
 * Each rule takes a text and gives one complaint for each violation. It knows three kinds of text: Markdown, the
 * descriptions of a GraphQL schema, and TypeScript, where only comments and messages are prose.
 */
import { parse, visit } from 'graphql';

export interface Complaint {
  readonly line: number;
  readonly text: string;
}

export const MAX_WORDS = 25;
export const MAX_COLUMNS = 100;

/** The places whose number of violations is not exactly the allowed one, with a sentence for each. */
export function ratchet(
  counts: ReadonlyMap<string, number>,
  allowed: ReadonlyMap<string, number>,
): readonly { readonly place: string; readonly text: string; readonly isMore: boolean }[] {
  return [...new Set([...counts.keys(), ...allowed.keys()])].sort().flatMap((place) => {
    const [count, limit] = [counts.get(place) ?? 0, allowed.get(place) ?? 0];
    if (count === limit) return [];
    const isMore = count > limit;
    const text = isMore
      ? `${place} has ${count} violations, ${limit} are allowed`
      : `${place} has only ${count} violations, the table says ${limit}: npm run prose -- --lower`;
    return [{ place, text, isMore }];
  });
}

/** The uses of "behind" that mean a place in a network, not a time or an order. */
const RIGHTLY_BEHIND =
  /^behind (?:[\w’'-]+ ){0,3}(?:prox(?:y|ies)|NAT|load balancers?|firewalls?|routers?|filters?|filtering services?)\b/i;
/** A name that is compared with 'nobody' is that of an account of the operating system. */
const TRICKS = /\b(?:(?<!=== ')nobody|(?<!there )(?:is|are|was|were|of) none)\b/gi;
const BAD_OPENING = /^(?:Of|Who|Whose|What|Where)\b/;

/** "behind" for time or order, and negations that are hard to read. */
export function badWords(text: string, firstLine = 1): Complaint[] {
  const lineAt = (index: number): number => firstLine + text.slice(0, index).split('\n').length - 1;
  const behind = [...text.matchAll(/\bbehind\b/gi)]
    .filter(({ index }) => !RIGHTLY_BEHIND.test(text.slice(index, index + 80).replaceAll(/\s+(?:\* |\/\/ )?/g, ' ')))
    .map(({ index }) => ({ line: lineAt(index), text: '"behind": write "after", or "below" for an order' }));
  const tricks = [...text.matchAll(TRICKS)].map(({ 0: words, index }) => ({
    line: lineAt(index),
    text: `"${words}": write "no one", "not" or "none exists"`,
  }));
  return [...behind, ...tricks];
}

/** A description that begins as a subordinate clause. */
export function badOpening(description: string, line: number): Complaint[] {
  const [word] = BAD_OPENING.exec(description.trimStart()) ?? [];
  return word === undefined ? [] : [{ line, text: `begins with "${word}": begin with the subject` }];
}

/** Sentences of more than MAX_WORDS words. `paragraph` has no markup but code, links and emphasis. */
export function longSentences(paragraph: string, line: number): Complaint[] {
  const plain = paragraph
    .replaceAll(/`[^`]*`/g, 'Code')
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/(?:\b(?:e\.g|i\.e|etc|vs)\.)|…/g, ' ')
    .replaceAll(/[*_]/g, '');
  return plain
    .split(/(?<=[.!?]["”)]?)\s+(?=[\p{Lu}\d"“(<])/u)
    .map((sentence) => sentence.split(/\s+/).filter((word) => /[\p{L}\d]/u.test(word)))
    .filter((words) => words.length > MAX_WORDS)
    .map((words) => ({ line, text: `${words.length} words in a sentence: "${words.slice(0, 6).join(' ')} …"` }));
}

/** Lines wider than MAX_COLUMNS that could be wrapped: not tables, headings, code, or a link alone. */
function wideLine(line: string, number: number): Complaint[] {
  if (/^!?\[[^\]]*\]\([^)]*\)$/.test(line.trim())) return [];
  const withoutLinks = line.replaceAll(/\]\([^)]*\)|<?https?:\/\/\S+/g, ']');
  return withoutLinks.length <= MAX_COLUMNS ? [] : [{ line: number, text: `${line.length} columns` }];
}

/** A Markdown page: words, sentences, width. Code blocks and tables have no sentences and no width. */
export function checkMarkdown(text: string): Complaint[] {
  const complaints: Complaint[] = [];
  let paragraph: string[] = [];
  let start = 1;
  let isCode = false;
  const end = (): void => {
    complaints.push(...longSentences(paragraph.join(' '), start));
    paragraph = [];
  };
  for (const [index, line] of text.split('\n').entries()) {
    const number = index + 1;
    const isFence = /^\s*```/.test(line);
    if (isFence) isCode = !isCode;
    if (isFence || isCode || /^\s*(?:<!--|#)/.test(line)) {
      end();
      continue;
    }
    const isRow = /^\s*\|/.test(line);
    complaints.push(
      ...badWords(
        line.replaceAll(/`[^`]*`/g, (code) => ' '.repeat(code.length)),
        number,
      ),
    );
    if (!isRow) complaints.push(...wideLine(line, number));
    if (isRow || line.trim() === '' || /^\s*(?:[-*]|\d+\.)\s/.test(line)) end();
    if (isRow) continue;
    if (paragraph.length === 0) start = number;
    paragraph.push(line.replace(/^\s*(?:(?:[-*]|\d+\.)\s+)?/, ''));
  }
  end();
  return complaints;
}

/** A schema: the width of its lines, and each description. */
export function checkSchema(text: string): Complaint[] {
  const complaints = text.split('\n').flatMap((line, index) => wideLine(line, index + 1));
  visit(parse(text), {
    StringValue(node, key) {
      if (key !== 'description') return;
      const line = node.loc?.startToken.line ?? 0;
      complaints.push(...badOpening(node.value, line), ...badWords(node.value, line));
      for (const paragraph of node.value.split(/\n\s*\n|\n(?=\s*[-*] )/))
        complaints.push(...longSentences(paragraph, line));
    },
  });
  return complaints;
}

/** TypeScript: the openings of doc comments, and words anywhere in the text. */
export function checkSource(text: string): Complaint[] {
  const openings = [...text.matchAll(/\/\*\*[\s*]*([^\n]*)/g)].flatMap(({ 1: opening = '', index }) =>
    badOpening(opening, text.slice(0, index).split('\n').length),
  );
  return [...openings, ...badWords(text)];
}
