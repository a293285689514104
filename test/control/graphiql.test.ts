import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { createPublicRoom } from '../../src/control/admission/answer-room.ts';
import { until } from '../helpers/child.ts';
import { type Harness, startControl } from './harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

test('a browser gets GraphiQL at /graphql, with a policy that allows our origin only, and is led from / to the console', async () => {
  const response = await fetch(`${control.url}/graphql`, { headers: { Accept: 'text/html,*/*' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
  const policy = response.headers.get('Content-Security-Policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).not.toContain('http');
  expect(policy).not.toContain('unsafe-eval');
  const html = await response.text();
  // No element loads anything from elsewhere.
  const head = html.slice(0, html.indexOf('<style>')).replace("xmlns='http://www.w3.org/2000/svg'", '');
  const body = html.slice(html.indexOf('</style>'), html.indexOf('<script>'));
  const tail = html.slice(html.lastIndexOf('</script>'));
  for (const part of [head, body, tail]) expect(part).not.toMatch(/https?:\/\//);
  expect(html.match(/<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?https?:/g)).toBeNull();
  expect(html.slice(html.indexOf('<style>'), html.indexOf('</style>'))).not.toMatch(/url\(["']?(?!data:)|@import/);
  const led = await fetch(`${control.url}/`, { headers: { Accept: 'text/html' }, redirect: 'manual' });
  expect([led.status, led.headers.get('Location')]).toEqual([302, '/console']);
  const other = await fetch(`${control.url}/`, { headers: { Accept: '*/*' } });
  expect(await other.text()).toContain('POST /graphql');
});

test('the page is sent to eight browsers at once, four of a network; who reads nothing keeps nobody out for long', async () => {
  const room = createPublicRoom((address) => (address === '127.0.0.1' ? null : address));
  const over = Promise.withResolvers<void>();
  const held = ['192.0.2.1', '192.0.2.2'].flatMap((address) =>
    [1, 2, 3, 4, 5].map(() => room.holdPage(address, over.promise)),
  );
  expect(held).toEqual([true, true, true, true, false, true, true, true, true, false]);
  expect(room.holdPage('192.0.2.3', over.promise)).toBe(false);
  // One that is trusted shares nothing with them.
  expect(room.holdPage('127.0.0.1', over.promise)).toBe(true);
  over.resolve();
  await over.promise;
  expect(room.holdPage('192.0.2.3', over.promise)).toBe(true);
});

test('a ninth browser beside eight that read nothing is told to come again, and gets the page then', async () => {
  await (await fetch(`${control.url}/graphql`, { headers: { Accept: 'text/html' } })).arrayBuffer();
  const { hostname, port } = new URL(control.url);
  const unread = await Promise.all(
    Array.from(
      { length: 8 },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect({ host: hostname, port: Number(port) }, () => {
            socket.write('GET /graphql HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n');
            // Its beginning is here: the rest stays unread.
            socket.once('readable', () => resolve(socket));
          }).once('error', reject);
        }),
    ),
  );
  const heads = unread.map((socket) => String(socket.read(12)));
  expect(heads.filter((head) => head.endsWith('200')).length).toBe(4);
  expect(heads.filter((head) => head.endsWith('503')).length).toBe(4);
  const refused = await fetch(`${control.url}/graphql`, { headers: { Accept: 'text/html' } });
  expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '2']);
  // The API is not concerned.
  expect(await control.ask<unknown>('{ viewer { isOperator } }')).toEqual({ viewer: { isOperator: true } });
  for (const socket of unread) socket.destroy();
  await until('the page is sent again', 5000, async () => {
    const again = await fetch(`${control.url}/graphql`, { headers: { Accept: 'text/html' } });
    await again.arrayBuffer();
    return again.status === 200;
  });
});
