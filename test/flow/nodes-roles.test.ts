/** A node that only takes mail in, beside one that only delivers and is driven by GraphQL: together they are the service. */
import { expect, test } from 'bun:test';
import { createTestDatabase, urlOf } from '../helpers/database.ts';
import { createDomain } from '../helpers/domains.ts';
import { startFakePrimary } from '../helpers/fake-primary.ts';
import { startServiceInProcess } from '../helpers/in-process-service.ts';
import { connectPeer } from '../helpers/smtp-peer.ts';
import { transact } from '../helpers/flow.ts';

test('mail comes in at one node and goes out by the other; each serves only its roles', async () => {
  const database = await createTestDatabase();
  const primary = await startFakePrimary();
  const common = { DATABASE_URL: urlOf(database.target), MX_NAMES: 'in.test.example,out.test.example' };
  const [front, back] = await Promise.all([
    startServiceInProcess({ env: { ...common, ROLES: 'inbound', MX_HOSTNAME: 'in.test.example' } }),
    startServiceInProcess({ env: { ...common, ROLES: 'delivery,control', MX_HOSTNAME: 'out.test.example' } }),
  ]);
  try {
    await createDomain(back, 'roles.example', [{ host: primary.host, port: primary.port }]);
    const peer = await connectPeer({ host: '127.0.0.1', port: front.smtpPort });
    expect(await peer.reply()).toStartWith('220');
    expect(await peer.ask('EHLO client.test.example')).toStartWith('250');
    await transact(peer, { to: ['someone@roles.example'] });
    await primary.waitFor(() => primary.messages.length === 1, 'the message at the primary');
    expect(primary.messages[0]?.recipients).toMatchObject([{ address: 'someone@roles.example' }]);
    peer.destroy();

    expect(back.output()).toContain('"smtp":[]');
    const refused = await fetch(`${front.httpUrl}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${front.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ service { version } }' }),
    });
    expect(refused.status).not.toBe(200);
    expect((await fetch(`${front.httpUrl}/metrics`)).status).toBe(200);
  } finally {
    await Promise.all([front.remove(), back.remove()]);
    await primary.close();
    await database.close();
  }
});
