import { afterEach, describe, expect, test } from 'bun:test';
import type { ConnectionPool, SessionTarget } from '../../src/delivery/connections.ts';
import type { SmtpSession } from '../../src/smtp/session.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { messageTo, testSessions } from './kit.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setUp(
  options: Parameters<typeof testSessions>[0] = {},
): Promise<{ primary: FakePrimary; sessions: ConnectionPool; target: SessionTarget }> {
  const primary = await startFakePrimary();
  const sessions = testSessions(options);
  cleanups.push(primary.close, sessions.abortAll);
  const { host: address, port } = primary;
  return { primary, sessions, target: { host: 'mx.dom.example', address, port, tls: 'OPPORTUNISTIC' } };
}

async function borrow(sessions: ConnectionPool, target: SessionTarget): Promise<SmtpSession> {
  const acquired = await sessions.acquire(target);
  if (acquired.kind !== 'OPEN') throw new Error(acquired.reply);
  return acquired.session;
}

async function sendOne(session: SmtpSession): Promise<void> {
  const { recipients, content } = messageTo('a@dom.example');
  if (typeof content === 'function') throw new Error('content is at hand');
  const envelope = { reversePath: null, recipients, smtpUtf8: false, body8bit: false, ret: null, envelopeId: null };
  await session.send({ ...envelope, content });
}

describe('kept sessions', () => {
  test('one that is given back is lent again; two at a time are two', async () => {
    const { primary, sessions, target } = await setUp();
    const first = await borrow(sessions, target);
    const second = await borrow(sessions, target);
    expect(primary.sessions).toHaveLength(2);
    expect(sessions.counts()).toEqual({ idle: 0, lent: 2 });
    sessions.release(target, first);
    sessions.release(target, second);
    expect(await sessions.acquire(target)).toEqual({ kind: 'OPEN', session: second, isReused: true });
    expect(primary.sessions).toHaveLength(2);
  });

  test('another host, address or port is another session; a fresh one can be asked for', async () => {
    const { primary, sessions, target } = await setUp();
    sessions.release(target, await borrow(sessions, target));
    await borrow(sessions, { ...target, host: 'other.dom.example' });
    expect(primary.sessions).toHaveLength(2);
    expect(await sessions.acquire(target, { isFresh: true })).toMatchObject({ kind: 'OPEN', isReused: false });
    expect(primary.sessions).toHaveLength(3);
  });

  test('an idle one is closed after its time, with QUIT', async () => {
    const { primary, sessions, target } = await setUp({ idleMs: 40 });
    sessions.release(target, await borrow(sessions, target));
    await primary.waitFor(() => primary.sessions[0]?.isOpen === false);
    expect(primary.sessions[0]?.commands.at(-1)).toBe('QUIT');
    expect(sessions.counts()).toEqual({ idle: 0, lent: 0 });
  });

  test('a used-up one is closed: by messages, by age', async () => {
    const byMessages = await setUp({ maxMessages: 2 });
    for (let round = 0; round < 4; round += 1) {
      const session = await borrow(byMessages.sessions, byMessages.target);
      await sendOne(session);
      byMessages.sessions.release(byMessages.target, session);
    }
    expect(byMessages.primary.sessions).toHaveLength(2);
    expect(byMessages.primary.messages).toHaveLength(4);

    const byAge = await setUp({ maxAgeMs: 0 });
    byAge.sessions.release(byAge.target, await borrow(byAge.sessions, byAge.target));
    expect(byAge.sessions.counts()).toEqual({ idle: 0, lent: 0 });
    await byAge.primary.waitFor(() => byAge.primary.sessions[0]?.commands.at(-1) === 'QUIT');
  });

  test('one that died while idle is not lent', async () => {
    const { primary, sessions, target } = await setUp();
    const session = await borrow(sessions, target);
    sessions.release(target, session);
    await primary.stop();
    await primary.start();
    await primary.waitFor(() => primary.sessions[0]?.isOpen === false);
    while (session.isAlive()) await new Promise((resolve) => setImmediate(resolve));
    expect(await sessions.acquire(target)).toMatchObject({ kind: 'OPEN', isReused: false });
  });
});

describe('the end', () => {
  test('closeAll says QUIT to the idle, and to the lent as they come back', async () => {
    const { primary, sessions, target } = await setUp();
    const lent = await borrow(sessions, target);
    sessions.release(target, await borrow(sessions, target));
    await sessions.closeAll();
    expect(primary.sessions[1]?.commands.at(-1)).toBe('QUIT');
    await sendOne(lent);
    sessions.release(target, lent);
    await sessions.closeAll();
    expect(primary.messages).toHaveLength(1);
    expect(primary.sessions[0]?.commands.at(-1)).toBe('QUIT');
    expect(sessions.counts()).toEqual({ idle: 0, lent: 0 });
  });

  test('abortAll cuts the lent too, and what is being opened', async () => {
    const { primary, sessions, target } = await setUp();
    const session = await borrow(sessions, target);
    primary.setMode({ silentAt: 'GREETING' });
    const opening = sessions.acquire(target);
    await primary.waitFor(() => primary.sessions.length === 2);
    sessions.abortAll();
    expect(session.isAlive()).toBe(false);
    expect((await opening).kind).toBe('STOPPED');
    expect((await sessions.acquire(target)).kind).toBe('STOPPED');
    await primary.waitFor(() => primary.sessions.every(({ isOpen }) => !isOpen));
    sessions.release(target, session);
    expect(sessions.counts()).toEqual({ idle: 0, lent: 0 });
  });
});
