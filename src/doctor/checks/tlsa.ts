/** TLSA records at our names fit our certificate (RFC 7672), where the DNS is secured. */
import { type Check, ok, problem, unknown, whenKnown } from '../check.ts';

export const tlsa: Check = {
  code: 'TLSA',
  title: 'TLSA records at our names fit our certificate.',
  meaning: 'TLSA records at one of our names do not fit our certificate: senders that use DANE do not deliver to us.',
  advice: 'Nothing on your side, unless the name is yours: the operator of this service has TLSA records to renew.',
  judge: (facts) =>
    whenKnown(facts.tlsa, (found) => {
      if (found === null)
        return ok({
          asked: 'TLSA',
          answered: '[not judged: this service has no DNS that vouches for answers (DNS_TRUST_AD)]',
        });
      const evidence = found.map(({ asked, fault }) => ({ asked, answered: `[${fault ?? 'none, or it fits'}]` }));
      if (found.some(({ fault, isFoundOut }) => isFoundOut && fault !== null)) return problem(...evidence);
      return found.every(({ isFoundOut }) => isFoundOut) ? ok(...evidence) : unknown(...evidence);
    }),
};
