/** What the tests of the next-hop look-up share: who we are, hosts every zone may name, a fake DNS around them. */
import { findNextHops } from '../../src/dns/next-hop.ts';
import type { NextHopOptions, NextHops } from '../../src/dns/next-hop.ts';
import type { OwnIdentity } from '../../src/dns/own-identity.ts';
import { createResolver } from '../../src/dns/resolver.ts';
import { startFakeDns } from '../helpers/fake-dns.ts';
import type { FakeDns, FakeRecords } from '../helpers/fake-dns.ts';

const SELF: OwnIdentity = {
  names: ['backup.example', 'backup2.example'],
  addresses: ['11.51.100.1', '11.51.100.2', '2a00:db8:b::1'],
  listeners: [{ address: '0.0.0.0', port: 2525 }],
  interfaceAddresses: ['10.9.9.9'],
  web: { host: 'bmx.example', port: 443 },
};

const HOSTS: Record<string, FakeRecords> = {
  'p.example': { A: ['11.0.2.1'], AAAA: ['2a00:db8::1'] },
  'q.example': { A: ['11.0.2.2'] },
  'r.example': { A: ['11.0.2.3'] },
  'backup.example': { A: ['11.51.100.1'] },
  'backup2.example': { A: ['11.51.100.2'] },
  // The API behind somebody's proxy, and a name of theirs that leads there.
  'bmx.example': { A: ['11.0.2.9'] },
  'alias.example': { CNAME: 'bmx.example' },
  'lost.example': {},
  'broken.example': { mode: 'SERVFAIL' },
};

const open: { close(): void | Promise<void> }[] = [];

/** For afterEach: nothing stays open. */
export async function tearDown(): Promise<void> {
  for (const thing of open.splice(0)) await thing.close();
}

/** A fake DNS with these zones, and the options to look next hops up in it. */
export async function setUp(
  zones: Record<string, FakeRecords>,
  changes: Partial<NextHopOptions> = {},
): Promise<{ dns: FakeDns; options: NextHopOptions }> {
  const dns = await startFakeDns({ ...HOSTS, ...zones });
  const resolver = createResolver({ servers: [dns.address], timeoutMs: 2000 });
  open.push(resolver, dns);
  return { dns, options: { resolver, self: SELF, deliveryPort: 25, allowPrivate: false, ...changes } };
}

/** The next hops of `d.example` with these records. */
export async function hopsOf(
  zone: FakeRecords,
  changes: Partial<NextHopOptions> & { readonly zones?: Record<string, FakeRecords> } = {},
): Promise<NextHops> {
  const { options } = await setUp({ ...changes.zones, 'd.example': zone }, changes);
  return findNextHops('d.example', options);
}

/** MX records from lines: `10 p` is p.example; a name with a dot stands as it is. */
export function mx(...lines: string[]): FakeRecords {
  const records = lines.map((line) => {
    const [preference, host = ''] = line.split(' ');
    return [Number(preference), host.includes('.') || host === 'localhost' ? host : `${host}.example`] as const;
  });
  return { MX: records };
}

/** The hosts in order without `.example`, or the kind of the outcome. */
export function names(hops: NextHops): string[] | string {
  return hops.kind === 'HOSTS' ? hops.hosts.map(({ host }) => host.replace('.example', '')) : hops.kind;
}
