import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createDomain } from '../../src/domains/create.ts';
import { findDomain } from '../../src/domains/domains.ts';
import { newId } from '../../src/mail/id.ts';
import type { Viewer } from '../../src/mail/viewer.ts';
import { addDomain, addTenant, endMessage, type Harness, holdMessage, startControl } from './harness.ts';

interface Payload {
  readonly domain: Record<string, unknown> | null;
  readonly userErrors: readonly {
    readonly path: readonly string[];
    readonly message: string;
    readonly code: string;
  }[];
}

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

const FIELDS =
  'domain { name status revision labels { key value } deliverTo { host port } } userErrors { path message code }';

async function create(input: Record<string, unknown>): Promise<Payload> {
  const query = `mutation ($input: DomainCreateInput!) { domainCreate(input: $input) { ${FIELDS} } }`;
  return (await control.ask<{ domainCreate: Payload }>(query, { input })).domainCreate;
}

async function update(input: Record<string, unknown>): Promise<Payload> {
  const query = `mutation ($input: DomainUpdateInput!) { domainUpdate(input: $input) { ${FIELDS} } }`;
  return (await control.ask<{ domainUpdate: Payload }>(query, { input })).domainUpdate;
}

async function remove(input: Record<string, unknown>): Promise<Payload> {
  const query = `mutation ($input: DomainDeleteInput!) { domainDelete(input: $input) { ${FIELDS} } }`;
  return (await control.ask<{ domainDelete: Payload }>(query, { input })).domainDelete;
}

function codes(payload: Payload): string[] {
  return payload.userErrors.map(({ path, code }) => `${path.join('.')} ${code}`);
}

describe('domainCreate', () => {
  test('adds a domain in its one form, active at once', async () => {
    const payload = await create({ name: ' Bücher.Example. ', labels: [{ key: 'team', value: 'Ärzte' }] });
    expect(payload).toEqual({
      domain: {
        name: 'xn--bcher-kva.example',
        status: 'ACTIVE',
        revision: 1,
        labels: [{ key: 'team', value: 'Ärzte' }],
        deliverTo: [],
      },
      userErrors: [],
    });
    expect(await control.domains.findRelayDomain('xn--bcher-kva.example')).toMatchObject({ status: 'ACTIVE' });
  });

  test.each([
    ['', 'The name is empty'],
    ['not a domain', 'not a domain name'],
    ['localhost', 'not a domain name'],
    ['info@example.org', 'Enter only what follows the @'],
    ['https://example.org/', 'web address'],
    ['192.0.2.1', 'IP address'],
    ['[2001:db8::1]', 'IP address'],
    ['*.example.org', 'wildcard'],
    [`${'a'.repeat(64)}.example`, 'not a domain name'],
    ['Backup.Test.Example', 'name of this service itself'],
  ])('refuses %p and says why', async (name, sentence) => {
    const payload = await create({ name });
    const code = name === '' ? 'REQUIRED' : name.startsWith('Backup') ? 'OWN_ADDRESS' : 'NOT_A_DOMAIN';
    expect(codes(payload)).toEqual([`name ${code}`]);
    expect(payload.userErrors[0]?.message).toContain(sentence);
    expect(payload.domain).toBeNull();
  });

  test('names every bad field at once and writes nothing', async () => {
    const payload = await create({
      name: 'bad-fields.example',
      deliverTo: [{ host: 'mail.example.org' }, { host: 'no host', port: 70_000 }, { host: 'MAIL.example.org.' }],
      labels: [
        { key: 'ok', value: 'x' },
        { key: '', value: 'x' },
        { key: 'ok', value: 'line\nbreak' },
      ],
    });
    expect(codes(payload)).toEqual([
      'deliverTo.1.host NOT_A_HOST',
      'deliverTo.1.port OUT_OF_RANGE',
      'deliverTo.2 DUPLICATE',
      'labels.1.key REQUIRED',
      'labels.2.key DUPLICATE',
      'labels.2.value INVALID',
    ]);
    const [row] = await control.database
      .sql`select count(*) as count from destinations where name = 'bad-fields.example'`;
    expect(row?.['count']).toBe(0);
  });

  test('ALREADY_EXISTS returns the own object', async () => {
    await create({ name: 'twice.example', labels: [{ key: 'a', value: '1' }] });
    const payload = await create({ name: 'TWICE.example' });
    expect(codes(payload)).toEqual(['name ALREADY_EXISTS']);
    expect(payload.domain).toMatchObject({ name: 'twice.example', labels: [{ key: 'a', value: '1' }] });
  });

  test('HOST_NOT_DOMAIN for a mail server of its parent, unless forced', async () => {
    control.dns.mxHosts = {
      'parent.example': ['mx1.parent.example'],
      'mail.far.example': [],
      'far.example': ['a.mail.far.example'],
    };
    const payload = await create({ name: 'mx1.parent.example' });
    expect(codes(payload)).toEqual(['name HOST_NOT_DOMAIN']);
    expect(payload.userErrors[0]?.message).toContain('Add parent.example');
    expect(codes(await create({ name: 'a.mail.far.example' }))).toEqual(['name HOST_NOT_DOMAIN']);
    expect(codes(await create({ name: 'mx1.parent.example', force: true }))).toEqual([]);
  });

  test('a host with MX records of its own, a silent DNS and a failing one refuse nothing', async () => {
    control.dns.mxHosts = {
      'own.parent2.example': ['mx.elsewhere.example'],
      'parent2.example': ['own.parent2.example', 'silent.parent2.example'],
      'silent.parent2.example': 'UNKNOWN',
    };
    expect(codes(await create({ name: 'own.parent2.example' }))).toEqual([]);
    expect(codes(await create({ name: 'silent.parent2.example' }))).toEqual([]);
  });

  test('takes over the destination of its name: kind, route, and what it holds', async () => {
    const { sql } = control.database;
    await sql`
      insert into destinations (id, tenant_id, name, kind, held_count)
      values ('01900000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 'was-internal.example', 'INTERNAL', 3)`;
    await create({ name: 'was-internal.example', deliverTo: [{ host: '192.0.2.9', port: 2525 }] });
    const [row] = await sql`
      select kind, deliver_to, route_generation, held_count from destinations where name = 'was-internal.example'`;
    expect(row).toEqual({
      kind: 'RELAY',
      deliver_to: [{ host: '192.0.2.9', port: 2525 }],
      route_generation: 2,
      held_count: 3,
    });
  });
});

describe('domainUpdate', () => {
  test('changes what is given, leaves the rest, and raises revision and route generation', async () => {
    await create({ name: 'change.example', labels: [{ key: 'a', value: '1' }] });
    const routed = await update({ name: 'change.example', deliverTo: [{ host: 'MX.example.org' }] });
    expect(routed.domain).toMatchObject({ revision: 2, deliverTo: [{ host: 'mx.example.org', port: 25 }] });
    expect(routed.domain).toMatchObject({ labels: [{ key: 'a', value: '1' }] });
    const labelled = await update({ name: 'change.example', labels: null });
    expect(labelled.domain).toMatchObject({
      revision: 3,
      labels: [],
      deliverTo: [{ host: 'mx.example.org', port: 25 }],
    });
    const [row] = await control.database.sql`select route_generation from destinations where name = 'change.example'`;
    expect(row?.['route_generation']).toBe(2);
    expect(await control.domains.findRelayDomain('change.example')).toMatchObject({ revision: 3, labels: {} });
  });

  test('the same values again are no change', async () => {
    await create({ name: 'same.example', deliverTo: [{ host: 'a.example', port: 26 }] });
    const payload = await update({ name: 'same.example', deliverTo: [{ host: 'a.example', port: 26 }], labels: [] });
    expect(payload).toMatchObject({ domain: { revision: 1 }, userErrors: [] });
  });

  test('CONFLICT on another revision returns the domain as it is; NOT_FOUND; INVALID', async () => {
    await create({ name: 'revised.example' });
    const stale = await update({ name: 'revised.example', labels: [{ key: 'a', value: 'b' }], expectedRevision: 7 });
    expect(codes(stale)).toEqual(['expectedRevision CONFLICT']);
    expect(stale.domain).toMatchObject({ revision: 1 });
    expect(
      codes(await update({ name: 'revised.example', labels: [{ key: 'a', value: 'b' }], expectedRevision: 1 })),
    ).toEqual([]);
    expect(codes(await update({ name: 'nowhere.example', labels: [] }))).toEqual(['name NOT_FOUND']);
    expect(codes(await update({ name: 'not a name', labels: [] }))).toEqual(['name NOT_FOUND']);
    const many = Array.from({ length: 21 }, (_, index) => ({ host: `mx${index}.example` }));
    expect(codes(await update({ name: 'revised.example', deliverTo: many }))).toEqual(['deliverTo TOO_MANY']);
  });
});

describe('domainDelete', () => {
  test('without held mail it needs no choice, and the snapshot knows at once', async () => {
    await create({ name: 'gone.example' });
    expect(await control.domains.findRelayDomain('gone.example')).not.toBeNull();
    const payload = await remove({ name: 'gone.example' });
    expect(payload).toMatchObject({ domain: { name: 'gone.example' }, userErrors: [] });
    expect(await control.domains.findRelayDomain('gone.example')).toBeNull();
    expect(codes(await remove({ name: 'gone.example' }))).toEqual(['name NOT_FOUND']);
  });

  test('HELD_MAIL with the exact count; DELIVER_FIRST leaves the destination and its mail', async () => {
    const destinationId = await addDomain(control, 'holds.example');
    await holdMessage(control.database, { destinationId });
    const second = await holdMessage(control.database, { destinationId });
    await endMessage(control.database, second);
    const refused = await remove({ name: 'holds.example' });
    expect(codes(refused)).toEqual(['held HELD_MAIL']);
    expect(refused.userErrors[0]?.message).toContain('1 message is held');
    expect(refused.domain).toMatchObject({ name: 'holds.example' });
    expect(codes(await remove({ name: 'holds.example', held: 'DELIVER_FIRST' }))).toEqual([]);
    const [row] = await control.database
      .sql`select count(*) as count from messages where destination_id = ${destinationId}`;
    expect(row?.['count']).toBe(1);
  });

  test('CANCEL ends what is held', async () => {
    const destinationId = await addDomain(control, 'cancels.example');
    const id = await holdMessage(control.database, { destinationId });
    expect(codes(await remove({ name: 'cancels.example', held: 'CANCEL' }))).toEqual([]);
    const { message } = await control.ask<{ message: { recipients: { state: string }[] } }>(
      'query ($id: ID!) { message(id: $id) { recipients { state } } }',
      { id },
    );
    expect(message.recipients).toEqual([{ state: 'CANCELLED' }]);
  });
});

describe('an operator adds domains for a tenant', () => {
  test('in service at once, within its quota; a tenant names only itself', async () => {
    const { tenantId } = await addTenant(control.database, 'customer');
    const stranger = await addTenant(control.database, 'stranger');
    await control.database.sql`update tenants set max_domains = 1 where id = ${tenantId}`;
    expect(await create({ name: 'given.example', tenantId })).toMatchObject({ domain: { status: 'ACTIVE' } });
    expect(await findDomain(control.database.sql, { tenantId, isOperator: false }, 'given.example')).toMatchObject({
      tenantId,
      status: 'ACTIVE',
    });
    expect(await findDomain(control.database.sql, stranger, 'given.example')).toBeNull();
    const destinations = await control.database
      .sql`select tenant_id, kind from destinations where name = 'given.example'`;
    expect([...destinations]).toEqual([{ tenant_id: tenantId, kind: 'RELAY' }]);
    expect(codes(await create({ name: 'given.example', tenantId }))).toEqual(['name ALREADY_EXISTS']);
    expect(codes(await create({ name: 'given.example' }))).toEqual(['name TAKEN']);
    expect(codes(await create({ name: 'more.example', tenantId }))).toEqual(['name QUOTA']);
    expect(codes(await create({ name: 'more.example', tenantId: newId() }))).toEqual(['tenantId NOT_FOUND']);
    const owned = (viewer: Viewer, owner: string) =>
      createDomain(control.domains, viewer, { name: 'mine.example', tenantId: owner });
    expect(await owned(stranger, tenantId)).toMatchObject({ errors: [{ path: ['tenantId'], code: 'NOT_FOUND' }] });
    expect(await owned(stranger, stranger.tenantId)).toMatchObject({ domain: { status: 'PENDING' } });
    const audited = await control.database
      .sql`select distinct tenant_id from audit_entries where subject_name = 'given.example' and outcome = 'DONE'`;
    expect([...audited]).toEqual([{ tenant_id: tenantId }]);
  });
});

test('a domain shows when it was added and last changed', async () => {
  const times = async () =>
    (
      await control.ask<{ domain: { createdAt: string; updatedAt: string } }>(
        '{ domain(by: { name: "dated.example" }) { createdAt updatedAt } }',
      )
    ).domain;
  await create({ name: 'dated.example' });
  const made = await times();
  expect(Math.abs(Date.parse(made.createdAt) - Date.now())).toBeLessThan(60_000);
  expect(made.updatedAt).toBe(made.createdAt);
  await update({ name: 'dated.example', hasCallAheads: false });
  const changed = await times();
  expect(changed.createdAt).toBe(made.createdAt);
  expect(Date.parse(changed.updatedAt)).toBeGreaterThan(Date.parse(made.updatedAt));
});

test('domainFlush asks for an attempt; an unknown domain is NOT_FOUND', async () => {
  const destinationId = await addDomain(control, 'flush.example');
  const pokedBefore = control.poked.length;
  const flush =
    'mutation ($name: String!) { domainFlush(input: { name: $name }) { domain { name } userErrors { code } } }';
  expect(await control.ask<unknown>(flush, { name: 'Flush.example' })).toEqual({
    domainFlush: { domain: { name: 'flush.example' }, userErrors: [] },
  });
  expect(control.poked.slice(pokedBefore)).toEqual([destinationId]);
  expect(await control.ask<unknown>(flush, { name: 'unknown.example' })).toEqual({
    domainFlush: { domain: null, userErrors: [{ code: 'NOT_FOUND' }] },
  });
});

test('every change leaves an event with its facts', async () => {
  await create({ name: 'events.example' });
  await update({ name: 'events.example', labels: [{ key: 'a', value: 'b' }] });
  await remove({ name: 'events.example' });
  const rows = await control.database.sql<{ kind: string; facts: Record<string, unknown> }[]>`
    select kind, facts from events where facts ->> 'name' = 'events.example' order by id`;
  expect(rows.map(({ kind }) => kind)).toEqual(['DOMAIN_CREATED', 'DOMAIN_UPDATED', 'DOMAIN_DELETED']);
  expect(rows[1]?.facts).toMatchObject({ before: { labels: {} }, after: { labels: { a: 'b' } } });
});
