/** Receivers that misbehave, and addresses that nobody shall be sent to: what comes of a delivery there, and to others meanwhile. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { Viewer } from '../../src/mail/viewer.ts';
import { addTenant } from '../control/harness.ts';
import { until } from '../helpers/child.ts';
import type { Receiver } from '../helpers/webhook-receiver.ts';
import { startWorld, type World } from './webhook-world.ts';

let world: World;
let receiver: Receiver;
let destinationId: string;
let elsewhere: string;
let other: Viewer;
beforeAll(async () => {
  world = await startWorld();
  destinationId = await world.domain('kept.example');
  elsewhere = await world.domain('elsewhere.example');
  other = await addTenant(world.database);
});
beforeEach(async () => {
  await world.reset();
  receiver = await world.receiver();
});
afterEach(() => expect(world.faults).toEqual([]));
afterAll(() => world.close());

const OPENED = { outageId: '0190', class: 'DOWN', reply: '[refused]', secretNote: 'not for others' };
describe('a receiver', () => {
  const statusOf = async (answer: Receiver['answer'], timeoutMs = 20_000) => {
    const node = world.startNode('hasty', { timeoutMs });
    receiver.answer = answer;
    const { id } = await world.webhook({ url: receiver.url });
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    await until('an attempt', 30_000, async () => {
      await node.tick();
      return world.attempts.length > 0;
    });
    const [delivery] = await world.delivered(id);
    return [delivery?.status, delivery?.responseStatus, delivery?.responseText];
  };

  test('that says nothing is left in time', async () => {
    expect(await statusOf(() => undefined, 500)).toEqual([
      'PENDING',
      null,
      expect.stringContaining('no answer of 127.0.0.1'),
    ]);
  });

  test('that closes without a word has failed', async () => {
    expect(await statusOf((response) => void response.destroy())).toEqual([
      'PENDING',
      null,
      expect.stringMatching(/^\[.+\]$/),
    ]);
  });

  test('that breaks off in its body has said its status', async () => {
    const answer: Receiver['answer'] = (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    };
    expect(await statusOf(answer)).toEqual(['DELIVERED', 200, 'half']);
  });

  test('that drips is cut off and has said its status', async () => {
    const answer: Receiver['answer'] = (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    };
    expect(await statusOf(answer, 2000)).toEqual(['DELIVERED', 200, expect.stringMatching(/^x+$/)]);
  });

  test('with a giant body is heard as far as it matters', async () => {
    const answer: Receiver['answer'] = (response) => {
      response.writeHead(400);
      const more = (): void => {
        while (!response.destroyed && response.write('y'.repeat(65_536)));
        response.once('drain', more);
      };
      more();
    };
    expect(await statusOf(answer)).toEqual(['PENDING', 400, 'y'.repeat(1000)]);
  });

  test('that redirects, also to this machine, is not followed', async () => {
    const inside = await world.receiver('127.0.0.1');
    const answer: Receiver['answer'] = (response) => {
      response.writeHead(302, { location: inside.url });
      response.end();
    };
    expect(await statusOf(answer)).toEqual(['PENDING', 302, '']);
    expect(inside.connectionCount()).toBe(0);
  });

  test('that is slow holds up nobody else', async () => {
    const slow = await world.receiver();
    slow.answer = () => undefined;
    for (let count = 0; count < 3; count += 1) await world.webhook({ url: slow.url });
    const quick = await world.webhook({ url: receiver.url }, other);
    for (let count = 0; count < 10; count += 1) {
      await world.event('OUTAGE_OPENED', destinationId, OPENED);
      await world.event('OUTAGE_OPENED', elsewhere, OPENED, other.tenantId);
    }
    await until('the quick one has all', 30_000, async () => {
      await world.node.tick();
      return receiver.received.length === 10;
    });
    expect((await world.delivered(quick.id)).length).toBe(10);
    // Two of each webhook are under way, and no more.
    expect(slow.connectionCount()).toBe(6);
  });

  test('of one tenant never has more than eight requests under way', async () => {
    receiver.answer = () => undefined;
    for (let count = 0; count < 6; count += 1) await world.webhook({ url: receiver.url });
    for (let count = 0; count < 3; count += 1) await world.event('OUTAGE_OPENED', destinationId, OPENED);
    await world.node.tick();
    await until('eight are under way', 30_000, () => receiver.received.length === 8);
    await world.node.tick();
    await world.node.tick();
    expect(receiver.connectionCount()).toBe(8);
  });
});

describe('an address', () => {
  const attemptAt = async (hosts: Record<string, readonly string[]>, host: string) => {
    const strict = world.startNode('strict', { allowPrivate: false });
    Object.assign(world.dns, hosts);
    await world.webhook({ url: `http://${host}:${receiver.port}/` });
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    await until('an attempt', 30_000, async () => {
      await strict.tick();
      return world.attempts.length > 0;
    });
    const [made] = await world.sql<{ state: string; text: string }[]>`
      select state, response_text as text from webhook_deliveries where response_text is not null`;
    return made?.state === 'DELIVERED' ? made.state : made?.text;
  };

  test.each([
    ['127.0.0.1'],
    ['::ffff:127.0.0.1'],
    ['0.0.0.0'],
    ['169.254.169.254'],
    ['::1'],
    ['fd00::1'],
    ['10.0.0.1'],
    ['64:ff9b::7f00:1'],
  ])('of our own network is never asked, whatever leads to it: %s', async (address) => {
    expect(await attemptAt({ 'hooks.example': [address] }, 'hooks.example')).toBe(
      '[hooks.example has no address that may be used]',
    );
    expect(receiver.connectionCount()).toBe(0);
  });

  test.each(['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::ffff:127.0.0.1]'])(
    'that was allowed when it was typed is refused when it is not any more: %s',
    async (host) => {
      expect(await attemptAt({}, host)).toMatch(/^\[.* is an address that may not be used\]$/);
      expect(receiver.connectionCount()).toBe(0);
    },
  );

  test('is the one that was judged, though the DNS says another thing a moment later', async () => {
    const rebound = await world.receiver('127.0.0.66', receiver.port);
    let asked = 0;
    Object.defineProperty(world.dns, 'rebind.example', {
      get: () => (asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.66']),
    });
    await world.webhook({ url: `http://rebind.example:${receiver.port}/` });
    await world.event('OUTAGE_OPENED', destinationId, OPENED);
    await world.untilAttempts(1);
    expect([asked, receiver.received.length, rebound.connectionCount()]).toEqual([1, 1, 0]);
    expect(receiver.received[0]?.headers.host).toBe(`rebind.example:${receiver.port}`);
  });
});
