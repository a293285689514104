/**
 * The domain in the DNS: its MX records, their hosts, and our own place among them.
 */
import { literalAddress, type ObservedMx, type ObservedMxSet, ownPreference, unlistedNames } from '../../dns/mx-set.ts';
import { isUsableNextHopAddress } from '../../mail/ip-class.ts';
import {
  addressEvidence,
  type Check,
  type Evidence,
  type Facts,
  type Judgement,
  mxEvidence,
  ok,
  problem,
  unknown,
  warning,
  whenKnown,
} from '../facts.ts';

/** Judges what the DNS has of MX records; without an answer the verdict is UNKNOWN. */
function whenAnswered(
  { domain, mx }: Facts,
  judge: (set: Exclude<ObservedMxSet, { kind: 'TROUBLE' }>, evidence: Evidence) => Judgement,
): Judgement {
  return whenKnown(mx, (set) => {
    const evidence = mxEvidence(domain.name, set);
    return set.kind === 'TROUBLE' ? unknown(evidence) : judge(set, evidence);
  });
}

/** Judges the hosts of a set of MX records; that there is no set is the finding of another check. */
function whenListed(facts: Facts, judge: (hosts: readonly ObservedMx[], evidence: Evidence) => Judgement): Judgement {
  return whenAnswered(facts, (set, evidence) =>
    set.kind === 'SET' && !set.isImplicit ? judge(set.hosts, evidence) : ok(evidence),
  );
}

/** The hosts preferred to us; all others where we are not listed. */
function betterHosts(hosts: readonly ObservedMx[]): readonly ObservedMx[] {
  const own = ownPreference(hosts) ?? Number.POSITIVE_INFINITY;
  return hosts.filter(({ preference, isSelf }) => preference < own && !isSelf);
}

/** Whether another host has our own preference: it is not used, as it might hand the mail back to us. */
function isShared(hosts: readonly ObservedMx[]): boolean {
  const own = ownPreference(hosts);
  return own !== null && hosts.some(({ preference, isSelf }) => preference === own && !isSelf);
}

export const rank = {
  code: 'RANK',
  title: 'A primary stands before us in the MX records.',
  meaning:
    'We are the most preferred MX, or the only one. We refuse the mail (BMX-RANK), since there is no better server to deliver to.',
  advice: 'Give your primary an MX record with a lower number than ours, or name it with deliverTo.',
  judge: (facts) =>
    whenAnswered(facts, (set, evidence) => {
      // Without MX records the domain's own address stands in, and may be ours.
      const hosts = set.kind === 'SET' ? set.hosts : [];
      if (ownPreference(hosts) === null || facts.domain.deliverTo.length > 0 || isShared(hosts)) return ok(evidence);
      return betterHosts(hosts).length === 0 ? problem(evidence) : ok(evidence);
    }),
} as const satisfies Check;

export const equalRank = {
  code: 'EQUAL_RANK',
  title: 'No other host has our number in the MX records.',
  meaning:
    'Another host has the same number as we, so we never deliver to it. If it is the only primary, we refuse the mail (BMX-RANK).',
  advice: 'Give us a higher number than every host that is to get the mail.',
  judge: (facts) =>
    whenListed(facts, (hosts, evidence) => {
      if (!isShared(hosts) || facts.domain.deliverTo.length > 0) return ok(evidence);
      return betterHosts(hosts).length === 0 ? problem(evidence) : warning(evidence);
    }),
} as const satisfies Check;

export const notListed = {
  code: 'NOT_LISTED',
  title: 'We stand in the MX records.',
  meaning:
    'No MX record names us: when your primary is down, senders do not find us. As a WARNING: one of our names is missing, and senders do not find its node.',
  advice:
    'Add the MX records that `domain.mx.recommended` shows: each of our names, all at one number, higher than that of your primary.',
  judge: (facts) =>
    whenAnswered(facts, (set, evidence) => {
      // That the domain is gone, or accepts no mail, is another check's finding.
      if (set.kind !== 'SET') return ok(evidence);
      if (set.hosts.some(({ isSelf }) => isSelf)) {
        const missing = unlistedNames(set.hosts, facts.service.mxNames);
        if (missing.length === 0) return ok(evidence);
        return warning(evidence, { asked: 'names of ours that are missing', answered: missing.join(', ') });
      }
      // One that could not be looked up may be us.
      return set.hosts.some(({ trouble }) => trouble !== null) ? unknown(evidence) : problem(evidence);
    }),
} as const satisfies Check;

/** The domain accepts mail at all (RFC 7505). */
export const nullMx = {
  code: 'NULL_MX',
  title: 'The domain accepts mail.',
  meaning:
    'The domain publishes a null MX (`0 .`), which declares that it accepts no mail. Senders do not even try (RFC 7505).',
  advice: 'Replace the record `0 .` with those of your primary and of us.',
  judge: (facts) =>
    whenAnswered(facts, ({ kind }, evidence) => (kind === 'NULL_MX' ? problem(evidence) : ok(evidence))),
} as const satisfies Check;

function judgeZone(facts: Facts) {
  const { name } = facts.domain;
  return whenKnown(facts.mx, (set) => {
    const evidence = mxEvidence(name, set);
    // A server that answers SERVFAIL is there and cannot say: an expired zone, a broken signature.
    if (set.kind === 'TROUBLE') return set.reason === 'SERVFAIL' ? problem(evidence) : unknown(evidence);
    if (set.kind === 'NXDOMAIN' || set.kind === 'NO_ADDRESS') return problem(evidence);
    const hosts = set.kind === 'SET' ? set.hosts : [];
    const better = betterHosts(hosts);
    const lost = hosts.filter(
      ({ addresses, trouble }) => addresses.length === 0 && (trouble ?? 'SERVFAIL') === 'SERVFAIL',
    );
    const found = lost.map(addressEvidence);
    if (better.length > 0 && better.every((host) => lost.includes(host))) return problem(evidence, ...found);
    if (lost.length > 0) return warning(evidence, ...found);
    const silent = hosts.filter(({ trouble }) => trouble !== null);
    if (silent.length > 0) return unknown(evidence, ...silent.map(addressEvidence));
    return whenKnown(facts.nameServers, (answer) => {
      const asked = `NS of ${name}`;
      if (answer.kind === 'FOUND') return ok(evidence, { asked, answered: answer.records.join(', ') });
      if (answer.kind === 'TROUBLE') {
        const trouble = { asked, answered: `[${answer.reason}]` };
        return answer.reason === 'SERVFAIL' ? warning(evidence, trouble) : unknown(evidence, trouble);
      }
      // A name inside its parent's zone has none of its own.
      return ok(evidence, { asked, answered: '[none of its own: it lies in the zone above]' });
    });
  });
}

export const dnsLapsing = {
  code: 'DNS_LAPSING',
  title: 'The domain and its MX hosts are in the DNS.',
  meaning:
    'The domain, its zone or the name of an MX host is gone from the DNS, or its servers cannot answer. Mail reaches neither your primary nor us.',
  advice: 'Renew the domain, and make sure that its zone and the addresses of its MX hosts are answered again.',
  judge: judgeZone,
} as const satisfies Check;

/** No MX record names an alias (RFC 2181 §10.3, RFC 5321 §5.1). */
export const mxAlias = {
  code: 'MX_ALIAS',
  title: 'No MX record names an alias.',
  meaning: 'An MX record names a CNAME, which RFC 2181 forbids: some senders follow it, others refuse the domain.',
  advice: 'Let the MX record name the host that the CNAME points to.',
  judge: (facts) =>
    whenKnown(facts.aliases, (aliases) => {
      const evidence = aliases.map(({ host, target }) => ({ asked: `CNAME of ${host}`, answered: target }));
      return aliases.length > 0 ? warning(...evidence) : ok();
    }),
} as const satisfies Check;

/** MX records name hosts, not addresses (RFC 5321 §5.1). */
export const mxLiteral = {
  code: 'MX_LITERAL',
  title: 'MX records name hosts, not addresses.',
  meaning: 'An MX record holds an IP address instead of a host name: we and most senders ignore it.',
  advice: 'Give the address a name with an A or AAAA record, and let the MX record name that.',
  judge: (facts) =>
    whenListed(facts, (hosts, evidence) =>
      hosts.some(({ host }) => literalAddress(host) !== null) ? problem(evidence) : ok(evidence),
    ),
} as const satisfies Check;

export const mxPrivate = {
  code: 'MX_PRIVATE',
  title: 'MX hosts have public addresses.',
  meaning:
    'An MX host has a private, loopback or reserved address: it cannot be reached from outside, and we never dial such an address.',
  advice: 'Publish the public address of the host, or remove its MX record.',
  judge: (facts) =>
    whenListed(facts, (hosts) => {
      const isUsable = (address: string) => isUsableNextHopAddress(address, facts.service.allowPrivate);
      const named = hosts.filter(({ host, isSelf }) => !isSelf && literalAddress(host) === null);
      const bad = named.filter(({ addresses }) => !addresses.every(isUsable));
      const evidence = bad.map(addressEvidence);
      const lost = named.filter(({ trouble }) => trouble !== null);
      if (bad.length === 0 && lost.length > 0) return unknown(...lost.map(addressEvidence));
      if (bad.length === 0) return ok(...named.filter(({ addresses }) => addresses.length > 0).map(addressEvidence));
      return bad.some(({ addresses }) => !addresses.some(isUsable)) ? problem(...evidence) : warning(...evidence);
    }),
} as const satisfies Check;

/**
 * The domains of the MX names that services give their customers; only of those that filter for servers of others. Google's
 * and Microsoft's names are left out: mostly the mailboxes themselves are there.
 */
const FILTERS: readonly (readonly [suffix: string, service: string])[] = [
  ['pphosted.com', 'Proofpoint'],
  ['ppe-hosted.com', 'Proofpoint Essentials'],
  ['mimecast.com', 'Mimecast'],
  ['mimecast.co.za', 'Mimecast'],
  ['mimecast-offshore.com', 'Mimecast'],
  ['barracudanetworks.com', 'Barracuda'],
  ['messagelabs.com', 'Symantec Email Security.cloud (MessageLabs)'],
  ['iphmx.com', 'Cisco Secure Email'],
  ['trendmicro.com', 'Trend Micro'],
  ['trendmicro.eu', 'Trend Micro'],
  ['mailcontrol.com', 'Forcepoint'],
  ['hornetsecurity.com', 'Hornetsecurity'],
  ['antispamcloud.com', 'SpamExperts'],
  ['fireeyecloud.com', 'Trellix'],
];

function filterOf(host: string): string | null {
  return FILTERS.find(([suffix]) => host.endsWith(`.${suffix}`))?.[1] ?? null;
}

export const filterInFront = {
  code: 'FILTER_IN_FRONT',
  title: 'No filtering service stands in front of the primary.',
  meaning:
    'The MX records lead to a filtering service. It judges the mail that we deliver by our address, and may refuse it or file it as spam.',
  advice:
    'Name your real server with deliverTo, so that we deliver past the filter, and let it accept mail from our egress addresses.',
  judge: (facts) =>
    whenListed(facts, (hosts, evidence) => {
      const filters = betterHosts(hosts).flatMap(({ host }) => {
        const service = filterOf(host);
        return service === null ? [] : [{ asked: host, answered: `[a name of ${service}]` }];
      });
      if (filters.length === 0) return ok(evidence);
      const { deliverTo } = facts.domain;
      if (deliverTo.length > 0) return ok(...filters, { asked: 'deliverTo', answered: deliverTo.join(', ') });
      return problem(...filters);
    }),
} as const satisfies Check;
