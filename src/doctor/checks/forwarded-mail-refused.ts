/** The primary does not judge by SPF or DMARC what comes through us. */
import { type Check, ok, problem, whenKnown } from '../check.ts';

export const forwardedMailRefused: Check = {
  code: 'FORWARDED_MAIL_REFUSED',
  title: 'The primary does not refuse what we forward for SPF or DMARC.',
  meaning:
    'Your primary refused mail from us for SPF or DMARC: it took us for the sender, and such mail is lost to its recipient.',
  advice:
    'List our egress addresses as trusted forwarders at your primary, so that it checks neither SPF nor DMARC of what comes from us.',
  judge: (facts) =>
    whenKnown(facts.record, ({ authenticationRefusals }) =>
      authenticationRefusals.length === 0
        ? ok()
        : problem(
            ...authenticationRefusals.map(({ at, reply }) => ({
              asked: `attempt at ${at.toISOString()}`,
              answered: reply,
            })),
          ),
    ),
};
