/** Alert contacts over HTTP: added, confirmed by the code that was mailed, refused where no alert could arrive, bounded. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { isAlertedOutside } from '../../src/notify/alert-news.ts';
import { addDomain, addTenant, type Harness, startControl } from '../control/harness.ts';
import { mailsTo } from './spooled-mail.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
  await addDomain(control, 'kept.example');
  await addDomain(control, 'other.example');
});
afterAll(() => control.close());

interface Payload {
  readonly alertContact: { readonly id: string; readonly [field: string]: unknown } | null;
  readonly userErrors: readonly {
    readonly path: readonly string[];
    readonly code: string;
    readonly message: string;
  }[];
}

const FIELDS = 'id address domains status confirmedAt codeExpiresAt lastMailedAt ignoredDomains tenant { name }';

async function change(
  verb: 'Create' | 'Update' | 'Confirm' | 'Delete',
  input: Record<string, unknown>,
): Promise<Payload> {
  const name = `alertContact${verb}`;
  const query = `mutation ($input: A${name.slice(1)}Input!) { ${name}(input: $input) { alertContact { ${FIELDS} } userErrors { path code message } } }`;
  return (await control.ask<Record<string, Payload>>(query, { input }))[name] as Payload;
}

const codesOf = ({ userErrors }: Payload) => userErrors.map(({ path, code }) => [path.join('.'), code]);
const codeIn = (mail: string | undefined) => /confirm [0-9a-f-]{36} ([2-9A-Z]{10})/.exec(mail ?? '')?.[1] ?? '';

describe('a contact', () => {
  test('gets one mail with a code, and is confirmed when it is given back', async () => {
    const { alertContact, userErrors } = await change('Create', { address: 'Admin@Elsewhere.example' });
    expect(userErrors).toEqual([]);
    expect(alertContact).toMatchObject({
      address: 'Admin@elsewhere.example',
      domains: null,
      status: 'UNCONFIRMED',
      ignoredDomains: [],
      lastMailedAt: null,
      tenant: { name: 'operator' },
    });
    const [mail, ...more] = await mailsTo(control.database, 'Admin@elsewhere.example');
    expect(more).toEqual([]);
    expect(mail).toMatchObject({ reversePath: null, kind: 'REPORT', notify: 'NEVER' });
    expect(mail?.content).toStartWith(
      'From: Backup MX <mailer-daemon@backup.test.example>\r\nTo: <Admin@elsewhere.example>\r\n',
    );
    for (const field of ['Auto-Submitted: auto-generated', 'Date: ', 'Message-ID: <', 'MIME-Version: 1.0']) {
      expect(mail?.content).toContain(`\r\n${field}`);
    }
    const code = codeIn(mail?.content);
    expect(codesOf(await change('Confirm', { id: alertContact?.id, code: 'AAAAAAAAAA' }))).toEqual([
      ['code', 'WRONG_CODE'],
    ]);
    const confirmed = await change('Confirm', { id: alertContact?.id, code: ` ${code.toLowerCase()} ` });
    expect(confirmed.alertContact).toMatchObject({ status: 'CONFIRMED', codeExpiresAt: null });
    // Once more does no harm, and adds nothing.
    expect((await change('Confirm', { id: alertContact?.id, code })).userErrors).toEqual([]);
    const again = await change('Create', { address: 'admin@elsewhere.example' });
    expect([codesOf(again), again.alertContact?.id]).toEqual([[['address', 'ALREADY_EXISTS']], alertContact?.id]);
    expect(await mailsTo(control.database, 'Admin@elsewhere.example')).toHaveLength(1);
    const { auditEntries } = await control.ask<{ auditEntries: { nodes: unknown[] } }>(
      '{ auditEntries(first: 10) { nodes { mutation subjectKind subjectName input before after } } }',
    );
    expect(JSON.stringify(auditEntries)).not.toContain(code);
    expect(JSON.stringify(auditEntries)).not.toContain(code.toLowerCase());
    expect(auditEntries.nodes[0]).toMatchObject({
      mutation: 'ALERT_CONTACT_CREATE',
      subjectName: 'admin@elsewhere.example',
    });
  });

  test('that has not confirmed gets another code on request, five a day at most, and the old one is void', async () => {
    const address = 'slow@elsewhere.example';
    const first = await change('Create', { address });
    const [one] = await mailsTo(control.database, address);
    const second = await change('Create', { address, domains: ['kept.example'] });
    expect([second.alertContact?.id, second.alertContact?.['domains']]).toEqual([
      first.alertContact?.id,
      ['kept.example'],
    ]);
    const id = first.alertContact?.id;
    expect(codesOf(await change('Confirm', { id, code: codeIn(one?.content) }))).toEqual([['code', 'WRONG_CODE']]);
    for (let count = 3; count <= 5; count += 1) expect((await change('Create', { address })).userErrors).toEqual([]);
    expect(codesOf(await change('Create', { address }))).toEqual([['address', 'TOO_MANY']]);
    // Nor for another tenant.
    const { tenantId } = await addTenant(control.database, 'nosy');
    expect(codesOf(await change('Create', { address, tenantId }))).toEqual([['address', 'TOO_MANY']]);
    expect(await mailsTo(control.database, address)).toHaveLength(5);
  });

  test('whose code was tried too often, or is a day old, needs another', async () => {
    const address = 'guessed@elsewhere.example';
    const { alertContact } = await change('Create', { address });
    const [mail] = await mailsTo(control.database, address);
    const right = { id: alertContact?.id, code: codeIn(mail?.content) };
    for (let count = 0; count < 10; count += 1) await change('Confirm', { ...right, code: 'WRONG' });
    expect(codesOf(await change('Confirm', right))).toEqual([['code', 'WRONG_CODE']]);
    await change('Create', { address });
    const [, next] = await mailsTo(control.database, address);
    await control.database.moveClock('24 hours 1 second');
    expect(codesOf(await change('Confirm', { ...right, code: codeIn(next?.content) }))).toEqual([
      ['code', 'WRONG_CODE'],
    ]);
    await change('Create', { address });
    const [, , last] = await mailsTo(control.database, address);
    expect((await change('Confirm', { ...right, code: codeIn(last?.content) })).userErrors).toEqual([]);
  });

  test('is told to watch other domains, and stays confirmed', async () => {
    const { alertContact } = await change('Create', { address: 'watch@in.watched.example', domains: ['kept.example'] });
    const { id } = alertContact ?? {};
    const [mail] = await mailsTo(control.database, 'watch@in.watched.example');
    expect((await change('Confirm', { id, code: codeIn(mail?.content) })).userErrors).toEqual([]);
    const watching = { domains: ['other.example'], status: 'CONFIRMED' };
    expect((await change('Update', { id, domains: ['Other.example.'] })).alertContact).toMatchObject(watching);
    expect((await change('Update', { id })).alertContact).toMatchObject(watching);
    expect(codesOf(await change('Update', { id, domains: ['unknown.example'] }))).toEqual([['domains.0', 'NOT_FOUND']]);
    expect(codesOf(await change('Update', { id, domains: [] }))).toEqual([['domains', 'REQUIRED']]);
    expect((await change('Update', { id, domains: null })).alertContact).toMatchObject({ ...watching, domains: null });
    await addDomain(control, 'watched.example');
    expect(codesOf(await change('Update', { id, domains: null }))).toEqual([['domains', 'INSIDE_DOMAIN']]);
    expect(codesOf(await change('Update', { id: newId(), domains: null }))).toEqual([['id', 'NOT_FOUND']]);
  });

  test('is gone when it is deleted', async () => {
    const { alertContact } = await change('Create', { address: 'gone@elsewhere.example' });
    expect((await change('Delete', { id: alertContact?.id })).userErrors).toEqual([]);
    expect(codesOf(await change('Delete', { id: alertContact?.id }))).toEqual([['id', 'NOT_FOUND']]);
  });

  test('is bounded by the quota of its tenant', async () => {
    const { tenantId } = await addTenant(control.database, 'bounded');
    await control.database.sql`update tenants set max_alert_contacts = 1 where id = ${tenantId}`;
    expect((await change('Create', { address: 'a@quota.example', tenantId })).userErrors).toEqual([]);
    expect(codesOf(await change('Create', { address: 'b@quota.example', tenantId }))).toEqual([['address', 'QUOTA']]);
  });
});

describe('codes are bounded, and deletion gives nothing back:', () => {
  /** Adds and deletes one after the other; how many were mailed, and the first refusal. */
  async function addMany(addresses: readonly string[], input: Record<string, unknown> = {}) {
    let mailCount = 0;
    for (const address of addresses) {
      const answer = await change('Create', { address, ...input });
      if (answer.userErrors.length > 0) return { mailCount, refusal: answer };
      mailCount += 1;
      await change('Delete', { id: answer.alertContact?.id });
    }
    return { mailCount, refusal: null };
  }
  const numbered = (count: number, name: (number: number) => string) =>
    Array.from({ length: count }, (_, i) => name(i));

  test('five a day to one mailbox, whatever its tags', async () => {
    const tags = ['one@tagged.example', 'one+a@tagged.example', 'One+b@tagged.example', 'o.ne@tagged.example'];
    const { mailCount, refusal } = await addMany([...tags, ...numbered(5, (i) => `one-${i}@tagged.example`)]);
    expect(mailCount).toBe(5);
    expect(refusal?.userErrors[0]?.message).toMatch(/5 codes.* after \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
  });

  test('twenty a day from one tenant to one organization, its subdomains together', async () => {
    const addresses = numbered(120, (i) => `u${i}@${i % 2 === 0 ? '' : `d${i}.`}victim.example`);
    const { mailCount, refusal } = await addMany(addresses);
    expect([mailCount, codesOf(refusal ?? { alertContact: null, userErrors: [] })]).toEqual([
      20,
      [['address', 'TOO_MANY']],
    ]);
    // Another tenant does not notice, up to a hundred from all.
    const { tenantId } = await addTenant(control.database, 'bystander');
    expect((await addMany(['me@victim.example'], { tenantId })).mailCount).toBe(1);
    await control.database.sql`
      update bounded_counts set count = 100 where kind = 'CODE_ORGANIZATION' and subject = 'victim.example'`;
    // Then each tenant still gets three, whoever has used up the hundred.
    const more = numbered(5, (i) => `you${i}@victim.example`);
    expect((await addMany(more, { tenantId })).mailCount).toBe(3);
    expect((await addMany(['you9@victim.example'], { tenantId })).mailCount).toBe(0);
    await control.database.moveClock('1 day');
    expect((await addMany(addresses.slice(40, 42))).mailCount).toBe(2);
  });

  test('fifty an hour from one tenant', async () => {
    const { tenantId } = await addTenant(control.database, 'busy');
    const addresses = numbered(60, (i) => `u@busy${i}.example`);
    const { mailCount, refusal } = await addMany(addresses, { tenantId });
    expect([mailCount, codesOf(refusal ?? { alertContact: null, userErrors: [] })]).toEqual([
      50,
      [['address', 'TOO_MANY']],
    ]);
    await control.database.moveClock('1 hour');
    expect((await addMany(addresses.slice(50, 52), { tenantId })).mailCount).toBe(2);
  });
});

describe('an address inside a domain that it watches', () => {
  test.each(['me@kept.example', 'me@KEPT.example', 'me@sub.kept.example', 'me@deep.sub.kept.example'])(
    'is refused: %s',
    async (address) => {
      for (const domains of [null, ['other.example', 'kept.example']]) {
        const refusal = await change('Create', { address, domains });
        expect(codesOf(refusal)).toEqual([['address', 'INSIDE_DOMAIN']]);
        expect(refusal.userErrors[0]?.message).toContain('lies in kept.example');
      }
      expect(await mailsTo(control.database, address)).toEqual([]);
    },
  );

  test('is taken when it watches others, or only looks alike', async () => {
    const inOther = await change('Create', { address: 'me@kept.example', domains: ['other.example'] });
    const alike = await change('Create', { address: 'me@notkept.example' });
    expect([inOther.userErrors, alike.userErrors]).toEqual([[], []]);
  });

  test('since the domain came later is flagged on both', async () => {
    const { alertContact } = await change('Create', { address: 'me@mail.later.example' });
    await addDomain(control, 'later.example');
    const seen = await control.ask<Record<string, { ignoredDomains: string[]; ignoredAlertContacts: string[] }>>(
      `query ($id: ID!) { alertContact(id: $id) { ignoredDomains } domain(by: { name: "later.example" }) { ignoredAlertContacts }
         other: domain(by: { name: "other.example" }) { ignoredAlertContacts } }`,
      { id: alertContact?.id },
    );
    expect(seen).toMatchObject({
      alertContact: { ignoredDomains: ['later.example'] },
      domain: { ignoredAlertContacts: ['me@mail.later.example'] },
      other: { ignoredAlertContacts: [] },
    });
  });
});

test('no code is mailed to a domain whose mail cannot arrive', async () => {
  await control.database.sql`update destinations set first_failure_at = bmx_now() where name = 'other.example'`;
  expect(codesOf(await change('Create', { address: 'x@other.example', domains: ['kept.example'] }))).toEqual([
    ['address', 'CONFLICT'],
  ]);
  await control.database.sql`update destinations set first_failure_at = null where name = 'other.example'`;
});

test.each([
  'nobody',
  'a b@example.net',
  '@example.net',
  'x@[192.0.2.1]',
  'x@localhost',
  'x@example.net>\r\nBcc: y@z.example',
])('what is no address is refused: %s', async (address) => {
  expect(codesOf(await change('Create', { address }))).toEqual([['address', 'NOT_AN_ADDRESS']]);
});

test('whether somebody outside is told of a domain: who is confirmed, watches it and does not stand in it', async () => {
  const { sql } = control.database;
  await sql`delete from alert_contacts`;
  await addDomain(control, 'told.example');
  const { domain } = await control.ask<{ domain: { id: string } }>('{ domain(by: { name: "told.example" }) { id } }');
  const add = async (address: string, domains: readonly string[] | null) => {
    const [, addressDomain = ''] = address.split('@');
    await sql`
      insert into alert_contacts (id, tenant_id, address, address_domain, domains, confirmed_at)
      values (${newId()}, ${OPERATOR_TENANT_ID}, ${address}, ${addressDomain}, ${domains === null ? null : [...domains]}, bmx_now())`;
  };
  await add('inside@told.example', null);
  await add('below@mail.told.example', null);
  await add('elsewhere@remote.example', ['other.example']);
  expect(await isAlertedOutside(sql, domain.id)).toBe(false);
  await add('watching@remote.example', ['told.example']);
  expect(await isAlertedOutside(sql, domain.id)).toBe(true);
  await sql`update alert_contacts set confirmed_at = null where address = 'watching@remote.example'`;
  expect(await isAlertedOutside(sql, domain.id)).toBe(false);
});
