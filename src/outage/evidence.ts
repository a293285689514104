/**
 * Evidence in SQL: what was met gets its instant, and takes the place of the same met before; an outage keeps the newest few.
 */
import type { SqlExecutor } from '../db/client.ts';
import { type Evidence, MOST_EVIDENCE } from './class.ts';

/** An expression: the evidence as jsonb, met now. */
export function atNow(sql: SqlExecutor, evidence: readonly Evidence[]) {
  return sql`(
    select coalesce(jsonb_agg(entry || jsonb_build_object('at', bmx_now()) order by n), '[]')
    from jsonb_array_elements(${JSON.stringify(evidence)}::text::jsonb) with ordinality as given (entry, n))`;
}

/** An expression over `o` (outages) and `met.evidence`: the last distinct ones of both. */
export function mergedEvidence(sql: SqlExecutor) {
  return sql`(
    select coalesce(jsonb_agg(entry order by n), '[]') from (
      select entry, n from (
        select distinct on (entry ->> 'host', entry ->> 'address', entry ->> 'reply') entry, n
        from jsonb_array_elements(o.evidence || met.evidence) with ordinality as known (entry, n)
        order by entry ->> 'host', entry ->> 'address', entry ->> 'reply', n desc
      ) as different order by n desc limit ${MOST_EVIDENCE}
    ) as newest)`;
}
