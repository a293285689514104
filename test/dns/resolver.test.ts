import { afterEach, describe, expect, test } from 'bun:test';
import { createResolver } from '../../src/dns/resolver.ts';
import type { Resolver, ResolverOptions } from '../../src/dns/resolver.ts';
import { startFakeDns } from '../helpers/fake-dns.ts';
import type { FakeDns, FakeDnsOptions, FakeRecords } from '../helpers/fake-dns.ts';

const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function resolverFor(
  zones: Record<string, FakeRecords>,
  { dnsOptions = {}, ...options }: { dnsOptions?: FakeDnsOptions } & Partial<ResolverOptions> = {},
): Promise<{ dns: FakeDns; resolver: Resolver }> {
  const dns = await startFakeDns(zones, dnsOptions);
  const resolver = createResolver({ servers: [dns.address], timeoutMs: 8000, ...options });
  open.push(resolver, dns);
  return { dns, resolver };
}

describe('answers', () => {
  test('MX records come with preference and lower-case names, whatever the case of the question', async () => {
    const { resolver, dns } = await resolverFor({
      'example.org': {
        MX: [
          [20, 'MX2.Example.ORG'],
          [10, 'mx1.example.org'],
        ],
        ttlSeconds: 300,
      },
    });
    expect(await resolver.resolveMx('EXAMPLE.org.')).toEqual({
      kind: 'FOUND',
      records: [
        { preference: 20, exchange: 'mx2.example.org' },
        { preference: 10, exchange: 'mx1.example.org' },
      ],
      canonicalName: 'example.org',
      ttlSeconds: 300,
      isAuthenticated: false,
    });
    expect(dns.queries.map(({ protocol }) => protocol)).toEqual(['udp']);
  });

  test('the root as an exchange stays a dot', async () => {
    const { resolver } = await resolverFor({ 'null.example': { MX: [[0, '.']] } });
    expect(await resolver.resolveMx('null.example')).toMatchObject({ records: [{ preference: 0, exchange: '.' }] });
  });

  test('character-strings of a TXT record are joined, records are not', async () => {
    const { resolver } = await resolverFor({ 'example.org': { TXT: [['v=spf1 ip4:192.0.2.1 ', '-all'], 'other'] } });
    expect(await resolver.resolveTxt('example.org')).toMatchObject({ records: ['v=spf1 ip4:192.0.2.1 -all', 'other'] });
  });

  test('addresses are A and AAAA together', async () => {
    const { resolver } = await resolverFor({
      'both.example': { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:DB8::1'] },
      'six.example': { AAAA: ['2001:db8::6'] },
      'none.example': { TXT: ['x'] },
      'half.example': { A: ['192.0.2.1'], AAAA: 'SERVFAIL' },
      'unknown.example': { AAAA: 'SERVFAIL' },
    });
    const found = (host: string) => resolver.resolveAddresses(host);
    expect(await found('both.example')).toMatchObject({ records: ['192.0.2.1', '192.0.2.2', '2001:db8::1'] });
    expect(await found('six.example')).toMatchObject({ records: ['2001:db8::6'] });
    expect(await found('none.example')).toEqual({ kind: 'NO_DATA' });
    expect(await found('nowhere.example')).toEqual({ kind: 'NXDOMAIN' });
    expect(await found('half.example')).toMatchObject({ kind: 'FOUND', records: ['192.0.2.1'] });
    expect(await found('unknown.example')).toEqual({ kind: 'TROUBLE', reason: 'SERVFAIL' });
  });

  test('names of an address', async () => {
    const { resolver } = await resolverFor({
      '1.2.0.192.in-addr.arpa': { CNAME: '1.0-63.2.0.192.in-addr.arpa' },
      '1.0-63.2.0.192.in-addr.arpa': { PTR: ['Host.example.org'] },
    });
    expect(await resolver.resolvePtr('192.0.2.1')).toMatchObject({ records: ['host.example.org'] });
    expect(await resolver.resolvePtr('192.0.2.2')).toEqual({ kind: 'NXDOMAIN' });
    expect(await resolver.resolvePtr('not an address')).toEqual({ kind: 'NXDOMAIN' });
  });

  test('TLSA records and the AD bit', async () => {
    const certificate = Buffer.alloc(32, 7);
    const { resolver } = await resolverFor({
      '_25._tcp.mx.example': { TLSA: [{ usage: 3, selector: 1, matchingType: 1, certificate }], isAuthenticated: true },
    });
    expect(await resolver.query('_25._tcp.mx.example', 'TLSA')).toMatchObject({
      kind: 'FOUND',
      isAuthenticated: true,
      records: [{ usage: 3, selector: 1, matchingType: 1, certificate: Uint8Array.from(certificate) }],
    });
  });

  test('no such name and no such data are told apart', async () => {
    const { resolver } = await resolverFor({ 'a.example': { A: ['192.0.2.1'] }, 'b.c.example': { A: ['192.0.2.1'] } });
    expect(await resolver.resolveMx('a.example')).toEqual({ kind: 'NO_DATA' });
    expect(await resolver.resolveMx('c.example')).toEqual({ kind: 'NO_DATA' });
    expect(await resolver.resolveMx('nowhere.example')).toEqual({ kind: 'NXDOMAIN' });
  });

  test('a name that cannot be asked for is trouble, not absence, and costs no query', async () => {
    const { resolver, dns } = await resolverFor({});
    for (const name of [
      '',
      '.',
      'a..b',
      `${'a'.repeat(64)}.example`,
      `${'a.'.repeat(130)}example`,
      'ä.example',
      'a b',
    ]) {
      expect(await resolver.resolveMx(name)).toEqual({ kind: 'TROUBLE', reason: 'MALFORMED' });
    }
    expect(dns.queries).toEqual([]);
  });
});

describe.each([[true], [false]])('aliases, followed by the server: %p', (followsAliases) => {
  const dnsOptions: FakeDnsOptions = { followsAliases };
  const zones: Record<string, FakeRecords> = {
    'alias.example': { CNAME: 'Middle.example', ttlSeconds: 100, isAuthenticated: true },
    'middle.example': { CNAME: 'end.example', ttlSeconds: 50 },
    'end.example': { MX: [[10, 'mx.example']], ttlSeconds: 200, isAuthenticated: true },
    'dangling.example': { CNAME: 'nowhere.example' },
    'empty.example': { CNAME: 'end.example' },
    'broken.example': { CNAME: 'servfail.example' },
    'servfail.example': { mode: 'SERVFAIL' },
    'loop1.example': { CNAME: 'loop2.example' },
    'loop2.example': { CNAME: 'loop1.example' },
    'self.example': { CNAME: 'self.example' },
  };
  for (let index = 0; index < 30; index += 1) zones[`long${index}.example`] = { CNAME: `long${index + 1}.example` };
  zones['long30.example'] = { MX: [[10, 'mx.example']] };

  test('are followed; the least TTL counts, and every link must be authenticated', async () => {
    const { resolver } = await resolverFor(zones, { dnsOptions });
    expect(await resolver.resolveMx('alias.example')).toEqual({
      kind: 'FOUND',
      records: [{ preference: 10, exchange: 'mx.example' }],
      canonicalName: 'end.example',
      ttlSeconds: 50,
      isAuthenticated: false,
    });
  });

  test('end in what their target is', async () => {
    const { resolver } = await resolverFor(zones, { dnsOptions });
    expect(await resolver.resolveMx('dangling.example')).toEqual({ kind: 'NXDOMAIN' });
    expect(await resolver.query('empty.example', 'A')).toEqual({ kind: 'NO_DATA' });
    expect(await resolver.resolveMx('broken.example')).toEqual({ kind: 'TROUBLE', reason: 'SERVFAIL' });
  });

  test.each(['loop1.example', 'self.example', 'long0.example'])('%s is a bounded chain', async (name) => {
    const { resolver, dns } = await resolverFor(zones, { dnsOptions });
    expect(await resolver.resolveMx(name)).toEqual({ kind: 'TROUBLE', reason: 'LOOP' });
    expect(dns.queries.length).toBeLessThan(15);
  });

  test('can themselves be asked for', async () => {
    const { resolver } = await resolverFor({ 'a.example': { CNAME: 'b.example' } }, { dnsOptions });
    expect(await resolver.query('a.example', 'CNAME')).toMatchObject({ kind: 'FOUND', records: ['b.example'] });
  });
});

test('of the names of an address ten are kept', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `name${index}.example`);
  const { resolver } = await resolverFor({ '1.2.0.192.in-addr.arpa': { PTR: names } });
  expect(await resolver.resolvePtr('192.0.2.1')).toMatchObject({ kind: 'FOUND', records: names.slice(0, 10) });
});

describe('cache', () => {
  test('an answer that is too large is trouble, for a minute, and drives nothing out', async () => {
    const { state, nowMs } = clock();
    const { resolver, dns } = await resolverFor(
      {
        'long.example': { TXT: Array.from({ length: 80 }, () => ['x'.repeat(250)]), ttlSeconds: 600 },
        'wide.example': { A: Array.from({ length: 300 }, (_, index) => `192.0.2.${index % 250}`), ttlSeconds: 600 },
        'usual.example': { TXT: ['v=spf1 -all'], A: ['192.0.2.1'], ttlSeconds: 600 },
      },
      { nowMs },
    );
    const [tooLarge, found] = [{ kind: 'TROUBLE', reason: 'TOO_LARGE' }, { kind: 'FOUND' }];
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await resolver.resolveTxt('usual.example')).toMatchObject(found);
      expect(await resolver.resolveTxt('long.example')).toMatchObject(tooLarge);
      expect(await resolver.query('wide.example', 'A')).toMatchObject(tooLarge);
    }
    const asked = (name: string): number =>
      dns.queries.filter((query) => query.protocol === 'udp' && query.name === name).length;
    expect(['usual', 'long', 'wide'].map((name) => asked(`${name}.example`))).toEqual([1, 1, 1]);
    state.nowMs = 61_000;
    await resolver.query('wide.example', 'A');
    expect(asked('wide.example')).toBe(2);
  });

  test('the names of an address are kept for a minute at least: a client has them looked up with each connection', async () => {
    const { state, nowMs } = clock();
    const { resolver, dns } = await resolverFor(
      { '1.2.0.192.in-addr.arpa': { PTR: ['a.example'], ttlSeconds: 0 } },
      { nowMs },
    );
    for (const at of [0, 59_000, 61_000]) {
      state.nowMs = at;
      expect(await resolver.resolvePtr('192.0.2.1')).toMatchObject({ records: ['a.example'] });
    }
    expect(dns.queries).toHaveLength(2);
  });

  function clock() {
    const state = { nowMs: 0 };
    return { state, nowMs: () => state.nowMs };
  }

  test('an answer is kept for its TTL and its remaining time is told', async () => {
    const { state, nowMs } = clock();
    const { resolver, dns } = await resolverFor({ 'a.example': { A: ['192.0.2.1'], ttlSeconds: 60 } }, { nowMs });
    await resolver.query('a.example', 'A');
    dns.set('a.example', { A: ['192.0.2.2'], ttlSeconds: 60 });
    state.nowMs = 59_000;
    expect(await resolver.query('A.example', 'A')).toMatchObject({ records: ['192.0.2.1'], ttlSeconds: 1 });
    expect(dns.queries.length).toBe(1);
    state.nowMs = 60_000;
    expect(await resolver.query('a.example', 'A')).toMatchObject({ records: ['192.0.2.2'] });
  });

  test('a TTL of 0 is not kept, one of a week for an hour, one with the top bit set is 0', async () => {
    const { state, nowMs } = clock();
    const zones = {
      'zero.example': { A: ['192.0.2.1'] },
      'week.example': { A: ['192.0.2.1'], ttlSeconds: 604_800 },
      'negative.example': { A: ['192.0.2.1'], ttlSeconds: 0x80000001 },
    };
    const { resolver, dns } = await resolverFor(zones, { nowMs });
    for (const name of Object.keys(zones)) await resolver.query(name, 'A');
    for (const name of Object.keys(zones)) await resolver.query(name, 'A');
    expect([dns.count('zero.example'), dns.count('week.example'), dns.count('negative.example')]).toEqual([2, 1, 2]);
    state.nowMs = 3_600_000;
    await resolver.query('week.example', 'A');
    expect(dns.count('week.example')).toBe(2);
  });

  test('absence is kept for the SOA minimum, and not at all without a SOA', async () => {
    const { state, nowMs } = clock();
    const kept = await resolverFor({ 'a.example': {} }, { nowMs, dnsOptions: { soaMinimumSeconds: 30 } });
    for (const name of ['a.example', 'nowhere.example']) {
      await kept.resolver.query(name, 'A');
      await kept.resolver.query(name, 'A');
    }
    expect(kept.dns.queries.length).toBe(2);
    state.nowMs = 30_000;
    await kept.resolver.query('nowhere.example', 'A');
    expect(kept.dns.count('nowhere.example')).toBe(2);

    const loose = await resolverFor({}, { nowMs, dnsOptions: { soaMinimumSeconds: null } });
    await loose.resolver.query('nowhere.example', 'A');
    await loose.resolver.query('nowhere.example', 'A');
    expect(loose.dns.queries.length).toBe(2);
  });

  test('trouble is kept for one second', async () => {
    const { state, nowMs } = clock();
    const { resolver, dns } = await resolverFor({ 'a.example': { mode: 'SERVFAIL' } }, { nowMs });
    await resolver.query('a.example', 'A');
    await resolver.query('a.example', 'A');
    expect(dns.queries.length).toBe(1);
    dns.set('a.example', { A: ['192.0.2.1'] });
    state.nowMs = 1000;
    expect(await resolver.query('a.example', 'A')).toMatchObject({ records: ['192.0.2.1'] });
  });

  test('a name can be forgotten', async () => {
    const { resolver, dns } = await resolverFor({ 'a.example': { MX: [[10, 'old.example']], ttlSeconds: 600 } });
    await resolver.resolveMx('a.example');
    dns.set('a.example', { MX: [[10, 'new.example']], ttlSeconds: 600 });
    resolver.forget('A.example.');
    expect(await resolver.resolveMx('a.example')).toMatchObject({ records: [{ exchange: 'new.example' }] });
  });

  test('equal look-ups under way are one query (single flight)', async () => {
    const { resolver, dns } = await resolverFor({ 'a.example': { A: ['192.0.2.1'] } });
    const answers = await Promise.all(Array.from({ length: 50 }, () => resolver.query('a.example', 'A')));
    expect(answers.every(({ kind }) => kind === 'FOUND')).toBe(true);
    expect(dns.queries.length).toBe(1);
  });

  test('a thousand different look-ups at once are all answered', async () => {
    const zones: Record<string, FakeRecords> = {};
    for (let index = 0; index < 1000; index += 1) zones[`n${index}.example`] = { A: ['192.0.2.1'] };
    const { resolver } = await resolverFor(zones, { timeoutMs: 10_000 });
    const answers = await Promise.all(Object.keys(zones).map((name) => resolver.query(name, 'A')));
    expect(answers.filter(({ kind }) => kind === 'FOUND').length).toBe(1000);
  });
});
