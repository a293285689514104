/**
 * What a benchmark says: a table of medians, and ratios beside their targets.
 *
 * A missed target is printed loudly and is not an error: the figure is the result. Only a harness that fails is one.
 */

/** A figure with its target; `isMet` decides nothing but the print. */
export interface Verdict {
  readonly name: string;
  readonly value: number;
  readonly comparison: '≥' | '≤' | '<';
  readonly target: number;
  readonly unit: string;
}

export interface Report {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly verdicts: readonly Verdict[];
  readonly notes: readonly string[];
}

/** The middle of the sorted values; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value below which that share (0–1) of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** `12.3 (11.8–13.0)`: the median with the range of the runs. */
export function spread(values: readonly number[], digits = 0): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

function isMet({ value, comparison, target }: Verdict): boolean {
  if (comparison === '≥') return value >= target;
  return comparison === '<' ? value < target : value <= target;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)];
}

/** The report as lines of Markdown, ready for docs/performance.md. */
export function formatReport({ head, rows, verdicts, notes }: Report): string[] {
  const judged = verdicts.map((verdict) => {
    const word = isMet(verdict) ? 'met   ' : 'MISSED';
    const { name, value, comparison, target, unit } = verdict;
    return `${word} ${name}: ${value.toFixed(2)}${unit} (target ${comparison} ${target}${unit})`;
  });
  return [...table(head, rows), '', ...judged, ...notes.map((note) => `note: ${note}`)];
}
