/**
 * DNS lists through the whole service: what a client that a balancer speaks for is told, what is written down of it, and
 * a list that turns out to be none.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import type { FakeRecords } from '../helpers/fake-dns.ts';
import { type Flow, PATIENCE_MS, SENDER, startFlow } from '../helpers/flow.ts';
import { connectProxied } from '../helpers/proxied-client.ts';
import { nameIn } from '../policy/dnsbl-scene.ts';

const BL = 'bl.example';
const WILD = 'wild.example';
const LISTED = '192.0.2.99';
const LISTED_6 = '2001:db8::99';
const CLEAN = '192.0.2.98';
const PRIMARY = '192.0.2.25';

const listing = (zone: string, address: string): Record<string, FakeRecords> => ({
  [nameIn(zone, address)]: { A: ['127.0.0.2'], TXT: ['https://bl.example/why'], ttlSeconds: 60 },
});

let flow: Flow;

beforeAll(async () => {
  flow = await startFlow(
    {
      ...listing(BL, '127.0.0.2'),
      ...listing(BL, LISTED),
      ...listing(BL, LISTED_6),
      ...listing(BL, PRIMARY),
      ...listing(WILD, '127.0.0.1'),
      ...listing(WILD, '127.0.0.2'),
      ...listing(WILD, CLEAN),
    },
    { TRUSTED_PROXIES: '127.0.0.1' },
  );
  for (const [name, mode] of [
    ['strict.example', 'REJECT'],
    ['trial.example', 'DRY_RUN'],
  ]) {
    await add(name ?? '', [{ zone: BL, mode }]);
  }
  await add('lax.example', []);
});
afterAll(() => flow?.close());

async function add(name: string, dnsblZones: readonly Record<string, unknown>[]): Promise<void> {
  const deliverTo = [{ host: PRIMARY, port: 25 }];
  expect(await flow.change('domainCreate', { name, deliverTo, hasCallAheads: false, dnsblZones })).toEqual([]);
}

/** The replies to RCPT of one transaction of this client. */
async function ask(address: string, recipients: readonly string[]): Promise<string[]> {
  const client = await connectProxied(flow.service.smtpPort, address);
  try {
    await client.ask('EHLO client.example');
    await client.ask(`MAIL FROM:<${SENDER}>`);
    const answers = await client.askAll(recipients.map((recipient) => `RCPT TO:<${recipient}>`));
    return answers.map(({ code, text }) => `${code} ${text}`);
  } finally {
    client.close();
  }
}

interface ZoneSeen {
  readonly zone: string;
  readonly isOn: boolean;
  readonly reason: string | null;
  readonly checkedAt: string | null;
  readonly checkedCount: number;
  readonly listedCount: number;
}

async function zonesOf(name: string): Promise<readonly ZoneSeen[]> {
  const { domain } = await flow.service.graphql<{ domain: { dnsblZones: readonly ZoneSeen[] } }>(
    `query ($name: String!) { domain(by: { name: $name }) { dnsblZones { zone isOn reason checkedAt checkedCount listedCount } } }`,
    { name },
  );
  return domain.dnsblZones;
}

test('two recipients of one transaction get the answers of their own domains', async () => {
  const recipients = ['a@strict.example', 'a@lax.example', 'a@trial.example', 'postmaster@strict.example'];
  const [strict, ...others] = await ask(LISTED, recipients);
  const page = `${flow.service.env['PUBLIC_URL']}/reject/BMX-DNSBL`;
  expect(strict).toStartWith('550 5.7.1 client 192.0.2.99 is listed in bl.example (127.0.0.2) https://bl.example/why ');
  expect(strict).toContain(`BMX-DNSBL ${page}`);
  expect((strict ?? '').length).toBeLessThan(512);
  expect(others).toEqual(others.map(() => expect.stringMatching(/^250 /)));
  expect((await fetch(page)).status).toBe(200);
  expect(await ask(LISTED_6, ['a@strict.example'])).toEqual([expect.stringContaining('client 2001:db8::99 is listed')]);
  expect(await ask(CLEAN, ['a@strict.example'])).toEqual([expect.stringMatching(/^250 /)]);
  // The domain's own host may be listed as it likes.
  expect(await ask(PRIMARY, ['a@strict.example'])).toEqual([expect.stringMatching(/^250 /)]);
});

test('what was refused, and what would have been, is written down and counted', async () => {
  const { sql } = flow.database;
  const rows = await until('both are written down', PATIENCE_MS, async () => {
    const found = await sql<{ forward_path: string; is_dry_run: boolean; zone: string; client: string }[]>`
      select forward_path, is_dry_run, zone, host(client_address) as client from rejections
      where rejection = 'BMX-DNSBL' and client_address = ${LISTED} order by forward_path`;
    return found.length >= 2 && found;
  });
  expect([...rows]).toEqual([
    { forward_path: 'a@strict.example', is_dry_run: false, zone: BL, client: LISTED },
    { forward_path: 'a@trial.example', is_dry_run: true, zone: BL, client: LISTED },
  ]);
  const [strict] = await until('the figures are there', PATIENCE_MS, async () => {
    const seen = await zonesOf('strict.example');
    return seen[0]?.checkedCount === 3 && seen;
  });
  expect(strict).toMatchObject({ zone: BL, isOn: true, reason: null, listedCount: 2 });
  expect((await zonesOf('trial.example'))[0]).toMatchObject({ checkedCount: 1, listedCount: 1 });
});

test('a list that lists everybody is switched off within seconds of its choice, and refuses nobody', async () => {
  await add('wild-user.example', [{ zone: WILD, mode: 'REJECT' }]);
  const [wild] = await until('the list is off', PATIENCE_MS, async () => {
    const seen = await zonesOf('wild-user.example');
    return seen[0]?.isOn === false && seen;
  });
  expect(wild?.reason).toBe('It lists 127.0.0.1, so it may list everybody.');
  expect(Date.parse(wild?.checkedAt ?? '')).toBeGreaterThan(0);
  await until('nobody is refused', PATIENCE_MS, async () =>
    (await ask(CLEAN, ['a@wild-user.example'])).every((reply) => reply.startsWith('250 ')),
  );
  const metrics = await (await fetch(`${flow.service.httpUrl}/metrics`)).text();
  expect(metrics).toMatch(/^backup_mx_dnsbl_zones_off 1$/m);
  const events = await flow.database.sql<{ kind: string }[]>`
    select kind from events where kind like 'DNSBL%' and facts ->> 'zone' = ${WILD}`;
  expect(events.map(({ kind }) => kind)).toEqual(['DNSBL_ZONE_OFF']);
});
