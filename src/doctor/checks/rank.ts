/** Somebody better than us takes the mail: as the most preferred MX we would have nobody to hand it to. */
import { ownPreference } from '../../dns/mx-verdict.ts';
import { type Check, ok, problem, unknown, whenKnown } from '../check.ts';
import { mxEvidence } from '../facts.ts';
import { betterHosts } from '../mx-hosts.ts';

export const rank: Check = {
  code: 'RANK',
  title: 'A primary stands before us in the MX records.',
  meaning:
    'We are the most preferred MX, or the only one: mail is refused at our door (BMX-RANK), as no better server can be found.',
  advice: 'Give your primary an MX record with a lower number than ours, or name it with deliverTo.',
  judge: (facts) =>
    whenKnown(facts.mx, (set) => {
      const evidence = mxEvidence(facts.domain.name, set);
      if (set.kind === 'TROUBLE') return unknown(evidence);
      // Without MX records the domain's own address stands in, and may be ours.
      const hosts = set.kind === 'SET' ? set.hosts : [];
      const own = ownPreference(hosts);
      const isShared = hosts.some(({ preference, isSelf }) => preference === own && !isSelf);
      if (own === null || facts.domain.deliverTo.length > 0 || isShared) return ok(evidence);
      return betterHosts(hosts).length === 0 ? problem(evidence) : ok(evidence);
    }),
};
