/** Our Received field, whatever a client called itself: one field, its clauses once each, nothing of the client's outside its place. */
import { expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import type { ClientInfo } from '../../src/mail/envelope.ts';
import { countReceived, receivedField } from '../../src/mail/received.ts';
import { runs } from './runs.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: fc.constantFrom(...'\r\n\0\t ()\\"<>;:@[]ab.ü\u2028'.split('')), maxLength: 60 }),
  fc.constantFrom(
    'x\r\nX-Evil: 1',
    'x) by evil.example (',
    'x by evil.example with ESMTP id 1; Thu, 01 Jan 1970 00:00:00 +0000',
    '\\',
    'a\\)b',
    '((((',
    '))))',
    '[192.0.2.1]',
    '[IPv6:::1]',
    '[]',
    '',
  ),
  fc.domain(),
);
const hostileAddress = fc.oneof(
  hostile,
  fc.tuple(hostile, hostile).map(([local, domain]) => `${local}@${domain}`),
  fc.constantFrom('"a; b by c"@example.org', '"a\\"b> (c"@example.org', 'ü@example.org', 'u@example.org'),
);

/** The field without its comments, and `<>` for the path, whatever stands quoted in it. RFC 5322 §3.2.2: comments nest. */
function clausesOf(field: string): string {
  let depth = 0;
  let isQuoted = false;
  let isPath = false;
  let clauses = '';
  const octets = field.replaceAll('\r\n', '');
  for (let at = 0; at < octets.length; at += 1) {
    const character = octets[at] ?? '';
    if (character === '\\' && (depth > 0 || isQuoted)) at += 1;
    else if (depth > 0) depth += character === '(' ? 1 : character === ')' ? -1 : 0;
    else if (isPath && character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (isPath) isPath = character !== '>';
    else if (character === '<') {
      isPath = true;
      clauses += '<>';
    } else if (character === '(') depth = 1;
    else clauses += character;
  }
  expect(depth).toBe(0);
  expect(isPath || isQuoted).toBe(false);
  return clauses.replace(/ +/g, ' ').trim();
}

test('has the same clauses for every client', () => {
  const property = fc.property(
    fc.record({
      address: fc.oneof(fc.ipV4(), fc.ipV6(), hostile),
      name: fc.option(hostile),
      ehloName: hostile,
      protocol: fc.constantFrom<ClientInfo['protocol']>('SMTP', 'ESMTP', 'ESMTPS', 'UTF8SMTP', 'UTF8SMTPS'),
      tls: fc.option(hostile),
    }),
    fc.option(hostileAddress),
    (client, forRecipient) => {
      const field = receivedField({
        client,
        by: 'backup.example',
        transactionId: '01890a5d-ac96-774b-bcce-b302099a8057',
        forRecipient,
        at: new Date(1_800_000_000_000),
      });
      expect(clausesOf(field)).toMatch(
        /^Received: from (?:\[[A-Za-z0-9.:]+\]|[A-Za-z0-9._-]+) by backup\.example with \S+ id [0-9a-f-]{36}(?: for <>)?; \w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000$/,
      );
      const lines = field.split('\r\n');
      expect(lines.pop()).toBe('');
      for (const [at, line] of lines.entries()) {
        expect(line).toMatch(at === 0 ? /^Received: / : /^ [^ ]/);
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        // RFC 5322 §2.1.1.
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(998);
      }
      if (!client.protocol.startsWith('UTF8')) expect(field).toMatch(/^[\r\n -~]+$/);
      expect(countReceived(Buffer.from(field), ['backup.example'])).toEqual({ total: 1, ours: 1 });
    },
  );
  fc.assert(property, runs(5000));
});
