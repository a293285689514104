/**
 * TLS towards primaries, the whole service at work: what must be encrypted or verified is kept until it is, and what was used
 * stands in the attempt. The service trusts an authority of the test (NODE_EXTRA_CA_CERTS) and the DNS (DNS_TRUST_AD).
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../helpers/child.ts';
import type { FakePrimary, FakePrimaryOptions } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { startService } from '../helpers/service.ts';
import { chainOf, makeAuthority, makeLeaf, tlsaOf } from '../helpers/pki.ts';

const SECURE = { isAuthenticated: true } as const;
const root = makeAuthority();

let flow: Flow;
let folder: string;
let lastOctet = 20;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backup-mx-authority-'));
  const file = join(folder, 'root.pem');
  await writeFile(file, root.cert);
  flow = await startFlow({}, { NODE_EXTRA_CA_CERTS: file, DNS_TRUST_AD: 'true' }, startService);
});
afterAll(async () => {
  await flow.close();
  await rm(folder, { recursive: true });
});

interface Seen {
  readonly host: string | null;
  readonly tls: string | null;
  readonly outcome: string;
  readonly reply: string;
}

/** A mail server named in the DNS, on an address of its own. */
async function mailServer(name: string, options: FakePrimaryOptions = {}): Promise<FakePrimary> {
  const primary = await flow.primary(`127.0.0.${lastOctet++}`, options);
  flow.dns.set(name, { ...SECURE, A: [primary.host] });
  return primary;
}

/** A domain by MX records, most preferred first, and our own behind them. */
async function addDomain(
  name: string,
  mx: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const records = [...mx, 'backup.test.example'].map((host, index) => [index * 10, host] as const);
  flow.dns.set(name, { ...SECURE, MX: records });
  await flow.addDomain(name, undefined, more);
}

/** A policy as it was fetched earlier, with the TXT record that still speaks of it. */
async function publishPolicy(domain: string, mode: string, mx: readonly string[], leftSeconds = 86_400): Promise<void> {
  flow.dns.set(`_mta-sts.${domain}`, leftSeconds > 0 ? { TXT: ['v=STSv1; id=1;'] } : null);
  await flow.database.sql`
    insert into mta_sts_policies (domain, policy_id, mode, mx, expires_at)
    values (${domain}, '1', ${mode}, ${[...mx]}::text[], bmx_now() + make_interval(secs => ${leftSeconds}))`;
}

/** The attempts of a message, oldest first, once there are any. */
async function attempts(domain: string): Promise<readonly Seen[]> {
  const query = `query ($domain: String!) { messages(first: 1, filter: { domain: $domain }) { nodes { recipients {
    attempts(first: 20) { nodes { host tls outcome reply } } } } } }`;
  const read = async (): Promise<readonly Seen[]> => {
    const { messages } = await flow.service.graphql<{
      messages: { nodes: { recipients: { attempts: { nodes: Seen[] } }[] }[] };
    }>(query, { domain });
    return messages.nodes[0]?.recipients[0]?.attempts.nodes ?? [];
  };
  await until(`${domain} is tried`, PATIENCE_MS, async () => (await read()).length > 0);
  // What is under way is recorded then.
  await flow.untilIdle(domain);
  return (await read()).toReversed();
}

async function isKept(domain: string, primary: FakePrimary, reply: RegExp): Promise<void> {
  const [first] = await attempts(domain);
  expect(first).toMatchObject({ outcome: 'DEFERRED', reply: expect.stringMatching(reply) });
  const { queue, outage } = await flow.see(domain);
  expect([queue.heldCount, outage?.kind]).toEqual([1, 'MISCONFIGURED']);
  expect(primary.countVerb('MAIL')).toBe(0);
}

const verified = (by: string) => expect.stringMatching(new RegExp(`^TLSv1\\.3 TLS_[A-Z0-9_]+ verified by ${by}$`));

test('by opportunity a broken handshake costs nothing but the encryption, and the attempt says so', async () => {
  const broken = await flow.primary(`127.0.0.${lastOctet++}`, { modes: { startTls: 'BROKEN' } });
  const sound = await flow.primary(`127.0.0.${lastOctet++}`);
  await flow.addDomain('broken.example', broken);
  await flow.addDomain('sound.example', sound);
  await flow.send({ to: ['a@broken.example', 'a@sound.example'] });
  await broken.waitFor(() => broken.messages.length === 1, 'the message in clear');
  expect(broken.sessions.length).toBe(2);
  expect(await attempts('broken.example')).toMatchObject([{ outcome: 'DELIVERED', tls: null }]);
  const tls = expect.stringMatching(/^TLSv1\.3 TLS_[A-Z0-9_]+$/);
  expect(await attempts('sound.example')).toMatchObject([{ outcome: 'DELIVERED', tls }]);
});

test('REQUIRED keeps mail while STARTTLS is missing, and hands it over when it comes', async () => {
  const primary = await flow.primary(`127.0.0.${lastOctet++}`, { modes: { startTls: 'ABSENT' } });
  await flow.addDomain('required.example', primary, { tlsPolicy: 'REQUIRED' });
  await flow.send({ to: ['a@required.example'] });
  await isKept('required.example', primary, /^\[TLS: STARTTLS is not offered\]$/);
  primary.setMode({ startTls: 'WORKS' });
  expect(await flow.change('domainFlush', { name: 'required.example' })).toEqual([]);
  await primary.waitFor(() => primary.messages.length === 1, 'the message');
  expect(primary.messages[0]?.isTls).toBe(true);
  await flow.untilSeen('required.example', 'the outage is over', ({ outage }) => outage === null);
});

test('VERIFIED keeps mail from a self-signed primary; by OPPORTUNISTIC it goes', async () => {
  const primary = await flow.primary(`127.0.0.${lastOctet++}`);
  await flow.addDomain('verified.example', primary, { tlsPolicy: 'VERIFIED' });
  await flow.send({ to: ['a@verified.example'] });
  await isKept('verified.example', primary, /^\[TLS: its certificate is not trusted: /);
  expect(await flow.change('domainUpdate', { name: 'verified.example', tlsPolicy: 'OPPORTUNISTIC' })).toEqual([]);
  expect(await flow.change('domainFlush', { name: 'verified.example' })).toEqual([]);
  await primary.waitFor(() => primary.messages.length === 1, 'the message');
});

test('VERIFIED hands over to a host whose certificate names it', async () => {
  const primary = await mailServer('mx.good.example', {
    certificate: chainOf(makeLeaf(['mx.good.example'], root), root),
  });
  await addDomain('good.example', ['mx.good.example'], { tlsPolicy: 'VERIFIED' });
  await flow.send({ to: ['a@good.example'] });
  await primary.waitFor(() => primary.messages.length === 1, 'the message');
  expect((await attempts('good.example'))[0]).toMatchObject({ outcome: 'DELIVERED', tls: verified('tlsPolicy') });
});

test('an enforced policy passes over the host it does not name', async () => {
  const other = await mailServer('mx1.sts.example');
  const named = await mailServer('mx2.sts.example', { certificate: chainOf(makeLeaf(['*.sts.example'], root), root) });
  await publishPolicy('sts.example', 'enforce', ['mx2.sts.example']);
  await addDomain('sts.example', ['mx1.sts.example', 'mx2.sts.example']);
  await flow.send({ to: ['a@sts.example'] });
  await named.waitFor(() => named.messages.length === 1, 'the message');
  expect(await attempts('sts.example')).toMatchObject([
    {
      host: 'mx1.sts.example',
      outcome: 'DEFERRED',
      reply: '[MTA-STS: the policy of sts.example does not name mx1.sts.example]',
    },
    { host: 'mx2.sts.example', outcome: 'DELIVERED', tls: verified('MTA-STS') },
  ]);
  expect(other.sessions.length).toBe(0);
});

test('an enforced policy keeps mail from a self-signed host, also while its record is gone', async () => {
  const primary = await mailServer('mx.enforced.example');
  await publishPolicy('enforced.example', 'enforce', ['mx.enforced.example']);
  flow.dns.set('_mta-sts.enforced.example', null);
  await addDomain('enforced.example', ['mx.enforced.example']);
  await flow.send({ to: ['a@enforced.example'] });
  await isKept('enforced.example', primary, /^\[TLS: its certificate is not trusted: /);
});

test('a sender may waive an enforced policy for a message', async () => {
  const primary = await mailServer('mx.waived.example');
  await publishPolicy('waived.example', 'enforce', ['mx.waived.example']);
  await addDomain('waived.example', ['mx.waived.example']);
  await flow.send({ to: ['a@waived.example'], content: 'Subject: x\r\nTLS-Required: No\r\n\r\nHello.\r\n' });
  await primary.waitFor(() => primary.messages.length === 1, 'the message');
  expect(primary.messages[0]?.isTls).toBe(true);
});

test('a policy whose max_age is over holds nothing back', async () => {
  const primary = await mailServer('mx.expired.example');
  await publishPolicy('expired.example', 'enforce', ['mx.expired.example'], 0);
  await addDomain('expired.example', ['mx.expired.example']);
  await flow.send({ to: ['a@expired.example'] });
  await primary.waitFor(() => primary.messages.length === 1, 'the message');
  expect(primary.messages[0]?.isTls).toBe(true);
});

test('a policy in testing mode is told of in the log only', async () => {
  const primary = await mailServer('mx.testing.example');
  await publishPolicy('testing.example', 'testing', ['mx.testing.example']);
  await addDomain('testing.example', ['mx.testing.example']);
  await flow.send({ to: ['a@testing.example'] });
  await primary.waitFor(() => primary.messages.length === 1, 'the message');
  const line = 'MTA-STS in testing mode would keep mail from mx.testing.example';
  await until('the log tells', PATIENCE_MS, () => flow.service.output().includes(line));
  expect((await attempts('testing.example'))[0]).toMatchObject({ outcome: 'DELIVERED' });
});

test('DANE: the key that TLSA names, and no other', async () => {
  const leaf = makeLeaf(['whatever.example']);
  const primary = await mailServer('mx.dane.example', { certificate: leaf });
  const tlsa = `_${flow.deliveryPort}._tcp.mx.dane.example`;
  flow.dns.set(tlsa, { ...SECURE, TLSA: [tlsaOf(root)] });
  await addDomain('dane.example', ['mx.dane.example']);
  await flow.send({ to: ['a@dane.example'] });
  await isKept('dane.example', primary, /^\[TLS: its certificate matches no TLSA record\]$/);
  flow.dns.set(tlsa, { ...SECURE, TLSA: 'SERVFAIL' });
  expect(await flow.change('domainFlush', { name: 'dane.example' })).toEqual([]);
  await until('it is tried again', PATIENCE_MS, async () => {
    const last = (await attempts('dane.example')).at(-1);
    return last?.reply === '[DANE: the TLSA records of mx.dane.example cannot be looked up: SERVFAIL]';
  });
  expect(primary.countVerb('MAIL')).toBe(0);
  flow.dns.set(tlsa, { ...SECURE, TLSA: [tlsaOf(root), tlsaOf(leaf)] });
  // The resolver remembers the trouble for a second.
  await until('the message is handed over', PATIENCE_MS, async () => {
    await flow.change('domainFlush', { name: 'dane.example' });
    return primary.messages.length === 1;
  });
  const delivered = (await attempts('dane.example')).at(-1);
  expect(delivered).toMatchObject({ outcome: 'DELIVERED', tls: verified('DANE') });
});

test('TLSA records that nobody vouches for demand nothing', async () => {
  const primary = await mailServer('mx.insecure.example', { modes: { startTls: 'ABSENT' } });
  flow.dns.set(`_${flow.deliveryPort}._tcp.mx.insecure.example`, { TLSA: [tlsaOf(root)] });
  await addDomain('insecure.example', ['mx.insecure.example']);
  await flow.send({ to: ['a@insecure.example'] });
  await primary.waitFor(() => primary.messages.length === 1, 'the message');
  expect(primary.messages[0]?.isTls).toBe(false);
});

test('NONE speaks in clear, whatever is published', async () => {
  const primary = await mailServer('mx.none.example');
  await publishPolicy('none.example', 'enforce', ['mx.none.example']);
  await addDomain('none.example', ['mx.none.example'], { tlsPolicy: 'NONE' });
  await flow.send({ to: ['a@none.example'] });
  await primary.waitFor(() => primary.messages.length === 1, 'the message');
  expect(primary.messages[0]?.isTls).toBe(false);
});
