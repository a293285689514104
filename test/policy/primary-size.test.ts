/** SIZE= against what the primary takes: refused when it is known to be too much, our Received field counted near the limit. */
import { expect, test } from 'bun:test';
import type { ClientInfo } from '../../src/mail/envelope.ts';
import { receivedField } from '../../src/mail/received.ts';
import { createPrimarySizeCheck } from '../../src/policy/recipient.ts';
import type { PrimaryFacts } from '../../src/verification/primary.ts';
import { relayDomain } from '../helpers/relay-domain.ts';

const CLIENT: ClientInfo = {
  address: '192.0.2.9',
  name: 'out.sender.test',
  ehloName: 'client.sender.test',
  protocol: 'ESMTPS',
  tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384',
};
const LIMIT = 1_000_000;

async function heard(sizeBytes: number | null, sizeLimitBytes: number | null = LIMIT, isKept = true): Promise<string> {
  const facts: PrimaryFacts = { sizeLimitBytes, isCatchAll: false, isTestDue: true };
  const check = createPrimarySizeCheck({
    primaries: { recall: () => (isKept ? facts : null), find: async () => facts },
    hostname: 'mx.backup.test',
  });
  const verdict = await check({
    client: CLIENT,
    mail: { reversePath: null, sizeBytes },
    localPart: 'alice',
    domain: relayDomain('small.test'),
    isRole: false,
  });
  if (verdict.kind !== 'REFUSE') return verdict.kind;
  const { code, enhancedCode, text, rejection } = verdict.reply;
  return `${code} ${enhancedCode} ${rejection} ${/at most (\d+)/.exec(text)?.[1]}`;
}

const fieldOctets = receivedField({
  client: CLIENT,
  by: 'mx.backup.test',
  transactionId: '01900000-0000-7000-8000-000000000000',
  forRecipient: 'alice@small.test',
  at: new Date('2026-11-24T12:00:00Z'),
}).length;

test('without SIZE= or without a known limit nobody is refused', async () => {
  expect(await heard(null)).toBe('PASS');
  expect(await heard(LIMIT * 10, null)).toBe('PASS');
});

test('a message that leaves no room for our field is refused, with the number that fits', async () => {
  const most = LIMIT - fieldOctets;
  expect(await heard(most)).toBe('PASS');
  expect(await heard(most + 1)).toBe(`552 5.3.4 BMX-SIZE ${most}`);
  expect(await heard(LIMIT)).toBe(`552 5.3.4 BMX-SIZE ${most}`);
  expect(await heard(LIMIT * 10, LIMIT, false)).toBe(`552 5.3.4 BMX-SIZE ${most}`);
  expect(await heard(70_000, 65_536)).toBe(`552 5.3.4 BMX-SIZE ${65_536 - fieldOctets}`);
});

test('a limit below what every host must take refuses nobody', async () => {
  expect(await heard(70_000, 65_535)).toBe('PASS');
  expect(await heard(1000, 1)).toBe('PASS');
});
