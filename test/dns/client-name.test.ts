import { expect, test } from 'bun:test';
import { createClientNames } from '../../src/dns/routing.ts';
import { createResolver } from '../../src/dns/resolver.ts';
import { startFakeDns } from '../helpers/fake-dns.ts';

test('clients whose name servers are silent leave the look-ups to delivery', async () => {
  const addresses = Array.from({ length: 400 }, (_, index) => `192.0.${Math.floor(index / 200)}.${index % 200}`);
  const reverseOf = (address: string): string => `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const dns = await startFakeDns({
    ...Object.fromEntries(addresses.map((address) => [reverseOf(address), { PTR: 'TIMEOUT' as const }])),
    '1.113.0.203.in-addr.arpa': { PTR: ['client.example', 'other.example'] },
    'primary.example': { MX: [[10, 'mx.primary.example']] },
  });
  const resolver = createResolver({ servers: [dns.address], timeoutMs: 3000 });
  try {
    const nameOf = createClientNames(resolver);
    const names = Promise.all(addresses.map(nameOf));
    // Each of those has three tries of a second, and one for the silent would have taken all 256 places.
    const outcome = await Promise.race([
      names.then(() => 'after the silent ones'),
      resolver.resolveMx('primary.example'),
    ]);
    expect(outcome).toMatchObject({ kind: 'FOUND' });
    expect(new Set(await names)).toEqual(new Set([null]));
    expect(await nameOf('203.0.113.1')).toBe('client.example');
  } finally {
    resolver.close();
    await dns.close();
  }
});
