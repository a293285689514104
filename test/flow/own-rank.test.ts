/**
 * What a sender hears at RCPT when the domain's MX records leave nobody to hand the mail to, or do not say.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { FakeRecords } from '../helpers/fake-dns.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import type { SmtpPeer } from '../helpers/smtp-peer.ts';

const US = 'backup.test.example';
const PRIMARY = 'primary.elsewhere.example';

interface Case {
  readonly records: FakeRecords | null;
  /** Of the reply; a rejection code stands for the end of the text, before the address of its page. */
  readonly reply: string;
  readonly rejection: string | null;
}

const refused = (reply: string, rejection: string, records: FakeRecords | null): Case => ({
  records,
  reply,
  rejection,
});
const accepted = (records: FakeRecords): Case => ({ records, reply: '250 2.1.5', rejection: null });

const CASES: Readonly<Record<string, Case>> = {
  'behind.example': accepted({
    MX: [
      [10, PRIMARY],
      [20, US],
    ],
  }),
  'sandwich.example': accepted({
    MX: [
      [10, PRIMARY],
      [20, US],
      [30, PRIMARY],
    ],
  }),
  'not-listed.example': accepted({ MX: [[10, PRIMARY]] }),
  'servfail.example': accepted({ mode: 'SERVFAIL' }),
  'timeout.example': accepted({ mode: 'TIMEOUT' }),
  'host-servfail.example': accepted({ MX: [[10, 'broken.elsewhere.example']] }),
  'first.example': refused('550 5.4.6', 'BMX-RANK', {
    MX: [
      [10, US],
      [20, PRIMARY],
    ],
  }),
  'alone.example': refused('550 5.4.6', 'BMX-RANK', { MX: [[10, US]] }),
  'equal.example': refused('550 5.4.6', 'BMX-RANK', {
    MX: [
      [10, PRIMARY],
      [10, US],
    ],
  }),
  'upper-case.example': refused('550 5.4.6', 'BMX-RANK', {
    MX: [
      [10, US.toUpperCase()],
      [20, PRIMARY],
    ],
  }),
  'by-address.example': refused('550 5.4.6', 'BMX-RANK', {
    MX: [
      [10, 'disguised.example'],
      [20, PRIMARY],
    ],
  }),
  'by-alias.example': refused('550 5.4.6', 'BMX-RANK', {
    MX: [
      [10, 'alias.example'],
      [20, PRIMARY],
    ],
  }),
  'implicit.example': refused('550 5.4.6', 'BMX-RANK', { A: ['192.0.2.250'] }),
  'null-mx.example': refused('556 5.1.10', 'BMX-NULLMX', { MX: [[0, '.']] }),
  'no-such.example': refused('450 4.4.4', 'BMX-DNS', null),
  'no-address.example': refused('450 4.4.4', 'BMX-DNS', { MX: [[10, 'empty.elsewhere.example']] }),
};

let flow: Flow;
let session: SmtpPeer;

beforeAll(async () => {
  const zones = Object.entries(CASES).flatMap(([name, { records }]) => (records === null ? [] : [[name, records]]));
  flow = await startFlow({
    ...(Object.fromEntries(zones) as Record<string, FakeRecords>),
    [US]: { A: ['192.0.2.250'] },
    [PRIMARY]: { A: ['127.0.0.2'] },
    'disguised.example': { A: ['192.0.2.250'] },
    'alias.example': { CNAME: US },
    'empty.elsewhere.example': { TXT: ['no address'] },
    'broken.elsewhere.example': { mode: 'SERVFAIL' },
  });
  for (const domain of Object.keys(CASES)) await flow.addDomain(domain);
  session = await flow.connect();
  await session.ask('MAIL FROM:<sender@sender.example>');
});

afterAll(async () => {
  session?.destroy();
  await flow?.close();
});

for (const [domain, { reply, rejection }] of Object.entries(CASES)) {
  test(`${domain}: ${reply} ${rejection ?? ''}`, async () => {
    const answer = await session.ask(`RCPT TO:<user@${domain}>`);
    expect(answer).toStartWith(`${reply} `);
    if (rejection === null) return;
    const page = `${flow.service.env['PUBLIC_URL']}/reject/${rejection}`;
    expect(answer).toEndWith(` ${rejection} ${page}`);
    expect(answer).not.toContain(PRIMARY);
    expect((await fetch(page)).status).toBe(200);
  });
}

test('an explicit next hop needs no rank', async () => {
  await flow.change('domainUpdate', {
    name: 'first.example',
    deliverTo: [{ host: '127.0.0.2', port: flow.deliveryPort }],
  });
  expect(await session.ask('RCPT TO:<user@first.example>')).toStartWith('250 2.1.5 ');
});
