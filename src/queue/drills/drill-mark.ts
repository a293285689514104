/**
 * The mark that a fire drill's message carries: its ENVID (RFC 3461 §4.4), which only its drill knows.
 *
 * Promises: what a drill holds no claim takes, whatever is flushed or retried, and other mail is not touched; mail without an
 * ENVID costs nothing, a forged one is mail like any other. Writes nothing.
 */
import { randomUUID } from 'node:crypto';
import type { SqlExecutor } from '../../db/client.ts';
import type { SqlFragment } from '../../db/fragments.ts';

const PREFIX = 'bmx-drill-';

export function newDrillMark(): string {
  return `${PREFIX}${randomUUID()}`;
}

/** On an ENVID, by default of a row of `messages`: it is a drill's. Never null. */
export function isOfDrill(sql: SqlExecutor, envelopeId: SqlFragment = sql`messages.envelope_id`): SqlFragment {
  return sql`(coalesce(${envelopeId}, '') like ${`${PREFIX}%`}
    and exists (select from drills where drills.envelope_id = ${envelopeId}))`;
}

/** On a row of `messages`: its drill is under way. The mail of a finished drill is treated like any other. Never null. */
export function isOfOpenDrill(sql: SqlExecutor): SqlFragment {
  return sql`(coalesce(messages.envelope_id, '') like ${`${PREFIX}%`} and exists (
    select from drills where drills.envelope_id = messages.envelope_id and finished_at is null))`;
}

/** On a row of `messages`: its drill has not let it go yet. Never null. */
export function isHeldByDrill(sql: SqlExecutor): SqlFragment {
  return sql`(coalesce(messages.envelope_id, '') like ${`${PREFIX}%`} and exists (
    select from drills where drills.envelope_id = messages.envelope_id and released_at is null and finished_at is null))`;
}
