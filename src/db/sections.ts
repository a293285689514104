/**
 * Lists whose order has sections: what comes first is found and sorted as a whole, the rest is walked by an index. A page may reach
 * from one section into the next.
 */
import type { PageRequest, Position } from './walk.ts';

/** Positions in the order of the list, and where it goes on in the direction of the page; null: it ends there. */
export interface Places {
  readonly positions: readonly Position[];
  readonly next: Position | null;
}

export interface Section {
  /** Sections are in the order of their names. */
  readonly name: string;
  readonly read: (page: PageRequest) => Promise<Places>;
}

/**
 * A page over the sections.
 *
 * @param sectionOf the name of the section that the key of a position belongs to
 */
export async function readSections(
  { limit, from, isBackward }: PageRequest,
  sections: readonly Section[],
  sectionOf: (key: string) => string,
): Promise<Places> {
  const place = from === null ? null : sectionOf(from.key ?? '');
  const ahead = (isBackward ? sections.toReversed() : sections).filter(
    ({ name }) => place === null || name === place || name > place !== isBackward,
  );
  let positions: readonly Position[] = [];
  for (const [index, { name, read }] of ahead.entries()) {
    const page = { limit: limit - positions.length, from: name === place ? from : null, isBackward };
    const found = await read(page);
    positions = isBackward ? [...found.positions, ...positions] : [...positions, ...found.positions];
    if (found.next !== null) return { positions, next: found.next };
    const isFull = positions.length === limit && index + 1 < ahead.length;
    if (isFull) return { positions, next: positions.at(isBackward ? 0 : -1) ?? null };
  }
  return { positions, next: null };
}
