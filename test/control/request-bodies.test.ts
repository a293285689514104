/** What a body may be, for whom, and what is said of one that may not: before it is read, and before it is parsed. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { createTokenCache } from '../../src/tenants/token-cache.ts';
import { addDomain, addTenant, type Harness, startControl, TOKEN, failingSql } from './harness.ts';

let control: Harness;
let reader: string;
let writer: string;
beforeAll(async () => {
  control = await startControl();
  const { tenantId } = await addTenant(control.database);
  const tokenWith = async (scopes: string[]): Promise<string> => {
    const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
      'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
      { input: { tenantId, name: scopes.join(), scopes } },
    );
    return tokenCreate.secret;
  };
  [reader, writer] = [await tokenWith(['DOMAIN_READ']), await tokenWith(['DOMAIN_WRITE'])];
  await addDomain(control, 'list.example');
});
afterAll(() => control.close());

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly data?: unknown;
  readonly error: { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> } | undefined;
}

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  token = TOKEN,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${control.url}/graphql`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
    body,
  });
  const { errors, data } = (await response.json()) as { data?: unknown; errors?: NonNullable<Answer['error']>[] };
  return { status: response.status, retryAfter: response.headers.get('Retry-After'), data, error: errors?.[0] };
}

const VIEWER = '{ viewer { scopes } }';
const ADD =
  'mutation ($input: RecipientListAddInput!) { recipientListAdd(input: $input) { change { addedCount } userErrors { code } } }';
const entries = (count: number): string[] => Array.from({ length: count }, (_, index) => `user${index}`);
const list = (localParts: readonly string[]) => ({ input: { domain: 'list.example', localParts, dryRun: true } });

describe('what is large', () => {
  test('is for lists, with the scope that they need, wherever the document stands in the body', async () => {
    const variables = list(entries(120_000));
    expect(await post(JSON.stringify({ query: ADD, variables }))).toMatchObject({ status: 200, error: undefined });
    expect(await post(JSON.stringify({ variables, query: ADD }))).toMatchObject({ status: 200, error: undefined });
    // The domain is another tenant's, which is another question.
    expect(await post(JSON.stringify({ query: ADD, variables }), writer)).toMatchObject({
      status: 200,
      error: undefined,
    });
    const refused = { status: 413, error: { extensions: { code: 'REQUEST_ENTITY_TOO_LARGE' } } };
    expect(await post(JSON.stringify({ query: ADD, variables }), reader)).toMatchObject(refused);
    const pause = 'mutation ($input: DomainPauseInput!) { domainPause(input: $input) { userErrors { code } } }';
    expect(await post(JSON.stringify({ query: pause, variables }))).toMatchObject(refused);
    expect((await post(JSON.stringify({ variables, query: pause }))).error?.message).toContain('recipientListAdd');
  });

  test('is so by its values as well: 300 kB of empty objects are refused unparsed', async () => {
    const objects = `[${'{},'.repeat(60_000)}{}]`;
    const undeclared = `{"query":"${VIEWER}","variables":{"x":${objects}}}`;
    expect(await post(undeclared)).toMatchObject({ status: 413 });
    const inList = `{"query":${JSON.stringify(ADD)},"variables":{"input":{"domain":"list.example","localParts":[${'{},'.repeat(30_000)}{}]}}}`;
    expect(await post(inList)).toMatchObject({
      status: 413,
      error: { message: expect.stringContaining('20,000 lists and objects') },
    });
  });

  test('and announced is refused at once, and what comes of it all the same is not read', async () => {
    const { port } = new URL(control.url);
    const size = 60_000_000;
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    const closed = new Promise<void>((resolve) => void socket.on('close', () => resolve()));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    // The service closes while this one still sends.
    socket.on('error', () => undefined);
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${reader}\r\nContent-Type: application/json\r\nContent-Length: ${size}\r\n\r\n`,
    );
    const piece = Buffer.alloc(65_536, 0x20);
    let sent = 0;
    const send = (): void => {
      if (socket.destroyed || sent >= size) return;
      sent += piece.length;
      socket.write(piece, send);
    };
    send();
    await closed;
    expect(answer).toStartWith('HTTP/1.1 413');
    expect(answer).toContain('REQUEST_ENTITY_TOO_LARGE');
    // Or a client that keeps connections would lose its next request.
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    // What the sockets' buffers hold.
    expect(sent).toBeLessThan(size / 2);
  });

  test('in chunks of one octet is refused after a thousand of them; slow typing by hand is not', async () => {
    const { port } = new URL(control.url);
    const send = async (chunks: string): Promise<string> => {
      const socket = connect({ port: Number(port), host: '127.0.0.1' });
      let answer = '';
      socket.on('error', () => undefined);
      const answered = new Promise<void>((resolve) => {
        socket.on('close', () => resolve());
        socket.on('data', (data) => {
          answer += data.toString();
          if (answer.includes('}')) resolve();
        });
      });
      socket.write(
        `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${reader}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      socket.write(chunks);
      await answered;
      socket.destroy();
      return answer;
    };
    const each = (text: string): string =>
      text
        .split('')
        .map((octet) => `1\r\n${octet}\r\n`)
        .join('');
    const query = JSON.stringify({ query: VIEWER });
    expect(await send(`${each(query)}0\r\n\r\n`)).toStartWith('HTTP/1.1 200');
    const refused = await send(each(' '.repeat(20_000)));
    expect(refused).toStartWith('HTTP/1.1 400');
    expect(refused).toContain('chunks of less than 64 octets');
  });

  test('a text that is wrong is told as such, however large its variables are', async () => {
    const variables = list(entries(120_000));
    const { error } = await post(JSON.stringify({ query: ADD.replace('addedCount', 'addedCuont'), variables }));
    expect(error?.message).toContain('Cannot query field "addedCuont"');
    expect((await post(JSON.stringify({ query: ADD.slice(0, -1), variables }))).error?.extensions['code']).toBe(
      'GRAPHQL_PARSE_FAILED',
    );
  });
});

test('a text that is none is refused once, not looked at with every piece of what follows', async () => {
  const variables = list(entries(120_000));
  const query = entries(40_000);
  expect(await post(JSON.stringify({ query, variables }))).toMatchObject({
    status: 400,
    error: { message: expect.stringContaining('The request has no text') },
  });
});

describe('variables', () => {
  test('that the text does not declare are refused; those of its other operations are not parsed', async () => {
    const undeclared = await post(JSON.stringify({ query: VIEWER, variables: { x: {} } }));
    expect(undeclared).toMatchObject({ status: 400, error: { extensions: { code: 'BAD_USER_INPUT' } } });
    expect(undeclared.error?.message).toContain('"x"');
    const query = `query A { viewer { scopes } } query B($name: String!) { domain(by: { name: $name }) { id } }`;
    // No JSON, where nobody looks.
    const body = `{"query":"${query}","operationName":"A","variables":{"name":"\\q"}}`;
    expect(await post(body)).toMatchObject({ status: 200, error: undefined });
    expect(await post(body.replace('"A"', '"B"'))).toMatchObject({
      status: 400,
      error: { extensions: { code: 'BAD_REQUEST' } },
    });
  });

  test('that do not fit are told a few times, not once for each member', async () => {
    const input = Object.fromEntries(Array.from({ length: 199 }, (_, index) => [`nothing${index}`, 'x'.repeat(5_000)]));
    const query = 'mutation ($input: DomainCreateInput!) { domainCreate(input: $input) { userErrors { code } } }';
    const response = await fetch(`${control.url}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query, variables: { input } }),
    });
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { message: string }[] };
    expect(errors.length).toBeLessThan(6);
    for (const { message } of errors) expect(message.length).toBeLessThan(600);
  });

  test('a long text for an enum is not compared with its values', async () => {
    const query =
      'query ($state: RecipientState!) { messages(first: 1, filter: { states: [$state] }) { nodes { id } } }';
    expect((await post(JSON.stringify({ query, variables: { state: 'x'.repeat(900_000) } }))).status).toBe(400);
    const { error } = await post(JSON.stringify({ query, variables: { state: 'x'.repeat(101) } }));
    expect(error?.message).toContain('A text of more than 100 characters does not exist in "RecipientState" enum.');
    const close = await post(JSON.stringify({ query, variables: { state: 'HELDD' } }));
    expect(close.error?.message).toContain('Did you mean the enum value "HELD"');
  });
});

describe('media types', () => {
  test.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'text/plain',
    'text/plain; application/json',
    'application/json-seq',
  ])('%s: 415', async (type) => {
    const answer = await post(JSON.stringify({ query: VIEWER }), TOKEN, { 'Content-Type': type });
    expect(answer).toMatchObject({ status: 415, error: { extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' } } });
  });

  test.each(['application/json; charset=utf-8', 'Application/JSON'])('%s is JSON', async (type) => {
    expect(await post(JSON.stringify({ query: VIEWER }), TOKEN, { 'Content-Type': type })).toMatchObject({
      status: 200,
    });
  });

  test.each(['application/json', 'application/graphql-response+json', '*/*', 'text/html, */*;q=0.1'])(
    'an answer as %s can be had',
    async (Accept) => {
      expect(await post(JSON.stringify({ query: VIEWER }), TOKEN, { Accept })).toMatchObject({ status: 200 });
    },
  );

  test.each(['text/html', 'multipart/mixed', 'image/png'])('an answer as %s cannot: 406', async (Accept) => {
    const answer = await post(JSON.stringify({ query: VIEWER }), TOKEN, { Accept });
    expect(answer).toMatchObject({ status: 406, error: { extensions: { code: 'NOT_ACCEPTABLE' } } });
  });
});

test('octets are billed, and those under way at once are bounded by tenant', async () => {
  const query = `${VIEWER}${' '.repeat(10_000)}`;
  const bodies = Array.from({ length: 40 }, () =>
    post(`${JSON.stringify({ query }).slice(0, -1)}${' '.repeat(1_000_000)}}`, reader),
  );
  const answers = await Promise.all(bodies);
  const statuses = new Set(answers.map(({ status }) => status));
  expect(statuses).toEqual(new Set([200, 429]));
  for (const { status, error, retryAfter } of answers) {
    if (status !== 429) continue;
    expect(error?.extensions['code']).toBe('RATE_LIMITED');
    expect(Number(retryAfter)).toBeGreaterThan(0);
  }
  // Others did not notice.
  expect(await post(JSON.stringify({ query: VIEWER }))).toMatchObject({ status: 200 });
});

test('the whole schema is answered from memory, the same each time, and in the type asked for', async () => {
  const { getIntrospectionQuery } = await import('graphql');
  const ask = async (Accept: string) => {
    const response = await fetch(`${control.url}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${writer}`, 'Content-Type': 'application/json', Accept },
      body: JSON.stringify({ query: getIntrospectionQuery() }),
    });
    return { status: response.status, type: response.headers.get('Content-Type'), text: await response.text() };
  };
  const first = await ask('application/json');
  expect(first).toMatchObject({ status: 200, type: 'application/json; charset=utf-8' });
  // Ten executions would be refused by their cost.
  for (let turn = 0; turn < 20; turn += 1) expect(await ask('application/json')).toEqual(first);
  const other = await ask('application/graphql-response+json');
  expect(other).toEqual({ ...first, type: 'application/graphql-response+json; charset=utf-8' });
});

describe('a database that is away', () => {
  const AWAY = Object.assign(new Error('write CONNECTION_CLOSED secret.example:5432'), { code: 'CONNECTION_CLOSED' });
  const away = (): Promise<never> => Promise.reject(AWAY);

  test('UNAVAILABLE with 503 and a request id where nothing could be answered, and no fault', async () => {
    const broken = await startControl((sql) => ({ sql: failingSql(sql, 'queue_limits', AWAY) }));
    const response = await fetch(`${broken.url}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: '{ service { messageSizeLimit } }' }),
    });
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    const text = await response.text();
    expect(text).not.toContain('secret');
    const [error] = (JSON.parse(text) as { errors: { extensions: Record<string, string> }[] }).errors;
    expect(error?.extensions).toEqual({ code: 'UNAVAILABLE', requestId: response.headers.get('X-Request-Id') ?? '' });
    expect(broken.faults).toEqual([]);
    expect(broken.requests.at(-1)).toMatchObject({ code: 'UNAVAILABLE' });
    await broken.close();
  });

  test('UNAVAILABLE beside what could be answered', async () => {
    const broken = await startControl({
      observeMx: away,
    });
    await addDomain(broken, 'known.example');
    const { data, errors } = await broken.post<{ viewer: unknown; domain: unknown }>(
      '{ viewer { scopes } domain(by: { name: "known.example" }) { mx { verdict } } }',
    );
    expect(data).toMatchObject({ viewer: { scopes: expect.any(Array) }, domain: null });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAVAILABLE' });
    await broken.close();
  });

  test('also where the token has to be looked up', async () => {
    const broken = await startControl((sql) => ({ tokens: { ...createTokenCache(sql), find: away } }));
    const response = await fetch(`${broken.url}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${'t'.repeat(43)}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: VIEWER }),
    });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
    expect(broken.faults).toEqual([]);
    expect(broken.requests.at(-1)).toMatchObject({ code: 'UNAVAILABLE' });
    await broken.close();
  });
});
