/** The arguments of XCLIENT. */
import { describe, expect, test } from 'bun:test';
import { parseXclient } from '../../src/inbound/proxy.ts';

describe('what a proxy says', () => {
  test.each([
    ['XCLIENT ADDR=192.0.2.1', { address: '192.0.2.1' }],
    ['xclient addr=IPV6:2001:DB8:0:0::1', { address: '2001:db8::1' }],
    ['XCLIENT ADDR=ipv6:::ffff:192.0.2.1', { address: '192.0.2.1' }],
    ['XCLIENT ADDR=2001:db8::1', { address: '2001:db8::1' }],
    ['XCLIENT ADDR=[UNAVAILABLE] NAME=[tempunavail]', { address: null, name: null }],
    ['XCLIENT NAME=Mail.Sender.EXAMPLE', { name: 'mail.sender.example' }],
    ['XCLIENT  HELO=[192.0.2.1]  PROTO=esmtp ', { ehloName: '[192.0.2.1]', isExtended: true }],
    ['XCLIENT HELO=a+20b+2Bc PROTO=SMTP', { ehloName: 'a b+c', isExtended: false }],
    ['XCLIENT HELO=[UNAVAILABLE] PROTO=[UNAVAILABLE]', { ehloName: null, isExtended: null }],
    ['XCLIENT PORT=40000 LOGIN=anybody', {}],
    ['XCLIENT PORT=[UNAVAILABLE] LOGIN=[UNAVAILABLE]', {}],
  ])('%s', (line, request) => {
    expect(parseXclient(line)).toEqual(request);
  });
});

describe('syntax errors', () => {
  test.each([
    'XCLIENT',
    'XCLIENT ',
    'XCLIENT ADDR',
    'XCLIENT ADDR=',
    'XCLIENT =192.0.2.1',
    'XCLIENT ADDR=192.0.2',
    'XCLIENT ADDR=[192.0.2.1]',
    'XCLIENT ADDR=IPV6:192.0.2.1',
    'XCLIENT ADDR=IPV6:fe80::1%25eth0',
    'XCLIENT ADDR=192.0.2.1 addr=192.0.2.1',
    'XCLIENT DESTADDR=192.0.2.1',
    'XCLIENT ADDR=192.0.2.1=192.0.2.2',
    'XCLIENT NAME=a..b',
    'XCLIENT NAME=a+0D+0Ab',
    'XCLIENT HELO=a+00b',
    'XCLIENT HELO=a+7Fb',
    'XCLIENT HELO=a+C3+BCb',
    'XCLIENT HELO=a+2',
    `XCLIENT HELO=${'x'.repeat(256)}`,
    'XCLIENT PROTO=LMTP',
    'XCLIENT PORT=70000',
    'XCLIENT PORT=x',
    'XCLIENT LOGIN=a+0Ab',
  ])('%s', (line) => {
    expect(parseXclient(line)).toBeNull();
  });
});
