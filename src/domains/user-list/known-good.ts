/**
 * The recipients that are known good: in the User List, or of a mailbox that was delivered to (2yz after DATA) within 90 days.
 *
 * The second half is said here alone. Whether the User List names somebody is asked in the way that suits the question: from memory for
 * a RCPT (lookup.ts), without wildcards for the head of a queue (queue/claim.ts), with them for a refusal (queue/breaker-feed.ts).
 */
import type { SqlExecutor } from '../../db/client.ts';
import type { SqlFragment } from '../../db/fragments.ts';

/** For so long a delivery speaks for its mailbox. */
const remembered = (sql: SqlExecutor): SqlFragment => sql`interval '90 days'`;

/** Whether a delivery at this instant still speaks for its mailbox; null where there was none. */
export function isKnownBy(sql: SqlExecutor, deliveredAt: SqlFragment): SqlFragment {
  return sql`(${deliveredAt} > bmx_now() - ${remembered(sql)})`;
}

/** The instant from which a delivery of now speaks for its mailbox no longer. */
export function knownUntil(sql: SqlExecutor): SqlFragment {
  return sql`(bmx_now() + ${remembered(sql)})`;
}
