import { describe, expect, test } from 'bun:test';
import type { DnsAnswer, MxRecord } from '../../../src/dns/answer.ts';
import { type Lookup, checkSpf, type SpfResult } from '../../../src/policy/authentication/sender-auth.ts';

type Answer = 'TROUBLE' | 'NO_DATA' | readonly (string | MxRecord)[];

/** `name TYPE` to records; what is not there does not exist. */
const ZONE: Readonly<Record<string, Answer>> = {
  'pass.example TXT': ['v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all'],
  'soft.example TXT': ['other text', 'v=spf1 ~all'],
  'neutral.example TXT': ['v=spf1 ?all'],
  'none.example TXT': ['no record of ours'],
  'nodata.example TXT': 'NO_DATA',
  'trouble.example TXT': 'TROUBLE',
  'two.example TXT': ['v=spf1 -all', 'v=spf1 +all'],
  'include.example TXT': ['v=spf1 include:pass.example -all'],
  'redirect.example TXT': ['v=spf1 redirect=pass.example'],
  'include-trouble.example TXT': ['v=spf1 include:trouble.example -all'],
  'redirect-trouble.example TXT': ['v=spf1 redirect=trouble.example'],
  'a-trouble.example TXT': ['v=spf1 a -all'],
  'a-trouble.example A': 'TROUBLE',
  'loop.example TXT': ['v=spf1 include:loop.example -all'],
  'a.example TXT': ['v=spf1 a -all'],
  'a.example A': ['192.0.2.1'],
  'a.example AAAA': ['2001:db8::1'],
  'mx.example TXT': ['v=spf1 mx -all'],
  'mx.example MX': [
    { preference: 20, exchange: 'far.example' },
    { preference: 10, exchange: 'a.example' },
  ],
  'nullmx.example TXT': ['v=spf1 mx -all'],
  'nullmx.example MX': [{ preference: 0, exchange: '.' }],
  'ptr.example TXT': ['v=spf1 ptr -all'],
  '1.2.0.192.in-addr.arpa PTR': ['host.ptr.example'],
  'host.ptr.example A': ['192.0.2.1'],
  'exists.example TXT': ['v=spf1 exists:%{l}.%{i}.exists.example -all'],
  'user.192.0.2.1.exists.example A': ['127.0.0.2'],
  'void.example TXT': ['v=spf1 a:v1.example a:v2.example a:v3.example -all'],
  'xn--bcher-kva.example TXT': ['v=spf1 ip4:192.0.2.1 -all'],
  'mail.helo.example TXT': ['v=spf1 ip4:192.0.2.1 -all'],
};

function lookupIn(zone: Readonly<Record<string, Answer>>, asked: string[] = []): Lookup {
  return async (name, type): Promise<DnsAnswer<string | MxRecord>> => {
    asked.push(`${name} ${type}`);
    const answer = zone[`${name.toLowerCase()} ${type}`];
    if (answer === undefined) return { kind: 'NXDOMAIN' };
    if (answer === 'NO_DATA') return { kind: 'NO_DATA' };
    if (answer === 'TROUBLE') return { kind: 'TROUBLE', reason: 'SERVFAIL' };
    return { kind: 'FOUND', records: answer, canonicalName: name, ttlSeconds: 60, isAuthenticated: false };
  };
}

const QUESTION = { clientAddress: '192.0.2.1', ehloName: 'mail.helo.example', lookup: lookupIn(ZONE) };

describe('checkSpf', () => {
  test.each<[string, SpfResult]>([
    ['user@pass.example', 'PASS'],
    ['"a@b c"@pass.example', 'PASS'],
    ['user@soft.example', 'SOFTFAIL'],
    ['user@neutral.example', 'NEUTRAL'],
    ['user@none.example', 'NONE'],
    ['user@nodata.example', 'NONE'],
    ['user@nxdomain.example', 'NONE'],
    ['user@localhost', 'NONE'],
    ['user@[192.0.2.1]', 'NONE'],
    ['user@two.example', 'PERMERROR'],
    ['user@include.example', 'PASS'],
    ['user@redirect.example', 'PASS'],
    ['user@a.example', 'PASS'],
    ['user@mx.example', 'PASS'],
    ['user@nullmx.example', 'FAIL'],
    ['user@ptr.example', 'PASS'],
    ['user@exists.example', 'PASS'],
    ['other@exists.example', 'FAIL'],
    ['user@xn--bcher-kva.example', 'PASS'],
    ['user@loop.example', 'PERMERROR'],
    ['user@void.example', 'PERMERROR'],
  ])('%s: %s', async (reversePath, expected) => {
    expect(await checkSpf({ ...QUESTION, reversePath })).toBe(expected);
  });

  test('DNS trouble is never a verdict, however deep it sits', async () => {
    for (const name of ['trouble', 'include-trouble', 'redirect-trouble', 'a-trouble']) {
      expect(await checkSpf({ ...QUESTION, reversePath: `user@${name}.example` })).toBe('TEMPERROR');
    }
    const failing: Lookup = async () => {
      throw new Error('bug in the look-up');
    };
    expect(await checkSpf({ ...QUESTION, lookup: failing, reversePath: 'user@pass.example' })).toBe('TEMPERROR');
  });

  test('the address decides: IPv4, IPv6, another, none', async () => {
    const reversePath = 'user@pass.example';
    expect(await checkSpf({ ...QUESTION, reversePath, clientAddress: '2001:db8::7' })).toBe('PASS');
    expect(await checkSpf({ ...QUESTION, reversePath, clientAddress: '::ffff:192.0.2.1' })).toBe('PASS');
    expect(await checkSpf({ ...QUESTION, reversePath, clientAddress: '198.51.100.1' })).toBe('FAIL');
    expect(await checkSpf({ ...QUESTION, reversePath: 'user@a.example', clientAddress: '2001:db8::1' })).toBe('PASS');
    expect(await checkSpf({ ...QUESTION, reversePath, clientAddress: 'unknown' })).toBe('NONE');
  });

  test('the EHLO name is asked for the null reverse-path', async () => {
    expect(await checkSpf({ ...QUESTION, reversePath: null })).toBe('PASS');
    expect(await checkSpf({ ...QUESTION, reversePath: null, ehloName: '[192.0.2.1]' })).toBe('NONE');
    expect(await checkSpf({ ...QUESTION, reversePath: null, ehloName: '' })).toBe('NONE');
  });

  test('a look-up that never answers is TEMPERROR when the time is over', async () => {
    const silent: Lookup = () => new Promise(() => {});
    const startedAt = performance.now();
    expect(await checkSpf({ ...QUESTION, reversePath: 'user@pass.example', lookup: silent, timeoutMs: 50 })).toBe(
      'TEMPERROR',
    );
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test('a record that asks for hundreds of names is stopped at a hundred queries', async () => {
    const hosts = (term: number) =>
      Array.from({ length: 10 }, (_, host) => ({ preference: host, exchange: `h${host}.m${term}.example` }));
    const terms = Array.from({ length: 10 }, (_, term) => term);
    const zone: Record<string, Answer> = {
      'wide.example TXT': [`v=spf1 ${terms.map((term) => `mx:m${term}.example`).join(' ')} +all`],
      ...Object.fromEntries(terms.map((term) => [`m${term}.example MX`, hosts(term)])),
    };
    const asked: string[] = [];
    expect(await checkSpf({ ...QUESTION, reversePath: 'user@wide.example', lookup: lookupIn(zone, asked) })).toBe(
      'PERMERROR',
    );
    expect(asked.length).toBeLessThanOrEqual(100);
  });

  test('records without end: a long one counts as none, and much text of many is not read', async () => {
    const long = `v=spf1 ${'ip4:192.0.2.7 '.repeat(400)}+all`;
    const parts = Array.from({ length: 9 }, (_, part) => [
      `part${part}.example TXT`,
      Array.from({ length: 3 }, () => `filler ${'y'.repeat(4000)}`).concat('v=spf1 ?all'),
    ]);
    const zone: Record<string, Answer> = {
      'long.example TXT': [long],
      'much.example TXT': [`v=spf1 ${parts.map((_, part) => `include:part${part}.example`).join(' ')} +all`],
      ...(Object.fromEntries(parts) as Record<string, Answer>),
    };
    const asked: string[] = [];
    const question = { ...QUESTION, lookup: lookupIn(zone, asked) };
    expect(await checkSpf({ ...question, reversePath: 'user@long.example' })).toBe('NONE');
    expect(await checkSpf({ ...question, reversePath: 'user@much.example' })).toBe('PERMERROR');
    expect(asked.filter((each) => each.startsWith('part')).length).toBeLessThan(9);
  });
});
