/** DNS lists as their publishers serve them: rbldnsd with IPv4, IPv6, codes, exclusions and reasons. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createResolver, type Resolver } from '../../src/dns/resolver.ts';
import { testZone } from '../../src/policy/dnsbl/watch.ts';
import { type Rbldnsd, startRbldnsd, whyNoRbldnsd } from '../helpers/rbldnsd.ts';
import { domainWith, openScene, type Scene } from '../policy/dnsbl-scene.ts';
import { isSkipped } from './mail.ts';

const BL = 'bl.example';

describe.skipIf(isSkipped('rbldnsd interop', whyNoRbldnsd()))('rbldnsd', () => {
  let server: Rbldnsd;
  let scene: Scene;
  let resolver: Resolver;

  beforeAll(async () => {
    server = await startRbldnsd([
      {
        zone: BL,
        type: 'ip4set',
        lines: [
          ':127.0.0.2:Spam source, see https://bl.example/query?ip=$',
          '127.0.0.2',
          '192.0.2.99',
          '192.0.2.64/28 :127.0.0.4:Open proxy',
          '!192.0.2.70',
        ],
      },
      {
        zone: BL,
        type: 'ip6trie',
        lines: [':127.0.0.3:https://bl.example/six', '2001:db8:0:1::/64', '!2001:db8:0:1::5/128'],
      },
      { zone: 'six.example', type: 'ip6trie', lines: [':127.0.0.2:', '0:0:0:0:0:ffff:7f00:2/128', '2001:db8::/32'] },
      { zone: 'wl.example', type: 'ip4trie', lines: [':127.0.10.1:', '127.0.0.2', '192.0.2.66'] },
      { zone: 'all.example', type: 'ip4trie', lines: [':127.0.0.2:', '0.0.0.0/0'] },
      { zone: 'none.example', type: 'ip4set', lines: [':127.0.0.2:', '192.0.2.1'] },
    ]);
    scene = openScene(server.address);
    resolver = createResolver({ servers: [server.address] });
  });
  afterAll(async () => {
    scene?.close();
    resolver?.close();
    await server?.stop();
  });

  test.each([
    ['192.0.2.99', '(127.0.0.2) https://bl.example/query?ip=192.0.2.99 BMX-DNSBL'],
    ['::ffff:192.0.2.99', '(127.0.0.2) https://bl.example/query?ip=192.0.2.99 BMX-DNSBL'],
    ['192.0.2.64', '(127.0.0.4) BMX-DNSBL'],
    ['2001:db8:0:1::99', '(127.0.0.3) https://bl.example/six BMX-DNSBL'],
  ])('lists %s', async (address, said) => {
    expect(await scene.say(address, domainWith('a.test', [BL]))).toEndWith(said);
  });

  test.each(['192.0.2.98', '192.0.2.70', '192.0.2.80', '2001:db8:0:2::99', '2001:db8:0:1::5'])(
    'does not list %s',
    async (address) => {
      expect(await scene.say(address, domainWith('a.test', [BL]))).toBe('PASS');
    },
  );

  test('tells codes apart, and an allow list goes first', async () => {
    const proxies = domainWith('p.test', [{ zone: BL, codes: ['127.0.0.4'] }]);
    expect(await scene.say('192.0.2.99', proxies)).toBe('PASS');
    expect(await scene.say('192.0.2.64', proxies)).toContain('(127.0.0.4)');
    const allowing = domainWith('w.test', [BL], { allowZones: [{ zone: 'wl.example', codes: ['127.0.10.0/24'] }] });
    expect(await scene.say('192.0.2.66', allowing)).toBe('PASS');
    expect(await scene.say('192.0.2.67', allowing)).toContain('(127.0.0.4)');
  });

  test('two recipients of different tenants get different answers', async () => {
    const answers = [domainWith('strict.test', [BL]), domainWith('lax.test', ['none.example'])].map((domain) =>
      scene.say('192.0.2.99', domain),
    );
    expect(await Promise.all(answers)).toEqual([expect.stringMatching(/^550 5\.7\.1 /), 'PASS']);
  });

  test('passes the self-test as a list of IPv4, of IPv6 and of good senders; fails it when it lists all or nobody', async () => {
    const result = async (zone: string): Promise<string> => {
      const tested = await testZone(zone, (name) => resolver.query(name, 'A'));
      return tested.kind === 'PASSED' ? 'PASSED' : `${tested.kind} ${tested.reason}`;
    };
    for (const zone of [BL, 'six.example', 'wl.example']) expect([zone, await result(zone)]).toEqual([zone, 'PASSED']);
    expect(await result('all.example')).toBe('FAILED It lists 127.0.0.1, so it may list everybody.');
    expect(await result('none.example')).toBe('FAILED It does not list 127.0.0.2, as every list must.');
    expect(await result('elsewhere.example')).toStartWith('TROUBLE');
  });
});
