/**
 * Tables for people: columns as wide as their longest cell, two spaces between them, no space at the end.
 *
 * On a screen no line is longer than the screen is wide: texts are wrapped in their columns, and when even that leaves too little
 * room each row is a block of its own. What comes from outside cannot drive a terminal: control characters are spelled out.
 */
import { visible } from '../../mail/visible.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'LEFT' | 'RIGHT';
  /** SGR codes of the cells that say this, on a screen. */
  readonly colours?: Readonly<Record<string, number>>;
  /** Whether its cells may be wrapped. */
  readonly isText?: boolean;
}

export interface Table {
  readonly columns: readonly (Column | string)[];
  readonly rows: readonly (readonly Cell[])[];
}

/** How lines are drawn. */
export interface Look {
  /** The head is set off by SGR codes, and cells have their colours. */
  readonly isStyled: boolean;
  /** Columns of the screen; null: lines may have any length. */
  readonly width: number | null;
}

/** A column of numbers. */
export function right(title: string): Column {
  return { title, align: 'RIGHT' };
}

/** A column of addresses, replies or sentences, which may be wrapped. */
export function text(title: string): Column {
  return { title, isText: true };
}

export type Cell = string | number | boolean | null | undefined;

const GAP = 2;
/** A text in a narrower column is no longer read with ease. */
const LEAST_TEXT = 14;

/** The lines of the table, its head first. */
export function tableLines({ columns: given, rows }: Table, look: Look): string[] {
  const columns = given.map((column): Column => (typeof column === 'string' ? { title: column } : column));
  const texts = rows.map((row) => columns.map((_, index) => textOf(row[index])));
  const natural = columns.map(({ title }, index) =>
    texts.reduce((widest, row) => Math.max(widest, lengthOf(row[index] ?? '')), lengthOf(title)),
  );
  const widths = fitted(natural, columns, look.width);
  if (widths === null) return blockLines(columns, texts, look);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const padding = ' '.repeat(Math.max(0, (widths[index] ?? 0) - lengthOf(cell)));
        const colour = look.isStyled ? columns[index]?.colours?.[cell] : undefined;
        const shown = colour === undefined ? cell : sgr(colour, cell);
        return columns[index]?.align === 'RIGHT' ? padding + shown : shown + padding;
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const lines = (cells: readonly string[]): string[] => {
    const wrapped = cells.map((cell, index) => wrap(cell, widths[index] ?? 0));
    const height = Math.max(...wrapped.map((each) => each.length));
    return Array.from({ length: height }, (_, at) => line(wrapped.map((each) => each[at] ?? '')));
  };
  const head = line(columns.map(({ title }) => title));
  const isWhole = widths === natural;
  return [look.isStyled ? sgr(1, head) : head, ...(isWhole ? texts.map(line) : texts.flatMap(lines))];
}

/** The widths at which the table fits the screen, texts getting narrower, the widest first. Null: it does not fit. */
function fitted(
  natural: readonly number[],
  columns: readonly Column[],
  width: number | null,
): readonly number[] | null {
  const gaps = GAP * (natural.length - 1);
  const total = natural.reduce((sum, each) => sum + each, gaps);
  if (width === null || total <= width) return natural;
  const isText = (index: number): boolean => columns[index]?.isText === true;
  const fixed = natural.reduce((sum, each, index) => sum + (isText(index) ? 0 : each), gaps);
  const at = (level: number): number[] => natural.map((each, index) => (isText(index) ? Math.min(each, level) : each));
  const room = (widths: readonly number[]): number => widths.reduce((sum, each) => sum + each, gaps);
  if (fixed > width || room(at(LEAST_TEXT)) > width) return null;
  let level = LEAST_TEXT;
  while (room(at(level + 1)) <= width) level += 1;
  return at(level);
}

/** A row a block, a cell a line. */
function blockLines(columns: readonly Column[], rows: readonly (readonly string[])[], look: Look): string[] {
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : ['']),
    ...factLines(
      columns.map(({ title }, at) => [title.toLowerCase(), row[at] ?? ''] as const),
      look,
    ),
  ]);
}

/** A name and its value a line, values below each other. */
export function factLines(facts: readonly (readonly [name: string, value: Cell])[], { width }: Look): string[] {
  const indent = Math.max(...facts.map(([name]) => name.length)) + GAP;
  const room = width === null ? null : Math.max(width - indent, LEAST_TEXT);
  return facts.flatMap(([name, value]) =>
    (room === null ? [textOf(value)] : wrap(textOf(value), room)).map(
      (line, at) => (at === 0 ? name : '').padEnd(indent) + line,
    ),
  );
}

export function sgr(code: number, styled: string): string {
  return `\u001b[${code}m${styled}\u001b[0m`;
}

/** A value as people read it: `-` for nothing, yes and no. */
export function textOf(cell: Cell): string {
  if (cell === null || cell === undefined || cell === '') return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return visible(String(cell));
}

/** Bytes in units of 1024, three digits at the most. */
/** DELIVER_TO of the API is the field `deliverTo`. */
export function camelCase(word: string): string {
  return word.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** `1 message`, `12,000 messages`. */
export function counted(count: number, one: string): string {
  return `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
}

/** Lines of at most `width` columns, broken at spaces where there are any. */
function wrap(cell: string, width: number): string[] {
  if (lengthOf(cell) <= width) return [cell];
  const lines: string[] = [];
  let line = '';
  for (const word of cell.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (lengthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const parts = pieces(word, width);
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) ?? '';
  }
  return [...lines, line];
}

/** A word in pieces that fit. */
function pieces(word: string, width: number): string[] {
  const characters = Array.from(GRAPHEMES.segment(word), ({ segment }) => segment);
  return Array.from({ length: Math.ceil(characters.length / width) }, (_, at) =>
    characters.slice(at * width, (at + 1) * width).join(''),
  );
}

const GRAPHEMES = new Intl.Segmenter();
const PRINTABLE_ASCII = /^[ -~]*$/;

/** Characters as people count them. */
function lengthOf(cell: string): number {
  return PRINTABLE_ASCII.test(cell) ? cell.length : Array.from(GRAPHEMES.segment(cell)).length;
}
