/** When TLSA records count: what must be vouched for, aliases, what cannot be used, and what cannot be found out. */
import { afterEach, expect, test } from 'bun:test';
import { findTlsa } from '../../src/tls/dane.ts';
import { createResolver, type Resolver } from '../../src/dns/resolver.ts';
import { type FakeDns, type FakeRecords, startFakeDns } from '../helpers/fake-dns.ts';
import { makeLeaf, tlsaOf } from '../helpers/pki.ts';

const RECORD = tlsaOf(makeLeaf(['mx.example']));
const UNUSABLE = tlsaOf(makeLeaf(['mx.example']), { usage: 1 });
const SECURE = { isAuthenticated: true } as const;
const TLSA = '_25._tcp.mx.primary.example';

const ZONES: Readonly<Record<string, FakeRecords>> = {
  'customer.example': { ...SECURE, MX: [[10, 'mx.primary.example']] },
  'mx.primary.example': { ...SECURE, A: ['192.0.2.1'] },
  [TLSA]: { ...SECURE, TLSA: [RECORD] },
};

let dns: FakeDns | null = null;
let resolver: Resolver | null = null;
afterEach(async () => {
  resolver?.close();
  await dns?.close();
});

async function find(
  changes: Readonly<Record<string, FakeRecords | null>>,
  domain = 'customer.example',
  host = 'mx.primary.example',
) {
  dns = await startFakeDns(ZONES);
  for (const [name, records] of Object.entries(changes)) dns.set(name, records);
  resolver = createResolver({ servers: [dns.address], timeoutMs: 2000 });
  const answer = await findTlsa(resolver, { domain, host, port: 25 });
  return answer.kind === 'RECORDS' ? `${answer.records.length} at ${answer.baseDomain}` : answer.kind;
}

test.each<[string, Readonly<Record<string, FakeRecords | null>>, string]>([
  ['all is vouched for', {}, '1 at mx.primary.example'],
  ['the MX records are not', { 'customer.example': { MX: [[10, 'mx.primary.example']] } }, 'NONE'],
  ['the addresses are not', { 'mx.primary.example': { A: ['192.0.2.1'] } }, 'NONE'],
  ['the TLSA records are not', { [TLSA]: { TLSA: [RECORD] } }, 'NONE'],
  ['there are no TLSA records', { [TLSA]: null }, 'NONE'],
  ['the name has other records only', { [TLSA]: { ...SECURE, TXT: ['x'] } }, 'NONE'],
  ['SERVFAIL', { [TLSA]: { ...SECURE, TLSA: 'SERVFAIL' } }, 'TROUBLE'],
  ['REFUSED', { [TLSA]: { ...SECURE, TLSA: 'REFUSED' } }, 'TROUBLE'],
  ['silence', { [TLSA]: { ...SECURE, TLSA: 'TIMEOUT' } }, 'TROUBLE'],
  ['garbage', { [TLSA]: { ...SECURE, TLSA: 'MALFORMED' } }, 'TROUBLE'],
  ['the MX records cannot be asked for again', { 'customer.example': { ...SECURE, MX: 'SERVFAIL' } }, 'TROUBLE'],
  ['the addresses cannot be asked for again', { 'mx.primary.example': { ...SECURE, mode: 'SERVFAIL' } }, 'TROUBLE'],
  ['none can be used', { [TLSA]: { ...SECURE, TLSA: [UNUSABLE] } }, 'UNUSABLE'],
  ['one of two can be used', { [TLSA]: { ...SECURE, TLSA: [UNUSABLE, RECORD] } }, '1 at mx.primary.example'],
  ['over TCP', { [TLSA]: { ...SECURE, TLSA: [RECORD], mode: 'TRUNCATE' } }, '1 at mx.primary.example'],
  [
    'where the aliases of the host end',
    {
      'mx.primary.example': { ...SECURE, CNAME: 'real.example' },
      'real.example': { ...SECURE, A: ['192.0.2.1'] },
      '_25._tcp.real.example': { ...SECURE, TLSA: [RECORD, RECORD] },
    },
    '2 at real.example',
  ],
  [
    'at the host where there are none at the end',
    { 'mx.primary.example': { ...SECURE, CNAME: 'real.example' }, 'real.example': { ...SECURE, A: ['192.0.2.1'] } },
    '1 at mx.primary.example',
  ],
  [
    'at the host whose alias leads out of what is vouched for',
    { 'mx.primary.example': { ...SECURE, CNAME: 'real.example' }, 'real.example': { A: ['192.0.2.1'] } },
    '1 at mx.primary.example',
  ],
  [
    'not below an alias that is not vouched for',
    { 'mx.primary.example': { CNAME: 'real.example' }, 'real.example': { A: ['192.0.2.1'] } },
    'NONE',
  ],
  [
    'trouble at the end of the aliases',
    {
      'mx.primary.example': { ...SECURE, CNAME: 'real.example' },
      'real.example': { ...SECURE, A: ['192.0.2.1'] },
      '_25._tcp.real.example': { mode: 'SERVFAIL' },
    },
    'TROUBLE',
  ],
])('%s', async (_name, changes, expected) => {
  expect(await find(changes)).toBe(expected);
});

test('a domain without MX records is its own host', async () => {
  const own = {
    'alone.example': { ...SECURE, A: ['192.0.2.1'] },
    '_25._tcp.alone.example': { ...SECURE, TLSA: [RECORD] },
  };
  expect(await find(own, 'alone.example', 'alone.example')).toBe('1 at alone.example');
  await dns?.close();
  const insecure = { ...own, 'alone.example': { A: ['192.0.2.1'] } };
  expect(await find(insecure, 'alone.example', 'alone.example')).toBe('NONE');
});

test.each([{ usage: 0 }, { usage: 1 }, { usage: 4 }, { selector: 2 }, { matchingType: 3 }])(
  '%j cannot be used',
  async (fields) => {
    expect(await find({ [TLSA]: { ...SECURE, TLSA: [{ ...RECORD, ...fields }] } })).toBe('UNUSABLE');
  },
);

test('a digest of the wrong length cannot be used', async () => {
  const short = { ...RECORD, certificate: RECORD.certificate.subarray(1) };
  expect(await find({ [TLSA]: { ...SECURE, TLSA: [short] } })).toBe('UNUSABLE');
});
