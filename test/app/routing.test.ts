import { expect, test } from 'bun:test';
import type { Config } from '../../src/config/config.ts';
import { createRouting } from '../../src/app/routing.ts';
import { startFakeDns } from '../helpers/fake-dns.ts';

test('domains of strangers whose name servers are silent keep no relay domain waiting', async () => {
  const strangers = Array.from({ length: 1000 }, (_, index) => `stranger${index}.example`);
  const dns = await startFakeDns({
    ...Object.fromEntries(strangers.map((name) => [name, { MX: 'TIMEOUT' as const }])),
    'relay.example': { MX: [[10, 'mx.relay.example']] },
    'mx.relay.example': { A: ['203.0.113.1'] },
  });
  const config = {
    dnsServers: [dns.address],
    mxNames: ['mx.backup.example'],
    selfAddresses: [],
    mxAddresses: [],
    egressAddresses: [],
    httpListen: { address: '127.0.0.1', port: 8025 },
    publicUrl: 'http://127.0.0.1:8025',
    deliveryPort: 25,
    allowPrivateNextHops: true,
  } as unknown as Config;
  const routing = createRouting(config, [], () => []);
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
