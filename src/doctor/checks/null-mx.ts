/** The domain takes mail at all (RFC 7505). */
import { type Check, ok, problem, unknown, whenKnown } from '../check.ts';
import { mxEvidence } from '../facts.ts';

export const nullMx: Check = {
  code: 'NULL_MX',
  title: 'The domain takes mail.',
  meaning:
    'The domain publishes a null MX (`0 .`): it says that it takes no mail, so senders do not even try (RFC 7505).',
  advice: 'Replace the record `0 .` by those of your primary and of us.',
  judge: (facts) =>
    whenKnown(facts.mx, (set) => {
      const evidence = mxEvidence(facts.domain.name, set);
      if (set.kind === 'TROUBLE') return unknown(evidence);
      return set.kind === 'NULL_MX' ? problem(evidence) : ok(evidence);
    }),
};
