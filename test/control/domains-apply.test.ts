/** Many domains as they should be: planned, applied, all or none. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { addDomain, addTenant, domainsOn, type Harness, holdMessage, OPERATOR, startControl } from './harness.ts';
import { updateDomain } from '../../src/domains/update.ts';
import { applyDomains } from '../../src/domains/apply.ts';
import { findDomain } from '../../src/domains/domains.ts';

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
    | readonly {
        readonly name: string;
        readonly action: string;
        readonly changes: readonly string[];
        readonly differences: readonly {
          readonly field: string;
          readonly before: string | null;
          readonly after: string | null;
        }[];
      }[]
    | null;
  readonly userErrors: readonly {
    readonly path: readonly string[];
    readonly code: string;
    readonly message: string;
  }[];
}

async function apply(input: Record<string, unknown>): Promise<Applied> {
  const query = `mutation ($input: DomainsApplyInput!) {
    domainsApply(input: $input) {
      plan { name action changes differences { field before after } } userErrors { path code message } }
  }`;
  return (await control.ask<{ domainsApply: Applied }>(query, { input })).domainsApply;
}

const stepsOf = ({ plan }: Applied) => plan?.map(({ name, action, changes }) => [name, action, ...changes]);
const differencesOf = ({ plan }: Applied) =>
  plan?.map(({ differences }) => differences.map(({ field, before, after }) => [field, before, after]));
const errorsOf = ({ userErrors }: Applied) => userErrors.map(({ path, code }) => [path.join('.'), code]);
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
  test('adds domains for several tenants, and moves none', async () => {
    const [first, second] = [await addTenant(control.database, 'first'), await addTenant(control.database, 'second')];
    const domains = [
      { name: 'own.example' },
      { name: 'second.example', tenantId: second.tenantId, recipientList: ['a'] },
      { name: 'first.example', tenantId: first.tenantId },
    ];
    expect(errorsOf(await apply({ domains }))).toEqual([]);
    const owners = await control.database.sql`
      select name, tenant_id, (select tenant_id from destinations d where d.id = destination_id) as destination from domains order by name`;
    expect(owners.map(({ name, tenant_id, destination }) => [name, tenant_id, destination])).toEqual([
      ['first.example', first.tenantId, first.tenantId],
      ['own.example', OPERATOR.tenantId, OPERATOR.tenantId],
      ['second.example', second.tenantId, second.tenantId],
    ]);
    expect(stepsOf(await apply({ domains }))?.map(([, action]) => action)).toEqual(['KEEP', 'KEEP', 'KEEP']);
    const moved = { domains: [{ name: 'first.example', tenantId: second.tenantId }, { name: 'second.example' }] };
    expect(errorsOf(await apply(moved))).toEqual([['domains.0.tenantId', 'CONFLICT']]);
    await control.database.sql`update tenants set max_domains = 1 where id = ${first.tenantId}`;
    const more = { name: 'more.example', tenantId: first.tenantId };
    expect(errorsOf(await apply({ domains: [{ name: 'a.example' }, more] }))).toEqual([['domains.1.name', 'QUOTA']]);
    const unknown = { name: 'more.example', tenantId: '00000000-0000-7000-8000-0000000000ff' };
    expect(errorsOf(await apply({ domains: [{ name: 'a.example' }, unknown] }))).toEqual([
      ['domains.1.tenantId', 'NOT_FOUND'],
    ]);
  });

  test('adds, changes, keeps and removes; a dry run says so and changes nothing; repeated it has nothing to do', async () => {
    await apply({
      domains: [{ name: 'kept.example' }, { name: 'gone.example' }, { name: 'changed.example' }],
      owner: OWNER,
    });
    const wanted = {
      domains: [
        { name: 'new.example', recipientList: ['Alice', 'bob'] },
        { name: 'kept.example' },
        { name: 'CHANGED.example', hasCallAheads: false, recipientList: ['carol'] },
      ],
      owner: OWNER,
      prune: true,
    };
    const steps = [
      ['new.example', 'CREATE'],
      ['kept.example', 'KEEP'],
      ['changed.example', 'UPDATE', 'HAS_CALL_AHEADS', 'RECIPIENT_LIST'],
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
    const described = { name: 'a.example', tlsPolicy: 'REQUIRED', drainPerMinute: 5, recipientList: ['alice'] };
    await apply({ domains: [described] });
    expect(stepsOf(await apply({ domains: [{ name: 'a.example' }] }))).toEqual([
      ['a.example', 'UPDATE', 'DRAIN_PER_MINUTE', 'TLS_POLICY'],
    ]);
    expect((await findDomain(control.domains.sql, OPERATOR, 'a.example'))?.recipientList.count).toBe(1);
  });

  test('tells what each change is, of many domains at once', async () => {
    const names = ['f', 'e', 'd', 'c', 'b', 'a', 'g'];
    const first = [
      { name: 'one.example', deliverTo: [{ host: '2001:db8::1', port: 2525 }], recipientList: ['old', 'kept'] },
      { name: 'two.example', recipientList: ['alice'], drainPerMinute: 5 },
      { name: 'same.example', recipientList: ['alice'], tlsPolicy: 'REQUIRED' },
      { name: 'gone.example' },
    ];
    const labels = ['LABELS', null, 'managed-by=backup-mx.yaml'];
    expect(differencesOf(await apply({ domains: first, owner: OWNER }))).toEqual([
      [['DELIVER_TO', null, '[2001:db8::1]:2525'], labels, ['RECIPIENT_LIST', null, '2 entries: +2 (old, kept)']],
      [['DRAIN_PER_MINUTE', null, '5 a minute'], labels, ['RECIPIENT_LIST', null, '1 entry: +1 (alice)']],
      [labels, ['RECIPIENT_LIST', null, '1 entry: +1 (alice)'], ['TLS_POLICY', null, 'REQUIRED']],
      [labels],
    ]);
    const second = {
      domains: [
        { name: 'same.example', recipientList: ['alice'], tlsPolicy: 'REQUIRED' },
        { name: 'two.example', recipientList: [], allowEveryone: true },
        {
          name: 'one.example',
          hasCallAheads: false,
          deliverTo: [{ host: 'mx.example.net' }],
          dnsblZones: [{ zone: 'zen.spamhaus.org', mode: 'REJECT', weight: 2 }],
          labels: [{ key: 'a', value: 'b' }],
          recipientList: ['kept', ...names],
          unknownWhileDown: { policy: 'DEFER_THEN_ACCEPT', duration: 'PT6H' },
        },
      ],
      owner: OWNER,
      prune: true,
    };
    const differences = [
      [],
      [
        ['DRAIN_PER_MINUTE', '5 a minute', null],
        ['RECIPIENT_LIST', '1 entry', 'off: −1 (alice)'],
      ],
      [
        ['DELIVER_TO', '[2001:db8::1]:2525', 'mx.example.net:25'],
        ['DNSBL', null, 'zen.spamhaus.org REJECT weight 2'],
        ['HAS_CALL_AHEADS', 'true', 'false'],
        ['LABELS', 'managed-by=backup-mx.yaml', 'a=b, managed-by=backup-mx.yaml'],
        ['RECIPIENT_LIST', '2 entries', '8 entries: +7 (a, b, c, d, e, …) −1 (old)'],
        ['UNKNOWN_WHILE_DOWN', 'ACCEPT', 'DEFER_THEN_ACCEPT, 6 h'],
      ],
      [],
    ];
    const planned = await apply({ ...second, dryRun: true });
    expect(differencesOf(planned)).toEqual(differences);
    const done = await apply(second);
    expect(errorsOf(done)).toEqual([]);
    expect(differencesOf(done)).toEqual(differences);
  });

  test('a long list is told by its length and what is new in it', async () => {
    const networks = Array.from({ length: 50 }, (_, index) => `2001:db8:${(index + 4096).toString(16)}::/48`);
    await apply({ domains: [{ name: 'long.example', etrnClients: networks.slice(0, 49) }] });
    const [[difference] = []] =
      differencesOf(await apply({ domains: [{ name: 'long.example', etrnClients: networks }] })) ?? [];
    expect(difference).toEqual(['ETRN_CLIENTS', '49, 0 of them here only', `50, 1 of them here only: ${networks[49]}`]);
    const labels = [{ key: 'k', value: '😀'.repeat(127) }];
    const [[cut] = []] = differencesOf(await apply({ domains: [{ name: 'cut.example', labels }] })) ?? [];
    expect([cut?.[2]?.length, cut?.[2]?.isWellFormed(), cut?.[2]?.endsWith('…')]).toEqual([240, true, true]);
  });

  test('tells every mistake with its place, and does nothing of the rest', async () => {
    const before = await rows();
    const applied = await apply({
      domains: [
        { name: 'fine.example' },
        { name: 'not a domain' },
        { name: 'FINE.example' },
        { name: 'b.example', labels: [{ key: '', value: '' }], drainPerMinute: 0 },
        { name: 'c.example', recipientList: ['ok', 'not@other.example'] },
      ],
    });
    expect(errorsOf(applied)).toEqual([['domains.2.name', 'DUPLICATE']]);
    const rest = await apply({
      domains: [
        { name: 'fine.example' },
        { name: 'not a domain' },
        { name: 'b.example', drainPerMinute: 0 },
        { name: 'c.example', recipientList: ['ok', 'not@other.example'] },
      ],
    });
    expect(errorsOf(rest)).toEqual([
      ['domains.1.name', 'NOT_A_DOMAIN'],
      ['domains.2.drainPerMinute', 'OUT_OF_RANGE'],
      ['domains.3.recipientList.1', 'NOT_AN_ADDRESS'],
    ]);
    expect(await rows()).toBe(before);
    expect(errorsOf(await apply({ domains: [], prune: true }))).toEqual([['owner', 'REQUIRED']]);
    const many = Array.from({ length: 1001 }, (_, index) => ({ name: `d${index}.example` }));
    expect(errorsOf(await apply({ domains: many }))).toEqual([['domains', 'TOO_MANY']]);
  });

  test('a step that is refused at the end undoes all others', async () => {
    const destinationId = await addDomain(control, 'holds.example');
    await updateDomain(control.domains, OPERATOR, { name: 'holds.example', labels: [OWNER] });
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
    expect(stepsOf(await apply({ ...wanted, adopt: true }))).toEqual([['theirs.example', 'UPDATE', 'LABELS']]);
    await addDomain(control, 'others.example');
    expect(stepsOf(await apply({ ...wanted, domains: [] }))).toEqual([['theirs.example', 'DELETE']]);
    expect(await findDomain(control.domains.sql, OPERATOR, 'others.example')).not.toBeNull();
  });

  test('a list that would shrink by much wants force, a route into nowhere is refused, another tenant has its own', async () => {
    const recipientList = Array.from({ length: 150 }, (_, index) => `user${index}`);
    await apply({ domains: [{ name: 'list.example', recipientList }] });
    expect(errorsOf(await apply({ domains: [{ name: 'list.example', recipientList: ['one'] }] }))).toEqual([
      ['domains.0.force', 'SHRINK'],
    ]);
    expect(stepsOf(await apply({ domains: [{ name: 'list.example', recipientList: ['one'], force: true }] }))).toEqual([
      ['list.example', 'UPDATE', 'RECIPIENT_LIST'],
    ]);
    expect(errorsOf(await apply({ domains: [{ name: 'list.example', recipientList: [], force: true }] }))).toEqual([
      ['domains.0.allowEveryone', 'SHRINK'],
    ]);
    control.routes.hosts = [{ host: 'self.example', port: 25, addresses: ['192.0.2.1'], verdict: 'OWN' }];
    expect(
      errorsOf(await apply({ domains: [{ name: 'list.example', deliverTo: [{ host: 'self.example' }] }] })),
    ).toEqual([['domains.0.deliverTo.0.host', 'OWN_ADDRESS']]);
    const other = await addTenant(control.database, `other${recipientList.length}`);
    const foreign = await applyDomains(control.domains, other, {
      domains: [{ name: 'list.example' }],
      owner: OWNER,
      prune: true,
    });
    const differences = [{ field: 'labels', before: null, after: 'managed-by=backup-mx.yaml' }];
    expect(foreign).toEqual({
      kind: 'DONE',
      domains: [{ name: 'list.example', action: 'CREATE', changes: [], differences }],
      removed: [],
    });
    expect((await findDomain(control.domains.sql, other, 'list.example'))?.status).toBe('PENDING');
    expect((await findDomain(control.domains.sql, OPERATOR, 'list.example'))?.recipientList.count).toBe(1);
  });

  test("an operator's prune removes no tenant's domain, though it bears the same label", async () => {
    const other = await addTenant(control.database, 'same label');
    await applyDomains(control.domains, other, { domains: [{ name: 'tenants.example' }], owner: OWNER });
    await apply({ domains: [{ name: 'operators.example' }], owner: OWNER });
    const emptied = await apply({ domains: [], owner: OWNER, prune: true });
    expect(stepsOf(emptied)).toEqual([['operators.example', 'DELETE']]);
    expect(await findDomain(control.domains.sql, other, 'tenants.example')).not.toBeNull();
  });

  test("an operator's prune removes what bears the label of the tenants that the description names", async () => {
    const [named, other] = [await addTenant(control.database, 'named'), await addTenant(control.database, 'not named')];
    const { tenantId } = named;
    const domains = [
      { name: 'stays.example', tenantId },
      { name: 'left.example', tenantId },
      { name: 'elsewhere.example', tenantId: other.tenantId },
    ];
    await apply({ domains, owner: OWNER });
    const pruned = await apply({ domains: domains.slice(0, 1), owner: OWNER, prune: true });
    expect(stepsOf(pruned)).toEqual([
      ['stays.example', 'KEEP'],
      ['left.example', 'DELETE'],
    ]);
    expect(await findDomain(control.domains.sql, other, 'elsewhere.example')).not.toBeNull();
  });

  test("a tenant's mere claim keeps no name from the operator, and stays as it is", async () => {
    const other = await addTenant(control.database, 'claims first');
    await applyDomains(control.domains, other, { domains: [{ name: 'claimed.example' }] });
    const applied = await apply({ domains: [{ name: 'claimed.example' }], owner: OWNER, adopt: true });
    expect(stepsOf(applied)).toEqual([['claimed.example', 'CREATE']]);
    expect((await findDomain(control.domains.sql, OPERATOR, 'claimed.example'))?.status).toBe('ACTIVE');
    expect(await findDomain(control.domains.sql, other, 'claimed.example')).toMatchObject({
      status: 'PENDING',
      labels: {},
    });
  });

  test('a long list is compared quickly, though many short ones have been', async () => {
    const recipientList = Array.from({ length: 20_000 }, (_, index) => `user${index}`);
    await apply({
      domains: [
        { name: 'long.example', recipientList },
        { name: 'short.example', recipientList: ['a'] },
      ],
    });
    for (let turn = 0; turn < 12; turn += 1)
      await apply({ domains: [{ name: 'short.example', recipientList: ['a'] }] });
    const startedAtMs = performance.now();
    expect(stepsOf(await apply({ domains: [{ name: 'long.example', recipientList }], dryRun: true }))).toEqual([
      ['long.example', 'KEEP'],
    ]);
    // Name by name it would be half a minute.
    expect(performance.now() - startedAtMs).toBeLessThan(15_000);
  });

  test('a silent DNS is waited for once, not for every fifty domains', async () => {
    const asked: string[] = [];
    const domains = domainsOn(control.database, (name) => {
      asked.push(name);
      return new Promise(() => undefined);
    });
    const wanted = Array.from({ length: 120 }, (_, index) => ({ name: `silent${index}.example` }));
    expect(await applyDomains(domains, OPERATOR, { domains: wanted })).toMatchObject({ kind: 'DONE' });
    expect(asked).toHaveLength(50);
  });

  test('a thousand at once', async () => {
    const domains = Array.from({ length: 1000 }, (_, index) => ({
      name: `many${index}.example`,
      recipientList: ['a', 'b'],
    }));
    const { plan, userErrors } = await apply({ domains, owner: OWNER, idempotencyKey: 'thousand' });
    expect([plan?.length, userErrors]).toEqual([1000, []]);
    expect((await apply({ domains, owner: OWNER, idempotencyKey: 'thousand' })).plan).toEqual(plan);
    const [counted] = await control.database
      .sql`select count(*)::integer as domains, sum(recipient_count)::integer as recipients from domains`;
    expect(counted).toEqual({ domains: 1000, recipients: 2000 });
  });
});
