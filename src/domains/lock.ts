/**
 * A viewer's domain, locked for a change in one transaction.
 */
import type { SqlExecutor } from '../db/client.ts';
import { normalizeDomain } from '../mail/domain.ts';
import type { Viewer } from '../mail/viewer.ts';
import { lockDestinations } from './destination.ts';
import { type DomainChange, noSuchDomain, type RunChange } from './change.ts';
import { DOMAIN_COLUMNS, type DomainRow, type RelayDomain, relayDomainOf } from './relay-domain.ts';
import { tenantScope } from '../db/fragments.ts';

interface Lock {
  readonly change: RunChange;
  readonly viewer: Viewer;
  /** As the person typed it. */
  readonly name: string;
  /** What the input calls the domain; absent: `name`. */
  readonly field?: string;
  /** The work changes the destination as well. */
  readonly withDestination?: boolean;
}

/** Runs `work` with the domain's row locked until COMMIT; NOT_FOUND when the viewer has no such domain. */
export async function lockDomain(
  lock: Lock,
  work: (transaction: SqlExecutor, domain: RelayDomain) => Promise<DomainChange>,
): Promise<DomainChange> {
  const name = normalizeDomain(lock.name.trim());
  if (name === null) return noSuchDomain(lock.name, lock.field);
  return lock.change(name, async (sql) => {
    if (lock.withDestination === true) await lockDestinations(sql, [name]);
    const [row] = await sql<DomainRow[]>`
      select ${sql(DOMAIN_COLUMNS)} from domains
      where name = ${name} and ${tenantScope(sql, lock.viewer)}
      order by status = 'PENDING', id
      limit 1
      for update`;
    return row === undefined ? noSuchDomain(name, lock.field) : work(sql, relayDomainOf(row));
  });
}
