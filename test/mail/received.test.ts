import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { formatDate } from '../../src/mail/mime.ts';
import type { ClientInfo } from '../../src/mail/envelope.ts';
import { countReceived, receivedField } from '../../src/mail/received.ts';
import { pick, random } from './random.ts';
import { cpuMsOf } from '../helpers/timing.ts';

const CLIENT: ClientInfo = {
  address: '192.0.2.1',
  name: 'out.sender.example',
  ehloName: 'mail.sender.example',
  protocol: 'ESMTPS',
  tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384',
};
const FIELD = {
  client: CLIENT,
  by: 'mx1.backup.example',
  transactionId: '0199a000-0000-7000-8000-000000000001',
  forRecipient: 'user@example.org',
  at: new Date('2026-10-01T10:00:00.999Z'),
};
const RFC5322_DATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} \+0000$/;

describe('receivedField', () => {
  test('says from, by, with, TLS, id, for and when', () => {
    expect(receivedField(FIELD)).toBe(
      [
        'Received: from mail.sender.example (out.sender.example [192.0.2.1])',
        ' by mx1.backup.example with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)',
        ' id 0199a000-0000-7000-8000-000000000001',
        ' for <user@example.org>;',
        ' Thu, 01 Oct 2026 10:00:00 +0000',
        '',
      ].join('\r\n'),
    );
  });

  test('IPv6, no reverse name, clear text, several recipients', () => {
    const client: ClientInfo = { ...CLIENT, address: '2001:db8::1', name: null, protocol: 'ESMTP', tls: null };
    expect(receivedField({ ...FIELD, client, forRecipient: null })).toBe(
      [
        'Received: from mail.sender.example ([IPv6:2001:db8::1])',
        ' by mx1.backup.example with ESMTP',
        ' id 0199a000-0000-7000-8000-000000000001;',
        ' Thu, 01 Oct 2026 10:00:00 +0000',
        '',
      ].join('\r\n'),
    );
  });

  test('an EHLO argument that is no name goes into a comment, defused', () => {
    const client: ClientInfo = { ...CLIENT, ehloName: 'x) by evil.example; (\r\nSubject: y' };
    expect(receivedField({ ...FIELD, client })).toStartWith(
      'Received: from [192.0.2.1] (out.sender.example [192.0.2.1]) (EHLO x? by evil.example; ???Subject: y)\r\n by mx1',
    );
    const literal: ClientInfo = { ...CLIENT, ehloName: '[192.0.2.7]' };
    expect(receivedField({ ...FIELD, client: literal })).toStartWith('Received: from [192.0.2.7] (out');
  });

  test('a UTF-8 recipient is named only with UTF8SMTP', () => {
    const recipient = { ...FIELD, forRecipient: 'jürgen@example.org' };
    expect(receivedField(recipient)).not.toContain('for <');
    const client: ClientInfo = { ...CLIENT, protocol: 'UTF8SMTPS' };
    expect(receivedField({ ...recipient, client })).toContain('for <jürgen@example.org>;');
  });

  test('property: whatever the client says, one field of short lines that counts as ours', () => {
    const rng = random(3);
    const characters = [
      '\r',
      '\n',
      '\0',
      '(',
      ')',
      '\\',
      '"',
      ';',
      '<',
      '>',
      '@',
      'a',
      '.',
      '-',
      '_',
      ' ',
      'ü',
      '\u2028',
      'by ',
    ];
    const junk = () => Array.from({ length: Math.floor(rng() * 20) }, () => pick(rng, characters)).join('');
    for (let round = 0; round < 5000; round += 1) {
      const client: ClientInfo = { address: junk(), name: junk(), ehloName: junk(), protocol: 'ESMTP', tls: junk() };
      const field = receivedField({ ...FIELD, client, transactionId: junk(), forRecipient: junk() });
      const lines = field.split('\r\n');
      expect(lines.pop()).toBe('');
      for (const [index, line] of lines.entries()) {
        expect(line).toMatch(index === 0 ? /^Received: [ -~]+$/ : /^ [ -~]+$/);
        expect(line.length).toBeLessThan(500);
      }
      expect(countReceived(Buffer.from(`${field}\r\n`), ['mx1.backup.example'])).toEqual({ total: 1, ours: 1 });
    }
  });
});

describe('formatDate', () => {
  test('property: every date has the form of RFC 5322 and reads back as the same second', () => {
    const rng = random(4);
    for (let round = 0; round < 5000; round += 1) {
      const at = new Date(Math.floor(rng() * 4e9) * 1000);
      expect(formatDate(at)).toMatch(RFC5322_DATE);
      expect(new Date(formatDate(at)).getTime()).toBe(at.getTime());
    }
    expect(() => formatDate(new Date(Number.NaN))).toThrow(RangeError);
  });
});

describe('countReceived', () => {
  const ours = ['MX1.backup.example', 'mx2.backup.example'];
  const count = (text: string) => countReceived(Buffer.from(text), ours);

  test('counts fields of the header section, in any case, folded or not', () => {
    const text = [
      'Received: from a (b [192.0.2.1]) by mx1.backup.example with ESMTP; date',
      'RECEIVED : from a (x)',
      '\tby\r\n MX2.Backup.Example. (we) with SMTP; date',
      'X-Received: by mx1.backup.example',
      'Received-SPF: pass by mx1.backup.example',
      'received:from other.example by other.example; date',
      'Subject: hello',
      ' Received: by mx1.backup.example',
      '',
      'Received: from a by mx1.backup.example; in the body',
    ].join('\r\n');
    expect(count(text)).toEqual({ total: 3, ours: 2 });
  });

  test('our name in a comment, or as from, is not `by` us', () => {
    expect(count('Received: from mx1.backup.example (by mx1.backup.example) by other.example; date\r\n').ours).toBe(0);
    expect(count('Received: from a (by \\) by mx1.backup.example (nested)) by other.example; date\r\n').ours).toBe(0);
  });

  test('odd shapes: empty, no end, LF only, blank first line, a view into a larger buffer', () => {
    expect(count('')).toEqual({ total: 0, ours: 0 });
    expect(count('Received')).toEqual({ total: 0, ours: 0 });
    expect(count('Received: by mx1.backup.example')).toEqual({ total: 1, ours: 1 });
    expect(count('Received: by mx1.backup.example\nReceived: x\n\nReceived: y\n')).toEqual({ total: 2, ours: 1 });
    expect(count('\r\nReceived: by mx1.backup.example\r\n')).toEqual({ total: 0, ours: 0 });
    const larger = Buffer.from('xxReceived: by mx1.backup.example\r\n');
    expect(countReceived(larger.subarray(2), ours)).toEqual({ total: 1, ours: 1 });
  });

  test('10 MB without an empty line, and one endless field, take no noticeable time', () => {
    const lines = Buffer.from('X-Filler: some text of a common length, as a header may have\r\n'.repeat(160_000));
    const field = Buffer.from(`Received: ${'(x '.repeat(1_000_000)}`);
    const tookMs = cpuMsOf(() => {
      expect(countReceived(lines, ours).total).toBe(0);
      expect(countReceived(field, ours).total).toBe(1);
    });
    expect(tookMs).toBeLessThan(2000);
  });
});
