/**
 * The statistics of a destination that gets another owner: they go with it, and both tenants' own sums with them, so that what each
 * is said to have held at any time is what its present domains held.
 */
import type { SqlExecutor } from '../db/client.ts';
import { getTableColumns } from '../db/query.ts';
import { flowSlots, rejectionSlots } from '../db/schema-stats.ts';

export interface OwnerChange {
  readonly destinationId: string;
  readonly from: string;
  readonly to: string;
}

const KEYS = ['subject_id', 'tenant_id', 'step_minutes', 'began_at', 'code', 'zone', 'is_dry_run'];

/** O(steps that are kept). */
export async function moveSlots(sql: SqlExecutor, { destinationId, from, to }: OwnerChange): Promise<void> {
  const tables = { flow_slots: getTableColumns(flowSlots), rejection_slots: getTableColumns(rejectionSlots) };
  for (const [table, known] of Object.entries(tables)) {
    const columns = Object.values(known).map(({ name }) => name);
    const keys = columns.filter((name) => KEYS.includes(name));
    const counts = columns.filter((name) => !KEYS.includes(name));
    const list = (names: readonly string[], write: (name: string) => string = (name) => name) =>
      sql.unsafe(names.map(write).join(', '));
    const others = keys.slice(2);
    const added = list(counts, (count) => `${count} = f.${count} + excluded.${count}`);
    const less = list(counts, (count) => `${count} = greatest(f.${count} - m.${count}, 0)`);
    await sql`
      with moved as (
        delete from ${sql(table)} where subject_id = ${destinationId} and tenant_id = ${from} returning *
      ), sums as (
        update ${sql(table)} f set ${less} from moved m
        where f.subject_id = ${from} and f.tenant_id = ${from}
          and (${list(others, (key) => `f.${key}`)}) = (${list(others, (key) => `m.${key}`)})
      )
      insert into ${sql(table)} as f (${list(columns)})
      select s.subject_id, ${to}::uuid, ${list([...others, ...counts], (each) => `m.${each}`)}
      from moved m cross join unnest(array[${destinationId}::uuid, ${to}::uuid]) as s (subject_id)
      on conflict (${list(keys)}) do update set ${added}`;
  }
}
