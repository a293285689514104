/** The wait before the greeting, and whom it spares. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { InboundOptions } from '../../src/inbound/listener-state.ts';
import { type Fixture, startInbound } from './fixture.ts';

const opened: Fixture[] = [];

async function start(overrides: Partial<InboundOptions> = {}): Promise<Fixture> {
  const fixture = await startInbound(overrides);
  opened.push(fixture);
  return fixture;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((fixture) => fixture.close()));
});

describe('the wait before the greeting', () => {
  test('a client that speaks meanwhile is refused; one that waits is greeted; a trusted one does not wait', async () => {
    const fixture = await start({ greetingWaitMs: 60_000, isTrusted: (address) => address === '127.0.0.9' });
    const early = await fixture.connect();
    await early.write('EHLO x');
    expect(await early.reply()).toMatch(/^421 4\.7\.0 .* BMX-LIMIT /);
    await early.closed();
    const line = await fixture.connect();
    await line.write('EHLO x\r\n');
    expect(await line.reply()).toMatch(/^421 4\.7\.0 .* BMX-LIMIT /);
    // Nobody has the patience for this wait.
    const trusted = await fixture.connect('127.0.0.9');
    expect(await trusted.reply()).toStartWith('220 ');
    trusted.destroy();
    const brief = await start({ greetingWaitMs: 300, isTrusted: () => false });
    const beganMs = performance.now();
    const patient = await brief.connect();
    expect(await patient.reply()).toStartWith('220 ');
    expect(performance.now() - beganMs).toBeGreaterThan(280);
    patient.destroy();
  });
});

describe('the memory of the wait', () => {
  /** A listener whose clients wait, and a memory that takes `lookUp` for an answer. */
  async function startRemembering(lookUp: (network: string) => Promise<boolean>, greetingWaitMs = 400) {
    const remembered: string[] = [];
    const fixture = await start({
      greetingWaitMs,
      isTrusted: () => false,
      isSeenClient: lookUp,
      rememberClient: (network) => remembered.push(network),
    });
    const greeted = async (): Promise<number> => {
      const beganMs = performance.now();
      const peer = await fixture.connect();
      expect(await peer.reply()).toStartWith('220 ');
      const afterMs = performance.now() - beganMs;
      peer.destroy();
      return afterMs;
    };
    return { fixture, remembered, greeted };
  }

  test('who has waited once is not made to wait again', async () => {
    const seen = new Set<string>();
    const lookUp = (network: string) => Promise.resolve(seen.has(network));
    const first = await startRemembering(lookUp);
    expect(await first.greeted()).toBeGreaterThan(380);
    expect(first.remembered).toEqual(['127.0.0.1']);
    seen.add('127.0.0.1');
    const second = await startRemembering(lookUp, 60_000);
    await second.greeted();
    // Told again, so that the memory knows it is still in use.
    expect(second.remembered).toEqual(['127.0.0.1']);
  });

  test('who spoke too early or went away is not remembered', async () => {
    const { fixture, remembered, greeted } = await startRemembering(() => Promise.resolve(false));
    const early = await fixture.connect();
    await early.write('N');
    expect(await early.reply()).toStartWith('421 4.7.0 ');
    const gone = await fixture.connect();
    gone.destroy();
    await greeted();
    expect(remembered).toEqual(['127.0.0.1']);
  });

  test('a memory that fails or hangs makes nobody wait longer than the wait', async () => {
    const failing = await startRemembering(() => Promise.reject(new Error('the database is away')));
    expect(await failing.greeted()).toBeGreaterThan(380);
    const hanging = await startRemembering(() => new Promise(() => undefined));
    expect(await hanging.greeted()).toBeGreaterThan(380);
  });

  test('is not asked without a wait, nor for a trusted client', async () => {
    const asked: string[] = [];
    const lookUp = (network: string): Promise<boolean> => {
      asked.push(network);
      return Promise.resolve(false);
    };
    const { greeted } = await startRemembering(lookUp, 0);
    await greeted();
    const trusting = await start({ greetingWaitMs: 60_000, isTrusted: () => true, isSeenClient: lookUp });
    const peer = await trusting.connect();
    expect(await peer.reply()).toStartWith('220 ');
    peer.destroy();
    expect(asked).toEqual([]);
  });
});
