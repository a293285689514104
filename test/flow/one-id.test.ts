/**
 * One id joins all that is told of a message: our 250, the Received field, each line of the log, the report, and the API. A mail to
 * two domains is sent with a real client, is held while both primaries are away, and bounced by hand.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { findProgram, run, until } from '../helpers/child.ts';
import { startFakePrimary, type FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { eventsOf } from '../helpers/service-log.ts';
import { isSkipped } from '../interop/mail.ts';

const swaks = findProgram('swaks');
const SENDER = 'alice@proven.example';
const ID = /[0-9a-f]{8}-[0-9a-f-]{27}/;

let flow: Flow;
let senderMx: FakePrimary;

beforeAll(async () => {
  flow = await startFlow(
    {
      'proven.example': { MX: [[10, 'mx.sender.example']], TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
      'mx.sender.example': { A: ['127.0.0.3'] },
    },
    { LOG_FORMAT: 'json' },
  );
  senderMx = await flow.primary('127.0.0.3');
  const away = await startFakePrimary();
  for (const name of ['first.example', 'second.example']) await flow.addDomain(name, away);
  await away.close();
});
afterAll(() => flow?.close());

interface Told {
  readonly id: string;
  readonly transactionId: string;
  readonly domainName: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[] | null;
  readonly timeline: {
    readonly nodes: readonly { readonly kind: string; readonly text: string; readonly reportId: string | null }[];
  };
}

const FOUND = `query ($filter: MessageFilter) { messages(first: 9, filter: $filter) { nodes {
  id transactionId domainName headers { name value } timeline(first: 100) { nodes { kind text reportId } } } } }`;

async function find(filter: Record<string, string>): Promise<readonly Told[]> {
  return (await flow.service.graphql<{ messages: { nodes: readonly Told[] } }>(FOUND, { filter })).messages.nodes;
}

test.skipIf(isSkipped('one id', swaks === null ? 'no swaks is installed' : null))('the same everywhere', async () => {
  const { stdout } = await run(swaks ?? 'swaks', [
    `--server=127.0.0.1:${flow.service.smtpPort}`,
    '--ehlo=client.sender.example',
    `--from=${SENDER}`,
    '--to=bob@first.example,carol@second.example',
    '--header=Message-Id: <once@proven.example>',
  ]);
  const reply = /<-\s+(250 2\.0\.0 accepted as .*)/.exec(stdout.toString())?.[1] ?? '';
  const id = ID.exec(reply)?.[0] ?? '';
  expect(id).not.toBe('');

  // Held and attempted: the whole line that a person copies finds both messages, as does the field of the mail itself.
  const held = await until('both were attempted', PATIENCE_MS, async () => {
    const found = await find({ transactionId: reply });
    return (
      found.every(({ timeline }) => timeline.nodes.some(({ kind }) => kind === 'ATTEMPT')) &&
      found.length === 2 &&
      found
    );
  });
  expect(new Set(held.map(({ domainName }) => domainName))).toEqual(new Set(['first.example', 'second.example']));
  expect(held.map(({ transactionId }) => transactionId)).toEqual([id, id]);
  expect((await find({ internetMessageId: '<once@proven.example>' })).map((one) => one.id)).toEqual(
    held.map((one) => one.id),
  );
  for (const { headers, timeline } of held) {
    const received = headers?.find(({ name }) => name === 'Received')?.value ?? '';
    expect(received).toContain(` id ${id}`);
    expect((await find({ transactionId: received })).map((one) => one.id)).toEqual(held.map((one) => one.id));
    expect(timeline.nodes[0]).toMatchObject({ kind: 'ACCEPTED', text: expect.stringContaining(id) });
  }

  for (const name of ['first.example', 'second.example']) await flow.untilIdle(name);
  for (const one of held)
    expect(await flow.change('messageBounce', { id: one.id, reason: 'no such desk' })).toEqual([]);
  await senderMx.waitFor(() => senderMx.messages.length === 2, 'both reports');
  for (const { content } of senderMx.messages) expect(content.toString('utf8').match(ID)?.[0]).toBeString();
  const texts = senderMx.messages.map(({ content }) => content.toString('utf8').replaceAll('=\r\n', ''));
  for (const text of texts) expect(text).toMatch(new RegExp(`quote our transaction id:\\s+${id}`));

  // Ended: the content is gone, the rest is told as before, and the reports lead back.
  const ended = await find({ transactionId: id });
  expect(ended.map(({ headers }) => headers)).toEqual([null, null]);
  for (const { id: messageId, timeline } of ended) {
    const kinds = timeline.nodes.map(({ kind }) => kind);
    expect(kinds).toEqual(
      expect.arrayContaining(['ACCEPTED', 'ATTEMPT', 'MESSAGE_BOUNCED', 'RECIPIENT_FAILED', 'REPORT_MADE']),
    );
    expect((await flow.message(messageId))?.transactionId).toBe(id);
    const reportId = timeline.nodes.find(({ kind }) => kind === 'REPORT_MADE')?.reportId ?? '';
    expect((await find({ transactionId: reportId })).map((one) => one.id)).toEqual([reportId]);
    const ofReport = texts.find((text) => text.includes(`Message-ID: <${reportId}@`)) ?? '';
    expect(ofReport).not.toBe('');
    expect(
      (await find({ internetMessageId: /^Message-ID: (.*)$/m.exec(ofReport)?.[1]?.trim() ?? '' })).map((one) => one.id),
    ).toEqual([reportId]);
  }

  const ids = ended.map((one) => one.id);
  const lines = eventsOf(flow.service).filter((line) =>
    [line['messageId'], line['transactionId']].some((value) => value === id || ids.includes(String(value))),
  );
  expect(new Set(lines.map(({ event }) => event))).toEqual(
    new Set(['accepted', 'attempt', 'deferred', 'failed', 'report.made']),
  );
  expect(lines.filter((line) => line['transactionId'] !== id)).toEqual([]);
});
