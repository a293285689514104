/** When DANE is used at all, and that a fault of a policy in testing mode is told once. */
import { expect, test } from 'bun:test';
import type { LookUps } from '../../src/dns/resolver.ts';
import { createTlsSearch, type TlsSearchOptions } from '../../src/tls/demand.ts';

function build(dnsServers: readonly string[], dnsTrustAd: boolean) {
  const warnings: string[] = [];
  const never = () => Promise.reject(new Error('not asked'));
  const options = {
    trust: { dnsServers, dnsTrustAd },
    allowPrivate: false,
    store: { load: never, save: never },
    warn: (message: string) => void warnings.push(message),
    onFault: () => undefined,
  };
  const lookUps = { party: null, resolveTxt: never } as unknown as LookUps;
  return { sources: createTlsSearch(options satisfies TlsSearchOptions).askedWith(lookUps), warnings };
}

test.each<[readonly string[], boolean, boolean, number]>([
  [['127.0.0.1:53'], true, true, 0],
  [['127.0.0.53:53', '[::1]:53'], true, true, 0],
  [['127.0.0.1:53'], false, false, 0],
  [['192.0.2.53:53'], false, false, 0],
  [['192.0.2.53:53'], true, false, 1],
  [['10.0.0.53:53'], true, false, 1],
  [['127.0.0.1:53', '[2001:db8::53]:53'], true, false, 1],
])('servers %j, DNS_TRUST_AD %p: DANE %p', (servers, trust, usesDane, warningCount) => {
  const { sources, warnings } = build(servers, trust);
  expect(sources.findTlsa !== null).toBe(usesDane);
  expect(warnings.length).toBe(warningCount);
});

test('a fault is told once, of each host', () => {
  const { sources, warnings } = build(['127.0.0.1:53'], false);
  for (const host of ['mx1.example', 'mx1.example', 'mx2.example'])
    sources.onTestingFault(host, 'STARTTLS is not offered');
  expect(warnings).toEqual([
    'MTA-STS in testing mode would keep mail from mx1.example: STARTTLS is not offered',
    'MTA-STS in testing mode would keep mail from mx2.example: STARTTLS is not offered',
  ]);
});
