/**
 * Debian's Postfix and Exim as the primaries that our probes ask.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classifyCalloutReply } from '../../src/mail/callout-verdict.ts';
import { openCalloutSession, type CalloutSession } from '../../src/smtp/callout-session.ts';
import { until } from '../helpers/child.ts';
import { testCertificate } from '../helpers/certificate.ts';
import { type Exim, findExim, startExim } from '../helpers/exim.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Postfix, startPostfix, whyNoPostfix } from '../helpers/postfix.ts';
import { isSkipped } from './mail.ts';
import { quickestMs } from '../helpers/timing.ts';

const DOMAIN = 'behind.example';
const USERS = Array.from({ length: 20 }, (_, number) => `user${number}`);

async function open(port: number, probeSender = 'probe@backup.example'): Promise<CalloutSession> {
  const result = await openCalloutSession({
    host: 'primary.example',
    address: '127.0.0.1',
    port,
    ehloName: 'backup.example',
    probeSender,
    tls: 'OPPORTUNISTIC',
  });
  if (result.kind !== 'OPEN') throw new Error(`not open: ${result.reply}`);
  return result.session;
}

async function verdictOn(probe: CalloutSession, address: string): Promise<string> {
  const { verdict } = classifyCalloutReply(await probe.ask(address));
  return verdict;
}

describe.skipIf(isSkipped('Postfix probes', whyNoPostfix()))('Postfix', () => {
  let folder: string;
  let primary: Postfix;
  let behind: FakePrimary;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'backup-mx-probe-'));
    const { key, cert } = testCertificate();
    await writeFile(join(folder, 'tls.pem'), `${key}\n${cert}\n`);
    behind = await startFakePrimary();
    primary = await startPostfix({
      mode: { kind: 'SINK', domains: [DOMAIN] },
      keepLog: true,
      parameters: {
        virtual_mailbox_maps: `inline:{ ${USERS.map((user) => `${user}@${DOMAIN}=all/`).join(', ')} }`,
        relay_domains: 'verified.example',
        relay_transport: `relay:[127.0.0.1]:${behind.port}`,
        smtpd_recipient_restrictions:
          'reject_unauth_destination, check_recipient_access inline:{ verified.example=reject_unverified_recipient }',
        address_verify_map: '',
        address_verify_poll_delay: '1s',
        unverified_recipient_reject_code: '550',
        smtpd_tls_security_level: 'may',
        smtpd_tls_cert_file: join(folder, 'tls.pem'),
      },
    });
  });
  afterAll(async () => {
    await primary?.remove();
    await behind?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('20 mailboxes in one connection, over TLS, and a clean log', async () => {
    const probe = await open(primary.port);
    expect(probe.tls).toMatch(/^TLSv1\.3 /);
    expect(probe.offers.sizeLimitBytes).toBeGreaterThan(0);
    for (const user of USERS) expect(await verdictOn(probe, `${user}@${DOMAIN}`)).toBe('POSITIVE');
    await probe.close();
    const log = await until('Postfix logs the end', 30_000, async () => {
      const lines = await primary.readLog();
      return /disconnect from .* ehlo=2 starttls=1 mail=1 rcpt=20 quit=1 commands=25/.test(lines) && lines;
    });
    expect(log).not.toMatch(/NOQUEUE|lost connection|too many errors|warning: (?!.*resolv)/);
    expect(await primary.readQueue()).toEqual([]);
  }, 30_000);

  test('unknown users are negative; the session ends before Postfix slows down', async () => {
    const tookMs = await quickestMs(900, async () => {
      const probe = await open(primary.port);
      let questions = 0;
      for (; probe.canAsk(); questions += 1)
        expect(await verdictOn(probe, `ghost${questions}@${DOMAIN}`)).toBe('NEGATIVE');
      expect(questions).toBe(4);
      await probe.close();
    });
    // Postfix sleeps a second for each error beyond its limit.
    expect(tookMs).toBeLessThan(900);
    await until('Postfix logs the end', 30_000, async () =>
      /disconnect from .* rcpt=0\/8 .*quit=1/.test(await primary.readLog()),
    );
  });

  test('a domain it does not serve says nothing about the mailbox, and is blocking', async () => {
    const probe = await open(primary.port);
    const reply = await probe.ask('user@not-served.example');
    expect(classifyCalloutReply(reply)).toMatchObject({ verdict: 'UNKNOWN', isBlocking: true });
    await probe.close();
  });

  test('reject_unverified_recipient: what stands behind it decides', async () => {
    const probe = await open(primary.port);
    expect(await verdictOn(probe, 'user@verified.example')).toBe('POSITIVE');
    expect(await verdictOn(probe, 'permfail@verified.example')).toBe('NEGATIVE');
    const deferred = classifyCalloutReply(await probe.ask('tempfail@verified.example'));
    expect(deferred).toMatchObject({ verdict: 'UNKNOWN', isGreylisting: true });
    await probe.close();
    expect(behind.countVerb('DATA')).toBe(0);
  }, 30_000);
});

const found = await findExim();

describe.skipIf(isSkipped('Exim probes', 'reason' in found ? found.reason : null))('Exim', () => {
  const folder = 'folder' in found ? found.folder : '';
  let primary: Exim;

  beforeAll(async () => {
    primary = await startExim(folder, {
      mode: { kind: 'SINK', domains: [DOMAIN] },
      offersTls: true,
      localParts: [...USERS, 'probe'],
      rcptAcl: ['require verify = sender', `require domains = ${DOMAIN}`, 'require verify = recipient'],
    });
  }, 90_000);
  afterAll(() => primary?.remove());

  test('20 mailboxes in one connection, over TLS, and a clean log', async () => {
    const probe = await open(primary.port, `probe@${DOMAIN}`);
    expect(probe.tls).toMatch(/^TLSv1\.3 /);
    for (const user of USERS) expect(await verdictOn(probe, `${user}@${DOMAIN}`)).toBe('POSITIVE');
    await probe.close();
    expect(await primary.readLog()).not.toMatch(/rejected|error|too many|unexpected disconnection|lost/);
    expect(await primary.readQueue()).toEqual([]);
  });

  test('unknown users are negative', async () => {
    const probe = await open(primary.port, `probe@${DOMAIN}`);
    let questions = 0;
    for (; probe.canAsk(); questions += 1)
      expect(await verdictOn(probe, `ghost${questions}@${DOMAIN}`)).toBe('NEGATIVE');
    expect(questions).toBe(4);
    await probe.close();
    expect(await primary.readLog()).not.toMatch(/too many|unexpected disconnection/);
  });

  test('a probe sender that does not verify is no verdict on the mailbox, in the same words', async () => {
    const probe = await open(primary.port, `nobody@${DOMAIN}`);
    const reply = await probe.ask(`ghost@${DOMAIN}`);
    expect(reply.text).toMatch(/550-Verification failed for <nobody@behind\.example>\n550-Unknown user/);
    expect(classifyCalloutReply(reply).verdict).toBe('UNKNOWN');
    expect(await verdictOn(probe, `user1@${DOMAIN}`)).toBe('POSITIVE');
    await probe.close();
  });
});
