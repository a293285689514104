/**
 * Gathers the facts for the checks, once and side by side, within one time limit.
 *
 * A fact that has not come in time is UNKNOWN, "no answer in time"; only the database can throw here. While an
 * outage is open the primary is not asked: it has its own clock. Of a domain whose ownership is not proven only the DNS is asked:
 * a claim alone never sends us to a stranger's servers, mail or web.
 */
import { Buffer } from 'node:buffer';
import { wallClock } from '../clock.ts';
import { whyNoMatch, findTlsa } from '../tls/dane.ts';
import { literalAddress, type ObservedMxSet, observeMxSet } from '../dns/mx-set.ts';
import { partyOfTenant } from '../dns/routing.ts';
import { loadTlsMaterial, type TlsMaterialOptions } from '../tls/material.ts';
import { certificateWarnings, uncoveredNames } from '../tls/warnings.ts';
import { fetchPolicy, type MtaStsOptions, readStsRecord } from '../tls/mta-sts.ts';
import type { OwnIdentity } from '../dns/own-identity.ts';
import { findNextHops } from '../dns/next-hop.ts';
import type { LookUps, Resolver } from '../dns/resolver.ts';
import type { SqlExecutor } from '../db/client.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import { askPrimary, type PrimaryDeps } from './ask-primary.ts';
import {
  type ContactFacts,
  type Fact,
  type Facts,
  known,
  notFoundOut,
  type ServiceFacts,
  type TlsaFact,
} from './facts.ts';
import { type DomainRecord, type IsListed, readRecord } from './record.ts';

export interface GatherDeps extends PrimaryDeps {
  readonly sql: SqlExecutor;
  readonly resolver: Pick<Resolver, 'forParty' | 'forget'>;
  readonly self: () => OwnIdentity;
  readonly deliveryPort: number;
  readonly allowPrivate: boolean;
  readonly isListed: IsListed;
  readonly fetchText: MtaStsOptions['fetchText'];
  /** The answers of the DNS are to be trusted where they say AD. */
  readonly usesDane: boolean;
  /** DER, our own first; null: this node receives no mail. */
  readonly certificateChain: () => readonly Uint8Array[] | null;
  readonly service: () => ServiceFacts;
  readonly findContactsInside: (domain: RelayDomain) => Promise<ContactFacts>;
  readonly wallClock: () => Date;
  /** For all. Default 25,000 ms. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 25_000;
/** Senders try there, whatever port we deliver to. */
const SMTP_PORT = 25;
const NOT_PROVEN = '[not asked: the domain is not proven to be yours]';

/** @param signal aborting ends it at once: what is not known yet is UNKNOWN */
export async function gather(given: GatherDeps, domain: RelayDomain, signal: AbortSignal): Promise<Facts> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), given.timeoutMs ?? TIMEOUT_MS);
  const over = AbortSignal.any([late.signal, signal]);
  const isOver = new Promise<void>((resolve) => {
    if (over.aborted) resolve();
    over.addEventListener('abort', () => resolve());
  });
  const deps: Gathering = { ...given, resolver: counted(given, domain) };
  const { name } = domain;
  // A change that a person has just made is to be seen.
  for (const changed of [name, `_mta-sts.${name}`]) given.resolver.forget(changed);
  /** Each by itself: what is slow makes nothing else unknown. */
  const inTime = <T>(asked: string, work: Promise<Fact<T>>): Promise<Fact<T>> =>
    Promise.race([work, isOver.then(() => notFoundOut(asked, '[no answer in time]'))]);

  const mx = observeMxSet(name, { ...deps, self: deps.self() });
  const record = readRecord(deps.sql, domain, deps.isListed);
  try {
    const [mxSet, aliases, nameServers, policy, tlsa, sessions, recordFact, contactsInside] = await Promise.all([
      inTime(`MX of ${name}`, mx.then(known)),
      inTime(`CNAME of the MX hosts of ${name}`, findAliases(deps, mx)),
      inTime(`NS of ${name}`, deps.resolver.query(name, 'NS').then(known)),
      inTime(`MTA-STS policy of ${name}`, findPolicy(deps, domain)),
      inTime(`TLSA of our names`, checkTlsa(deps, name, mx)),
      inTime(`primary of ${name}`, findSessions(deps, { domain, record, signal: over })),
      inTime('our records', record.then(known)),
      inTime('alert contacts', deps.findContactsInside(domain).then(known)),
    ]);
    return {
      domain: {
        name,
        deliverTo: domain.deliverTo.map(({ host, port }) => `${host}:${port}`),
        listedCount: domain.recipientList.count,
      },
      service: deps.service(),
      mx: mxSet,
      aliases,
      nameServers,
      policy,
      tlsa,
      sessions,
      record: recordFact,
      contactsInside,
    };
  } finally {
    clearTimeout(timer);
  }
}

type Dns = Pick<LookUps, 'party' | 'query' | 'resolveMx' | 'resolveAddresses' | 'resolveTxt'>;
type Gathering = Omit<GatherDeps, 'resolver'> & { readonly resolver: Dns };

/** The look-ups of the domain's tenant, each question within the budget. */
function counted(given: Pick<GatherDeps, 'resolver' | 'budget'>, { tenantId }: Pick<RelayDomain, 'tenantId'>): Dns {
  const { budget } = given;
  const resolver = given.resolver.forParty(partyOfTenant(tenantId));
  const afterTurns = async <T>(turns: readonly Promise<void>[], ask: () => Promise<T>): Promise<T> => {
    await Promise.all(turns);
    return ask();
  };
  return {
    party: resolver.party,
    query: (name, type) => afterTurns([budget.question()], () => resolver.query(name, type)),
    resolveMx: (domain) => afterTurns([budget.question()], () => resolver.resolveMx(domain)),
    resolveAddresses: (host) =>
      afterTurns([budget.question(), budget.question()], () => resolver.resolveAddresses(host)),
    resolveTxt: (name) => afterTurns([budget.question()], () => resolver.resolveTxt(name)),
  };
}

async function findAliases({ resolver }: Gathering, mx: Promise<ObservedMxSet>): Promise<Facts['aliases']> {
  const set = await mx;
  if (set.kind === 'TROUBLE') return notFoundOut('MX', `[${set.reason}]`);
  if (set.kind !== 'SET' || set.isImplicit) return known([]);
  const names = set.hosts.map(({ host }) => host).filter((host) => literalAddress(host) === null);
  const answers = await Promise.all(names.map(async (host) => ({ host, answer: await resolver.query(host, 'CNAME') })));
  const aliases = answers.flatMap(({ host, answer }) =>
    answer.kind === 'FOUND' ? [{ host, target: answer.records[0] ?? '' }] : [],
  );
  const lost = answers.find(({ answer }) => answer.kind === 'TROUBLE');
  if (aliases.length > 0 || lost === undefined) return known(aliases);
  return notFoundOut(`CNAME of ${lost.host}`, lost.answer.kind === 'TROUBLE' ? `[${lost.answer.reason}]` : '');
}

async function findPolicy(deps: Gathering, { name, status }: RelayDomain): Promise<Facts['policy']> {
  const answer = await deps.resolver.resolveTxt(`_mta-sts.${name}`);
  if (answer.kind === 'TROUBLE') return notFoundOut(`TXT of _mta-sts.${name}`, `[${answer.reason}]`);
  if (answer.kind !== 'FOUND' || readStsRecord(answer.records) === null) return known(null);
  if (status === 'PENDING') return notFoundOut(`MTA-STS policy of ${name}`, NOT_PROVEN);
  return known(await fetchPolicy(name, deps, deps.resolver));
}

/** Looks at each of our names in the set as a sender that uses DANE would. */
async function checkTlsa(deps: Gathering, domain: string, mx: Promise<ObservedMxSet>): Promise<Facts['tlsa']> {
  const chain = deps.certificateChain();
  if (!deps.usesDane) return known(null);
  const set = await mx;
  if (set.kind === 'TROUBLE') return notFoundOut(`MX of ${domain}`, `[${set.reason}]`);
  const own = set.kind === 'SET' ? set.hosts.filter(({ isSelf }) => isSelf) : [];
  const found = own.map(async ({ host }): Promise<TlsaFact> => {
    const asked = `TLSA of _${SMTP_PORT}._tcp.${host}`;
    const answer = await findTlsa(deps.resolver, { domain, host, port: SMTP_PORT });
    if (answer.kind === 'TROUBLE') return { asked, fault: answer.reason, isFoundOut: false };
    if (answer.kind !== 'RECORDS') return { asked, fault: null, isFoundOut: true };
    if (chain === null) return { asked, fault: 'this node receives no mail and has no certificate', isFoundOut: false };
    const names = [answer.baseDomain, host];
    const fault = whyNoMatch(chain, { records: answer.records, names }, deps.wallClock());
    // Another of our names may belong to another node, with a certificate of its own.
    return { asked, fault, isFoundOut: fault === null || host === deps.hostname };
  });
  return known(await Promise.all(found));
}

async function findSessions(
  deps: Gathering,
  { domain, record, signal }: { domain: RelayDomain; record: Promise<DomainRecord>; signal: AbortSignal },
): Promise<Facts['sessions']> {
  const asked = `primary of ${domain.name}`;
  if (domain.status === 'PENDING') return notFoundOut(asked, NOT_PROVEN);
  const { outage } = await record;
  if (outage !== null) {
    const since = `[not asked: outage open since ${outage.startedAt.toISOString()}, ${outage.class}] ${outage.lastReply}`;
    return notFoundOut(asked, since);
  }
  const { deliverTo } = domain;
  const hops = await findNextHops(domain.name, { ...deps, self: deps.self(), deliverTo });
  return askPrimary(deps, { domainName: domain.name, hops, signal });
}

/** The certificates of a node that receives mail, as senders that verify them judge them. */
export interface OwnCertificates {
  /** DER, our own first. */
  readonly chain: readonly Uint8Array[];
  /** Defects that a sender that verifies would find. */
  readonly defects: readonly string[];
  readonly uncoveredNames: readonly string[];
}

/** Reads them; again whenever their files change. */
export function ownCertificates(
  options: Omit<TlsMaterialOptions, 'warn' | 'wallClock'> & { readonly mxNames: readonly string[] },
): () => OwnCertificates {
  let current: ReturnType<typeof loadTlsMaterial> | null = null;
  return () => {
    // Loaded on first use: by then the listener has made what was missing. The listener logs files that are unusable.
    current ??= loadTlsMaterial({ ...options, wallClock, warn: () => undefined });
    const material = current();
    const blocks = material.cert.match(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g) ?? [];
    return {
      chain: blocks.map((block) => Uint8Array.from(Buffer.from(block.replaceAll(/-----[^-]+-----/g, ''), 'base64'))),
      // Other names may belong to other nodes, with certificates of their own.
      defects: certificateWarnings(material, [options.hostname], wallClock()),
      uncoveredNames: uncoveredNames(material, options.mxNames),
    };
  };
}
