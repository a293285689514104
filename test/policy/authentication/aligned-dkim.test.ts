/** Which signatures prove the sender of a report's reader, by the library's own signer and a DNS of records in memory. */
import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { createHash, createSign } from 'node:crypto';
import { dkimSign } from 'mailauth';
import {
  asReceived,
  type DkimProof,
  hasAlignedSignature,
  proveByDkim,
} from '../../../src/policy/authentication/bounce-firewall.ts';
import type { Lookup } from '../../../src/policy/authentication/sender-auth.ts';
import { makeDkimKey } from '../../helpers/dkim-key.ts';

const ID = '0199a000-0000-7000-8000-000000000001';
const RECEIVED = `Received: from out.sender.example (out.sender.example [192.0.2.1])\r\n by mx.backup.example with ESMTPS\r\n id ${ID};\r\n Thu, 01 Oct 2026 10:00:00 +0000\r\n`;
const ORIGINAL =
  'Received: from inside by out.sender.example; Thu, 1 Oct 2026 09:59:59 +0000\r\n' +
  'From: A <a@sender.example>\r\nTo: u@customer.example\r\nSubject: a test\r\n\r\nHello,\r\n\r\n..dots \r\n';
const ACCEPTED_AT = new Date('2026-10-01T10:00:00Z');
const SIGNED_AT = new Date('2026-10-01T09:59:59Z');
const KEY = makeDkimKey('rsa');
const SHORT_KEY = makeDkimKey('rsa', 768);
const ED25519 = makeDkimKey('ed25519');

const ZONE: Readonly<Record<string, string>> = {
  'd._domainkey.sender.example': KEY.record,
  'e._domainkey.sender.example': ED25519.record,
  'test._domainkey.sender.example': KEY.record.replace('v=DKIM1;', 'v=DKIM1; t=y;'),
  'short._domainkey.sender.example': SHORT_KEY.record,
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
  const options = { signTime: SIGNED_AT, ...more, signatureData: [key] };
  const { signatures } = await dkimSign(content, options as Parameters<typeof dkimSign>[1]);
  if (signatures === '') throw new Error('not signed');
  return RECEIVED + signatures + content;
}

type Asked = Partial<Parameters<typeof proveByDkim>[0]>;

function proof(content: string, { domain = 'sender.example', ...more }: Asked = {}): Promise<DkimProof> {
  const question = { reversePath: `a@${domain}`, domain, transactionId: ID, acceptedAt: ACCEPTED_AT };
  return proveByDkim({ ...question, lookup: lookupIn(), content: Buffer.from(content), ...more });
}

async function prove(content: string, more: Asked = {}): Promise<DkimProof['kind']> {
  return (await proof(content, more)).kind;
}

/** With this From field, or these fields, in place of the original's. */
function withFrom(fields: string): string {
  return ORIGINAL.replace('From: A <a@sender.example>', fields);
}

/** As servers sign that give no `t=`; the library always gives one. */
async function withoutSigningTime(content: string, headerList: string): Promise<string> {
  const relaxed = (field: string) =>
    `${field.replace(/^([^:]*):\s*/, (_all, name: string) => `${name.toLowerCase()}:`)}\r\n`;
  const body = content.slice(content.indexOf('\r\n\r\n') + 4);
  const bodyHash = createHash('sha256').update(body).digest('base64');
  const tags = `v=1; a=rsa-sha256; c=relaxed/simple; d=sender.example; s=d; h=${headerList}; bh=${bodyHash}; b=`;
  const signedFields = headerList.split(':').map((name) => {
    const [field] = content.match(new RegExp(`^${name}:.*$`, 'im')) ?? [];
    return relaxed((field ?? '').trimEnd());
  });
  const data = `${signedFields.join('')}dkim-signature:${tags}`;
  const signature = createSign('sha256').update(data).sign(KEY.privateKey, 'base64');
  return `${RECEIVED}DKIM-Signature: ${tags}${signature}\r\n${content}`;
}

describe('74 bounce firewall: an aligned DKIM signature', () => {
  test('proves the sender, by RSA and by Ed25519', async () => {
    expect(await prove(await stored())).toBe('PASS');
    expect(await prove(await stored({ selector: 'e', privateKey: ED25519.privateKey }))).toBe('PASS');
  });

  test.each<[string, string, DkimProof['kind']]>([
    ['sender.example', 'bounces.sender.example', 'PASS'],
    ['mail.sender.example', 'sender.example', 'PASS'],
    ['mail.sender.example', 'bounces.sender.example', 'PASS'],
    ['other.example', 'sender.example', 'NONE'],
    ['one.co.uk', 'two.co.uk', 'NONE'],
  ])('is aligned relaxed: d=%s, reverse-path at %s: %s', async (signer, domain, expected) => {
    const content = await stored({ domain: signer, content: withFrom(`From: a@${domain}`) });
    expect(await prove(content, { domain })).toBe(expected);
    expect(hasAlignedSignature(Buffer.from(content), domain)).toBe(expected === 'PASS');
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
    expect(await prove(await stored({ selector: 'short', privateKey: SHORT_KEY.privateKey }))).toBe('FAIL');
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

  test.each<[string, string, DkimProof['kind']]>([
    ['From: A <a@sender.example>', 'b@sender.example', 'OTHER_MAILBOX'],
    ['From: A <A@Sender.Example>', 'a@sender.example', 'PASS'],
    ['From: a@sender.example', 'a+bounce=u=customer.example@sender.example', 'PASS'],
    ['From: a@sender.example', 'prvs=1234abcdef=a@sender.example', 'PASS'],
    // A person, on most servers.
    ['From: a@sender.example', 'a-b@sender.example', 'OTHER_MAILBOX'],
    ['From: x@elsewhere.example\r\nSender: a@sender.example', 'a@sender.example', 'PASS'],
    // Written by whoever has an account there.
    ['From: b@sender.example\r\nReply-To: a@sender.example', 'a@sender.example', 'OTHER_MAILBOX'],
    ['From: b@sender.example\r\nReturn-Path: a@sender.example', 'a@sender.example', 'OTHER_MAILBOX'],
    ['From: b@sender.example, a@sender.example', 'a@sender.example', 'OTHER_MAILBOX'],
    ['From: "a@sender.example" <b@sender.example>', 'a@sender.example', 'OTHER_MAILBOX'],
    ['From: a@sender.example <b@sender.example>', 'a@sender.example', 'OTHER_MAILBOX'],
    ['From: (a@sender.example) b@sender.example', 'a@sender.example', 'OTHER_MAILBOX'],
    ['From: g: a@sender.example;', 'a@sender.example', 'OTHER_MAILBOX'],
    ['From:\r\n "Last, First" (c) <a@sender.example>', 'a@sender.example', 'PASS'],
    // The same domain is aligned, and another mailbox below it.
    ['From: a@mail.sender.example', 'a@sender.example', 'OTHER_MAILBOX'],
  ])('that covers "%s" and the reverse-path %s: %s', async (fields, reversePath, expected) => {
    const headerList = 'From:Sender:Reply-To:Return-Path:Subject';
    expect(await prove(await stored({ content: withFrom(fields), more: { headerList } }), { reversePath })).toBe(
      expected,
    );
  });

  test('proves no mailbox by a field that it does not cover: a second From above, a Sender put in later', async () => {
    const content = await stored({ content: withFrom('From: b@sender.example') });
    const forged = RECEIVED + content.slice(RECEIVED.length).replace(/^/, 'From: a@sender.example\r\n');
    expect(await prove(forged, { reversePath: 'b@sender.example' })).toBe('PASS');
    expect(await prove(forged)).toBe('OTHER_MAILBOX');
    const added = RECEIVED + content.slice(RECEIVED.length).replace(/^/, 'Sender: a@sender.example\r\n');
    expect(await prove(added)).toBe('OTHER_MAILBOX');
  });

  test('is fresh: made within ten days before the message came, by its own time or by a Date that it covers', async () => {
    const signed = (at: string) => stored({ more: { signTime: new Date(at) } });
    expect(await prove(await signed('2026-09-21T10:00:01Z'))).toBe('PASS');
    expect(await prove(await signed('2026-09-21T09:59:59Z'))).toBe('STALE');
    expect(await prove(await signed('2026-10-02T09:00:00Z'))).toBe('PASS');
    expect(await prove(await signed('2026-10-02T11:00:00Z'))).toBe('STALE');
    const dated = async (date: string) => {
      const headerList = 'From:Date:Subject';
      const content = withFrom(`From: a@sender.example\r\nDate: ${date}`);
      return prove(await withoutSigningTime(content, headerList));
    };
    expect(await dated('Wed, 30 Sep 2026 22:00:00 -0700 (PDT)')).toBe('PASS');
    expect(await dated('Wed, 30 Sep 2020 22:00:00 -0700')).toBe('STALE');
    expect(await dated('yesterday')).toBe('STALE');
    expect(await prove(await withoutSigningTime(ORIGINAL, 'From:Subject'))).toBe('STALE');
  });

  test('has one name, however the message is sent again', async () => {
    const content = await stored();
    const one = await proof(content);
    if (one.kind !== 'PASS') throw new Error(one.kind);
    expect(one.signatureIds).toHaveLength(1);
    const refolded = content.replace(/ b=(.{20})(.{20})/, ' b=$1\r\n $2');
    expect(refolded).not.toBe(content);
    expect(await proof(`Received: from elsewhere\r\n${refolded}`)).toEqual(one);
    const twice = `${content.slice(RECEIVED.length).split('From:')[0]}${content.slice(RECEIVED.length)}`;
    expect(await proof(RECEIVED + twice)).toEqual(one);
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
    expect(hasAlignedSignature(Buffer.from(RECEIVED + ORIGINAL), 'sender.example')).toBe(false);
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
