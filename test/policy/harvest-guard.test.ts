/** The harvest guard: a dictionary is slowed, put off and turned away, in this order; honest senders never notice it. */
import { describe, expect, test } from 'bun:test';
import type { ServedQuestion, Verdict } from '../../src/policy/decision.ts';
import { createHarvestGuard, type HarvestGuard } from '../../src/policy/harvest-guard.ts';
import { decideRecipient } from '../../src/policy/recipient.ts';
import { relayDomain } from '../helpers/relay-domain.ts';

const DOMAIN = relayDomain('good.test');
const MINUTE_MS = 60_000;

interface Scene {
  readonly guard: HarvestGuard;
  nowMs: number;
  /** Said of names that begin with `unasked`. */
  unknownShare: number;
  /** Every delay, in its order; time passes with it. */
  readonly delaysMs: number[];
  /** Names that were asked for below the guard. */
  readonly asked: string[];
  /** `250`, or code and rejection. Names that begin with `known` exist, all others do not. */
  readonly rcpt: (localPart: string, address?: string, refusal?: 'BMX-USER' | 'BMX-PRIMARY') => Promise<string>;
}

function makeScene(): Scene {
  const scene = { nowMs: 1_000_000, unknownShare: 0, delaysMs: [] as number[], asked: [] as string[] };
  const guard = createHarvestGuard({
    monotonicMs: () => scene.nowMs,
    isTrusted: (address) => address === '127.0.0.1',
    mostHeldBack: 100,
    sleep: async (ms) => {
      scene.delaysMs.push(ms);
      scene.nowMs += ms;
    },
  });
  const rcpt: Scene['rcpt'] = async (localPart, address = '192.0.2.66', refusal = 'BMX-USER') => {
    const policy = {
      findRelayDomain: async () => DOMAIN,
      postmaster: { hostname: 'mx.backup.test', recipient: null },
      checks: [
        guard.check,
        ({ localPart: name }: ServedQuestion): Verdict => {
          scene.asked.push(name);
          if (name.startsWith('unasked')) return { kind: 'PASS', unknownShare: scene.unknownShare };
          if (name.startsWith('known') || name === 'postmaster') return { kind: 'PASS' };
          return { kind: 'REFUSE', reply: { code: 550, enhancedCode: '5.1.1', text: 'no', rejection: refusal } };
        },
      ],
      note: guard.note,
    };
    const client = { address, name: null, ehloName: 'c.test', protocol: 'ESMTP', tls: null } as const;
    const path = { localPart, domain: 'good.test', address: `${localPart}@good.test` };
    const decision = await decideRecipient(policy, {
      client,
      mail: { reversePath: null, sizeBytes: null },
      path: { kind: 'PATH', path },
    });
    return decision.kind === 'ACCEPT' ? '250' : `${decision.reply.code} ${decision.reply.rejection}`;
  };
  return Object.assign(scene, { guard, rcpt });
}

/** Asks for so many names that do not exist; what was answered, without repetitions. */
async function dictionary(scene: Scene, names: number, address?: string): Promise<string[]> {
  const answers: string[] = [];
  for (let at = 0; at < names; at += 1) answers.push(await scene.rcpt(`name${at}`, address));
  return answers.filter((answer, at) => answer !== answers[at - 1]);
}

describe('a dictionary', () => {
  test('is slowed, put off and turned away, in this order', async () => {
    const scene = makeScene();
    expect(await dictionary(scene, 200)).toEqual(['550 BMX-USER', '450 BMX-LATER', '421 BMX-LIMIT']);
    // Mailboxes that fall on one bit are left out, so the stages begin a little later than on paper.
    expect(scene.asked.length).toBeGreaterThanOrEqual(30);
    expect(scene.asked.length).toBeLessThan(45);
    expect([...new Set(scene.delaysMs)]).toEqual([1000, 2000, 3000, 4000, 5000]);
    expect(scene.delaysMs.length).toBeGreaterThanOrEqual(20);
    expect(scene.delaysMs.length).toBeLessThan(scene.asked.length - 8);
  });

  test('is told nothing more of known mailboxes once it is put off; role addresses are reached', async () => {
    const scene = makeScene();
    for (let at = 0; (await scene.rcpt(`name${at}`, '2001:db8::1', 'BMX-PRIMARY')) !== '450 BMX-LATER'; at += 1);
    expect(await scene.rcpt('known1', '2001:db8::ffff')).toBe('450 BMX-LATER');
    expect(await scene.rcpt('postmaster', '2001:db8::1')).toBe('250');
    expect(await scene.rcpt('known1', '2001:db8:0:1::1')).toBe('250');
  });

  test('cannot connect for ten minutes, and begins anew after twenty', async () => {
    const scene = makeScene();
    await dictionary(scene, 200);
    expect(scene.guard.isBarred('192.0.2.66')).toBe(true);
    expect(scene.guard.isBarred('::ffff:192.0.2.66')).toBe(true);
    expect(scene.guard.isBarred('192.0.2.67')).toBe(false);
    expect(await scene.rcpt('known1')).toBe('421 BMX-LIMIT');
    scene.nowMs += 10 * MINUTE_MS;
    expect(scene.guard.isBarred('192.0.2.66')).toBe(false);
    scene.nowMs += 10 * MINUTE_MS;
    expect(await scene.rcpt('known1')).toBe('250');
    expect(await scene.rcpt('nobody')).toBe('550 BMX-USER');
  });

  test.each([
    ['an IPv4 /24', (at: number) => `192.0.2.${at}`, 120, '192.0.3.1'],
    ['an IPv6 /56', (at: number) => `2001:db8:0:1${at.toString(16).padStart(2, '0')}::1`, 120, '2001:db8:0:200::1'],
    ['an IPv6 /48', (at: number) => `2001:db8:0:${at.toString(16)}00::1`, 240, '2001:db8:1::1'],
  ])(
    'from ever other addresses of %s is slowed and put off too, its neighbours are not',
    async (_, address, most, other) => {
      const scene = makeScene();
      const answers: string[] = [];
      const { nowMs } = scene;
      // Each address guesses twice, all at the same time: alone it would not be noticed.
      for (let at = 0; at < 500; at += 1) {
        scene.nowMs = nowMs;
        answers.push(await scene.rcpt(`name${at}`, address(at % 250)));
      }
      expect(answers.filter((answer, at) => answer !== answers[at - 1])).toEqual(['550 BMX-USER', '450 BMX-LATER']);
      // Names that fall on one bit are not counted twice.
      expect(scene.asked.length).toBeGreaterThanOrEqual(most);
      expect(scene.asked.length).toBeLessThan(1.5 * most);
      expect([...new Set(scene.delaysMs)]).toEqual([1000, 2000, 3000, 4000, 5000]);
      expect(scene.guard.isBarred(address(0))).toBe(false);
      expect(await scene.rcpt('known', address(251))).toBe('450 BMX-LATER');
      expect(await scene.rcpt('known', other)).toBe('250');
    },
  );

  test('does not hide behind one mailbox that it knows', async () => {
    const scene = makeScene();
    let isTurnedAway = false;
    for (let at = 0; at < 300 && !isTurnedAway; at += 1) {
      await scene.rcpt(at % 2 === 0 ? 'known' : 'KNOWN');
      isTurnedAway = (await scene.rcpt(`name${at}`)) === '421 BMX-LIMIT';
    }
    expect(isTurnedAway).toBe(true);
  });

  test('of one name in ever other capitals is one: each may cost the primary a question', async () => {
    const scene = makeScene();
    const letters = Array.from('nobody');
    let answer = '';
    for (let bits = 0; bits < 64 && answer !== '450 BMX-LATER'; bits += 1) {
      const name = letters.map((letter, at) => ((bits >> at) & 1 ? letter.toUpperCase() : letter)).join('');
      answer = await scene.rcpt(name, '192.0.2.66', 'BMX-PRIMARY');
    }
    expect(answer).toBe('450 BMX-LATER');
  });

  test('is no different for names that nobody was asked about, while nearly all that were are unknown', async () => {
    const scene = makeScene();
    scene.unknownShare = 0.95;
    const answers: string[] = [];
    for (let at = 0; at < 200; at += 1) answers.push(await scene.rcpt(`unasked${at}`));
    expect(answers.filter((answer, at) => answer !== answers[at - 1])).toEqual([
      '250',
      '450 BMX-LATER',
      '421 BMX-LIMIT',
    ]);
    expect(answers.filter((answer) => answer === '250').length).toBeLessThan(50);
    expect([...new Set(scene.delaysMs)]).toEqual([1000, 2000, 3000, 4000, 5000]);
  });

  test('is no different when it had time for a few names that were asked about, whatever others asked for', async () => {
    const scene = makeScene();
    await dictionary(scene, 5);
    const answers: string[] = [];
    for (let at = 0; at < 200; at += 1) answers.push(await scene.rcpt(`unasked${at}`));
    expect(answers.at(-1)).toBe('421 BMX-LIMIT');
  });

  test('is no different when its first names were too many at once for any to be asked about', async () => {
    const scene = makeScene();
    for (let at = 0; at < 300; at += 1) expect(await scene.rcpt(`unasked${at}`)).toBe('250');
    await dictionary(scene, 5);
    expect(await scene.rcpt('unasked')).toBe('421 BMX-LIMIT');
  });

  test('holds back at most a hundred sessions at once', async () => {
    let heldBackCount = 0;
    const never = (): Promise<void> => {
      heldBackCount += 1;
      return new Promise(() => undefined);
    };
    const guard = createHarvestGuard({ monotonicMs: () => 0, isTrusted: () => false, mostHeldBack: 100, sleep: never });
    const client = { address: '192.0.2.66', name: null, ehloName: '', protocol: 'ESMTP', tls: null } as const;
    const reply = { code: 550, enhancedCode: '5.1.1', text: 'no', rejection: 'BMX-USER' } as const;
    for (let at = 0; at < 500; at += 1) {
      const question = { client, mail: { reversePath: null, sizeBytes: null }, localPart: `n${at}`, domain: DOMAIN };
      void guard.note({ ...question, isRole: false }, { kind: 'REFUSE', reply });
    }
    expect(heldBackCount).toBe(100);
  });
});

describe('is never noticed', () => {
  test('by a mailing list with 3 % dead addresses, sent in ten minutes or in one', async () => {
    for (const everyMs of [60, 6]) {
      const scene = makeScene();
      for (let at = 0; at < 10_000; at += 1) {
        const isDead = (at * 37) % 100 < 3;
        expect(await scene.rcpt(`${isDead ? 'dead' : 'known'}${at}`)).toBe(isDead ? '550 BMX-USER' : '250');
        scene.nowMs += everyMs;
      }
      expect(scene.delaysMs).toEqual([]);
    }
  });

  test('by a mailing list of which nobody is asked, while those asked about are mostly known', async () => {
    const scene = makeScene();
    scene.unknownShare = 0.1;
    for (let at = 0; at < 2000; at += 1) expect(await scene.rcpt(`unasked${at}`)).toBe('250');
    expect(scene.delaysMs).toEqual([]);
  });

  test('by a sender known for its known mailboxes, of which nobody is asked while others try names out', async () => {
    const scene = makeScene();
    scene.unknownShare = 0.95;
    for (let at = 0; at < 30; at += 1) await scene.rcpt(`known${at}`);
    for (let at = 0; at < 500; at += 1) expect(await scene.rcpt(`unasked${at}`)).toBe('250');
    expect(scene.delaysMs).toEqual([]);
  });

  test('by a program that writes to the same dead mailbox over and over', async () => {
    const scene = makeScene();
    for (let at = 0; at < 500; at += 1) expect(await scene.rcpt('cron')).toBe('550 BMX-USER');
    expect(scene.delaysMs).toEqual([]);
  });

  test('by a trusted client, nor by others while one is turned away', async () => {
    const scene = makeScene();
    expect(await dictionary(scene, 200, '127.0.0.1')).toEqual(['550 BMX-USER']);
    await dictionary(scene, 200, '192.0.2.66');
    expect(scene.guard.isBarred('192.0.2.66')).toBe(true);
    const delayCount = scene.delaysMs.length;
    expect(await scene.rcpt('known1', '192.0.2.67')).toBe('250');
    expect(await scene.rcpt('nobody', '192.0.2.67')).toBe('550 BMX-USER');
    expect(scene.delaysMs).toHaveLength(delayCount);
  });

  test('by a sender of many dead addresses for longer than it keeps sending them: being put off does not prolong it', async () => {
    const scene = makeScene();
    for (let at = 0; (await scene.rcpt(`dead${at}`)) !== '450 BMX-LATER'; at += 1);
    // Its queue tries again every five minutes, a few at a time.
    const answers: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      scene.nowMs += 5 * MINUTE_MS;
      answers.push(await scene.rcpt('known1'));
    }
    expect(answers.at(-1)).toBe('250');
  });
});

test('a million clients take no more memory than thirty thousand', async () => {
  const scene = makeScene();
  const note = (count: number, from: number): void => {
    const reply = { code: 550, enhancedCode: '5.1.1', text: 'no', rejection: 'BMX-USER' } as const;
    for (let at = from; at < from + count; at += 1) {
      const address = `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
      const client = { address, name: null, ehloName: '', protocol: 'ESMTP', tls: null } as const;
      const mail = { reversePath: null, sizeBytes: null };
      void scene.guard.note({ client, mail, localPart: 'x', domain: DOMAIN, isRole: false }, { kind: 'REFUSE', reply });
    }
  };
  note(30_000, 0);
  Bun.gc(true);
  const before = process.memoryUsage().heapUsed;
  note(970_000, 30_000);
  Bun.gc(true);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
  // One that is heard of all the while is not the one that makes room.
  await dictionary(scene, 200);
  expect(scene.guard.isBarred('192.0.2.66')).toBe(true);
}, 60_000);
