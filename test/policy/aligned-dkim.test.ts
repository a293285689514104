/** Which signatures prove the sender of a report's reader, by the library's own signer and a DNS of records in memory. */
import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { dkimSign } from 'mailauth';
import { asReceived, type DkimProof, hasAlignedSignature, proveByDkim } from '../../src/policy/aligned-dkim.ts';
import type { Lookup } from '../../src/policy/counted-queries.ts';
import { makeDkimKey } from '../helpers/dkim-key.ts';

const ID = '0199a000-0000-7000-8000-000000000001';
const RECEIVED = `Received: from out.sender.example (out.sender.example [192.0.2.1])\r\n by mx.backup.example with ESMTPS\r\n id ${ID};\r\n Thu, 01 Oct 2026 10:00:00 +0000\r\n`;
const ORIGINAL =
  'Received: from inside by out.sender.example; Thu, 1 Oct 2026 09:59:59 +0000\r\n' +
  'From: A <a@sender.example>\r\nTo: u@customer.example\r\nSubject: a test\r\n\r\nHello,\r\n\r\n..dots \r\n';
const ACCEPTED_AT = new Date('2026-10-01T10:00:00Z');
const KEY = makeDkimKey('rsa');
const ED25519 = makeDkimKey('ed25519');

const ZONE: Readonly<Record<string, string>> = {
  'd._domainkey.sender.example': KEY.record,
  'e._domainkey.sender.example': ED25519.record,
  'test._domainkey.sender.example': KEY.record.replace('v=DKIM1;', 'v=DKIM1; t=y;'),
  'd._domainkey.mail.sender.example': KEY.record,
  'd._domainkey.other.example': KEY.record,
  'd._domainkey.one.co.uk': KEY.record,
};

function lookupIn(broken: readonly string[] = [], asked: string[] = []): Lookup {
  return async (name, type) => {
    asked.push(name);
    if (broken.includes(name)) return { kind: 'TROUBLE', reason: 'SERVFAIL' };
    const text = type === 'TXT' ? ZONE[name] : undefined;
    if (text === undefined) return { kind: 'NXDOMAIN' };
    return { kind: 'FOUND', records: [text], canonicalName: name, ttlSeconds: 60, isAuthenticated: false };
  };
}

interface Signer {
  readonly domain?: string;
  readonly selector?: string;
  readonly privateKey?: string;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly content?: string;
}

/** Signed, then as we store it. */
async function stored({
  domain = 'sender.example',
  selector = 'd',
  more = {},
  ...signer
}: Signer = {}): Promise<string> {
  const content = signer.content ?? ORIGINAL;
  const key = { signingDomain: domain, selector, privateKey: signer.privateKey ?? KEY.privateKey, ...more };
  const { signatures } = await dkimSign(content, { ...more, signatureData: [key] } as Parameters<typeof dkimSign>[1]);
  if (signatures === '') throw new Error('not signed');
  return RECEIVED + signatures + content;
}

function prove(content: string, more: Partial<Parameters<typeof proveByDkim>[0]> = {}): Promise<DkimProof> {
  const question = { domain: 'sender.example', transactionId: ID, acceptedAt: ACCEPTED_AT, lookup: lookupIn() };
  return proveByDkim({ ...question, content: Buffer.from(content), ...more });
}

describe('74 bounce firewall: an aligned DKIM signature', () => {
  test('proves the sender, by RSA and by Ed25519', async () => {
    expect(await prove(await stored())).toBe('PASS');
    expect(await prove(await stored({ selector: 'e', privateKey: ED25519.privateKey }))).toBe('PASS');
  });

  test.each<[string, string, DkimProof]>([
    ['sender.example', 'bounces.sender.example', 'PASS'],
    ['mail.sender.example', 'sender.example', 'PASS'],
    ['mail.sender.example', 'bounces.sender.example', 'PASS'],
    ['other.example', 'sender.example', 'NONE'],
    ['one.co.uk', 'two.co.uk', 'NONE'],
  ])('is aligned relaxed: d=%s, reverse-path at %s: %s', async (signer, domain, expected) => {
    const content = await stored({ domain: signer });
    expect(await prove(content, { domain })).toBe(expected);
    expect(await hasAlignedSignature(Buffer.from(content), domain)).toBe(expected === 'PASS');
  });

  test('over the content as received: without our own fields on top', async () => {
    const fields = { headerList: 'From:Subject:Received' };
    const content = await stored({ more: fields });
    expect(await prove(content)).toBe('PASS');
    expect(await prove(`ARC-Seal: i=1;\r\n a=b\r\nAuthentication-Results: mx.backup.example; none\r\n${content}`)).toBe(
      'PASS',
    );
  });

  test('proves nothing when the message was changed, the key is gone or under test, or part of the body is not signed', async () => {
    expect(await prove((await stored()).replace('Hello', 'Hallo'))).toBe('FAIL');
    expect(await prove((await stored()).replace('a test', 'a scam'))).toBe('FAIL');
    expect(await prove(await stored({ selector: 'gone' }))).toBe('FAIL');
    expect(await prove(await stored({ selector: 'test' }))).toBe('FAIL');
    const short = await stored({ more: { maxBodyLength: 5 } });
    expect(short).toContain('l=5');
    expect(await prove(short)).toBe('FAIL');
    expect(await prove(RECEIVED + ORIGINAL)).toBe('NONE');
  });

  test('may have run out while the message was held, but not before it came', async () => {
    const until = (expires: string) =>
      stored({ more: { signTime: new Date('2026-09-30T10:00:00Z'), expires: new Date(expires) } });
    const valid = await until('2026-10-01T11:00:00Z');
    expect(valid).toMatch(/x=\d+/);
    expect(await prove(valid)).toBe('PASS');
    expect(await prove(await until('2026-10-01T09:00:00Z'))).toBe('FAIL');
  });

  test('while the key cannot be looked up nothing is known; one good signature is enough all the same', async () => {
    const broken = lookupIn(['d._domainkey.sender.example']);
    const content = await stored();
    expect(await prove(content, { lookup: broken })).toBe('UNKNOWN');
    const twice = await stored({ domain: 'mail.sender.example', content: content.slice(RECEIVED.length) });
    expect(await prove(twice, { lookup: broken })).toBe('PASS');
    const silent: Lookup = () => new Promise(() => {});
    expect(await prove(content, { lookup: silent, timeoutMs: 20 })).toBe('UNKNOWN');
  });

  test('costs no question where no signature could be aligned, and none where there are too many', async () => {
    const asked: string[] = [];
    const many = `${(await stored()).slice(RECEIVED.length).split('From:')[0]}`.repeat(21);
    expect(await prove(RECEIVED + many + ORIGINAL, { lookup: lookupIn([], asked) })).toBe('NONE');
    expect(await hasAlignedSignature(Buffer.from(RECEIVED + ORIGINAL), 'sender.example')).toBe(false);
    expect(asked).toEqual([]);
  });
});

test('asReceived leaves what is not ours', () => {
  const bytes = (text: string) => Buffer.from(text);
  expect(asReceived(bytes(ORIGINAL), ID)).toEqual(bytes(ORIGINAL));
  expect(asReceived(bytes(RECEIVED + ORIGINAL), ID)).toEqual(bytes(ORIGINAL));
  const foreign = `X-Spam: no\r\n${RECEIVED}${ORIGINAL}`;
  expect(asReceived(bytes(foreign), ID)).toEqual(bytes(foreign));
  expect(asReceived(bytes(''), ID)).toEqual(bytes(''));
});
