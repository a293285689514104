/** We stand in the MX records, by each of our names: else no sender finds us, or not all of us, when the primary is down. */
import { unlistedNames } from '../../dns/mx-verdict.ts';
import { type Check, ok, problem, unknown, warning, whenKnown } from '../check.ts';
import { mxEvidence } from '../facts.ts';

export const notListed: Check = {
  code: 'NOT_LISTED',
  title: 'We stand in the MX records.',
  meaning:
    'No MX record names us: when your primary is down, nobody knows that we would take the mail. A WARNING: only one of our names is missing, and senders do not find the node that it stands for.',
  advice:
    'Add the MX records that `domain.mx.recommended` shows: each of our names, at one number, behind your primary.',
  judge: (facts) =>
    whenKnown(facts.mx, (set) => {
      const evidence = mxEvidence(facts.domain.name, set);
      if (set.kind === 'TROUBLE') return unknown(evidence);
      // That the domain is gone, or takes no mail, is another check's finding.
      if (set.kind !== 'SET') return ok(evidence);
      if (set.hosts.some(({ isSelf }) => isSelf)) {
        const missing = unlistedNames(set.hosts, facts.service.mxNames);
        if (missing.length === 0) return ok(evidence);
        return warning(evidence, { asked: 'names of ours that are missing', answered: missing.join(', ') });
      }
      // One that could not be looked up may be us.
      return set.hosts.some(({ trouble }) => trouble !== null) ? unknown(evidence) : problem(evidence);
    }),
};
