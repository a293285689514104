/**
 * Generated SMTP sessions: well-formed ones, the same with octets changed in them, and every way to cut the stream.
 *
 * All text is Latin-1, one character an octet.
 */
import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';

/** Ends whatever was begun: a line, the content of DATA, a chunk of BDAT, the session. */
const EPILOGUE = `\r\n.\r\n${'NOOP\r\n'.repeat(10)}QUIT\r\n`;

const octet = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const printable = fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code));
const utf8 = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => Buffer.from(text).toString('latin1'));
const atext = fc.constantFrom(..."abcXYZ019!#$%&'*+/=?^_`{|}~-".split(''));
const atom = fc.string({ unit: atext, minLength: 1, maxLength: 8 });
const quoted = fc
  .string({ unit: printable, minLength: 1, maxLength: 10 })
  .map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`);

const localPart = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('u', 'User', 'postmaster', 'a.b', 'x+tag') },
  { weight: 2, arbitrary: fc.array(atom, { minLength: 1, maxLength: 3 }).map((atoms) => atoms.join('.')) },
  { weight: 1, arbitrary: quoted },
  { weight: 1, arbitrary: fc.constantFrom('hang', 'throw', 'nostore', 'other.example!u', 'u%other.example') },
);
const domain = fc.constantFrom(
  'example.org',
  'example.org',
  'example.org',
  'EXAMPLE.org',
  'other.example',
  'sender.example',
);
const mailbox = fc.tuple(localPart, domain).map(([local, name]) => `${local}@${name}`);
const oddPath = fc.oneof(
  fc.constantFrom(
    '',
    'postmaster',
    '@a.example,@b.example:u@example.org',
    'u@[127.0.0.1]',
    'u@example.org.',
    'a..b@example.org',
  ),
  fc.constantFrom(
    'u@example.org@other.example',
    'u',
    '@example.org',
    'u@',
    '"u@example.org',
    'u@other.example:u@example.org',
  ),
  utf8.map((text) => `${text}@example.org`),
  fc.string({ unit: octet, maxLength: 12 }),
);
const path = fc.oneof({ weight: 12, arbitrary: mailbox }, { weight: 1, arbitrary: oddPath }).map((text) => `<${text}>`);

const mailParameter = fc.oneof(
  fc.constantFrom(' SIZE=100', ' BODY=8BITMIME', ' BODY=7bit', ' RET=HDRS', ' ENVID=QQ+2B1', ' SMTPUTF8'),
  fc.constantFrom(
    ' SIZE=99999999999',
    ' SIZE=x',
    ' ENVID=a+0D+0Ab',
    ' RET=ALL',
    ' AUTH=<>',
    ' X=Y',
    ' BODY=BINARYMIME',
    '  ',
  ),
);
const rcptParameter = fc.constantFrom(
  ' NOTIFY=NEVER',
  ' NOTIFY=SUCCESS,FAILURE',
  ' ORCPT=rfc822;u+2Bx@example.org',
  ' NOTIFY=NEVER,DELAY',
  ' ORCPT=rfc822;u+0D+0AQUIT',
  ' X',
);
const oftenNone = (parameter: Arbitrary<string>): Arbitrary<string> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant('') },
    { weight: 2, arbitrary: parameter },
    { weight: 1, arbitrary: fc.tuple(parameter, parameter).map((both) => both.join('')) },
  );

/** Any octets in lines that end in CRLF, rich in dots; a body that may be sent. */
const goodLine = fc.oneof(
  fc.constantFrom('', '.', '..', '. ', '.a', 'a.', 'Subject: x', 'From: a@b', 'RSET', 'QUIT', '\t.'),
  fc.string({ unit: octet.filter((text) => !/[\r\n\0]/.test(text)), maxLength: 30 }),
  utf8.filter((text) => !/[\r\n\0]/.test(text)),
);
const goodBody = fc.array(goodLine, { maxLength: 8 }).map((lines) => lines.map((line) => `${line}\r\n`).join(''));
const badBody = fc
  .array(fc.constantFrom('\r', '\n', '.', '\0', '\r\n', '\r\n.', '\n.\n', '\r.\r', 'a', '\xff'), { maxLength: 10 })
  .map((pieces) => pieces.join(''));
const body = fc.oneof(
  { weight: 5, arbitrary: goodBody.map((text) => text.replace(/^\./gm, '..')) },
  { weight: 1, arbitrary: badBody },
  { weight: 1, arbitrary: fc.integer({ min: 500, max: 40_000 }).map((size) => `${'x'.repeat(size)}\r\n`) },
);

const transaction = fc
  .record({
    from: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('<a@sender.example>', '<>') },
      { weight: 1, arbitrary: path },
    ),
    mailWords: oftenNone(mailParameter),
    to: fc.array(fc.tuple(path, oftenNone(rcptParameter)), { minLength: 0, maxLength: 3 }),
    first: fc.constantFrom('RCPT TO:<u@example.org>\r\n', 'rcpt to:<U@example.org>\r\n', ''),
    body,
  })
  .map(({ from, mailWords, to, first, body: content }) =>
    [
      `MAIL FROM:${from}${mailWords}\r\n`,
      first,
      ...to.map(([address, words]) => `RCPT TO:${address}${words}\r\n`),
      'DATA\r\n',
      `${content}.\r\n`,
    ].join(''),
  );

const bdat = fc
  .tuple(fc.string({ unit: octet, maxLength: 40 }), fc.constantFrom('', ' LAST', ' last'))
  .map(([chunk, last]) => `BDAT ${chunk.length}${last}\r\n${chunk}`);
const aside = fc.constantFrom(
  'NOOP\r\n',
  'NOOP words of any kind\r\n',
  'RSET\r\n',
  'VRFY u\r\n',
  'HELP\r\n',
  'EHLO again.example\r\n',
  'HELO\r\n',
  'AUTH PLAIN AGEAYg==\r\n',
  'ETRN example.org\r\n',
  'ETRN @example.org\r\n',
  'ETRN #queue\r\n',
  'etrn\r\n',
  'DATA\r\n',
  'RCPT TO:<u@example.org>\r\n',
  'MAIL FROM:<a@b.example>\r\n',
  'BDAT 5 FIRST\r\n',
  'STARTTLS\r\n',
  'STARTTLS now\r\n',
  'QUIT\r\n',
  'constructor\r\n',
  '__proto__ x\r\n',
  'GET / HTTP/1.1\r\n',
);
const noise = fc.oneof(
  fc.string({ unit: octet, maxLength: 60 }),
  utf8.map((text) => `${text}\r\n`),
  fc.integer({ min: 400, max: 9000 }).map((size) => `NOOP ${'x'.repeat(size)}\r\n`),
);

/** A session in good order, with now and then something beside it. */
export const session = fc
  .tuple(
    fc.constantFrom('EHLO client.example\r\n', 'EHLO client.example\r\n', 'HELO c\r\n', ''),
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: transaction },
        { weight: 3, arbitrary: aside },
        { weight: 1, arbitrary: bdat },
        { weight: 1, arbitrary: noise },
      ),
      { maxLength: 6 },
    ),
  )
  .map(([greeting, parts]) => greeting + parts.join(''));

interface Mutation {
  /** Where, as a share of the stream. */
  readonly place: number;
  readonly length: number;
  readonly kind: 'INSERT' | 'DELETE' | 'REPEAT' | 'REPLACE' | 'CUT';
  readonly text: string;
}

const mutation: Arbitrary<Mutation> = fc.record({
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 30 }),
  kind: fc.constantFrom<Mutation['kind']>('INSERT', 'INSERT', 'DELETE', 'REPEAT', 'REPLACE', 'CUT'),
  text: fc.oneof(
    fc.constantFrom(
      '\r',
      '\n',
      '\0',
      '\r\n',
      '.',
      '\r\n.\r\n',
      '\n.\n',
      '\n.\r\n',
      '\r\n.\n',
      ' ',
      '\t',
      '<',
      '>',
      '"',
      '@',
      ':',
    ),
    fc.constantFrom(
      '\xff',
      '\x16\x03\x01',
      'é',
      'MAIL FROM:<e@evil.example>\r\n',
      'DATA\r\n',
      'RSET\r\n',
      'BDAT 10\r\n',
    ),
    octet,
  ),
});

/** Applies changes of octets to a stream. */
function mutate(stream: string, mutations: readonly Mutation[]): string {
  return mutations.reduce((text, { place, length, kind, text: inserted }) => {
    const at = Math.floor(place * text.length);
    const before = text.slice(0, at);
    const there = text.slice(at, at + length);
    const behind = text.slice(at + length);
    return {
      INSERT: before + inserted + there + behind,
      DELETE: before + behind,
      REPEAT: before + there + there + behind,
      REPLACE: before + inserted + text.slice(at + inserted.length),
      CUT: before,
    }[kind];
  }, stream);
}

/** A session with a few octets changed. */
export const mutatedSession = fc
  .tuple(session, fc.array(mutation, { minLength: 1, maxLength: 4 }))
  .map(([stream, mutations]) => mutate(stream, mutations));

/** How the stream comes in pieces: whole, octet by octet, or by these lengths over and over. */
export const cutting = fc.oneof(
  { weight: 2, arbitrary: fc.constant<readonly number[]>([]) },
  { weight: 1, arbitrary: fc.constant<readonly number[]>([1]) },
  {
    weight: 3,
    arbitrary: fc.array(fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 400 })), {
      minLength: 1,
      maxLength: 8,
    }),
  },
);

/** A stream with its epilogue in pieces; a long one is not cut finer than in 400. */
export function pieces(stream: string, lengths: readonly number[]): Buffer[] {
  const octets = Buffer.from(stream + EPILOGUE, 'latin1');
  const least = Math.ceil(octets.length / 400);
  return cut(
    octets,
    lengths.map((length) => Math.max(least, length)),
  );
}

/** Cuts octets by these lengths over and over; without any they stay whole. */
export function cut(octets: Buffer, lengths: readonly number[]): Buffer[] {
  if (lengths.length === 0) return [octets];
  const parts: Buffer[] = [];
  for (let at = 0; at < octets.length; ) {
    const size = lengths[parts.length % lengths.length] ?? 1;
    parts.push(octets.subarray(at, at + size));
    at += size;
  }
  return parts;
}
