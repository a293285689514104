/** The primary takes mail from our addresses: EHLO, MAIL, RCPT of its postmaster; never DATA. */
import { type Check, ok, problem, unknown, warning, whenKnown } from '../check.ts';
import { sessionEvidence } from '../sessions.ts';

export const primaryRefuses: Check = {
  code: 'PRIMARY_REFUSES',
  title: 'The primary takes mail from us.',
  meaning: 'Your primary turns us away, or refuses its postmaster: what we hold for you would not be taken back.',
  advice:
    'List our egress addresses as trusted at your primary (`domain.primarySetup` has ready-made texts), and let it take mail for postmaster.',
  judge: (facts) =>
    whenKnown(facts.sessions, (sessions) => {
      const spoken = sessions.filter(({ kind }) => kind !== 'SILENT');
      const evidence = (spoken.length === 0 ? sessions : spoken).map(sessionEvidence);
      if (spoken.length === 0) return unknown(...evidence);
      const refusing = spoken.filter(({ kind }) => kind === 'REFUSED');
      if (refusing.length === spoken.length) return problem(...evidence);
      if (refusing.length > 0) return warning(...refusing.map(sessionEvidence));
      return spoken.some(({ kind }) => kind === 'ACCEPTED') ? ok(...evidence) : unknown(...evidence);
    }),
};
