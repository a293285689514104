/** Subjects as a reader sees them: RFC 2047, with the examples of its section 8, and what senders make of it. */
import { Buffer } from 'node:buffer';
import { expect, test } from 'bun:test';
import { decodeWords, subjectOf } from '../../src/mail/subject.ts';

test.each([
  ['=?ISO-8859-1?Q?a?=', 'a'],
  ['=?ISO-8859-1?Q?a?= b', 'a b'],
  ['=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?a?=    =?ISO-8859-1?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?a_b?=', 'a b'],
  ['=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=', 'a b'],
  ['=?utf-8?B?R3LDvMOfZQ==?=', 'Grüße'],
  ['Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle', 'Re: Grüße an alle'],
  ['=?iso-8859-1*de?q?Gr=FC=DFe?=', 'Grüße'],
  // A character parted over two words.
  ['=?utf-8?B?w7w=?= =?utf-8?Q?=C3?= =?utf-8?Q?=9F?=', 'üß'],
  ['=?windows-1252?Q?=80?= 5', '€ 5'],
  ['=?no-such-charset?Q?a?=', '=?no-such-charset?Q?a?='],
  ['=?utf-8?X?a?=', '=?utf-8?X?a?='],
  ['a =? b ?=', 'a =? b ?='],
  ['', ''],
])('%p is read as %p', (value, text) => {
  expect(decodeWords(value)).toBe(text);
});

const section = (text: string) => subjectOf(Buffer.from(text));

test('the first field, unfolded, bounded, without what is not drawn', () => {
  expect(section('From: a@b.example\r\nsubject:  one\r\n two\r\nSubject: three\r\n')).toBe('one two');
  expect(section('From: a@b.example\r\n')).toBeNull();
  expect(section('Subject:\r\n')).toBe('');
  expect(section('Subject: =?utf-8?q?a=0D=0Ab=00?=\r\n')).toBe('a\uFFFD\uFFFDb\uFFFD');
  expect(section(`Subject: ${'x'.repeat(501)}\r\n`)).toBe(`${'x'.repeat(500)}…`);
  expect(section(`Subject: ${'=?utf-8?q?a?= '.repeat(5_000)}\r\n`)).toHaveLength(501);
});
