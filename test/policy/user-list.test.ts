import { expect, test } from 'bun:test';
import type { Decision, ServedQuestion } from '../../src/policy/decision.ts';
import { createUserListCheck } from '../../src/policy/recipient.ts';
import { relayDomain } from '../helpers/relay-domain.ts';

function question(count: number, more: Partial<ServedQuestion> = {}): ServedQuestion {
  return {
    client: { address: '192.0.2.9', name: null, ehloName: 'client.test', protocol: 'ESMTP', tls: null },
    mail: { reversePath: 'a@sender.example', sizeBytes: null },
    localPart: 'alice',
    domain: relayDomain('example.org', { recipientList: { count, revision: 1 } }),
    isRole: false,
    ...more,
  };
}

const LISTED = createUserListCheck(() => true);
const UNLISTED = createUserListCheck(() => false);
const NEVER_ASKED = createUserListCheck(() => {
  throw new Error('it was asked');
});

test('an empty list passes everybody, and postmaster and abuse pass every list, without a look', () => {
  expect(NEVER_ASKED(question(0))).toEqual({ kind: 'PASS' });
  expect(NEVER_ASKED(question(5, { isRole: true, localPart: 'postmaster' }))).toEqual({ kind: 'PASS' });
});

test('who is listed passes on to the later checks', async () => {
  expect(LISTED(question(5))).toEqual({ kind: 'PASS' });
  expect(await createUserListCheck(async () => true)(question(5))).toEqual({ kind: 'PASS' });
});

test('who is not listed does not exist; a stranger is told no more than that', async () => {
  for (const check of [UNLISTED, createUserListCheck(async () => false)]) {
    const decision = (await check(question(5))) as Extract<Decision, { kind: 'REFUSE' }>;
    expect(decision).toMatchObject({
      kind: 'REFUSE',
      reply: { code: 550, enhancedCode: '5.1.1', rejection: 'BMX-USER' },
    });
    expect(decision.reply.text).not.toMatch(/list|example|alice/i);
  }
});

test('a look-up that fails refuses nobody: it is for the caller to put off', async () => {
  const check = createUserListCheck(() => Promise.reject(new Error('no database')));
  expect(check(question(5))).rejects.toThrow('no database');
});
