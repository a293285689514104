/** Every refusal with a code of ours carries a reference of its own, which the log and the record have too; 421 closes. */
import { afterEach, expect, test } from 'bun:test';
import type { InboundOptions, RefusalSubject } from '../../src/inbound/listener-state.ts';
import { isId } from '../../src/mail/id.ts';
import type { Decision } from '../../src/policy/decision.ts';
import type { LogEvents } from '../../src/telemetry/log-events.ts';
import { type Fixture, sendMessage, startInbound } from './fixture.ts';

let fixture: Fixture;
let refused: (LogEvents['refused'] & RefusalSubject)[] = [];

afterEach(async () => {
  await fixture.close();
});

async function start(overrides: Partial<InboundOptions> = {}): Promise<void> {
  refused = [];
  fixture = await startInbound({
    ...overrides,
    events: {
      connected: () => undefined,
      disconnected: () => undefined,
      accepted: () => undefined,
      tlsSession: () => undefined,
      warning: () => undefined,
      fault: () => undefined,
      refused: (fields, subject) => void refused.push({ ...fields, ...subject }),
    },
  });
}

/** The reference of a reply, which must be the one that was told last. */
function referenceOf(reply: string, code: string): string {
  const [, reference = ''] =
    new RegExp(`^\\d{3} \\S+ .* \\(reference (\\S+)\\) ${code} \\S+/reject/${code}$`).exec(reply) ?? [];
  expect(isId(reference), reply).toBe(true);
  expect(refused.at(-1)).toMatchObject({ reference, rejection: code });
  expect(refused.at(-1)?.reply).not.toContain('reference');
  return reference;
}

test('at every command', async () => {
  await start({ messageSizeLimit: () => 1000 });
  const peer = await fixture.session();
  const references = [
    referenceOf(await peer.ask('MAIL FROM:<a@sender.example> SIZE=1001'), 'BMX-SIZE'),
    await peer.ask('MAIL FROM:<a@sender.example>'),
    referenceOf(await peer.ask('RCPT TO:<u@other.example>'), 'BMX-RELAY'),
    referenceOf(await peer.ask('RCPT TO:<u@other.example>'), 'BMX-RELAY'),
    referenceOf(await peer.ask('RCPT TO:<throw@example.org>'), 'BMX-STORE'),
    await peer.ask('RSET'),
    referenceOf(await sendMessage(peer, `${'x'.repeat(500)}\r\n`.repeat(3)), 'BMX-SIZE'),
    referenceOf(await sendMessage(peer, 'x\ny\r\n'), 'BMX-BYTES'),
  ].filter(isId);
  expect(new Set(references).size).toBe(6);
  expect(refused.map(({ command }) => command)).toEqual(['MAIL', 'RCPT', 'RCPT', 'RCPT', 'DATA', 'DATA']);
});

test('not for errors in commands', async () => {
  await start();
  const peer = await fixture.session();
  expect(await peer.ask('MAIL FROM:broken')).not.toContain('reference');
  expect(refused).toMatchObject([{ reference: null, rejection: null }]);
});

test('at a connection, and by the errors of a session', async () => {
  await start({ maxConnections: 1 });
  const first = await fixture.session();
  const second = await fixture.connect();
  referenceOf(await second.reply(), 'BMX-LIMIT');
  await second.closed();
  expect(refused.at(-1)).toMatchObject({ command: 'CONNECT', ehloName: '' });
  let reply = '';
  while (!reply.startsWith('421')) reply = await first.ask('BLA');
  referenceOf(reply, 'BMX-LIMIT');
});

test('when the code that receives the data breaks', async () => {
  await start({ accept: () => Promise.reject(new Error('broken')) });
  referenceOf(await sendMessage(await fixture.session(), 'x\r\n'), 'BMX-STORE');
});

test('with whose mail it was, and the zone; a decision of 421 closes the session', async () => {
  const destination = { destinationId: 'd', tenantId: 't' };
  const text = 'too many unknown mailboxes';
  await start({
    decideRecipient: async (): Promise<Decision> => ({
      kind: 'REFUSE',
      reply: { code: 421, enhancedCode: '4.7.0', text, rejection: 'BMX-LIMIT' },
      destination,
      zone: 'bl.example',
    }),
  });
  const peer = await fixture.session();
  await peer.ask('MAIL FROM:<a@sender.example>');
  await peer.write('RCPT TO:<u@example.org>\r\nRCPT TO:<v@example.org>\r\nDATA\r\n');
  referenceOf(await peer.reply(), 'BMX-LIMIT');
  await peer.closed();
  expect(refused).toMatchObject([{ forwardPath: 'u@example.org', destination, zone: 'bl.example', command: 'RCPT' }]);
});

test('a barred client hears 421 instead of a greeting, others do not', async () => {
  let barred = '';
  await start({ isBarred: (address) => address === barred });
  barred = '127.0.0.2';
  const peer = await fixture.connect('127.0.0.2');
  const reply = await peer.reply();
  expect(reply).toStartWith('421 4.7.0 too many unknown mailboxes ');
  referenceOf(reply, 'BMX-LIMIT');
  await peer.closed();
  await fixture.session();
  expect(refused).toHaveLength(1);
});
