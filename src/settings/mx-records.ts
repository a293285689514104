/**
 * MX records that we have added to the zone of a domain: what is not among them is never taken away.
 */
import type { Sql } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import { doneBy, mineOnly } from './conditions.ts';

export interface AddedMx {
  readonly preference: number;
  /** Lower-case A-label. */
  readonly host: string;
}

export interface MxRecords {
  findAdded(viewer: Viewer, domainId: string): Promise<readonly AddedMx[]>;
  /** The zone was changed so. */
  note(
    viewer: Viewer,
    domainId: string,
    change: { readonly added: readonly AddedMx[]; readonly removed: readonly AddedMx[] },
  ): Promise<void>;
}

export function createMxRecords(sql: Sql): MxRecords {
  return {
    findAdded: async (viewer, domainId) => {
      const rows = await sql<AddedMx[]>`
        select preference, host from mx_records where domain_id = ${domainId} and ${mineOnly(sql, viewer)}
        order by preference, host`;
      return [...rows];
    },
    note: async (viewer, domainId, { added, removed }) => {
      await sql`
        with known as (
          select id, tenant_id, destination_id from domains where id = ${domainId} and ${mineOnly(sql, viewer)}
        ), gone as (
          delete from mx_records m
          using known, jsonb_to_recordset(${JSON.stringify(removed)}::text::jsonb) as r (preference integer, host text)
          where m.domain_id = known.id and m.preference = r.preference and m.host = r.host
        ), kept as (
          insert into mx_records (domain_id, tenant_id, destination_id, preference, host)
          select known.id, known.tenant_id, known.destination_id, r.preference, r.host
          from known, jsonb_to_recordset(${JSON.stringify(added)}::text::jsonb) as r (preference integer, host text)
          on conflict do nothing
        )
        insert into events (id, tenant_id, destination_id, kind, facts)
        select new_id(), tenant_id, destination_id, 'MX_RECORDS_CHANGED', jsonb_build_object(
          'added', ${JSON.stringify(added)}::text::jsonb, 'removed', ${JSON.stringify(removed)}::text::jsonb) || ${doneBy(sql, viewer)}
        from known`;
    },
  };
}
