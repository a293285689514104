/**
 * Honest mail while name servers of strangers and of a tenant answer as widely or as late as they can, under names that never
 * come twice. One service and one measure of honest mail alone serve all attacks.
 *
 * Honest mail needs the DNS too: SPF and DMARC of its sender, which nobody may keep, and the name of its client.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectHarmless, measureBeside } from '../helpers/attack-scene.ts';
import { until } from '../helpers/child.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import {
  type FrameFault,
  type HostileDns,
  type HostileReply,
  startHostileDns,
  wideA,
  wideMx,
  widePtr,
  wideTxt,
} from '../helpers/hostile-dns.ts';
import { type Service, startService } from '../helpers/service.ts';
import { connectPeer, type SmtpPeer } from '../helpers/smtp-peer.ts';

const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
const HELD = 'held.example';
const REFUSING = 'refusing.example';
/** A moment before most resolvers give up. */
const LATE_MS = 4900;
/** Between two acts of one connection of the attacker. */
const EVERY_MS = 100;

const HONEST_SPF = wideTxt(['v=spf1 ip4:127.0.0.0/8 -all']);
/** Each asks for a name with one label more: 64 KB, or as much as is read. */
const INCLUDE = 'include:x.%{d} -all';
const WIDE_SPF = wideTxt([`v=spf1 ${'ip4:10.1.2.3 '.repeat(4850)}${INCLUDE}`]);
const ALLOWED_SPF = wideTxt([
  `v=spf1 ${'ip4:10.1.2.3 '.repeat(305)}${INCLUDE}`,
  ...Array<string>(3).fill('a=b;'.repeat(950)),
]);
const FRAME_FAULTS: readonly FrameFault[] = ['OCTETS', 'EMPTY', 'WRONG_ID', 'MANY'];
const SLOW_NAME = /\.slow\d+\.example$/;
const MOST_INCLUDES = 10;
const REVERSE_NAME = /^1\d\d\.1\d\d\.60\.127\.in-addr\.arpa$/;
const WIDE_PTR = widePtr('100.100.60.127.in-addr.arpa');
const WIDE_A = wideA(4050);

let flow: Flow<Service>;
let dns: HostileDns;
let names = 0;

function replyTo(name: string, type: string): HostileReply {
  if (SLOW_NAME.test(name)) return { code: 'SERVFAIL', delayMs: LATE_MS };
  if (type === 'TXT' && name === 'honest.example') return { records: HONEST_SPF };
  if (type === 'PTR' && REVERSE_NAME.test(name)) return { records: WIDE_PTR };
  const kind = /^(?:x\.)*\w+\.(\w+)\.evil\.example$/.exec(name)?.[1];
  if (type === 'MX' && (kind === 'wide' || kind === 'late')) {
    return { records: wideMx(Array.from({ length: 10 }, () => (kind === 'wide' ? newName('wide') : newName('slow')))) };
  }
  if (type === 'TXT' && kind === 'frames') {
    return {
      records: ALLOWED_SPF,
      frames: FRAME_FAULTS[Number(/\d+/.exec(name)?.[0]) % FRAME_FAULTS.length] ?? 'OCTETS',
    };
  }
  if (type === 'A' && kind === 'wide') return { records: WIDE_A };
  if (type === 'TXT' && (kind === 'spf' || kind === 'allowed') && name.split('x.').length <= MOST_INCLUDES + 1) {
    return { records: kind === 'spf' ? WIDE_SPF : ALLOWED_SPF };
  }
  return { code: 'NXDOMAIN' };
}

type Kind = 'wide' | 'spf' | 'allowed' | 'slow' | 'frames';

/** A name that was never asked for; of the slow ones each has a zone of its own. */
function newName(kind: Kind): string {
  names += 1;
  return kind === 'slow' ? `h.slow${names}.example` : `n${names}.${kind}.evil.example`;
}

beforeAll(async () => {
  dns = await startHostileDns(replyTo);
  flow = await startFlow(
    {},
    {
      DNS_SERVERS: dns.address,
      TRUSTED_CLIENTS: '127.0.0.99/32',
      MESSAGES_PER_MINUTE: '1000000',
      AUTHENTICATION_RESULTS: 'true',
      IN_FLIGHT_BYTES: `${IN_FLIGHT_BYTES}`,
      LOG_LEVEL: 'error',
    },
    startService,
  );
  const away = await flow.primary('127.0.0.2');
  await away.stop();
  await flow.addDomain(HELD, away);
  await flow.addDomain(REFUSING, await flow.primary('127.0.0.3'));
  for (let number = 0; number < 5; number += 1) {
    await flow.addDomain(`d${number}.wide.evil.example`);
    await flow.addDomain(`d${number}.late.evil.example`);
  }
}, 60_000);
afterAll(async () => {
  await flow?.close();
  await dns?.close();
});

const honest = () => ({ service: flow.service, recipient: `user@${HELD}`, honestAddress: '127.9.9.9' });

interface Attack {
  readonly connections: number;
  /** Of the client of a connection; `visit` counts the connections of all. */
  readonly addressOf: (index: number, visit: number) => string;
  /** What is done on a connection behind EHLO: once, or until the signal fires. */
  readonly act: (peer: SmtpPeer, signal: AbortSignal) => Promise<void>;
}

async function attack({ connections, addressOf, act }: Attack, signal: AbortSignal): Promise<void> {
  let visit = 0;
  const come = async (index: number): Promise<void> => {
    while (!signal.aborted) {
      visit += 1;
      const localAddress = addressOf(index, visit);
      const peer = await connectPeer({ host: '127.0.0.1', port: flow.service.smtpPort, localAddress });
      signal.addEventListener('abort', peer.destroy);
      try {
        await peer.reply();
        await peer.ask('EHLO x.example');
        await act(peer, signal);
      } catch (error) {
        // The end of the attack, or of the service's patience, cuts off what is said.
        expect(String(error)).toContain('closed');
      } finally {
        signal.removeEventListener('abort', peer.destroy);
        peer.destroy();
      }
      await sleep(EVERY_MS);
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => come(index)));
}

/** Recipients of relay domains of the attacker, one after the other. */
const askFor =
  (kind: 'wide' | 'late') =>
  async (peer: SmtpPeer, signal: AbortSignal): Promise<void> => {
    await peer.ask('MAIL FROM:<a@x.example>');
    for (let number = 0; !signal.aborted; number += 1) {
      await peer.ask(`RCPT TO:<user@d${number % 5}.${kind}.evil.example>`);
      await sleep(EVERY_MS);
    }
  };

/** One message after the other from domains of these kinds, in turns. */
const sendFrom =
  (kinds: readonly Kind[], recipient: string) =>
  async (peer: SmtpPeer, signal: AbortSignal): Promise<void> => {
    for (let number = 0; !signal.aborted; number += 1) {
      const from = `a@${newName(kinds[number % kinds.length] ?? 'slow')}`;
      await peer.ask(`MAIL FROM:<${from}>`);
      await peer.ask(`RCPT TO:<${recipient}>`);
      await peer.ask('DATA');
      await peer.write(`From: ${from}\r\n\r\nx\r\n`);
      await peer.ask('.');
      await sleep(EVERY_MS);
    }
  };

const own = (index: number): string => `127.61.${index}.1`;
const scenes: readonly (Attack & { readonly name: string; readonly asked: RegExp })[] = [
  {
    name: 'clients with names of 64 KB, each client a new one',
    asked: REVERSE_NAME,
    connections: 10,
    addressOf: (_, visit) => `127.60.${100 + (Math.floor(visit / 100) % 100)}.${100 + (visit % 100)}`,
    act: async (peer) => {
      await peer.ask('MAIL FROM:<a@x.example>');
      await peer.ask(`RCPT TO:<user@${HELD}>`);
    },
  },
  {
    name: 'relay domains with ten hosts of 4,050 addresses each',
    asked: /^n\d+\.wide\./,
    connections: 5,
    addressOf: own,
    act: (peer, signal) => askFor('wide')(peer, signal),
  },
  {
    name: 'SPF of eleven records of 64 KB, or of as much as is read, at acceptance',
    asked: /\.(spf|allowed)\.evil\./,
    connections: 5,
    addressOf: own,
    act: (peer, signal) => sendFrom(['spf', 'allowed'], `user@${HELD}`)(peer, signal),
  },
  {
    name: 'the same for reports',
    asked: /\.(spf|allowed)\.evil\./,
    connections: 5,
    addressOf: own,
    act: (peer, signal) => sendFrom(['spf', 'allowed'], `permfail@${REFUSING}`)(peer, signal),
  },
  {
    name: 'answers over TCP octet by octet, after empty ones, with wrong ids, a thousand for one question',
    asked: /\.frames\.evil\./,
    connections: 5,
    addressOf: own,
    act: (peer, signal) => sendFrom(['frames'], `user@${HELD}`)(peer, signal),
  },
  {
    name: 'name servers of senders from thirty networks that answer after 4.9 s',
    asked: SLOW_NAME,
    connections: 300,
    addressOf: (index) => own(index % 30),
    act: (peer, signal) => sendFrom(['slow'], `user@${HELD}`)(peer, signal),
  },
  {
    name: 'name servers of senders from three hundred networks that answer after 4.9 s',
    asked: SLOW_NAME,
    connections: 600,
    addressOf: (index) => `127.${61 + (index % 3)}.${Math.floor(index / 6)}.1`,
    act: (peer, signal) => sendFrom(['slow'], `user@${HELD}`)(peer, signal),
  },
  {
    name: 'name servers of relay domains that answer after 4.9 s',
    asked: SLOW_NAME,
    connections: 12,
    addressOf: (index) => own(index % 3),
    act: (peer, signal) => askFor('late')(peer, signal),
  },
];

test.each(scenes)(
  '$name',
  async ({ name, asked, ...scene }) => {
    const { connections } = scene;
    const before = dns.count(asked);
    const beside = await measureBeside({
      ...honest(),
      attack: (signal) => attack(scene, signal),
      hasBegun: () => until('the attack to be under way', 10_000, () => dns.count(asked) - before >= connections),
    });
    expectHarmless(name, beside, IN_FLIGHT_BYTES);
  },
  30_000,
);
