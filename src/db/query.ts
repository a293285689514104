/**
 * Statements built over the schema, for the control plane: the types of their rows come from schema.ts, so that a column that drifts is
 * a compile error. Everything hot, and what takes more than a builder says well, stays SQL through postgres.js.
 *
 * drizzle builds and maps only. The statement runs on the pool or transaction it is given, prepared as any other of ours. drizzle's own
 * driver for postgres.js would replace the client's parsers, and cannot join a transaction that is open.
 */
import { DrizzleQueryError, type SQL, sql as part } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { drizzle, type PgRemoteDatabase } from 'drizzle-orm/pg-proxy';
import type { ParameterOrJSON } from 'postgres';
import type { Viewer } from '../mail/viewer.ts';
import type { SqlExecutor } from './client.ts';
import type { SqlFragment } from './fragments.ts';

export { and, desc, eq, getTableColumns, gt, isNotNull, isNull, lt, ne, type SQL, sql as part } from 'drizzle-orm';

export type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
export type Builder = PgRemoteDatabase;

const builders = new WeakMap<SqlExecutor, Builder>();

/** Runs what `build` builds. Rejects with the driver's own error: drizzle's has the parameters in its text, secrets among them. */
export async function query<Rows>(executor: SqlExecutor, build: (db: Builder) => PromiseLike<Rows>): Promise<Rows> {
  try {
    return await build(builderOf(executor));
  } catch (error) {
    throw error instanceof DrizzleQueryError ? error.cause : error;
  }
}

function builderOf(executor: SqlExecutor): Builder {
  const known = builders.get(executor);
  if (known !== undefined) return known;
  const made = drizzle(async (text, params, method) => {
    const statement = executor.unsafe(text, params as ParameterOrJSON<never>[], { prepare: true });
    return { rows: method === 'execute' ? await statement : await statement.values() };
  });
  builders.set(executor, made);
  return made;
}

/** Columns of a hand-written statement under the names of the schema: `"tenant_id" as "tenantId"`. */
export function columnsOf(sql: SqlExecutor, columns: Readonly<Record<string, PgColumn>>): SqlFragment {
  const named = Object.entries(columns).map(([name, column]) => sql`${sql(column.name)} as ${sql(name)}`);
  return named.reduce((all, next) => sql`${all}, ${next}`);
}

/** `column = any(values)`: one statement however many there are. */
export function isAny(column: PgColumn, values: readonly string[]): SQL {
  return part`${column} = any(${part.param([...values])}::${part.raw(column.getSQLType())}[])`;
}

/**
 * Rows of the viewer's tenant, among those that another condition finds; an operator's are all. Not by equality: without its
 * values the planner takes an index that begins with the tenant, which for a large one holds a hundred thousand rows.
 */
export function tenantOnly(table: { readonly tenantId: PgColumn }, viewer: Viewer): SQL | undefined {
  return viewer.isOperator ? undefined : part`${table.tenantId} is not distinct from ${viewer.tenantId}::uuid`;
}
