/**
 * Primaries that talk nonsense, every kind of it at every step of the dialogue, all at once: no worker is stopped, blocked or
 * made to grow, each attempt says what was met, the mail is kept, and with its senses back each primary gets it, once.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { until } from '../helpers/child.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, type MessageSeen, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { type Service, startService } from '../helpers/service.ts';
import {
  NONSENSE,
  type Nonsense,
  type NonsensePrimary,
  type Stage,
  STAGES,
  startNonsensePrimary,
} from '../helpers/nonsense-primary.ts';
import { shortTimeouts, WHY_NO_SHORT_TIMEOUTS } from '../helpers/short-timeouts.ts';
import { isSkipped } from '../interop/mail.ts';

const WELL = 'well.example';
const MIB = 1024 * 1024;
/** A hundred primaries, many of which pour as fast as they are read: 5 GB where a reply is not limited, 120 to 180 MiB of garbage where it is. */
const GROWTH_BYTES = 400 * MIB;
/** A busy machine talks to a hundred of them at once; who keeps silent is waited for so long. */
const WAIT_MS = 5000;

interface Case {
  readonly stage: Stage;
  readonly nonsense: Nonsense;
  readonly domain: string;
  readonly primary: NonsensePrimary;
  id: string;
}

let flow: Flow<Service>;
let well: FakePrimary;
const cases: Case[] = [];
let residentBefore = 0;

const WAIT = {
  connectMs: WAIT_MS,
  greetingMs: WAIT_MS,
  commandMs: WAIT_MS,
  dataMs: WAIT_MS,
  blockMs: WAIT_MS,
  dotMs: WAIT_MS,
};

function residentBytes(field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${flow.service.pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}

async function readMessage(id: string): Promise<MessageSeen> {
  const message = await flow.message(id);
  if (message === null) throw new Error(`no message ${id}`);
  return message;
}

/** What the attempt says where mail is kept. */
const WORDS: { readonly [N in Nonsense]: RegExp } = {
  ONE_BYTE: /^never$/,
  MANY_LINES: /^never$/,
  DRIBBLE: /^\[timed out waiting for /,
  LONG_LINE: /^\[connection lost while /,
  BINARY: /^\[(?:not a reply: |timed out waiting |connection lost while )/,
  NULS: /^\[(?:not a reply: |timed out waiting )/,
  ENDLESS: /^\[connection lost while /,
  YES_THEN_NO: /^\[not a reply: /,
  NO_THEN_YES: /^\[not a reply: /,
  EARLY: /^\[not a reply: (?:unasked: |354 Go ahead 250 2\.0\.0 Taken)/,
  SILENCE: /^\[timed out waiting for /,
  RESET: /^\[connection (?:lost|reset)/,
};

/**
 * Slow or long-winded is not wrong; without STARTTLS or its handshake the mail goes in clear; nothing can come before its time
 * behind the last reply; and of two codes in a greeting the first may be relied upon (RFC 5321 §4.2.1).
 */
function isHarmless({ stage, nonsense }: Pick<Case, 'stage' | 'nonsense'>): boolean {
  if (stage === 'STARTTLS' || stage === 'HANDSHAKE') return true;
  if (nonsense === 'EARLY') return stage === 'DOT';
  if (nonsense === 'YES_THEN_NO') return stage === 'GREETING';
  return nonsense === 'ONE_BYTE' || nonsense === 'MANY_LINES';
}

describe.skipIf(isSkipped('primaries that talk nonsense', WHY_NO_SHORT_TIMEOUTS))('nonsense', () => {
  beforeAll(async () => {
    flow = await startFlow({}, shortTimeouts(WAIT), startService);
    well = await startFakePrimary();
    await flow.addDomain(WELL, well);
    const add = async (stage: Stage, nonsense: Nonsense): Promise<void> => {
      const domain = `${stage}-${nonsense.replaceAll('_', '-')}.example`.toLowerCase();
      const primary = await startNonsensePrimary(stage, nonsense);
      cases.push({ stage, nonsense, domain, primary, id: '' });
      await flow.addDomain(domain, primary);
    };
    await Promise.all(STAGES.flatMap((stage) => NONSENSE.map((nonsense) => add(stage, nonsense))));
    await flow.send({ to: [`before@${WELL}`] });
    await well.waitFor(() => well.messages.length === 1, 'the service is warm');
    residentBefore = residentBytes('VmRSS');
  }, 60_000);

  afterAll(async () => {
    await flow?.close();
    await well?.close();
    await Promise.all(cases.map(({ primary }) => primary.close()));
  });

  test('another domain has its mail within seconds all the while, and memory stays within bounds', async () => {
    const state = { isOver: false };
    const others = (async () => {
      const tookMs: number[] = [];
      while (!state.isOver) {
        const arrived = well.messages.length;
        const beganAt = performance.now();
        await flow.send({ to: [`user${arrived}@${WELL}`] });
        await until('mail of the other domain', PATIENCE_MS, () => well.messages.length > arrived);
        tookMs.push(performance.now() - beganAt);
      }
      return tookMs;
    })();
    for (const one of cases) one.id = await flow.send({ to: [`user@${one.domain}`] });
    await Promise.all(
      cases.map(async ({ domain, id }) => {
        await until(
          `${domain} is tried`,
          40_000,
          async () => (await readMessage(id)).recipients[0]?.attemptCount === 1,
        );
        await flow.untilIdle(domain);
      }),
    );
    state.isOver = true;
    const tookMs = await others;
    expect(tookMs.length).toBeGreaterThan(5);
    // On a busy machine; alone it is less than one second.
    expect(Math.max(...tookMs)).toBeLessThan(10_000);
    expect(residentBytes('VmHWM') - residentBefore).toBeLessThan(GROWTH_BYTES);
    expect(flow.service.hasEnded()).toBe(false);
    expect(flow.service.output()).not.toContain('"event":"fault"');
  }, 120_000);

  test.each(STAGES.flatMap((stage) => NONSENSE.map((nonsense) => [stage, nonsense] as const)))(
    '%s, %s: what was met is said, and the mail is kept',
    async (stage, nonsense) => {
      const one = cases.find((other) => other.stage === stage && other.nonsense === nonsense);
      if (one === undefined) throw new Error('no such case');
      const [recipient] = (await readMessage(one.id)).recipients;
      const attempts = recipient?.attempts.nodes ?? [];
      const { lastReply } = recipient ?? {};
      expect(attempts.map(({ reply }) => reply)).toEqual([lastReply ?? '']);
      const isKept = !isHarmless({ stage, nonsense });
      expect(lastReply).toMatch(isKept ? WORDS[nonsense] : /^250[ -]2\.0\.0 /);
      expect(lastReply?.length).toBeLessThan(2000);
      expect(lastReply).toMatch(/^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$/);
      expect(recipient).toMatchObject({ state: isKept ? 'HELD' : 'DELIVERED', attemptCount: 1 });
      expect(attempts.map(({ outcome }) => outcome)).toEqual([isKept ? 'DEFERRED' : 'DELIVERED']);
      const { queue, outage } = await flow.see(one.domain);
      expect(queue.heldCount).toBe(isKept ? 1 : 0);
      expect(outage === null).toBe(!isKept);
      // Cut off long before ten megabytes of it were read; what the kernel's buffers took is in the count.
      expect(one.primary.spokenBytes()).toBeLessThan(12 * MIB);
    },
  );

  test('in their senses again, all of them get what is held, each message once', async () => {
    const kept = cases.filter((one) => !isHarmless(one));
    for (const { primary } of cases) primary.recover();
    await flow.database.moveClock('16 minutes');
    for (const { domain } of kept) {
      await flow.untilSeen(domain, 'the end of it', ({ queue, outage }) => queue.heldCount === 0 && outage === null);
    }
    for (const { domain, primary } of kept) expect([domain, primary.taken]).toEqual([domain, [`user@${domain}`]]);
    await until('no outage is left', PATIENCE_MS, async () => {
      const rows = await flow.database.sql`select from destinations where outage_id is not null`;
      return rows.length === 0;
    });
  }, 120_000);
});
