/**
 * Undoes a rejection for the future: its client is looked up in no DNS list any more, or its recipient is put into the User List,
 * as the code says. What cannot be allowed here is refused with a sentence that says what would help.
 *
 * The change itself is that of domainUpdate or recipientListAdd, with its checks, quotas and events.
 */
import { listRejections, type RejectionView } from '../events/rejection-pages.ts';
import { invalid, shown, type UserError } from '../input/checked.ts';
import { isWithin, normalizeAddress } from '../mail/ip.ts';
import type { Viewer } from '../mail/viewer.ts';
import { type DomainChange, refuse } from './change.ts';
import { type Domains, findDomainsByDestination } from './domains.ts';
import type { RelayDomain } from './relay-domain.ts';
import { updateDomain } from './update.ts';
import { changeList } from './user-list/change.ts';

/** `ALREADY_ALLOWED`: nothing was changed, since what refused it would not do so now. */
export type AllowAction = 'CLIENT_ALLOWED' | 'RECIPIENT_ADDED' | 'ALREADY_ALLOWED';

export type Allowance =
  | { readonly kind: 'DONE'; readonly domain: RelayDomain; readonly action: AllowAction; readonly value: string }
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[]; readonly domain: RelayDomain | null };

/** Another writer of the same domain may come first so often. */
const TRIES = 5;

const OTHERS: Readonly<Record<string, string>> = {
  'BMX-PRIMARY':
    'The primary refused the mailbox. Create it there, then recipientForget lets the primary be asked again.',
  'BMX-SUSPENDED': 'The domain or its tenant is suspended: the operator of this service puts it back.',
  'BMX-RELAY': 'The domain is not in service here: add it with domainCreate.',
};

export async function findRejection(
  domains: Pick<Domains, 'sql'>,
  viewer: Viewer,
  id: string,
): Promise<RejectionView | null> {
  const page = { limit: 1, from: null, isBackward: false, filter: { id } };
  return (await listRejections(domains.sql, viewer, page)).nodes[0] ?? null;
}

/** Allows what the viewer's rejection of this id was about. A repetition changes nothing. */
export async function allowRejected(
  domains: Domains,
  viewer: Viewer,
  rejection: RejectionView | null,
  id: string,
): Promise<Allowance> {
  if (rejection === null) {
    const message = `You have no rejection "${shown(id)}". The query "rejections" lists those of 14 days.`;
    return refuseAllowance({ path: ['id'], message, code: 'NOT_FOUND' });
  }
  const domain = await domainOf(domains, viewer, rejection);
  if (rejection.code === 'BMX-DNSBL' && domain !== null && rejection.clientAddress !== null) {
    return allowClient(domains, viewer, { rejection, domain });
  }
  if (rejection.code === 'BMX-USER' && domain !== null && rejection.recipient !== null) {
    return addRecipient(domains, viewer, domain, rejection.recipient);
  }
  const message =
    domain === null ? 'The domain of the rejection is not one of yours any more.' : OTHERS[rejection.code];
  const otherwise = 'Only rejections by a DNS list (BMX-DNSBL) and by the User List (BMX-USER) can be allowed.';
  return refuseAllowance(invalid(['id'], message ?? otherwise, 'INVALID'), domain);
}

async function domainOf({ sql }: Domains, viewer: Viewer, rejection: RejectionView): Promise<RelayDomain | null> {
  const { destinationId } = rejection;
  if (destinationId === null) return null;
  return (await findDomainsByDestination(sql, viewer, [destinationId])).get(destinationId) ?? null;
}

async function allowClient(
  domains: Domains,
  viewer: Viewer,
  { rejection, domain: first }: { readonly rejection: RejectionView; readonly domain: RelayDomain },
): Promise<Allowance> {
  const value = normalizeAddress(rejection.clientAddress ?? '') ?? '';
  let domain: RelayDomain | null = first;
  for (let tries = TRIES; domain !== null; tries -= 1) {
    const { allowedClients } = domain.dnsbl;
    if (isWithin(allowedClients)(value)) return { kind: 'DONE', domain, action: 'ALREADY_ALLOWED', value };
    const change: DomainChange = await updateDomain(domains, viewer, {
      name: domain.name,
      dnsblAllowedClients: [...allowedClients, value],
      expectedRevision: domain.revision,
    });
    if (change.kind === 'DONE') return { kind: 'DONE', domain: change.domain, action: 'CLIENT_ALLOWED', value };
    if (tries <= 1 || change.errors.every(({ code }) => code !== 'CONFLICT')) return atRejection(change.errors, domain);
    domain = await domainOf(domains, viewer, rejection);
  }
  return refuseAllowance({ path: ['id'], message: 'Its domain was deleted meanwhile.', code: 'NOT_FOUND' });
}

async function addRecipient(
  domains: Domains,
  viewer: Viewer,
  domain: RelayDomain,
  recipient: string,
): Promise<Allowance> {
  const value = recipient.slice(0, recipient.lastIndexOf('@'));
  // An entry would turn a list on that is off, and refuse everybody else.
  if (domain.recipientList.count === 0) return { kind: 'DONE', domain, action: 'ALREADY_ALLOWED', value };
  const change = await changeList(domains, viewer, 'ADD', { domain: domain.name, localParts: [value] });
  if (change.kind === 'REFUSED') return atRejection(change.errors, change.domain);
  const action = change.difference.addedCount > 0 ? 'RECIPIENT_ADDED' : 'ALREADY_ALLOWED';
  return { kind: 'DONE', domain: change.domain, action, value };
}

/** The input has no field but the rejection. */
function atRejection(errors: readonly UserError[], domain: RelayDomain | null): Allowance {
  return { kind: 'REFUSED', errors: errors.map((error) => ({ ...error, path: ['id'] })), domain };
}

function refuseAllowance(error: UserError, domain: RelayDomain | null = null): Allowance {
  return { ...refuse(error, domain), kind: 'REFUSED' };
}
