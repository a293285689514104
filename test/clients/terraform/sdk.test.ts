/** Terraform's rules without Terraform: values on the wire, plans, paths of mistakes. */
import { describe, expect, test } from 'bun:test';
import { answer, failure, pathOf, refusals } from '../../../src/clients/terraform/sdk/diagnostic.ts';
import { ClientError } from '../../../src/clients/api/connection.ts';
import { inTheirWords, planChange } from '../../../src/clients/terraform/sdk/change.ts';
import { type Attributes, decodeState, encodeState } from '../../../src/clients/terraform/sdk/schema.ts';
import { isKnown, isSame, UNKNOWN } from '../../../src/clients/terraform/sdk/value.ts';
import { meansSameHosts, parseHost } from '../../../src/clients/terraform/resources/words.ts';

const description = '';
const ATTRIBUTES: Attributes = {
  name: { type: 'string', use: 'REQUIRED', replaces: true, description },
  size: { type: 'number', use: 'OPTIONAL', default: 4, description },
  tags: { type: ['set', 'string'], use: 'OPTIONAL', description },
  id: { type: 'string', use: 'COMPUTED', description },
  count: { type: 'number', use: 'COMPUTED', isVolatile: true, description },
};

describe('values on the wire', () => {
  const octets = (hex: string) => ({ msgpack: Buffer.from(hex, 'hex') });

  test('unknown is extension 0, and read also where it is refined', () => {
    const one: Attributes = { a: { type: 'string', use: 'OPTIONAL', description } };
    expect(Buffer.from(encodeState(one, { a: UNKNOWN }).msgpack ?? []).toString('hex')).toBe('81a161d40000');
    expect(decodeState(one, octets('81a161d40000'))).toEqual({ a: UNKNOWN });
    // {1: false}: it will not be null.
    expect(decodeState(one, octets('81a161c7030c8101c2'))).toEqual({ a: UNKNOWN });
  });

  test('every attribute stands in it, and nothing else; what was removed is nil', () => {
    const written = encodeState(ATTRIBUTES, { name: 'a', other: 1 });
    expect(decodeState(ATTRIBUTES, written)).toEqual({ name: 'a', size: null, tags: null, id: null, count: null });
    expect(Buffer.from(encodeState(ATTRIBUTES, null).msgpack ?? []).toString('hex')).toBe('c0');
    for (const nothing of [null, undefined, {}, octets('c0')]) expect(decodeState(ATTRIBUTES, nothing)).toBeNull();
  });

  test('numbers as texts, and JSON, are read as well', () => {
    const json = Buffer.from('{"name":"a","size":7}');
    expect(decodeState(ATTRIBUTES, { json })).toMatchObject({ name: 'a', size: 7 });
    expect(decodeState(ATTRIBUTES, octets('81a473697a65a23132'))).toMatchObject({ size: 12 });
  });
});

describe('a plan', () => {
  const prior = { name: 'a', size: 4, tags: ['x', 'y'], id: 'i', count: 1 };

  test('of a new object: the configuration, defaults, and unknown', () => {
    expect(planChange(ATTRIBUTES, null, { name: UNKNOWN, tags: ['x', UNKNOWN] })).toEqual({
      planned: { name: UNKNOWN, size: 4, tags: ['x', UNKNOWN], id: UNKNOWN, count: UNKNOWN },
      replacing: [],
    });
  });

  test('with nothing to do is what was', () => {
    expect(planChange(ATTRIBUTES, prior, { name: 'a', tags: ['y', 'x'] })).toEqual({ planned: prior, replacing: [] });
  });

  test('of a change: what the service may change with it is unknown, the rest stays', () => {
    expect(planChange(ATTRIBUTES, prior, { name: 'a', size: 5 })).toEqual({
      planned: { name: 'a', size: 5, tags: null, id: 'i', count: UNKNOWN },
      replacing: [],
    });
    expect(planChange(ATTRIBUTES, prior, { name: 'b' }).replacing).toEqual(['name']);
  });
});

describe('what the service has', () => {
  const hosts: Attributes = {
    hosts: { type: ['list', 'string'], use: 'OPTIONAL', means: meansSameHosts, description },
    how: { type: 'bool', use: 'OPTIONAL', isLocal: true, description },
  };

  test.each([
    [{ hosts: ['A.example:25'] }, { hosts: ['a.example'] }, { hosts: ['A.example:25'], how: null }],
    [{ hosts: ['a.example'] }, { hosts: ['b.example'] }, { hosts: ['b.example'], how: null }],
    [
      { hosts: null, how: true },
      { hosts: [], how: false },
      { hosts: null, how: true },
    ],
    [{ hosts: [] }, { hosts: null }, { hosts: [], how: null }],
    [{ hosts: null }, { hosts: ['a.example'] }, { hosts: ['a.example'], how: null }],
  ])('%p, found as %p, is told as %p', (said, found, told) => {
    expect(inTheirWords(hosts, said, found)).toEqual(told);
  });
});

test('sets have no order, lists have', () => {
  expect(isSame(['set', 'string'], ['a', 'b'], ['b', 'a'])).toBe(true);
  expect(isSame(['list', 'string'], ['a', 'b'], ['b', 'a'])).toBe(false);
  expect(isSame(['map', 'string'], { a: '1' }, { a: '1', b: '2' })).toBe(false);
  expect(isSame('string', UNKNOWN, UNKNOWN)).toBe(true);
  expect(isKnown({ a: ['b', UNKNOWN] })).toBe(false);
});

test.each([
  [
    ['deliverTo', '1', 'host'],
    ['deliver_to', 1],
  ],
  [
    ['labels', '1', 'key'],
    ['labels', 'b'],
  ],
  [['labels', '7'], ['labels']],
  [['etrnClients', '0'], ['etrn_clients']],
  [['expectedRevision'], undefined],
  [[], undefined],
])('a mistake at %p of the input stands at %p of the configuration', (field, path) => {
  const attributes: Attributes = {
    deliver_to: { type: ['list', 'string'], use: 'OPTIONAL', description },
    labels: { type: ['map', 'string'], use: 'OPTIONAL', description },
    etrn_clients: { type: ['set', 'string'], use: 'OPTIONAL', description },
  };
  const error = { path: field, message: '', code: 'INVALID' };
  expect(pathOf(error, attributes, { labels: { a: '1', b: '2' } })).toEqual(path as never);
});

test.each([
  ['mail.example.org', { host: 'mail.example.org', port: 25 }],
  ['Mail.Example.org:2525', { host: 'mail.example.org', port: 2525 }],
  ['[2001:DB8:0:0::1]', { host: '2001:db8::1', port: 25 }],
  ['2001:db8::1', null],
  ['mail.example.org:0', null],
  ['mail.example.org:65536', null],
  ['[192.0.2.1]', null],
  ['', null],
])('the host %p', (text, host) => {
  expect(parseHost(text)).toEqual(host);
});

test('characters that are not drawn are spelled out in diagnostics, whose lines stay lines', () => {
  const error = { path: [], code: 'BAD_ADDRESS', message: 'u\u202e@x.example is no address\nsee RFC 5321.' };
  const told = answer([
    ...refusals([error], 'The contact was not made'),
    failure('The domain was not read', new ClientError('the service says a\u2066b')),
  ]);
  expect(told).toMatchObject({
    diagnostics: [
      { detail: String.raw`u\u202e@x.example is no address` + '\nsee RFC 5321.' },
      { detail: String.raw`The service says a\u2066b.` },
    ],
  });
});
