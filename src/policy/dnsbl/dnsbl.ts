/**
 * Check: is the client on a DNS list that refuses it for this domain? (RFC 5782.)
 *
 * The answer is each domain's own: its zones, codes, weights and threshold, over what is known of the client for all. Who is
 * in an allowed network or on an allow list is looked up in no block list; role addresses, private clients, ourselves and
 * the domain's own hosts never are. Refuses only on a listing that was seen: trouble, errors and zones that are off count
 * as not listed. A zone on trial (DRY_RUN) counts and leaves samples, and rejects no one.
 *
 * Waits three seconds at the most for all zones together; without zones, and with all answers in memory, not at all.
 */
import { type Cidr, type IpAddress, isInCidr, parseAddress, parseCidr } from '../../mail/ip.ts';
import type { DnsblSettings, DnsblZoneSetting, RelayDomain } from '../../domains/relay-domain.ts';
import { type Check, PASS, type ReplyLine, type ServedQuestion, type Verdict } from '../decision.ts';
import { listedCode, NOT_ASKED, type ZoneAnswer, type DnsblLookup } from './lookup.ts';
import { within } from '../../clock.ts';
import { formatAddress } from '../../mail/address.ts';
import { classifyAddress } from '../../mail/ip-class.ts';

/** A client that a zone on trial would have had refused. */
export interface DryRunHit {
  readonly question: ServedQuestion;
  readonly zone: string;
  /** The reply that the client would have got. */
  readonly reply: ReplyLine;
}

/** The rejection that a zone on trial would have caused, as it is recorded. */
export function dryRunRejection({ question, zone, reply }: DryRunHit) {
  const { client, mail, localPart, domain } = question;
  return {
    tenantId: domain.tenantId,
    destinationId: domain.destinationId,
    clientAddress: client.address,
    ehloName: client.ehloName,
    command: 'RCPT',
    reversePath: mail.reversePath,
    forwardPath: formatAddress(localPart, domain.name),
    rejection: 'BMX-DNSBL',
    reply: `${reply.code} ${reply.enhancedCode} ${reply.text}`,
    zone,
    isDryRun: true,
  };
}

/** One client judged by one zone for one recipient. */
export interface ZoneUse {
  readonly destinationId: string;
  readonly tenantId: string;
  readonly zone: string;
  readonly isListed: boolean;
}

export interface DnsblDependencies {
  readonly lookup: DnsblLookup;
  /** Zones that failed their self-test; a zone of which nothing is known is on. */
  readonly isOff: (zone: string) => boolean;
  readonly isExempt: IsExempt;
  /** Must not throw or wait. */
  readonly count: (use: ZoneUse) => void;
  /** Must not throw or wait. */
  readonly recordDryRun: (hit: DryRunHit) => void;
  readonly monotonicMs: () => number;
}

/** A sender waits for RCPT. */
const MOST_WAIT_MS = 3000;
/** The part of it for the allow lists, which are asked first. */
const MOST_ALLOW_WAIT_MS = 1500;
/** For the reason of a refusal that stands anyway. */
const MOST_REASON_WAIT_MS = 1000;
/** The rest of 512 octets beside the codes and the address of the page (RFC 5321 §4.5.3.1.5). */
const MAX_TEXT_LENGTH = 350;

/** A domain's settings, ready to be compared with. */
interface Compiled {
  readonly allowedClients: readonly Cidr[];
  readonly allowZones: readonly CompiledZone[];
  readonly zones: readonly (CompiledZone & Pick<DnsblZoneSetting, 'mode' | 'weight'>)[];
}

interface CompiledZone {
  readonly zone: string;
  readonly codes: readonly Cidr[];
}

interface Listing {
  readonly zone: string;
  readonly code: string;
  readonly weight: number;
}

/** One client before one domain. */
interface Case {
  readonly question: ServedQuestion;
  readonly client: IpAddress;
  readonly settings: Compiled;
  readonly threshold: number;
  readonly deadlineMs: number;
}

export function createDnsblCheck(deps: DnsblDependencies): Check {
  // The settings of a domain are one object for as long as its snapshot holds them.
  const compiled = new WeakMap<DnsblSettings, Compiled>();

  function settingsOf(dnsbl: DnsblSettings): Compiled {
    const known = compiled.get(dnsbl);
    if (known !== undefined) return known;
    const made = compile(dnsbl);
    compiled.set(dnsbl, made);
    return made;
  }

  /** The answers of all zones, in their order; those not there by `untilMs` are trouble. */
  function askAll(
    client: IpAddress,
    zones: readonly CompiledZone[],
    untilMs: number,
  ): readonly ZoneAnswer[] | Promise<readonly ZoneAnswer[]> {
    const answers = zones.map(({ zone }) => (deps.isOff(zone) ? NOT_ASKED : deps.lookup.ask(client, zone)));
    if (!answers.some((answer) => answer instanceof Promise)) return answers as ZoneAnswer[];
    const leftMs = Math.max(0, untilMs - deps.monotonicMs());
    return Promise.all(
      answers.map(async (answer) => (answer instanceof Promise ? within(leftMs, answer, () => NOT_ASKED) : answer)),
    );
  }

  function judge(at: Case): Verdict | Promise<Verdict> {
    const { client, settings, deadlineMs } = at;
    const allowUntilMs = deadlineMs - (MOST_WAIT_MS - MOST_ALLOW_WAIT_MS);
    return andThen(askAll(client, settings.allowZones, allowUntilMs), (allowed) => {
      const isAllowed = settings.allowZones.some(({ codes }, index) => isListed(allowed[index], codes));
      if (isAllowed) return PASS;
      return andThen(askAll(client, settings.zones, deadlineMs), (answers) => decide(at, answers));
    });
  }

  function decide(at: Case, answers: readonly ZoneAnswer[]): Verdict | Promise<Verdict> {
    const { question, client, settings, threshold } = at;
    const { destinationId, tenantId } = question.domain;
    const refusing: Listing[] = [];
    const onTrial: Listing[] = [];
    for (const [index, { zone, codes, mode, weight }] of settings.zones.entries()) {
      const answer = answers[index] ?? NOT_ASKED;
      if (answer.kind !== 'LISTED' && answer.kind !== 'NOT_LISTED') continue;
      const code = listedCode(answer, codes);
      deps.count({ destinationId, tenantId, zone, isListed: code !== null });
      if (code !== null) (mode === 'REJECT' ? refusing : onTrial).push({ zone, code, weight });
    }
    if (weightOf(refusing) >= threshold) return refuse(client, refusing);
    if (weightOf([...refusing, ...onTrial]) >= threshold) {
      for (const listing of onTrial) {
        deps.recordDryRun({ question, zone: listing.zone, reply: replyOf(client, [listing], null) });
      }
    }
    return PASS;
  }

  function refuse(client: IpAddress, listings: readonly Listing[]): Verdict | Promise<Verdict> {
    const [first, ...others] = listings.toSorted((a, b) => b.weight - a.weight);
    if (first === undefined) return PASS;
    const found = deps.lookup.explain(client, first.zone);
    const inTime = found instanceof Promise ? within(MOST_REASON_WAIT_MS, found, () => null) : found;
    return andThen(inTime, (url) => ({
      kind: 'REFUSE',
      reply: replyOf(client, [first, ...others], url),
      zone: first.zone,
    }));
  }

  return (question) => {
    const { domain, isRole } = question;
    if (domain.dnsbl.zones.length === 0 || isRole) return PASS;
    const client = parseAddress(question.client.address);
    if (client === null) return PASS;
    const settings = settingsOf(domain.dnsbl);
    if (settings.allowedClients.some((network) => isInCidr(client, network))) return PASS;
    const deadlineMs = deps.monotonicMs() + MOST_WAIT_MS;
    return andThen(deps.isExempt(client.text, domain), (isExempt) =>
      isExempt ? PASS : judge({ question, client, settings, threshold: domain.dnsbl.threshold, deadlineMs }),
    );
  };
}

/** Goes on at once with a value that is there already, so that answers in memory cost no turn of the event loop. */
function andThen<T, U>(value: T | Promise<T>, next: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function isListed(answer: ZoneAnswer | undefined, codes: readonly Cidr[]): boolean {
  return answer !== undefined && listedCode(answer, codes) !== null;
}

function weightOf(listings: readonly Listing[]): number {
  return listings.reduce((sum, { weight }) => sum + weight, 0);
}

/** Names the zones with their codes, as many as there is room for, and where the first one explains itself. */
function replyOf(client: IpAddress, listings: readonly Listing[], url: string | null): ReplyLine {
  let text = `client ${client.text} is listed`;
  for (const [index, { zone, code }] of listings.entries()) {
    const more = `${index === 0 ? ' in' : ','} ${zone} (${code})`;
    if (index === 0 || text.length + more.length <= MAX_TEXT_LENGTH) text += more;
  }
  if (url !== null && text.length + url.length + 1 <= MAX_TEXT_LENGTH) text += ` ${url}`;
  return { code: 550, enhancedCode: '5.7.1', text, rejection: 'BMX-DNSBL' };
}

function compile({ zones, allowZones, allowedClients }: DnsblSettings): Compiled {
  const withCodes = ({ zone, codes }: { readonly zone: string; readonly codes: readonly string[] }): CompiledZone => ({
    zone,
    codes: cidrsOf(codes),
  });
  return {
    allowedClients: cidrsOf(allowedClients),
    allowZones: allowZones.map(withCodes),
    zones: zones.map((setting) => ({ ...withCodes(setting), mode: setting.mode, weight: setting.weight })),
  };
}

/** The settings hold networks only: dnsbl-input.ts has seen to it. */
function cidrsOf(texts: readonly string[]): Cidr[] {
  return texts.flatMap((text) => parseCidr(text) ?? []);
}

/** Whether the client at this address, in canonical form, is looked up nowhere for this domain. */
type IsExempt = (address: string, domain: RelayDomain) => boolean | Promise<boolean>;

interface ExemptOptions {
  /** Addresses of this service, in canonical form. */
  readonly ownAddresses: ReadonlySet<string>;
  /** Addresses of the hosts its mail is handed to; empty when DNS does not say. */
  readonly findHostAddresses: (domain: RelayDomain) => Promise<readonly string[]>;
  readonly monotonicMs: () => number;
}

const KEPT_MS = 60_000;
const MAX_DOMAINS = 10_000;
/** The check of the own rank has just asked for the same; it is warm unless DNS is in trouble. */
const MOST_HOSTS_WAIT_MS = 1000;

interface Hosts {
  readonly revision: number;
  readonly addresses: ReadonlySet<string>;
  readonly expiresAtMs: number;
}

/**
 * Clients that no DNS list is asked about: not out on the internet, ourselves, or the servers of the very domain.
 *
 * The domain's hosts come from the resolver's memory and are kept for a minute, so that a recipient costs no look-up. When
 * they cannot be found out the client does not count as one.
 */
export function createIsExempt({ ownAddresses, findHostAddresses, monotonicMs }: ExemptOptions): IsExempt {
  const known = new Map<string, Hosts>();

  function keep({ id, revision }: RelayDomain, found: readonly string[]): ReadonlySet<string> {
    const addresses = new Set(found);
    if (known.size >= MAX_DOMAINS) known.clear();
    known.set(id, { revision, addresses, expiresAtMs: monotonicMs() + KEPT_MS });
    return addresses;
  }

  /** An answer that comes late is for those who come later. */
  function find(domain: RelayDomain): Promise<ReadonlySet<string>> {
    const finding = findHostAddresses(domain).then((addresses) => keep(domain, addresses));
    return within(MOST_HOSTS_WAIT_MS, finding, () => keep(domain, []));
  }

  return (address, domain) => {
    if (!isOutside(address) || ownAddresses.has(address)) return true;
    const hosts = known.get(domain.id);
    if (hosts !== undefined && hosts.revision === domain.revision && hosts.expiresAtMs > monotonicMs()) {
      return hosts.addresses.has(address);
    }
    return find(domain).then((addresses) => addresses.has(address));
  };
}

/** Addresses of documentation are in no network of ours, so lists are asked about them. */
function isOutside(address: string): boolean {
  const kind = classifyAddress(address);
  return kind === 'PUBLIC' || kind === 'DOCUMENTATION';
}
