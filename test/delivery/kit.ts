/**
 * What the delivery tests share: sessions to fake primaries with short timeouts, and messages.
 */
import type { AttemptMessage, AttemptRecipient } from '../../src/delivery/attempt.ts';
import type { RouteHost } from '../../src/delivery/route.ts';
import {
  createConnectionPool,
  type ConnectionPool,
  type ConnectionPoolOptions,
} from '../../src/delivery/connections.ts';
import { openSession } from '../../src/smtp/client.ts';
import { DEFAULT_SMTP_TIMEOUTS, type SmtpTimeouts } from '../../src/smtp/session.ts';
import type { FakePrimary } from '../helpers/fake-primary.ts';

export function testSessions(
  options: Partial<ConnectionPoolOptions> & { timeouts?: Partial<SmtpTimeouts>; blockBytes?: number } = {},
): ConnectionPool {
  const { timeouts, blockBytes, ...rest } = options;
  return createConnectionPool({
    open: (target, signal) =>
      openSession({
        ...target,
        ehloName: 'backup.example',
        timeouts: { ...DEFAULT_SMTP_TIMEOUTS, ...timeouts },
        signal,
        blockBytes,
      }),
    ...rest,
  });
}

export function recipientsOf(...addresses: string[]): AttemptRecipient[] {
  return addresses.map((address, number) => ({ number, address, notify: [], originalRecipient: null }));
}

export function messageTo(...addresses: string[]): AttemptMessage {
  const content = Buffer.from('Subject: hello\r\n\r\nHello\r\n');
  return {
    id: '01900000-0000-7000-8000-000000000000',
    reversePath: 'sender@far.example',
    recipients: recipientsOf(...addresses),
    sizeBytes: content.byteLength,
    smtpUtf8: false,
    body: null,
    ret: null,
    envelopeId: null,
    content,
  };
}

export function hostOf(name: string, ...primaries: Pick<FakePrimary, 'host' | 'port'>[]): RouteHost {
  return { host: name, addresses: primaries.map(({ host, port }) => ({ address: host, port })), tls: 'OPPORTUNISTIC' };
}
