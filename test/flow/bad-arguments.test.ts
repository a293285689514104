/**
 * What an operator cannot have meant: every verb with arguments that are wrong, negative or absurd. Each is told where the
 * mistake is, by a stable code, and what to do; and nothing has changed. The service does not deliver, so that whatever changes
 * in the database would be the verb's doing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Flow, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'kept.example';
const OWN_ADDRESS = '192.0.2.250';
const OWN_NAMES = 'backup.test.example,mx2.test.example';
const PRIVATE = '10.1.2.3';

let flow: Flow;
let messageId: string;

beforeAll(async () => {
  const zones = {
    [DOMAIN]: { MX: [[10, `mx.${DOMAIN}`]] as const },
    [`mx.${DOMAIN}`]: { A: ['11.51.100.7'] },
    'backup.test.example': { A: [OWN_ADDRESS] },
    'also-us.example': { A: [OWN_ADDRESS] },
    'alias.example': { CNAME: 'backup.test.example' },
    'inside.example': { A: [PRIVATE, '192.168.7.7'] },
  };
  const env = { ROLES: 'inbound,control', ALLOW_PRIVATE_NEXT_HOPS: 'false', DELIVERY_PORT: '25', MX_NAMES: OWN_NAMES };
  flow = await startFlow(zones, env);
  await flow.addDomain(DOMAIN);
  messageId = await flow.send({ to: [`user@${DOMAIN}`] });
  const [outage] = await flow.database.sql`
    insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
    select new_id(), tenant_id, id, bmx_now(), 'DOWN', '[connection refused]' from destinations where name = ${DOMAIN} returning id`;
  await flow.database
    .sql`update destinations set outage_id = ${outage?.['id']}, first_failure_at = bmx_now() where name = ${DOMAIN}`;
}, 60_000);
afterAll(() => flow?.close());

interface UserError {
  readonly path: readonly string[];
  readonly message: string;
  readonly code: string;
}

async function ask(mutation: string, input: Readonly<Record<string, unknown>>): Promise<readonly UserError[]> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { path message code } } }`;
  const data = await flow.service.graphql<Record<string, { userErrors: readonly UserError[] }>>(query, { input });
  return data[mutation]?.userErrors ?? [];
}

/** All that a verb may change, row by row. */
async function state(): Promise<unknown> {
  const tables = [
    'destinations',
    'domains',
    'recipient_entries',
    'messages',
    'recipients',
    'operations',
    'outages',
    'events',
  ];
  return Promise.all(
    tables.map(async (table) => [
      table,
      await flow.database.sql.unsafe(`select to_jsonb(t) as row from ${table} t order by 1`),
    ]),
  );
}

type Wrong = readonly [what: string, mutation: string, input: Record<string, unknown>, path: string, code: string];
const of = (changes: Record<string, unknown>) => ({ name: DOMAIN, ...changes });
const to = (host: string, port = 25) => of({ deliverTo: [{ host: 'mail.elsewhere.example' }, { host, port }] });
const filtered = (filter: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  filter: { domain: DOMAIN, ...filter },
  ...more,
});
const MANY = ['messagesRetry', 'messagesCancel', 'messagesBounce'];
const ONE = ['messageRetry', 'messageCancel', 'messageBounce'];
const NAMED = [
  'domainFlush',
  'domainPause',
  'domainResume',
  'domainReleaseBreaker',
  'domainBounceHeld',
  'domainDelete',
];

const WRONG: readonly Wrong[] = [
  ['to our own name', 'domainUpdate', to('backup.test.example'), 'deliverTo.1.host', 'OWN_ADDRESS'],
  [
    'to a name of ours that is not in the DNS',
    'domainUpdate',
    to('mx2.test.example'),
    'deliverTo.1.host',
    'OWN_ADDRESS',
  ],
  ['to our own address', 'domainUpdate', to(OWN_ADDRESS), 'deliverTo.1.host', 'OWN_ADDRESS'],
  ['to a name that leads to us', 'domainUpdate', to('also-us.example'), 'deliverTo.1.host', 'OWN_ADDRESS'],
  ['to an alias of ours', 'domainUpdate', to('alias.example'), 'deliverTo.1.host', 'OWN_ADDRESS'],
  ['to our loopback', 'domainUpdate', to('127.0.0.1'), 'deliverTo.1.host', 'PRIVATE_ADDRESS'],
  ['to a private address', 'domainUpdate', to(PRIVATE), 'deliverTo.1.host', 'PRIVATE_ADDRESS'],
  [
    'to a name with private addresses only',
    'domainUpdate',
    to('inside.example'),
    'deliverTo.1.host',
    'PRIVATE_ADDRESS',
  ],
  ['to a private IPv6 address', 'domainUpdate', to('fd00::7'), 'deliverTo.1.host', 'PRIVATE_ADDRESS'],
  [
    'a dry run to ourselves',
    'domainUpdate',
    { ...to('also-us.example'), dryRun: true },
    'deliverTo.1.host',
    'OWN_ADDRESS',
  ],
  [
    'a new domain to ourselves',
    'domainCreate',
    { name: 'new.example', deliverTo: [{ host: 'also-us.example' }] },
    'deliverTo.0.host',
    'OWN_ADDRESS',
  ],
  ['no host', 'domainUpdate', to(''), 'deliverTo.1.host', 'NOT_A_HOST'],
  ['port 0', 'domainUpdate', to('mx.kept.example', 0), 'deliverTo.1.port', 'OUT_OF_RANGE'],
  ['a negative port', 'domainUpdate', to('mx.kept.example', -25), 'deliverTo.1.port', 'OUT_OF_RANGE'],
  ['port 65536', 'domainUpdate', to('mx.kept.example', 65_536), 'deliverTo.1.port', 'OUT_OF_RANGE'],
  ['a cap of 0', 'domainUpdate', of({ drainPerMinute: 0 }), 'drainPerMinute', 'OUT_OF_RANGE'],
  ['a negative cap', 'domainUpdate', of({ drainPerMinute: -1 }), 'drainPerMinute', 'OUT_OF_RANGE'],
  ['a cap beyond all', 'domainUpdate', of({ drainPerMinute: 2_147_483_647 }), 'drainPerMinute', 'OUT_OF_RANGE'],
  ['a negative threshold', 'domainUpdate', of({ dnsblThreshold: -1 }), 'dnsblThreshold', 'OUT_OF_RANGE'],
  [
    'another revision',
    'domainUpdate',
    of({ hasCallAheads: true, expectedRevision: -1 }),
    'expectedRevision',
    'CONFLICT',
  ],
  [
    'a negative deferral',
    'domainUpdate',
    of({ unknownWhileDown: { policy: 'DEFER_THEN_ACCEPT', duration: 'PT90M' } }),
    'unknownWhileDown.duration',
    'OUT_OF_RANGE',
  ],
  ['a hold beyond 60 days', 'domainExtendHold', of({ by: 'PT1201H' }), 'by', 'OUT_OF_RANGE'],
  ['a hold beyond all', 'domainExtendHold', of({ by: 'PT999999999H' }), 'by', 'OUT_OF_RANGE'],
  ['no longer hold', 'domainExtendHold', of({ by: 'PT0S' }), 'by', 'OUT_OF_RANGE'],
  ['a shorter hold', 'domainExtendHold', of({ by: 'PT90M' }), 'by', 'OUT_OF_RANGE'],
  ['a pause that is over', 'domainPause', of({ until: '2020-01-01T00:00:00Z' }), 'until', 'OUT_OF_RANGE'],
  [
    'a pause that ends before it begins',
    'domainPause',
    of({ from: '2099-01-02T00:00:00Z', until: '2099-01-01T00:00:00Z' }),
    'until',
    'OUT_OF_RANGE',
  ],
  ['a reason of two lines', 'domainPause', of({ reason: 'disks\nand more' }), 'reason', 'INVALID'],
  ['a reason without end', 'domainResume', of({ reason: 'x'.repeat(501) }), 'reason', 'TOO_LONG'],
  ['a negative count', 'domainBounceHeld', of({ expectedCount: -1 }), 'expectedCount', 'OUT_OF_RANGE'],
  ['another count', 'domainBounceHeld', of({ expectedCount: 2_147_483_647 }), 'expectedCount', 'CONFLICT'],
  ['no choice', 'domainDelete', of({}), 'held', 'HELD_MAIL'],
  [
    'a NUL in a local part',
    'recipientListAdd',
    { domain: DOMAIN, localParts: ['a\u0000b'] },
    'localParts.0',
    'NOT_AN_ADDRESS',
  ],
  [
    'another generation',
    'recipientListAdd',
    { domain: DOMAIN, localParts: ['a'], expectedRevision: -1 },
    'expectedRevision',
    'CONFLICT',
  ],
  ['half an address', 'recipientForget', { address: 'alice' }, 'address', 'NOT_AN_ADDRESS'],
  ['a NUL in an address', 'recipientForget', { address: `a\u0000b@${DOMAIN}` }, 'address', 'NOT_AN_ADDRESS'],
  ...NAMED.flatMap((verb): Wrong[] => [
    ['a domain of nobody', verb, { name: 'nobody.example' }, 'name', 'NOT_FOUND'],
    ['a domain that is none', verb, { name: '\u0000' }, 'name', 'NOT_FOUND'],
    ['a key without end', verb, of({ idempotencyKey: 'k'.repeat(256) }), 'idempotencyKey', 'KEY_REUSED'],
    ['a key with a NUL', verb, of({ idempotencyKey: 'k\u0000' }), 'idempotencyKey', 'KEY_REUSED'],
  ]),
  ...ONE.flatMap((verb): Wrong[] => [
    ['a message that is not there', verb, { id: '019a0000-0000-7000-8000-000000000000' }, 'id', 'NOT_FOUND'],
    ['an id that is none', verb, { id: "' or true --\u0000" }, 'id', 'NOT_FOUND'],
    [
      'a reason without end',
      verb,
      { id: '019a0000-0000-7000-8000-000000000000', reason: 'x'.repeat(501) },
      'reason',
      'TOO_LONG',
    ],
  ]),
  ...MANY.flatMap((verb): Wrong[] => [
    ['nothing matches', verb, filtered({ recipient: `other@${DOMAIN}` }), 'filter', 'NO_MATCH'],
    ['nothing matches, dry', verb, filtered({ until: '2020-01-01T00:00:00Z' }, { dryRun: true }), 'filter', 'NO_MATCH'],
    ['nothing is in this state', verb, filtered({ states: ['EXPIRED'] }), 'filter', 'NO_MATCH'],
    ['another count', verb, filtered({}, { expectedCount: -1 }), 'expectedCount', 'CONFLICT'],
    ['a domain of nobody', verb, { filter: { domain: 'nobody.example' } }, 'filter.domain', 'NOT_FOUND'],
    ['no domain', verb, { filter: { domain: '' } }, 'filter.domain', 'NOT_A_DOMAIN'],
    ['an address elsewhere', verb, filtered({ recipient: 'user@other.example' }), 'filter.recipient', 'NOT_AN_ADDRESS'],
    ['a negative age', verb, filtered({ heldFor: 'PT0S' }), 'filter.heldFor', 'OUT_OF_RANGE'],
    ['an age beyond all', verb, filtered({ heldFor: 'PT1441H' }), 'filter.heldFor', 'OUT_OF_RANGE'],
    ['a NUL in a reverse-path', verb, filtered({ reversePath: 'a\u0000b' }), 'filter.reversePath', 'INVALID'],
    [
      'an interval turned round',
      verb,
      filtered({ since: '2030-01-02T00:00:00Z', until: '2030-01-01T00:00:00Z' }),
      'filter.until',
      'OUT_OF_RANGE',
    ],
    ['a reason with an escape', verb, filtered({}, { reason: '\u001b[2J' }), 'reason', 'INVALID'],
  ]),
];

describe('what cannot be meant', () => {
  test.each(WRONG)('%s: %s', async (_what, mutation, input, path, code) => {
    const before = await state();
    const errors = await ask(mutation, input);
    expect(errors.map((error) => [error.path.join('.'), error.code])).toEqual([[path, code]]);
    // A sentence for a person.
    expect(errors[0]?.message).toMatch(/^[^\u0000-\u001f]{20,400}\.$/);
    expect(await state()).toEqual(before);
  });

  test('a number that is none is refused before anything is looked at', async () => {
    const before = await state();
    for (const hours of [1.5, 2 ** 31, '24', null]) {
      expect(ask('domainExtendHold', of({ hours }))).rejects.toThrow(/GraphQL answered/);
    }
    expect(await state()).toEqual(before);
  });

  test.each([
    ['outages', { domain: '\u0000' }],
    ['rejections', { reversePath: 'a\u0000' }],
    ['rejections', { recipient: 'a\u0000' }],
    ['rejections', { clientAddress: '\u0000' }],
    ['rejections', { domain: '\u0000' }],
    ['rejections', { id: '\u0000' }],
  ])('a filter that nothing can match lists nothing: %s, %j', async (query, filter) => {
    const type = `${query[0]?.toUpperCase()}${query.slice(1, -1)}Filter`;
    const text = `query ($filter: ${type}) { ${query}(first: 9, filter: $filter) { nodes { id } } }`;
    expect(await flow.service.graphql<unknown>(text, { filter })).toEqual({ [query]: { nodes: [] } });
  });

  test('what is meant goes', async () => {
    expect(await ask('domainExtendHold', of({ by: 'PT1200H' }))).toEqual([]);
    expect(await ask('domainUpdate', of({ deliverTo: [{ host: '11.51.100.8', port: 2525 }] }))).toEqual([]);
    expect(await ask('messagesCancel', filtered({ recipient: `user@${DOMAIN}` }, { expectedCount: 1 }))).toEqual([]);
    expect((await flow.message(messageId))?.recipients[0]?.state).toMatch(/^(?:HELD|CANCELLED)$/);
  });
});
