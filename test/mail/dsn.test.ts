import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { statusOf } from '../../src/mail/dsn-fields.ts';
import { composeReport, headerSectionOf, type Report, type ReportedRecipient } from '../../src/mail/dsn.ts';
import { decodeBody, parseEntity, parseFields, parseParts } from './mime.ts';
import { pick, random } from './random.ts';

const REFUSED: ReportedRecipient = {
  address: 'user@example.org',
  originalRecipient: 'rfc822;User+2Btag@example.net',
  event: 'FAILED',
  status: null,
  remoteMta: 'mail.example.org',
  diagnostic: '550-5.1.1 No such user\n550 5.1.1 here, try https://example.org/help',
  lastAttemptAt: new Date('2026-10-01T11:00:00Z'),
  willRetryUntilAt: null,
  hosts: [],
};
const HEADER =
  'Received: x\r\nFrom: Sender <sender@sender.example>\r\nMessage-ID: <1@sender.example>\r\nSubject: hello\r\n';
const REPORT: Report = {
  reportId: '0199a000-0000-7000-8000-000000000002',
  transactionId: '0199a000-0000-7000-8000-000000000001',
  reportingMta: 'mx1.backup.example',
  from: 'mailer-daemon@mx1.backup.example',
  to: 'sender@sender.example',
  arrivalAt: new Date('2026-10-01T10:00:00Z'),
  at: new Date('2026-10-01T11:00:01Z'),
  envelopeId: 'QQ+2B1',
  lifetimeText: '10 days',
  recipients: [REFUSED],
  headerSection: Buffer.from(HEADER),
};

interface Parsed {
  readonly fields: ReadonlyMap<string, string>;
  readonly text: string;
  readonly blocks: readonly ReadonlyMap<string, string>[];
  readonly headers: string;
}

function parse(content: Uint8Array): Parsed {
  const entity = parseEntity(Buffer.from(content).toString('utf8'));
  const parts = parseParts(entity);
  expect(parts.map((part) => part.fields.get('content-type'))).toEqual([
    'text/plain; charset=utf-8',
    'message/delivery-status',
    'text/rfc822-headers',
  ]);
  const [text, status, headers] = parts;
  if (text === undefined || status === undefined || headers === undefined) throw new Error('three parts');
  expect(status.body).toMatch(/^(?:[ -~]{1,998}\r\n|\r\n)*$/);
  return {
    fields: entity.fields,
    text: decodeBody(text).toString('utf8'),
    blocks: `${status.body}\r\n`
      .split(/(?<=\r\n)\r\n/)
      .filter((block) => block.trim() !== '')
      .map(parseFields),
    headers: decodeBody(headers).toString('latin1'),
  };
}

describe('composeReport', () => {
  test('a refusal', () => {
    const { fields, text, blocks, headers } = parse(composeReport(REPORT));
    expect(Object.fromEntries(fields)).toEqual({
      from: 'Mail Delivery System <mailer-daemon@mx1.backup.example>',
      to: '<sender@sender.example>',
      subject: 'Your message could not be delivered',
      date: 'Thu, 01 Oct 2026 11:00:01 +0000',
      'message-id': '<0199a000-0000-7000-8000-000000000002@mx1.backup.example>',
      'in-reply-to': '<1@sender.example>',
      references: '<1@sender.example>',
      'auto-submitted': 'auto-replied',
      'mime-version': '1.0',
      'content-type':
        'multipart/report; report-type=delivery-status; boundary="=_report_0199a000-0000-7000-8000-000000000002"',
    });
    expect(blocks.map((block) => Object.fromEntries(block))).toEqual([
      {
        'original-envelope-id': 'QQ+1',
        'reporting-mta': 'dns; mx1.backup.example',
        'arrival-date': 'Thu, 01 Oct 2026 10:00:00 +0000',
      },
      {
        'original-recipient': 'rfc822; User+tag@example.net',
        'final-recipient': 'rfc822; user@example.org',
        action: 'failed',
        status: '5.1.1',
        'remote-mta': 'dns; mail.example.org',
        'diagnostic-code': 'smtp; 550-5.1.1 No such user 550 5.1.1 here, try https://example.org/help',
        'last-attempt-date': 'Thu, 01 Oct 2026 11:00:00 +0000',
      },
    ]);
    expect(headers).toBe(HEADER);
    expect(text).toContain('<user@example.org>');
    expect(text).toContain('550-5.1.1 No such user');
    expect(text).toContain('0199a000-0000-7000-8000-000000000001');
  });

  test('an expiry says for how long, when each host was tried, and 4.4.7 when no status is known', () => {
    const expired: ReportedRecipient = {
      ...REFUSED,
      originalRecipient: null,
      event: 'EXPIRED',
      diagnostic: '[connection refused]',
      remoteMta: null,
      hosts: [
        { host: 'mx-a.example.org', lastAttemptAt: new Date('2026-10-11T10:00:00Z'), reply: '[timed out]' },
        { host: 'mx-b.example.org', lastAttemptAt: new Date('2026-10-11T10:01:00Z'), reply: '421 4.3.2 closing' },
      ],
    };
    const { text, blocks } = parse(composeReport({ ...REPORT, envelopeId: null, recipients: [expired] }));
    expect(blocks[0]?.has('original-envelope-id')).toBe(false);
    expect(Object.fromEntries(blocks[1] ?? [])).toEqual({
      'final-recipient': 'rfc822; user@example.org',
      action: 'failed',
      status: '4.4.7',
      'diagnostic-code': 'x-backup-mx; [connection refused]',
      'last-attempt-date': 'Thu, 01 Oct 2026 11:00:00 +0000',
    });
    expect(text).toContain('10 days');
    expect(text).toContain(
      'mx-a.example.org, last tried on Sun, 11 Oct 2026 10:00:00 +0000:\r\n            [timed out]',
    );
    expect(text).toContain('mx-b.example.org, last tried on Sun, 11 Oct 2026 10:01:00 +0000:');
  });

  test('a delay has Will-Retry-Until, a relay does not; the worst event names the report', () => {
    const willRetryUntilAt = new Date('2026-10-11T10:00:00Z');
    const delayed: ReportedRecipient = { ...REFUSED, event: 'DELAYED', diagnostic: '450 busy', willRetryUntilAt };
    const relayed: ReportedRecipient = { ...REFUSED, event: 'RELAYED', diagnostic: '250 2.1.5 ok', willRetryUntilAt };
    const { fields, blocks } = parse(composeReport({ ...REPORT, recipients: [relayed, delayed] }));
    expect(fields.get('subject')).toBe('Your message is delayed');
    expect(blocks[1]?.get('action')).toBe('relayed');
    expect(blocks[1]?.get('status')).toBe('2.0.0');
    expect(blocks[1]?.has('will-retry-until')).toBe(false);
    expect(blocks[2]?.get('action')).toBe('delayed');
    expect(blocks[2]?.get('status')).toBe('4.2.0');
    expect(blocks[2]?.get('will-retry-until')).toBe('Sun, 11 Oct 2026 10:00:00 +0000');
  });

  test('addresses and replies beyond ASCII keep the report ASCII, but for the To field', () => {
    const recipient: ReportedRecipient = {
      ...REFUSED,
      address: 'jürgen@example.org',
      originalRecipient: 'utf-8;j\\x{FC}rgen@example.org',
      diagnostic: '550 5.1.1 unbekannter Empfänger',
    };
    const content = composeReport({ ...REPORT, recipients: [recipient] });
    expect(Buffer.from(content).toString('latin1')).toMatch(/^[\r\n\t -~]*$/);
    const { text, blocks } = parse(content);
    expect(blocks[1]?.get('final-recipient')).toBe('utf-8; j\\x{FC}rgen@example.org');
    expect(blocks[1]?.get('original-recipient')).toBe('utf-8; j\\x{FC}rgen@example.org');
    expect(blocks[1]?.get('diagnostic-code')).toBe('smtp; 550 5.1.1 unbekannter Empf?nger');
    expect(text).toContain('unbekannter Empfänger');
    expect(text).toContain('<jürgen@example.org>');
    expect(parse(composeReport({ ...REPORT, to: 'jürgen@sender.example' })).fields.get('to')).toBe(
      '<jürgen@sender.example>',
    );
  });

  test('8-bit headers and lines too long for SMTP come back as the same octets', () => {
    const header = Buffer.concat([
      Buffer.from('Subject: '),
      Buffer.from([0xfc, 0xff, 0x00, 0x09]),
      Buffer.from(` \r\nX-Long: ${'x'.repeat(3000)}\r\nX-Odd: =3D = trailing \t\r\n`),
    ]);
    const { headers } = parse(composeReport({ ...REPORT, headerSection: header }));
    expect(headers).toBe(header.toString('latin1'));
  });

  test('no header section at all', () => {
    expect(parse(composeReport({ ...REPORT, headerSection: new Uint8Array() })).headers).toBe('');
  });

  test('a sender or From that is no address is a bug, not a report', () => {
    expect(() => composeReport({ ...REPORT, to: 'a@b.example>\r\nBcc: <c@d.example' })).toThrow(RangeError);
    expect(() => composeReport({ ...REPORT, from: '' })).toThrow(RangeError);
  });

  test('property: no text from outside adds a field, a part or a line end', () => {
    const rng = random(8);
    const fragments = [
      '\r\n',
      '\n',
      '\r',
      '\0',
      ' ',
      '\t',
      '\r\n\r\n',
      'Action: delivered',
      'Final-Recipient: rfc822; x@y.example',
      '550 ',
      '550-',
      '5.1.1 ',
      '\r\n--=_report_0199a000-0000-7000-8000-000000000002',
      '--',
      'ü',
      '\u2028',
      '😀',
      'x'.repeat(300),
      '+0D+0A',
      ';',
      '=',
      '<1@x>',
      'Message-ID: ',
    ];
    const junk = () => Array.from({ length: Math.floor(rng() * 8) }, () => pick(rng, fragments)).join('');
    for (let round = 0; round < 2000; round += 1) {
      const at = new Date(Math.floor(rng() * 2e12));
      const recipient = (): ReportedRecipient => ({
        address: junk(),
        originalRecipient: `rfc822;${junk()}`,
        event: pick(rng, ['FAILED', 'EXPIRED', 'DELAYED', 'RELAYED']),
        status: junk(),
        remoteMta: junk(),
        diagnostic: junk(),
        lastAttemptAt: at,
        willRetryUntilAt: at,
        hosts: [{ host: junk(), lastAttemptAt: at, reply: junk() }],
      });
      const recipients = [recipient(), recipient()];
      const headerSection = Buffer.from(junk());
      const { fields, blocks, text } = parse(
        composeReport({
          ...REPORT,
          transactionId: junk(),
          envelopeId: junk(),
          lifetimeText: junk(),
          recipients,
          headerSection,
          at,
        }),
      );
      expect(new Date(fields.get('date') ?? '').getTime()).toBe(Math.floor(at.getTime() / 1000) * 1000);
      expect(blocks).toHaveLength(3);
      expect(blocks[1]?.get('action')).toBe(
        { FAILED: 'failed', EXPIRED: 'failed', DELAYED: 'delayed', RELAYED: 'relayed' }[
          recipients[0]?.event ?? 'FAILED'
        ],
      );
      expect(blocks[1]?.get('status')).toMatch(/^[245]\.\d{1,3}\.\d{1,3}$/);
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\u0000-\u001f\u007f\u2028]/);
    }
  });
});

describe('statusOf', () => {
  test.each<[ReportedRecipient['event'], string | null, string | null, string]>([
    ['FAILED', null, '550 5.7.1 no', '5.7.1'],
    ['FAILED', null, '550 no', '5.0.0'],
    ['FAILED', null, '551 moved', '5.1.6'],
    ['FAILED', null, '[refused by the operator]', '5.0.0'],
    ['FAILED', null, null, '5.0.0'],
    ['FAILED', '5.6.7', '550 5.7.1 no', '5.6.7'],
    ['FAILED', 'nonsense', '550 5.7.1 no', '5.7.1'],
    ['EXPIRED', null, '450 4.2.1 later', '4.2.1'],
    ['EXPIRED', null, '450 later', '4.4.7'],
    ['EXPIRED', null, '[timed out]', '4.4.7'],
    ['DELAYED', null, '421 closing', '4.3.2'],
    ['DELAYED', null, null, '4.0.0'],
    ['RELAYED', null, '250 2.1.5 ok', '2.0.0'],
  ])('%s, status %p, reply %p: %s', (event, status, diagnostic, expected) => {
    expect(statusOf({ event, status, diagnostic })).toBe(expected);
  });
});

describe('headerSectionOf', () => {
  const section = (content: string, maxBytes = 10_000) =>
    Buffer.from(headerSectionOf(Buffer.from(content), maxBytes)).toString();

  test('ends before the empty line', () => {
    expect(section('A: 1\r\nB: 2\r\n 3\r\n\r\nbody\r\n')).toBe('A: 1\r\nB: 2\r\n 3\r\n');
    expect(section('A: 1\r\n')).toBe('A: 1\r\n');
    expect(section('A: 1')).toBe('A: 1');
    expect(section('\r\nbody')).toBe('');
    expect(section('')).toBe('');
  });

  test('holds whole fields only when it is cut', () => {
    expect(section('A: 1\r\nB: 2\r\n 3\r\n\r\nbody\r\n', 16)).toBe('A: 1\r\nB: 2\r\n 3\r\n');
    expect(section('A: 1\r\nB: 2\r\n 3\r\n\r\nbody\r\n', 15)).toBe('A: 1\r\n');
    expect(section('A: 1\r\n 2\r\n 3\r\nB: 2\r\n\r\n', 12)).toBe('A: 1\r\n 2\r\n');
    expect(section('A: 1\r\n', 3)).toBe('');
    expect(section('A: 1\r\n', 0)).toBe('');
  });
});
