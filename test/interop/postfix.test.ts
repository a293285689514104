/**
 * Debian's Postfix as the sender in front of us and as the primary behind us, as two instances of its own.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { createDomain, flushDomain, readHeldCount, readMessages, untilHeld } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { type Postfix, startPostfix, whyNoPostfix } from '../helpers/postfix.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { connectPeer } from '../helpers/smtp-peer.ts';
import { openSession, sendMessage } from '../helpers/smtp-session.ts';
import { isSkipped, oddMessage, readTrace, stuffDots } from './mail.ts';

const SENDER = 'sender@elsewhere.example';

describe.skipIf(isSkipped('Postfix interop', whyNoPostfix()))('Postfix', () => {
  let flow: Flow;
  let sender: Postfix;
  let primaryPort: number;
  let fake: FakePrimary;

  const send = async (to: string, content: Buffer): Promise<void> => {
    const session = await openSession(sender.port);
    await sendMessage(session, { from: SENDER, to, content: stuffDots(content) });
    await session.command('QUIT');
    session.close();
  };

  beforeAll(async () => {
    flow = await startFlow();
    primaryPort = await findFreePort();
    fake = await startFakePrimary();
    await createDomain(flow.service, 'behind.example', [{ host: '127.0.0.1', port: primaryPort }]);
    await createDomain(flow.service, 'fake.example', [{ host: '127.0.0.1', port: fake.port }]);
    sender = await startPostfix({
      mode: { kind: 'RELAY', host: '127.0.0.1', port: flow.service.smtpPort },
      parameters: { smtp_tls_security_level: 'may', smtp_tls_loglevel: '1' },
      keepLog: true,
    });
  });

  afterAll(async () => {
    await sender?.remove();
    await fake?.close();
    await flow?.close();
  });

  test('sends by STARTTLS; the mail is held while the primary is down and reaches a Postfix primary byte for byte', async () => {
    const original = oddMessage(SENDER, 'user@behind.example');
    await send('user@behind.example', original);
    await untilHeld(flow.service, 'behind.example', 1);
    expect(await sender.readLog()).toMatch(/TLS connection established to 127\.0\.0\.1/);
    await until('its queue is empty', 30_000, async () => (await sender.readQueue()).length === 0);

    const primary = await startPostfix({
      mode: { kind: 'SINK', domains: ['behind.example'] },
      port: primaryPort,
      keepLog: true,
    });
    try {
      await flushDomain(flow.service, 'behind.example');
      const [arrived] = await until('the mail arrives', 30_000, async () => {
        const delivered = await primary.readDelivered();
        return delivered.length > 0 && delivered;
      });
      const trace = readTrace(arrived ?? Buffer.alloc(0), original);
      expect(trace).not.toBeNull();
      expect(trace).toMatch(/^Received: from postfix\.test\.example .*\r\n(?:\s.*\r\n)*?.*by backup\.test\.example/m);
      await untilHeld(flow.service, 'behind.example', 0);
      const [message] = await readMessages(flow.service, 'behind.example');
      expect(message?.recipients).toMatchObject([{ address: 'user@behind.example', state: 'DELIVERED' }]);
      // The primary's own words stand in the API.
      expect(message?.recipients[0]?.lastReply).toMatch(/queued as/);
      expect(await primary.readLog()).toMatch(/from=<sender@elsewhere\.example>/);
    } finally {
      await primary.remove();
    }
  });

  test('a primary that wants to know hears from whom we have the mail (XFORWARD)', async () => {
    const primary = await startPostfix({
      mode: { kind: 'SINK', domains: ['behind.example'] },
      port: primaryPort,
      keepLog: true,
      parameters: { smtpd_authorized_xforward_hosts: '127.0.0.1' },
    });
    const client = await connectPeer({ host: '127.0.0.1', port: flow.service.smtpPort, localAddress: '127.0.0.5' });
    try {
      await client.reply();
      for (const line of ['EHLO far.example', `MAIL FROM:<${SENDER}>`, 'RCPT TO:<user@behind.example>', 'DATA']) {
        expect(await client.ask(line)).toMatch(/^[23]/);
      }
      expect(await client.ask('Subject: who\r\n\r\nwho\r\n.')).toMatch(/^250/);
      await flushDomain(flow.service, 'behind.example');
      const log = await until('the mail arrives', 30_000, async () => {
        const text = await primary.readLog();
        return text.includes('status=sent') && text;
      });
      // Newest first.
      const [message] = await readMessages(flow.service, 'behind.example');
      expect(log).toMatch(
        new RegExp(
          `client=\\S+\\[127\\.0\\.0\\.1\\], orig_queue_id=${message?.transactionId}, orig_client=\\S+\\[127\\.0\\.0\\.5\\]`,
        ),
      );
    } finally {
      client.destroy();
      await primary.remove();
    }
  });

  test('passes its DSN parameters through us to a primary that offers DSN', async () => {
    const session = await openSession(sender.port);
    expect(await session.command(`MAIL FROM:<${SENDER}> RET=HDRS ENVID=QQ314159`)).toBe(250);
    expect(
      await session.command(
        'RCPT TO:<dsn@fake.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;origin+2Btag@elsewhere.example',
      ),
    ).toBe(250);
    expect(await session.command('DATA')).toBe(354);
    expect(await session.content(stuffDots(oddMessage(SENDER, 'dsn@fake.example')))).toBe(250);
    session.close();
    await fake.waitFor(() => fake.messages.length === 1, 'the mail at the primary');
    const [message] = fake.messages;
    expect(message?.mailParameters).toMatch(/RET=HDRS/);
    expect(message?.mailParameters).toMatch(/ENVID=QQ314159/);
    expect(message?.recipients[0]?.parameters).toMatch(/NOTIFY=(?:SUCCESS,FAILURE|FAILURE,SUCCESS)/);
    expect(message?.recipients[0]?.parameters).toMatch(/ORCPT=rfc822;origin\+2Btag@elsewhere\.example/);
  });

  test('hears that a recipient is not ours and reports it, once', async () => {
    await send('user@not-served.example', oddMessage(SENDER, 'user@not-served.example'));
    const bounces = async () =>
      (await sender.readLog()).match(/to=<user@not-served\.example>.*dsn=5\.7\.1, status=bounced .*BMX-RELAY/g) ?? [];
    await until('Postfix bounces', 30_000, async () => (await bounces()).length > 0);
    expect(await bounces()).toHaveLength(1);
  });

  test('learns the size limit from EHLO and does not send a larger message', async () => {
    const line = `${'a'.repeat(76)}\r\n`;
    const large = Buffer.from(`Subject: large\r\n\r\n${line.repeat(Math.ceil(10_485_760 / line.length))}`);
    await send('large@behind.example', large);
    const bounced = /to=<large@behind\.example>.*status=bounced .*size/i;
    await until('Postfix bounces', 30_000, async () => bounced.test(await sender.readLog()));
    expect(await readHeldCount(flow.service, 'behind.example')).toBe(0);
  });
});
