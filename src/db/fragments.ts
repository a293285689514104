/**
 * Conditions as parts of a statement, put together by the code that knows what is asked.
 *
 * A part that is left out costs nothing, unlike a parameter that is always compared: so each shape of a question is a
 * statement of its own, planned with the index that fits.
 */
import type { SqlExecutor } from './client.ts';
import { actorOf, type Viewer } from '../mail/viewer.ts';

export type SqlFragment = ReturnType<typeof always>;

export function always(sql: SqlExecutor) {
  return sql`true`;
}

export function allOf(sql: SqlExecutor, conditions: readonly SqlFragment[]): SqlFragment {
  return conditions.reduce((all, next) => sql`${all} and ${next}`, always(sql));
}

/** A word that a column may hold, or those that it may not. */
export type WordCondition = { readonly isAnyOf: readonly string[] } | { readonly isNoneOf: readonly string[] };

/** The condition on a column of words. */
export function wordIs(sql: SqlExecutor, column: SqlFragment, condition: WordCondition): SqlFragment {
  return 'isAnyOf' in condition
    ? sql`${column} = any(${[...condition.isAnyOf]}::text[])`
    : sql`${column} <> all(${[...condition.isNoneOf]}::text[])`;
}

/** The actor, as events have it among their facts; a `jsonb`. */
export function actor(sql: SqlExecutor, viewer: Viewer): SqlFragment {
  return sql`${JSON.stringify(actorOf(viewer))}::text::jsonb`;
}

/** The same, for rows that another condition finds: without its values the planner may prefer an index that begins with the tenant. */
export function tenantCheck(sql: SqlExecutor, viewer: Viewer, column: SqlFragment = sql`tenant_id`): SqlFragment {
  return viewer.isOperator ? always(sql) : sql`${column} is not distinct from ${viewer.tenantId}::uuid`;
}

/** The viewer in the query itself: a tenant's rows only, an operator's all. On `tenant_id` of the only table that has one. */
export function tenantScope(sql: SqlExecutor, viewer: Viewer): SqlFragment {
  return viewer.isOperator ? always(sql) : sql`tenant_id = ${viewer.tenantId}`;
}
