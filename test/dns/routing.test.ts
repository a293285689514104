import { expect, test } from 'bun:test';
import { createRouting } from '../../src/dns/routing.ts';
import { startFakeDns } from '../helpers/fake-dns.ts';

test('domains of strangers whose name servers are silent keep no relay domain waiting', async () => {
  const strangers = Array.from({ length: 1000 }, (_, index) => `stranger${index}.example`);
  const dns = await startFakeDns({
    ...Object.fromEntries(strangers.map((name) => [name, { MX: 'TIMEOUT' as const }])),
    'relay.example': { MX: [[10, 'mx.relay.example']] },
    'mx.relay.example': { A: ['203.0.113.1'] },
  });
  const routing = createRouting({
    servers: [dns.address],
    self: () => ({
      names: ['mx.backup.example'],
      addresses: [],
      listeners: [{ address: '127.0.0.1', port: 8025 }],
      interfaceAddresses: [],
      web: { host: '127.0.0.1', port: 8025 },
    }),
    otherAddresses: [],
    deliveryPort: 25,
    allowPrivate: true,
  });
  try {
    const silent = Promise.all(
      strangers.map((name) => routing.findHops({ name, deliverTo: [], kind: 'INTERNAL' }).then(({ kind }) => kind)),
    );
    const first = await Promise.race([
      silent.then(() => 'after the silent ones'),
      routing.findHops({ name: 'relay.example', deliverTo: [] }),
    ]);
    expect(first).toMatchObject({ kind: 'HOSTS' });
    routing.close();
    expect(new Set(await silent)).toEqual(new Set(['TROUBLE']));
  } finally {
    routing.close();
    await dns.close();
  }
});
