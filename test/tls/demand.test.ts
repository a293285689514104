/** What a demand of TLS makes of a primary's TLS, on real sockets: who is spoken to, who gets mail in clear, what is said. */
import { afterAll, afterEach, expect, test } from 'bun:test';
import { openSession, type OpenOptions } from '../../src/smtp/client.ts';
import { DEFAULT_SMTP_TIMEOUTS } from '../../src/smtp/session.ts';
import type { TlsDemand } from '../../src/tls/demand.ts';
import { type FakePrimary, type FakePrimaryOptions, startFakePrimary } from '../helpers/fake-primary.ts';
import { chainOf, dates, makeAuthority, makeLeaf, tlsaOf } from '../helpers/pki.ts';

const DAY_MS = 86_400_000;
const HOST = 'mx.primary.example';
const root = makeAuthority();
const middle = makeAuthority('Test Middle', root);
const good = makeLeaf([HOST], middle);
const goodChain = chainOf(good, middle, root);
const old = { notBefore: new Date(Date.now() - 9 * DAY_MS), notAfter: new Date(Date.now() - 2 * DAY_MS) };

const VERIFIED = { kind: 'VERIFIED', by: 'MTA-STS' } as const;
const dane = (...records: ReturnType<typeof tlsaOf>[]) => ({
  kind: 'DANE' as const,
  records,
  baseDomain: HOST,
  names: [HOST, 'customer.example'],
});

let primary: FakePrimary | null = null;
afterEach(() => primary?.close());
afterAll(() => primary?.close());

async function open(options: FakePrimaryOptions, tls: TlsDemand, more: Partial<OpenOptions> = {}) {
  const started = await startFakePrimary(options);
  primary = started;
  const opened = await openSession({
    host: HOST,
    address: started.host,
    port: started.port,
    ehloName: 'backup.example',
    timeouts: { ...DEFAULT_SMTP_TIMEOUTS, commandMs: 3000 },
    tls,
    authorities: [root.cert],
    ...more,
  });
  if (opened.kind !== 'OPEN') return opened.reply;
  const { tls: seen } = opened.session;
  await opened.session.close();
  return seen === null ? 'clear' : seen.replace(/^TLSv1\.3 TLS_[A-Z0-9_]+/, 'encrypted');
}

const SELF_SIGNED: FakePrimaryOptions = {};
const GOOD: FakePrimaryOptions = { certificate: goodChain };
const ABSENT: FakePrimaryOptions = { modes: { startTls: 'ABSENT' } };
const BROKEN: FakePrimaryOptions = { modes: { startTls: 'BROKEN' } };
const REFUSED: FakePrimaryOptions = { modes: { startTls: 'REFUSED' } };

test.each<[string, FakePrimaryOptions, TlsDemand, string]>([
  ['NONE does not encrypt', GOOD, 'NONE', 'clear'],
  ['OPPORTUNISTIC takes any certificate', SELF_SIGNED, 'OPPORTUNISTIC', 'encrypted'],
  ['OPPORTUNISTIC does without', ABSENT, 'OPPORTUNISTIC', 'clear'],
  ['OPPORTUNISTIC goes back to clear text', BROKEN, 'OPPORTUNISTIC', 'clear'],
  ['OPPORTUNISTIC hears 454', REFUSED, 'OPPORTUNISTIC', 'clear'],
  ['REQUIRED takes any certificate', SELF_SIGNED, 'REQUIRED', 'encrypted'],
  ['REQUIRED does not do without', ABSENT, 'REQUIRED', '[TLS: STARTTLS is not offered]'],
  ['REQUIRED hears 454', REFUSED, 'REQUIRED', '454 4.7.0 TLS not available'],
  ['VERIFIED takes what is good', GOOD, VERIFIED, 'encrypted verified by MTA-STS'],
  ['VERIFIED by our own policy', GOOD, { kind: 'VERIFIED', by: 'tlsPolicy' }, 'encrypted verified by tlsPolicy'],
  ['VERIFIED does not do without', ABSENT, VERIFIED, '[TLS: STARTTLS is not offered]'],
  ['DANE-EE by key', SELF_SIGNED_WITH(good), dane(tlsaOf(good)), 'encrypted verified by DANE'],
  ['DANE-EE by certificate', GOOD, dane(tlsaOf(good, { selector: 0 })), 'encrypted verified by DANE'],
  ['DANE-EE, whole', GOOD, dane(tlsaOf(good, { selector: 0, matchingType: 0 })), 'encrypted verified by DANE'],
  ['DANE-EE, SHA-512', GOOD, dane(tlsaOf(good, { matchingType: 2 })), 'encrypted verified by DANE'],
  ['DANE, one of several', GOOD, dane(tlsaOf(root), tlsaOf(good)), 'encrypted verified by DANE'],
  ['DANE-TA by the root', GOOD, dane(tlsaOf(root, { usage: 2, selector: 0 })), 'encrypted verified by DANE'],
  ['DANE-TA by the middle', GOOD, dane(tlsaOf(middle, { usage: 2 })), 'encrypted verified by DANE'],
  ['DANE, another key', GOOD, dane(tlsaOf(root)), '[TLS: its certificate matches no TLSA record]'],
  [
    'DANE-TA is not for the peer itself',
    GOOD,
    dane(tlsaOf(good, { usage: 2 })),
    '[TLS: its certificate matches no TLSA record]',
  ],
  ['DANE does not do without', ABSENT, dane(tlsaOf(good)), '[TLS: STARTTLS is not offered]'],
  ['TESTING goes back to clear text', BROKEN, { kind: 'TESTING' }, 'clear'],
])('%s', async (_name, options, demand, expected) => {
  expect(await open(options, demand)).toBe(expected);
});

function SELF_SIGNED_WITH(leaf: { key: string; cert: string }): FakePrimaryOptions {
  return { certificate: leaf };
}

test.each<[string, { key: string; cert: string } | undefined, RegExp]>([
  ['self-signed', undefined, /^\[TLS: its certificate is not trusted: (DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED)/],
  [
    'of another name',
    chainOf(makeLeaf(['other.example'], middle), middle, root),
    /^\[TLS: its certificate does not name mx\.primary\.example\]$/,
  ],
  [
    'of a name two labels below',
    chainOf(makeLeaf(['*.example'], middle), middle),
    /^\[TLS: its certificate does not name/,
  ],
  [
    'out of date',
    chainOf(makeLeaf([HOST], root, old), root),
    /^\[TLS: its certificate is not trusted: CERT_HAS_EXPIRED\]$/,
  ],
  [
    'of an unknown authority',
    chainOf(makeLeaf([HOST], makeAuthority('Other'))),
    /^\[TLS: its certificate is not trusted: /,
  ],
  ['without its middle', chainOf(good), /^\[TLS: its certificate is not trusted: /],
])('VERIFIED refuses a certificate %s, and says no word of mail', async (_name, certificate, expected) => {
  const reply = await open(certificate === undefined ? {} : { certificate }, VERIFIED);
  expect(reply).toMatch(expected);
  expect(primary?.sessions.length).toBe(1);
  expect(primary?.countVerb('MAIL')).toBe(0);
});

test('a wildcard and a second name will do', async () => {
  expect(
    await open({ certificate: chainOf(makeLeaf(['x.example', '*.primary.example'], middle), middle) }, VERIFIED),
  ).toBe('encrypted verified by MTA-STS');
});

test('broken TLS is no reason to speak in clear where that is not allowed', async () => {
  expect(await open(BROKEN, 'REQUIRED')).toMatch(/^\[.*\]$/);
  expect(primary?.sessions.length).toBe(1);
});

test('DANE-EE looks neither at dates nor at names; DANE-TA at both', async () => {
  const expired = makeLeaf(['other.example'], root, old);
  expect(await open({ certificate: chainOf(expired, root) }, dane(tlsaOf(expired)))).toBe('encrypted verified by DANE');
  await primary?.close();
  const anchor = dane(tlsaOf(root, { usage: 2 }));
  expect(await open({ certificate: chainOf(expired, root) }, anchor)).toMatch(/out of date/);
  await primary?.close();
  const misnamed = makeLeaf(['other.example'], root);
  expect(await open({ certificate: chainOf(misnamed, root) }, anchor)).toBe(
    '[TLS: its certificate does not name mx.primary.example]',
  );
  await primary?.close();
  // The domain's own name will do (RFC 7672 §3.2.2).
  const ofDomain = makeLeaf(['customer.example'], root);
  expect(await open({ certificate: chainOf(ofDomain, root) }, anchor)).toBe('encrypted verified by DANE');
});

test('DANE-TA: a certificate that the anchor never signed does not pass by standing before it', async () => {
  const forged = makeLeaf([HOST], { ...makeAuthority('Test Root') });
  const reply = await open({ certificate: chainOf(forged, root) }, dane(tlsaOf(root, { usage: 2 })));
  expect(reply).toMatch(/^\[TLS: /);
});

test('DANE-TA: one that may not sign is no issuer', async () => {
  const host = makeLeaf(['somebody.example'], root);
  const signed = makeLeaf([HOST], host, dates());
  const reply = await open({ certificate: chainOf(signed, host, root) }, dane(tlsaOf(root, { usage: 2 })));
  expect(reply).toMatch(/^\[TLS: /);
});

test('SNI names the TLSA base domain', async () => {
  await open(GOOD, { ...dane(tlsaOf(good)), baseDomain: 'base.example' });
  expect(primary?.sessions[0]?.serverName).toBe('base.example');
});

test('TESTING tells what would have failed, and goes on', async () => {
  const faults: string[] = [];
  const more = { onTestingFault: (fault: string) => void faults.push(fault) };
  expect(await open(SELF_SIGNED, { kind: 'TESTING' }, more)).toBe('encrypted');
  expect(faults[0]).toMatch(/^its certificate is not trusted: /);
  await primary?.close();
  expect(await open(ABSENT, { kind: 'TESTING' }, more)).toBe('clear');
  await primary?.close();
  expect(await open(BROKEN, { kind: 'TESTING' }, more)).toBe('clear');
  await primary?.close();
  expect(await open(GOOD, { kind: 'TESTING' }, more)).toBe('encrypted');
  expect(faults.slice(1)).toEqual(['STARTTLS is not offered', 'the TLS handshake fails']);
});

test('an address for a host is named by an address', async () => {
  expect(await open(GOOD, { kind: 'VERIFIED', by: 'tlsPolicy' }, { host: '127.0.0.1' })).toBe(
    '[TLS: its certificate does not name 127.0.0.1]',
  );
});
