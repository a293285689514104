/** Which demand of TLS wins for each host: setting, DANE, MTA-STS, deliverTo; and what a refused host does to an attempt. */
import { afterEach, describe, expect, test } from 'bun:test';
import { attemptHosts } from '../../src/delivery/attempt.ts';
import { type Route, demandTls } from '../../src/delivery/route.ts';
import { type TlsSources, kindOfDemand } from '../../src/tls/demand.ts';
import type { DaneAnswer } from '../../src/tls/dane.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { makeLeaf, tlsaOf } from '../helpers/pki.ts';
import { hostOf, messageTo, testSessions } from './kit.ts';

const HOSTS: Route = {
  kind: 'HOSTS',
  hosts: ['mx1.customer.example', 'mx2.customer.example'].map((host) => ({
    host,
    addresses: [{ address: '192.0.2.1', port: 25 }],
    tls: 'OPPORTUNISTIC',
  })),
};
const RECORDS: DaneAnswer = { kind: 'RECORDS', records: [tlsaOf(makeLeaf(['x']))], baseDomain: 'base.example' };
const NONE: DaneAnswer = { kind: 'NONE' };
const UNUSABLE: DaneAnswer = { kind: 'UNUSABLE' };
const TROUBLE: DaneAnswer = { kind: 'TROUBLE', reason: 'SERVFAIL' };
const sts = (mode: 'enforce' | 'testing' | 'none') => ({ mode, mx: ['mx1.customer.example'] });

type Setting = Parameters<typeof demandTls>[1]['tlsPolicy'];
type Sts = Awaited<ReturnType<TlsSources['findStsPolicy']>>;

async function demands(
  tlsPolicy: Setting,
  {
    dane,
    policy = null,
    deliverTo = [],
    name = 'customer.example',
  }: { dane?: DaneAnswer; policy?: Sts; deliverTo?: { host: string; port: number }[]; name?: string },
) {
  const faults: string[] = [];
  const asked: string[] = [];
  const route = await demandTls(
    HOSTS,
    { name, deliverTo, tlsPolicy },
    {
      findStsPolicy: async (domain) => {
        asked.push(domain);
        return policy;
      },
      findTlsa:
        dane === undefined
          ? null
          : async ({ host, port }) => {
              asked.push(`${host}:${port}`);
              return dane;
            },
      onTestingFault: (host, fault) => void faults.push(`${host}: ${fault}`),
    },
  );
  const hosts = route.kind === 'HOSTS' ? route.hosts : [];
  const said = hosts.map(({ tls, refusal }) => {
    if (refusal !== undefined) return `refused: ${refusal.trouble}`;
    return typeof tls !== 'string' && tls.kind === 'VERIFIED' ? `VERIFIED by ${tls.by}` : kindOfDemand(tls);
  });
  return { said, faults, asked, hosts };
}

describe('by MX records', () => {
  test.each<[string, Setting, DaneAnswer | undefined, Sts, string[]]>([
    ['nothing published', 'OPPORTUNISTIC', NONE, null, ['OPPORTUNISTIC', 'OPPORTUNISTIC']],
    ['required', 'REQUIRED', NONE, null, ['REQUIRED', 'REQUIRED']],
    ['verified', 'VERIFIED', NONE, null, ['VERIFIED by tlsPolicy', 'VERIFIED by tlsPolicy']],
    ['enforced', 'OPPORTUNISTIC', NONE, sts('enforce'), ['VERIFIED by MTA-STS', 'refused: TLS']],
    ['enforced, required', 'REQUIRED', NONE, sts('enforce'), ['VERIFIED by MTA-STS', 'refused: TLS']],
    ['testing', 'OPPORTUNISTIC', NONE, sts('testing'), ['TESTING', 'OPPORTUNISTIC']],
    ['testing, required', 'REQUIRED', NONE, sts('testing'), ['REQUIRED', 'REQUIRED']],
    ['testing, verified', 'VERIFIED', NONE, sts('testing'), ['VERIFIED by tlsPolicy', 'VERIFIED by tlsPolicy']],
    ['a policy of none', 'OPPORTUNISTIC', NONE, sts('none'), ['OPPORTUNISTIC', 'OPPORTUNISTIC']],
    ['DANE', 'OPPORTUNISTIC', RECORDS, null, ['DANE', 'DANE']],
    ['DANE wins over an enforced policy', 'OPPORTUNISTIC', RECORDS, sts('enforce'), ['DANE', 'DANE']],
    ['DANE verifies', 'VERIFIED', RECORDS, null, ['DANE', 'DANE']],
    ['unusable TLSA', 'OPPORTUNISTIC', UNUSABLE, null, ['REQUIRED', 'REQUIRED']],
    ['unusable TLSA, testing', 'OPPORTUNISTIC', UNUSABLE, sts('testing'), ['REQUIRED', 'REQUIRED']],
    ['unusable TLSA, enforced', 'OPPORTUNISTIC', UNUSABLE, sts('enforce'), ['VERIFIED by MTA-STS', 'refused: TLS']],
    ['unusable TLSA, verified', 'VERIFIED', UNUSABLE, null, ['VERIFIED by tlsPolicy', 'VERIFIED by tlsPolicy']],
    ['TLSA in trouble', 'OPPORTUNISTIC', TROUBLE, null, ['refused: DNS', 'refused: DNS']],
    ['TLSA in trouble, enforced', 'OPPORTUNISTIC', TROUBLE, sts('enforce'), ['refused: DNS', 'refused: DNS']],
    ['the DNS is not trusted', 'OPPORTUNISTIC', undefined, null, ['OPPORTUNISTIC', 'OPPORTUNISTIC']],
  ])('%s', async (_name, setting, dane, policy, expected) => {
    const { said } = await demands(setting, { policy, ...(dane === undefined ? {} : { dane }) });
    expect(said).toEqual(expected);
  });

  test('NONE ends it: nothing is asked', async () => {
    const { said, asked } = await demands('NONE', { dane: RECORDS, policy: sts('enforce') });
    expect(said).toEqual(['NONE', 'NONE']);
    expect(asked).toEqual([]);
  });

  test('testing tells of a host that the policy does not name', async () => {
    const { faults } = await demands('OPPORTUNISTIC', { policy: sts('testing') });
    expect(faults).toEqual(['mx2.customer.example: the policy of customer.example does not name it']);
  });

  test('what is published can be waived down to the setting, and only that', async () => {
    const waived = async (setting: Setting, given: Parameters<typeof demands>[1]) =>
      (await demands(setting, given)).hosts.map(({ waivedTls }) => waivedTls && kindOfDemand(waivedTls));
    expect(await waived('OPPORTUNISTIC', { policy: sts('enforce') })).toEqual(['OPPORTUNISTIC', 'OPPORTUNISTIC']);
    expect(await waived('REQUIRED', { dane: RECORDS })).toEqual(['REQUIRED', 'REQUIRED']);
    expect(await waived('OPPORTUNISTIC', { dane: UNUSABLE })).toEqual(['OPPORTUNISTIC', 'OPPORTUNISTIC']);
    expect(await waived('OPPORTUNISTIC', { dane: TROUBLE })).toEqual(['OPPORTUNISTIC', 'OPPORTUNISTIC']);
    expect(await waived('VERIFIED', {})).toEqual([undefined, undefined]);
    expect(await waived('REQUIRED', {})).toEqual([undefined, undefined]);
    expect(await waived('VERIFIED', { dane: RECORDS, deliverTo: [{ host: 'x.example', port: 25 }] })).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('a trust anchor may vouch for the base domain, the host or the domain', async () => {
    const { hosts } = await demands('OPPORTUNISTIC', { dane: RECORDS });
    const names = ['base.example', 'mx1.customer.example', 'customer.example'];
    expect(hosts[0]?.tls).toMatchObject({ kind: 'DANE', baseDomain: 'base.example', names });
  });
});

test.each<[Setting, string]>([
  ['NONE', 'NONE'],
  ['OPPORTUNISTIC', 'OPPORTUNISTIC'],
  ['REQUIRED', 'REQUIRED'],
  ['VERIFIED', 'VERIFIED by tlsPolicy'],
])('under deliverTo, and for a literal, %s alone decides', async (setting, expected) => {
  const published = { dane: RECORDS, policy: sts('enforce') };
  for (const where of [{ deliverTo: [{ host: 'x.example', port: 25 }] }, { name: '[192.0.2.1]' }]) {
    const { said, asked } = await demands(setting, { ...published, ...where });
    expect(said).toEqual([expected, expected]);
    expect(asked).toEqual([]);
  }
});

describe('an attempt', () => {
  const primaries: FakePrimary[] = [];
  afterEach(() => Promise.all(primaries.splice(0).map((primary) => primary.close())));
  const refusal = { trouble: 'TLS', reply: '[MTA-STS: the policy of a.example does not name mx1]' } as const;

  test('passes over a refused host, says so, and asks the next', async () => {
    const primary = await startFakePrimary();
    primaries.push(primary);
    const sessions = testSessions();
    const hosts = [{ ...hostOf('mx1', primary), refusal }, hostOf('mx2', primary)];
    const result = await attemptHosts({ message: messageTo('a@dom.example'), hosts, sessions });
    await sessions.closeAll();
    expect(result.hostTrouble).toBeNull();
    expect(result.outcomes.get(0)?.kind).toBe('DELIVERED');
    expect(result.records.map(({ host, address, outcome }) => [host, address === null, outcome])).toEqual([
      ['mx1', true, 'DEFERRED'],
      ['mx2', false, 'DELIVERED'],
    ]);
    expect(primary.sessions.length).toBe(1);
  });

  test('with refused hosts only keeps the mail, as trouble of the host', async () => {
    const hosts = [{ ...hostOf('mx1'), refusal }];
    const result = await attemptHosts({ message: messageTo('a@dom.example'), hosts, sessions: testSessions() });
    expect(result.hostTrouble).toEqual(refusal);
    expect(result.outcomes.get(0)).toMatchObject({ kind: 'DEFERRED', reply: { code: 451, enhancedCode: '4.7.5' } });
  });

  test('of a message with TLS-Required: No asks for what the setting asks, and passes over nobody', async () => {
    const primary = await startFakePrimary();
    primaries.push(primary);
    const sessions = testSessions();
    const strict = { kind: 'VERIFIED', by: 'MTA-STS' } as const;
    const hosts = [{ ...hostOf('mx1', primary), tls: strict, refusal, waivedTls: 'OPPORTUNISTIC' as const }];
    const plain = messageTo('a@dom.example');
    const waiving = { ...plain, content: Buffer.from('Subject: x\r\ntls-required: no\r\n\r\nx\r\n') };
    const inBody = { ...plain, content: Buffer.from('Subject: x\r\n\r\nTLS-Required: No\r\n') };
    const results = [];
    for (const message of [plain, waiving, inBody]) {
      results.push((await attemptHosts({ message, hosts, sessions })).outcomes.get(0)?.kind);
    }
    await sessions.closeAll();
    expect(results).toEqual(['DEFERRED', 'DELIVERED', 'DEFERRED']);
  });

  test('does not hand over on a session opened under a lesser demand', async () => {
    const primary = await startFakePrimary();
    primaries.push(primary);
    const sessions = testSessions();
    const lax = hostOf('mx1', primary);
    await attemptHosts({ message: messageTo('a@dom.example'), hosts: [lax], sessions });
    const strict = { ...lax, tls: { kind: 'VERIFIED', by: 'tlsPolicy' } as const };
    const result = await attemptHosts({ message: messageTo('a@dom.example'), hosts: [strict], sessions });
    await sessions.closeAll();
    expect(result.outcomes.get(0)?.kind).toBe('DEFERRED');
    expect(result.hostTrouble).toMatchObject({ trouble: 'TLS' });
    expect(result.records[0]?.isGreeted).toBe(true);
    expect(primary.messages.length).toBe(1);
  });
});
