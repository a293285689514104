/** No filtering service stands in front: it would take our mail for that of a stranger. */
import { type Check, ok, problem } from '../check.ts';
import { mxEvidence } from '../facts.ts';
import { betterHosts, whenListed } from '../mx-hosts.ts';

/**
 * The domains of the MX names that services give their customers; only of those that filter for servers behind them. Google's
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

export const filterInFront: Check = {
  code: 'FILTER_IN_FRONT',
  title: 'No filtering service stands in front of the primary.',
  meaning:
    'The MX records lead to a filtering service: it judges what we hand over by our address, and may refuse it or file it as spam.',
  advice:
    'Name your real server with deliverTo, so that we hand mail to it past the filter, and let it take mail from our egress addresses.',
  judge: (facts) =>
    whenListed(facts, (hosts) => {
      const evidence = mxEvidence(facts.domain.name, { kind: 'SET', hosts, isImplicit: false });
      const filters = betterHosts(hosts).flatMap(({ host }) => {
        const service = filterOf(host);
        return service === null ? [] : [{ asked: host, answered: `[a name of ${service}]` }];
      });
      if (filters.length === 0) return ok(evidence);
      const { deliverTo } = facts.domain;
      if (deliverTo.length > 0) return ok(...filters, { asked: 'deliverTo', answered: deliverTo.join(', ') });
      return problem(...filters);
    }),
};
