/** The word that was meant, when another one was typed. */

/** The known word that is nearest to `typed`: the same but for case and separators, a beginning of it, or a few letters off. */
export function nearest(typed: string, known: readonly string[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_. ]/g, '');
  const wanted = plain(typed);
  if (wanted === '') return null;
  const same = known.find((word) => plain(word) === wanted);
  if (same !== undefined) return same;
  const ranked = known
    .map((word) => ({ word, distance: distance(wanted, plain(word)) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [best] = ranked;
  if (best !== undefined && best.distance <= Math.max(1, Math.floor(wanted.length / 3))) return best.word;
  const begins = (word: string): boolean => plain(word).startsWith(wanted) || wanted.startsWith(plain(word));
  return wanted.length > 2 ? (known.find((word) => plain(word).length > 2 && begins(word)) ?? null) : null;
}

/** `; did you mean "list"?`, or nothing. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const word = nearest(typed, known);
  return word === null ? '' : `; did you mean ${word}?`;
}

/** Letters to change, add, leave out, or swap with their neighbour. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isEqual = a[i - 1] === b[j - 1];
      const changed = (row[j - 1] ?? 0) + (isEqual ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(changed, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
