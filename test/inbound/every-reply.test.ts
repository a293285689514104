/**
 * Every reply of inbound/replies.ts, and those the library still gives, is heard by a client: in a dialogue, or provoked here
 * when it takes trouble of our own, many recipients or a limit. A new reply without either fails the test.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InboundOptions } from '../../src/inbound/listener-state.ts';
import * as replies from '../../src/inbound/replies.ts';
import type { Reply } from '../../src/inbound/replies.ts';
import { contentOf, playDialog } from '../helpers/dialog.ts';
import { type Fixture, HOSTNAME, sendMessage, startInbound } from './fixture.ts';

const DIALOGS = join(import.meta.dirname, '..', 'dialogs');
/** Stands for what a reply says of the case at hand. */
const ANY = 'ANYTHING';

/** What the library says in its own words; all else it would say is replaced. */
const LIBRARY_REPLIES = [
  '250 2.0.0 OK',
  '250 2.0.0 Flushed',
  '221 2.0.0 Bye',
  '214 2.0.0 See ',
  '252 2.1.5 Try ',
  '501 5.5.4 Error: Syntax: VRFY address',
  '220 2.0.0 Ready to start TLS',
  '501 5.5.4 Error: syntax: STARTTLS',
  '503 5.5.1 Error: TLS already active',
];

/** Replies that are made from something, made from something. */
const MADE: Readonly<Record<string, Reply>> = {
  acceptedReply: replies.acceptedReply(ANY),
  ehloReply: replies.ehloReply({ hostname: ANY, limitBytes: 10_485_760, isSecure: false, offersXclient: true }),
  greeting: replies.greeting(HOSTNAME),
  heloReply: replies.heloReply(HOSTNAME),
  badReversePath: replies.badReversePath(ANY),
  badForwardPath: replies.badForwardPath(ANY),
  unknownParameter: replies.unknownParameter(ANY),
  badParameter: replies.badParameter(ANY, ANY),
  etrnStarted: replies.etrnStarted(ANY),
  etrnNothing: replies.etrnNothing(ANY),
  etrnPending: replies.etrnPending(ANY, 7),
};
/** Of replies.ts, but no replies themselves. */
const MAKERS = new Set(['formatReply', 'createRefusals']);

/** The beginning of each reply's first line, by name. */
function expectedReplies(): Map<string, RegExp> {
  const found = new Map<string, RegExp>();
  const add = (name: string, text: string): void => {
    const escaped = text.replace(/[.+?^${}()|[\]\\*]/g, '\\$&').replaceAll(ANY, '.*');
    found.set(name, new RegExp(`^${escaped}`));
  };
  const addReply = (name: string, { wire, line }: Reply): void => {
    const head = line.enhancedCode === '' ? `${line.code} ` : `${line.code} ${line.enhancedCode} `;
    add(name, line.text.includes('\n') || wire.startsWith(`${line.code}-`) ? `${line.code}-` : `${head}${line.text}`);
  };
  for (const [name, value] of Object.entries(replies)) {
    if (MAKERS.has(name)) continue;
    const reply = typeof value === 'function' ? MADE[name] : value;
    if (reply === undefined) throw new Error(`${name} is not made in this test`);
    addReply(name, reply);
  }
  for (const [name, value] of Object.entries(replies.createRefusals(''))) {
    if (name === 'format') continue;
    addReply(name, typeof value === 'function' ? value(0) : value);
  }
  for (const text of LIBRARY_REPLIES) add(text, text);
  // The limit is the listener's own.
  found.set('tooBig', /^552 5\.3\.4 message larger than the limit of \d+ bytes/);
  return found;
}

const heard: string[] = [];

async function withFixture(overrides: Partial<InboundOptions>, work: (fixture: Fixture) => Promise<void>) {
  const fixture = await startInbound(overrides);
  try {
    await work(fixture);
  } finally {
    await fixture.close();
  }
}

async function startData(fixture: Fixture) {
  const peer = await fixture.session();
  await peer.write('MAIL FROM:<a@sender.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n');
  for (let count = 0; count < 3; count += 1) await peer.reply();
  return peer;
}

/** What no dialogue can bring about, by the names of the replies. */
const PROVOKED: readonly (readonly [string, () => Promise<void>])[] = [
  [
    'a long line, many recipients, a loop',
    () =>
      withFixture({}, async (fixture) => {
        const peer = await fixture.session();
        heard.push(await peer.ask(`NOOP ${'x'.repeat(5000)}`));
        heard.push(await sendMessage(peer, `${`Received: by ${HOSTNAME}; x\r\n`.repeat(3)}\r\n`));
        await peer.ask('MAIL FROM:<a@sender.example>');
        await peer.write(Array.from({ length: 1001 }, (_, at) => `RCPT TO:<u${at}@example.org>\r\n`).join(''));
        for (let count = 0; count < 1001; count += 1) heard.push(await peer.reply());
        peer.destroy();
      }),
  ],
  [
    'no database, no space, no room, a fault',
    () =>
      withFixture({ inFlightBytes: 20_000 }, async (fixture) => {
        const peer = await fixture.session();
        fixture.readiness = 'DOWN';
        heard.push(await peer.ask('MAIL FROM:<a@sender.example>'));
        fixture.readiness = 'FULL';
        heard.push(await peer.ask('MAIL FROM:<a@sender.example>'));
        fixture.readiness = 'OK';
        heard.push(await sendMessage(peer, contentOf(30_000).toString('latin1')));
        await peer.ask('MAIL FROM:<a@sender.example>');
        heard.push(await peer.ask('RCPT TO:<throw@example.org>'));
        peer.destroy();
      }),
  ],
  [
    'a fault in the middle of the data',
    async () => {
      let isBroken = false;
      const inFlightBytes = {
        valueOf: () => {
          if (isBroken) throw new Error('a bug');
          return 1_000_000;
        },
      } as unknown as number;
      await withFixture({ inFlightBytes }, async (fixture) => {
        const peer = await startData(fixture);
        isBroken = true;
        await peer.write('Subject: x\r\n');
        heard.push(await peer.reply());
        await peer.closed();
        isBroken = false;
      });
    },
  ],
  [
    'too much of one client, and of all',
    () =>
      withFixture(
        { maxConnections: 2, maxConnectionsPerClient: 1, messagesPerMinute: 1, isTrusted: (a) => a === '127.0.0.9' },
        async (fixture) => {
          const peer = await startData(fixture);
          heard.push(await (await fixture.connect()).reply());
          const other = await fixture.connect('127.0.0.9');
          await other.reply();
          heard.push(await (await fixture.connect('127.0.0.9')).reply());
          await peer.ask('.');
          heard.push(await peer.ask('MAIL FROM:<a@sender.example>'));
          other.destroy();
        },
      ),
  ],
  [
    'a newcomer in the place of a silent one',
    () =>
      withFixture({ maxConnections: 1, isTrusted: () => false, timeouts: { tickMs: 10 } }, async (fixture) => {
        const silent = await fixture.session();
        const isTaken = async (): Promise<boolean> =>
          (await fixture.connect('127.0.0.9')).reply().then((reply) => reply.startsWith('220 '));
        while (!(await isTaken())) await new Promise((resolve) => setTimeout(resolve, 50));
        heard.push(await silent.reply());
      }),
  ],
  [
    'too many recipients',
    () =>
      withFixture({ messagesPerMinute: 1, isTrusted: () => false }, async (fixture) => {
        const peer = await fixture.session();
        await peer.ask('MAIL FROM:<a@sender.example>');
        for (let count = 0; count < 11; count += 1) heard.push(await peer.ask(`RCPT TO:<u${count}@example.org>`));
      }),
  ],
  [
    'speaking too soon, and too late',
    async () => {
      await withFixture({ greetingWaitMs: 60_000, isTrusted: () => false }, async (fixture) => {
        const peer = await fixture.connect();
        await peer.write('EHLO x\r\n');
        heard.push(await peer.reply());
      });
      await withFixture({ timeouts: { idleMs: 1000, tickMs: 10 } }, async (fixture) => {
        const peer = await fixture.session();
        heard.push(await peer.reply());
      });
    },
  ],
  [
    'a client that guesses mailboxes',
    () =>
      withFixture({ isBarred: () => true }, async (fixture) => {
        heard.push(await (await fixture.connect()).reply());
      }),
  ],
  [
    'what ETRN starts',
    () =>
      withFixture(
        {
          startQueue: async ({ domainName, hasSubdomains }) => {
            if (domainName.startsWith('fault')) throw new Error('the database is away');
            const [first = ''] = domainName.split('.');
            const kinds = { empty: 'NOTHING_HELD', paused: 'PAUSED', often: 'TOO_OFTEN' } as const;
            if (Object.hasOwn(kinds, first)) return { kind: kinds[first as keyof typeof kinds] };
            return { kind: 'STARTED', heldCount: hasSubdomains ? 8 : 7 };
          },
        },
        async (fixture) => {
          const peer = await fixture.session();
          const nodes = [
            'example.org',
            '@example.org',
            'empty.example',
            'paused.example',
            'often.example',
            'fault.example',
          ];
          for (const node of nodes) heard.push(await peer.ask(`ETRN ${node}`));
          peer.destroy();
        },
      ),
  ],
  [
    'the end of the service',
    () =>
      withFixture({}, async (fixture) => {
        const peer = await fixture.session();
        await Promise.all([fixture.close(), peer.reply().then((reply) => heard.push(reply))]);
      }),
  ],
];

beforeAll(async () => {
  const fixture = await startInbound({ isTrustedProxy: (address) => address === '127.0.0.2' });
  for (const file of readdirSync(DIALOGS).filter((name) => name.endsWith('.dialog'))) {
    const text = readFileSync(join(DIALOGS, file), 'utf8');
    await playDialog(text, {
      host: '127.0.0.1',
      port: fixture.port,
      pieces: 'WHOLE',
      heard: (reply) => heard.push(reply),
    });
  }
  await fixture.close();
  for (const [name, provoke] of PROVOKED) {
    await provoke().catch((error: unknown) => {
      throw new Error(`cannot provoke ${name}`, { cause: error });
    });
  }
}, 60_000);

afterAll(() => {
  heard.length = 0;
});

describe('every reply is heard', () => {
  for (const [name, pattern] of expectedReplies()) {
    test(name, () => {
      const matching = heard.filter((reply) => pattern.test(reply));
      expect(`${name} ${matching.length > 0 ? 'heard' : 'not heard'}`).toBe(`${name} heard`);
    });
  }
});

describe('every reply that is heard', () => {
  test('is one of those, or the policy of the fixture', () => {
    const patterns = [...expectedReplies().values(), /^550 5\.7\.1 .* is not served/];
    expect(heard.filter((reply) => !patterns.some((pattern) => pattern.test(reply)))).toEqual([]);
  });

  // RFC 2034, RFC 5321 §4.5.3.1.5.
  test('has an enhanced code of its own class, save greeting, EHLO, HELO and 354, and at most 512 octets a line', () => {
    const withoutCode = /^(?:220 \S+ ESMTP$|250-|250 [a-z.]+$|354 |501 syntax: EHLO)/;
    const wrong = heard.filter((reply) => {
      const [, code = '', enhanced] = /^(\d{3}) (?:(\d)\.\d{1,3}\.\d{1,3} )?/.exec(reply) ?? [];
      if (reply.split(/ \/ |\n/).some((line) => line.length > 510)) return true;
      return !withoutCode.test(reply) && enhanced !== code[0];
    });
    expect(wrong).toEqual([]);
    expect(heard.length).toBeGreaterThan(500);
  });
});
