/**
 * Which held messages a verb on many means: what a person typed, checked, kept as JSON, and as a part of a statement.
 *
 * Only messages accepted before the operation are meant: what comes in later is never touched.
 */
import type { SqlExecutor } from '../../db/client.ts';
import { FIRST_ID, LAST_ID } from '../../mail/id.ts';
import { allOf, type SqlFragment } from '../../db/fragments.ts';
import { invalid, shown, type UserError } from '../../input/checked.ts';
import type { UserErrorCode } from '../../input/error-codes.ts';
import { hasRecipient, matches } from '../read/sources.ts';
import { type MessageFilter, readMessageFilter, type Wanted } from '../read/search-input.ts';

/** A message filter in one form, as it is stored, of one domain; instants as RFC 3339. */
export interface OperationFilter extends Omit<Wanted, 'destinationName' | 'since' | 'until'> {
  readonly domain: string;
  readonly since: string | null;
  readonly until: string | null;
  /** Only recipients that were held and suspected when it began, not their messages. Absent: no. */
  readonly isSuspected?: true;
}

/** All that a domain holds. */
export function allHeldOf(domain: string): OperationFilter {
  return {
    domain,
    states: null,
    recipient: null,
    reversePath: null,
    senderDomain: null,
    client: null,
    headerMessageId: null,
    id: null,
    ids: null,
    minBytes: null,
    maxBytes: null,
    since: null,
    until: null,
    heldForHours: null,
  };
}

/** The same filter as of a list, but that an operation is on the mail of one domain. */
export function checkOperationFilter(
  input: MessageFilter,
): { readonly kind: 'OK'; readonly filter: OperationFilter } | { readonly kind: 'BAD'; readonly error: UserError } {
  const bad = (field: string, message: string, code: UserErrorCode) => ({
    kind: 'BAD' as const,
    error: invalid(['filter', field], message, code),
  });
  const reading = readMessageFilter(input);
  if (reading.kind === 'BAD') return bad(reading.field, reading.message, reading.code);
  if (reading.kind === 'NOTHING') {
    return bad('recipient', `Enter an address of ${shown(input.domain ?? '')}.`, 'NOT_AN_ADDRESS');
  }
  const { destinationName, since, until, ...wanted } = reading.wanted;
  if (destinationName === null) {
    return bad('domain', 'Enter the name of one of your domains, such as example.org.', 'REQUIRED');
  }
  return {
    kind: 'OK',
    filter: {
      ...wanted,
      domain: destinationName,
      since: since?.toISOString() ?? null,
      until: until?.toISOString() ?? null,
    },
  };
}

/** The messages of an operation: their owner, and when at the latest they were accepted, an instant of the database as text. */
export interface OperationScope {
  readonly destinationId: string;
  readonly tenantId: string;
  /** The greatest id that was held then; null: not known, or nothing was. */
  readonly untilId: string | null;
  readonly createdAt: string;
  readonly filter: OperationFilter;
}

/** All held messages of the scope's destination after an id, in the order of the index on (destination, id). */
export function heldAfter(
  sql: SqlExecutor,
  { destinationId, tenantId }: Pick<OperationScope, 'destinationId' | 'tenantId'>,
  afterId: string | null,
): SqlFragment {
  return sql`
    (destination_id, id) > (${destinationId}::uuid, ${afterId ?? FIRST_ID}::uuid)
    and (destination_id, id) <= (${destinationId}::uuid, ${LAST_ID}::uuid) and tenant_id = ${tenantId}`;
}

/** Whether a row of `messages` meets the filter. */
export function isMeant(sql: SqlExecutor, { createdAt, untilId, filter }: OperationScope): SqlFragment {
  const { states, recipient, since, until, id, ids, heldForHours, isSuspected, ...wanted } = filter;
  const conditions: SqlFragment[] = [
    sql`id <= ${untilId ?? LAST_ID}::uuid`,
    untilId === null
      ? sql`accepted_at <= ${createdAt}::text::timestamptz`
      : isNotSince(sql, sql`accepted_at`, createdAt),
    matches(sql, { ...wanted, since: null, until: null }),
  ];
  if (since !== null) conditions.push(sql`accepted_at >= ${since}::text::timestamptz`);
  if (until !== null) conditions.push(sql`accepted_at < ${until}::text::timestamptz`);
  if (id !== null) conditions.push(sql`(transaction_id = ${id} or id = ${id})`);
  if (ids !== null) conditions.push(sql`id = any(${[...ids]}::uuid[])`);
  if (heldForHours !== null) {
    conditions.push(sql`accepted_at < ${createdAt}::text::timestamptz - make_interval(hours => ${heldForHours})`);
  }
  if (states !== null && !states.includes('HELD')) {
    conditions.push(hasRecipient(sql, sql`r.state = any(${[...states]}::text[])`));
  }
  if (isSuspected) conditions.push(hasRecipient(sql, isSuspectedBefore(sql, createdAt)));
  if (recipient !== null) conditions.push(hasRecipient(sql, sql`lower(r.address) = lower(${recipient}::text)`));
  return allOf(sql, conditions);
}

/** An instant that lies ahead was written before the clock went back, and so before now as well. */
function isNotSince(sql: SqlExecutor, at: SqlFragment, createdAt: string): SqlFragment {
  return sql`(${at} <= ${createdAt}::text::timestamptz or ${at} > bmx_now())`;
}

/** Whether a row of `recipients r` was refused before the operation. */
export function isSuspectedBefore(sql: SqlExecutor, createdAt: string): SqlFragment {
  return sql`(r.state = 'HELD' and coalesce(${isNotSince(sql, sql`r.suspected_at`, createdAt)}, false))`;
}
