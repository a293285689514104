/**
 * The main job on every runtime: the primary is down, mail comes in clear and under TLS and is held, the outage is told;
 * the primary is back, everything arrives unchanged, and the service stops when told to.
 */
import { expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { until } from '../helpers/child.ts';
import { createDomain, flushDomain, readMessages, untilHeld } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { transact } from '../helpers/flow.ts';
import { type Runtime, type Service, startService } from '../helpers/service.ts';
import { faultsOf } from '../helpers/service-log.ts';
import { connectPeer } from '../helpers/smtp-peer.ts';

const DOMAIN = 'customer.example';
const RECIPIENT = `someone@${DOMAIN}`;
const HEADER = 'From: <sender@sender.example>\r\nSubject: on every runtime\r\n\r\n';

/** What a careless relay would change: dots, trailing spaces, every octet that may stand in a line, no text at all. */
const ODD_CONTENT = Buffer.concat([
  Buffer.from(`${HEADER}.\r\n..\r\n. \r\n.leading dot\r\ntrailing spaces   \r\n\tFrom a tab\r\n\r\n\r\n`),
  Buffer.from(Array.from({ length: 255 }, (_, octet) => octet + 1).filter((octet) => octet !== 10 && octet !== 13)),
  Buffer.from(`\r\n${'x'.repeat(998)}\r\n.\r\n`),
]);
/** Many chunks on every way. */
const LARGE_CONTENT = Buffer.from(
  HEADER +
    randomBytes(1_500_000)
      .toString('base64')
      .replaceAll(/.{1,76}/g, '$&\r\n'),
);
const LATER_CONTENT = Buffer.from(`${HEADER}after the outage\r\n`);

async function send(service: Service, content: Buffer, isTls: boolean): Promise<void> {
  const peer = await connectPeer({ host: '127.0.0.1', port: service.smtpPort, timeoutMs: 30_000 });
  try {
    await peer.reply();
    expect(await peer.ask('EHLO client.sender.example')).toContain('STARTTLS');
    if (isTls) {
      expect(await peer.ask('STARTTLS')).toStartWith('220');
      expect(await peer.startTls()).toEqual({ subject: 'backup.test.example' });
      expect(await peer.ask('EHLO client.sender.example')).toStartWith('250');
    }
    await transact(peer, { to: [RECIPIENT], content, mailParameters: ` BODY=8BITMIME SIZE=${content.length}` });
    expect(await peer.ask('QUIT')).toStartWith('221');
  } finally {
    peer.destroy();
  }
}

/** The message with this content, and what stands before it. */
function arrived(primary: FakePrimary, content: Buffer): string {
  const message = primary.messages.find((candidate) => candidate.content.subarray(-content.length).equals(content));
  expect(message?.isTls).toBe(true);
  expect(message?.reversePath).toBe('sender@sender.example');
  expect(message?.recipients.map(({ address }) => address)).toEqual([RECIPIENT]);
  return message?.content.subarray(0, -content.length).toString('latin1') ?? '';
}

interface OutageSeen {
  readonly class: string;
  readonly heldCount: number | null;
  readonly lastReply: string;
}

async function readOutage(service: Service): Promise<OutageSeen | null> {
  const { domain } = await service.graphql<{ domain: { outage: OutageSeen | null } }>(
    'query ($name: String!) { domain(by: { name: $name }) { outage { kind heldCount lastReply } } }',
    { name: DOMAIN },
  );
  return domain.outage;
}

async function doMainJob(service: Service, primary: FakePrimary): Promise<void> {
  await primary.stop();
  await createDomain(service, DOMAIN, [{ host: primary.host, port: primary.port }]);
  await send(service, ODD_CONTENT, false);
  await send(service, LARGE_CONTENT, true);
  await untilHeld(service, DOMAIN, 2);
  const outage = await until('the outage shows', 30_000, () => readOutage(service));
  expect(outage).toMatchObject({ kind: 'DOWN', heldCount: 2 });
  expect(outage.lastReply).toContain('refused');

  await primary.start();
  await flushDomain(service, DOMAIN);
  await primary.waitFor(() => primary.messages.length === 2, 'the held messages');
  const received = (protocol: string) =>
    new RegExp(
      `^Received: from client\\.sender\\.example .*\\bwith ${protocol}\\b[^\\n]*\\n(?:[ \\t][^\\n]*\\n)*$`,
      's',
    );
  expect(arrived(primary, ODD_CONTENT)).toMatch(received('ESMTP'));
  expect(arrived(primary, LARGE_CONTENT)).toMatch(received('ESMTPS'));
  await untilHeld(service, DOMAIN, 0);
  await until('the outage is over', 30_000, async () => (await readOutage(service)) === null);

  await send(service, LATER_CONTENT, true);
  await primary.waitFor(() => primary.messages.length === 3, 'a message after the outage');
  arrived(primary, LATER_CONTENT);
  await untilHeld(service, DOMAIN, 0);
  const messages = await readMessages(service, DOMAIN);
  expect(messages.map(({ recipients }) => recipients.map(({ state }) => state))).toEqual(
    Array.from({ length: 3 }, () => ['DELIVERED']),
  );
}

test.each<Runtime>(['bun', 'deno', 'node'])('%s: held while the primary is down, then delivered', async (runtime) => {
  const service = await startService({ runtime });
  const primary = await startFakePrimary();
  try {
    await doMainJob(service, primary);
    expect(await service.stop()).toBe(0);
    expect(primary.messages).toHaveLength(3);
    expect(faultsOf(service)).toEqual([]);
  } finally {
    await service.remove();
    await primary.close();
  }
});
