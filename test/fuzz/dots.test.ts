/**
 * Dots on both sides, octet by octet: what a client stuffs we un-stuff, what we send on is stuffed, and nothing else changes
 * (RFC 5321 §4.5.2).
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { type BareNewlines, createDataScanner } from '../../src/inbound/bytes.ts';
import { openSession } from '../../src/smtp/client.ts';
import { type SmtpSession, DEFAULT_SMTP_TIMEOUTS } from '../../src/smtp/session.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { normalized, readData } from './reference.ts';
import { assertRuns, runs, runsTimeoutMs } from './runs.ts';
import { cut } from './sessions.ts';

/** Content as it may be stored: any octets in lines that end in CRLF, rich in dots. */
const storable = fc
  .array(
    fc.oneof(
      fc.constantFrom('', '.', '..', '...', '. ', '.\t', '.a', 'a.', 'QUIT'),
      fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 12 }),
    ),
    { maxLength: 12 },
  )
  .map((lines) => lines.map((line) => `${line.replace(/[\r\n\0]/g, '.')}\r\n`).join(''));
const anything = fc
  .array(fc.constantFrom('\r', '\n', '.', '\0', '\r\n', '\r\n.', '.\r\n', 'a', '\xff'), { maxLength: 20 })
  .map((parts) => parts.join(''));
const lengths = fc.oneof(fc.constant([1]), fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }));

/** RFC 5321 §4.5.2, as a client does it. */
function stuffed(content: string): string {
  return `${content.replace(/(^|\r\n)\./g, '$1..')}.\r\n`;
}

interface Scanned {
  readonly content: string;
  readonly isUnsafe: boolean;
  /** Octets read up to the end of data, or -1. */
  readonly end: number;
}

function scan(stream: string, sizes: readonly number[], bareNewlines: BareNewlines): Scanned {
  let content = '';
  let read = 0;
  const scanner = createDataScanner(bareNewlines, (piece) => {
    content += piece.toString('latin1');
  });
  for (const chunk of cut(Buffer.from(stream, 'latin1'), sizes)) {
    const end = scanner.push(chunk);
    if (end >= 0) return { content, isUnsafe: scanner.isUnsafe(), end: read + end };
    read += chunk.length;
  }
  return { content, isUnsafe: scanner.isUnsafe(), end: -1 };
}

test('in: what was stuffed is what it was, and what is pipelined behind the dot stays there', () => {
  const property = fc.property(storable, lengths, anything, (content, sizes, behind) => {
    const wire = stuffed(content);
    for (const mode of ['reject', 'normalize'] as const) {
      expect(scan(wire + behind, sizes, mode)).toEqual({ content, isUnsafe: false, end: wire.length });
    }
  });
  fc.assert(property, runs(3000));
});

test('in: any octets are read as the reference reads them, however they are cut', () => {
  const property = fc.property(anything, lengths, (text, sizes) => {
    const stream = `${text}\r\n.\r\nRSET\r\n`;
    const wanted = readData(stream);
    const normal = scan(stream, sizes, 'normalize');
    expect(normal).toEqual({ content: normalized(wanted.content), isUnsafe: false, end: wanted.end });
    expect(normal.content.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/);
    const strict = scan(stream, sizes, 'reject');
    expect([strict.isUnsafe, strict.end]).toEqual([wanted.isUnsafe, wanted.end]);
    if (!wanted.isUnsafe) expect(strict.content).toBe(wanted.content);
  });
  fc.assert(property, runs(8000));
});

let primary: FakePrimary;
let session: SmtpSession;

beforeAll(async () => {
  primary = await startFakePrimary({ modes: 'noStartTls' });
  const opened = await openSession({
    host: 'primary.example',
    address: primary.host,
    port: primary.port,
    ehloName: 'backup.example',
    timeouts: DEFAULT_SMTP_TIMEOUTS,
    tls: 'OPPORTUNISTIC',
    blockBytes: 1,
  });
  if (opened.kind !== 'OPEN') throw new Error(opened.reply);
  ({ session } = opened);
});

afterAll(async () => {
  session?.abort();
  await primary?.close();
});

async function sent(content: string): Promise<string> {
  const before = primary.messages.length;
  await session.send({
    reversePath: null,
    recipients: [{ number: 0, address: 'user@dom.example', notify: [], originalRecipient: null }],
    smtpUtf8: false,
    body8bit: true,
    ret: null,
    envelopeId: null,
    content: Buffer.from(content, 'latin1'),
    signal: undefined,
  });
  expect(primary.messages.length).toBe(before + 1);
  return primary.messages.pop()?.wire.toString('latin1') ?? '';
}

test(
  'out: in blocks of one octet, stuffed and no more, and another server like us reads it as it was',
  async () => {
    const property = fc.asyncProperty(storable, lengths, async (content, sizes) => {
      const wire = await sent(content);
      // An empty message has one line, an empty one.
      const whole = content === '' ? '\r\n' : content;
      expect(wire).toBe(stuffed(whole));
      expect(scan(wire, sizes, 'reject')).toEqual({ content: whole, isUnsafe: false, end: wire.length });
    });
    await assertRuns(property, runs(300));
  },
  runsTimeoutMs(30),
);

test(
  'out: even what could never be stored has one end of data and no bare line end',
  async () => {
    const property = fc.asyncProperty(anything, async (content) => {
      const wire = await sent(content);
      expect(wire.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      expect(wire.match(/(?:^|\r\n)\.\r\n/g)).toHaveLength(1);
      expect(wire).toEndWith('.\r\n');
    });
    await assertRuns(property, runs(300));
  },
  runsTimeoutMs(30),
);
