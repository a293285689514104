/** The reader of HTTP responses: what is whole, what is none, and that no octet is read beyond a bound. */
import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { createResponseReader, MOST_FRAMING_BYTES, MOST_INTERIM_REPLIES } from '../../src/http/response.ts';
import { ENDLESS } from '../helpers/endless-peer.ts';

/** What the reader makes of octets that come in chunks of one size, and then the end. */
function read(text: string, { chunkBytes = 7, maxBodyBytes = 100, ends = true } = {}) {
  const octets = Buffer.from(text, 'latin1');
  const reader = createResponseReader(maxBodyBytes);
  let progress: ReturnType<typeof reader.take> = { kind: 'MORE' };
  for (let at = 0; at < octets.length; at += chunkBytes) progress = reader.take(octets.subarray(at, at + chunkBytes));
  if (ends) progress = reader.end();
  return {
    said: progress.kind === 'FAULT' ? progress.fault : progress.kind,
    status: reader.head()?.status ?? null,
    headers: Object.fromEntries(reader.head()?.headers ?? []),
    body: Buffer.from(reader.body()).toString('latin1'),
  };
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n';

describe.each([1, 2, 3, 7, 1_000_000])('in chunks of %i', (chunkBytes) => {
  test.each<[what: string, text: string, said: string, status: number | null, body: string]>([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'WHOLE', 200, 'hello'],
    ['a length twice', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nhi', 'WHOLE', 200, 'hi'],
    ['nothing', 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\nnot this', 'WHOLE', 500, ''],
    ['what comes behind', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200', 'WHOLE', 200, 'hi'],
    ['until the end', 'HTTP/1.1 200\r\n\r\nhello', 'WHOLE', 200, 'hello'],
    ['line feeds alone', 'HTTP/1.1 200 OK\ncontent-length: 2\n\nhi', 'WHOLE', 200, 'hi'],
    ['chunks', `${CHUNKED}3\r\nhel\r\n02;a=b;c\r\nlo\r\n0\r\nx: y\r\n\r\n`, 'WHOLE', 200, 'hello'],
    [
      'chunks over a length',
      `${CHUNKED.replace('\r\n\r\n', '\r\ncontent-length: 1\r\n\r\n')}2\r\nhi\r\n0\r\n\r\n`,
      'WHOLE',
      200,
      'hi',
    ],
    ['no body by its status', 'HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n', 'WHOLE', 204, ''],
    [
      'interim replies',
      'HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx',
      'WHOLE',
      200,
      'x',
    ],
    ['an empty line before', '\r\nHTTP/1.1 200 OK\r\n\r\nx', 'WHOLE', 200, 'x'],
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel', 'the connection was lost', 200, 'hel'],
    ['half of the chunks', `${CHUNKED}3\r\nhel\r\n`, 'the connection was lost', 200, 'hel'],
    ['no trailer end', `${CHUNKED}0\r\n`, 'the connection was lost', 200, ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nx: y\r\n', 'the connection was lost', null, ''],
    ['an interim reply alone', 'HTTP/1.1 100 C\r\n\r\n', 'the connection was lost', null, ''],
    ['nothing at all', '', 'the connection was lost', null, ''],
    ['another protocol', 'SSH-2.0-x\r\n', 'the answer is not HTTP/1.1', null, ''],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n', 'the answer is not HTTP/1.1', null, ''],
    ['no status', 'HTTP/1.1 99 x\r\n\r\n', 'the answer is not HTTP/1.1', null, ''],
    ['an upgrade', 'HTTP/1.1 101 x\r\n\r\n', 'it switches protocols', null, ''],
    ['a field without a name', 'HTTP/1.1 200 OK\r\nx y: z\r\n\r\n', 'a header field has no name', null, ''],
    ['a fold without a field', 'HTTP/1.1 200 OK\r\n:\r\n', 'a header field has no name', null, ''],
    ['a bad length', 'HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\nx', 'its content-length is no number', 200, ''],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
      'its content-length is no number',
      200,
      '',
    ],
    [
      'compressed chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n',
      'its transfer coding is not chunked',
      200,
      '',
    ],
    ['a chunk without length', `${CHUNKED}\r\n`, 'a chunk has no length', 200, ''],
    ['a negative chunk', `${CHUNKED}-1\r\n`, 'a chunk has no length', 200, ''],
    ['a chunk that is longer', `${CHUNKED}1\r\nhi\r\n`, 'a chunk is longer than it says', 200, 'h'],
    ['too long a body', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(101)}`, 'more than 100 bytes', 200, 'x'.repeat(100)],
  ])('%s', (_what, text, said, status, body) => {
    expect(read(text, { chunkBytes })).toMatchObject({ said, status, body });
  });
});

test('fields: any case, trimmed, folded, repeated', () => {
  const head = 'HTTP/1.1 200 OK\r\nX-A:  b \r\nx-a:c\r\nFolded: one\r\n\t two \r\nEmpty:\r\n\r\n';
  expect(read(head).headers).toEqual({ 'x-a': 'b, c', folded: 'one two', empty: '' });
});

test('so many interim replies and no more', () => {
  const interim = 'HTTP/1.1 103 x\r\n\r\n'.repeat(MOST_INTERIM_REPLIES);
  expect(read(`${interim}HTTP/1.1 200 OK\r\n\r\n`).said).toBe('WHOLE');
  expect(read(`${interim}HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n`).said).toBe('more than 10 interim replies');
});

test('exactly the octets beside the body that may be', () => {
  const begin = 'HTTP/1.1 200 OK\r\nx: ';
  const head = (bytes: number) => `${begin}${'y'.repeat(bytes - begin.length - 4)}\r\n\r\n`;
  expect(read(head(MOST_FRAMING_BYTES), { chunkBytes: 1000 }).said).toBe('WHOLE');
  expect(read(head(MOST_FRAMING_BYTES + 1), { chunkBytes: 1000 }).said).toBe('more than 32768 bytes beside the body');
});

test.each(Object.keys(ENDLESS))('%s without end: a fault within the first chunk, and none of it is kept', (name) => {
  const { begin = '', again = '' } = ENDLESS[name] ?? {};
  const reader = createResponseReader(65_536);
  const octets = Buffer.from(begin + again.repeat(Math.ceil(1_000_000 / again.length)));
  expect(reader.take(octets)).toMatchObject({ kind: 'FAULT' });
  expect(reader.take(octets)).toMatchObject({ kind: 'FAULT' });
  // One octet of body in six.
  expect(reader.body().length).toBeLessThan(MOST_FRAMING_BYTES);
});

test('arbitrary octets never throw', () => {
  const parts = [
    'HTTP/1.1 ',
    '200 OK',
    '100 x',
    '\r\n',
    '\n',
    '\r\n\r\n',
    'content-length: 3',
    'transfer-encoding: chunked',
    '3',
    'f;x',
    ':',
    ' ',
    'abc',
    '\u0000',
    '\u00ff',
    '0\r\n',
  ];
  let state = 1;
  const next = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  for (let round = 0; round < 5000; round += 1) {
    const text = Array.from({ length: 1 + next(12) }, () => parts[next(parts.length)]).join('');
    const [slow, fast] = [read(text, { chunkBytes: 1 }), read(text, { chunkBytes: 1000 })];
    expect(slow).toEqual(fast);
  }
});
