/** The front door while its tables cannot be used: what nobody can look up is 451, what is only written down refuses nobody. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { startService } from '../helpers/service.ts';
import type { SmtpPeer } from '../helpers/smtp-peer.ts';
import { nameIn } from '../policy/dnsbl-scene.ts';

const TABLES = ['recipient_answers', 'recipient_entries', 'dnsbl_counts', 'dnsbl_zones', 'rejections', 'seen_clients'];
const STRANGER = '9.9.9.9';
const LISTED = '9.9.9.10';

let flow: Flow;

beforeAll(async () => {
  flow = await startFlow(
    {
      // Also what a list's self-test asks for: otherwise it is switched off meanwhile.
      [nameIn('bl.example', '127.0.0.2')]: { A: ['127.0.0.2'], ttlSeconds: 60 },
      [nameIn('bl.example', LISTED)]: { A: ['127.0.0.2'], ttlSeconds: 60 },
    },
    { TRUSTED_PROXIES: '127.0.0.1', GREETING_WAIT: '1s' },
    startService,
  );
  const primary = await flow.primary('127.0.0.9');
  await flow.addDomain('asked.example', primary, { hasCallAheads: true });
  await flow.addDomain('listed.example', primary, { dnsblZones: [{ zone: 'bl.example', mode: 'REJECT' }] });
  await flow.addDomain('users.example', primary);
  expect(await flow.change('recipientListReplace', { domain: 'users.example', localParts: ['alice'] })).toEqual([]);
}, 60_000);
afterAll(() => flow?.close());

/** In a transaction, as the client that a balancer names. */
async function transaction(address: string): Promise<SmtpPeer> {
  const peer = await flow.connect();
  expect(await peer.ask(`XCLIENT ADDR=${address}`)).toStartWith('220 ');
  await peer.ask('EHLO client.example');
  expect(await peer.ask('MAIL FROM:<a@sender.example>')).toStartWith('250 ');
  return peer;
}

test('look-ups that fail are 451, figures and refusals that cannot be written are lost, and all comes back', async () => {
  const rename = async (suffixes: readonly [string, string]): Promise<void> => {
    for (const table of TABLES) {
      await flow.database.sql.unsafe(`alter table ${table}${suffixes[0]} rename to ${table}${suffixes[1]}`);
    }
  };
  await rename(['', '_away']);
  // Greeted after the wait, though nobody knows whether it has waited before.
  const stranger = await transaction(STRANGER);
  const listed = await transaction(LISTED);
  expect(await stranger.ask('RCPT TO:<bob@asked.example>')).toMatch(/^451 4\.3\.0 .* BMX-STORE /);
  expect(await stranger.ask('RCPT TO:<alice@users.example>')).toMatch(/^(250|451) /);
  expect(await stranger.ask('RCPT TO:<bob@listed.example>')).toStartWith('250 ');
  expect(await listed.ask('RCPT TO:<bob@listed.example>')).toMatch(/^550 5\.7\.1 .* BMX-DNSBL /);
  expect(await stranger.ask('RCPT TO:<x@nowhere.example>')).toMatch(/^550 5\.7\.1 .* BMX-RELAY /);
  await rename(['_away', '']);
  expect(await stranger.ask('RCPT TO:<bob@asked.example>')).toStartWith('250 ');
  expect(await stranger.ask('RCPT TO:<alice@users.example>')).toStartWith('250 ');
  expect(await stranger.ask('RCPT TO:<eve@users.example>')).toMatch(/^550 5\.1\.1 .* BMX-USER /);
  for (const peer of [stranger, listed]) peer.destroy();
  expect(flow.service.output()).not.toMatch(/unhandled rejection|uncaught exception/);
}, 60_000);
