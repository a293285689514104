import { describe, expect, test } from 'bun:test';
import type { RelayDomain } from '../../src/domains/relay-domain.ts';
import { createSnapshot } from '../../src/db/snapshot.ts';
import { relayDomain } from '../helpers/relay-domain.ts';

const domain = (name: string, revision = 1): RelayDomain => relayDomain(name, { revision });

const ROOM = { maxKnown: 100, maxUnknown: 100 };

describe('snapshot', () => {
  test('asks once per name, also when many ask at once, and remembers that there is none', async () => {
    const asked: string[] = [];
    const snapshot = createSnapshot<RelayDomain>({
      ...ROOM,
      load: async (name) => {
        asked.push(name);
        return name === 'a.example' ? domain(name) : null;
      },
    });
    await Promise.all(Array.from({ length: 50 }, () => snapshot.find('a.example')));
    expect(await snapshot.find('a.example')).toMatchObject({ name: 'a.example' });
    expect(await snapshot.find('none.example')).toBeNull();
    expect(await snapshot.find('none.example')).toBeNull();
    expect(asked).toEqual(['a.example', 'none.example']);
  });

  test('what is dropped is asked for anew', async () => {
    let revision = 0;
    const snapshot = createSnapshot<RelayDomain>({
      ...ROOM,
      load: async (name) => {
        revision += 1;
        return domain(name, revision);
      },
    });
    await snapshot.find('a.example');
    snapshot.drop('b.example');
    expect((await snapshot.find('a.example'))?.revision).toBe(1);
    snapshot.drop('a.example');
    expect((await snapshot.find('a.example'))?.revision).toBe(2);
    snapshot.dropAll();
    expect((await snapshot.find('a.example'))?.revision).toBe(3);
  });

  test('a key that was dropped with all others counts as known until it is found to have gone', async () => {
    let isThere = true;
    const snapshot = createSnapshot<RelayDomain>({ ...ROOM, load: async (name) => (isThere ? domain(name) : null) });
    expect(snapshot.has('a.example')).toBe(false);
    await snapshot.find('a.example');
    snapshot.dropAll();
    expect([snapshot.has('a.example'), snapshot.has('b.example')]).toEqual([true, false]);
    isThere = false;
    expect(await snapshot.find('a.example')).toBeNull();
    expect(snapshot.has('a.example')).toBe(false);
  });

  test('a load that was under way when its name was dropped is not kept', async () => {
    const loads: ((value: RelayDomain) => void)[] = [];
    const snapshot = createSnapshot<RelayDomain>({
      ...ROOM,
      load: () => new Promise((resolve) => void loads.push(resolve)),
    });
    const stale = snapshot.find('a.example');
    snapshot.drop('a.example');
    const fresh = snapshot.find('a.example');
    loads[1]?.(domain('a.example', 2));
    loads[0]?.(domain('a.example', 1));
    expect((await stale)?.revision).toBe(1);
    expect((await fresh)?.revision).toBe(2);
    expect((await snapshot.find('a.example'))?.revision).toBe(2);
    expect(loads).toHaveLength(2);
  });

  test('a failed load is told to all who wait, and is not kept', async () => {
    let isAway = true;
    const snapshot = createSnapshot<RelayDomain>({
      ...ROOM,
      load: async (name) => {
        if (isAway) throw new Error('database away');
        return domain(name);
      },
    });
    const [one, two] = await Promise.allSettled([snapshot.find('a.example'), snapshot.find('a.example')]);
    expect([one?.status, two?.status]).toEqual(['rejected', 'rejected']);
    isAway = false;
    expect(await snapshot.find('a.example')).not.toBeNull();
  });

  test('is bounded: what was asked longest ago goes first, and unknown names never push out known ones', async () => {
    const asked: string[] = [];
    const snapshot = createSnapshot<RelayDomain>({
      maxKnown: 2,
      maxUnknown: 2,
      load: async (name) => {
        asked.push(name);
        return name.startsWith('known') ? domain(name) : null;
      },
    });
    await snapshot.find('known1');
    await snapshot.find('known2');
    await snapshot.find('known1');
    for (let index = 0; index < 10; index += 1) await snapshot.find(`random${index}`);
    await snapshot.find('known3');
    asked.length = 0;
    await snapshot.find('known1');
    await snapshot.find('random9');
    expect(asked).toEqual([]);
    await snapshot.find('known2');
    await snapshot.find('random0');
    expect(asked).toEqual(['known2', 'random0']);
  });
});
