/** The call-ahead while the primary is away, silent, slow, or not to be asked any more: the domain's policy, never 5yz anew. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { ServedQuestion } from '../../src/policy/decision.ts';
import type { UnknownWhileDown } from '../../src/domains/relay-domain.ts';
import { openScene, type Scene, soon } from './call-ahead-scene.ts';
import { quickestMs } from '../helpers/timing.ts';

const HOUR = 3600;
const DEFER: UnknownWhileDown = { policy: 'DEFER', hours: 4 };

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

describe('while an outage is open', () => {
  test('nobody is asked; the known stay known, the refused stay refused, though their answers expire meanwhile', async () => {
    const node = scene.node();
    const domain = await scene.domain({ unknownWhileDown: DEFER });
    scene.mailboxes('alice');
    await node.rcpt(domain, 'alice');
    expect(await node.rcpt(domain, 'nobody')).toBe('550 BMX-PRIMARY');
    await node.rcpt(domain, 'stale');
    await scene.pass(2 * HOUR + 1);
    // Its refusal expires before the outage begins, that of this one behind it.
    expect(await node.rcpt(domain, 'nobody')).toBe('550 BMX-PRIMARY');
    node.learned.note(domain.destinationId, `bob@${domain.name}`);
    await node.learned.flush();
    await scene.openOutage(domain);
    const before = scene.asked().length;
    await scene.pass(8 * 24 * HOUR);
    await node.openOutages.refresh();
    expect(await node.rcpt(domain, 'alice')).toBe('250');
    expect(await node.rcpt(domain, 'bob')).toBe('250');
    expect(await node.rcpt(domain, 'nobody')).toBe('550 BMX-PRIMARY');
    expect(await node.rcpt(domain, 'stale')).toBe('450 BMX-LATER');
    expect(await node.rcpt(domain, 'unknown')).toBe('450 BMX-LATER');
    expect(scene.asked().length).toBe(before);

    await scene.closeOutage(domain);
    scene.mailboxes('alice', 'unknown');
    expect(await node.rcpt(domain, 'unknown')).toBe('250');
    expect(await node.rcpt(domain, 'nobody')).toBe('550 BMX-PRIMARY');
    expect(scene.asked().length).toBeGreaterThan(before);
  });

  test('unknown: ACCEPT takes, DEFER puts off until it ends, DEFER_THEN_ACCEPT until it is so many hours old', async () => {
    const node = scene.node();
    const accept = await scene.domain();
    const defer = await scene.domain({ unknownWhileDown: DEFER });
    const hours = await scene.domain({ unknownWhileDown: { policy: 'DEFER_THEN_ACCEPT', hours: 4 } });
    for (const domain of [accept, defer, hours]) await scene.openOutage(domain);
    const ask = () => Promise.all([accept, defer, hours].map((domain) => node.rcpt(domain, 'unknown')));
    expect(await ask()).toEqual(['250', '450 BMX-LATER', '450 BMX-LATER']);
    await scene.pass(4 * HOUR - 60);
    await node.openOutages.refresh();
    expect(await ask()).toEqual(['250', '450 BMX-LATER', '450 BMX-LATER']);
    await scene.pass(120);
    await node.openOutages.refresh();
    expect(await ask()).toEqual(['250', '450 BMX-LATER', '250']);
    // It must be reachable.
    expect(await node.rcpt(defer, 'postmaster')).toBe('250');
    expect(scene.primary.sessions.length).toBe(0);
  });

  test('asks the database about a recipient once a minute at most, known or not', async () => {
    const node = scene.node();
    const domain = await scene.domain({ unknownWhileDown: DEFER });
    node.learned.note(domain.destinationId, `bob@${domain.name}`);
    await node.learned.flush();
    await scene.openOutage(domain);
    const question = (localPart: string): ServedQuestion => ({
      client: { address: '192.0.2.9', name: null, ehloName: 'client.test', protocol: 'ESMTP', tls: null },
      mail: { reversePath: null, sizeBytes: null },
      localPart,
      domain,
      isRole: false,
    });
    for (const name of ['bob', 'unknown']) {
      const first = node.callAhead.check(question(name));
      expect(first).toBeInstanceOf(Promise);
      await first;
    }
    expect(node.callAhead.check(question('bob'))).toMatchObject({ kind: 'PASS' });
    expect(node.callAhead.check(question('unknown'))).toMatchObject({ kind: 'REFUSE', reply: { code: 450 } });
    await scene.pass(61);
    const later = node.callAhead.check(question('bob'));
    expect(later).toBeInstanceOf(Promise);
    await later;
  });

  test('a listed recipient is known', async () => {
    const node = scene.node();
    const list = { count: 1, revision: 1 };
    const domain = await scene.domain({ unknownWhileDown: DEFER, recipientList: list });
    await scene.openOutage(domain);
    expect(await node.rcpt(domain, 'listed')).toBe('250');
  });

  test('a paused destination is not asked; the unknown are taken once DEFER does not forbid it', async () => {
    const node = scene.node();
    const paused = await scene.domain({ unknownWhileDown: { policy: 'DEFER_THEN_ACCEPT', hours: 4 } });
    const firm = await scene.domain({ unknownWhileDown: DEFER });
    await scene.db.sql`update destinations set is_paused = true`;
    expect(await node.rcpt(paused, 'unknown')).toBe('250');
    expect(await node.rcpt(firm, 'unknown')).toBe('450 BMX-LATER');
    expect(scene.primary.sessions.length).toBe(0);
  });
});

describe('a primary that does not answer', () => {
  test('44, 46: is the policy’s case, remembered for a minute, opens no outage, and turns no yes into a no', async () => {
    const node = scene.node();
    const domain = await scene.domain({ unknownWhileDown: DEFER });
    scene.mailboxes('alice');
    await node.rcpt(domain, 'alice');
    await node.callAhead.close();
    await scene.primary.stop();
    await scene.pass(7 * 24 * HOUR - 60);
    const second = scene.node();
    expect(await second.rcpt(domain, 'alice')).toBe('250');
    expect(await second.rcpt(domain, 'unknown')).toBe('450 BMX-LATER');
    // The answer expires, the silence began before: still known. A process that starts now knows of no silence.
    await scene.pass(70);
    expect(await second.rcpt(domain, 'alice')).toBe('250');
    await scene.primary.start();
    // Its last try was just now.
    expect(await second.rcpt(domain, 'bob')).toBe('450 BMX-LATER');
    await scene.pass(61);
    expect(await second.rcpt(domain, 'bob')).toBe('550 BMX-PRIMARY');
    expect(await scene.db.sql`select from outages`).toHaveLength(0);
    expect(await scene.row(domain, 'alice')).toMatchObject({ answer: 'POSITIVE' });
  });

  test('two silences hours apart are no outage: a refusal from before the first does not count at the second', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.mailboxes('alice');
    expect(await node.rcpt(domain, 'bob')).toBe('550 BMX-PRIMARY');
    await scene.primary.stop();
    expect(await node.rcpt(domain, 'carol')).toBe('250');
    // Back it takes what is delivered, of which the call-ahead hears nothing; bob is made; and it is away for a moment again.
    await scene.pass(3 * HOUR);
    expect(await node.rcpt(domain, 'bob')).toBe('250');
  });

  test('DEFER_THEN_ACCEPT counts from when it fell silent, where no mail was taken that could have opened an outage', async () => {
    const node = scene.node();
    const domain = await scene.domain({ unknownWhileDown: { policy: 'DEFER_THEN_ACCEPT', hours: 4 } });
    await scene.primary.stop();
    for (let hour = 0; hour < 4; hour += 1) {
      expect(await node.rcpt(domain, 'unknown')).toBe('450 BMX-LATER');
      await scene.pass(HOUR);
    }
    expect(await node.rcpt(domain, 'unknown')).toBe('250');
  });

  test('46: one that is silent after the connection costs the first sender some seconds, the others nothing', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.primary.setMode({ silentAt: 'GREETING' });
    const startedAt = performance.now();
    const heard = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => node.rcpt(domain, name)));
    expect(heard).toEqual(Array.from({ length: 6 }, () => '250'));
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    const tookMs = await quickestMs(1000, async () => expect(await node.rcpt(domain, 'g')).toBe('250'));
    expect(tookMs).toBeLessThan(1000);
    expect(scene.primary.sessions.length).toBeLessThanOrEqual(2);
  }, 40_000);

  test('a connection lost over one recipient says nothing of the others', async () => {
    const node = scene.node();
    const domain = await scene.domain({ unknownWhileDown: DEFER });
    expect(await node.rcpt(domain, 'drop-at-rcpt')).toBe('450 BMX-LATER');
    expect(await node.rcpt(domain, 'alice')).toBe('250');
  });
});

describe('49: the probe budget', () => {
  test('5,000 random recipients at once on two nodes cost the primary no more than its budget', async () => {
    const domain = await scene.domain();
    scene.mailboxes('alice');
    const nodes = [scene.node({ burst: 30, perMinute: 60 }), scene.node({ burst: 30, perMinute: 60 })];
    const startedAt = performance.now();
    const heard = await Promise.all(
      Array.from({ length: 5000 }, async (_, index) => nodes[index % 2]?.rcpt(domain, `random${index}`)),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    const refused = heard.filter((reply) => reply === '550 BMX-PRIMARY').length;
    expect(refused).toBeGreaterThan(5);
    expect(heard.filter((reply) => reply === '250').length).toBe(5000 - refused);
    await Promise.all(nodes.map((node) => node.callAhead.close()));
    expect(scene.asked().length).toBeGreaterThanOrEqual(20);
    expect(scene.asked().length).toBeLessThanOrEqual(30 + Math.ceil((performance.now() - startedAt) / 1000));
    expect(seconds).toBeLessThan(40);
    // Known mailboxes are decided as before, and it fills again.
    await scene.pass(60);
    const later = scene.node({ burst: 30, perMinute: 60 });
    expect(await later.rcpt(domain, 'later')).toBe('550 BMX-PRIMARY');
    expect(nodes.flatMap(({ faults }) => faults)).toEqual([]);
  }, 60_000);

  test('spent, the domain’s policy decides', async () => {
    const node = scene.node({ burst: 3, perMinute: 1 });
    const accept = await scene.domain();
    const defer = await scene.domain({ unknownWhileDown: DEFER });
    scene.mailboxes('alice');
    expect(await node.rcpt(accept, 'nobody')).toBe('550 BMX-PRIMARY');
    expect(await node.rcpt(accept, 'unknown')).toBe('250');
    expect(await node.rcpt(defer, 'unknown')).toBe('450 BMX-LATER');
    expect(await node.rcpt(accept, 'nobody')).toBe('550 BMX-PRIMARY');
    // Both domains are at one host.
    expect(scene.askedFor()).toEqual([`nobody@${accept.name}`]);
    await soon('the sessions to close', () => scene.primary.sessions.every(({ isOpen }) => !isOpen));
  });

  test('the positives stay in memory, however many names are tried out', async () => {
    const node = scene.node();
    const domain = await scene.domain();
    scene.mailboxes('alice');
    await node.rcpt(domain, 'alice');
    await scene.openOutage(domain);
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(Array.from({ length: 500 }, (_, index) => node.rcpt(domain, `random${round}-${index}`)));
    }
    const recipient = { destinationId: domain.destinationId, tenantId: domain.tenantId, localPart: 'alice' };
    expect(node.answers.recall(recipient)?.answer).toBe('POSITIVE');
  });
});
