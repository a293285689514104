/** MX hosts have addresses that the world can reach. */
import { isUsableNextHopAddress } from '../../mail/ip-class.ts';
import { literalAddress } from '../../dns/mx-set.ts';
import { type Check, ok, problem, unknown, warning } from '../check.ts';
import { addressEvidence } from '../facts.ts';
import { whenListed } from '../mx-hosts.ts';

export const mxPrivate: Check = {
  code: 'MX_PRIVATE',
  title: 'MX hosts have public addresses.',
  meaning:
    'An MX host has a private, loopback or reserved address: nobody outside can reach it, and we never dial such an address.',
  advice: 'Publish the public address of the host, or take its MX record away.',
  judge: (facts) =>
    whenListed(facts, (hosts) => {
      const isUsable = (address: string) => isUsableNextHopAddress(address, facts.service.allowPrivate);
      const named = hosts.filter(({ host, isSelf }) => !isSelf && literalAddress(host) === null);
      const bad = named.filter(({ addresses }) => !addresses.every(isUsable));
      const evidence = bad.map(addressEvidence);
      const lost = named.filter(({ trouble }) => trouble !== null);
      if (bad.length === 0 && lost.length > 0) return unknown(...lost.map(addressEvidence));
      if (bad.length === 0) return ok(...named.filter(({ addresses }) => addresses.length > 0).map(addressEvidence));
      return bad.some(({ addresses }) => !addresses.some(isUsable)) ? problem(...evidence) : warning(...evidence);
    }),
};
