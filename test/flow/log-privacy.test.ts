/**
 * What log, traces and metrics keep of mail, over whole lives of messages: one line per event, never content, and with
 * LOG_ADDRESSES=domain no local part anywhere.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { flushDomain } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { eventsOf } from '../helpers/service-log.ts';
import { startTraceCollector, type TraceCollector } from '../helpers/trace-collector.ts';

const DOMAIN = 'customer.example';
const AWAY = 'away.example';
const ASKED = 'asked.example';
const ZONES = {
  'proven.example': { MX: [[10, 'mx.sender.example']], TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  'forged.example': { MX: [[10, 'mx.sender.example']], TXT: ['v=spf1 -all'] },
  'mx.sender.example': { A: ['127.0.0.3'] },
} as const;
const CONTENT =
  'From: <header-author@proven.example>\r\nTo: <header-reader@customer.example>\r\nSubject: zebra-subject\r\n\r\nzebra-body\r\n';
/** What may never be told, whatever the setting. */
const OF_CONTENT = ['zebra', 'header-author', 'header-reader'];
const LOCAL_PARTS = [
  'alice.sender',
  'mallory',
  'user+tag',
  'permfail',
  'tempfail',
  'wanderer',
  'odd local',
  'greeter',
  'absentee',
  'nobody.here',
  'junk.reader',
  'param.word',
];
const EVENTS = [
  'connected',
  'disconnected',
  'accepted',
  'refused',
  'attempt',
  'delivered',
  'deferred',
  'failed',
  'expired',
  'cancelled',
  'outage.opened',
  'outage.reclassified',
  'outage.closed',
  'outage.draining',
  'outage.drained',
  'report.made',
  'report.suppressed',
];

describe.each(['full', 'domain'])('LOG_ADDRESSES=%s', (addresses) => {
  let flow: Flow;
  let primary: FakePrimary;
  let away: FakePrimary;
  let collector: TraceCollector;

  const logged = (event: string, more: Readonly<Record<string, unknown>> = {}) =>
    eventsOf(flow.service).filter(
      (one) => one.event === event && Object.entries(more).every(([key, value]) => one[key] === value),
    );

  beforeAll(async () => {
    collector = await startTraceCollector();
    flow = await startFlow(ZONES, {
      LOG_ADDRESSES: addresses,
      LOG_LEVEL: 'debug',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
    primary = await startFakePrimary();
    away = await startFakePrimary();
    await flow.primary('127.0.0.3');
    await flow.addDomain(DOMAIN, primary);
    await flow.addDomain(ASKED, primary, { hasCallAheads: true });
    await away.stop();
    await flow.addDomain(AWAY, away);
  });

  afterAll(async () => {
    await flow?.close();
    await primary?.close();
    await away?.close();
    await collector?.close();
  });

  test('accepted, refused, delivered, deferred, cancelled, bounced, expired; an outage', async () => {
    const to = (local: string) => ({ to: [`${local}@${DOMAIN}`], content: CONTENT });
    const delivered = await flow.send({ ...to('user+tag'), from: 'alice.sender@proven.example' });
    const bounced = await flow.send({ ...to('permfail'), from: 'alice.sender@proven.example' });
    await flow.send({ ...to('permfail'), from: 'mallory@forged.example' });
    const held = await flow.send({ ...to('tempfail'), from: 'alice.sender@proven.example' });
    const expiring = await flow.send({ to: [`absentee@${AWAY}`], from: 'alice.sender@proven.example' });

    primary.setMode({
      rcptVerdict: (address) => (address.startsWith('nobody') ? '550 5.1.1 nobody.here is not here' : null),
    });
    const peer = await flow.connect();
    expect(await peer.ask('EHLO greeter@elsewhere.example')).toStartWith('250');
    await peer.ask('MAIL FROM:<alice.sender@proven.example>');
    expect(await peer.ask('RCPT TO:<wanderer@elsewhere.example>')).toStartWith('550 ');
    expect(await peer.ask('RCPT TO:<"odd local"@elsewhere.example>')).toStartWith('550 ');
    expect(await peer.ask('RCPT TO:<odd local@elsewhere.example>')).toStartWith('5');
    expect(await peer.ask(`RCPT TO:<wanderer@${DOMAIN}> param-word`)).toStartWith('555 ');
    expect(await peer.ask(`RCPT TO:<nobody.here@${ASKED}>`)).toStartWith('550 ');
    expect(await peer.ask(`RCPT TO:<user+tag@${DOMAIN}>`)).toStartWith('250');
    await peer.ask('DATA');
    expect(await peer.ask(`${CONTENT}.`)).toStartWith('250');
    await peer.ask('QUIT');
    peer.destroy();
    await until('the message is deferred', PATIENCE_MS, () => logged('deferred', { transactionId: held }).length > 0);
    const reason = 'asked for by wanderer@elsewhere.example';
    expect(await flow.change('messageCancel', { id: held, reason })).toEqual([]);

    // A primary that speaks no SMTP, and names a mailbox.
    primary.setMode({ rcpt: 'junk.reader has no mailbox', rcptVerdict: null });
    await flow.send({ ...to('junk.reader'), from: null });
    await until('the junk is heard', PATIENCE_MS, () => flow.service.output().includes('[not a reply: '));
    primary.setMode('plain');

    await flow.untilSeen(AWAY, 'an outage', ({ outage }) => outage !== null);
    await flow.untilIdle(AWAY);
    away.setMode({ greeting: '554 absentee moved' });
    await away.start();
    await flushDomain(flow.service, AWAY);
    await until('the outage is of another class', PATIENCE_MS, () => logged('outage.reclassified').length > 0);
    await flow.untilIdle(AWAY);
    await flow.moveTo((await flow.message(expiring))?.expiresAt);
    await until('it is expired', PATIENCE_MS, () => logged('expired').length > 0);
    await until('an outage without mail ends', PATIENCE_MS, () => logged('outage.closed').length > 0);
    for (const from of [null, 'alice.sender@proven.example']) await flow.send({ to: [`absentee@${AWAY}`], from });
    await until('another one is open', PATIENCE_MS, () => logged('outage.opened').length > 1);
    await flow.untilIdle(AWAY);
    away.setMode('plain');
    await flushDomain(flow.service, AWAY);
    await until('all is logged', PATIENCE_MS, () => EVENTS.every((event) => logged(event).length > 0));
    const metrics = await (await fetch(`${flow.service.httpUrl}/metrics`)).text();
    expect(await flow.service.stop()).toBe(0);

    const lines = flow.service.output();
    const spans = collector.bodies.join('\n');
    expect(OF_CONTENT.filter((word) => [lines, spans, metrics].some((text) => text.includes(word)))).toEqual([]);
    const foundIn = (text: string) => LOCAL_PARTS.filter((word) => text.toLowerCase().includes(word));
    expect(foundIn(metrics)).toEqual([]);
    if (addresses === 'domain') expect([...foundIn(lines), ...foundIn(spans)]).toEqual([]);
    else {
      expect(foundIn(lines)).toContain('junk.reader');
      expect(foundIn(spans)).toEqual(expect.arrayContaining(['alice.sender', 'greeter']));
    }
    expect(logged('refused', { rejection: 'BMX-RELAY' })).toContainEqual(
      expect.objectContaining({ forwardPath: `${addresses === 'domain' ? '*' : 'wanderer'}@elsewhere.example` }),
    );
    const counts = ['accepted', 'attempt', 'delivered'].map(
      (event) => logged(event, { transactionId: delivered }).length,
    );
    expect(counts).toEqual([1, 1, 1]);
    expect(logged('expired', { transactionId: expiring })).toHaveLength(1);
    expect(logged('cancelled', { transactionId: held })).toHaveLength(1);
    const spansOf = (transactionId: string) =>
      collector.spans.filter(({ attributes }) => attributes['backup_mx.transaction'] === transactionId);
    expect(spansOf(held).map(({ name }) => name)).toContain('message cancelled');
    const [report] = logged('report.made', { transactionId: bounced });
    const ofReport = spansOf(String(report?.['reportId']));
    expect(ofReport.find(({ name }) => name === 'message')).toMatchObject({
      attributes: { 'backup_mx.action': 'failed' },
      links: [{ traceId: bounced.replaceAll('-', '') }],
    });
    expect(new Set(ofReport.map(({ traceId }) => traceId)).size).toBe(1);
  });
});
