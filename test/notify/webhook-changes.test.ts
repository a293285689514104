/** Webhooks over HTTP: made, changed, rotated, deleted, bounded; their secrets told once and shown nowhere. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { HttpEndpoint } from '../../src/http/connection.ts';
import { createWebhook, findWebhook, updateWebhook, type WebhookRules } from '../../src/notify/webhooks.ts';
import { addDomain, addTenant, type Harness, OPERATOR, startControl } from '../control/harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
  await addDomain(control, 'kept.example');
});
afterAll(() => control.close());

interface Payload {
  readonly webhook: { readonly id: string; readonly [field: string]: unknown } | null;
  readonly secret?: string | null;
  readonly userErrors: readonly {
    readonly path: readonly string[];
    readonly code: string;
    readonly message: string;
  }[];
}

const FIELDS =
  'id url description events domains status disabledReason failingSince previousSecretUntil rotatedAt revision tenant { name }';

async function change(mutation: string, input: Record<string, unknown>, extra = ''): Promise<Payload> {
  const type = `W${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { webhook { ${FIELDS} } ${extra} userErrors { path code message } } }`;
  return (await control.ask<Record<string, Payload>>(query, { input }))[mutation] as Payload;
}

const create = (input: Record<string, unknown> = {}) =>
  change('webhookCreate', { url: 'https://hooks.example.org/x', events: ['OUTAGE_OPENED'], ...input }, 'secret');

const codesOf = ({ userErrors }: Payload) => userErrors.map(({ path, code }) => [path.join('.'), code]);

describe('a webhook', () => {
  test('is made with a secret that is told once, and read without it', async () => {
    const { webhook, secret, userErrors } = await create({
      description: 'chat',
      events: ['OUTAGE_CLOSED', 'OUTAGE_OPENED', 'OUTAGE_CLOSED'],
      domains: ['KEPT.example'],
    });
    expect(userErrors).toEqual([]);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhook).toEqual({
      id: expect.any(String),
      url: 'https://hooks.example.org/x',
      description: 'chat',
      events: ['OUTAGE_OPENED', 'OUTAGE_CLOSED'],
      domains: ['kept.example'],
      status: 'ENABLED',
      disabledReason: null,
      failingSince: null,
      previousSecretUntil: null,
      rotatedAt: null,
      revision: 1,
      tenant: { name: 'operator' },
    });
    const read = await control.ask<{ webhook: unknown; webhooks: { nodes: { id: string }[] } }>(
      `query ($id: ID!) { webhook(id: $id) { ${FIELDS} } webhooks(first: 100) { nodes { id } } }`,
      { id: webhook?.id },
    );
    expect(read.webhook).toEqual(webhook);
    expect(read.webhooks.nodes.map(({ id }) => id)).toContain(webhook?.id ?? '');
  });

  test('is changed in part, by revision, and disabled', async () => {
    const { webhook } = await create({ domains: ['kept.example'] });
    const id = webhook?.id;
    const changed = await change('webhookUpdate', { id, events: ['MAIL_DIGEST'], domains: null, expectedRevision: 1 });
    expect(changed.webhook).toMatchObject({
      url: 'https://hooks.example.org/x',
      events: ['MAIL_DIGEST'],
      domains: null,
      revision: 2,
    });
    expect(codesOf(await change('webhookUpdate', { id, description: 'late', expectedRevision: 1 }))).toEqual([
      ['expectedRevision', 'CONFLICT'],
    ]);
    expect((await change('webhookUpdate', { id, isEnabled: false })).webhook).toMatchObject({
      status: 'DISABLED',
      disabledReason: 'BY_USER',
    });
    expect((await change('webhookUpdate', { id, isEnabled: true })).webhook).toMatchObject({
      status: 'ENABLED',
      disabledReason: null,
    });
  });

  test('gets another secret, the old one for a while beside it', async () => {
    const { webhook, secret } = await create();
    const rotated = await change('webhookRotate', { id: webhook?.id }, 'secret');
    expect(rotated.secret).toMatch(/^whsec_/);
    expect(rotated.secret).not.toBe(secret ?? '');
    expect(rotated.webhook?.['previousSecretUntil']).toEqual(expect.any(String));
    expect(codesOf(await change('webhookRotate', { id: webhook?.id, overlap: 'PT604801S' }))).toEqual([
      ['overlap', 'OUT_OF_RANGE'],
    ]);
  });

  test('keeps the kinds of events that a newer version has, and shows them as OTHER', async () => {
    const { webhook } = await create();
    const { sql } = control.database;
    await sql`update webhooks set kinds = '{OUTAGE_OPENED,MOON_ROSE}' where id = ${webhook?.id ?? ''}`;
    const changed = await change('webhookUpdate', { id: webhook?.id, description: 'other' });
    expect(changed).toMatchObject({ userErrors: [], webhook: { events: ['OUTAGE_OPENED', 'OTHER'] } });
    const [row] = await sql`select kinds from webhooks where id = ${webhook?.id ?? ''}`;
    expect(row).toEqual({ kinds: ['OUTAGE_OPENED', 'MOON_ROSE'] });
    const given = await change('webhookUpdate', { id: webhook?.id, events: ['OUTAGE_OPENED', 'OTHER'] });
    expect(codesOf(given)).toEqual([['events', 'INVALID']]);
  });

  test('is gone with its deliveries and secret when it is deleted', async () => {
    const { webhook } = await create();
    expect((await change('webhookDelete', { id: webhook?.id })).userErrors).toEqual([]);
    expect(codesOf(await change('webhookDelete', { id: webhook?.id }))).toEqual([['id', 'NOT_FOUND']]);
    const { sql } = control.database;
    expect(await sql`select from webhook_secrets where webhook_id = ${webhook?.id ?? ''}`).toHaveLength(0);
  });

  test('that came by a move waits for a secret', async () => {
    const { webhook } = await create();
    const { sql } = control.database;
    await sql`delete from webhook_secrets where webhook_id = ${webhook?.id ?? ''}`;
    expect(await findWebhook(sql, OPERATOR, webhook?.id ?? '')).toMatchObject({
      status: 'DISABLED',
      disabledReason: 'NO_SECRET',
    });
    expect((await change('webhookRotate', { id: webhook?.id }, 'secret')).webhook).toMatchObject({
      status: 'ENABLED',
      previousSecretUntil: null,
    });
  });
});

describe('a secret', () => {
  test('is in no repetition, audit entry, event or answer remembered', async () => {
    const first = await create({ idempotencyKey: 'once' });
    const again = await create({ idempotencyKey: 'once' });
    expect(first.secret).toMatch(/^whsec_/);
    expect([again.secret, again.webhook?.id]).toEqual([null, first.webhook?.id]);
    const rotated = await change('webhookRotate', { id: first.webhook?.id }, 'secret');
    const { sql } = control.database;
    const tables = await sql<{ text: string }[]>`
      select t::text as text from audit_entries t union all select t::text from events t
      union all select t::text from idempotency_keys t union all select t::text from webhooks t`;
    expect(tables.length).toBeGreaterThan(5);
    for (const secret of [first.secret, rotated.secret]) {
      const bytes = Buffer.from(secret?.slice(6) ?? '', 'base64');
      for (const { text } of tables) {
        expect(text).not.toContain(secret?.slice(6) ?? 'none');
        expect(text).not.toContain(bytes.toString('hex'));
      }
    }
  });

  test('nor is the path of the URL in the audit log', async () => {
    const { webhook } = await create({ url: 'https://chat.example.org/services/SECRETPATH' });
    const { auditEntries } = await control.ask<{
      auditEntries: { nodes: { subjectId: string; input: { url: string } }[] };
    }>('{ auditEntries(first: 1) { nodes { subjectKind subjectId subjectName input before after } } }');
    expect(JSON.stringify(auditEntries)).not.toContain('SECRETPATH');
    expect(auditEntries.nodes[0]).toMatchObject({ input: { url: 'https://chat.example.org' } });
    expect(webhook?.['url']).toBe('https://chat.example.org/services/SECRETPATH');
  });
});

const STRICT = { allowPrivate: false, leadsToUs: async () => false };

describe('refused', () => {
  test('this service itself, when it is made and when it is changed', async () => {
    const { sql } = control.database;
    const asked: HttpEndpoint[] = [];
    const rules: WebhookRules = {
      allowPrivate: false,
      leadsToUs: async (endpoint) => asked.push(endpoint) > 0 && endpoint.host === 'bmx.example',
    };
    const error = {
      path: ['url'],
      message: 'bmx.example port 8443 is this service itself. Name the server that is to receive the events.',
      code: 'OWN_ADDRESS' as const,
    };
    const url = 'https://bmx.example:8443/graphql';
    const events = ['OUTAGE_OPENED'] as const;
    expect(await createWebhook(sql, OPERATOR, { url, events }, rules)).toMatchObject({
      kind: 'REFUSED',
      errors: [error],
    });
    const made = await createWebhook(sql, OPERATOR, { url: 'https://hooks.example/', events }, rules);
    const id = made.kind === 'DONE' ? made.object.id : '';
    expect(await updateWebhook(sql, OPERATOR, { id, url }, rules)).toMatchObject({ kind: 'REFUSED', errors: [error] });
    expect((await updateWebhook(sql, OPERATOR, { id, description: 'x' }, rules)).kind).toBe('DONE');
    expect(asked.map(({ host, port }) => `${host}:${port}`)).toEqual([
      'bmx.example:8443',
      'hooks.example:443',
      'bmx.example:8443',
    ]);
  });

  const strict = (url: string) =>
    createWebhook(control.database.sql, OPERATOR, { url, events: ['OUTAGE_OPENED'] }, STRICT);

  test.each([
    'http://hooks.example.org/',
    'ftp://hooks.example.org/',
    'https://user:pass@hooks.example.org/',
    'https://user@hooks.example.org/',
    'https://hooks.example.org/#part',
    'https://hooks.example.org:25/',
    'https://hooks.example.org:0/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0.0.0.0/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/latest',
    'https://[fe80::1]/',
    'https://10.1.2.3/',
    'https://[64:ff9b::7f00:1]/',
    'no url',
    `https://hooks.example.org/${'x'.repeat(2000)}`,
  ])('%s', async (url) => {
    const change = await strict(url);
    expect(change.kind === 'REFUSED' ? change.errors.map(({ path, code }) => [path.join('.'), code]) : 'DONE').toEqual([
      ['url', /^https:..(?:\d|0x|\[)/.test(url) ? 'PRIVATE_ADDRESS' : 'NOT_A_URL'],
    ]);
  });

  test.each(['https://hooks.example.org:8443/x?y=z', 'https://bücher.example/', 'https://11.0.2.7/'])(
    'not: %s',
    async (url) => expect((await strict(url)).kind).toBe('DONE'),
  );

  test('no event, no such domain, a description with a line end', async () => {
    expect(codesOf(await create({ events: [] }))).toEqual([['events', 'REQUIRED']]);
    expect(codesOf(await create({ domains: ['kept.example', 'unknown.example'] }))).toEqual([
      ['domains.1', 'NOT_FOUND'],
    ]);
    expect(codesOf(await create({ domains: [] }))).toEqual([['domains', 'REQUIRED']]);
    expect(codesOf(await create({ description: 'a\nb' }))).toEqual([['description', 'INVALID']]);
  });

  test('more than the quota allows', async () => {
    const { tenantId } = await addTenant(control.database, 'bounded');
    await control.database.sql`update tenants set max_webhooks = 1 where id = ${tenantId}`;
    expect((await create({ tenantId })).userErrors).toEqual([]);
    expect(codesOf(await create({ tenantId }))).toEqual([['url', 'QUOTA']]);
  });
});
