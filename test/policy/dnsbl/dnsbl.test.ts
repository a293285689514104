/** Who is refused for being on a DNS list, for whom, and what the lists are asked. */
import { afterEach, describe, expect, test } from 'bun:test';
import { startFakeDns, type FakeDns, type FakeRecords } from '../../helpers/fake-dns.ts';
import { domainWith, nameIn, openScene, type Scene } from '../dnsbl-scene.ts';

const CLIENT = '192.0.2.99';
const CLIENT_6 = '2001:db8::99';
const BL = 'bl.example';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(
  zones: Readonly<Record<string, FakeRecords>>,
  options: Parameters<typeof openScene>[1] = {},
): Promise<{ dns: FakeDns; scene: Scene }> {
  const dns = await startFakeDns(zones);
  const scene = openScene(dns.address, options);
  closers.push(
    () => scene.close(),
    () => dns.close(),
  );
  return { dns, scene };
}

const listed = (zone: string, address: string, code: string, more: FakeRecords = {}) => ({
  [nameIn(zone, address)]: { A: [code], ttlSeconds: 300, ...more },
});

describe('a listing', () => {
  test('refuses with the zone, the code and the reason the list gives', async () => {
    const TXT = ['Listed, see https://bl.example/why?ip=192.0.2.99.', 'http://other.example/'];
    const { dns, scene } = await open(listed(BL, CLIENT, '127.0.0.4', { TXT }));
    const domain = domainWith('a.test', [BL]);
    expect(await scene.check(CLIENT, domain)).toEqual({
      kind: 'REFUSE',
      zone: BL,
      reply: {
        code: 550,
        enhancedCode: '5.7.1',
        text: 'client 192.0.2.99 is listed in bl.example (127.0.0.4) https://bl.example/why?ip=192.0.2.99',
        rejection: 'BMX-DNSBL',
      },
    });
    expect(await scene.say('::ffff:192.0.2.99', domain)).toContain('client 192.0.2.99 is listed');
    expect(await scene.say('192.0.2.98', domain)).toBe('PASS');
    expect(dns.count(nameIn(BL, CLIENT), 'A')).toBe(1);
    expect(dns.count(nameIn(BL, CLIENT), 'TXT')).toBe(1);
    expect(dns.count(nameIn(BL, '192.0.2.98'), 'TXT')).toBe(0);
    expect(scene.uses.map(({ zone, isListed, destinationId }) => [zone, isListed, destinationId])).toEqual([
      [BL, true, 'to a.test'],
      [BL, true, 'to a.test'],
      [BL, false, 'to a.test'],
    ]);
  });

  test('of an IPv6 address is found by its nibbles', async () => {
    const { scene } = await open(listed(BL, CLIENT_6, '127.0.0.2'));
    expect(await scene.say(CLIENT_6, domainWith('a.test', [BL]))).toBe(
      '550 5.7.1 client 2001:db8::99 is listed in bl.example (127.0.0.2) BMX-DNSBL',
    );
  });

  test('is answered from memory without a turn of the event loop, the refusal too', async () => {
    const { scene } = await open(listed(BL, CLIENT, '127.0.0.2'));
    const domain = domainWith('a.test', [BL]);
    await scene.check(CLIENT, domain);
    await scene.check('192.0.2.1', domain);
    expect(scene.check(CLIENT, domain)).toMatchObject({ kind: 'REFUSE' });
    expect(scene.check('192.0.2.1', domain)).toMatchObject({ kind: 'PASS' });
    expect(scene.check('192.0.2.2', domainWith('b.test', []))).toMatchObject({ kind: 'PASS' });
  });

  test.each([
    ['javascript:alert(1)', ''],
    ['see https://user@bl.example/', ''],
    [`https://bl.example/${'x'.repeat(200)}`, ''],
    ['\u0007 http://bl.example/a\u0000b', ' http://bl.example/a'],
    ['(HTTPS://BL.example/?a=1)', ' HTTPS://BL.example/?a=1'],
    ['no reason', ''],
  ])('with TXT %p is told on only as a plain address', async (text, told) => {
    const { scene } = await open(listed(BL, CLIENT, '127.0.0.2', { TXT: [text] }));
    expect(await scene.say(CLIENT, domainWith('a.test', [BL]))).toBe(
      `550 5.7.1 client 192.0.2.99 is listed in bl.example (127.0.0.2)${told} BMX-DNSBL`,
    );
  });

  test('is told without a reason when the list is slow to give one', async () => {
    const { scene } = await open(listed(BL, CLIENT, '127.0.0.2', { TXT: 'TIMEOUT' }));
    const startedAtMs = performance.now();
    expect(await scene.say(CLIENT, domainWith('a.test', [BL]))).toContain('bl.example (127.0.0.2) BMX-DNSBL');
    expect(performance.now() - startedAtMs).toBeLessThan(5000);
  });
});

describe('each domain has its own answer', () => {
  test('two recipients of different tenants in one transaction', async () => {
    const { dns, scene } = await open({
      ...listed(BL, CLIENT, '127.0.0.2'),
      ...listed('two.example', CLIENT, '127.0.0.10'),
    });
    const strict = domainWith('strict.test', [BL, 'two.example']);
    const lax = domainWith('lax.test', []);
    const picky = domainWith('picky.test', [{ zone: 'two.example', codes: ['127.0.0.2', '127.0.0.64/27'] }]);
    const block = domainWith('block.test', [{ zone: 'two.example', codes: ['127.0.0.8/30'] }]);
    expect(await scene.say(CLIENT, strict)).toContain('listed in bl.example (127.0.0.2), two.example (127.0.0.10)');
    expect(await scene.say(CLIENT, lax)).toBe('PASS');
    expect(await scene.say(CLIENT, picky)).toBe('PASS');
    expect(await scene.say(CLIENT, block)).toContain('listed in two.example (127.0.0.10)');
    expect(dns.count(nameIn('two.example', CLIENT), 'A')).toBe(1);
  });

  test('weights add up to the threshold; the heaviest zone is named first', async () => {
    const { scene } = await open({
      ...listed(BL, CLIENT, '127.0.0.2'),
      ...listed('two.example', CLIENT, '127.0.0.3'),
      ...listed(BL, '192.0.2.1', '127.0.0.2'),
    });
    const zones = [
      { zone: BL, weight: 2 },
      { zone: 'two.example', weight: 3 },
    ];
    const domain = domainWith('a.test', zones, { threshold: 5 });
    expect(await scene.say(CLIENT, domain)).toContain('in two.example (127.0.0.3), bl.example (127.0.0.2)');
    expect(await scene.say('192.0.2.1', domain)).toBe('PASS');
    expect(await scene.say('192.0.2.1', domainWith('b.test', zones, { threshold: 2 }))).toContain('in bl.example');
  });

  test('a zone on trial counts and leaves samples, and refuses nobody', async () => {
    const { dns, scene } = await open({
      ...listed(BL, CLIENT, '127.0.0.2', { TXT: ['https://bl.example/'] }),
      ...listed('two.example', '192.0.2.1', '127.0.0.2'),
    });
    const trial = domainWith('a.test', [{ zone: BL, mode: 'DRY_RUN' }, 'two.example']);
    expect(await scene.say(CLIENT, trial)).toBe('PASS');
    expect(scene.hits.map(({ zone, reply }) => [zone, reply.text])).toEqual([
      [BL, 'client 192.0.2.99 is listed in bl.example (127.0.0.2)'],
    ]);
    expect(scene.uses.filter(({ isListed }) => isListed)).toHaveLength(1);
    // It does not help another zone over the threshold, and below it nothing would have been refused.
    const heavy = [
      { zone: BL, mode: 'DRY_RUN' as const, weight: 3 },
      { zone: 'two.example', weight: 3 },
    ];
    expect(await scene.say(CLIENT, domainWith('b.test', heavy, { threshold: 4 }))).toBe('PASS');
    expect(scene.hits).toHaveLength(1);
    expect(await scene.say('192.0.2.1', trial)).toContain('550');
    expect(dns.queries.filter(({ name, type }) => type === 'TXT' && name.endsWith(BL))).toHaveLength(0);
  });
});

describe('who is not looked up', () => {
  test('postmaster and abuse, private and own clients, the hosts of the domain itself', async () => {
    const { dns, scene } = await open({});
    const domain = domainWith('a.test', [BL]);
    scene.own.add('203.0.113.5');
    scene.hosts.set('a.test', ['203.0.113.6', '2001:db8::6']);
    for (const address of ['127.0.0.1', '10.1.2.3', '::1', 'fd00::1', '::ffff:192.168.1.1', '64:ff9b::a00:1']) {
      expect(await scene.say(address, domain)).toBe('PASS');
    }
    for (const address of ['203.0.113.5', '203.0.113.6', '2001:db8:0::6']) {
      expect(await scene.say(address, domain)).toBe('PASS');
    }
    expect(await scene.say(CLIENT, domain, 'postmaster')).toBe('PASS');
    expect(await scene.say(CLIENT, domain, 'abuse')).toBe('PASS');
    expect(dns.queries).toEqual([]);
    // The host of one domain is a client like any other to the next.
    await scene.say('203.0.113.6', domainWith('b.test', [BL]));
    expect(dns.queries.map(({ name }) => name)).toEqual([nameIn(BL, '203.0.113.6')]);
  });

  test('allowed networks, by any spelling', async () => {
    const { dns, scene } = await open(listed(BL, CLIENT, '127.0.0.2'));
    const allowedClients = ['192.0.2.0/25', '2001:db8::/32'];
    const domain = domainWith('a.test', [BL], { allowedClients });
    expect(await scene.say(CLIENT, domain)).toBe('PASS');
    expect(await scene.say('::ffff:192.0.2.99', domain)).toBe('PASS');
    expect(await scene.say(CLIENT_6, domain)).toBe('PASS');
    expect(dns.queries).toEqual([]);
    expect(await scene.say(CLIENT, domainWith('b.test', [BL], { allowedClients: ['192.0.2.128/25'] }))).toContain(
      '550',
    );
  });

  test('who is on an allow list: no block list is asked', async () => {
    const { dns, scene } = await open({
      ...listed('wl.example', CLIENT, '127.0.10.3'),
      ...listed(BL, CLIENT, '127.0.0.2'),
      ...listed(BL, '192.0.2.1', '127.0.0.2'),
    });
    const allowZones = [{ zone: 'wl.example', codes: ['127.0.0.0/16'] }];
    expect(await scene.say(CLIENT, domainWith('a.test', [BL], { allowZones }))).toBe('PASS');
    expect(dns.queries.map(({ name }) => name)).toEqual([nameIn('wl.example', CLIENT)]);
    expect(await scene.say('192.0.2.1', domainWith('a.test', [BL], { allowZones }))).toContain('550');
    const others = [{ zone: 'wl.example', codes: ['127.0.1.0/24'] }];
    expect(await scene.say(CLIENT, domainWith('b.test', [BL], { allowZones: others }))).toContain('550');
  });

  test('a zone that is off, as block or allow list', async () => {
    const { dns, scene } = await open({
      ...listed('wl.example', CLIENT, '127.0.0.2'),
      ...listed(BL, CLIENT, '127.0.0.2'),
    });
    scene.off.add(BL);
    expect(await scene.say(CLIENT, domainWith('a.test', [BL]))).toBe('PASS');
    expect(dns.queries).toEqual([]);
    expect(scene.uses).toEqual([]);
    scene.off.clear();
    scene.off.add('wl.example');
    const allowZones = [{ zone: 'wl.example', codes: [] }];
    expect(await scene.say(CLIENT, domainWith('a.test', [BL], { allowZones }))).toContain('550');
  });
});

describe('answers that are no listing', () => {
  test.each(['127.255.255.254', '127.255.255.1', '127.0.0.1', '1.2.3.4', '0.0.0.0', '128.0.0.2'])(
    '%s',
    async (answer) => {
      const { scene } = await open(listed(BL, CLIENT, answer));
      const trial = domainWith('b.test', [{ zone: BL, mode: 'DRY_RUN' }]);
      expect(await scene.say(CLIENT, domainWith('a.test', [BL]))).toBe('PASS');
      expect(await scene.say(CLIENT, domainWith('c.test', [{ zone: BL, codes: ['127.0.0.0/8'] }]))).toBe('PASS');
      expect(await scene.say(CLIENT, trial)).toBe('PASS');
      expect(scene.errors).toEqual([`${BL} ${answer}`]);
      expect([scene.uses, scene.hits]).toEqual([[], []]);
    },
  );

  test('a valid code beside an error is part of an answer that cannot be trusted', async () => {
    const { scene } = await open({ [nameIn(BL, CLIENT)]: { A: ['127.0.0.2', '203.0.113.1'] } });
    expect(await scene.say(CLIENT, domainWith('a.test', [BL]))).toBe('PASS');
    expect(scene.errors).toEqual([`${BL} 203.0.113.1`]);
  });

  test('an allow list in error allows nobody', async () => {
    const { scene } = await open({
      ...listed('wl.example', CLIENT, '1.2.3.4'),
      ...listed(BL, CLIENT, '127.0.0.2'),
    });
    const allowZones = [{ zone: 'wl.example', codes: [] }];
    expect(await scene.say(CLIENT, domainWith('a.test', [BL], { allowZones }))).toContain('550');
    expect(scene.errors).toEqual(['wl.example 1.2.3.4']);
  });

  test.each(['SERVFAIL', 'REFUSED', 'MALFORMED', 'NXDOMAIN', 'REFERRAL'] as const)('%s', async (mode) => {
    const { scene } = await open({ [nameIn(BL, CLIENT)]: { mode }, ...listed('two.example', CLIENT, '127.0.0.2') });
    expect(await scene.say(CLIENT, domainWith('a.test', [BL]))).toBe('PASS');
    expect(await scene.say(CLIENT, domainWith('b.test', [BL, 'two.example']))).toContain('in two.example');
    expect(scene.errors).toEqual([]);
  });
});
