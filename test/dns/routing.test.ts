import { expect, test } from 'bun:test';
import { createRouting, type Routing } from '../../src/dns/routing.ts';
import { startFakeDns } from '../helpers/fake-dns.ts';

function routingAt(server: string): Routing {
  return createRouting({
    servers: [server],
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
}

test('domains of strangers whose name servers are silent keep no relay domain waiting', async () => {
  const strangers = Array.from({ length: 1000 }, (_, index) => `stranger${index}.example`);
  const dns = await startFakeDns({
    ...Object.fromEntries(strangers.map((name) => [name, { MX: 'TIMEOUT' as const }])),
    'relay.example': { MX: [[10, 'mx.relay.example']] },
    'mx.relay.example': { A: ['203.0.113.1'] },
  });
  const routing = routingAt(dns.address);
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

test('what one client or one tenant has looked up in vain keeps no other waiting', async () => {
  const silent = Array.from({ length: 1000 }, (_, index) => `silent${index}.example`);
  const dns = await startFakeDns({
    ...Object.fromEntries(silent.map((name) => [name, { mode: 'TIMEOUT' as const }])),
    'honest.example': { TXT: ['v=spf1 -all'], MX: [[10, 'mx.honest.example']] },
    'mx.honest.example': { A: ['203.0.113.1'] },
  });
  const routing = routingAt(dns.address);
  try {
    const inVain = Promise.all([
      ...silent.slice(0, 500).map((name) => routing.forClient('192.0.2.1').query(name, 'TXT')),
      ...silent.slice(500).map((name) => routing.findHops({ name, deliverTo: [], tenantId: 'one' })),
    ]);
    const answers = Promise.all([
      routing.forClient('192.0.2.2').query('honest.example', 'TXT'),
      routing.findHops({ name: 'honest.example', deliverTo: [], tenantId: 'other' }),
    ]);
    const first = await Promise.race([inVain.then(() => 'after those in vain'), answers]);
    expect(first).toMatchObject([{ kind: 'FOUND' }, { kind: 'HOSTS' }]);
    // A tenant's look-ups of a name that another waits for are its own.
    void routing.findHops({ name: 'mx.honest.example', deliverTo: [], tenantId: 'one' });
    const own = routing.findHops({ name: 'mx.honest.example', deliverTo: [], tenantId: 'other' });
    expect(await Promise.race([inVain.then(() => 'after those in vain'), own])).toMatchObject({ kind: 'HOSTS' });
    routing.close();
    expect(new Set((await inVain).map(({ kind }) => kind))).toEqual(new Set(['TROUBLE']));
  } finally {
    routing.close();
    await dns.close();
  }
});
