/** A rejection is allowed for the future in one step: what is changed, what is not, and what cannot be allowed. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { allowRejected, findRejection } from '../../src/domains/allow.ts';
import { updateDomain } from '../../src/domains/update.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { addDomain, addTenant, type Harness, OPERATOR, startControl } from './harness.ts';

const NAME = 'guarded.example';
let control: Harness;
let destinationId: string;
beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, NAME);
});
afterAll(() => control.close());

interface Refused {
  readonly rejection?: string;
  readonly clientAddress?: string | null;
  readonly forwardPath?: string | null;
  readonly destinationId?: string | null;
}

async function rejected({ rejection = 'BMX-DNSBL', ...given }: Refused = {}): Promise<string> {
  const id = newId();
  const { clientAddress = '192.0.2.9', forwardPath = `alice@${NAME}`, destinationId: of = destinationId } = given;
  await control.database.sql`
    insert into rejections (id, tenant_id, destination_id, client_address, ehlo_name, command, forward_path, rejection, reply)
    values (${id}, ${OPERATOR_TENANT_ID}, ${of}, ${clientAddress}, 'c', 'RCPT', ${forwardPath}, ${rejection}, '550')`;
  return id;
}

interface Answer {
  readonly domain: { readonly revision: number; readonly dnsblAllowedClients: readonly string[] } | null;
  readonly action: string | null;
  readonly value: string | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[]; readonly message: string }[];
}

async function allow(id: string): Promise<Answer> {
  const { rejectionAllow } = await control.ask<{ rejectionAllow: Answer }>(
    `mutation ($id: ID!) { rejectionAllow(input: { id: $id }) {
       domain { revision dnsblAllowedClients } action value userErrors { code path message } } }`,
    { id },
  );
  return rejectionAllow;
}

async function entries(): Promise<readonly string[]> {
  const { domain } = await control.ask<{ domain: { recipientList: { entries: { nodes: { localPart: string }[] } } } }>(
    `{ domain(by: { name: "${NAME}" }) { recipientList { entries(first: 10) { nodes { localPart } } } } }`,
  );
  return domain.recipientList.entries.nodes.map(({ localPart }) => localPart);
}

test('the client of a DNS list is allowed, once', async () => {
  await control.ask(
    `mutation { domainUpdate(input: { name: "${NAME}", dnsblAllowedClients: ["198.51.100.0/24"] }) { userErrors { code } } }`,
  );
  const first = await allow(await rejected());
  expect(first).toMatchObject({
    domain: { dnsblAllowedClients: ['198.51.100.0/24', '192.0.2.9'] },
    action: 'CLIENT_ALLOWED',
    value: '192.0.2.9',
    userErrors: [],
  });
  expect(await allow(await rejected())).toEqual({ ...first, action: 'ALREADY_ALLOWED' });
  expect(await allow(await rejected({ clientAddress: '198.51.100.77' }))).toMatchObject({ action: 'ALREADY_ALLOWED' });
  expect((await allow(await rejected({ clientAddress: '2001:db8::1' }))).domain?.dnsblAllowedClients).toContain(
    '2001:db8::1',
  );
  const { auditEntries } = await control.ask<{
    auditEntries: { nodes: { subjectName: string; after: { dnsbl: unknown } }[] };
  }>('{ auditEntries(first: 1, filter: { mutation: REJECTION_ALLOW }) { nodes { subjectName after } } }');
  expect(auditEntries.nodes[0]).toMatchObject({
    subjectName: NAME,
    after: { dnsbl: { allowedClients: expect.arrayContaining(['192.0.2.9']) } },
  });
});

test('the recipient of the User List is added; a list that is off stays off', async () => {
  const id = await rejected({ rejection: 'BMX-USER', forwardPath: `"New One"@${NAME}` });
  expect(await allow(id)).toMatchObject({ action: 'ALREADY_ALLOWED', userErrors: [] });
  expect(await entries()).toEqual([]);
  await control.ask(
    `mutation { recipientListAdd(input: { domain: "${NAME}", localParts: ["bob"] }) { userErrors { code } } }`,
  );
  expect(await allow(id)).toMatchObject({ action: 'RECIPIENT_ADDED', userErrors: [] });
  expect(await allow(await rejected({ rejection: 'BMX-USER', forwardPath: `Alice@${NAME}` }))).toMatchObject({
    action: 'RECIPIENT_ADDED',
    value: 'Alice',
  });
  expect(await entries()).toEqual(['alice', 'bob', 'new one']);
  expect(await allow(id)).toMatchObject({ action: 'ALREADY_ALLOWED' });
});

test.each([
  [{ rejection: 'BMX-SIZE' }, 'Only rejections by a DNS list'],
  [{ rejection: 'BMX-PRIMARY' }, 'recipientForget'],
  [{ rejection: 'BMX-SUSPENDED' }, 'suspended'],
  [{ clientAddress: null }, 'Only rejections by a DNS list'],
  [{ destinationId: null }, 'not one of yours any more'],
] as const)('%p is refused with what would help', async (refused, words) => {
  const before = await control.database.sql`select * from domains`;
  const answer = await allow(await rejected(refused));
  expect(answer).toMatchObject({
    domain: null,
    action: null,
    value: null,
    userErrors: [{ code: 'INVALID', path: ['id'] }],
  });
  expect(answer.userErrors[0]?.message).toContain(words);
  expect(await control.database.sql`select * from domains`).toEqual(before);
});

test("another tenant's rejection is not found, and changes nothing", async () => {
  const stranger = await addTenant(control.database);
  const id = await rejected({ clientAddress: '203.0.113.5' });
  expect(await findRejection(control.domains, stranger, id)).toBeNull();
  expect(await allow('nonsense')).toMatchObject({ userErrors: [{ code: 'NOT_FOUND', path: ['id'] }] });
});

test('a change of the domain by somebody else at the same moment is kept', async () => {
  const rejection = await findRejection(control.domains, OPERATOR, await rejected({ clientAddress: '203.0.113.6' }));
  const [allowed, updated] = await Promise.all([
    allowRejected(control.domains, OPERATOR, rejection, ''),
    updateDomain(control.domains, OPERATOR, { name: NAME, drainPerMinute: 77 }),
  ]);
  expect([allowed.kind, updated.kind]).toEqual(['DONE', 'DONE']);
  const { domain } = await control.ask<{ domain: unknown }>(
    `{ domain(by: { name: "${NAME}" }) { drainPerMinute dnsblAllowedClients } }`,
  );
  expect(domain).toMatchObject({ drainPerMinute: 77, dnsblAllowedClients: expect.arrayContaining(['203.0.113.6']) });
});
