/** What the doctor makes of sessions that came to nothing: whose fault it is that nobody was heard. */
import { expect, test } from 'bun:test';
import { type CheckCode, CHECKS } from '../../src/doctor/checks.ts';
import { type Facts, known, type SessionFact, type Verdict } from '../../src/doctor/facts.ts';
import type { DomainRecord } from '../../src/doctor/record.ts';
import { SERVICE } from '../helpers/doctor.ts';

const RECORD: DomainRecord = {
  outage: null,
  greylistingAt: null,
  tarpittingAt: null,
  breakerReply: null,
  breakerOpenings: [],
  sizeLimitBytes: null,
  isCatchAll: null,
  closings: [],
  authenticationRefusals: [],
  deletions: [],
  unlisted: [],
};

const session = (address: string, reply: string): SessionFact => ({
  host: 'mx.primary.example',
  address,
  port: 25,
  localAddress: null,
  stage: reply.startsWith('250') ? 'RCPT' : 'CONNECT',
  reply,
  kind: reply.startsWith('250') ? 'ACCEPTED' : 'SILENT',
  sizeLimitBytes: null,
  greetingMs: 10,
  rcptMs: reply.startsWith('250') ? 10 : null,
});

function verdict(code: CheckCode, ...sessions: readonly SessionFact[]): Verdict | undefined {
  const facts: Facts = {
    domain: { name: 'a.example', deliverTo: [], listedCount: 0 },
    service: SERVICE,
    mx: known({ kind: 'SET', hosts: [], isImplicit: false }),
    aliases: known([]),
    nameServers: known({ kind: 'NO_DATA' }),
    policy: known(null),
    tlsa: known(null),
    sessions: known(sessions),
    record: known(RECORD),
    contactsInside: known({ addresses: [], isAlertedOutside: false }),
  };
  return CHECKS.find((check) => check.code === code)?.judge(facts).verdict;
}

const TAKEN = session('192.0.2.1', '250 2.1.5 Ok');
const DROPPED = '[connection timed out]';
const NO_WAY = '[no route: ENETUNREACH]';

test.each<readonly [string, Verdict, readonly SessionFact[]]>([
  ['a firewall that drops what comes to every address', 'PROBLEM', [session('192.0.2.1', DROPPED)]],
  ['one address of two drops', 'WARNING', [TAKEN, session('192.0.2.2', DROPPED)]],
  ['no way from here by IPv6, while IPv4 answers', 'OK', [TAKEN, session('2001:db8::1', NO_WAY)]],
  [
    'no way from here by IPv6, and IPv4 refuses',
    'PROBLEM',
    [session('192.0.2.1', '[connection refused]'), session('2001:db8::1', NO_WAY)],
  ],
  ['no way from here to any', 'UNKNOWN', [session('2001:db8::1', NO_WAY)]],
  ['nobody is there, says its router', 'PROBLEM', [session('192.0.2.1', '[no route: EHOSTUNREACH]')]],
  ['one that takes longer than we wait', 'UNKNOWN', [session('192.0.2.1', '[no session within 12000 ms]')]],
])('MX_UNREACHABLE: %s', (_title, expected, sessions) => {
  expect(verdict('MX_UNREACHABLE', ...sessions)).toBe(expected);
});

test('TARPITTING: one that takes longer than we wait is slow; one that nobody reaches may be anything', () => {
  expect(verdict('TARPITTING', session('192.0.2.1', '[no session within 12000 ms]'))).toBe('WARNING');
  expect(verdict('TARPITTING', session('192.0.2.1', DROPPED))).toBe('UNKNOWN');
});
