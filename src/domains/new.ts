/**
 * Checks a relay domain that is to be added: its name, its settings, its User List, and against the DNS.
 *
 * Refused is only what cannot be a domain whose mail we hold; it need not exist in DNS yet. Changes nothing.
 */
import { within } from '../clock.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { DomainRules } from './domains.ts';
import { checkDomainName } from './input.ts';
import { type Checked, errorsOf, type UserError } from '../input/checked.ts';
import { applySettings, type DomainSettingsInput } from './settings.ts';
import { DEFAULT_SETTINGS, type DomainSettings, type DomainStatus } from './relay-domain.ts';
import { checkOwner } from './owner.ts';
import { checkRouteOf, type FindMxHosts } from './route-check.ts';
import { checkLocalParts } from './user-list/input.ts';

export type DomainCreateInput = DomainSettingsInput & {
  /** Its owner. Absent or null: the viewer's own tenant. */
  readonly tenantId?: string | null | undefined;
  readonly name: string;
  /** Local parts of its User List; absent or empty: the list is off. */
  readonly recipientList?: readonly string[] | null | undefined;
  /** Adds it even though it looks like a mail server's host name. */
  readonly force?: boolean | null | undefined;
};

export interface NewDomain {
  readonly tenantId: string;
  readonly name: string;
  readonly settings: DomainSettings;
  readonly recipientList: readonly string[];
  readonly status: DomainStatus;
}

/** Names above the host that are asked for their MX records: `mx1.mail.example.org` may serve `example.org`. */
const MAX_PARENTS = 3;
/** A person waits for the answer; a resolver that works needs a fraction of this. */
const MX_TIMEOUT_MS = 2_000;

export async function checkNewDomain(
  rules: Omit<DomainRules, 'sql'>,
  viewer: Viewer,
  input: DomainCreateInput,
): Promise<Checked<NewDomain>> {
  const owner = checkOwner(viewer, input.tenantId);
  const name = checkDomainName(input.name, rules.ownNames);
  const settings = applySettings(DEFAULT_SETTINGS, input);
  const recipientList = await checkLocalParts({
    domainName: name.kind === 'OK' ? name.value : '',
    localParts: input.recipientList ?? [],
    field: 'recipientList',
  });
  if (owner.kind === 'BAD' || name.kind === 'BAD' || settings.kind === 'BAD' || recipientList.kind === 'BAD') {
    return { kind: 'BAD', errors: errorsOf(owner, name, settings, recipientList) };
  }
  const hostError = input.force === true ? null : await checkIsNoHost(name.value, rules.findMxHosts);
  if (hostError !== null) return { kind: 'BAD', errors: [hostError] };
  const complaints = await checkRouteOf(rules.checkRoute, name.value, settings.value.deliverTo);
  if (complaints.length > 0) return { kind: 'BAD', errors: complaints };
  // What an operator adds is served at once, also for a tenant; a tenant's own waits for the proof of its ownership.
  const status = viewer.isOperator ? 'ACTIVE' : 'PENDING';
  const checked = { name: name.value, settings: settings.value, recipientList: recipientList.value };
  return { kind: 'OK', value: { tenantId: owner.value, ...checked, status } };
}

/** A host name without MX records of its own that is an MX of a domain above it is a mail server, not a mail domain. */
async function checkIsNoHost(name: string, findMxHosts: FindMxHosts): Promise<UserError | null> {
  const parents = parentsOf(name);
  const [own, ...above] = await Promise.all([name, ...parents].map((domain) => answerInTime(findMxHosts(domain))));
  if (own === undefined || own === 'UNKNOWN' || own.length > 0) return null;
  const parent = parents.find((_, index) => above[index] !== 'UNKNOWN' && above[index]?.includes(name));
  if (parent === undefined) return null;
  return {
    path: ['name'],
    message:
      `${name} is the mail server of ${parent}, not a domain of its own. Add ${parent}: its mail server is found ` +
      `through its MX records. If ${name} does receive mail for addresses @${name}, repeat with force: true.`,
    code: 'HOST_NOT_DOMAIN',
  };
}

/** DNS that is slow or away must not keep anybody from adding a domain. */
function answerInTime(answer: ReturnType<FindMxHosts>): ReturnType<FindMxHosts> {
  return within(
    MX_TIMEOUT_MS,
    answer.catch(() => 'UNKNOWN' as const),
    () => 'UNKNOWN' as const,
  );
}

/** Nearest first; a top-level domain is not asked. */
function parentsOf(name: string): string[] {
  const labels = name.split('.');
  const parents = labels.slice(1, -1).map((_, index) => labels.slice(index + 1).join('.'));
  return parents.slice(0, MAX_PARENTS);
}
