/** Next hops whose TLS is hostile, record by record: what is believed, and that every session has its end. */
import { afterEach, expect, test } from 'bun:test';
import { type OpenOptions, openSession } from '../../src/smtp/client.ts';
import { DEFAULT_SMTP_TIMEOUTS, type OutgoingMessage } from '../../src/smtp/session.ts';
import { testCertificate } from '../helpers/certificate.ts';
import { until } from '../helpers/child.ts';
import { type HostilePlan, type HostilePrimary, startHostilePrimary } from '../helpers/hostile-primary.ts';
import { ALERT, type RawTls } from '../helpers/raw-tls.ts';

const primaries: HostilePrimary[] = [];
afterEach(async () => {
  await Promise.all(primaries.splice(0).map((primary) => primary.close()));
});

const MESSAGE: OutgoingMessage = {
  reversePath: 'sender@far.example',
  recipients: [{ number: 0, address: 'user@dom.example', notify: [], originalRecipient: null }],
  smtpUtf8: false,
  body8bit: false,
  ret: null,
  envelopeId: null,
  content: Buffer.from('Subject: hello\r\n\r\nHello\r\n'),
};

/** `REQUIRED`: nothing is said in clear instead. */
async function open(plan: Partial<HostilePlan>, more: Partial<OpenOptions> = {}) {
  const primary = await startHostilePrimary({ ...testCertificate(), ...plan });
  primaries.push(primary);
  const opened = await openSession({
    host: 'primary.example',
    address: primary.host,
    port: primary.port,
    ehloName: 'backup.example',
    timeouts: { ...DEFAULT_SMTP_TIMEOUTS, commandMs: 20_000 },
    tls: 'REQUIRED',
    ...more,
  });
  return { primary, opened };
}

/** What one message comes to. */
async function send(plan: Partial<HostilePlan>) {
  const { primary, opened } = await open(plan);
  if (opened.kind !== 'OPEN') throw new Error(opened.reply);
  const { stage, answer } = await opened.session.send(MESSAGE);
  opened.session.abort();
  await until('the connection is closed', 20_000, () => primary.openCount() === 0);
  return { said: `${stage} ${answer.text}`, taken: primary.taken };
}

const tickets = (tls: RawTls, count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => tls.ticket(200)));

test('a few tickets and new keys before each reply are taken', async () => {
  const beforeReply = (tls: RawTls): void => {
    tls.socket.write(Buffer.concat([tickets(tls, 2), tls.keyUpdates(3)]));
  };
  expect(await send({ beforeReply })).toEqual({ said: 'DOT 250 2.0.0 OK', taken: ['user@dom.example'] });
});

test('a reply in records of one octet is taken', async () => {
  const replyTo = (_verb: string, tls: RawTls): null => {
    tls.say('250-hello, hello, hello\r\n', 1);
    return null;
  };
  const { opened } = await open({ replyTo });
  expect(opened.kind).toBe('OPEN');
});

test.each<[string, (tls: RawTls) => Buffer]>([
  ['tickets', (tls) => tickets(tls, 120)],
  ['new keys', (tls) => tls.keyUpdates(1500)],
])('40 KB of %s before a reply end the session', async (_name, flood) => {
  // A reply that comes with the flood may be heard before the octets are counted.
  const replyTo = (verb: string, tls: RawTls): string | null => {
    if (verb === 'EHLO') return null;
    if (verb === 'MAIL') tls.socket.write(flood(tls));
    return '';
  };
  expect((await send({ replyTo })).said).toBe('MAIL [connection lost while waiting for the reply to MAIL]');
});

test('what comes in clear behind the 220 to STARTTLS is no reply, neither before TLS nor in it', async () => {
  const injected = '250-injected\r\n250 SIZE 1\r\n250 2.1.0 OK\r\n354 Go\r\n250 2.0.0 taken\r\n';
  const { opened } = await open({ injected });
  expect(opened).toMatchObject({ kind: 'OPEN', session: { offers: { sizeLimitBytes: null } } });
  expect((await send({ injected })).said).toBe('DOT 250 2.0.0 OK');
});

test('an alert in place of the final reply, or a half-close, is no acceptance', async () => {
  const replyTo = (verb: string, tls: RawTls): string | null => {
    if (verb !== '.') return null;
    tls.socket.write(tls.record(ALERT, Buffer.from([2, 80])));
    return '';
  };
  expect(await send({ replyTo })).toEqual({
    said: 'DOT [connection lost while waiting for the final reply]',
    taken: [],
  });
  const halfClose = (verb: string, tls: RawTls): string | null => {
    if (verb !== '.') return null;
    tls.socket.end();
    return '';
  };
  expect((await send({ replyTo: halfClose })).said).toBe('DOT [connection lost while waiting for the final reply]');
});

test('a handshake octet by octet without end has its time', async () => {
  const sendFlight: HostilePlan['sendFlight'] = (socket, flight) => {
    let at = 0;
    const timer = setInterval(() => {
      if (socket.destroyed || at >= flight.length) clearInterval(timer);
      else socket.write(flight.subarray(at, ++at));
    }, 50);
  };
  const timeouts = { ...DEFAULT_SMTP_TIMEOUTS, commandMs: 500 };
  const { primary, opened } = await open({ sendFlight }, { timeouts });
  expect(opened).toMatchObject({ kind: 'TROUBLE', trouble: 'TLS' });
  await until('the connection is closed', 20_000, () => primary.openCount() === 0);
});
