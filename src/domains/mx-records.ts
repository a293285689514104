/**
 * MX records that we have added to the zone of a domain: what is not among them is never taken away.
 *
 * One that was seen to be gone is ours no more: what stands there later under the same name and number, somebody else has put there.
 */
import type { Sql } from '../db/client.ts';
import { insertEvents } from '../events/record.ts';
import type { Viewer } from '../mail/viewer.ts';
import { actor, tenantScope } from '../db/fragments.ts';

export interface AddedMx {
  readonly preference: number;
  /** Lower-case A-label. */
  readonly host: string;
}

export interface ZoneChange {
  readonly added: readonly AddedMx[];
  readonly removed: readonly AddedMx[];
  /** Its master has said that these are not there. */
  readonly gone: readonly AddedMx[];
}

export async function findAddedMx(sql: Sql, viewer: Viewer, domainId: string): Promise<readonly AddedMx[]> {
  const rows = await sql<AddedMx[]>`
    select preference, host from mx_records where domain_id = ${domainId} and ${tenantScope(sql, viewer)}
    order by preference, host`;
  return [...rows];
}

/** Notes that the zone was changed so. */
export async function noteMxChange(
  sql: Sql,
  viewer: Viewer,
  domainId: string,
  { added, removed, gone }: ZoneChange,
): Promise<void> {
  const event = sql`
    select tenant_id, destination_id, null::uuid, 'MX_RECORDS_CHANGED', jsonb_build_object(
      'added', ${JSON.stringify(added)}::text::jsonb, 'removed', ${JSON.stringify(removed)}::text::jsonb) || ${actor(sql, viewer)}
    from known`;
  await sql`
    with known as (
      select id, tenant_id, destination_id from domains where id = ${domainId} and ${tenantScope(sql, viewer)}
    ), dropped as (
      delete from mx_records m
      using known, jsonb_to_recordset(${JSON.stringify([...removed, ...gone])}::text::jsonb) as r (preference integer, host text)
      where m.domain_id = known.id and m.preference = r.preference and m.host = r.host
    ), kept as (
      insert into mx_records (domain_id, tenant_id, destination_id, preference, host)
      select known.id, known.tenant_id, known.destination_id, r.preference, r.host
      from known, jsonb_to_recordset(${JSON.stringify(added)}::text::jsonb) as r (preference integer, host text)
      on conflict (domain_id, preference, host) do update set added_at = bmx_now()
    )
    ${insertEvents(sql, event)}`;
}

/**
 * Forgets what is not among `present`, all that there are as some server says. It may lag the master, so what was added within
 * the last day is kept.
 */
export async function forgetGoneMx(
  sql: Sql,
  viewer: Viewer,
  domainId: string,
  present: readonly AddedMx[],
): Promise<void> {
  await sql`
    delete from mx_records m
    where domain_id = ${domainId} and ${tenantScope(sql, viewer)} and added_at < bmx_now() - interval '1 day'
      and not exists (
        select from jsonb_to_recordset(${JSON.stringify(present)}::text::jsonb) as r (preference integer, host text)
        where r.preference = m.preference and r.host = m.host)`;
}
