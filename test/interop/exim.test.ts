/**
 * Debian's Exim, unpacked beside the system, as the sender in front of us and as the primary behind us.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { createDomain, flushDomain, readMessages, untilHeld } from '../helpers/domains.ts';
import { type Exim, findExim, startExim } from '../helpers/exim.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { type Service, startService } from '../helpers/service.ts';
import { openSession, sendMessage } from '../helpers/smtp-session.ts';
import { isSkipped, oddMessage, readTrace, stuffDots } from './mail.ts';

const SENDER = 'sender@elsewhere.example';
const found = await findExim();

describe.skipIf(isSkipped('Exim interop', 'reason' in found ? found.reason : null))('Exim', () => {
  const folder = 'folder' in found ? found.folder : '';
  let service: Service;
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
    service = await startService();
    primaryPort = await findFreePort();
    await createDomain(service, 'behind.example', [{ host: '127.0.0.1', port: primaryPort }]);
    sender = await startExim(folder, { mode: { kind: 'RELAY', host: '127.0.0.1', port: service.smtpPort } });
  });

  afterAll(async () => {
    await sender?.remove();
    await service?.remove();
  });

  test.each([true, false])(
    'sends by STARTTLS; held, then byte for byte at an Exim primary (primary offers STARTTLS: %p)',
    async (offersTls) => {
      const original = oddMessage(SENDER, 'user@behind.example');
      await send('user@behind.example', original);
      await untilHeld(service, 'behind.example', 1);
      expect(await sender.readLog()).toMatch(/=> user@behind\.example .* X=TLS1\.[23]/);
      expect(await sender.readQueue()).toEqual([]);

      const primary = await startExim(folder, {
        mode: { kind: 'SINK', domains: ['behind.example'] },
        port: primaryPort,
        offersTls,
      });
      try {
        await flushDomain(service, 'behind.example');
        const [arrived] = await until('the mail arrives', 30_000, async () => {
          const delivered = await primary.readDelivered();
          return delivered.length > 0 && delivered;
        });
        expect(readTrace(arrived ?? Buffer.alloc(0), original)).toMatch(/by backup\.test\.example/);
        const protocol = offersTls ? /P=esmtps X=TLS1\.[23]/ : /P=esmtp /;
        expect(await primary.readLog()).toMatch(protocol);
        await untilHeld(service, 'behind.example', 0);
        const [message] = await readMessages(service, 'behind.example');
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
