import { afterEach, describe, expect, test } from 'bun:test';
import { observeMxSet, mxVerdict } from '../../src/dns/mx-set.ts';
import { findNextHops } from '../../src/dns/next-hop.ts';
import type { FakeRecords } from '../helpers/fake-dns.ts';
import { hopsOf, mx, names, setUp, tearDown } from './next-hop-scene.ts';

afterEach(tearDown);

test('1: ascending preference; equal ones in random order, drawn anew for each call', async () => {
  const { options } = await setUp({
    'd.example': mx('30 r', '10 p', '10 q'),
  });
  const lots = [0.9, 0.1, 0.5, 0.1, 0.9, 0.5];
  const random = () => lots.shift() ?? 0;
  const first = names(await findNextHops('d.example', { ...options, random }));
  const second = names(await findNextHops('d.example', { ...options, random }));
  expect([first, second]).toEqual([
    ['q', 'p', 'r'],
    ['p', 'q', 'r'],
  ]);
  const seen = new Set<string>();
  for (let call = 0; call < 40; call += 1) seen.add(String(names(await findNextHops('d.example', options))));
  expect([...seen].toSorted()).toEqual(['p,q,r', 'q,p,r']);
});

describe('2: cut at our own preference', () => {
  test('by one of our names', async () => {
    const hops = await hopsOf(mx('10 p', '20 backup2', '20 q', '30 r'));
    expect(names(hops)).toEqual(['p']);
  });

  test('by one of our addresses, of another node or NAT, IPv4 or IPv6', async () => {
    const zones = { 'v4.example': { A: ['11.0.113.1', '11.51.100.2'] }, 'v6.example': { AAAA: ['2A00:DB8:B::1'] } };
    for (const host of Object.keys(zones)) {
      expect(names(await hopsOf(mx('10 p', `20 ${host}`, '30 q'), { zones }))).toEqual(['p']);
    }
  });

  test('by the best of our entries', async () => {
    const hops = await hopsOf(mx('10 p', '20 backup', '30 q', '40 backup2'));
    expect(names(hops)).toEqual(['p']);
  });

  test('by a listener of ours at the delivery port', async () => {
    const zones = {
      'here.example': { A: ['127.0.0.1'] },
      'nic.example': { A: ['10.9.9.9'] },
      'o.example': { A: ['127.0.0.2'] },
    };
    const at = (deliveryPort: number, host: string) =>
      hopsOf(mx('10 p', `20 ${host}`, '30 o'), { zones, deliveryPort, allowPrivate: true });
    expect(names(await at(2525, 'here.example'))).toEqual(['p']);
    expect(names(await at(2525, 'nic.example'))).toEqual(['p']);
    // At another port nobody of us listens there.
    expect(names(await at(2526, 'here.example'))).toEqual(['p', 'here', 'o']);
  });

  test('hosts behind our name are not looked up: nobody waits for them', async () => {
    const { dns, options } = await setUp({
      'd.example': mx('10 p', '20 backup', '30 q'),
    });
    await findNextHops('d.example', options);
    expect([dns.count('p.example'), dns.count('q.example')]).toEqual([2, 0]);
  });
});

test('3: primary, secondary, primary: only the entry above us is used', async () => {
  const zone: FakeRecords = mx('10 p', '20 backup', '30 p');
  const hops = await hopsOf(zone);
  expect(names(hops)).toEqual(['p']);
  const { options } = await setUp({ 'd.example': zone });
  expect(mxVerdict(await observeMxSet('d.example', options))).toBe('SANDWICH');
});

test('4: equal preference with us: neither is used', async () => {
  const hops = await hopsOf(mx('20 backup', '20 q'));
  expect(hops).toMatchObject({ kind: 'NOTHING_BETTER', cause: 'EQUAL_PREFERENCE' });
});

test('5: nothing is left when we stand first', async () => {
  const hops = await hopsOf(mx('10 backup', '20 p'));
  expect(hops).toMatchObject({ kind: 'NOTHING_BETTER', cause: 'MOST_PREFERRED' });
  expect(hops.mx).toMatchObject({
    kind: 'SET',
    hosts: [{ host: 'backup.example', isSelf: true }, { host: 'p.example' }],
  });
});

describe('6: no MX', () => {
  test('the domain itself is the host, at preference 0', async () => {
    expect(await hopsOf({ A: ['11.0.2.9'], AAAA: ['2a00:db8::9'] })).toMatchObject({
      kind: 'HOSTS',
      hosts: [{ host: 'd.example', preference: 0, port: 25, addresses: ['11.0.2.9', '2a00:db8::9'] }],
      mx: { kind: 'SET', isImplicit: true },
    });
  });

  test('and if its address is ours, it is a loop', async () => {
    const hops = await hopsOf({ A: ['11.51.100.1'] });
    expect(hops).toMatchObject({ kind: 'NOTHING_BETTER', cause: 'MOST_PREFERRED' });
  });
});

test('7: MX hosts without addresses do not bring back the address of the domain', async () => {
  const hops = await hopsOf({ ...mx('10 lost', '20 nowhere'), A: ['11.0.2.9'] });
  expect(hops.kind).toBe('NO_ADDRESS');
});

describe('8: a failed look-up is temporary, never "no MX"', () => {
  test.each(['SERVFAIL', 'TIMEOUT', 'REFUSED'] as const)('MX look-up: %s', async (mode) => {
    expect(await hopsOf({ MX: mode, A: ['11.0.2.9'] })).toMatchObject({ kind: 'TROUBLE', reason: mode });
  });

  test('address of the domain without MX', async () => {
    expect(await hopsOf({ A: 'SERVFAIL' })).toMatchObject({ kind: 'TROUBLE', reason: 'SERVFAIL' });
  });

  test('the only better host', async () => {
    const hops = await hopsOf({ ...mx('10 broken', '20 backup'), A: ['11.0.2.9'] });
    expect(hops).toMatchObject({ kind: 'TROUBLE', reason: 'SERVFAIL' });
  });

  test('one of several: the others are used', async () => {
    const hops = await hopsOf(mx('10 broken', '15 p', '20 backup'));
    expect(names(hops)).toEqual(['p']);
  });

  test('one without an address beside it: still temporary', async () => {
    const hops = await hopsOf(mx('10 lost', '15 broken', '20 backup'));
    expect(hops.kind).toBe('TROUBLE');
  });

  test('behind us it changes nothing', async () => {
    const hops = await hopsOf(mx('10 lost', '20 alias', '20 broken'), {
      zones: { 'alias.example': { CNAME: 'backup.example' } },
    });
    expect(hops.kind).toBe('NO_ADDRESS');
  });

  test('a host that may be ours under another name cuts like us', async () => {
    const zone: FakeRecords = mx('10 p', '20 broken', '30 q');
    expect(names(await hopsOf(zone))).toEqual(['p']);
    expect(names(await hopsOf(mx('20 broken', '30 q')))).toBe('TROUBLE');
  });
});

test('9: a domain that is an alias has the MX of its target', async () => {
  const zones = { 'target.example': mx('10 p') };
  expect(names(await hopsOf({ CNAME: 'target.example' }, { zones }))).toEqual(['p']);
  expect(names(await hopsOf({ CNAME: 'd.example' }))).toBe('TROUBLE');
});

test('10: an MX that is an alias is resolved, and is ours if it ends at us', async () => {
  const zones = { 'mx-a.example': { CNAME: 'p.example' }, 'mx-b.example': { CNAME: 'backup.example' } };
  const hops = await hopsOf(mx('10 mx-a', '20 mx-b', '30 q'), { zones });
  expect(hops).toMatchObject({
    kind: 'HOSTS',
    hosts: [{ host: 'mx-a.example', addresses: ['11.0.2.1', '2a00:db8::1'] }],
  });
  // By the final name alone, when the address is not known to be ours.
  const renumbered = { ...zones, 'backup.example': { A: ['11.0.113.50'] } };
  expect(names(await hopsOf(mx('10 p', '20 mx-b', '30 q'), { zones: renumbered }))).toEqual(['p']);
});

describe('11: null MX and nothing at all', () => {
  test('"0 ." alone', async () => {
    expect((await hopsOf({ ...mx('0 .'), A: ['11.0.2.9'] })).kind).toBe('NULL_MX');
  });

  test('"." among others is ignored', async () => {
    expect(names(await hopsOf(mx('0 .', '10 p')))).toEqual(['p']);
    expect(names(await hopsOf(mx('0 .', '10 .')))).toBe('NO_ADDRESS');
  });

  test('NXDOMAIN, and a name without any address', async () => {
    const { options } = await setUp({ 'd.example': { TXT: ['x'] } });
    expect((await findNextHops('nowhere.example', options)).kind).toBe('NXDOMAIN');
    expect((await findNextHops('d.example', options)).kind).toBe('NO_ADDRESS');
  });
});

describe('12: hosts and addresses that must not be dialled', () => {
  const zones: Record<string, FakeRecords> = {
    'any.example': { A: ['0.0.0.0'] },
    'private.example': { A: ['10.0.0.1', '192.168.0.1', '172.16.0.1'], AAAA: ['fd00::1'] },
    'local.example': { A: ['127.0.0.1', '169.254.169.254'], AAAA: ['::1', 'fe80::1', '::ffff:127.0.0.1'] },
    'mixed.example': { A: ['10.0.0.1', '11.0.2.7'] },
    localhost: { A: ['11.0.2.66'] },
    '11.0.2.55': { A: ['11.0.2.66'] },
  };

  test.each(['any.example', 'private.example', 'local.example', 'localhost', '11.0.2.55', '10.0.0.1'])(
    '%s',
    async (host) => {
      expect(names(await hopsOf(mx(`5 ${host}`), { zones }))).toBe('NO_ADDRESS');
      expect(names(await hopsOf(mx(`5 ${host}`, '10 p'), { zones }))).toEqual(['p']);
    },
  );

  test('a host keeps its other addresses', async () => {
    expect(await hopsOf(mx('5 mixed'), { zones })).toMatchObject({
      hosts: [{ addresses: ['11.0.2.7'] }],
    });
  });

  test('the implicit host is no exception', async () => {
    expect(names(await hopsOf({ A: ['10.0.0.1'] }))).toBe('NO_ADDRESS');
  });

  test('unless the operator allows it; 0.0.0.0 never', async () => {
    const allowed = async (host: string) => names(await hopsOf(mx(`5 ${host}`), { zones, allowPrivate: true }));
    expect(await allowed('private.example')).toEqual(['private']);
    expect(await allowed('local.example')).toEqual(['local']);
    expect(await allowed('11.0.2.55')).toEqual(['11.0.2.55']);
    expect(await allowed('any.example')).toBe('NO_ADDRESS');
  });
});

describe('13: addresses of a host', () => {
  test('IPv4 and IPv6 in turn, all of them', async () => {
    const zones = {
      'many.example': { A: ['11.0.2.1', '11.0.2.2', '11.0.2.3'], AAAA: ['2a00:db8::1', '2a00:db8::2'] },
    };
    expect(await hopsOf(mx('5 many'), { zones })).toMatchObject({
      hosts: [{ addresses: ['11.0.2.1', '2a00:db8::1', '11.0.2.2', '2a00:db8::2', '11.0.2.3'] }],
    });
  });

  test('one family in trouble leaves the other', async () => {
    const zones: Record<string, FakeRecords> = { 'half.example': { A: 'SERVFAIL', AAAA: ['2a00:db8::1'] } };
    expect(await hopsOf(mx('5 half'), { zones })).toMatchObject({
      hosts: [{ addresses: ['2a00:db8::1'] }],
    });
  });

  test('a host named twice is tried once, a thousand addresses are cut', async () => {
    const zones = { 'many.example': { A: Array.from({ length: 60 }, (_, index) => `11.0.2.${index}`) } };
    const hops = await hopsOf(mx('5 many', '9 many'), { zones });
    expect(hops.kind === 'HOSTS' ? hops.hosts.map(({ addresses }) => addresses.length) : []).toEqual([10]);
  });
});
