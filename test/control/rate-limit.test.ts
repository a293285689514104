/** A token that asks for too much waits; another does not, and the operator never. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { createRateLimit } from '../../src/control/admission/billing.ts';
import { addTenant, type Harness, startControl, TOKEN } from './harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

test('who has something left may ask; the debt is waited for and fills again', () => {
  let nowMs = 0;
  const limit = createRateLimit(() => nowMs);
  expect(limit.begin('a')).toBe(0);
  limit.charge('a', 499_899);
  expect(limit.begin('a')).toBe(0);
  limit.charge('a', 40_000);
  expect(limit.begin('a')).toBe(3);
  expect(limit.begin('b')).toBe(0);
  nowMs = 2_006;
  expect(limit.begin('a')).toBe(0);
  expect(limit.begin('a')).toBe(1);
});

test('many at once owe one bucket at the most, and a bucket holds no more than it can', () => {
  let nowMs = 0;
  const limit = createRateLimit(() => nowMs);
  for (let request = 0; request < 100; request += 1) limit.charge('a', 200_000);
  expect(limit.begin('a')).toBe(26);
  nowMs = 3_600_000;
  for (const cost of [250_000, 250_000]) limit.charge('a', cost);
  expect(limit.begin('a')).toBe(1);
});

test('fifty requests of one token at once are all answered', async () => {
  const { tenantId } = await addTenant(control.database, 'parallel');
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
    { input: { tenantId, name: 'parallel', scopes: ['QUEUE_READ'] } },
  );
  const ask = () => control.postAs(tokenCreate.secret, '{ messages(first: 10) { nodes { id } } }');
  const answers = await Promise.all(Array.from({ length: 50 }, ask));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

test('429 with the time to wait and a code, before anything of the request is read', async () => {
  const { tenantId } = await addTenant(control.database);
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
    { input: { tenantId, name: 'busy', scopes: ['QUEUE_READ'] } },
  );
  const pages = `{ messages(first: 100) { nodes { recipients { attempts(first: 99) { nodes { at host } } } } } }`;
  const ask = (token: string, body = JSON.stringify({ query: pages })) =>
    fetch(`${control.url}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body,
    });
  const statuses: number[] = [];
  for (let request = 0; request < 8; request += 1) statuses.push((await ask(tokenCreate.secret)).status);
  expect(statuses).toEqual([200, 200, 200, 200, 429, 429, 429, 429]);
  const refused = await ask(tokenCreate.secret, 'no JSON');
  const seconds = Number(refused.headers.get('Retry-After'));
  expect(seconds).toBeGreaterThan(0);
  expect(await refused.json()).toEqual({
    errors: [
      {
        message: expect.stringContaining(`Ask again in ${seconds} s`),
        extensions: { code: 'RATE_LIMITED', retryAfterSeconds: seconds },
      },
    ],
  });
  for (let request = 0; request < 8; request += 1) expect((await ask(TOKEN)).status).toBe(200);
});

test('requests that begin together, and end in one moment, have no more than one bucket', async () => {
  const { tenantId } = await addTenant(control.database, 'together');
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
    { input: { tenantId, name: 'together', scopes: ['QUEUE_READ'] } },
  );
  const query = '{ messages(first: 100) { nodes { recipients { attempts(first: 99) { nodes { at host } } } } } }';
  const body = JSON.stringify({ query });
  const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${tokenCreate.secret}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  const ask = async (): Promise<{ end: () => Promise<string> }> => {
    const socket = connect(Number(new URL(control.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    const closed = new Promise<string>((resolve) => void socket.on('close', () => resolve(answer)));
    await new Promise<void>((resolve) => void socket.write(head + body.slice(0, -1), () => resolve()));
    return {
      end: () => {
        socket.write(body.slice(-1));
        return closed;
      },
    };
  };
  const begun = await Promise.all(Array.from({ length: 12 }, ask));
  // Each is where it waits for its last octet, once others have been answered.
  for (let turn = 0; turn < 20; turn += 1) await control.ask('{ viewer { scopes } }');
  const answers = await Promise.all(begun.map(({ end }) => end()));
  const statuses = answers.map((answer) => answer.slice(9, 12)).toSorted();
  expect(statuses).toEqual([...Array<string>(4).fill('200'), ...Array<string>(8).fill('429')]);
  expect(answers.find((answer) => answer.startsWith('HTTP/1.1 429'))).toMatch(/retry-after: \d+\r\n[^]*RATE_LIMITED/i);
});
