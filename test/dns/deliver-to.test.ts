import { afterEach, describe, expect, test } from 'bun:test';
import { findNextHops } from '../../src/dns/next-hop.ts';
import type { NextHopOptions } from '../../src/dns/next-hop.ts';
import { mx, names, setUp, tearDown } from './next-hop-scene.ts';

afterEach(tearDown);

describe('11a: deliverTo', () => {
  const given = async (hosts: string[], changes: Partial<NextHopOptions> = {}) => {
    const deliverTo = hosts.map((text) => {
      const [host = '', port] = text.split(/:(?=\d+$)/);
      return { host, port: port === undefined ? null : Number(port) };
    });
    const { options, dns } = await setUp(
      {
        'd.example': mx('10 q', '20 backup'),
      },
      changes,
    );
    return { hops: await findNextHops('d.example', { ...options, deliverTo }), dns };
  };

  test('no MX look-up, no rank test; the given order and ports', async () => {
    const { hops, dns } = await given(['r.example:2500', 'p.example', '11.0.2.77:26', '[2a00:db8::77]']);
    expect(hops).toEqual({
      kind: 'HOSTS',
      mx: null,
      hosts: [
        { host: 'r.example', preference: 0, port: 2500, addresses: ['11.0.2.3'] },
        { host: 'p.example', preference: 1, port: 25, addresses: ['11.0.2.1', '2a00:db8::1'] },
        { host: '11.0.2.77', preference: 2, port: 26, addresses: ['11.0.2.77'] },
        { host: '[2a00:db8::77]', preference: 3, port: 25, addresses: ['2a00:db8::77'] },
      ],
    });
    expect(dns.count('d.example')).toBe(0);
  });

  test.each([
    'backup.example', // our address at the delivery port
    'backup.example:2525', // and at the port we listen on
    '11.51.100.2:25',
    '127.0.0.1:2525', // what the wildcard listener answers at
    '127.5.5.5:2525',
    '10.9.9.9:2525',
    '::ffff:127.0.0.1:2525',
    'bmx.example:443', // PUBLIC_URL
    'alias.example:443',
  ])('%s leads back to us', async (host) => {
    expect((await given([host], { allowPrivate: true })).hops).toEqual({
      kind: 'NOTHING_BETTER',
      cause: 'LOOP',
      mx: null,
    });
    expect(names((await given([host, 'p.example'], { allowPrivate: true })).hops)).toEqual(['p']);
  });

  test.each(['127.0.0.1:2526', '10.9.9.9:25', '[::1]:2525'])(
    '%s does not: another port, or nobody of us there',
    async (host) => {
      expect((await given([host], { allowPrivate: true })).hops.kind).toBe('HOSTS');
    },
  );

  test('trouble is temporary, absence is told, private addresses need leave', async () => {
    expect((await given(['broken.example'])).hops).toMatchObject({ kind: 'TROUBLE', reason: 'SERVFAIL' });
    expect(names((await given(['broken.example', 'p.example'])).hops)).toEqual(['p']);
    expect((await given(['lost.example', 'nowhere.example'])).hops.kind).toBe('NO_ADDRESS');
    expect((await given(['127.0.0.1:2526'])).hops.kind).toBe('NO_ADDRESS');
  });
});

test('an address literal as the domain is its own host', async () => {
  const { options } = await setUp({});
  const first = async (domain: string) => findNextHops(domain, options);
  expect(await first('[11.0.2.8]')).toMatchObject({
    hosts: [{ host: '[11.0.2.8]', port: 25, addresses: ['11.0.2.8'] }],
  });
  expect(await first('[IPv6:2a00:db8::8]')).toMatchObject({ hosts: [{ addresses: ['2a00:db8::8'] }] });
  expect(await first('[11.51.100.1]')).toMatchObject({ kind: 'NOTHING_BETTER', cause: 'LOOP' });
  expect((await first('[127.0.0.1]')).kind).toBe('NO_ADDRESS');
});
