/**
 * No open relay: every trick is refused, or held for a recipient of the served domain, and nobody else is ever asked or dialled
 * (RFC 5321 §3.6.2). The whole service, with MX records for everybody and a server behind them.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import type { FakeRecords } from '../helpers/fake-dns.ts';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { faultsOf } from '../helpers/service-log.ts';
import { TRICKS, type Trick } from './open-relay-tricks.ts';

const PRIMARY = '127.0.0.2';
const SOMEBODY_ELSE = '127.0.0.3';

let flow: Flow;
let primary: FakePrimary;
let somebodyElse: FakePrimary;

/** Everything in the tricks that could be a name leads to somebody else. */
function zones(): Record<string, FakeRecords> {
  const names = TRICKS.flatMap(({ to, mail = '' }) => `${to} ${mail}`.toLowerCase().match(/[a-z0-9.-]+/g) ?? []);
  const elsewhere: FakeRecords = { MX: [[10, 'mx.elsewhere.example']], A: [SOMEBODY_ELSE] };
  return {
    ...Object.fromEntries(names.map((name) => [name, elsewhere])),
    'mx.elsewhere.example': { A: [SOMEBODY_ELSE] },
    'served.example': { MX: [[10, 'mx.served.example']] },
    'mx.served.example': { A: [PRIMARY] },
  };
}

beforeAll(async () => {
  flow = await startFlow(zones());
  primary = await flow.primary(PRIMARY);
  somebodyElse = await flow.primary(SOMEBODY_ELSE);
  await flow.addDomain('served.example');
});

afterAll(() => flow?.close());

/** One attempt in a session of its own: the reply to RCPT, and that to the final dot where RCPT was taken. */
async function attempt({ to, mail, isMailRefused, isLatin1 }: Trick): Promise<{ rcpt: string; id: string | null }> {
  const peer = await flow.connect();
  const ask = async (line: string): Promise<string> => {
    await peer.write(Buffer.from(`${line}\r\n`, isLatin1 === true ? 'latin1' : 'utf8'));
    return peer.reply();
  };
  try {
    expect(await ask(`MAIL ${mail ?? 'FROM:<a@sender.example>'}`)).toStartWith(isMailRefused === true ? '5' : '250 ');
    const rcpt = await ask(`RCPT ${to}`);
    if (!rcpt.startsWith('250 ')) {
      // Without a recipient there is no message, whatever follows.
      expect(await ask('DATA')).toStartWith('5');
      return { rcpt, id: null };
    }
    expect(await ask('DATA')).toStartWith('354 ');
    const final = await ask('Subject: trick\r\n\r\nbody\r\n.');
    expect(final).toStartWith('250 ');
    return { rcpt, id: /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(final)?.[0] ?? null };
  } finally {
    peer.destroy();
  }
}

test('there are more than a hundred tricks, no two the same', () => {
  expect(TRICKS.length).toBeGreaterThan(100);
  expect(new Set(TRICKS.map(({ to, mail }) => `${to} ${mail}`)).size).toBe(TRICKS.length);
});

test.each(TRICKS.map((trick) => [trick.name, trick] as const))('%s', async (_name, trick) => {
  const { rcpt, id } = await attempt(trick);
  if (trick.held === null) {
    expect(rcpt).toMatch(/^5\d\d 5\.\d+\.\d+ /);
    return;
  }
  expect(rcpt).toStartWith('250 2.1.5');
  const message = await flow.message(id ?? '');
  expect(message?.recipients.map(({ address }) => address)).toEqual([trick.held]);
});

test('all that was taken went to the primary of the served domain, and nobody else heard of it', async () => {
  const taken = TRICKS.filter(({ held }) => held !== null).map(({ held }) => held ?? '');
  await primary.waitFor(() => primary.messages.length === taken.length, 'every trick that was taken');
  const arrived = primary.messages.flatMap(({ recipients }) => recipients.map(({ address }) => address));
  expect(arrived.sort()).toEqual([...taken].sort());
  expect(somebodyElse.sessions).toEqual([]);
  const asked = new Set(flow.dns.queries.map(({ name }) => name).filter((name) => !name.endsWith('.in-addr.arpa')));
  expect([...asked].sort()).toEqual(['_mta-sts.served.example', 'mx.served.example', 'served.example']);
  expect(faultsOf(flow.service)).toEqual([]);
});
