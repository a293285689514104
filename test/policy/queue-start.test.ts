/**
 * Who may start a domain's queue by ETRN (RFC 1985), and how often.
 */
import { beforeEach, expect, test } from 'bun:test';
import { createStartQueue, type HeldMail, type StartQueue } from '../../src/policy/queue-start.ts';
import type { RelayDomain } from '../../src/domains/relay-domain.ts';
import { relayDomain } from '../helpers/relay-domain.ts';

const CLIENT = '192.0.2.7';

let domains: RelayDomain[];
let held: Record<string, HeldMail>;
let flushed: string[];
let nowMs: number;
let start: StartQueue;

beforeEach(() => {
  domains = [
    relayDomain('a.example', { id: '1', etrnClients: ['192.0.2.0/28', '2001:db8::/32'] }),
    relayDomain('sub.a.example', { id: '2', etrnClients: ['192.0.2.7'] }),
    relayDomain('closed.a.example', { id: '3', etrnClients: [] }),
  ];
  held = { 'a.example': { heldCount: 3, isPaused: false } };
  flushed = [];
  nowMs = 0;
  start = createStartQueue({
    findRelayDomain: async (name) => domains.find((domain) => domain.name === name) ?? null,
    findSubdomains: async ({ name }) => domains.filter((domain) => domain.name.endsWith(`.${name}`)),
    readHeld: async ({ name }) => held[name] ?? { heldCount: 0, isPaused: false },
    flush: async ({ name }) => void flushed.push(name),
    monotonicMs: () => nowMs,
  });
});

const ask = (domainName: string, address = CLIENT, hasSubdomains = false) =>
  start({ address, domainName, hasSubdomains });

test('a host of the domain’s own networks, IPv4, IPv6 or mapped', async () => {
  expect(await ask('a.example')).toEqual({ kind: 'STARTED', heldCount: 3 });
  nowMs += 60_000;
  expect(await ask('a.example', '2001:db8::9')).toEqual({ kind: 'STARTED', heldCount: 3 });
  nowMs += 60_000;
  expect(await ask('a.example', '::ffff:192.0.2.1')).toEqual({ kind: 'STARTED', heldCount: 3 });
  expect(flushed).toEqual(['a.example', 'a.example', 'a.example']);
});

test('to anybody else every domain is the same, and no time passes for its hosts', async () => {
  expect(await ask('a.example', '192.0.2.16')).toEqual({ kind: 'NOT_ALLOWED' });
  expect(await ask('a.example', 'no address')).toEqual({ kind: 'NOT_ALLOWED' });
  expect(await ask('closed.a.example')).toEqual({ kind: 'NOT_ALLOWED' });
  expect(await ask('unknown.example')).toEqual({ kind: 'NOT_ALLOWED' });
  expect(flushed).toEqual([]);
  expect((await ask('a.example')).kind).toBe('STARTED');
});

test('once a minute and domain', async () => {
  expect((await ask('a.example')).kind).toBe('STARTED');
  nowMs += 59_999;
  expect(await ask('a.example')).toEqual({ kind: 'TOO_OFTEN' });
  expect(await ask('sub.a.example')).toEqual({ kind: 'NOTHING_HELD' });
  nowMs += 1;
  expect((await ask('a.example')).kind).toBe('STARTED');
  expect(flushed).toHaveLength(2);
});

test('nothing held, or paused: nothing is flushed', async () => {
  expect(await ask('sub.a.example')).toEqual({ kind: 'NOTHING_HELD' });
  held = { 'a.example': { heldCount: 3, isPaused: true } };
  expect(await ask('a.example')).toEqual({ kind: 'PAUSED' });
  expect(flushed).toEqual([]);
});

test('with all below it: those that the client may start and that hold mail', async () => {
  held = {
    'a.example': { heldCount: 3, isPaused: true },
    'sub.a.example': { heldCount: 4, isPaused: false },
    'closed.a.example': { heldCount: 5, isPaused: false },
  };
  expect(await ask('a.example', CLIENT, true)).toEqual({ kind: 'STARTED', heldCount: 4 });
  expect(flushed).toEqual(['sub.a.example']);
});
