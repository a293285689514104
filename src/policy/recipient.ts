/**
 * The policy: every check that a recipient meets before RCPT is answered, in order.
 *
 *  1. postmaster of this server – belongs to no relay domain, and must always be reachable
 *  2. relay domain – cheap, and nothing may be asked on behalf of a domain that is not ours
 *  3. harvest guard – a client that guesses addresses learns nothing, and costs nothing below
 *  4. route watch – rejects nothing: drops what is known about the old primary before it is used
 *  5. MX preference – mail that no better host can take must not be accepted
 *  6. User List – the domain's own word, from memory or one look-up
 *  7. DNSBL – each domain's choice; asks others, but once for a client
 *  8. size known at the primary – what it would reject anyway
 *  9. callout – the most expensive: a session with the primary
 *
 * A new check is one file and one entry in `recipientChecks`. The first verdict that is not PASS is the answer; a recipient that
 * passes all is accepted. The caller answers 451 to an error: unknown trouble is never 5xx.
 */
import { isDeepStrictEqual } from 'node:util';
import { monotonicMs, within } from '../clock.ts';
import { createBoundedMap } from '../bounded-map.ts';
import { bindingSizeLimit } from '../smtp/commands.ts';
import type { NextHops } from '../dns/next-hop.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import type { IsListed } from '../domains/user-list/lookup.ts';
import { formatAddress } from '../mail/address.ts';
import { normalizeDomain } from '../mail/domain.ts';
import type { ClientInfo } from '../mail/envelope.ts';
import {
  type AcceptedRecipient,
  type Check,
  type Decision,
  type ForwardPath,
  type MailInfo,
  PASS,
  type ReplyLine,
  type ServedQuestion,
  type Unasked,
  type Verdict,
} from './decision.ts';
import { Buffer } from 'node:buffer';
import { receivedField } from '../mail/received.ts';
import type { Primaries, PrimaryFacts } from '../verification/primary.ts';

export interface RecipientPolicy {
  readonly postmaster: PostmasterMailbox;
  readonly findRelayDomain: (name: string) => Promise<RelayDomain | null>;
  /** For recipients of served domains, in order. */
  readonly checks: readonly Check[];
  /** Gets every decision of the checks, and may hold the answer back. */
  readonly note?: (question: ServedQuestion, decision: Decision) => Promise<void> | void;
}

interface RecipientCheckOptions {
  readonly hostname: string;
  readonly findHops: (domain: Pick<RelayDomain, 'name' | 'deliverTo' | 'tenantId'>) => Promise<NextHops>;
  readonly isListed: IsListed;
  readonly primaries: Primaries;
  readonly harvestGuard: Check;
  readonly dnsbl: Check;
  readonly callout: Check;
  /** The domain has another route: what is remembered about its old primary is no longer true. */
  readonly onRouteChanged: (destinationId: string) => void;
}

/** The checks for a recipient of a served domain, in order. */
export function recipientChecks(options: RecipientCheckOptions): readonly Check[] {
  const { hostname, findHops, primaries } = options;
  const findNextHops = ({ name, tenantId }: RelayDomain) => findHops({ name, tenantId, deliverTo: [] });
  return [
    options.harvestGuard,
    createRouteWatch(options.onRouteChanged),
    createMxPreferenceCheck({ findNextHops, monotonicMs }),
    createUserListCheck(options.isListed),
    options.dnsbl,
    createPrimarySizeCheck({ primaries, hostname }),
    options.callout,
  ];
}

/** The verdict on one forward-path. */
export async function decideRecipient(
  policy: RecipientPolicy,
  { client, mail, path }: { readonly client: ClientInfo; readonly mail: MailInfo; readonly path: ForwardPath },
): Promise<Decision> {
  const own = checkPostmaster(policy.postmaster, path);
  if (own.kind !== 'PASS') return own;
  if (path.kind === 'POSTMASTER') return { kind: 'REFUSE', reply: NOT_SERVED };
  const { localPart } = path.path;
  const name = normalizeDomain(path.path.domain);
  const domain = name === null ? null : await policy.findRelayDomain(name);
  if (domain === null) return { kind: 'REFUSE', reply: NOT_SERVED };
  const served = checkRelayDomain(domain);
  if (served.kind !== 'PASS') return served;
  const question: ServedQuestion = { client, mail, localPart, domain, isRole: isRole(localPart) };
  const decision = await judge(policy.checks, question);
  await policy.note?.(question, decision);
  return decision;
}

async function judge(checks: readonly Check[], question: ServedQuestion): Promise<Decision> {
  const recipient = recipientOf(question.domain);
  let unasked: Unasked = {};
  for (const check of checks) {
    const answer = check(question);
    const verdict = answer instanceof Promise ? await answer : answer;
    if (verdict.kind === 'REFUSE') return { ...verdict, destination: recipient };
    if (verdict.kind === 'ACCEPT') return verdict;
    if (verdict.unknownShare !== undefined) unasked = { unknownShare: verdict.unknownShare };
  }
  return { kind: 'ACCEPT', recipient, ...unasked };
}

export interface PostmasterMailbox {
  /** MX_HOSTNAME as lower-case A-label. */
  readonly hostname: string;
  /** The recipient that gets the mail; null when POSTMASTER_ADDRESS is unset. */
  readonly recipient: (AcceptedRecipient & { readonly address: string }) | null;
}

const NO_POSTMASTER: ReplyLine = {
  code: 550,
  enhancedCode: '5.1.1',
  text: 'this server has no postmaster mailbox; write to the postmaster of the domain concerned',
  rejection: null,
};

/** Local parts that every domain must read (RFC 5321 §4.5.1, RFC 2142 §4). */
const ROLES = new Set(['postmaster', 'abuse']);
/** The reverse-path of our callouts: a primary that verifies senders asks us about it. At MX_HOSTNAME only. */
const PROBE_SENDER = 'probe';

function isRole(localPart: string): boolean {
  return ROLES.has(localPart.toLowerCase());
}

/**
 * Mail for this server's own postmaster: `<postmaster>`, and postmaster@, abuse@ and probe@ at MX_HOSTNAME.
 *
 * It goes to POSTMASTER_ADDRESS through the same queue. Without that setting it is rejected: a mailbox that no one reads would be
 * worse. postmaster@ of a relay domain belongs to its primary.
 */
function checkPostmaster(mailbox: PostmasterMailbox, path: ForwardPath): Verdict {
  if (path.kind === 'PATH') {
    const { localPart, domain } = path.path;
    const isOurs = isRole(localPart) || localPart.toLowerCase() === PROBE_SENDER;
    if (!isOurs || normalizeDomain(domain) !== mailbox.hostname) return PASS;
  }
  const { recipient } = mailbox;
  return recipient === null ? { kind: 'REFUSE', reply: NO_POSTMASTER } : { kind: 'ACCEPT', recipient };
}

const NOT_SERVED: ReplyLine = {
  code: 550,
  enhancedCode: '5.7.1',
  text: 'relaying denied: this backup server does not serve the domain',
  rejection: 'BMX-RELAY',
};

const SUSPENDED: ReplyLine = {
  code: 450,
  enhancedCode: '4.2.1',
  text: 'mail for the domain is suspended for now; try again later',
  rejection: 'BMX-SUSPENDED',
};

/**
 * No open relay (RFC 5321 §3.6.2). A domain whose ownership is not proven looks like one that is not served: a tenant that only
 * claims it is not told what is sent to it. A suspended domain is deferred, so that nothing is lost meanwhile.
 */
function checkRelayDomain(domain: RelayDomain): Verdict {
  if (domain.status === 'PENDING') return { kind: 'REFUSE', reply: NOT_SERVED };
  if (domain.status === 'SUSPENDED') return { kind: 'REFUSE', reply: SUSPENDED, destination: recipientOf(domain) };
  return PASS;
}

function recipientOf(domain: RelayDomain): AcceptedRecipient {
  return { domain: domain.name, destinationId: domain.destinationId, tenantId: domain.tenantId };
}

/** Facts in memory about a destination that is forgotten here are a minute old at most. */
const MOST_ROUTES = 10_000;

/**
 * Notices that a domain has another route, or that its name is another domain now.
 *
 * The domain comes from its snapshot, which every change drops on every node, so no other notice is needed.
 */
export function createRouteWatch(onChanged: (destinationId: string) => void): Check {
  const seen = createBoundedMap<Pick<RelayDomain, 'id' | 'deliverTo'>>(MOST_ROUTES);
  return ({ domain }) => {
    const { id, deliverTo, destinationId } = domain;
    const before = seen.get(destinationId);
    if (before?.id === id && before.deliverTo === deliverTo) return PASS;
    seen.set(destinationId, { id, deliverTo });
    if (before === undefined || (before.id === id && isDeepStrictEqual(before.deliverTo, deliverTo))) return PASS;
    onChanged(destinationId);
    return PASS;
  };
}

/** A sender waits for the answer to RCPT; the delivery examines the MX records as well. */
const MOST_MX_WAIT_MS = 2000;
/** After a look-up that failed or was slow, the domain's mail is accepted without one for this long. */
const MX_UNKNOWN_MS = 30_000;
const MOST_UNKNOWN = 10_000;

const MOST_PREFERRED: ReplyLine = {
  code: 550,
  enhancedCode: '5.4.6',
  text: 'this backup server is the most preferred MX of the domain, there is no better server to hand the mail to',
  rejection: 'BMX-RANK',
};
const EQUAL_PREFERENCE: ReplyLine = {
  ...MOST_PREFERRED,
  text: 'this backup server has the same MX preference as the primary, there is no better server to hand the mail to',
};
const LOOP: ReplyLine = { ...MOST_PREFERRED, text: 'mail for the domain would come back to this backup server' };
const NULL_MX: ReplyLine = {
  code: 556,
  enhancedCode: '5.1.10',
  text: 'the domain says that it takes no mail (null MX)',
  rejection: 'BMX-NULLMX',
};
const NO_SERVER: ReplyLine = {
  code: 450,
  enhancedCode: '4.4.4',
  text: 'the domain has no mail server in DNS at present',
  rejection: 'BMX-DNS',
};

/**
 * Rejects if the DNS says in full that no better host exists: we are the most preferred MX, the domain accepts no mail, or it
 * has no mail server (RFC 5321 §5.1, RFC 7505).
 *
 * A look-up that fails or takes long accepts: that is when a backup is needed. With `deliverTo` the MX records do not matter.
 * The answer is asked for at every RCPT and comes from the resolver's cache.
 */
export function createMxPreferenceCheck(deps: {
  findNextHops: (domain: RelayDomain) => Promise<NextHops>;
  monotonicMs: () => number;
}): Check {
  const unknownUntilMs = createBoundedMap<number>(MOST_UNKNOWN);
  const judge = async (domain: RelayDomain): Promise<Verdict> => {
    const found = await within(MOST_MX_WAIT_MS, deps.findNextHops(domain), () => null);
    if (found === null || found.kind === 'TROUBLE') {
      unknownUntilMs.set(domain.name, deps.monotonicMs() + MX_UNKNOWN_MS);
      return PASS;
    }
    const reply = refusalOf(found);
    return reply === null ? PASS : { kind: 'REFUSE', reply };
  };
  return ({ domain }) => {
    if (domain.deliverTo.length > 0 || (unknownUntilMs.get(domain.name) ?? 0) > deps.monotonicMs()) return PASS;
    return judge(domain);
  };
}

function refusalOf(found: NextHops): ReplyLine | null {
  switch (found.kind) {
    case 'HOSTS':
    case 'TROUBLE':
      return null;
    case 'NULL_MX':
      return NULL_MX;
    case 'NXDOMAIN':
    case 'NO_ADDRESS':
      return NO_SERVER;
    case 'NOTHING_BETTER':
      return { MOST_PREFERRED, EQUAL_PREFERENCE, LOOP }[found.cause];
    default:
      return found satisfies never;
  }
}

const NOT_LISTED: Verdict = {
  kind: 'REFUSE',
  reply: { code: 550, enhancedCode: '5.1.1', text: 'there is no such mailbox', rejection: 'BMX-USER' },
};

/**
 * A mailbox that the domain's owner does not list does not exist. An empty list is off.
 *
 * Never rejects postmaster and abuse (RFC 5321 §4.5.1, RFC 2142). A stranger learns that there is no such mailbox, which the
 * primary would say as well, but not that there is a list.
 */
export function createUserListCheck(isListed: IsListed): Check {
  const verdictOn = (listed: boolean): Verdict => (listed ? PASS : NOT_LISTED);
  return ({ domain, localPart, isRole: isExempt }) => {
    if (isExempt || domain.recipientList.count === 0) return PASS;
    const answer = isListed(domain, localPart);
    return answer instanceof Promise ? answer.then(verdictOn) : verdictOn(answer);
  };
}

/** More than our field ever has. */
const MOST_FIELD_OCTETS = 2000;
/** As long as a date can be. */
const SOME_DATE = new Date('2000-12-31T00:00:00Z');
const SOME_ID = '00000000-0000-7000-8000-000000000000';

/**
 * Rejects a message that the primary would reject for its size (RFC 1870 §6.1), by what it offered last within 7 days.
 *
 * Only if the client has said SIZE=. What we hand over is longer than what we get, by our Received field: near the limit that field
 * is measured, as it would be for this client. Without a known limit no one is asked and no message rejected.
 */
export function createPrimarySizeCheck(deps: {
  readonly primaries: Pick<Primaries, 'recall' | 'find'>;
  /** Our name in the Received field. */
  readonly hostname: string;
}): Check {
  const judge = (question: ServedQuestion, sizeBytes: number, facts: PrimaryFacts): Verdict => {
    const sizeLimitBytes = bindingSizeLimit(facts.sizeLimitBytes);
    if (sizeLimitBytes === null || sizeBytes + MOST_FIELD_OCTETS <= sizeLimitBytes) return PASS;
    const room = sizeLimitBytes - fieldOctets(question, deps.hostname);
    return sizeBytes <= room ? PASS : rejectSize(room);
  };
  return (question) => {
    const { sizeBytes } = question.mail;
    if (sizeBytes === null) return PASS;
    const { destinationId } = question.domain;
    const facts = deps.primaries.recall(destinationId);
    if (facts !== null) return judge(question, sizeBytes, facts);
    return deps.primaries.find(destinationId).then((found) => judge(question, sizeBytes, found));
  };
}

function fieldOctets({ client, localPart, domain }: ServedQuestion, hostname: string): number {
  const field = receivedField({
    client,
    by: hostname,
    transactionId: SOME_ID,
    forRecipient: formatAddress(localPart, domain.name),
    at: SOME_DATE,
  });
  return Buffer.byteLength(field);
}

function rejectSize(room: number): Verdict {
  const text = `the domain's mail server takes messages of at most ${room} bytes; send a smaller one, or a link to the file`;
  return { kind: 'REFUSE', reply: { code: 552, enhancedCode: '5.3.4', text, rejection: 'BMX-SIZE' } };
}
