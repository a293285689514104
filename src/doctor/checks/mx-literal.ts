/** MX records name hosts, not addresses (RFC 5321 §5.1). */
import { literalAddress } from '../../dns/mx-set.ts';
import { type Check, ok, problem } from '../check.ts';
import { mxEvidence } from '../facts.ts';
import { whenListed } from '../mx-hosts.ts';

export const mxLiteral: Check = {
  code: 'MX_LITERAL',
  title: 'MX records name hosts, not addresses.',
  meaning: 'An MX record holds an IP address where a host name belongs: we and most senders pass it over.',
  advice: 'Give the address a name with an A or AAAA record, and let the MX record name that.',
  judge: (facts) =>
    whenListed(facts, (hosts) => {
      const evidence = mxEvidence(facts.domain.name, { kind: 'SET', hosts, isImplicit: false });
      return hosts.some(({ host }) => literalAddress(host) !== null) ? problem(evidence) : ok(evidence);
    }),
};
