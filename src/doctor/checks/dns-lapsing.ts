/** The domain and its MX hosts are in the DNS, and its servers answer. */
import { type Check, ok, problem, unknown, warning, whenKnown } from '../check.ts';
import { addressEvidence, type Facts, mxEvidence } from '../facts.ts';
import { betterHosts } from '../mx-hosts.ts';

function judge(facts: Facts) {
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

export const dnsLapsing: Check = {
  code: 'DNS_LAPSING',
  title: 'The domain and its MX hosts are in the DNS.',
  meaning:
    'The domain, its zone or the name of an MX host is gone from the DNS, or its servers cannot answer: mail finds neither your primary nor us.',
  advice: 'Renew the domain, and have its zone and the addresses of its MX hosts answered again.',
  judge,
};
