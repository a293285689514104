/** Wraps lines of text for people and for folded fields. Counts UTF-16 units, and never parts a surrogate pair. */

/** Cuts a line at its spaces; a word that is longer than a line is cut inside. */
export function wrapWords(line: string, width: number): string[] {
  const wrapped: string[] = [];
  let rest = line.trim();
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    const isMidPair = space <= 0 && !rest.slice(0, end).isWellFormed();
    wrapped.push(rest.slice(0, isMidPair ? end - 1 : end).trimEnd());
    rest = rest.slice(isMidPair ? end - 1 : end).trimStart();
  }
  return [...wrapped, rest];
}
