/**
 * Verbs on many held messages: how one is begun, and what the API shows of it. operation-steps.ts carries it out.
 *
 * Promises: the viewer is part of every statement; what is begun is stored with its event, so that any node may carry it out,
 * also after the one that began it has died; a filter that means nothing begins nothing. Counting costs O(held) once.
 */
import type { Sql, SqlExecutor, TransactionSql } from '../../db/client.ts';
import { normalizeDomain } from '../../mail/domain.ts';
import { askedId, newId } from '../../mail/id.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { greatestHeldId } from '../../outage/lifecycle.ts';
import { askedNow, isPausedNow } from '../../outage/pause.ts';
import { actor, allOf, type SqlFragment, tenantScope } from '../../db/fragments.ts';
import { insertEvents } from '../../events/record.ts';
import { type Change, invalid, refused, shown } from '../../input/checked.ts';
import { idsBetween, type PageRequest, readWalkOf, type Slice, underViewer } from '../../db/walk.ts';
import { heldAfter, isMeant, type OperationFilter, type OperationScope } from './operation-filter.ts';

/** The verb on each message, as on a single one. */
export type OperationVerb = 'RETRY' | 'CANCEL' | 'BOUNCE';

/** STOPPED: by a person before it was done, or because its domain was deleted. */
export type OperationState = 'RUNNING' | 'DONE' | 'STOPPED';

export interface OperationView {
  readonly id: string;
  readonly destinationId: string;
  readonly domainName: string;
  readonly verb: OperationVerb;
  readonly reason: string;
  readonly state: OperationState;
  /** Messages meant when it began. */
  readonly totalCount: number;
  /** Messages it was done to. Those delivered meanwhile are not among them. */
  readonly doneCount: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

export interface OperationRequest {
  readonly verb: OperationVerb;
  readonly filter: OperationFilter;
  /** One line, never empty. */
  readonly reason: string;
  /** Only counts. */
  readonly isDryRun: boolean;
  /** Begin only if so many messages are meant; null: however many. */
  readonly expectedCount: number | null;
}

export type OperationStart =
  | { readonly kind: 'STARTED'; readonly id: string; readonly destinationId: string; readonly count: number }
  | { readonly kind: 'COUNTED'; readonly count: number }
  /** The viewer has no served domain of this name. */
  | { readonly kind: 'NO_DOMAIN' }
  | { readonly kind: 'NOTHING_MEANT' }
  | { readonly kind: 'OTHER_COUNT'; readonly count: number }
  | { readonly kind: 'TOO_MANY' };

/** Operations that are looked through for a page of a list. */
const SCAN_LIMIT = 1_000;
/** Operations of one destination at a time. Each costs a walk of all that it holds. */
export const MOST_RUNNING = 10;

export async function startOperation(sql: Sql, viewer: Viewer, request: OperationRequest): Promise<OperationStart> {
  return sql.begin((transaction) => startWithin(transaction, viewer, request));
}

/** As `startOperation`, as a part of the caller's transaction. */
export async function startWithin(
  transaction: TransactionSql,
  viewer: Viewer,
  request: OperationRequest,
): Promise<OperationStart> {
  const { verb, filter, reason } = request;
  const [place] = await transaction<
    { id: string; tenant_id: string; now: string; until_id: string | null; running_count: number }[]
  >`
    select d.id, d.tenant_id, bmx_now()::text as now, ${greatestHeldId(transaction, transaction`d.id`)} as until_id,
      (select count(*) from operations o where o.destination_id = d.id and o.state = 'RUNNING') as running_count
    from destinations d
    where d.id = (
      select destination_id from domains where name = ${filter.domain} and status <> 'PENDING' and ${tenantScope(transaction, viewer)})`;
  if (place === undefined) return { kind: 'NO_DOMAIN' };
  const { id: destinationId, tenant_id: tenantId, now: createdAt, until_id: untilId } = place;
  const scope = { destinationId, tenantId, createdAt, untilId, filter };
  const count = await countMeant(transaction, scope);
  if (count === 0) return { kind: 'NOTHING_MEANT' };
  if (request.expectedCount !== null && request.expectedCount !== count) return { kind: 'OTHER_COUNT', count };
  if (request.isDryRun) return { kind: 'COUNTED', count };
  if (place.running_count >= MOST_RUNNING) return { kind: 'TOO_MANY' };
  const id = newId();
  const event = transaction`
    select tenant_id, destination_id, null::uuid, 'OPERATION_STARTED', jsonb_build_object('operationId', id, 'verb', verb,
      'filter', filter, 'reason', reason, 'total', total_count) || ${actor(transaction, viewer)}
    from begun`;
  await transaction`
    with begun as (
      insert into operations (id, tenant_id, destination_id, verb, filter, reason, total_count, created_at, until_id, actor)
      values (${id}, ${place.tenant_id}, ${place.id}, ${verb}, ${JSON.stringify(filter)}::text::jsonb, ${reason}, ${count},
        ${createdAt}::text::timestamptz, ${untilId}::uuid, ${actor(transaction, viewer)})
      returning id, tenant_id, destination_id, verb, filter, reason, total_count
    ), flushed as (
      update destinations d set ${askedNow(transaction)}
      from begun where d.id = begun.destination_id and ${verb === 'RETRY'} and d.first_failure_at is not null
        and not ${isPausedNow(transaction)}
    )
    ${insertEvents(transaction, event)}`;
  return { kind: 'STARTED', id, destinationId: place.id, count };
}

/** Ends a running operation after the batch in progress. What is done stays done. */
export function stopOperation(
  sql: Sql,
  viewer: Viewer,
  { id }: { readonly id: string },
): Promise<Change<OperationView>> {
  return sql.begin(async (transaction) => {
    const [present] = await transaction<{ id: string; state: OperationState }[]>`
      select id, state from operations where id = ${askedId(id)} and ${tenantScope(transaction, viewer)} for update`;
    if (present === undefined) {
      const message = `You have no operation "${shown(id)}". The query "operations" lists those you have.`;
      return refused({ path: ['id'], message, code: 'NOT_FOUND' });
    }
    if (present.state !== 'RUNNING') return refused(invalid(['id'], 'The operation has ended already.', 'ENDED'));
    await endOperation(transaction, present.id, 'STOPPED', viewer);
    const operation = await findOperation(transaction, viewer, present.id);
    if (operation === null) throw new Error('a locked operation is gone');
    return { kind: 'DONE', object: operation };
  });
}

/** Ends a locked operation, with its event. `viewer`: the person or token that ends it; null: the service. */
export async function endOperation(
  sql: TransactionSql,
  id: string,
  state: Exclude<OperationState, 'RUNNING'>,
  viewer: Viewer | null,
): Promise<void> {
  const event = sql`
    select tenant_id, destination_id, null::uuid, 'OPERATION_ENDED',
      jsonb_build_object('operationId', id, 'verb', verb, 'state', ${state}::text, 'done', done_count)
        ${viewer === null ? sql`` : sql`|| ${actor(sql, viewer)}`}
    from ended`;
  await sql`
    with ended as (
      update operations set state = ${state}, ended_at = bmx_now() where id = ${id}
      returning id, tenant_id, destination_id, verb, done_count
    )
    ${insertEvents(sql, event)}`;
}

async function countMeant(sql: SqlExecutor, scope: OperationScope): Promise<number> {
  const { recipient, isSuspected } = scope.filter;
  // By the indexes on addresses and suspicions, so that few are counted among a million others' messages.
  const ofRecipient =
    recipient === null
      ? sql`true`
      : sql`id in (select message_id from recipients
                   where destination_id = ${scope.destinationId} and lower(address) = lower(${recipient}::text))`;
  const ofSuspected = isSuspected
    ? sql`id in (select message_id from recipients
                 where destination_id = ${scope.destinationId} and suspected_at is not null)`
    : sql`true`;
  const [row] = await sql<{ count: number }[]>`
    select count(*) as count from messages
    where ${heldAfter(sql, scope, null)} and ${ofRecipient} and ${ofSuspected} and ${isMeant(sql, scope)}`;
  return row?.count ?? 0;
}

export async function findOperation(sql: SqlExecutor, viewer: Viewer, id: string): Promise<OperationView | null> {
  return (await select(sql, viewer, { which: sql`id = ${id}`, limit: 1 }))[0] ?? null;
}

/** By their ids; what the viewer may not see is missing. */
export async function findOperations(
  sql: SqlExecutor,
  viewer: Viewer,
  ids: readonly string[],
): Promise<Map<string, OperationView>> {
  const which = sql`id = any(${[...ids]}::uuid[])`;
  const operations = await select(sql, viewer, { which, limit: ids.length });
  return new Map(operations.map((operation) => [operation.id, operation]));
}

/** All that is given must hold. */
export interface OperationsFilter {
  readonly domain?: string | null | undefined;
  readonly tenantId?: string | null | undefined;
  readonly verbs?: readonly OperationVerb[] | null | undefined;
  readonly states?: readonly OperationState[] | null | undefined;
  /** By when they began. */
  readonly since?: Date | null | undefined;
  readonly until?: Date | null | undefined;
}

/** Newest first. */
export async function listOperations(
  sql: SqlExecutor,
  viewer: Viewer,
  { filter, ...page }: PageRequest & { readonly filter: OperationsFilter },
): Promise<Slice<OperationView>> {
  const { domain, tenantId, verbs, states, since = null, until = null } = filter;
  const matches: SqlFragment[] = [];
  if (domain != null) {
    const name = normalizeDomain(domain.trim()) ?? '';
    matches.push(sql`destination_id = (select id from destinations where name = ${name})`);
  }
  if (tenantId != null) matches.push(sql`tenant_id = ${askedId(tenantId)}::uuid`);
  if (verbs != null) matches.push(sql`verb = any(${[...verbs]}::text[])`);
  if (states != null) matches.push(sql`state = any(${[...states]}::text[])`);
  if (since !== null) matches.push(sql`created_at >= ${since}::timestamptz`);
  if (until !== null) matches.push(sql`created_at < ${until}::timestamptz`);
  const range = { under: underViewer(sql, viewer), ids: idsBetween(sql, { since, until }), isDescending: true };
  const walk = { table: sql`operations`, range, page, matches, scanLimit: SCAN_LIMIT };
  return readWalkOf(sql, walk, (ids) => findOperations(sql, viewer, ids));
}

async function select(
  sql: SqlExecutor,
  viewer: Viewer,
  { which, limit }: { readonly which: SqlFragment; readonly limit: number },
): Promise<OperationView[]> {
  const rows = await sql<OperationView[]>`
    select o.id, o.destination_id as "destinationId", d.name as "domainName", o.verb, o.reason, o.state,
      o.total_count as "totalCount", o.done_count as "doneCount", o.created_at as "startedAt", o.ended_at as "endedAt"
    from (
      select * from operations where ${allOf(sql, [tenantScope(sql, viewer), which])} order by id desc limit ${limit}
    ) as o join destinations d on d.id = o.destination_id
    order by o.id desc`;
  return [...rows];
}

/** Ended ones are shown for 90 days; their events stay longer. */
export async function dropOldOperations(sql: Sql): Promise<void> {
  await sql`delete from operations where ended_at < bmx_now() - interval '90 days'`;
}
