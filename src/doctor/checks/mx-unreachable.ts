/** The primary takes connections at every address that was tried. */
import { type Check, ok, problem, unknown, warning, whenKnown } from '../check.ts';
import type { Facts } from '../facts.ts';
import { isOurLack, isTooSlow, sessionEvidence } from '../sessions.ts';

function judge({ domain, sessions: fact }: Facts) {
  // Without deliverTo the MX records are the fault, which is another check's finding.
  if (fact.kind === 'UNKNOWN' && fact.isNobody === true && domain.deliverTo.length > 0) {
    const advice = 'Correct deliverTo: none of its hosts has an address that mail may be handed to.';
    return { ...problem({ asked: 'deliverTo', answered: domain.deliverTo.join(', ') }, fact.why), advice };
  }
  return whenKnown(fact, (all) => {
    const tried = all.filter((session) => !isOurLack(session));
    if (tried.length === 0) return unknown(...all.map(sessionEvidence));
    const silent = tried.filter(({ kind, stage }) => kind === 'SILENT' && stage === 'CONNECT');
    if (silent.length === 0) return ok(...all.map(sessionEvidence));
    const evidence = silent.map(sessionEvidence);
    if (silent.length < tried.length) return warning(...evidence);
    // One that is slow is there: delivery has more patience.
    return silent.some(isTooSlow) ? unknown(...evidence) : problem(...evidence);
  });
}

export const mxUnreachable: Check = {
  code: 'MX_UNREACHABLE',
  title: 'The primary answers at its addresses.',
  meaning: 'Your primary does not answer at one of its addresses, or at none: it is down, or a firewall keeps us out.',
  advice:
    'Start the server, take the address that does not answer out of the DNS, and let our egress addresses through the firewall to its port.',
  judge,
};
