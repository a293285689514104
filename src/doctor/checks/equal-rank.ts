/** Nobody has our own number: such a host is not used, as it might hand the mail back to us. */
import { ownPreference } from '../../dns/mx-verdict.ts';
import { type Check, ok, problem, warning } from '../check.ts';
import { mxEvidence } from '../facts.ts';
import { betterHosts, whenListed } from '../mx-hosts.ts';

export const equalRank: Check = {
  code: 'EQUAL_RANK',
  title: 'No other host has our number in the MX records.',
  meaning:
    'A host beside us has the same number: we never hand mail to it, and when it is the only primary mail is refused (BMX-RANK).',
  advice: 'Give us a higher number than every host that shall get the mail.',
  judge: (facts) =>
    whenListed(facts, (hosts) => {
      const evidence = mxEvidence(facts.domain.name, { kind: 'SET', hosts, isImplicit: false });
      const own = ownPreference(hosts);
      const isShared = own !== null && hosts.some(({ preference, isSelf }) => preference === own && !isSelf);
      if (!isShared || facts.domain.deliverTo.length > 0) return ok(evidence);
      return betterHosts(hosts).length === 0 ? problem(evidence) : warning(evidence);
    }),
};
