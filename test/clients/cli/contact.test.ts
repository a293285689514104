/** `backup-mx contact` against a real control plane. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { contactVerb } from '../../../src/clients/cli/contact.ts';
import { addDomain, type Harness, startControl } from '../../control/harness.ts';
import { callVerb } from './call-verb.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

const call = (verb: typeof contactVerb, args: readonly string[]) => callVerb(control.url, verb, args);

test('contact create, confirm, list, delete', async () => {
  const created = await call(contactVerb, ['create', 'admin@contact.example']);
  expect(created.out[0]).toMatch(
    /^a code was mailed to admin@contact\.example: backup-mx contact confirm \S{36} CODE$/,
  );
  const [contact] = JSON.parse((await call(contactVerb, ['list', '--json'])).out.join('\n')) as {
    id: string;
    status: string;
  }[];
  expect(contact?.status).toBe('UNCONFIRMED');
  const id = contact?.id ?? '';
  expect((await call(contactVerb, ['confirm', id, 'WRONG'])).err[0]).toContain('(WRONG_CODE: ');
  const { sql } = control.database;
  const [row] = await sql<{ content: Uint8Array }[]>`
    select content from contents c join recipients r on r.message_id = c.message_id where r.address = 'admin@contact.example'`;
  const code = /confirm \S{36} (\S{10})/.exec(Buffer.from(row?.content ?? []).toString())?.[1] ?? '';
  expect((await call(contactVerb, ['confirm', id, code])).out).toEqual(['admin@contact.example gets alerts']);
  await addDomain(control, 'contact.example');
  const listed = await call(contactVerb, ['list']);
  expect(listed.err).toEqual([expect.stringContaining('gets no alerts about contact.example')]);
  expect((await call(contactVerb, ['delete', id, '--yes'])).out).toEqual(['admin@contact.example gets no more alerts']);
});
