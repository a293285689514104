import { describe, expect, test } from 'bun:test';
import { createReplyReader, MAX_REPLY_BYTES } from '../../src/smtp/link.ts';

describe('replies cut out of what a server sends (protocol 60)', () => {
  const SAID = '220-hello\r\n220 there\r\n\r\n250 one\n550-5.1.1 no\r\n550 5.1.1 such\r\n250 caf\u00e9\r\n';
  const REPLIES = ['220-hello\n220 there', '250 one', '550-5.1.1 no\n550 5.1.1 such', '250 caf\u00e9'];

  test.each([1, 2, 3, 7, 1000])('in segments of %i octets', (size) => {
    const octets = Buffer.from(SAID);
    const reader = createReplyReader();
    const heard: string[] = [];
    for (let at = 0; at < octets.length; at += size) heard.push(...(reader.read(octets.subarray(at, at + size)) ?? []));
    expect(heard).toEqual(REPLIES);
    expect(reader.begun()).toBe('');
  });

  test('a reply without end is given up, as one line and as many', () => {
    const line = createReplyReader();
    expect(line.read(Buffer.alloc(MAX_REPLY_BYTES, '2'))).toEqual([]);
    expect(line.read(Buffer.from('22'))).toBeNull();
    const lines = createReplyReader();
    let isGivenUp = false;
    for (let count = 0; count <= MAX_REPLY_BYTES / 7 && !isGivenUp; count += 1) {
      isGivenUp = lines.read(Buffer.from('250-ok\r\n')) === null;
    }
    expect(isGivenUp).toBe(true);
  });

  test('at the end of a connection a refusal counts without its line end, an acceptance does not', () => {
    const restOf = (said: string) => {
      const reader = createReplyReader();
      reader.read(Buffer.from(said));
      return reader.rest();
    };
    expect(restOf('421 4.3.2 bye')).toBe('421 4.3.2 bye');
    expect(restOf('250 2.0.0 Taken')).toBeNull();
    expect(restOf('42')).toBeNull();
  });
});
