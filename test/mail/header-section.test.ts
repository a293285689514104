/** What is read out of header sections. */
import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { searchedMessageIdOf } from '../../src/mail/header-section.ts';

describe('the Message-ID as it is searched for', () => {
  const read = (text: string) => searchedMessageIdOf(Buffer.from(text));
  test.each([
    ['Message-ID: <a@b>\r\n\r\n', 'a@b'],
    ['Subject: x\r\nMESSAGE-id :\t<a@b>  \r\nTo: y\r\n\r\n', 'a@b'],
    ['Message-Id: no brackets\r\n\r\n', 'no brackets'],
    ['Message-ID:\r\n <folded@b>\r\n\r\n', 'folded@b'],
    ['Message-ID: <a\r\n b@c>\r\n\r\n', 'a b@c'],
    ['Message-ID: <a@b>\nTo: y\n\n', 'a@b'],
    ['Message-ID: < a@b >\r\n\r\n', 'a@b'],
    ['Message-ID: <é@b>\r\n\r\n', 'é@b'],
    ['Message-ID: <first@b>\r\nMessage-ID: <second@b>\r\n\r\n', 'first@b'],
    ['Mime-Version: 1.0\r\nMessage-ID: <a@b>\r\n\r\n', 'a@b'],
    [`Message-ID: <${'x'.repeat(998)}>\r\n\r\n`, 'x'.repeat(998)],
  ])('%j', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test.each([
    '',
    'Subject: x\r\n\r\nMessage-ID: <body@b>\r\n',
    'Subject: x\n\nMessage-ID: <body@b>\n',
    'X: y\r\n Message-ID: <folded@b>\r\n\r\n',
    'Message-ID: <>\r\n\r\n',
    'Message-ID:\r\n\r\n',
    'Message-ID\r\n\r\n',
    'Message-IDs: <a@b>\r\n\r\n',
    'Message-ID: <a\u0000b>\r\n\r\n',
    'Message-ID: <a\u0007b>\r\n\r\n',
    `Message-ID: <${'x'.repeat(999)}>\r\n\r\n`,
    `Message-ID: <${'é'.repeat(500)}>\r\n\r\n`,
    `Message-ID: <${'x\r\n '.repeat(5000)}>\r\n\r\n`,
  ])('none in %j', (text) => {
    expect(read(text)).toBeNull();
  });

  test('octets that are no UTF-8 make none', () => {
    expect(searchedMessageIdOf(Buffer.from('Message-ID: <a\xff@b>\r\n\r\n', 'latin1'))).toBeNull();
  });
});

test('lines that begin as the field does are no more work than others, and only so much is read', () => {
  const msFor = (line: string): number => {
    const content = Buffer.from(line.repeat(Math.floor(9_400_000 / line.length)));
    const beganAt = performance.now();
    expect(searchedMessageIdOf(content)).toBeNull();
    return performance.now() - beganAt;
  };
  // Two seconds, when each line had two thousand octets decoded.
  for (const line of ['M\r\n', 'm:\r\n', 'message-i\r\n', 'message-idx:\r\n']) expect(msFor(line)).toBeLessThan(700);
  const late = `${'X: y\r\n'.repeat(50_000)}Message-ID: <late@example>\r\n\r\n`;
  expect(searchedMessageIdOf(Buffer.from(late))).toBeNull();
  expect(searchedMessageIdOf(Buffer.from(late.slice(120_000)))).toBe('late@example');
});
