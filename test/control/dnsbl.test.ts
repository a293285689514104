/** What a domain wants of DNS lists, set and read by GraphQL. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { createDnsblCounts } from '../../src/domains/dnsbl-counts.ts';
import { type Harness, startControl } from './harness.ts';

interface Payload {
  readonly domain: Record<string, unknown> | null;
  readonly userErrors: readonly { readonly path: readonly string[]; readonly code: string }[];
}

const FIELDS = `domain {
  revision dnsblThreshold dnsblAllowedClients dnswlZones { zone codes }
  dnsblZones { zone mode weight codes isOn reason checkedAt checkedCount listedCount }
} userErrors { path code }`;

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

async function run(mutation: 'domainCreate' | 'domainUpdate', input: Record<string, unknown>): Promise<Payload> {
  const type = mutation === 'domainCreate' ? 'DomainCreateInput' : 'DomainUpdateInput';
  const query = `mutation ($input: ${type}!) { payload: ${mutation}(input: $input) { ${FIELDS} } }`;
  return (await control.ask<{ payload: Payload }>(query, { input })).payload;
}

const untested = { isOn: true, reason: null, checkedAt: null, checkedCount: 0, listedCount: 0 };
// Without a mode a zone is on trial, as from the command line and Terraform.
const plain = { mode: 'DRY_RUN', weight: 1, codes: [], ...untested };

test('zones, threshold and allow lists are set, left and put back', async () => {
  const created = await run('domainCreate', {
    name: 'set.example',
    dnsblZones: [{ zone: 'BL.example.' }, { zone: 'two.example', mode: 'REJECT', weight: 3, codes: ['127.0.0.2'] }],
    dnswlZones: [{ zone: 'wl.example', codes: ['127.0.0.0/16'] }],
    dnsblAllowedClients: ['192.0.2.0/24'],
  });
  const set = {
    revision: 1,
    dnsblZones: [
      { zone: 'bl.example', ...plain },
      { zone: 'two.example', ...plain, mode: 'REJECT', weight: 3, codes: ['127.0.0.2'] },
    ],
    dnsblThreshold: 1,
    dnswlZones: [{ zone: 'wl.example', codes: ['127.0.0.0/16'] }],
    dnsblAllowedClients: ['192.0.2.0/24'],
  };
  expect(created).toEqual({ domain: set, userErrors: [] });
  expect((await run('domainUpdate', { name: 'set.example', labels: [] })).domain).toEqual(set);
  const changed = await run('domainUpdate', { name: 'set.example', dnsblZones: [{ zone: 'bl.example' }] });
  expect(changed.domain).toEqual({ ...set, revision: 2, dnsblZones: [{ zone: 'bl.example', ...plain }] });
  const cleared = { dnsblZones: null, dnsblThreshold: null, dnswlZones: null, dnsblAllowedClients: null };
  expect((await run('domainUpdate', { name: 'set.example', ...cleared })).domain).toEqual({
    revision: 3,
    dnsblZones: [],
    dnsblThreshold: 1,
    dnswlZones: [],
    dnsblAllowedClients: [],
  });
});

test('a zone tells how it fares', async () => {
  await run('domainCreate', { name: 'fares.example', dnsblZones: [{ zone: 'off.example' }, { zone: 'new.example' }] });
  const { sql } = control.database;
  const counts = createDnsblCounts(sql);
  const domain = await control.domains.findRelayDomain('fares.example');
  const destinationId = domain?.destinationId ?? '';
  for (const isListed of [true, false]) {
    counts.count({ destinationId, tenantId: OPERATOR_TENANT_ID, zone: 'off.example', isListed });
  }
  await counts.flush();
  await sql`
    insert into dnsbl_zones (zone, is_on, reason, checked_at)
    values ('off.example', false, 'It lists nobody.', '2026-08-01T03:10:00Z')`;
  const query =
    '{ domain(by: { name: "fares.example" }) { dnsblZones { zone isOn reason checkedAt checkedCount listedCount } } }';
  expect(await control.ask<unknown>(query)).toEqual({
    domain: {
      dnsblZones: [
        {
          zone: 'off.example',
          isOn: false,
          reason: 'It lists nobody.',
          checkedAt: '2026-08-01T03:10:00.000Z',
          checkedCount: 2,
          listedCount: 1,
        },
        { zone: 'new.example', ...untested },
      ],
    },
  });
});

test('a complaint has the path of its entry, and nothing is changed', async () => {
  const zones = [{ zone: 'a.example' }, { zone: 'b.example' }, { zone: 'no zone' }];
  const refused = await run('domainCreate', { name: 'bad.example', dnsblZones: zones, dnsblAllowedClients: ['x'] });
  const errors = [
    { path: ['dnsblZones', '2', 'zone'], code: 'NOT_A_DOMAIN' },
    { path: ['dnsblAllowedClients', '0'], code: 'NOT_A_NETWORK' },
  ];
  expect(refused).toEqual({ domain: null, userErrors: errors });
  expect(await control.domains.findRelayDomain('bad.example')).toBeNull();
  await run('domainCreate', { name: 'good.example' });
  expect((await run('domainUpdate', { name: 'good.example', dnsblThreshold: 0 })).userErrors).toEqual([
    { path: ['dnsblThreshold'], code: 'OUT_OF_RANGE' },
  ]);
  expect((await control.domains.findRelayDomain('good.example'))?.revision).toBe(1);
});
