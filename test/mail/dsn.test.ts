import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { statusOf } from '../../src/mail/dsn-fields.ts';
import { type ComposedReport, composeReport } from '../../src/mail/dsn.ts';
import { headerSectionOf } from '../../src/mail/header-section.ts';
import type { Report, ReportedRecipient } from '../../src/mail/dsn-report.ts';
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
  message: null,
  maxBytes: 10_485_760,
};

const MESSAGE = Buffer.from(`${HEADER}\r\nHello,\r\n\r\n.\r\n`);

interface Parsed {
  readonly fields: ReadonlyMap<string, string>;
  readonly text: string;
  readonly blocks: readonly ReadonlyMap<string, string>[];
  readonly headers: string;
}

function parse({ content, smtpUtf8 }: ComposedReport): Parsed {
  const entity = parseEntity(Buffer.from(content).toString('utf8'));
  const parts = parseParts(entity);
  expect(parts.map((part) => part.fields.get('content-type'))).toEqual([
    'text/plain; charset=utf-8',
    smtpUtf8 ? 'message/global-delivery-status' : 'message/delivery-status',
    smtpUtf8 ? expect.stringMatching(/^(?:message\/global-headers|text\/rfc822-headers)$/) : 'text/rfc822-headers',
  ]);
  const [text, status, headers] = parts;
  if (text === undefined || status === undefined || headers === undefined) throw new Error('three parts');
  expect(status.body).toMatch(smtpUtf8 ? /^(?:[^\0-\x1f\x7f]{1,998}\r\n|\r\n)*$/u : /^(?:[ -~]{1,998}\r\n|\r\n)*$/);
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
  test('69 72 a refusal: three parts, and per recipient all that is known', () => {
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

  test('70 an expiry says for how long, when each host was tried, and 4.4.7 when no status is known', () => {
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

  test('69 a delay has Will-Retry-Until, a relay does not; the worst event names the report', () => {
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

  test('71 UTF-8, to a sender whose address is ASCII: the ASCII forms of RFC 6533, whatever recipient and reply hold', () => {
    const recipient: ReportedRecipient = {
      ...REFUSED,
      address: 'jürgen@example.org',
      originalRecipient: 'utf-8;j\\x{FC}rgen@example.org',
      diagnostic: '550 5.1.1 unbekannter Empfänger',
    };
    const report = composeReport({ ...REPORT, recipients: [recipient] });
    expect(Buffer.from(report.content).toString('latin1')).toMatch(/^[\r\n\t -~]*$/);
    expect(report).toMatchObject({ smtpUtf8: false, body: null });
    const { text, blocks } = parse(report);
    expect(blocks[1]?.get('final-recipient')).toBe('utf-8; j\\x{FC}rgen@example.org');
    expect(blocks[1]?.get('original-recipient')).toBe('utf-8; j\\x{FC}rgen@example.org');
    expect(blocks[1]?.get('diagnostic-code')).toBe('smtp; 550 5.1.1 unbekannter Empf?nger');
    expect(text).toContain('unbekannter Empfänger');
    expect(text).toContain('<jürgen@example.org>');
  });

  test('71 UTF-8, to a sender whose address is beyond ASCII: message/global-delivery-status and global headers', () => {
    const recipient: ReportedRecipient = {
      ...REFUSED,
      address: 'jür+gen@example.org',
      originalRecipient: 'utf-8;j\\x{FC}r\\x{2B}gen@example.org',
      diagnostic: '550 5.1.1 unbekannter Empfänger',
    };
    const headerSection = Buffer.from('From: jürgen@sender.example\r\nSubject: grüße\r\n');
    const report = composeReport({ ...REPORT, to: 'jürgen@sender.example', recipients: [recipient], headerSection });
    expect(report).toMatchObject({ smtpUtf8: true, body: '8BITMIME' });
    const entity = parseEntity(Buffer.from(report.content).toString('utf8'));
    expect(entity.fields.get('to')).toBe('<jürgen@sender.example>');
    expect(entity.fields.get('content-transfer-encoding')).toBe('8bit');
    const [text, status, headers] = parseParts(entity);
    expect(text?.fields.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(status?.fields.get('content-type')).toBe('message/global-delivery-status');
    expect(status?.fields.get('content-transfer-encoding')).toBe('8bit');
    const fields = parseFields(status?.body.split('\r\n\r\n')[1] ?? '');
    expect(fields.get('final-recipient')).toBe('utf-8; jür\\x{2B}gen@example.org');
    expect(fields.get('original-recipient')).toBe('utf-8; jür\\x{2B}gen@example.org');
    expect(fields.get('diagnostic-code')).toBe('smtp; 550 5.1.1 unbekannter Empfänger');
    expect(headers?.fields.get('content-type')).toBe('message/global-headers');
    expect(headers?.body).toBe(headerSection.toString());
    const whole = composeReport({ ...REPORT, to: 'jürgen@sender.example', message: MESSAGE });
    expect(Buffer.from(whole.content).toString()).toContain('Content-Type: message/global\r\n');
  });

  test('a header section that is no UTF-8 is encoded, in the global form too', () => {
    const headerSection = Buffer.from([0x53, 0x3a, 0x20, 0xfc, 0x0d, 0x0a]);
    const { content } = composeReport({ ...REPORT, to: 'jürgen@sender.example', headerSection });
    const headers = parseParts(parseEntity(Buffer.from(content).toString('utf8')))[2];
    expect(headers?.fields.get('content-type')).toBe('text/rfc822-headers');
    expect(headers?.fields.get('content-transfer-encoding')).toBe('quoted-printable');
    expect(headers === undefined ? null : decodeBody(headers)).toEqual(headerSection);
  });

  describe('71 RET=FULL', () => {
    const returned = (message: string | Buffer, more: Partial<Report> = {}) => {
      const report = composeReport({ ...REPORT, message: Buffer.from(message), ...more });
      const entity = parseEntity(Buffer.from(report.content).toString('utf8'));
      const [, , last] = parseParts(entity);
      return { report, entity, type: last?.fields.get('content-type'), last };
    };

    test('returns the whole message as message/rfc822', () => {
      const { report, type, last } = returned(MESSAGE);
      expect(type).toBe('message/rfc822');
      expect(last?.fields.has('content-transfer-encoding')).toBe(false);
      expect(last?.body).toBe(MESSAGE.toString());
      expect(report.body).toBeNull();
      expect(returned(MESSAGE.subarray(0, -2)).last?.body).toBe(MESSAGE.toString());
    });

    test('an 8-bit body makes the report 8BITMIME', () => {
      const { report, entity, type, last } = returned('Subject: x\r\n\r\nGrüße\r\n');
      expect(type).toBe('message/rfc822');
      expect(last?.fields.get('content-transfer-encoding')).toBe('8bit');
      expect(entity.fields.get('content-transfer-encoding')).toBe('8bit');
      expect(last?.body).toBe('Subject: x\r\n\r\nGrüße\r\n');
      expect(report).toMatchObject({ smtpUtf8: false, body: '8BITMIME' });
    });

    test.each<[string, string | Buffer]>([
      ['header fields beyond ASCII', 'Subject: grüße\r\n\r\nx\r\n'],
      ['a line too long for SMTP', `Subject: x\r\n\r\n${'x'.repeat(999)}\r\n`],
      ['a bare LF', 'Subject: x\r\n\r\na\nb\r\n'],
      ['a bare CR', 'Subject: x\r\n\r\na\rb\r\n'],
      ['a bare CR at its end', 'Subject: x\r\n\r\nab\r'],
      ['NUL', 'Subject: x\r\n\r\na\0b\r\n'],
    ])('cannot return %s as it came, and returns the header section', (_, message) => {
      expect(returned(message).type).toBe('text/rfc822-headers');
    });

    test('a report that would be too large returns the header section', () => {
      const { report } = returned(MESSAGE);
      const maxBytes = report.content.length;
      expect(returned(MESSAGE, { maxBytes }).type).toBe('message/rfc822');
      expect(returned(MESSAGE, { maxBytes: maxBytes - 1 }).type).toBe('text/rfc822-headers');
    });

    test('a message that holds the boundary of its report', () => {
      const nasty = `Subject: x\r\n\r\n--=_report_${REPORT.reportId}\r\n--=_report_${REPORT.reportId}_--\r\n`;
      expect(returned(nasty).last?.body).toBe(nasty);
    });
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

  test('69 property: no text from outside adds a field, a part or a line end', () => {
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
          to: pick(rng, ['sender@sender.example', 'jürgen@sender.example']),
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
