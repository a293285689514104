/** The primary takes connections at every address that was tried. */
import { type Check, ok, problem, unknown, warning, whenKnown } from '../check.ts';
import { sessionEvidence } from '../sessions.ts';

export const mxUnreachable: Check = {
  code: 'MX_UNREACHABLE',
  title: 'The primary answers at its addresses.',
  meaning: 'Your primary does not answer at one of its addresses, or at none: it is down, or a firewall keeps us out.',
  advice:
    'Start the server, take the address that does not answer out of the DNS, and let our egress addresses through the firewall to its port.',
  judge: (facts) =>
    whenKnown(facts.sessions, (sessions) => {
      const silent = sessions.filter(({ kind, stage }) => kind === 'SILENT' && stage === 'CONNECT');
      if (silent.length === 0) return ok(...sessions.map(sessionEvidence));
      const evidence = silent.map(sessionEvidence);
      if (silent.length < sessions.length) return warning(...evidence);
      // Silence until the time is over says that it could not be found out; a clear word of the network says more.
      return silent.every(({ reply }) => /timed out|no session within/.test(reply))
        ? unknown(...evidence)
        : problem(...evidence);
    }),
};
