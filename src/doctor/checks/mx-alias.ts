/** No MX record names an alias (RFC 2181 §10.3, RFC 5321 §5.1). */
import { type Check, ok, warning, whenKnown } from '../check.ts';

export const mxAlias: Check = {
  code: 'MX_ALIAS',
  title: 'No MX record names an alias.',
  meaning: 'An MX record names a CNAME, which RFC 2181 forbids: some senders follow it, others refuse the domain.',
  advice: 'Let the MX record name the host that the CNAME stands for.',
  judge: (facts) =>
    whenKnown(facts.aliases, (aliases) => {
      const evidence = aliases.map(({ host, target }) => ({ asked: `CNAME of ${host}`, answered: target }));
      return aliases.length > 0 ? warning(...evidence) : ok();
    }),
};
