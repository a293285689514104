/** recipientStanding and recipientForget over HTTP. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createAnswers } from '../../src/verification/answers.ts';
import { type Harness, OPERATOR, startControl } from './harness.ts';
import { findDomain } from '../../src/domains/domains.ts';

let control: Harness;

beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

const STANDING = '{ address isListed deliveredAt answer answeredAt expiresAt reply suspectedAt isCatchAll }';

interface Payload {
  readonly recipientForget: {
    readonly recipientStanding: Record<string, unknown> | null;
    readonly userErrors: readonly { readonly path: readonly string[]; readonly code: string }[];
  };
}

async function see(address: string): Promise<Record<string, unknown> | null> {
  const query = `query ($address: String!) { recipientStanding(address: $address) ${STANDING} }`;
  return (await control.ask<{ recipientStanding: Record<string, unknown> | null }>(query, { address }))
    .recipientStanding;
}

async function forget(address: string, idempotencyKey: string | null = null) {
  const query = `mutation ($input: RecipientForgetInput!) {
    recipientForget(input: $input) { recipientStanding ${STANDING} userErrors { path code message } } }`;
  return (await control.ask<Payload>(query, { input: { address, idempotencyKey } })).recipientForget;
}

test('an answer is seen, and forgotten once per key', async () => {
  await control.ask('mutation { domainCreate(input: { name: "known.test" }) { userErrors { code } } }');
  const domain = await findDomain(control.domains.sql, OPERATOR, 'known.test');
  if (domain === null) throw new Error('no domain');
  const { destinationId, tenantId } = domain;
  const answers = createAnswers({ sql: control.database.sql, monotonicMs: () => performance.now() });
  const record = () =>
    answers.record({
      recipient: { destinationId, tenantId, localPart: 'alice' },
      verdict: 'NEGATIVE',
      isListed: false,
      reply: '550 5.1.1 No such user at primary.example',
    });
  await record();
  expect(await see('Alice@Known.test')).toMatchObject({
    address: 'alice@known.test',
    isListed: null,
    deliveredAt: null,
    answer: 'NEGATIVE',
    answeredAt: expect.stringMatching(/^2\d{3}-.*Z$/),
    expiresAt: expect.stringMatching(/^2\d{3}-.*Z$/),
    reply: '550 5.1.1 No such user at primary.example',
    suspectedAt: null,
    isCatchAll: null,
  });
  const done = { recipientStanding: { address: 'alice@known.test', answer: null, reply: null }, userErrors: [] };
  expect(await forget('alice@known.test', 'a key')).toMatchObject(done);
  await record();
  // The first answer stands: nothing is forgotten a second time.
  expect(await forget('alice@known.test', 'a key')).toMatchObject({ recipientStanding: { answer: 'NEGATIVE' } });
  expect(await forget('alice@known.test')).toMatchObject(done);
});

test('what is no address, or not in a domain of the viewer, is null and an error on the field', async () => {
  for (const address of ['alice', 'alice@elsewhere.test', '']) expect(await see(address)).toBeNull();
  expect(await forget('alice')).toMatchObject({
    recipientStanding: null,
    userErrors: [{ path: ['address'], code: 'NOT_AN_ADDRESS' }],
  });
  expect(await forget('alice@elsewhere.test')).toMatchObject({
    recipientStanding: null,
    userErrors: [{ path: ['address'], code: 'NOT_FOUND' }],
  });
});
