/** What a DNS list costs: one question per client and zone, one time-out per client, nothing of a zone that keeps silent. */
import { afterEach, describe, expect, test } from 'bun:test';
import { parseAddress } from '../../../src/mail/ip.ts';
import type { DnsAnswer } from '../../../src/dns/answer.ts';
import { createDnsblLookup, type DnsblLookup } from '../../../src/policy/dnsbl/lookup.ts';
import { startFakeDns, type FakeDns, type FakeRecords } from '../../helpers/fake-dns.ts';
import { domainWith, nameIn, openScene, type Scene } from '../dnsbl-scene.ts';
import { quickestMs } from '../../helpers/timing.ts';

const BL = 'bl.example';
const SILENT = 'silent.example';
const client = (index: number) => `192.0.2.${index}`;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(
  zones: Readonly<Record<string, FakeRecords>>,
  options: Parameters<typeof openScene>[1] = {},
): Promise<{ dns: FakeDns; scene: Scene }> {
  const dns = await startFakeDns(zones);
  const scene = openScene(dns.address, options);
  closers.push(
    () => scene.close(),
    () => dns.close(),
  );
  return { dns, scene };
}

const silentFor = (addresses: readonly string[]): Record<string, FakeRecords> =>
  Object.fromEntries(addresses.map((address) => [nameIn(SILENT, address), { mode: 'TIMEOUT' as const }]));

async function timed(work: () => unknown): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
}

const isSilent = ({ name }: { readonly name: string }) => name.endsWith(SILENT);

describe('a silent zone', () => {
  test('costs its time-out once per client, not per recipient, and soon nobody waits for it', async () => {
    const clients = [1, 2, 3, 4, 5].map(client);
    const { dns, scene } = await open(
      { ...silentFor(clients), [nameIn(BL, client(5))]: { A: ['127.0.0.2'], ttlSeconds: 300 } },
      { queryMs: 1200 },
    );
    const domains = ['a.test', 'b.test', 'c.test'].map((name) => domainWith(name, [SILENT, BL]));
    const [first, second] = domains;
    if (first === undefined || second === undefined) throw new Error('no domains');
    // All recipients of one client, together and one after the other.
    const together = await timed(() => Promise.all(domains.map((domain) => scene.say(client(1), domain))));
    expect(together).toBeGreaterThan(500);
    // One after the other it would be three.
    expect(together).toBeLessThan(3500);
    const asked = dns.queries.filter(isSilent).length;
    expect(await quickestMs(50, () => scene.say(client(1), first))).toBeLessThan(300);
    expect(dns.queries.filter(isSilent)).toHaveLength(asked);
    for (const index of [2, 3]) expect(await timed(() => scene.say(client(index), first))).toBeGreaterThan(500);
    // Nobody waits any more, and what other zones say still counts.
    const before = dns.queries.filter(isSilent).length;
    expect(await quickestMs(50, () => scene.say(client(4), first))).toBeLessThan(300);
    expect(await scene.say(client(5), second)).toContain('listed in bl.example');
    expect(dns.queries.filter(isSilent)).toHaveLength(before);
  });

  test('is tried again behind the back of a client, and used again once it answers', async () => {
    const clients = [1, 2, 3, 4].map(client);
    const { dns, scene } = await open(silentFor(clients), { queryMs: 1200 });
    const domain = domainWith('a.test', [SILENT]);
    await Promise.all([1, 2, 3].map((index) => scene.say(client(index), domain)));
    for (const address of clients) dns.set(nameIn(SILENT, address), { A: ['127.0.0.2'] });
    expect(await scene.say(client(4), domain)).toBe('PASS');
    scene.clock.shiftMs += 31_000;
    // The client that meets the trial does not wait for it; the next one profits.
    expect(await scene.say(client(4), domain)).toBe('PASS');
    await untilTrue(async () => (await scene.say(client(4), domain)) !== 'PASS');
    expect(dns.count(nameIn(SILENT, client(4)), 'A')).toBe(1);
  });

  test('among allow lists leaves the block lists their time', async () => {
    const { scene } = await open({
      ...silentFor([client(1)]),
      [nameIn(BL, client(1))]: { A: ['127.0.0.2'] },
    });
    const domain = domainWith('a.test', [BL], { allowZones: [{ zone: SILENT, codes: [] }] });
    const tookMs = await timed(async () =>
      expect(await scene.say(client(1), domain)).toContain('listed in bl.example'),
    );
    expect(tookMs).toBeGreaterThan(1300);
    expect(tookMs).toBeLessThan(2950);
  });

  test('is waited for three seconds at the most, however many there are', async () => {
    const zones = Array.from({ length: 10 }, (_, index) => `z${index}.example`);
    const { scene } = await open(
      Object.fromEntries(zones.map((zone) => [nameIn(zone, client(1)), { mode: 'TIMEOUT' as const }])),
      { queryMs: 20_000 },
    );
    const tookMs = await timed(() => scene.say(client(1), domainWith('a.test', zones)));
    expect(tookMs).toBeGreaterThan(2800);
    expect(tookMs).toBeLessThan(10_000);
  });
});

describe('answers are kept', () => {
  test('for the time they say, at least a minute', async () => {
    const { dns, scene } = await open({
      [nameIn(BL, client(1))]: { A: ['127.0.0.2'], ttlSeconds: 1 },
      [nameIn(BL, client(2))]: { A: ['127.0.0.2'], ttlSeconds: 600 },
      [nameIn(BL, client(3))]: { mode: 'SERVFAIL' },
    });
    const domain = domainWith('a.test', [BL]);
    const ask = () => Promise.all([1, 2, 3, 4].map((index) => scene.say(client(index), domain)));
    const counts = () => [1, 2, 3, 4].map((index) => dns.count(nameIn(BL, client(index)), 'A'));
    await ask();
    scene.clock.shiftMs += 59_000;
    await ask();
    expect(counts()).toEqual([1, 1, 1, 1]);
    scene.clock.shiftMs += 2000;
    await ask();
    expect(counts()).toEqual([2, 1, 2, 2]);
    scene.clock.shiftMs += 600_000;
    await ask();
    expect(counts()[1]).toBe(2);
  });

  test('never for more than an hour', async () => {
    const answers: DnsAnswer<string>[] = [];
    const lookup = lookupOn(async () => {
      answers.push(found(['127.0.0.2'], 86_400));
      return answers.at(-1) as DnsAnswer<string>;
    });
    await lookup.ask(address(1), BL);
    lookup.clock.nowMs += 3_599_000;
    await lookup.ask(address(1), BL);
    expect(answers).toHaveLength(1);
    lookup.clock.nowMs += 2000;
    await lookup.ask(address(1), BL);
    expect(answers).toHaveLength(2);
  });

  test('up to a bound; the one used longest ago makes room', async () => {
    const asked: string[] = [];
    const lookup = lookupOn(async (name) => {
      asked.push(name);
      return { kind: 'NXDOMAIN' };
    });
    for (const index of [1, 2, 3, 4]) await lookup.ask(address(index), BL);
    expect(lookup.ask(address(4), BL)).toEqual({ kind: 'NOT_LISTED' });
    expect(lookup.ask(address(1), BL)).toBeInstanceOf(Promise);
    await lookup.ask(address(1), BL);
    expect(asked).toHaveLength(5);
  });
});

describe('questions under way', () => {
  test('of one client and zone are one', async () => {
    const asked: string[] = [];
    const lookup = lookupOn(async (name) => {
      asked.push(name);
      return { kind: 'NXDOMAIN' };
    });
    await Promise.all(Array.from({ length: 50 }, async () => lookup.ask(address(1), BL)));
    await Promise.all(Array.from({ length: 50 }, async () => lookup.explain(address(1), BL)));
    expect(asked).toEqual([nameIn(BL, client(1)), nameIn(BL, client(1))]);
  });

  test('are bounded for each zone, so that none takes the sockets of the others; the rest comes after', async () => {
    let inFlight = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const lookup = lookupOn(async (name) => {
      if (!name.endsWith(BL)) return { kind: 'NXDOMAIN' };
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise<void>((resolve) => waiting.push(resolve));
      inFlight -= 1;
      return found(['127.0.0.2'], 60);
    }, 1000);
    const asked = Array.from({ length: 200 }, async (_, index) => lookup.ask(address(index), BL));
    expect(await lookup.ask(address(1), 'two.example')).toEqual({ kind: 'NOT_LISTED' });
    expect(waiting).toHaveLength(48);
    const answering = setInterval(() => waiting.splice(0).forEach((answer) => answer()), 1);
    const answers = await Promise.all(asked);
    clearInterval(answering);
    expect(answers.every(({ kind }) => kind === 'LISTED')).toBe(true);
    expect(most).toBe(48);
  });

  test('wait in a queue of bounded length; who comes when it is full is not asked about', async () => {
    const held: (() => void)[] = [];
    const lookup = lookupOn(async () => {
      await new Promise<void>((resolve) => held.push(resolve));
      return { kind: 'NXDOMAIN' };
    }, 2000);
    const many = Array.from({ length: 1100 }, (_, index) => `198.51.${index >> 8}.${index & 255}`);
    const asked = many.map(async (text) => lookup.ask(parseAddress(text) ?? address(1), BL));
    const beyond = await Promise.all(asked.slice(1048));
    expect(beyond.every((answer) => answer.kind === 'TROUBLE' && answer.reason === 'NOT_ASKED')).toBe(true);
    const answering = setInterval(() => held.splice(0).forEach((answer) => answer()), 1);
    const within = await Promise.all(asked.slice(0, 1048));
    clearInterval(answering);
    expect(within.every(({ kind }) => kind === 'NOT_LISTED')).toBe(true);
  });

  test('end for those who wait for a place when the zone turns out silent', async () => {
    const failing: (() => void)[] = [];
    const lookup = lookupOn(async () => {
      await new Promise<void>((resolve) => failing.push(resolve));
      return { kind: 'TROUBLE', reason: 'TIMEOUT' };
    }, 1000);
    const asked = Array.from({ length: 100 }, async (_, index) => lookup.ask(address(index), BL));
    await untilTrue(async () => failing.length === 48);
    lookup.clock.nowMs += 3000;
    failing.splice(0, 3).forEach((fail) => fail());
    const late = await Promise.all(asked.slice(51));
    expect(late.every((answer) => answer.kind === 'TROUBLE' && answer.reason === 'NOT_ASKED')).toBe(true);
    // Two more had got the places of the first two before the third made it a silence.
    expect(failing).toHaveLength(47);
    failing.splice(0).forEach((fail) => fail());
    await Promise.all(asked);
  });
});

const address = (index: number) => {
  const parsed = parseAddress(client(index));
  if (parsed === null) throw new Error('no address');
  return parsed;
};

const found = (records: string[], ttlSeconds: number): DnsAnswer<string> => ({
  kind: 'FOUND',
  records,
  ttlSeconds,
  canonicalName: '',
  isAuthenticated: false,
});

/** Over answers of the test's own, on a clock of its own; keeps three answers unless said otherwise. */
function lookupOn(
  answer: (name: string) => Promise<DnsAnswer<string>>,
  maxEntries = 3,
): DnsblLookup & { readonly clock: { nowMs: number } } {
  const clock = { nowMs: 1000 };
  const options = { queryAddress: answer, queryText: answer, onError: () => undefined, maxEntries };
  return { ...createDnsblLookup({ ...options, monotonicMs: () => clock.nowMs }), clock };
}

async function untilTrue(isTrue: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error('it did not come true within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
