/**
 * Conditions that few rows meet: these few are read at once by an index, so that a page of them is never short and all are counted.
 * What many meet is checked row by row; matches come soon.
 */
import type { SqlExecutor } from './client.ts';
import type { SqlFragment } from './fragments.ts';
import { plannedAnew } from './planned-anew.ts';

/** A page has them all; more are checked row by row. */
export const FEW = 5_000;

export interface Condition {
  /** On a row of the list. */
  readonly check: SqlFragment;
  /** Selects the ids of the viewer's rows that meet it, by an index. Null: no index knows them. */
  readonly ids: SqlFragment | null;
}

/** The ids that one of the conditions leaves, if these are few; null: many meet each of them. */
export async function findFew(sql: SqlExecutor, conditions: readonly Condition[]): Promise<readonly string[] | null> {
  for (const { ids } of conditions) {
    if (ids === null) continue;
    const rows = await plannedAnew(sql<{ id: string }[]>`select id from (${ids}) as few limit ${FEW + 1}`);
    if (rows.length <= FEW) return rows.map(({ id }) => id);
  }
  return null;
}
