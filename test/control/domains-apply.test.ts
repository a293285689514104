/** Many domains as they should be: planned, applied, all or none. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { addDomain, addTenant, domainsOn, type Harness, holdMessage, OPERATOR, startControl } from './harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());
beforeEach(async () => {
  control.routes.hosts = [];
  const { sql } = control.database;
  await sql`truncate messages, recipients, contents, queue_delta, recipient_entries, idempotency_keys`;
  await sql`delete from domains`;
  await sql`update destinations set held_count = 0, held_bytes = 0`;
});

interface Applied {
  readonly plan:
    | readonly { readonly name: string; readonly action: string; readonly changes: readonly string[] }[]
    | null;
  readonly userErrors: readonly {
    readonly field: readonly string[];
    readonly code: string;
    readonly message: string;
  }[];
}

async function apply(input: Record<string, unknown>): Promise<Applied> {
  const query = `mutation ($input: DomainsApplyInput!) {
    domainsApply(input: $input) { plan { name action changes } userErrors { field code message } }
  }`;
  return (await control.ask<{ domainsApply: Applied }>(query, { input })).domainsApply;
}

const stepsOf = ({ plan }: Applied) => plan?.map(({ name, action, changes }) => [name, action, ...changes]);
const errorsOf = ({ userErrors }: Applied) => userErrors.map(({ field, code }) => [field.join('.'), code]);
const OWNER = { key: 'managed-by', value: 'backup-mx.yaml' };

async function rows() {
  const { sql } = control.database;
  return JSON.stringify([
    await sql`select name, status, revision, labels, deliver_to, recipient_count from domains order by name`,
    await sql`select local_part from recipient_entries order by domain_id, local_part`,
    await sql`select count(*) from events`,
  ]);
}

describe('domainsApply', () => {
  test('adds, changes, keeps and removes; a dry run says so and changes nothing; repeated it has nothing to do', async () => {
    await apply({
      domains: [{ name: 'kept.example' }, { name: 'gone.example' }, { name: 'changed.example' }],
      owner: OWNER,
    });
    const wanted = {
      domains: [
        { name: 'new.example', recipients: ['Alice', 'bob'] },
        { name: 'kept.example' },
        { name: 'CHANGED.example', callAheads: false, recipients: ['carol'] },
      ],
      owner: OWNER,
      prune: true,
    };
    const steps = [
      ['new.example', 'CREATE'],
      ['kept.example', 'KEEP'],
      ['changed.example', 'UPDATE', 'callAheads', 'recipients'],
      ['gone.example', 'DELETE'],
    ];
    const before = await rows();
    expect(stepsOf(await apply({ ...wanted, dryRun: true }))).toEqual(steps);
    expect(await rows()).toBe(before);
    expect(stepsOf(await apply(wanted))).toEqual(steps);
    const { sql } = control.database;
    const now = await sql`select name, call_aheads, recipient_count, labels from domains order by name`;
    expect([...now]).toEqual([
      { name: 'changed.example', call_aheads: false, recipient_count: 1, labels: { 'managed-by': 'backup-mx.yaml' } },
      { name: 'kept.example', call_aheads: true, recipient_count: 0, labels: { 'managed-by': 'backup-mx.yaml' } },
      { name: 'new.example', call_aheads: true, recipient_count: 2, labels: { 'managed-by': 'backup-mx.yaml' } },
    ]);
    const done = await rows();
    expect(stepsOf(await apply(wanted))?.map(([, action]) => action)).toEqual(['KEEP', 'KEEP', 'KEEP']);
    expect(await rows()).toBe(done);
  });

  test('what is left out has its default, but for the User List', async () => {
    const described = { name: 'a.example', tlsPolicy: 'REQUIRED', drainPerMinute: 5, recipients: ['alice'] };
    await apply({ domains: [described] });
    expect(stepsOf(await apply({ domains: [{ name: 'a.example' }] }))).toEqual([
      ['a.example', 'UPDATE', 'drainPerMinute', 'tlsPolicy'],
    ]);
    expect((await control.domains.findDomain(OPERATOR, 'a.example'))?.recipientList.count).toBe(1);
  });

  test('tells every mistake with its place, and does nothing of the rest', async () => {
    const before = await rows();
    const applied = await apply({
      domains: [
        { name: 'fine.example' },
        { name: 'not a domain' },
        { name: 'FINE.example' },
        { name: 'b.example', labels: [{ key: '', value: '' }], drainPerMinute: 0 },
        { name: 'c.example', recipients: ['ok', 'not@other.example'] },
      ],
    });
    expect(errorsOf(applied)).toEqual([['domains.2.name', 'INVALID']]);
    const rest = await apply({
      domains: [
        { name: 'fine.example' },
        { name: 'not a domain' },
        { name: 'b.example', drainPerMinute: 0 },
        { name: 'c.example', recipients: ['ok', 'not@other.example'] },
      ],
    });
    expect(errorsOf(rest)).toEqual([
      ['domains.1.name', 'INVALID'],
      ['domains.2.drainPerMinute', 'INVALID'],
      ['domains.3.recipients.1', 'INVALID'],
    ]);
    expect(await rows()).toBe(before);
    expect(errorsOf(await apply({ domains: [], prune: true }))).toEqual([['owner', 'INVALID']]);
    const many = Array.from({ length: 1001 }, (_, index) => ({ name: `d${index}.example` }));
    expect(errorsOf(await apply({ domains: many }))).toEqual([['domains', 'TOO_MANY']]);
  });

  test('a step that is refused at the end undoes all others', async () => {
    const destinationId = await addDomain(control, 'holds.example');
    await control.domains.updateDomain(OPERATOR, { name: 'holds.example', labels: [OWNER] });
    await holdMessage(control.database, { destinationId });
    const before = await rows();
    const wanted = { domains: [{ name: 'another.example' }], owner: OWNER, prune: true };
    expect(errorsOf(await apply(wanted))).toEqual([['held', 'HELD_MAIL']]);
    expect(await rows()).toBe(before);
    expect(await control.domains.findRelayDomain('another.example')).toBeNull();
    expect(stepsOf(await apply({ ...wanted, held: 'CANCEL' }))).toEqual([
      ['another.example', 'CREATE'],
      ['holds.example', 'DELETE'],
    ]);
    expect(await control.database.sql`select from messages`).toHaveLength(0);
  });

  test('touches only what bears its owner, unless it adopts', async () => {
    await addDomain(control, 'theirs.example');
    const wanted = { domains: [{ name: 'theirs.example' }], owner: OWNER, prune: true };
    expect(errorsOf(await apply(wanted))).toEqual([['domains.0.name', 'CONFLICT']]);
    expect(stepsOf(await apply({ ...wanted, adopt: true }))).toEqual([['theirs.example', 'UPDATE', 'labels']]);
    await addDomain(control, 'others.example');
    expect(stepsOf(await apply({ ...wanted, domains: [] }))).toEqual([['theirs.example', 'DELETE']]);
    expect(await control.domains.findDomain(OPERATOR, 'others.example')).not.toBeNull();
  });

  test('a list that would shrink by much wants force, a route into nowhere is refused, another tenant has its own', async () => {
    const recipients = Array.from({ length: 150 }, (_, index) => `user${index}`);
    await apply({ domains: [{ name: 'list.example', recipients }] });
    expect(errorsOf(await apply({ domains: [{ name: 'list.example', recipients: ['one'] }] }))).toEqual([
      ['domains.0.force', 'SHRINK'],
    ]);
    expect(stepsOf(await apply({ domains: [{ name: 'list.example', recipients: ['one'], force: true }] }))).toEqual([
      ['list.example', 'UPDATE', 'recipients'],
    ]);
    control.routes.hosts = [{ host: 'self.example', port: 25, addresses: ['192.0.2.1'], verdict: 'OWN' }];
    expect(
      errorsOf(await apply({ domains: [{ name: 'list.example', deliverTo: [{ host: 'self.example' }] }] })),
    ).toEqual([['domains.0.deliverTo.0.host', 'INVALID']]);
    const other = await addTenant(control.database, `other${recipients.length}`);
    const foreign = await control.domains.applyDomains(
      other,
      { domains: [{ name: 'list.example' }], owner: OWNER, prune: true },
      false,
    );
    expect(foreign).toEqual({ kind: 'DONE', domains: [{ name: 'list.example', action: 'CREATE', changes: [] }] });
    expect((await control.domains.findDomain(other, 'list.example'))?.status).toBe('PENDING');
    expect((await control.domains.findDomain(OPERATOR, 'list.example'))?.recipientList.count).toBe(1);
  });

  test("an operator's prune removes no tenant's domain, though it bears the same label", async () => {
    const other = await addTenant(control.database, 'same label');
    await control.domains.applyDomains(other, { domains: [{ name: 'tenants.example' }], owner: OWNER }, false);
    await apply({ domains: [{ name: 'operators.example' }], owner: OWNER });
    const emptied = await apply({ domains: [], owner: OWNER, prune: true });
    expect(stepsOf(emptied)).toEqual([['operators.example', 'DELETE']]);
    expect(await control.domains.findDomain(other, 'tenants.example')).not.toBeNull();
  });

  test("a tenant's mere claim keeps no name from the operator, and stays as it is", async () => {
    const other = await addTenant(control.database, 'claims first');
    await control.domains.applyDomains(other, { domains: [{ name: 'claimed.example' }] }, false);
    const applied = await apply({ domains: [{ name: 'claimed.example' }], owner: OWNER, adopt: true });
    expect(stepsOf(applied)).toEqual([['claimed.example', 'CREATE']]);
    expect((await control.domains.findDomain(OPERATOR, 'claimed.example'))?.status).toBe('ACTIVE');
    expect(await control.domains.findDomain(other, 'claimed.example')).toMatchObject({ status: 'PENDING', labels: {} });
  });

  test('a silent DNS is waited for once, not for every fifty domains', async () => {
    const asked: string[] = [];
    const domains = domainsOn(control.database, (name) => {
      asked.push(name);
      return new Promise(() => undefined);
    });
    const wanted = Array.from({ length: 120 }, (_, index) => ({ name: `silent${index}.example` }));
    expect(await domains.applyDomains(OPERATOR, { domains: wanted }, false)).toMatchObject({ kind: 'DONE' });
    expect(asked).toHaveLength(50);
  });

  test('a thousand at once', async () => {
    const domains = Array.from({ length: 1000 }, (_, index) => ({
      name: `many${index}.example`,
      recipients: ['a', 'b'],
    }));
    const { plan, userErrors } = await apply({ domains, owner: OWNER, idempotencyKey: 'thousand' });
    expect([plan?.length, userErrors]).toEqual([1000, []]);
    expect((await apply({ domains, owner: OWNER, idempotencyKey: 'thousand' })).plan).toEqual(plan);
    const [counted] = await control.database
      .sql`select count(*)::integer as domains, sum(recipient_count)::integer as recipients from domains`;
    expect(counted).toEqual({ domains: 1000, recipients: 2000 });
  });
});
