/**
 * The mark of a database whose mail was exported for a move. No node may work on it any more: mail would go out twice, and
 * mail accepted into it would never go out.
 *
 * It is two things. A minimum version that no release has, so that every start is refused, also of releases that know nothing of
 * moves; what the minimum was is kept in it. And a constraint that no message fulfils: a node that was cut off, was therefore not
 * seen, and comes back, can neither accept nor claim.
 */
import type { Query } from './copy-session.ts';

/** Minimum versions from here on mean: moved; what is above it is the minimum as it was. */
export const MOVED = 2_000_000_000;

/** For the operator. */
export const MOVED_LINE =
  'the mail of this database was exported, and must go out from one place only: start the service on the database it was imported into, or, if that has never been started, take the export back with backup-mx export --undo';

/** Sets the mark, in the transaction of `query`; false when it stands already. */
export async function markMoved(query: Query): Promise<boolean> {
  const rows = await query(`
    update schema_requirements set minimum_version = minimum_version + ${MOVED}
    where minimum_version < ${MOVED} returning true`);
  if (rows.length === 0) return false;
  await query('alter table messages add constraint messages_moved check (false) not valid');
  return true;
}

/** Takes the mark away, in the transaction of `query`; false when there is none. */
export async function unmarkMoved(query: Query): Promise<boolean> {
  await query('alter table messages drop constraint if exists messages_moved');
  const rows = await query(`
    update schema_requirements set minimum_version = minimum_version - ${MOVED}
    where minimum_version >= ${MOVED} returning true`);
  return rows.length > 0;
}
