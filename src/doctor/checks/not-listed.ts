/** We stand in the MX records: else no sender finds us when the primary is down. */
import { type Check, ok, problem, unknown, whenKnown } from '../check.ts';
import { mxEvidence } from '../facts.ts';

export const notListed: Check = {
  code: 'NOT_LISTED',
  title: 'We stand in the MX records.',
  meaning: 'No MX record names us: when your primary is down, nobody knows that we would take the mail.',
  advice: 'Add the MX record that `domain.mx.recommended` shows, behind all others.',
  judge: (facts) =>
    whenKnown(facts.mx, (set) => {
      const evidence = mxEvidence(facts.domain.name, set);
      if (set.kind === 'TROUBLE') return unknown(evidence);
      // That the domain is gone, or takes no mail, is another check's finding.
      if (set.kind !== 'SET') return ok(evidence);
      if (set.hosts.some(({ isSelf }) => isSelf)) return ok(evidence);
      // One that could not be looked up may be us.
      return set.hosts.some(({ trouble }) => trouble !== null) ? unknown(evidence) : problem(evidence);
    }),
};
