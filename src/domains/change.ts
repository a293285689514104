/**
 * What a change of a relay domain came to, and the one way in which all of them can fail to begin.
 */
import { shown } from '../input/checked.ts';
import type { SqlExecutor } from '../db/client.ts';
import type { RelayDomain } from './relay-domain.ts';
import type { UserError } from '../input/user-error.ts';

export type DomainChange =
  | { readonly kind: 'DONE'; readonly domain: RelayDomain }
  /** `domain` is the viewer's own object that stands in the way, where there is one. */
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[]; readonly domain: RelayDomain | null };

/** Runs a change in a transaction, tells the other nodes with its COMMIT, drops our own snapshot entry after it. What is refused is undone. */
export type RunChange = (
  name: string,
  work: (transaction: SqlExecutor) => Promise<DomainChange>,
) => Promise<DomainChange>;

/** Changes of several domains in one transaction, and the names of those that others must hear of; null: all of it is undone. */
export type ChangesWork<T> = (
  transaction: SqlExecutor,
) => Promise<{ readonly result: T; readonly changed: readonly string[] | null }>;

/** As RunChange, of all these names at once. */
export type RunChanges = <T>(names: readonly string[], work: ChangesWork<T>) => Promise<T>;

/** `field`: what the input calls the domain. */
export function noSuchDomain(name: string, field = 'name'): DomainChange {
  const message = `You have no domain "${shown(name)}". The query "domains" lists those you have.`;
  return { kind: 'REFUSED', errors: [{ field: [field], message, code: 'NOT_FOUND' }], domain: null };
}
