/**
 * What the API shows of outages. Every statement carries its viewer; a page is walked by id, newest first.
 */
import type { SqlExecutor } from '../db/client.ts';
import { normalizeDomain } from '../mail/domain.ts';
import type { Viewer } from '../mail/viewer.ts';
import { allOf, type Condition, mineOnly } from '../settings/conditions.ts';
import type { OutageClass } from './class.ts';

export interface OutageView {
  readonly id: string;
  readonly destinationId: string;
  readonly domainName: string;
  readonly startedAt: Date;
  /** Null while it goes on. */
  readonly endedAt: Date | null;
  readonly class: OutageClass;
  /** Verbatim, or our own words in brackets when there was no reply. */
  readonly lastReply: string;
  /** Null when it is over. */
  readonly nextProbeAt: Date | null;
}

export interface OutageFilter {
  readonly domain?: string | null | undefined;
  readonly isOpen?: boolean | null | undefined;
}

export interface OutageInspection {
  listOutages(
    viewer: Viewer,
    page: { readonly limit: number; readonly beforeId: string | null; readonly filter: OutageFilter },
  ): Promise<OutageView[]>;
  /** Those going on, by destination id. */
  findOpenOutages(viewer: Viewer, destinationIds: readonly string[]): Promise<Map<string, OutageView>>;
}

export function createOutageInspection(sql: SqlExecutor): OutageInspection {
  return {
    async listOutages(viewer, { limit, beforeId, filter }) {
      const domain = filter.domain ?? null;
      const name = domain === null ? null : normalizeDomain(domain.trim());
      if (domain !== null && name === null) return [];
      const isOpen = filter.isOpen ?? null;
      const conditions: Condition[] = [mineOnly(sql, viewer)];
      if (beforeId !== null) conditions.push(sql`id < ${beforeId}`);
      if (name !== null) conditions.push(sql`destination_id = (select id from destinations where name = ${name})`);
      if (isOpen !== null) conditions.push(isOpen ? sql`ended_at is null` : sql`ended_at is not null`);
      return select(sql, sql`${allOf(sql, conditions)} order by id desc limit ${limit}`);
    },
    async findOpenOutages(viewer, destinationIds) {
      const outages = await select(
        sql,
        sql`destination_id = any(${[...destinationIds]}::uuid[]) and ended_at is null and ${mineOnly(sql, viewer)}`,
      );
      return new Map(outages.map((outage) => [outage.destinationId, outage]));
    },
  };
}

async function select(sql: SqlExecutor, which: Condition): Promise<OutageView[]> {
  return sql<OutageView[]>`
    select o.id, o.destination_id as "destinationId", d.name as "domainName", o.started_at as "startedAt",
           o.ended_at as "endedAt", o.class, o.last_reply as "lastReply",
           case when o.ended_at is null then d.next_attempt_at end as "nextProbeAt"
    from (select * from outages where ${which}) as o
    join destinations d on d.id = o.destination_id
    order by o.id desc`;
}

/** Of all tenants, for the metrics. */
export async function countOpenOutages(sql: SqlExecutor): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*) as count from outages where ended_at is null`;
  return row?.count ?? 0;
}
