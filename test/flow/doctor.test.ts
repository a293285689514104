/** The doctor in the whole service: what is wired to it, over the API, from the settings and the records of real mail. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';

let flow: Flow;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow();
  primary = await flow.primary('127.0.0.2');
});
afterAll(() => flow.close());

interface Report {
  readonly verdict: string;
  readonly findings: readonly {
    readonly code: string;
    readonly verdict: string;
    readonly evidence: readonly { readonly asked: string; readonly answered: string }[];
  }[];
}

async function check(name: string): Promise<Report> {
  const { domainCheck } = await flow.service.graphql<{ domainCheck: { domain: { doctor: Report } } }>(
    `mutation ($name: String!) { domainCheck(input: { name: $name }) {
       domain { doctor { verdict findings { code verdict evidence { asked answered } } } } userErrors { message } } }`,
    { name },
  );
  return domainCheck.domain.doctor;
}

test('a domain as it should be: only what the operator has left unset', async () => {
  const [ours] = (await flow.service.graphql<{ service: { mxNames: string[] } }>('{ service { mxNames } }')).service
    .mxNames;
  flow.dns.set('well.example', {
    MX: [
      [10, 'mx.well.example'],
      [20, ours ?? ''],
    ],
  });
  flow.dns.set(ours ?? '', { A: ['192.0.2.250'] });
  flow.dns.set('mx.well.example', { A: ['127.0.0.2'] });
  await flow.addDomain('well.example');
  const { verdict, findings } = await check('well.example');
  expect(findings.filter(({ verdict }) => verdict !== 'OK').map(({ code }) => code)).toEqual(['POSTMASTER_UNSET']);
  expect(verdict).toBe('WARNING');
  const { commands } = primary.sessions.at(-1) ?? { commands: [] };
  await primary.waitFor(() => commands.at(-1) === 'QUIT', 'the end of the check');
  expect(commands.map((line) => line.split(/[ :]/)[0]?.toUpperCase())).toEqual([
    'EHLO',
    'STARTTLS',
    'EHLO',
    'MAIL',
    'RCPT',
    'QUIT',
  ]);
});

test('what mail has met: a mailbox delivered to that the User List lacks', async () => {
  await flow.addDomain('gaps.example', primary);
  await flow.send({ to: ['alice@gaps.example'] });
  await flow.untilSeen('gaps.example', 'nothing held', ({ queue }) => queue.heldCount === 0);
  // Learned behind the delivery, within a second.
  await until('the delivery to be learned', 30_000, async () => {
    const rows = await flow.database
      .sql`select from recipient_answers where local_part = 'alice' and delivered_at is not null`;
    return rows.length > 0;
  });
  expect(await flow.change('recipientListAdd', { domain: 'gaps.example', localParts: ['bob'] })).toEqual([]);
  const { findings } = await check('gaps.example');
  const gaps = findings.find(({ code }) => code === 'USER_LIST_GAPS');
  expect([gaps?.verdict, gaps?.evidence[0]?.answered]).toEqual(['PROBLEM', 'alice']);
  expect(findings.find(({ code }) => code === 'PRIMARY_REFUSES')?.verdict).toBe('OK');
});
