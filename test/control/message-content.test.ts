/** What is in held mail: header fields, and the whole of it for whoever may read it and says why. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { headerFieldsOf } from '../../src/mail/header-section.ts';
import { addDomain, addTenant, endMessage, type Harness, holdMessage, lackOf, startControl } from './harness.ts';

const CONTENT = Buffer.from(
  'Received: from a.example (a.example [192.0.2.1])\r\n\tby b.example with ESMTP id 1;\r\n\tThu, 1 Aug 2026 03:10:00 +0000\r\n' +
    'Subject: =?utf-8?q?caf=C3=A9?=\r\nX-Raw: \xe9\r\nFrom: Ä <a@example.org>\r\n\r\nbody: not a field\r\n.\r\n',
  'latin1',
);

let control: Harness;
let id: string;
beforeAll(async () => {
  control = await startControl();
  const destinationId = await addDomain(control, 'content.example');
  id = await holdMessage(control.database, { destinationId });
  await control.database.sql`update contents set content = ${CONTENT} where message_id = ${id}`;
});
afterAll(() => control.close());

interface Shown {
  readonly message: {
    readonly headers: readonly { name: string; value: string }[] | null;
    readonly content: { readonly size: number; readonly base64: string; readonly text: string } | null;
  } | null;
}

const QUERY = `query ($id: ID!, $reason: String!) {
  message(id: $id) { headers { name value } content(reason: $reason) { size base64 text } }
}`;

async function makeToken(scopes: readonly string[], tenantId?: string): Promise<string> {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
    { input: { name: 'reader', scopes, tenantId } },
  );
  return tokenCreate.secret;
}

const readAs = (secret: string, reason: string) => control.postAs<Shown | null>(secret, QUERY, { id, reason });

async function readings(): Promise<readonly Record<string, unknown>[]> {
  const rows = await control.database.sql`
    select input, token_name, outcome from audit_entries where mutation = 'Message.content' order by id`;
  return [...rows];
}

describe('a held message', () => {
  test('shows its subject, and fields that are content, only with the right to read content', async () => {
    const ask = async (scopes: readonly string[], fields: string) =>
      control.postAs<Shown & { message: { subject?: string } }>(
        await makeToken(scopes),
        `{ message(id: "${id}") { ${fields} } }`,
      );
    const may = await ask(['QUEUE_READ', 'MESSAGE_CONTENT'], 'subject headers { name }');
    expect(may.data.message.subject).toBe('café');
    expect(may.data.message.headers?.map(({ name }) => name)).toContain('Subject');
    const mayNot = await ask(['QUEUE_READ'], 'headers { name }');
    expect(mayNot.data.message.headers?.map(({ name }) => name)).toEqual(['Received', 'X-Raw', 'From']);
    const { errors } = await ask(['QUEUE_READ'], 'subject');
    expect(errors?.map(({ extensions }) => extensions)).toEqual([lackOf('MESSAGE_CONTENT')]);
  });

  test('shows its header fields unfolded, in their order', async () => {
    const { message } = await control.ask<Shown>('query ($id: ID!) { message(id: $id) { headers { name value } } }', {
      id,
    });
    expect(message?.headers).toEqual([
      {
        name: 'Received',
        value: 'from a.example (a.example [192.0.2.1])\tby b.example with ESMTP id 1;\tThu, 1 Aug 2026 03:10:00 +0000',
      },
      { name: 'Subject', value: '=?utf-8?q?caf=C3=A9?=' },
      { name: 'X-Raw', value: '\uFFFD' },
      { name: 'From', value: '\uFFFD <a@example.org>' },
    ]);
    expect(await readings()).toEqual([]);
  });

  test('is read whole only with MESSAGE_CONTENT and a reason, and the reading is written down', async () => {
    const [reader, other] = [await makeToken(['QUEUE_READ', 'MESSAGE_CONTENT']), await makeToken(['QUEUE_WRITE'])];
    const forbidden = await readAs(other, 'curious');
    expect(forbidden.errors?.map(({ extensions }) => extensions)).toEqual([lackOf('MESSAGE_CONTENT')]);
    const silent = await readAs(reader, ' ');
    expect([silent.data?.message?.content, silent.errors?.[0]?.extensions]).toEqual([null, { code: 'BAD_USER_INPUT' }]);
    expect(await readings()).toEqual([]);
    const { data, errors } = await readAs(reader, 'ticket 7');
    expect(errors).toBeUndefined();
    const { size, base64, text } = data?.message?.content ?? { size: 0, base64: '', text: '' };
    expect([size, Buffer.from(base64, 'base64').equals(CONTENT)]).toEqual([CONTENT.length, true]);
    expect(text).toContain('body: not a field');
    expect(await readings()).toEqual([{ input: { id, reason: 'ticket 7' }, token_name: 'reader', outcome: 'DONE' }]);
    const { tenantId } = await addTenant(control.database, 'curious');
    expect((await readAs(await makeToken(['QUEUE_READ', 'MESSAGE_CONTENT'], tenantId), 'mine?')).data).toEqual({
      message: null,
    });
  });

  test('asks for too much when a page of them is read whole', async () => {
    const { errors } = await control.post('{ messages(first: 20) { nodes { content(reason: "all") { base64 } } } }');
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'LIMIT_EXCEEDED' },
      message: expect.stringContaining('could return'),
    });
  });
});

test('what an operator reads of a domain that is gone is in the log of who had it', async () => {
  const { tenantId } = await addTenant(control.database, 'gone');
  const { sql } = control.database;
  await addDomain(control, 'gone.example');
  await sql`update domains set tenant_id = ${tenantId} where name = 'gone.example'`;
  const [{ id: destinationId } = { id: '' }] = await sql<{ id: string }[]>`
    select id from destinations where name = 'gone.example'`;
  const goneId = await holdMessage(control.database, { destinationId });
  await sql`update messages set tenant_id = ${tenantId} where id = ${goneId}`;
  await control.ask(
    `mutation { domainDelete(input: { name: "gone.example", held: DELIVER_FIRST }) { userErrors { code } } }`,
  );
  await control.ask(QUERY, { id: goneId, reason: 'ticket 8' });
  const [entry] = await sql`
    select tenant_id, subject_name from audit_entries where mutation = 'Message.content' and subject_id = ${goneId}`;
  expect(entry).toEqual({ tenant_id: tenantId, subject_name: 'gone.example' });
});

test('the code that an alert contact was mailed is read by nobody but its reader', async () => {
  const { alertContactCreate } = await control.ask<{ alertContactCreate: { userErrors: readonly unknown[] } }>(
    'mutation { alertContactCreate(input: { address: "stranger@elsewhere.example" }) { userErrors { message } } }',
  );
  expect(alertContactCreate.userErrors).toEqual([]);
  const [held] = await control.database.sql<{ id: string; content: Uint8Array }[]>`
    select m.id, c.content from messages m join contents c on c.message_id = m.id join recipients r on r.message_id = m.id
    where r.address = 'stranger@elsewhere.example'`;
  expect(Buffer.from(held?.content ?? []).toString()).toContain('backup-mx contact confirm ');
  const { message } = await control.ask<Shown>(QUERY, { id: held?.id, reason: 'the code, please' });
  expect(message?.content).toBeNull();
  expect(message?.headers).not.toBeNull();
});

test('an ended message has neither, and says when it ended', async () => {
  const ended = () => control.ask<{ message: { endedAt: string | null } }>(`{ message(id: "${id}") { endedAt } }`);
  expect(await ended()).toEqual({ message: { endedAt: null } });
  await control.database.sql`delete from contents where message_id = ${id}`;
  await endMessage(control.database, id);
  const { message } = await control.ask<Shown>(QUERY, { id, reason: 'late' });
  expect(message).toEqual({ headers: null, content: null });
  const [row] = await control.database.sql<{ at: Date }[]>`select ended_at as at from history where id = ${id}`;
  expect(await ended()).toEqual({ message: { endedAt: row?.at.toISOString() ?? '' } });
});

test('a line that is no field is told as it is', () => {
  expect(headerFieldsOf(Buffer.from('From sender Mon\r\nA : b\r\n  c\r\nno field\r\n'))).toEqual([
    { name: '', value: 'From sender Mon' },
    { name: 'A', value: 'b  c' },
    { name: '', value: 'no field' },
  ]);
});
