/**
 * Senders that verify TLS: the MTA-STS policy of the domain and TLSA records at our names let them deliver to us.
 */
import { allowsHost } from '../../tls/mta-sts.ts';
import {
  type Check,
  type Evidence,
  type Facts,
  mxEvidence,
  ok,
  problem,
  unknown,
  warning,
  whenKnown,
} from '../facts.ts';

/** The names under which senders come to us. */
function ownNames({ mx, service }: Facts): readonly string[] {
  const hosts = mx.kind === 'KNOWN' && mx.value.kind === 'SET' ? mx.value.hosts : [];
  const own = hosts.filter(({ isSelf }) => isSelf).map(({ host }) => host);
  return own.length === 0 ? service.mxNames : own;
}

function judgePolicy(facts: Facts) {
  const asked = `MTA-STS policy of ${facts.domain.name}`;
  return whenKnown(facts.policy, (policy) => {
    if (policy === null) return ok({ asked, answered: '[none]' });
    if ('fault' in policy) return warning({ asked, answered: `[announced, but not to be had: ${policy.fault}]` });
    const { mode, mx } = policy;
    const published: Evidence = { asked, answered: `mode: ${mode}; mx: ${mx.join(', ')}` };
    if (mode === 'none') return ok(published);
    if (facts.mx.kind === 'UNKNOWN') return unknown(published, facts.mx.why);
    if (facts.mx.value.kind === 'TROUBLE') return unknown(published, mxEvidence(facts.domain.name, facts.mx.value));
    const worse = mode === 'enforce' ? problem : warning;
    const names = ownNames(facts);
    const left = names.filter((name) => !allowsHost(policy, name));
    if (left.length > 0) return worse(published, { asked: 'our names', answered: left.join(', ') });
    const { certificateDefects, uncoveredNames } = facts.service;
    const certificate = (answered: string): Evidence => ({ asked: 'our certificate', answered });
    if (certificateDefects === null)
      return unknown(published, certificate('[this node receives no mail and has none]'));
    const elsewhere = names.filter((name) => uncoveredNames.includes(name));
    if (certificateDefects.length === 0 && elsewhere.length > 0)
      return unknown(published, certificate(`[it does not name ${elsewhere.join(', ')}, which may be another node's]`));
    if (certificateDefects.length === 0) return ok(published);
    const advice = 'Nothing on your side: the operator of this service has a certificate to renew.';
    return { ...worse(published, ...certificateDefects.map(certificate)), advice };
  });
}

/** The MTA-STS policy lets senders come to us (RFC 8461 §4). */
export const mtaSts = {
  code: 'MTA_STS',
  title: 'The MTA-STS policy lets senders come to us.',
  meaning:
    'The MTA-STS policy lacks our name, or our certificate does not satisfy it. Senders that follow it do not deliver to us, which shows only in an outage.',
  advice: 'Add a line `mx:` with our name to the policy, and give its TXT record a new id.',
  judge: judgePolicy,
} as const satisfies Check;

/** TLSA records at our names fit our certificate (RFC 7672), where the DNS is secured. */
export const tlsa = {
  code: 'TLSA',
  title: 'TLSA records at our names fit our certificate.',
  meaning: 'TLSA records at one of our names do not match our certificate: senders that use DANE do not deliver to us.',
  advice: 'You need not do anything unless the name is yours: the operator of this service has to renew TLSA records.',
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
} as const satisfies Check;
