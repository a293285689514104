import { expect, test } from 'bun:test';
import { xforwardCommands } from '../../src/smtp/commands.ts';

const ALL = ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO', 'IDENT', 'SOURCE'];
const CLIENT = {
  address: '192.0.2.7',
  name: 'mail.far.example',
  ehloName: 'far.example',
  protocol: 'ESMTPS',
  transactionId: '01900000-0000-7000-8000-000000000000',
};

test('all that is known of the client, and no more than is asked for', () => {
  expect(xforwardCommands(CLIENT, ALL)).toEqual([
    'XFORWARD NAME=mail.far.example ADDR=192.0.2.7 PROTO=ESMTPS HELO=far.example ' +
      'IDENT=01900000-0000-7000-8000-000000000000 SOURCE=REMOTE',
  ]);
  expect(xforwardCommands({ ...CLIENT, name: null }, ['NAME'])).toEqual(['XFORWARD NAME=[UNAVAILABLE]']);
  expect(xforwardCommands(CLIENT, [])).toEqual([]);
});

test('no line is longer than 510 octets, and none holds a space or a control of a value (protocol 40)', () => {
  const long = { ...CLIENT, name: `${'a'.repeat(240)}.example`, ehloName: 'b'.repeat(250) };
  const commands = xforwardCommands(long, ALL);
  expect(
    commands.map((line) =>
      line
        .split(' ')
        .slice(1)
        .map((word) => word.split('=')[0]),
    ),
  ).toEqual([
    ['NAME', 'ADDR', 'PROTO'],
    ['HELO', 'IDENT', 'SOURCE'],
  ]);
  const odd = { ...CLIENT, name: 'x\r\nMAIL FROM:<>', ehloName: '\u00e9'.repeat(255) };
  for (const line of [...commands, ...xforwardCommands(odd, ALL)]) {
    expect(line.length).toBeLessThanOrEqual(510);
    expect(line).toMatch(/^XFORWARD(?: [A-Z]+=[!-~]+)+$/);
  }
  expect(xforwardCommands(odd, ['HELO'])).toEqual(['XFORWARD HELO=[UNAVAILABLE]']);
});
