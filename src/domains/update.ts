/**
 * Changes what a person may set on a relay domain. What the input leaves out stays; null puts the default back.
 *
 * A new route raises the destination's generation, so that a refusal by a host of the old one counts as a deferral only,
 * and what the old primary did not know may well exist at the new one. A route that leads to us, or into a private network
 * without permission, is refused. A dry run says where the mail would go.
 */
import { isDeepStrictEqual } from 'node:util';
import type { SqlExecutor } from '../db/client.ts';
import { invalid, type UserError } from '../input/checked.ts';
import { actorOf, type Viewer } from '../mail/viewer.ts';
import { askedNow, isPausedNow } from '../outage/pause.ts';
import {
  changeDomain,
  type ChangingDomains,
  type DomainChange,
  type DomainRefusal,
  noSuchDomain,
  recordOf,
  refuse,
  writeDomain,
} from './change.ts';
import { type Domains, findDomain } from './domains.ts';
import { type DomainSettings, type RelayDomain, rowOfSettings, settingsOf } from './relay-domain.ts';
import { checkRouteOf, complaintsOf, findRouteHosts, type RouteHost } from './route-check.ts';
import { applySettings, type DomainSettingsInput } from './settings.ts';
import { forgetAnswers } from './destination.ts';

export type DomainUpdateInput = DomainSettingsInput & {
  readonly name: string;
  /** Refuse with CONFLICT unless the domain has this revision. */
  readonly expectedRevision?: number | null | undefined;
};

/** The effect that an update would have; nothing is changed. */
export type DomainPreview =
  | {
      readonly kind: 'PREVIEW';
      /** As it is. */
      readonly domain: RelayDomain;
      /** The hosts that would get its mail, what is held included; empty when the DNS does not say. */
      readonly hosts: readonly RouteHost[];
    }
  | DomainRefusal;

export async function updateDomain(domains: Domains, viewer: Viewer, input: DomainUpdateInput): Promise<DomainChange> {
  const errors = await checkNewRoute(domains, viewer, input);
  if (errors.length > 0) return { kind: 'REFUSED', errors, domain: null };
  return changeDomain(domains, viewer, { name: input.name, withDestination: true }, async (sql, domain) => {
    const conflict = checkRevision(domain, input.expectedRevision);
    if (conflict !== null) return refuse(conflict, domain);
    const present = settingsOf(domain);
    const wanted = applySettings(present, input);
    if (wanted.kind === 'BAD') return { kind: 'REFUSED', errors: wanted.errors, domain: null };
    // Writing what is there already is no change: its revision stays, so that a replayed plan is a no-op.
    if (isDeepStrictEqual(wanted.value, present)) return { kind: 'DONE', domain };
    return storeSettings(sql, viewer, { domain, before: present, after: wanted.value });
  });
}

/** Says what `updateDomain` would do. */
export async function previewUpdate(
  { sql, checkRoute }: Domains,
  viewer: Viewer,
  input: DomainUpdateInput,
): Promise<DomainPreview> {
  const domain = await findDomain(sql, viewer, input.name);
  if (domain === null) return noSuchDomain(input.name);
  const conflict = checkRevision(domain, input.expectedRevision);
  if (conflict !== null) return refuse(conflict, domain);
  const wanted = applySettings(settingsOf(domain), input);
  if (wanted.kind === 'BAD') return { kind: 'REFUSED', errors: wanted.errors, domain: null };
  const hosts = (await findRouteHosts(checkRoute, domain.name, wanted.value.deliverTo)) ?? [];
  const errors = wanted.value.deliverTo.length === 0 ? [] : complaintsOf(hosts);
  return errors.length > 0 ? { kind: 'REFUSED', errors, domain: null } : { kind: 'PREVIEW', domain, hosts };
}

/** Asks the DNS before anything is locked. A route that is there already is not judged again. */
async function checkNewRoute(
  { sql, checkRoute }: Domains,
  viewer: Viewer,
  input: DomainUpdateInput,
): Promise<readonly UserError[]> {
  if ((input.deliverTo ?? []).length === 0) return [];
  const domain = await findDomain(sql, viewer, input.name);
  if (domain === null) return [];
  const wanted = applySettings(settingsOf(domain), input);
  if (wanted.kind === 'BAD' || isDeepStrictEqual(wanted.value.deliverTo, domain.deliverTo)) return [];
  return checkRouteOf(checkRoute, domain.name, wanted.value.deliverTo);
}

/** CONFLICT unless the domain has the revision that is expected; null: none is. */
export function checkRevision(domain: RelayDomain, expected: number | null | undefined): UserError | null {
  if (expected === undefined || expected === null || expected === domain.revision) return null;
  const message =
    `${domain.name} has revision ${domain.revision}, not ${expected}: somebody changed it meanwhile. ` +
    'Read it again and repeat with its revision.';
  return { path: ['expectedRevision'], message, code: 'CONFLICT' };
}

/** Stores the settings of a locked domain. */
export async function storeSettings(
  sql: SqlExecutor,
  viewer: Viewer,
  change: {
    readonly domain: RelayDomain;
    readonly before: DomainSettings;
    readonly after: DomainSettings;
  },
): Promise<DomainChange> {
  const { domain, before, after } = change;
  const row = rowOfSettings(after);
  const stored = await writeDomain(sql, domain, row);
  const deliverTo = JSON.stringify(row.deliverTo);
  const isRerouted = !isDeepStrictEqual(after.deliverTo, before.deliverTo);
  // A claim that is not served yet has no say in where the mail of its name goes.
  if (domain.status !== 'PENDING') {
    await sql`
      update destinations d
      set deliver_to = ${deliverTo}::text::jsonb,
          tls_policy = ${row.tlsPolicy},
          drain_per_minute = ${row.drainPerMinute},
          route_generation = route_generation + (deliver_to is distinct from ${deliverTo}::text::jsonb)::integer,
          -- Clock and breaker have judged the old hosts: the new ones are tried at once.
          ${askedNow(sql, sql`d.deliver_to is distinct from ${deliverTo}::text::jsonb`, sql`not ${isPausedNow(sql)}`)}
      where id = ${domain.destinationId}`;
    if (isRerouted) await forgetAnswers(sql, [domain.destinationId], 'REFUSALS');
  }
  await recordOf(sql, domain, 'DOMAIN_UPDATED', { ...actorOf(viewer), before, after });
  return { kind: 'DONE', domain: stored, isAsked: isRerouted && domain.status !== 'PENDING' };
}

export interface DomainSuspendInput {
  readonly name: string;
  /** One line, for the record. */
  readonly reason: string;
}

/** Takes a domain out of service, and back. Its mail is deferred, never rejected; held mail is still delivered. */
export function suspendDomain(
  domains: ChangingDomains,
  viewer: Viewer,
  status: 'SUSPENDED' | 'ACTIVE',
  { name, reason }: DomainSuspendInput,
): Promise<DomainChange> {
  return changeDomain(domains, viewer, { name }, async (sql, domain) => {
    if (domain.status === 'PENDING') {
      const message = `${domain.name} is not in service: it waits for the proof of its ownership.`;
      return refuse(invalid(['name'], message, 'NOT_PROVEN'), domain);
    }
    if (domain.status === status) return { kind: 'DONE', domain };
    const written = await writeDomain(sql, domain, { status });
    const kind = status === 'SUSPENDED' ? 'DOMAIN_SUSPENDED' : 'DOMAIN_UNSUSPENDED';
    await recordOf(sql, domain, kind, { by: viewer.tenantId, reason });
    return { kind: 'DONE', domain: written };
  });
}
