/** What is pasted into the search field is read as what it most likely is; each kind of line that a caller can read out is here. */
import { expect, test } from 'bun:test';
import { isSameDomain, readingsOf } from '../../../src/console/words/reading.ts';

const ID = '01a2333a-9382-73cf-84f7-ae6d71c955e9';

/** `id:VALUE`, the likeliest first. */
function read(text: string): string[] {
  return readingsOf(text).map(({ as, value }) => `${as}:${value}`);
}

test.each([
  ['an id alone', ID, `id:${ID}`],
  ['our 250', `250 2.0.0 Ok: held as ${ID.toUpperCase()}`, `id:${ID}`],
  [
    'a Received field',
    `Received: from out.example ([203.0.113.9]) by mx.example with ESMTPS id ${ID}; Wed`,
    `id:${ID}`,
  ],
  ['a report', `X-Original-Envelope-Id: <${ID}@mx.example>`, `id:${ID}`],
  ['an id that became a Message-ID', `Message-ID: <${ID}@mx.example>`, `id:${ID}`],
  [
    'a refusal',
    `550 5.1.1 <no@example.org>: no such mailbox (reference ${ID}) BMX-USER https://mx.example/reject/BMX-USER`,
    `id:${ID}`,
  ],
  ['a code', 'BMX-DNSBL', 'code:BMX_DNSBL'],
  ['a code in small letters', 'bmx-user', 'code:BMX_USER'],
  ['the address of a code', 'https://mx.example/reject/BMX-SIZE', 'code:BMX_SIZE'],
  ['a Message-ID', 'Message-ID: <20261126.1@sender.example>', 'message-id:20261126.1@sender.example'],
  ['a Message-ID without @', 'Message-Id:<abc.def>', 'message-id:abc.def'],
  ['a Message-ID in a log', 'postfix/cleanup[7]: message-id=<q@sender.example>', 'message-id:q@sender.example'],
  ['an address', 'anna@northwind.example', 'address:anna@northwind.example'],
  ['an address with a name', '"Anna B." <anna@northwind.example>', 'address:anna@northwind.example'],
  ['an address in a log', 'to=<anna@northwind.example>, relay=none, delay=3', 'address:anna@northwind.example'],
  ['an address at the end of a sentence', 'I wrote to anna@northwind.example.', 'address:anna@northwind.example'],
  ['an IPv4 address', '192.0.2.7', 'client:192.0.2.7'],
  ['a network', '192.0.2.0/24', 'client:192.0.2.0/24'],
  ['an IPv6 address as Received has it', '[IPv6:2001:db8::7]', 'client:2001:db8::7'],
  ['a connection', 'connect from out.example[203.0.113.9]:4711', 'client:203.0.113.9'],
  ['an address with its port', '203.0.113.9:25', 'client:203.0.113.9'],
  ['a part of a name', 'northw', 'domain:northw'],
  ['a name', 'Northwind.example.', 'domain:northwind.example'],
  ['a name in its own letters', 'bücher.example', 'domain:bücher.example'],
  ['all senders of a domain', '@sender.example', 'senders:@sender.example'],
  ['several lines', `first\r\n\tid ${ID}\r\n`, `id:${ID}`],
])('%s', (_what, text, first) => expect(read(text)[0]).toBe(first));

test('what else it may be comes behind', () => {
  expect(read(`550 5.1.1 <no@example.org>: (reference ${ID}) BMX-USER`)).toEqual([
    `id:${ID}`,
    'code:BMX_USER',
    'address:no@example.org',
  ]);
  expect(read('<20261126.1@sender.example>')).toEqual([
    'address:20261126.1@sender.example',
    'message-id:20261126.1@sender.example',
  ]);
  expect(read('from=<a@one.example> to=<b@two.example>')).toEqual(['address:a@one.example', 'address:b@two.example']);
  expect(read('sender.example')).toEqual(['domain:sender.example', 'senders:@sender.example']);
});

test.each([
  ['', []],
  [' \u0000\u0007 ', []],
  ['please help me', []],
  ['@', []],
  ['BMX-NOTHING', ['domain:bmx-nothing']],
  // A UUID of another version is none of ours.
  ['01a2333a-9382-43cf-84f7-ae6d71c955e9', ['domain:01a2333a-9382-43cf-84f7-ae6d71c955e9']],
  ['999.0.2.7/99', []],
  [`${'a'.repeat(65)}@example.org`, []],
])('%j is no more than %j', (text, readings) => expect(read(text)).toEqual([...readings]));

test('a flood of text is read in its beginning only, at once', () => {
  const begun = performance.now();
  expect(read(`${'<@'.repeat(32_768)} ${ID}`)).toEqual([]);
  expect(read('a@b.example '.repeat(5_000))).toEqual(['address:a@b.example']);
  expect(readingsOf(Array.from({ length: 200 }, (_, at) => `u${at}@b.example`).join(' '))).toHaveLength(8);
  expect(performance.now() - begun).toBeLessThan(500);
});

test('a domain is the same in all its spellings', () => {
  expect(isSameDomain('BÜCHER.example', 'xn--bcher-kva.example')).toBe(true);
  expect(isSameDomain('bucher.example', 'xn--bcher-kva.example')).toBe(false);
});
