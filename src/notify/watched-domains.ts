/**
 * Which relay domains somebody is to be told of: all of a tenant, or those that are named.
 */
import type { SqlExecutor } from '../db/client.ts';
import { normalizeDomain } from '../mail/domain.ts';
import { type Checked, invalid, type UserError } from '../input/checked.ts';

const MAX_DOMAINS = 1000;

/** The names in their one form, in order, each once; null for all. Each must be a domain of the tenant. */
export async function checkDomains(
  sql: SqlExecutor,
  tenantId: string,
  given: readonly string[] | null,
): Promise<Checked<readonly string[] | null>> {
  if (given === null) return { kind: 'OK', value: null };
  if (given.length === 0 || given.length > MAX_DOMAINS) {
    const message = `Name 1 to ${MAX_DOMAINS} domains, or none at all (null) for every domain.`;
    return { kind: 'BAD', errors: [invalid(['domains'], message, given.length === 0 ? 'REQUIRED' : 'TOO_MANY')] };
  }
  const names = given.map((text) => normalizeDomain(text.trim()) ?? '');
  const rows = await sql<{ name: string }[]>`
    select name from domains where tenant_id = ${tenantId} and name = any(${names}::text[])`;
  const known = new Set(rows.map(({ name }) => name));
  const errors = names.flatMap((name, index): UserError[] => {
    if (known.has(name)) return [];
    const message = `There is no domain "${given[index]?.slice(0, 60) ?? ''}". The query "domains" lists those there are.`;
    return [{ path: ['domains', String(index)], message, code: 'NOT_FOUND' }];
  });
  return errors.length > 0 ? { kind: 'BAD', errors } : { kind: 'OK', value: [...known].sort() };
}

/** An event about no domain goes to those who watch all. */
export function isWatched(domains: readonly string[] | null, domain: string | null): boolean {
  return domains === null || (domain !== null && domains.includes(domain));
}
