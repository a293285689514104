/**
 * RFC references: one greppable form in the source, and a table in docs/rfcs.md that is in step with it.
 */
import type { SourceFile } from './source-file.ts';

export interface RfcRow {
  readonly number: string;
  readonly status: string;
  /** Title, where, deviations: the other cells. */
  readonly cells: readonly string[];
}

/** The rows of the Markdown table `| RFC | title | status | where | deviations |`. */
export function rfcRows(markdown: string): RfcRow[] {
  return markdown.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, number = '', title = '', status = '', ...rest] = cells;
    return /^\d+$/.test(number) ? [{ number, status, cells: [title, ...rest.slice(0, -1)] }] : [];
  });
}

/** Numbers in the source without a row, rows said to be followed without a mention in the source, rows badly filled. */
export function rfcMismatches(files: readonly SourceFile[], rows: readonly RfcRow[]): string[] {
  const cited = new Map<string, string>();
  for (const { path, text } of files) {
    for (const [, number = ''] of text.matchAll(/\bRFC (\d{3,5})\b/g)) cited.set(number, cited.get(number) ?? path);
  }
  const listed = new Set(rows.map(({ number }) => number));
  const twice = rows.filter(({ number }, index) => rows.findIndex((row) => row.number === number) !== index);
  return [
    ...[...cited]
      .filter(([number]) => !listed.has(number))
      .map(([number, path]) => `RFC ${number} is cited in ${path} but is not in the table`),
    ...rows
      .filter(({ status }) => !/^(?:yes|partial|no)$/.test(status))
      .map(({ number, status }) => `RFC ${number}: status ${status} is not yes, partial or no`),
    ...rows
      .filter(({ number, status }) => status !== 'no' && !cited.has(number))
      .map(({ number }) => `RFC ${number} is said to be followed but is cited nowhere in src`),
    ...rows
      .filter(({ cells }) => cells.length !== 3 || cells[0] === '')
      .map(({ number }) => `RFC ${number}: the row needs title, status, where, deviations`),
    ...twice.map(({ number }) => `RFC ${number} is listed twice`),
  ];
}

/** Rows whose place is neither a file nor a folder of the source. */
export function missingPlaces(rows: readonly RfcRow[], files: readonly SourceFile[]): string[] {
  return rows.flatMap(({ number, cells: [, where = ''] }) =>
    where
      .split(', ')
      .filter((place) => place !== '' && place !== '–')
      .filter((place) => !files.some(({ path }) => path === `src/${place}` || path.startsWith(`src/${place}/`)))
      .map((place) => `RFC ${number}: the table names ${place}, which is not there`),
  );
}

/** Other ways to write a reference; `rfc822`, an address type, is none. */
const LOOSE_FORMS = [
  /\bRFC[-_]?(?!822\b)\d{3,5}\b/gi,
  /\brfc[ -]\d{3,5}\b/g,
  /\bRFC \d{3,5},? (?:§ |sections?\b|sec\.)/gi,
];

/** References in another form than `RFC 5321 §4.1.1.3`, which a search would miss. */
export function looseReferences(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    LOOSE_FORMS.flatMap((form) => text.match(form) ?? []).map(
      (found) => `${path}: write "${found}" as RFC 5321 §4.1.1.3`,
    ),
  );
}
