/**
 * How many confirmation codes are mailed, as anyone's address can be typed in: by mailbox, by the owner of its domain, by tenant.
 *
 * The counts belong to the addresses and the tenant, not to the contact: deleting it gives nothing back. A tenant that asks too
 * often reaches its own bounds first; those of all tenants together protect the reader. A few codes of each tenant do not need room
 * there, so that no tenant uses up a large provider for the others.
 */
import type { TransactionSql } from '../db/client.ts';
import { countedMailbox } from '../mail/address.ts';
import { organizationOf } from '../mail/organization.ts';
import { type Bound, type Full, takePlaces, tryAgainAfter } from '../db/bounded-counts.ts';
import type { UserError } from '../input/checked.ts';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const MOST_TO_MAILBOX_A_DAY = 5;
const MOST_OF_TENANT_TO_ORGANIZATION_A_DAY = 20;
const MOST_TO_ORGANIZATION_A_DAY = 100;
/** As many of those a tenant gets even if all tenants together have used them up. */
const KEPT_FOR_TENANT_A_DAY = 3;
const MOST_OF_TENANT_AN_HOUR = 50;

interface Mail {
  readonly tenantId: string;
  readonly address: string;
  /** As A-label. */
  readonly domain: string;
}

/** Counts a code that is about to be mailed. The complaint if that would be one too many: then nothing is counted. */
export async function takeCode(sql: TransactionSql, { tenantId, address, domain }: Mail): Promise<UserError | null> {
  const organization = organizationOf(domain);
  const daily = (kind: string, subject: string, most: number): Bound => {
    return { kind, subject, most, windowSeconds: DAY_SECONDS };
  };
  const own = [
    { kind: 'CODE_TENANT', subject: tenantId, most: MOST_OF_TENANT_AN_HOUR, windowSeconds: HOUR_SECONDS },
    daily(MAILBOX, countedMailbox(address), MOST_TO_MAILBOX_A_DAY),
    daily(ORGANIZATION_OF_TENANT, `${organization} ${tenantId}`, MOST_OF_TENANT_TO_ORGANIZATION_A_DAY),
  ];
  const all = daily(ORGANIZATION, organization, MOST_TO_ORGANIZATION_A_DAY);
  let places = await takePlaces(sql, [...own, all]);
  if (places.kind === 'FULL' && places.bound === all) {
    const kept = daily('CODE_KEPT', `${organization} ${tenantId}`, KEPT_FOR_TENANT_A_DAY);
    const keptPlaces = await takePlaces(sql, [...own, kept]);
    if (keptPlaces.kind === 'TAKEN') places = keptPlaces;
  }
  return places.kind === 'TAKEN' ? null : tooManyCodes(places, organization);
}

const MAILBOX = 'CODE_MAILBOX';
const ORGANIZATION = 'CODE_ORGANIZATION';
const ORGANIZATION_OF_TENANT = 'CODE_ORGANIZATION_TENANT';

function tooManyCodes({ bound, until }: Full, organization: string): UserError {
  const { kind, most } = bound;
  const phrases: Readonly<Record<string, string>> = {
    [MAILBOX]: `This mailbox was mailed ${most} codes within a day`,
    [ORGANIZATION_OF_TENANT]: `You had ${most} codes mailed to ${organization} within a day`,
    [ORGANIZATION]: `${organization} was mailed ${most} codes within a day`,
  };
  const what = phrases[kind] ?? `You had ${most} codes mailed within an hour`;
  const message = `${what}. ${tryAgainAfter(until)}`;
  return { path: ['address'], message, code: 'TOO_MANY' };
}
