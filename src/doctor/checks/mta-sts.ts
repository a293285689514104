/** The MTA-STS policy lets senders come to us (RFC 8461 §4). */
import { allowsHost } from '../../tls/mta-sts-policy.ts';
import { type Check, type Evidence, ok, problem, unknown, warning, whenKnown } from '../check.ts';
import { type Facts, mxEvidence } from '../facts.ts';

/** The names under which senders come to us. */
function ownNames({ mx, service }: Facts): readonly string[] {
  const hosts = mx.kind === 'KNOWN' && mx.value.kind === 'SET' ? mx.value.hosts : [];
  const own = hosts.filter(({ isSelf }) => isSelf).map(({ host }) => host);
  return own.length === 0 ? service.mxNames : own;
}

function judge(facts: Facts) {
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

export const mtaSts: Check = {
  code: 'MTA_STS',
  title: 'The MTA-STS policy lets senders come to us.',
  meaning:
    'The MTA-STS policy lacks our name, or our certificate would fail it: senders that follow it do not deliver to us, which shows only in an outage.',
  advice: 'Add a line `mx:` with our name to the policy, and give its TXT record a new id.',
  judge,
};
