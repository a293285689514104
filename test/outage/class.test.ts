/** The class of an outage by what was met, and how much of the evidence is kept. */
import { expect, test } from 'bun:test';
import { boundEvidence, type Evidence, outageClassOf } from '../../src/outage/class.ts';

test.each([
  ['DNS', '[DNS: SERVFAIL]', false, 'DNS_BROKEN'],
  ['NO_MX', '[DNS: the domain does not exist]', false, 'DNS_BROKEN'],
  ['GREETING', '554 go away', false, 'BLOCKING'],
  ['GREETING', '450 later', false, 'RATE_LIMITING'],
  ['GREETING', '421 4.7.1 listed by zen.spamhaus.org', false, 'BLOCKING'],
  ['GREETING', '450 4.7.25 Client host rejected, 192.0.2.250', true, 'BLOCKING'],
  ['DROPPED', '421 too many', true, 'RATE_LIMITING'],
  ['DROPPED', '421 4.7.1 your IP is on our blocklist', true, 'BLOCKING'],
  ['DROPPED', '[connection lost]', false, 'DOWN'],
  ['FAULT', '452 4.3.1 Disk full', true, 'RATE_LIMITING'],
  ['FAULT', '[not a reply: SSH-2.0]', false, 'DOWN'],
  ['REFUSED', '[connection refused]', false, 'DOWN'],
  ['TIMEOUT', '[connection timed out]', false, 'DOWN'],
  ['TLS', '[TLS: STARTTLS is not offered]', true, 'MISCONFIGURED'],
] as const)('%s with %s (greeted: %s) is %s', (trouble, reply, isGreeted, outageClass) => {
  expect(outageClassOf({ trouble, reply, isGreeted })).toBe(outageClass);
});

test('evidence is bounded in number and length, the newest kept', () => {
  const met = (n: number): Evidence => ({
    trouble: 'REFUSED',
    host: `mx${n}.example`,
    address: `192.0.2.${n}:25`,
    reply: 'x'.repeat(5000),
    latencyMs: 1.4,
    isGreeted: false,
  });
  const kept = boundEvidence(Array.from({ length: 30 }, (_, n) => met(n)));
  expect(kept.map(({ host }) => host)).toEqual(Array.from({ length: 10 }, (_, n) => `mx${n + 20}.example`));
  expect(kept.every(({ reply, latencyMs }) => reply.length === 500 && latencyMs === 1)).toBe(true);
});
