/**
 * The one way of changing relay domains: a transaction with the rows locked, which ends with a notice to the other nodes.
 *
 * What is refused is undone. A change is in force on this node before the call returns, elsewhere when the notice arrives. Outages and
 * breakers that end with it are told after COMMIT.
 */
import type { SqlExecutor } from '../db/client.ts';
import { SETTINGS_CHANNEL } from '../db/listen.ts';
import { eq, part, type PgUpdateSetSource, query } from '../db/query.ts';
import { bmxNow, domains } from '../db/schema.ts';
import { type EventKind, recordEvent } from '../events/record.ts';
import { shown, type UserError } from '../input/checked.ts';
import { normalizeDomain } from '../mail/domain.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { ClosedOutage } from '../outage/lifecycle.ts';
import { lockDestinations } from './destination.ts';
import { type Domains, DOMAIN_NOTICE, selectNamed } from './domains.ts';
import { DOMAIN_COLUMNS, type RelayDomain, relayDomainOf } from './relay-domain.ts';

export type DomainChange =
  /** `isAsked`: an attempt at what it holds was requested. `hasClosedBreaker`: its breaker was open or in trial. */
  | {
      readonly kind: 'DONE';
      readonly domain: RelayDomain;
      readonly isAsked?: boolean;
      readonly hasClosedBreaker?: boolean;
    }
  /** `domain` is the viewer's own object that stands in the way, if one does. */
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[]; readonly domain: RelayDomain | null };

/** The result of changes, and the names of the domains that other nodes must hear of; null undoes all of it. */
export interface Changed<T> {
  readonly result: T;
  readonly changed: readonly string[] | null;
  /** Outages of former owners, which ended. */
  readonly endedOutages?: readonly ClosedOutage[];
  /** The names of domains whose breaker was closed. */
  readonly closedBreakers?: readonly string[];
}

/** The parts of `Domains` that a change needs. */
export type ChangingDomains = Pick<Domains, 'sql' | 'drop' | 'events'>;

/** Thrown to undo a transaction, caught right outside it. */
const UNDONE = new Error('undone');

/** Changes domains of these names in one transaction. */
export async function changeDomains<T>(
  { sql, drop, events }: ChangingDomains,
  names: readonly string[],
  work: (transaction: SqlExecutor) => Promise<Changed<T>>,
): Promise<T> {
  const done: { result?: T } = {};
  try {
    const { endedOutages = [], closedBreakers = [] } = await sql.begin(async (transaction) => {
      const change = await work(transaction);
      const { result, changed } = change;
      done.result = result;
      if (changed === null) throw UNDONE;
      const notices = changed.map((name) => DOMAIN_NOTICE + name);
      if (notices.length > 0) {
        await transaction`select pg_notify(${SETTINGS_CHANNEL}, notice) from unnest(${notices}::text[]) as notice`;
      }
      return change;
    });
    for (const name of closedBreakers) events.breakerMoved(name, { to: 'CLOSED' });
    for (const outage of endedOutages) events.outageClosed(outage.domain, outage);
    return done.result as T;
  } catch (error) {
    if (error === UNDONE) return done.result as T;
    throw error;
  } finally {
    // Also when COMMIT's outcome is unknown: asking once more is cheap.
    for (const name of names) drop(name);
  }
}

export interface WantedDomain {
  /** As the person typed it. */
  readonly name: string;
  /** The input's name of the domain; absent: `name`. */
  readonly field?: string;
  /** The work changes the destination as well. */
  readonly withDestination?: boolean;
}

/** Changes the viewer's domain, its row locked until COMMIT; NOT_FOUND if the viewer has no such domain. */
export async function changeDomain<C extends DomainChange>(
  node: ChangingDomains,
  viewer: Viewer,
  { name: given, field, withDestination = false }: WantedDomain,
  work: (transaction: SqlExecutor, domain: RelayDomain) => Promise<C>,
): Promise<C | DomainRefusal> {
  const name = normalizeDomain(given.trim());
  if (name === null) return noSuchDomain(given, field);
  return changeDomains(node, [name], async (sql) => {
    if (withDestination) await lockDestinations(sql, [name]);
    const [row] = await query(sql, (db) => selectNamed(db, viewer, name).for('update'));
    const result = row === undefined ? noSuchDomain(name, field) : await work(sql, relayDomainOf(row));
    if (result.kind === 'REFUSED') return { result, changed: null };
    return { result, changed: [name], closedBreakers: result.hasClosedBreaker === true ? [name] : [] };
  });
}

/** Writes columns of a locked domain, under its next revision. Returns the domain as it is then. */
export async function writeDomain(
  sql: SqlExecutor,
  { id }: RelayDomain,
  set: PgUpdateSetSource<typeof domains>,
): Promise<RelayDomain> {
  const values = { ...set, revision: part`${domains.revision} + 1`, updatedAt: bmxNow };
  const [row] = await query(sql, (db) =>
    db.update(domains).set(values).where(eq(domains.id, id)).returning(DOMAIN_COLUMNS),
  );
  if (row === undefined) throw new Error('a locked domain has gone');
  return relayDomainOf(row);
}

/** Records an event of the domain. */
export function recordOf(
  sql: SqlExecutor,
  { name, tenantId, destinationId }: RelayDomain,
  kind: EventKind,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  return recordEvent(sql, { tenantId, destinationId, messageId: null, kind, facts: { name, ...facts } });
}

export type DomainRefusal = DomainChange & { readonly kind: 'REFUSED' };

/** `field`: what the input calls the domain. */
export function noSuchDomain(name: string, field = 'name'): DomainRefusal {
  const message = `You have no domain "${shown(name)}". The query "domains" lists those you have.`;
  return refuse({ path: [field], message, code: 'NOT_FOUND' });
}

/** `domain`: the viewer's own object that stands in the way. */
export function refuse(error: UserError, domain: RelayDomain | null = null): DomainRefusal {
  return { kind: 'REFUSED', errors: [error], domain };
}
