/** What the log keeps of mail, over whole lives of messages: never content, and with LOG_ADDRESSES=domain no local part. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { eventsOf } from '../helpers/service-log.ts';

const DOMAIN = 'customer.example';
const ZONES = {
  'proven.example': { MX: [[10, 'mx.sender.example']], TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  'forged.example': { MX: [[10, 'mx.sender.example']], TXT: ['v=spf1 -all'] },
  'mx.sender.example': { A: ['127.0.0.3'] },
} as const;
const CONTENT =
  'From: <header-author@proven.example>\r\nTo: <header-reader@customer.example>\r\nSubject: zebra-subject\r\n\r\nzebra-body\r\n';
/** What may never be in a line, whatever the setting. */
const OF_CONTENT = ['zebra', 'header-author', 'header-reader'];
const LOCAL_PARTS = ['alice.sender', 'mallory', 'user+tag', 'permfail', 'tempfail', 'wanderer', 'odd local'];
const EVENTS = [
  'connected',
  'disconnected',
  'accepted',
  'refused',
  'attempt',
  'delivered',
  'deferred',
  'failed',
  'cancelled',
  'reportMade',
  'reportSuppressed',
];

describe.each(['full', 'domain'])('LOG_ADDRESSES=%s', (addresses) => {
  let flow: Flow;
  let primary: FakePrimary;

  beforeAll(async () => {
    flow = await startFlow(ZONES, { LOG_ADDRESSES: addresses, LOG_LEVEL: 'debug' });
    primary = await startFakePrimary();
    await flow.primary('127.0.0.3');
    await flow.addDomain(DOMAIN, primary);
  });

  afterAll(async () => {
    await flow?.close();
    await primary?.close();
  });

  test('accepted, refused, delivered, deferred, cancelled, bounced', async () => {
    const to = (local: string) => ({ to: [`${local}@${DOMAIN}`], content: CONTENT });
    await flow.send({ ...to('user+tag'), from: 'alice.sender@proven.example' });
    await flow.send({ ...to('permfail'), from: 'alice.sender@proven.example' });
    await flow.send({ ...to('permfail'), from: 'mallory@forged.example' });
    const held = await flow.send({ ...to('tempfail'), from: 'alice.sender@proven.example' });
    const peer = await flow.connect();
    await peer.ask('MAIL FROM:<alice.sender@proven.example>');
    expect(await peer.ask('RCPT TO:<wanderer@elsewhere.example>')).toStartWith('550 ');
    expect(await peer.ask('RCPT TO:<"odd local"@elsewhere.example>')).toStartWith('550 ');
    expect(await peer.ask('RCPT TO:<odd local@elsewhere.example>')).toStartWith('5');
    await peer.ask('QUIT');
    peer.destroy();
    const logged = (event: string) => eventsOf(flow.service).some((one) => one.event === event);
    await until('the message is deferred', PATIENCE_MS, () => logged('deferred'));
    const reason = 'asked for by wanderer@elsewhere.example';
    expect(await flow.change('messageCancel', { id: held, reason })).toEqual([]);
    await until('all is logged', PATIENCE_MS, () => EVENTS.every(logged));

    const lines = flow.service.output();
    expect(OF_CONTENT.filter((word) => lines.includes(word))).toEqual([]);
    const found = LOCAL_PARTS.filter((word) => lines.includes(word));
    if (addresses === 'domain') expect(found).toEqual([]);
    else expect(found).toContain('wanderer');
    expect(eventsOf(flow.service)).toContainEqual(
      expect.objectContaining({
        event: 'refused',
        forwardPath: `${addresses === 'domain' ? '*' : 'wanderer'}@elsewhere.example`,
        rejection: 'BMX-RELAY',
      }),
    );
  });
});
