import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { until } from '../helpers/child.ts';
import { ERROR_TEXTS } from '../../src/input/error-codes.ts';
import { addDomain, type Harness, startControl, TOKEN, failingSql } from './harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterEach(() => {
  control.readiness = [];
});
afterAll(() => control.close());

function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${control.url}/graphql`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json', ...headers },
    body,
  });
}

const ASK = JSON.stringify({ query: '{ service { version } }' });

describe('authentication', () => {
  test.each([
    ['no header', ''],
    ['a wrong token', 'Bearer wrong'],
    ['the right token with a letter more', `Bearer ${TOKEN}x`],
    ['another scheme', `Basic ${TOKEN}`],
    ['no token', 'Bearer '],
  ])('%s: 401 with the code', async (_what, header) => {
    const response = await post(ASK, { Authorization: header });
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
    const body = (await response.json()) as { errors: { message: string; extensions: unknown }[] };
    expect(body.errors).toHaveLength(1);
    expect(body.errors[0]?.message).toBeString();
    expect(body.errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  });

  test('JSON and the token are all it takes; the scheme is case-insensitive', async () => {
    const response = await post(ASK, { Authorization: `bearer ${TOKEN}` });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ data: { service: { version: '0.1.0' } } });
    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });
});

describe('limits', () => {
  test('a body of 64 MiB is read, a larger one is 413, announced or not', async () => {
    const limit = 64 * 1024 * 1024;
    const query =
      'mutation ($input: RecipientListAddInput!) { recipientListAdd(input: $input) { userErrors { code } } }';
    const variables = { input: { domain: 'nobody.example', localParts: [] } };
    const ask = (size: number) => `${JSON.stringify({ query, variables }).slice(0, -1)}${' '.repeat(size)}}`;
    const overhead = ask(0).length;
    const fits = await post(ask(limit - overhead));
    expect(fits.status).toBe(200);
    const tooLarge = ask(limit - overhead + 1);
    expect((await post(tooLarge)).status).toBe(413);
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(tooLarge));
        controller.close();
      },
    });
    const chunked = await fetch(`${control.url}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      body: stream,
    });
    expect(chunked.status).toBe(413);
    expect(await chunked.json()).toMatchObject({ errors: [{ extensions: { code: 'REQUEST_ENTITY_TOO_LARGE' } }] });
    expect((await post(ASK)).status).toBe(200);
  });

  const refusal = async (query: string) => {
    const { errors } = await control.post<unknown>(query);
    return errors?.[0];
  };

  test('depth', async () => {
    let query = '{ id }';
    for (let level = 0; level < 12; level += 1) query = `{ outage { domain ${query} } }`;
    const error = await refusal(`{ domain(by: { name: "a.example" }) ${query} }`);
    expect(error?.message).toContain('levels deep');
    expect(error?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'DEPTH', max: 12 });
  });

  test('aliases, also through fragments', async () => {
    const aliases = (count: number) =>
      Array.from({ length: count }, (_, index) => `a${index}: service { version }`).join(' ');
    expect(await refusal(`{ ${aliases(50)} }`)).toBeUndefined();
    expect((await refusal(`{ ${aliases(51)} }`))?.message).toContain('51 aliases');
    const doubling = Array.from(
      { length: 20 },
      (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`,
    );
    const bomb = `{ ...F0 } ${doubling.join(' ')} fragment F20 on Query { a: service { version } }`;
    expect((await refusal(bomb))?.message).toContain('aliases');
  });

  test('cost: pages of pages', async () => {
    const pages = (messages: string, attempts: number) =>
      `query ($n: Int!) { messages(first: ${messages}) { nodes { id recipients { attempts(first: ${attempts}) {
        nodes { at host address tls reply outcome } } } } } n: messages(first: $n) { nodes { id } } }`;
    const { errors } = await control.post<unknown>(pages('100', 20), { n: 1 });
    expect(errors).toBeUndefined();
    const tooMuch = await refusal(pages('100', 100));
    expect(tooMuch?.message).toContain(
      'costs 362302, the values it could return and the work of its fields; at most 200000 are allowed. Ask for',
    );
    expect(tooMuch?.extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 'COST', asked: 362_302, max: 200_000 });
    // Counted is what the variables say, not what they could.
    expect((await control.post<unknown>(pages('$n', 100), { n: 100 })).errors?.[0]?.message).toContain(
      'Ask for smaller pages',
    );
    expect((await control.post<unknown>(pages('$n', 100), { n: 5 })).errors).toBeUndefined();
    const preset = pages('$n', 100).replace('Int!', 'Int! = 100');
    expect((await control.post<unknown>(preset)).errors?.[0]?.extensions).toMatchObject({ limit: 'COST' });
  });

  test('a hundred mutations under aliases do nothing', async () => {
    const verbs = Array.from(
      { length: 100 },
      (_, index) => `m${index}: domainFlush(input: { name: "a.example" }) { userErrors { code } }`,
    );
    const error = await refusal(`mutation { ${verbs.join(' ')} }`);
    expect(error?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'ALIASES', asked: 100 });
    expect(await control.database.sql`select from audit_entries where mutation = 'domainFlush'`).toHaveLength(0);
  });

  test('tokens', async () => {
    const error = await refusal(`{ ${'service { version } '.repeat(3000)} }`);
    expect(error?.message).toBe("The request's text has more than 10000 tokens. Give lists as variables.");
    expect(error?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'TOKENS' });
  });

  test('a fragment cycle is refused, not followed', async () => {
    const error = await refusal(
      '{ domain(by: { name: "a.example" }) { ...A } } fragment A on Domain { outage { domain { ...A } } }',
    );
    expect(error?.message).toContain('Cannot spread fragment');
  });

  test('introspection works for tools', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    const { errors } = await control.post<unknown>(
      getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true }),
    );
    expect(errors).toBeUndefined();
  });
});

describe('errors', () => {
  test.each(['{ service {', '{ nonsense }', '{ message { id } }'])(
    '%p: a GraphQL error, not a fault',
    async (query) => {
      const { errors } = await control.post<unknown>(query);
      expect(errors?.length).toBeGreaterThan(0);
      expect(control.faults).toEqual([]);
    },
  );

  const asked = (request: object) => JSON.stringify({ query: '{ viewer { scopes } }', ...request });
  const BY_NAME = 'query ($name: String!) { domain(by: { name: $name }) { id } }';
  const BAD: readonly (readonly [what: string, init: RequestInit, status: number, code: string])[] = [
    ['no body', { body: '' }, 400, 'BAD_REQUEST'],
    ['no JSON', { body: '{"query":' }, 400, 'BAD_REQUEST'],
    ['null', { body: 'null' }, 400, 'BAD_REQUEST'],
    ['a number as query', { body: asked({ query: 1 }) }, 400, 'BAD_REQUEST'],
    ['a text as variables', { body: asked({ variables: '{}' }) }, 400, 'BAD_REQUEST'],
    [
      'deep nonsense as variables',
      { body: `{"query":"{ viewer { scopes } }","variables":${'['.repeat(9999)}${']'.repeat(9999)}}` },
      400,
      'BAD_REQUEST',
    ],
    ['a batch', { body: `[${asked({})},${asked({})}]` }, 400, 'BAD_REQUEST'],
    ['a variable that is not given', { body: asked({ query: BY_NAME }) }, 400, 'BAD_USER_INPUT'],
    ['a variable of another type', { body: asked({ query: BY_NAME, variables: { name: 1 } }) }, 400, 'BAD_USER_INPUT'],
    ['another content type', { headers: { 'Content-Type': 'text/plain' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a file', { headers: { 'Content-Type': 'multipart/form-data; boundary=x' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body that is compressed', { headers: { 'Content-Encoding': 'gzip' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['an answer as XML', { headers: { Accept: 'text/xml' } }, 406, 'NOT_ACCEPTABLE'],
    ['PUT', { method: 'PUT' }, 405, 'METHOD_NOT_ALLOWED'],
    ['an operation that is not there', { body: asked({ operationName: 'A' }) }, 400, 'OPERATION_RESOLUTION_FAILURE'],
    ['syntax', { body: asked({ query: '{ viewer' }) }, 200, 'GRAPHQL_PARSE_FAILED'],
    ['a field that is not there', { body: asked({ query: '{ viewers }' }) }, 200, 'GRAPHQL_VALIDATION_FAILED'],
  ];
  test.each(BAD)('%s: a sentence and a stable code', async (_what, { headers, ...init }, status, code) => {
    const response = await fetch(`${control.url}/graphql`, {
      method: 'POST',
      body: asked({}),
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json', ...(headers as object) },
      ...init,
    });
    expect(response.status).toBe(status);
    const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
    expect(errors[0]?.message).toMatch(/^[A-Z].{10,}/);
    expect(errors[0]?.extensions.code).toBe(code);
    expect(control.faults).toEqual([]);
  });

  test('what was given is not echoed whole', async () => {
    const name = ['x'.repeat(1_000_000)];
    const { errors } = await control.post<unknown>(BY_NAME, { name });
    expect(errors?.[0]?.message.length).toBeLessThan(600);
  });

  test('a fault is masked and can be found by its request id', async () => {
    const broken = await startControl((sql) => ({ sql: failingSql(sql, 'queue_limits', new Error('secret detail')) }));
    const response = await fetch(`${broken.url}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: '{ service { version messageSizeLimit } }' }),
    });
    const text = await response.text();
    expect(text).not.toContain('secret');
    const [error] = (JSON.parse(text) as { errors: { path: string[]; extensions: Record<string, string> }[] }).errors;
    expect(error?.path).toEqual(['service', 'messageSizeLimit']);
    expect(error?.extensions['code']).toBe('INTERNAL_SERVER_ERROR');
    expect(broken.faults).toHaveLength(1);
    expect(broken.faults[0]?.requestId).toBe(error?.extensions['requestId'] ?? '');
    expect(response.headers.get('X-Request-Id')).toBe(error?.extensions['requestId'] ?? '');
    await broken.close();
  });

  test('every request is counted once, with its operation and the code of its first error', async () => {
    const from = control.requests.length;
    await control.post('{ service { version } }');
    await control.post('mutation { domainFlush(input: { name: "nobody.example" }) { userErrors { code } } }');
    await control.post('{ nothing }');
    await fetch(`${control.url}/graphql`, { method: 'POST', body: '{}' });
    await fetch(`${control.url}/graphql`);
    const counted = control.requests.slice(from).map(({ operation, code }) => ({ operation, code }));
    expect(counted).toEqual([
      { operation: 'query', code: 'OK' },
      { operation: 'mutation', code: 'OK' },
      { operation: 'other', code: 'GRAPHQL_VALIDATION_FAILED' },
      { operation: 'other', code: 'UNAUTHENTICATED' },
    ]);
  });

  test('metrics are rendered once a second, whoever asks', async () => {
    let rendered = 0;
    const metered = await startControl({
      renderMetrics: async () => {
        rendered += 1;
        return { contentType: 'text/plain; version=0.0.4', body: `rendered ${rendered}\n` };
      },
    });
    const read = async () => (await fetch(`${metered.url}/metrics`)).text();
    const began = performance.now();
    const pages = await Promise.all(Array.from({ length: 20 }, read));
    const seconds = Math.floor((performance.now() - began) / 1000);
    expect(new Set(pages).size).toBeLessThanOrEqual(1 + seconds);
    await until('it is rendered again', 10_000, async () => (await read()) !== pages[0]);
    await metered.close();
  });

  test('a fault outside of GraphQL is masked as well', async () => {
    const broken = await startControl({ renderMetrics: () => Promise.reject(new Error('secret detail')) });
    const response = await fetch(`${broken.url}/metrics`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(broken.faults).toHaveLength(1);
    await broken.close();
  });
});

describe('pages', () => {
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${control.url}${path}`, { headers });

  test('/healthz, /readyz with reasons, /metrics, /egress.txt, /schema.graphql', async () => {
    expect(await (await get('/healthz')).text()).toBe('ok\n');
    expect(await (await get('/readyz')).json()).toEqual({ ready: true, reasons: [] });
    control.readiness = ['the database does not answer'];
    const unready = await get('/readyz');
    expect(unready.status).toBe(503);
    expect(await unready.json()).toEqual({ ready: false, reasons: ['the database does not answer'] });
    const metrics = await get('/metrics');
    expect(metrics.headers.get('Content-Type')).toContain('version=0.0.4');
    expect(await metrics.text()).toBe('backup_mx_up 1\n');
    expect(await (await get('/egress.txt')).text()).toBe('192.0.2.250\n2001:db8::250\n');
    const { buildSchema } = await import('graphql');
    expect(buildSchema(await (await get('/schema.graphql')).text()).getQueryType()?.name).toBe('Query');
    expect((await get('/nothing')).status).toBe(404);
  });

  test.each([
    ['gzip', 'gzip'],
    ['br;q=1.0, GZIP;q=0.5', 'gzip'],
    ['gzip;q=0', null],
    ['identity', null],
  ])('/schema.graphql for a client that accepts %s', async (accepted, encoding) => {
    const response = await fetch(`${control.url}/schema.graphql`, {
      headers: { 'Accept-Encoding': accepted },
      decompress: false,
    });
    expect([response.headers.get('Content-Encoding'), response.headers.get('Vary')]).toEqual([
      encoding,
      'Accept-Encoding',
    ]);
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    const octets = Buffer.from(await response.arrayBuffer());
    expect((encoding === null ? octets : gunzipSync(octets)).toString()).toContain('type Query');
    expect(Number(response.headers.get('Content-Length'))).toBe(octets.length);
  });

  test('/reject/CODE explains a code as a page of its own', async () => {
    const response = await get('/reject/BMX-USER');
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toContain('text/html');
    expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(await response.text()).toContain('<h1>BMX-USER: mail refused</h1>');
  });

  test('/reject lists the codes; an unknown one is 404 and never echoed', async () => {
    expect(await (await get('/reject')).text()).toContain('/reject/BMX-SIZE');
    expect((await get('/reject/bmx-size')).status).toBe(200);
    for (const code of ['BMX-NONE', 'constructor', '%3Cscript%3E']) {
      const response = await get(`/reject/${code}`);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('script>');
    }
  });

  test('the documentationUrl of an error leads to the section of its code, for each code', async () => {
    const page = await (await get('/errors')).text();
    const written = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const codes = Object.keys(ERROR_TEXTS);
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !page.includes(`<h2 id="${code}">`) || !written.includes(`\n## ${code}\n`))).toEqual(
      [],
    );
    const { domainPause } = await control.ask<{
      domainPause: { userErrors: { code: string; documentationUrl: string }[] };
    }>('mutation { domainPause(input: { name: "unknown.example" }) { userErrors { code documentationUrl } } }');
    const url = new URL(domainPause.userErrors[0]?.documentationUrl ?? '');
    expect([url.origin, url.pathname, url.hash]).toEqual(['https://mx.test.example', '/errors', '#NOT_FOUND']);
  });

  test('GraphQL by GET is refused, so no link can change anything', async () => {
    const response = await get('/graphql?query=%7Bservice%7Bversion%7D%7D', { Authorization: `Bearer ${TOKEN}` });
    expect(response.status).toBe(405);
  });

  test('a process without the role control serves health and metrics only', async () => {
    const quiet = await startControl({ isControl: false });
    expect((await fetch(`${quiet.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${quiet.url}/metrics`)).status).toBe(200);
    expect((await fetch(`${quiet.url}/schema.graphql`)).status).toBe(404);
    expect((await fetch(`${quiet.url}/graphql`, { method: 'POST', body: ASK })).status).toBe(404);
    await quiet.close();
  });
});

test('a port in use is a value with a sentence', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const failure = await startControl({ listen: { host: '127.0.0.1', port } }).then(
    () => null,
    (error: unknown) => error,
  );
  expect(String(failure)).toContain(`HTTP_LISTEN: 127.0.0.1:${port} is in use by another process`);
  other.close();
});

describe('idempotencyKey', () => {
  const create = async (input: Record<string, unknown>) => {
    const query = `mutation ($input: DomainCreateInput!) { domainCreate(input: $input) {
      domain { id name revision } userErrors { path code } } }`;
    return (await control.ask<{ domainCreate: unknown }>(query, { input })).domainCreate;
  };

  test('a repetition gets the first answer, whatever happened since', async () => {
    const input = { name: 'key.example', idempotencyKey: 'one' };
    const first = await create(input);
    await control.ask(
      'mutation { domainUpdate(input: { name: "key.example", labels: [{ key: "a", value: "b" }] }) { userErrors { code } } }',
    );
    expect(await create(input)).toEqual(first);
    await control.ask('mutation { domainDelete(input: { name: "key.example" }) { userErrors { code } } }');
    expect(await create(input)).toEqual(first);
  });

  test('a refusal is no answer: what was wrong is mended, in the input or elsewhere, and the same key does it', async () => {
    const refusal = { domain: null, userErrors: [{ code: 'NOT_A_DOMAIN' }] };
    expect(await create({ name: 'no name', idempotencyKey: 'two' })).toMatchObject(refusal);
    expect(await create({ name: 'a-name.example', idempotencyKey: 'two' })).toMatchObject({ userErrors: [] });
    const schedule = async () => {
      const query =
        'mutation { domainDrillSchedule(input: { name: "later.example", interval: "P7D", idempotencyKey: "plan" }) { domain { name } userErrors { code } } }';
      return (await control.ask<{ domainDrillSchedule: unknown }>(query)).domainDrillSchedule;
    };
    expect(await schedule()).toEqual({ domain: null, userErrors: [{ code: 'NOT_FOUND' }] });
    await addDomain(control, 'later.example');
    for (const _ of [1, 2]) expect(await schedule()).toEqual({ domain: { name: 'later.example' }, userErrors: [] });
  });

  test('a dry run is asked anew', async () => {
    await create({ name: 'dry.example' });
    const count = async () => {
      const query = `mutation { recipientListAdd(input: { domain: "dry.example", localParts: ["a"], dryRun: true, idempotencyKey: "dry" }) {
        change { addedCount } } }`;
      return (await control.ask<{ recipientListAdd: { change: { addedCount: number } } }>(query)).recipientListAdd
        .change.addedCount;
    };
    expect(await count()).toBe(1);
    await control.ask(
      'mutation { recipientListAdd(input: { domain: "dry.example", localParts: ["a"] }) { userErrors { code } } }',
    );
    expect(await count()).toBe(0);
  });

  test('the same key with another input or another mutation is KEY_REUSED', async () => {
    await create({ name: 'key3.example', idempotencyKey: 'three' });
    const invalid = { userErrors: [{ path: ['idempotencyKey'], code: 'KEY_REUSED' }] };
    expect(await create({ name: 'key3b.example', idempotencyKey: 'three' })).toMatchObject(invalid);
    const flush =
      'mutation { domainFlush(input: { name: "key3.example", idempotencyKey: "three" }) { userErrors { path code } } }';
    expect(await control.ask<object>(flush)).toMatchObject({ domainFlush: invalid });
    expect(await create({ name: 'key3c.example', idempotencyKey: '' })).toMatchObject(invalid);
    expect(await create({ name: 'key3c.example', idempotencyKey: 'x'.repeat(256) })).toMatchObject(invalid);
  });

  test('ten at once do the work once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => create({ name: 'ten.example', idempotencyKey: 'ten' })),
    );
    for (const answer of answers as { domain: unknown; userErrors: { code: string }[] }[]) {
      expect(answer.domain !== null || answer.userErrors[0]?.code === 'CONFLICT').toBe(true);
    }
    const [row] = await control.database
      .sql`select count(*) as count from events where facts ->> 'name' = 'ten.example'`;
    expect(row?.['count']).toBe(1);
  });

  test('after 24 hours the key is free again, and old keys are swept away', async () => {
    const input = { name: 'day.example', idempotencyKey: 'day' };
    await create(input);
    await control.database.moveClock('24 hours 1 second');
    expect(await create(input)).toMatchObject({ userErrors: [{ code: 'ALREADY_EXISTS' }] });
    await create({ name: 'next-day.example', idempotencyKey: 'next day' });
    const [row] = await control.database.sql`select count(*) as count from idempotency_keys`;
    expect(row?.['count']).toBe(1);
  });

  test('a fault is no answer: the repetition works', async () => {
    let isBroken = true;
    const broken = await startControl({
      poke: (id) => {
        if (isBroken) throw new Error('away');
        broken.poked.push(id);
      },
    });
    const destinationId = await addDomain(broken, 'fault.example');
    const flush =
      'mutation { domainFlush(input: { name: "fault.example", idempotencyKey: "f" }) { userErrors { code } } }';
    expect((await broken.post<unknown>(flush)).errors).toHaveLength(1);
    isBroken = false;
    expect(await broken.ask<unknown>(flush)).toEqual({ domainFlush: { userErrors: [] } });
    expect(await broken.ask<unknown>(flush)).toEqual({ domainFlush: { userErrors: [] } });
    expect(broken.poked).toEqual([destinationId]);
    await broken.close();
  });
});
