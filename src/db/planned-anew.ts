/**
 * Statements that are planned for their values each time.
 *
 * The server plans a prepared statement five times for its values, and then perhaps once for any. What is asked of one tenant then
 * is planned as if each had as many rows as the average, and the list of a tenant with nearly all domains is sorted instead of
 * walked. Planning takes less than a millisecond: right for lists of people, not for the queue's own statements.
 */

/** The same statement, not sent yet, as one that the driver does not keep prepared. */
export function plannedAnew<S extends object>(statement: S): S {
  // As the driver's own `simple()` does it.
  const options: unknown = Reflect.get(statement, 'options');
  if (typeof options !== 'object' || options === null) throw new Error('no statement of the driver');
  Object.assign(options, { prepare: false });
  return statement;
}
