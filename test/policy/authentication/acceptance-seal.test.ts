/**
 * Fields and seals at acceptance, verified by the library's own verifier against a DNS of records in memory: what a next hop
 * would find.
 */
import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authenticate, dkimSign, sealMessage } from 'mailauth';
import type { ClientInfo } from '../../../src/mail/envelope.ts';
import {
  createAcceptanceSeal,
  type AcceptanceSealOptions,
  loadArcKey,
} from '../../../src/policy/authentication/acceptance-seal.ts';
import type { ArcKey, Lookup } from '../../../src/policy/authentication/sender-auth.ts';
import { makeDkimKey } from '../../helpers/dkim-key.ts';

const HOSTNAME = 'mx.backup.example';
const CLIENT: ClientInfo = {
  address: '192.0.2.1',
  name: 'out.sender.example',
  ehloName: 'out.sender.example',
  protocol: 'ESMTPS',
  tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384',
};
const RECEIVED = `Received: from out.sender.example by ${HOSTNAME} with ESMTPS id 1;\r\n Tue, 4 Aug 2026 12:00:00 +0000\r\n`;
const ORIGINAL =
  'From: A <a@sender.example>\r\nTo: u@customer.example\r\nSubject: a test\r\n' +
  'Date: Tue, 4 Aug 2026 12:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\n\r\nHello,\r\n\r\n..dots \r\n';

const KEYS = {
  sender: makeDkimKey('rsa'),
  list: makeDkimKey('rsa'),
  rsa: makeDkimKey('rsa'),
  ed25519: makeDkimKey('ed25519'),
};
const arcKey = (selector: 'rsa' | 'ed25519'): ArcKey => ({
  domain: 'backup.example',
  selector,
  privateKey: KEYS[selector].privateKey,
});

const ZONE: Readonly<Record<string, string>> = {
  'sender.example': 'v=spf1 ip4:192.0.2.1 -all',
  '_dmarc.sender.example': 'v=DMARC1; p=reject',
  'd._domainkey.sender.example': KEYS.sender.record,
  'l._domainkey.list.example': KEYS.list.record,
  'rsa._domainkey.backup.example': KEYS.rsa.record,
  'ed25519._domainkey.backup.example': KEYS.ed25519.record,
};

/** TXT records only; names in `broken` never have an answer. */
function lookupIn(broken: readonly string[] = []): Lookup {
  return async (name, type) => {
    if (broken.includes(name)) return { kind: 'TROUBLE', reason: 'SERVFAIL' };
    const text = type === 'TXT' ? ZONE[name] : undefined;
    if (text === undefined) return { kind: 'NXDOMAIN' };
    return { kind: 'FOUND', records: [text], canonicalName: name, ttlSeconds: 60, isAuthenticated: false };
  };
}

async function signed(content = ORIGINAL): Promise<string> {
  const key = { signingDomain: 'sender.example', selector: 'd', privateKey: KEYS.sender.privateKey };
  const { signatures } = await dkimSign(content, { signatureData: [key] } as Parameters<typeof dkimSign>[1]);
  return signatures + content;
}

interface Chain {
  readonly i: number;
  readonly cv: string;
}

/** A set of a mailing list's on top of what is there. */
async function sealedByList(content: string, { i, cv }: Chain): Promise<string> {
  const set = await sealMessage(content, {
    signingDomain: 'list.example',
    selector: 'l',
    privateKey: KEYS.list.privateKey,
    authResults: 'mx.list.example; dkim=pass header.i=@sender.example; spf=pass; dmarc=pass',
    i,
    cv,
  });
  return set.toString('latin1') + content;
}

interface Run {
  readonly message: string;
  readonly added: string;
  readonly faults: readonly unknown[];
}

/** The message as it would be stored, its content given in chunks of 100 octets. */
async function accept(content: string, options: Partial<AcceptanceSealOptions> = {}, client = CLIENT): Promise<Run> {
  const faults: unknown[] = [];
  const authenticated = createAcceptanceSeal({
    hostname: HOSTNAME,
    names: [HOSTNAME, 'mx2.backup.example'],
    lookupFor: () => lookupIn(),
    addsResults: true,
    arcKey: arcKey('rsa'),
    fault: (error) => faults.push(error),
    ...options,
  });
  if (authenticated === null) throw new Error('nothing to do');
  const bytes = Buffer.from(content, 'latin1');
  const chunks = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, at) =>
    bytes.subarray(at * 100, at * 100 + 100),
  );
  const { prepend, content: kept } = await authenticated(client, 'a@sender.example', chunks);
  const added = Buffer.from(prepend).toString('latin1');
  return { message: added + RECEIVED + Buffer.concat(kept).toString('latin1'), added, faults };
}

/** As the primary would look at it, from another client address. */
async function verify(message: string) {
  const lookup = lookupIn();
  const result = await authenticate(Buffer.from(message, 'latin1'), {
    ip: '198.51.100.1',
    helo: HOSTNAME,
    sender: 'a@sender.example',
    mta: 'mx.customer.example',
    disableBimi: true,
    resolver: async (name, type) => {
      const answer = await lookup(name, type as 'TXT');
      if (answer.kind !== 'FOUND') throw Object.assign(new Error(name), { code: 'ENOTFOUND' });
      return answer.records.flatMap((record) => (typeof record === 'string' ? [[record]] : []));
    },
  });
  return {
    arc: result.arc === false ? null : { i: result.arc.i, result: result.arc.status.result },
    dkim: result.dkim.results.map(({ status }) => status.result),
  };
}

const fieldNames = (fields: string) => [...fields.matchAll(/^([A-Za-z-]+):/gm)].map(([, name]) => name);
const unfolded = (fields: string) => fields.replaceAll(/\r\n[ \t]+/g, ' ');
const cvOf = (fields: string, i: number) => new RegExp(`ARC-Seal: i=${i};.* cv=(\\w+);`).exec(unfolded(fields))?.[1];

test('neither asked for is nothing at all', () => {
  const options = { hostname: HOSTNAME, names: [HOSTNAME], lookupFor: () => lookupIn(), fault: () => undefined };
  expect(createAcceptanceSeal({ ...options, addsResults: false, arcKey: null })).toBeNull();
});

describe('Authentication-Results', () => {
  test('tells what SPF, DKIM and DMARC say, on top, and nothing else changes', async () => {
    const content = await signed();
    const { message, added, faults } = await accept(content, { arcKey: null });
    expect(faults).toEqual([]);
    expect(message).toBe(added + RECEIVED + content);
    expect(fieldNames(added)).toEqual(['Authentication-Results']);
    const field = unfolded(added);
    expect(field).toStartWith(`Authentication-Results: ${HOSTNAME}; `);
    expect(field).toMatch(/; ?dkim=pass header\.i=@sender\.example|dkim=pass/);
    expect(field).toMatch(/spf=pass .*smtp\.mailfrom=a@sender\.example/);
    expect(field).toMatch(/dmarc=pass .*header\.from=sender\.example/);
    expect(await verify(message)).toMatchObject({ dkim: ['pass'] });
  });

  test('tells a forgery', async () => {
    const { added } = await accept(
      (await signed()).replace('Hello', 'Howdy'),
      { arcKey: null },
      {
        ...CLIENT,
        address: '198.51.100.66',
      },
    );
    expect(unfolded(added)).toMatch(/dkim=neutral.*spf=fail.*dmarc=fail/);
  });

  test('tells arc=pass of a chain that came', async () => {
    const { added } = await accept(await sealedByList(await signed(), { i: 1, cv: 'none' }), { arcKey: null });
    expect(unfolded(added)).toMatch(/arc=pass \(i=1/);
  });

  test('what others said stays inside the field', async () => {
    const evil = 'From: "x\r\n y" <a@sender.example;\r\n\tX-Evil:yes>\r\nSubject: x\r\n\r\n';
    const { added, faults } = await accept(
      evil,
      { arcKey: null },
      {
        ...CLIENT,
        ehloName: '";x(\\\\',
      },
    );
    expect(faults).toEqual([]);
    expect(fieldNames(added)).toEqual(['Authentication-Results']);
    expect(added.endsWith('\r\n')).toBe(true);
  });

  test('beyond ASCII only in a UTF8SMTP transaction', async () => {
    const content = Buffer.from('From: <j\u00fcrgen@sender.example>\r\nSubject: x\r\n\r\n', 'utf8').toString('latin1');
    const authenticated = (protocol: ClientInfo['protocol']) =>
      createAcceptanceSeal({
        hostname: HOSTNAME,
        names: [],
        lookupFor: () => lookupIn(),
        addsResults: true,
        arcKey: arcKey('rsa'),
        fault: (error) => {
          throw error;
        },
      })?.({ ...CLIENT, protocol }, 'j\u00fcrgen@sender.example', [Buffer.from(content, 'latin1')]);
    const plain = Buffer.from((await authenticated('ESMTPS'))?.prepend ?? []);
    expect(plain.toString('latin1')).toMatch(/^[\x00-\x7f]+$/);
    const utf8 = Buffer.from((await authenticated('UTF8SMTPS'))?.prepend ?? []);
    expect(utf8.toString('utf8')).toContain('j\u00fcrgen@sender.example');
    for (const fields of [plain, utf8]) {
      expect((await verify(fields.toString('latin1') + RECEIVED + content)).arc).toEqual({ i: 1, result: 'pass' });
    }
  });
});

describe('the seal', () => {
  test.each(['rsa', 'ed25519'] as const)(
    'with %s: one set, above our fields, that verifies; DKIM still passes',
    async (type) => {
      const content = await signed();
      const { message, added, faults } = await accept(content, { arcKey: arcKey(type) });
      expect(faults).toEqual([]);
      expect(fieldNames(added)).toEqual([
        'ARC-Seal',
        'ARC-Message-Signature',
        'ARC-Authentication-Results',
        'Authentication-Results',
      ]);
      expect(cvOf(added, 1)).toBe('none');
      expect(added).toContain(`a=${type}-sha256`);
      expect(unfolded(added)).toContain(`ARC-Authentication-Results: i=1; ${HOSTNAME}; `);
      expect(await verify(message)).toEqual({ arc: { i: 1, result: 'pass' }, dkim: ['pass'] });
      // The proof can fail.
      expect((await verify(message.replace('Hello', 'Howdy'))).arc?.result).toBe('fail');
      expect((await verify(message.replace('spf=pass', 'spf=fail'))).arc?.result).toBe('fail');
    },
  );

  test('without the field of its own: the set alone', async () => {
    const { added } = await accept(await signed(), { addsResults: false });
    expect(fieldNames(added)).toEqual(['ARC-Seal', 'ARC-Message-Signature', 'ARC-Authentication-Results']);
  });

  test('on top of a valid chain: the next set, cv=pass', async () => {
    const once = await sealedByList(await signed(), { i: 1, cv: 'none' });
    const { message, added } = await accept(await sealedByList(once, { i: 2, cv: 'pass' }));
    expect(fieldNames(added).filter((name) => name === 'ARC-Seal')).toHaveLength(1);
    expect(cvOf(added, 3)).toBe('pass');
    expect(await verify(message)).toEqual({ arc: { i: 3, result: 'pass' }, dkim: ['pass'] });
  });

  test('on top of a broken chain: cv=fail, nothing repaired', async () => {
    const sealed = await sealedByList(await signed(), { i: 1, cv: 'none' });
    for (const broken of [
      sealed.replace('Hello', 'Howdy'),
      // Its first signature is gone.
      sealed.replace(/^ARC-Message-Signature:[^\n]*\n(?:[ \t][^\n]*\n)*/m, ''),
      // The same set twice.
      sealed.replace(/^(?:ARC-Seal:[^\n]*\n(?:[ \t][^\n]*\n)*)/m, '$&$&'),
    ]) {
      const { message, added, faults } = await accept(broken);
      expect(faults).toEqual([]);
      expect(cvOf(added, 2)).toBe('fail');
      expect(message).toEndWith(RECEIVED + broken);
      expect((await verify(message)).arc?.result).toBe('fail');
    }
  });

  test('none on top of a set that says cv=fail, nor as the 51st', async () => {
    const sealed = await sealedByList(await signed(), { i: 1, cv: 'none' });
    const { message: failed } = await accept(sealed.replace('Hello', 'Howdy'));
    expect(fieldNames((await accept(failed)).added)).toEqual(['Authentication-Results']);
    // Without values: the sets are counted before any of them is verified.
    const set =
      'ARC-Seal: i=1; a=rsa-sha256; cv=none; d=list.example; s=l; b=AA\r\n' +
      'ARC-Message-Signature: i=1; a=rsa-sha256; d=list.example; s=l; h=from; bh=AA; b=AA\r\n' +
      'ARC-Authentication-Results: i=1; mx.list.example; none\r\n';
    const many = Array.from({ length: 50 }, (_, at) => set.replaceAll(/\bi=1;/g, `i=${at + 1};`)).join('');
    const { added, faults } = await accept(many + (await signed()));
    expect(fieldNames(added)).toEqual(['Authentication-Results']);
    expect(faults).toEqual([]);
  });

  test('none on a message without an author', async () => {
    const { message, added, faults } = await accept('Subject: x\r\n\r\nbody\r\n', { addsResults: false });
    expect(added).toBe('');
    expect(message).toBe(`${RECEIVED}Subject: x\r\n\r\nbody\r\n`);
    expect(faults).toEqual([]);
  });
});

describe('fields that pretend to be ours', () => {
  test('are removed before the seal, of whichever of our names, also when only sealing is on', async () => {
    const content = await signed();
    const forged =
      `Authentication-Results: ${HOSTNAME}; dkim=pass header.d=bank.example\r\n` +
      'Authentication-Results: mx.sender.example; auth=pass\r\n' +
      'authentication-results: MX2.backup.example;\r\n dmarc=pass\r\n';
    for (const addsResults of [true, false]) {
      const { message, added } = await accept(forged + content, { addsResults });
      expect(message).toBe(`${added}${RECEIVED}Authentication-Results: mx.sender.example; auth=pass\r\n${content}`);
      expect(await verify(message)).toEqual({ arc: { i: 1, result: 'pass' }, dkim: ['pass'] });
    }
  });
});

describe('trouble', () => {
  test('of the DNS is temperror in the field; an unsealed message is sealed', async () => {
    const names = ['sender.example', '_dmarc.sender.example', 'd._domainkey.sender.example'];
    const { message, added, faults } = await accept(await signed(), { lookupFor: () => lookupIn(names) });
    expect(faults).toEqual([]);
    expect(unfolded(added)).toMatch(/dkim=temperror.*spf=temperror.*dmarc=temperror/);
    expect((await verify(message)).arc).toEqual({ i: 1, result: 'pass' });
  });

  test('with the keys of a chain leaves the chain alone, so that the next hop can verify it', async () => {
    const sealed = await sealedByList(await signed(), { i: 1, cv: 'none' });
    const { message, added } = await accept(sealed, { lookupFor: () => lookupIn(['l._domainkey.list.example']) });
    expect(fieldNames(added)).toEqual(['Authentication-Results']);
    expect(unfolded(added)).toContain('arc=fail');
    expect((await verify(message)).arc).toEqual({ i: 1, result: 'pass' });
  });

  test('a DNS that never answers costs the time-out once', async () => {
    const startedAt = performance.now();
    const { added, faults } = await accept(await signed(), {
      lookupFor: () => () => new Promise(() => undefined),
      timeoutMs: 300,
    });
    const elapsedMs = performance.now() - startedAt;
    expect(elapsedMs).toBeGreaterThanOrEqual(290);
    expect(elapsedMs).toBeLessThan(10_000);
    expect(faults).toEqual([]);
    expect(unfolded(added)).toMatch(/dkim=temperror.*spf=temperror/);
    expect(cvOf(added, 1)).toBe('none');
  });

  test('of our own is told, and the message goes on, still without what pretended to be ours', async () => {
    const content = await signed();
    const { message, faults } = await accept(`Authentication-Results: ${HOSTNAME}; none\r\n${content}`, {
      arcKey: { ...arcKey('rsa'), privateKey: 'no key' },
    });
    expect(faults).toHaveLength(1);
    expect(message).toBe(RECEIVED + content);
  });

  const field = (name: string, part: string, octets: number): string =>
    `${name}: ${part
      .repeat(Math.floor(800 / part.length))
      .concat('\r\n ')
      .repeat(Math.floor(octets / 800))}x\r\n`;
  const signature = (rest: string): string =>
    `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example; s=d; bh=x; b=x; ${rest}\r\n`;
  // What each takes of the processor in one turn of the event loop without the bound.
  test.each([
    ['white space in a seal, minutes', `ARC-Seal: i=1; b=A${' '.repeat(200_000)}x\r\n`],
    ['white space in folds, minutes', `X-Folded: a${`\r\n${' '.repeat(90)}`.repeat(2000)}x\r\n`],
    ['a long header section', `X-Long: ${'y'.repeat(300_000)}\r\n`],
    ['many lines', `X-Lines: 1\r\n${' 2\r\n'.repeat(2000)}`],
    ['lines that are no fields, 100 ms', 'no field\r\n'.repeat(500)],
    ['many signatures', signature('h=from; l=1').repeat(20)],
    ['results of ARC, 110 ms', field('ARC-Authentication-Results', 'a=b;', 240_000)],
    ['a seal of many tags, 100 ms', field('ARC-Seal', 'a=b;', 240_000)],
    [
      'fifty large ARC sets, 165 ms',
      Array.from({ length: 50 }, (_, at) => field('ARC-Seal', `i=${at};`, 800)).join(''),
    ],
    ['a signature of many tags, 90 ms', field('DKIM-Signature', 'a=;', 240_000)],
    ['a group within a group, 530 ms', field('From', 'a:', 240_000)],
    ['many authors, 75 ms', field('From', '<user@sender.example>,', 110_000)],
    ['many fields From, 60 ms', 'From: a@sender.example, b@sender.example\r\n'.repeat(500)],
    ['a field From that goes on in lines that are none', `From: a:\r\n${`x ${'a:'.repeat(400)}\r\n`.repeat(20)}`],
    ['a long Return-Path', field('Return-Path', '<a@b>,', 16_000)],
    ['a long Received, 50 ms', field('Received', 'from (a) ', 240_000)],
    [
      'parameters of Content-Type for each signature, 80 ms',
      `${signature('h=from').repeat(10)}${field('Content-Type', 'a=b; ', 50_000)}`,
    ],
    ['names looked for among all fields, 690 ms', field('DKIM-Signature', 'h=a:', 16_000) + 'A: b\r\n'.repeat(1500)],
    ['a large header section signed many times, 135 ms', signature('h=from:x').repeat(10) + field('X', 'b ', 200_000)],
  ])('too much work is left undone: %s', async (_, bulk) => {
    const content = await signed();
    const { message, faults } = await accept(bulk + content);
    expect(message === RECEIVED + bulk + content).toBe(true);
    expect(faults).toEqual([]);
  });

  test('what honest mail may have is authenticated: a hundred mailboxes, five sets of ARC, six signatures', async () => {
    const mailboxes = Array.from({ length: 100 }, (_, at) => `"Recipient ${at}" <user${at}@customer.example>`);
    let content = `To: ${mailboxes.join(',\r\n ')}\r\nCc: ${mailboxes.join(',\r\n ')}\r\n${ORIGINAL}`;
    for (let count = 0; count < 6; count += 1) content = await signed(content);
    for (let at = 1; at <= 5; at += 1) content = await sealedByList(content, { i: at, cv: at === 1 ? 'none' : 'pass' });
    const { added } = await accept(`${'Received: from a.example by b.example; x\r\n'.repeat(30)}${content}`);
    expect(unfolded(added)).toContain('arc=pass');
    expect(unfolded(added).match(/dkim=pass/g)?.length).toBeGreaterThanOrEqual(6);
  });

  test.each([
    // 26 s of the processor without the bound.
    ['a body on one line', 2, 'x'.repeat(9_000_000)],
    ['ten signatures of a large body', 10, `${'x'.repeat(76)}\r\n`.repeat(90_000)],
    // 5 s.
    ['five signatures of a million lines', 5, 'x \r\n'.repeat(1_000_000)],
    // 800 ms in one turn.
    ['empty lines without end', 5, `${'\r\n'.repeat(40_000)}x\r\n`],
  ])('too much work is left undone: %s', async (_, count, body) => {
    const relaxed = (at: number) =>
      `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example; s=d; h=from; l=${at + 1}; bh=x; b=x\r\n`;
    const content = Array.from({ length: count }, (_, at) => relaxed(at)).join('') + (await signed()) + body;
    const { message, faults } = await accept(content);
    expect(message === RECEIVED + content).toBe(true);
    expect(faults).toEqual([]);
  });

  test('large content is not held up: 10 MB sealed, others have their turn meanwhile', async () => {
    const content = (await signed()) + `${'x'.repeat(76)}\r\n`.repeat(130_000);
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 5);
    const { message, faults } = await accept(content);
    clearInterval(timer);
    expect(faults).toEqual([]);
    expect(turns).toBeGreaterThan(3);
    expect((await verify(message)).arc).toEqual({ i: 1, result: 'pass' });
  });
});

describe('the key', () => {
  test('of RSA or Ed25519 is taken; anything else is told with its file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bmx-arc-'));
    const keyFile = join(folder, 'arc.pem');
    const load = (text: string): ArcKey => {
      writeFileSync(keyFile, text);
      return loadArcKey({ domain: 'backup.example', selector: 'rsa', keyFile });
    };
    const pem = {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    } as const;
    try {
      expect(() => loadArcKey({ domain: 'a.example', selector: 'x', keyFile })).toThrow(keyFile);
      expect(load(KEYS.rsa.privateKey)).toEqual(arcKey('rsa'));
      expect(load(KEYS.ed25519.privateKey).privateKey).toBe(KEYS.ed25519.privateKey);
      expect(() => load('no key')).toThrow(`${keyFile} is no private key in PEM form`);
      expect(() => load(generateKeyPairSync('ec', { namedCurve: 'P-256', ...pem }).privateKey)).toThrow('type ec');
      expect(() => load(generateKeyPairSync('rsa', { modulusLength: 512, ...pem }).privateKey)).toThrow('512 bits');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
