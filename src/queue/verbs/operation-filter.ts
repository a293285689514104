/**
 * Which held messages a verb on many means: what a person typed, checked, kept as JSON, and as a part of a statement.
 *
 * Only messages accepted before the operation are meant: what comes in later is never touched.
 */
import { wholeUnits } from '../../mail/duration.ts';
import type { SqlExecutor } from '../../db/client.ts';
import { parsePath } from '../../mail/address.ts';
import { normalizeDomain } from '../../mail/domain.ts';
import { FIRST_ID, LAST_ID } from '../../mail/id.ts';
import { allOf, type SqlFragment } from '../../db/fragments.ts';
import { invalid, type UserError } from '../../input/checked.ts';
import type { UserErrorCode } from '../../input/error-codes.ts';
import type { RecipientState } from '../read/search-input.ts';

/** All that is given must hold. */
export interface OperationFilterInput {
  readonly domain: string;
  readonly state?: RecipientState | null | undefined;
  readonly recipient?: string | null | undefined;
  /** The empty string is the null reverse-path. */
  readonly reversePath?: string | null | undefined;
  readonly since?: Date | null | undefined;
  readonly until?: Date | null | undefined;
  readonly heldFor?: number | null | undefined;
}

/** In one form, as it is stored; instants as RFC 3339. */
export interface OperationFilter {
  readonly domain: string;
  readonly state: RecipientState | null;
  readonly recipient: string | null;
  readonly reversePath: string | null;
  readonly since: string | null;
  readonly until: string | null;
  readonly olderThanHours: number | null;
  /** Only recipients that were held and suspected when it began, not their messages. Absent: no. */
  readonly isSuspected?: true;
}

/** All that a domain holds. */
export function allHeldOf(domain: string): OperationFilter {
  return {
    domain,
    state: null,
    recipient: null,
    reversePath: null,
    since: null,
    until: null,
    olderThanHours: null,
  };
}

/** Mail is held for 60 days at the most. */
const MAX_OLDER_THAN_HOURS = 60 * 24;

export function checkOperationFilter(
  input: OperationFilterInput,
): { readonly kind: 'OK'; readonly filter: OperationFilter } | { readonly kind: 'BAD'; readonly error: UserError } {
  const bad = (field: string, message: string, code: UserErrorCode) => ({
    kind: 'BAD' as const,
    error: invalid(['filter', field], message, code),
  });
  const { state = null, reversePath = null, since = null, until = null, heldFor = null } = input;
  const olderThanHours = heldFor === null ? null : wholeUnits(heldFor, 'h', MAX_OLDER_THAN_HOURS);
  const domain = normalizeDomain(input.domain.trim());
  if (domain === null)
    return bad('domain', 'Enter the name of one of your domains, such as example.org.', 'NOT_A_DOMAIN');
  const recipient = input.recipient?.trim() ?? null;
  const path = recipient === null ? null : parsePath(`<${recipient}>`, { allowNull: false, smtpUtf8: true });
  if (path !== null && (path.kind !== 'PATH' || path.path.domain !== domain)) {
    return bad('recipient', `Enter a whole address of the domain, such as alice@${domain}.`, 'NOT_AN_ADDRESS');
  }
  if (reversePath !== null && /[\u0000-\u001f\u007f]/.test(reversePath)) {
    return bad(
      'reversePath',
      'Enter a whole address, such as bob@example.com, or the empty string for the null reverse-path.',
      'NOT_AN_ADDRESS',
    );
  }
  if (since !== null && until !== null && since >= until)
    return bad('until', 'until must be later than since.', 'OUT_OF_RANGE');
  if (heldFor !== null && olderThanHours === null) {
    return bad('heldFor', `heldFor is a number of whole hours, PT1H to PT${MAX_OLDER_THAN_HOURS}H.`, 'OUT_OF_RANGE');
  }
  const filter: OperationFilter = {
    domain,
    state,
    recipient: path === null || path.kind !== 'PATH' ? null : path.path.address,
    reversePath: reversePath?.trim() ?? null,
    since: since?.toISOString() ?? null,
    until: until?.toISOString() ?? null,
    olderThanHours,
  };
  return { kind: 'OK', filter };
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
  const { state, recipient, reversePath, since, until, olderThanHours, isSuspected } = filter;
  const conditions: SqlFragment[] = [
    sql`id <= ${untilId ?? LAST_ID}::uuid`,
    untilId === null
      ? sql`accepted_at <= ${createdAt}::text::timestamptz`
      : isNotSince(sql, sql`accepted_at`, createdAt),
  ];
  if (since !== null) conditions.push(sql`accepted_at >= ${since}::text::timestamptz`);
  if (until !== null) conditions.push(sql`accepted_at < ${until}::text::timestamptz`);
  if (olderThanHours !== null) {
    conditions.push(sql`accepted_at < ${createdAt}::text::timestamptz - make_interval(hours => ${olderThanHours})`);
  }
  if (reversePath === '') conditions.push(sql`reverse_path is null`);
  else if (reversePath !== null)
    conditions.push(sql`coalesce(lower(reverse_path) = lower(${reversePath}::text), false)`);
  // Not EXISTS: the planner may answer that by reading all recipients there are, once.
  if (state !== null && state !== 'HELD') conditions.push(hasRecipient(sql, sql`r.state = ${state}`));
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

function hasRecipient(sql: SqlExecutor, which: SqlFragment): SqlFragment {
  return sql`coalesce((select true from recipients r where r.message_id = messages.id and ${which} limit 1), false)`;
}
