/** Of many hosts and addresses an attempt dials a few; over the turns all of them. */
import { afterEach, describe, expect, test } from 'bun:test';
import { chooseDials, takeTurn, createMxWalk } from '../../src/dns/mx-set.ts';
import { findNextHops } from '../../src/dns/next-hop.ts';
import type { FakeRecords } from '../helpers/fake-dns.ts';
import { mx, setUp, tearDown } from './next-hop-scene.ts';

afterEach(tearDown);

interface Host {
  readonly host: string;
  readonly addresses: readonly string[];
}

function hostsOf(hostCount: number, addressCount: number): Host[] {
  return Array.from({ length: hostCount }, (_, host) => ({
    host: `h${host}`,
    addresses: Array.from({ length: addressCount }, (_, index) => `192.0.${host}.${index + 10}`),
  }));
}

function dialsOf(hosts: readonly Host[], turn: number): Host[] {
  const { order, turnOf } = takeTurn(hosts, turn);
  return chooseDials(order, turnOf);
}

describe('the choice', () => {
  test.each([
    [1, 1],
    [1, 20],
    [2, 64],
    [3, 7],
    [5, 2],
    [5, 20],
    [6, 1],
    [9, 3],
    [11, 20],
    [21, 64],
    [60, 20],
    [100, 64],
  ])(
    '%d hosts of %d addresses: five and ten at most in a turn, the best one in each, all in time',
    (hosts, addresses) => {
      const all = hostsOf(hosts, addresses);
      const dialled = new Set<string>();
      const most = Math.ceil((hosts - 1) / 4 + 1) * Math.ceil(addresses / 2 + 1) + 2;
      let turn = 0;
      for (; turn < most && dialled.size < hosts * addresses; turn += 1) {
        const chosen = dialsOf(all, turn);
        const flat = chosen.flatMap((one) => one.addresses);
        expect(chosen.length).toBe(Math.min(5, hosts));
        expect(flat.length).toBe(new Set(flat).size);
        expect(flat.length).toBe(Math.min(10, Math.min(5, hosts) * addresses));
        expect(chosen[0]?.host).toBe('h0');
        for (const address of flat) dialled.add(address);
      }
      expect(dialled.size).toBe(hosts * addresses);
    },
  );

  test('what fits stays as it is, turn after turn', () => {
    const all = hostsOf(5, 2);
    for (const turn of [0, 1, 7]) expect(dialsOf(all, turn)).toEqual(all);
  });

  test('places that one host leaves free are another’s', () => {
    const [few, many] = [hostsOf(1, 1), hostsOf(2, 20).slice(1)];
    expect(dialsOf([...few, ...many], 0).map(({ addresses }) => addresses.length)).toEqual([1, 9]);
  });

  test('an answer in another order each time does not hide an address', () => {
    const [all] = hostsOf(1, 30);
    const dialled = new Set<string>();
    for (let turn = 0; turn < 3; turn += 1) {
      const addresses = (all?.addresses ?? []).toSorted(() => Math.random() - 0.5);
      for (const address of dialsOf([{ host: 'h0', addresses }], turn)[0]?.addresses ?? []) dialled.add(address);
    }
    expect(dialled.size).toBe(30);
  });
});

/** As a stranger publishes it: many MX of many addresses each, nothing cached. */
function manyHosts(hostCount = 24, addressCount = 6): { zones: Record<string, FakeRecords>; zone: FakeRecords } {
  const names = Array.from({ length: hostCount }, (_, index) => `mx${String(index).padStart(2, '0')}.example`);
  const zones = Object.fromEntries(
    names.map((name, host) => [
      name,
      { A: Array.from({ length: addressCount }, (_, index) => `203.0.${host}.${index + 1}`) },
    ]),
  );
  return { zones, zone: mx(...names.map((name, index) => `${index} ${name}`)) };
}

describe('an attempt at many MX of many addresses', () => {
  test('60 of 20: ten hosts are looked up, ten addresses dialled', async () => {
    const { zones, zone } = manyHosts(60, 20);
    const { dns, options } = await setUp({ ...zones, 'd.example': zone });
    const hops = await findNextHops('d.example', options);
    // MX, and A and AAAA of the first five hosts, which have addresses.
    expect(dns.queries.length).toBe(11);
    expect(hops.kind === 'HOSTS' ? hops.hosts.map(({ addresses }) => addresses.length) : []).toEqual([2, 2, 2, 2, 2]);
  });

  test('looks up ten hosts, dials five at ten addresses, in the order of preference; in time all of them', async () => {
    const { zones, zone } = manyHosts();
    const { dns, options } = await setUp({ ...zones, 'd.example': zone });
    const walk = createMxWalk(() => 0);
    const seen = new Set<string>();
    let turn = 0;
    for (; turn < 200 && seen.size < 144; turn += 1) {
      const before = dns.queries.length;
      const hops = await findNextHops('d.example', { ...options, walk, turn });
      if (hops.kind !== 'HOSTS') throw new Error(hops.kind);
      // MX, and A and AAAA of ten hosts.
      expect(dns.queries.length - before).toBeLessThanOrEqual(21);
      expect(hops.hosts.length).toBeLessThanOrEqual(5);
      const addresses = hops.hosts.flatMap((one) => one.addresses);
      expect(addresses.length).toBeLessThanOrEqual(10);
      const preferences = hops.hosts.map(({ preference }) => preference);
      expect(preferences).toEqual(preferences.toSorted((a, b) => a - b));
      expect(preferences[0]).toBe(0);
      for (const address of addresses) seen.add(address);
    }
    expect(seen.size).toBe(144);
  });

  test('ours by an address alone, far down: nothing at or after it is ever dialled', async () => {
    const { zones, zone } = manyHosts();
    const { options } = await setUp({ ...zones, 'd.example': zone, 'mx13.example': { A: ['11.51.100.1'] } });
    const walk = createMxWalk(() => 0);
    const seen = new Set<number>();
    for (let turn = 0; turn < 60; turn += 1) {
      const hops = await findNextHops('d.example', { ...options, walk, turn });
      if (hops.kind !== 'HOSTS') throw new Error(hops.kind);
      for (const { preference } of hops.hosts) seen.add(preference);
    }
    expect([...seen].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 13 }, (_, index) => index));
  });

  test('without an address in what was looked up it is trouble, and the others have their turn', async () => {
    const { zones, zone } = manyHosts();
    for (const name of Object.keys(zones)) if (name !== 'mx19.example') zones[name] = {};
    const { options } = await setUp({ ...zones, 'd.example': zone });
    const walk = createMxWalk(() => 0);
    expect(await findNextHops('d.example', { ...options, walk })).toMatchObject({
      kind: 'TROUBLE',
      reason: 'NOT_YET_ASKED',
    });
    const found: string[] = [];
    for (let turn = 0; turn < 60 && found.length === 0; turn += 1) {
      const hops = await findNextHops('d.example', { ...options, walk, turn });
      if (hops.kind === 'HOSTS') found.push(...hops.hosts.map(({ host }) => host));
    }
    expect(found).toEqual(['mx19.example']);
  });

  test('a list in deliverTo is bounded alike, in its order', async () => {
    const { zones } = manyHosts();
    const deliverTo = Object.keys(zones).map((host) => ({ host, port: null }));
    const { options } = await setUp(zones);
    const seen = new Set<string>();
    for (let turn = 0; turn < 60; turn += 1) {
      const hops = await findNextHops('d.example', { ...options, deliverTo, turn });
      if (hops.kind !== 'HOSTS') throw new Error(hops.kind);
      expect(hops.hosts.length).toBe(5);
      expect(hops.hosts.flatMap(({ addresses }) => addresses).length).toBe(10);
      for (const { host, addresses } of hops.hosts) for (const address of addresses) seen.add(`${host} ${address}`);
    }
    expect(seen.size).toBe(144);
  });
});
