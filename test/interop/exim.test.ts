/**
 * Debian's Exim, unpacked beside the system, as the sender in front of us and as the primary behind us.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { createDomain, flushDomain, readMessages, untilHeld } from '../helpers/domains.ts';
import { type Exim, findExim, startExim } from '../helpers/exim.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { openSession, sendMessage } from '../helpers/smtp-session.ts';
import { isSkipped, oddMessage, readTrace, stuffDots } from './mail.ts';

const SENDER = 'sender@elsewhere.example';
const found = await findExim();

describe.skipIf(isSkipped('Exim interop', 'reason' in found ? found.reason : null))('Exim', () => {
  const folder = 'folder' in found ? found.folder : '';
  let flow: Flow;
  let sender: Exim;
  let primaryPort: number;

  const send = async (to: string, content: Buffer): Promise<void> => {
    const session = await openSession(sender.port);
    await sendMessage(session, { from: SENDER, to, content: stuffDots(content) });
    await session.command('QUIT');
    session.close();
    await sender.flush();
  };

  beforeAll(async () => {
    flow = await startFlow();
    primaryPort = await findFreePort();
    await createDomain(flow.service, 'behind.example', [{ host: '127.0.0.1', port: primaryPort }]);
    sender = await startExim(folder, { mode: { kind: 'RELAY', host: '127.0.0.1', port: flow.service.smtpPort } });
  });

  afterAll(async () => {
    await sender?.remove();
    await flow?.close();
  });

  test.each([true, false])(
    'sends by STARTTLS; held, then byte for byte at an Exim primary (primary offers STARTTLS: %p)',
    async (offersTls) => {
      const original = oddMessage(SENDER, 'user@behind.example');
      await send('user@behind.example', original);
      await untilHeld(flow.service, 'behind.example', 1);
      expect(await sender.readLog()).toMatch(/=> user@behind\.example .* X=TLS1\.[23]/);
      expect(await sender.readQueue()).toEqual([]);

      const primary = await startExim(folder, {
        mode: { kind: 'SINK', domains: ['behind.example'] },
        port: primaryPort,
        offersTls,
      });
      try {
        await flushDomain(flow.service, 'behind.example');
        const [arrived] = await until('the mail arrives', 30_000, async () => {
          const delivered = await primary.readDelivered();
          return delivered.length > 0 && delivered;
        });
        expect(readTrace(arrived ?? Buffer.alloc(0), original)).toMatch(/by backup\.test\.example/);
        const protocol = offersTls ? /P=esmtps X=TLS1\.[23]/ : /P=esmtp /;
        expect(await primary.readLog()).toMatch(protocol);
        await untilHeld(flow.service, 'behind.example', 0);
        const [message] = await readMessages(flow.service, 'behind.example');
        expect(message?.recipients).toMatchObject([{ state: 'DELIVERED' }]);
        expect(message?.recipients[0]?.lastReply).toMatch(/OK id=/);
      } finally {
        await primary.remove();
      }
    },
  );

  test('hears that a recipient is not ours', async () => {
    await send('user@not-served.example', oddMessage(SENDER, 'user@not-served.example'));
    expect(await sender.readLog()).toMatch(/\*\* user@not-served\.example .*550 5\.7\.1 .*BMX-RELAY/);
  });
});
