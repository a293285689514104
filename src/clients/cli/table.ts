/**
 * Tables for people: columns as wide as their longest cell, two spaces between them, no space at the end.
 *
 * What comes from outside cannot drive a terminal: control characters are shown as `?`.
 */
import { visible } from '../../mail/visible.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'LEFT' | 'RIGHT';
  /** SGR codes of the cells that say this, on a screen. */
  readonly colours?: Readonly<Record<string, number>>;
}

/** A column of numbers. */
export function right(title: string): Column {
  return { title, align: 'RIGHT' };
}

export type Cell = string | number | boolean | null | undefined;

/** The lines of the table, its head first. `isStyled`: the head is set off by SGR codes, and cells have their colours. */
export function tableLines(
  given: readonly (Column | string)[],
  rows: readonly (readonly Cell[])[],
  isStyled: boolean,
): string[] {
  const columns = given.map((column): Column => (typeof column === 'string' ? { title: column } : column));
  const texts = rows.map((row) => columns.map((_, index) => textOf(row[index])));
  const widths = columns.map(({ title }, index) =>
    texts.reduce((widest, row) => Math.max(widest, lengthOf(row[index] ?? '')), lengthOf(title)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const padding = ' '.repeat(Math.max(0, (widths[index] ?? 0) - lengthOf(cell)));
        const colour = isStyled ? columns[index]?.colours?.[cell] : undefined;
        const shown = colour === undefined ? cell : sgr(colour, cell);
        return columns[index]?.align === 'RIGHT' ? padding + shown : shown + padding;
      })
      .join('  ')
      .trimEnd();
  const head = line(columns.map(({ title }) => title));
  return [isStyled ? sgr(1, head) : head, ...texts.map(line)];
}

export function sgr(code: number, text: string): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}

/** A value as people read it: `-` for nothing, yes and no. */
export function textOf(cell: Cell): string {
  if (cell === null || cell === undefined || cell === '') return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return visible(String(cell));
}

/** Bytes in units of 1024, three digits at the most. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

const GRAPHEMES = new Intl.Segmenter();

/** Characters as people count them. */
function lengthOf(text: string): number {
  return Array.from(GRAPHEMES.segment(text)).length;
}
