/** The ordered list of checks: what is accepted, what is refused, and with which reply. */
import { describe, expect, test } from 'bun:test';
import { parsePath } from '../../src/mail/address.ts';
import type { NextHops } from '../../src/dns/next-hop.ts';
import { createMxPreferenceCheck, decideRecipient, type RecipientPolicy } from '../../src/policy/recipient.ts';
import type { ClientInfo } from '../../src/mail/envelope.ts';
import type { RelayDomain } from '../../src/domains/relay-domain.ts';
import { relayDomain as relay } from '../helpers/relay-domain.ts';

const CLIENT: ClientInfo = { address: '192.0.2.9', name: null, ehloName: 'client.test', protocol: 'ESMTP', tls: null };
const MAIL = { reversePath: 'from@sender.test', sizeBytes: null };

const DOMAINS: Record<string, RelayDomain> = {
  'good.test': relay('good.test'),
  'pending.test': relay('pending.test', { status: 'PENDING' }),
  'suspended.test': relay('suspended.test', { status: 'SUSPENDED' }),
  'given.test': relay('given.test', { deliverTo: [{ host: 'mx.given.test', port: 25 }] }),
};

const HOSTS: NextHops = { kind: 'HOSTS', hosts: [], mx: null };

function policyFor(hops: NextHops | 'HANGS' | 'FAILS' = HOSTS, asked: string[] = []): RecipientPolicy {
  return {
    findRelayDomain: async (name) => DOMAINS[name] ?? null,
    checks: [
      createMxPreferenceCheck({
        findNextHops: ({ name }) => {
          asked.push(name);
          if (hops === 'HANGS') return new Promise(() => undefined);
          return hops === 'FAILS' ? Promise.reject(new Error('bug')) : Promise.resolve(hops);
        },
        monotonicMs: () => 0,
      }),
    ],
    postmaster: { hostname: 'mx.backup.test', recipient: null },
  };
}

async function decide(address: string, policy = policyFor()): Promise<string> {
  const path = parsePath(`<${address}>`, { allowNull: false, smtpUtf8: true });
  if (path.kind !== 'PATH' && path.kind !== 'POSTMASTER') throw new Error(`no path: ${address}`);
  const decision = await decideRecipient(policy, { client: CLIENT, mail: MAIL, path });
  if (decision.kind === 'ACCEPT') return decision.recipient.destinationId;
  const { code, enhancedCode, rejection } = decision.reply;
  return `${code} ${enhancedCode} ${rejection}`;
}

describe('relay domain', () => {
  test('only what is served is taken; PENDING looks like unknown, SUSPENDED is deferred', async () => {
    expect(await decide('a@good.test')).toBe('to good.test');
    expect(await decide('a@GOOD.test')).toBe('to good.test');
    expect(await decide('a@other.test')).toBe('550 5.7.1 BMX-RELAY');
    expect(await decide('a@pending.test')).toBe('550 5.7.1 BMX-RELAY');
    expect(await decide('a@suspended.test')).toBe('450 4.2.1 BMX-SUSPENDED');
    expect(await decide('a@[192.0.2.1]')).toBe('550 5.7.1 BMX-RELAY');
  });

  test('no relay through %, ! or quoted forms', async () => {
    for (const address of ['a%good.test@other.test', 'good.test!a@other.test', '"a@good.test"@other.test']) {
      expect(await decide(address)).toBe('550 5.7.1 BMX-RELAY');
    }
  });

  test('nothing is asked of DNS for a domain that is not served, nor with deliverTo', async () => {
    const asked: string[] = [];
    await decide('a@other.test', policyFor(HOSTS, asked));
    await decide('a@suspended.test', policyFor(HOSTS, asked));
    expect(await decide('a@given.test', policyFor({ kind: 'NULL_MX', mx: null }, asked))).toBe('to given.test');
    expect(asked).toEqual([]);
  });
});

describe('own rank', () => {
  test('refuses only what DNS says in full', async () => {
    const ask = (hops: NextHops) => decide('a@good.test', policyFor(hops));
    expect(await ask({ kind: 'NOTHING_BETTER', cause: 'MOST_PREFERRED', mx: null })).toBe('550 5.4.6 BMX-RANK');
    expect(await ask({ kind: 'NOTHING_BETTER', cause: 'EQUAL_PREFERENCE', mx: null })).toBe('550 5.4.6 BMX-RANK');
    expect(await ask({ kind: 'NULL_MX', mx: null })).toBe('556 5.1.10 BMX-NULLMX');
    expect(await ask({ kind: 'NXDOMAIN', mx: null })).toBe('450 4.4.4 BMX-DNS');
    expect(await ask({ kind: 'NO_ADDRESS', mx: null })).toBe('450 4.4.4 BMX-DNS');
    expect(await ask({ kind: 'TROUBLE', reason: 'SERVFAIL', mx: null })).toBe('to good.test');
  });

  test('a look-up that hangs accepts, and the next recipient need not wait', async () => {
    const asked: string[] = [];
    const policy = policyFor('HANGS', asked);
    expect(await decide('a@good.test', policy)).toBe('to good.test');
    expect(await decide('b@good.test', policy)).toBe('to good.test');
    expect(asked).toEqual(['good.test']);
  });

  test('an error is not swallowed: the caller answers 451', async () => {
    expect(decide('a@good.test', policyFor('FAILS'))).rejects.toThrow('bug');
  });
});

describe('the postmaster of this server', () => {
  test('is refused without a mailbox, and goes to the mailbox with one', async () => {
    for (const address of ['postmaster', 'PostMaster@mx.backup.test', 'abuse@mx.backup.test', 'probe@mx.backup.test']) {
      expect(await decide(address)).toBe('550 5.1.1 null');
      const recipient = { address: 'me@home.test', domain: 'home.test', destinationId: 'to home.test', tenantId: 't' };
      const policy = { ...policyFor(), postmaster: { hostname: 'mx.backup.test', recipient } };
      expect(await decide(address, policy)).toBe('to home.test');
    }
    expect(await decide('someone@mx.backup.test')).toBe('550 5.7.1 BMX-RELAY');
    expect(await decide('probe@good.test')).toBe('to good.test');
    expect(await decide('postmaster@good.test')).toBe('to good.test');
  });
});
