/**
 * What the hosts that a person names lead to: usable, ourselves, private, or nothing yet.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type HostVerdict, observeGivenHosts } from '../../src/dns/routing.ts';
import { createResolver, type Resolver } from '../../src/dns/resolver.ts';
import { type FakeDns, startFakeDns } from '../helpers/fake-dns.ts';

let dns: FakeDns;
let resolver: Resolver;

beforeAll(async () => {
  dns = await startFakeDns({
    'public.example': { A: ['11.51.100.7'] },
    'mixed.example': { A: ['10.0.0.5', '11.51.100.7'] },
    'private.example': { A: ['10.0.0.5', '127.0.0.1'] },
    'backup.example': { A: ['11.51.100.7'] },
    'bmx.example': { A: ['11.51.100.7'] },
    'alias.example': { CNAME: 'bmx.example' },
    'us.example': { A: ['11.51.100.250'] },
    'both.example': { A: ['11.51.100.250', '192.168.1.1'] },
  });
  resolver = createResolver({ servers: [dns.address] });
});

afterAll(async () => {
  resolver?.close();
  await dns?.close();
});

function observe(host: string, { port = 25, allowPrivate = false } = {}) {
  const self = {
    names: ['backup.example'],
    addresses: ['11.51.100.250'],
    listeners: [{ address: '127.0.0.1', port: 2525 }],
    interfaceAddresses: [],
    web: { host: 'bmx.example', port: 443 },
  };
  return observeGivenHosts([{ host, port }], { resolver, self, deliveryPort: 25, allowPrivate });
}

test.each<[string, HostVerdict, string[]]>([
  ['public.example', 'USABLE', ['11.51.100.7']],
  ['mixed.example', 'USABLE', ['11.51.100.7']],
  ['11.51.100.7', 'USABLE', ['11.51.100.7']],
  ['private.example', 'PRIVATE', ['10.0.0.5', '127.0.0.1']],
  ['10.0.0.5', 'PRIVATE', ['10.0.0.5']],
  ['0.0.0.0', 'PRIVATE', ['0.0.0.0']],
  ['us.example', 'OWN', ['11.51.100.250']],
  ['11.51.100.250', 'OWN', ['11.51.100.250']],
  ['both.example', 'PRIVATE', ['192.168.1.1']],
  ['unknown.example', 'UNRESOLVED', []],
])('%s: %s', async (host, verdict, addresses) => {
  expect(await observe(host)).toEqual([{ host, port: 25, addresses, verdict }]);
});

test('with permission a private host is usable, but not at our own port', async () => {
  expect((await observe('10.0.0.5', { allowPrivate: true }))[0]?.verdict).toBe('USABLE');
  expect((await observe('127.0.0.1', { allowPrivate: true, port: 26 }))[0]?.verdict).toBe('USABLE');
  expect((await observe('127.0.0.1', { allowPrivate: true, port: 2525 }))[0]?.verdict).toBe('OWN');
});

test('our names are ourselves where we listen, and PUBLIC_URL at its port, by an alias too', async () => {
  for (const [host, port, verdict] of [
    ['backup.example', 2525, 'OWN'],
    ['backup.example', 26, 'USABLE'],
    ['bmx.example', 443, 'OWN'],
    ['alias.example', 443, 'OWN'],
    ['bmx.example', 25, 'USABLE'],
    ['public.example', 443, 'USABLE'],
  ] as const) {
    expect([host, port, (await observe(host, { port }))[0]?.verdict]).toEqual([host, port, verdict]);
  }
});

test('our address at another port than mail’s is not ourselves', async () => {
  expect((await observe('11.51.100.250', { port: 26 }))[0]?.verdict).toBe('USABLE');
});
