/** A tenant's domain waits for its proof, over HTTP and with real DNS packets; and the operator's suspension. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { createOwnership, type Ownership } from '../../src/doctor/ownership.ts';
import { newId } from '../../src/mail/id.ts';
import { createResolver, type Resolver } from '../../src/dns/resolver.ts';
import { spoolOwnMail } from '../../src/queue/reports/own-mail.ts';
import { type FakeDns, startFakeDns } from '../helpers/fake-dns.ts';
import { type Harness, startControl } from './harness.ts';

let dns: FakeDns;
let resolver: Resolver;
let control: Harness;
let ownership: Ownership;
const told: string[] = [];
beforeAll(async () => {
  dns = await startFakeDns({});
  resolver = createResolver({ servers: [dns.address] });
  control = await startControl({}, resolver);
  const { domains } = control;
  const onResult = (domain: string, result: string) => void told.push(`${domain} ${result}`);
  ownership = createOwnership({ domains, resolver, onResult });
});
afterAll(async () => {
  await control.close();
  resolver.close();
  await dns.close();
});
beforeEach(() => void told.splice(0));

interface Payload {
  readonly domain: { readonly status: string; readonly proof: Proof | null; readonly [field: string]: unknown } | null;
  readonly userErrors: readonly { readonly code: string; readonly message: string }[];
}
interface Proof {
  readonly name: string;
  readonly value: string;
  readonly seenAt: string | null;
  readonly nextCheckAt: string | null;
  readonly lostAt: string | null;
}

const DOMAIN = 'domain { id status proof { name value seenAt checkedAt nextCheckAt lostAt } queue { heldCount } }';

/** A tenant with a token; asks as it. */
async function tenant(name: string) {
  const { tenantCreate } = await control.ask<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation ($name: String!) { tenantCreate(input: { name: $name }) { tenant { id } } }',
    { name },
  );
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($tenantId: ID!) { tokenCreate(input: { tenantId: $tenantId, name: "t", scopes: [DOMAIN_WRITE, QUEUE_WRITE] }) { secret } }',
    { tenantId: tenantCreate.tenant.id },
  );
  return async (verb: string, domain: string): Promise<Payload> => {
    const query = `mutation ($name: String!) { ${verb}(input: { name: $name }) { ${DOMAIN} userErrors { code message } } }`;
    const { data, errors } = await control.postAs<Record<string, Payload>>(tokenCreate.secret, query, { name: domain });
    expect(errors).toBeUndefined();
    const payload = data[verb];
    if (payload === undefined) throw new Error('no payload');
    return payload;
  };
}

const codes = ({ userErrors }: Payload) => userErrors.map(({ code }) => code);
/** What the DNS says at each owner name. */
const texts = new Map<string, string[]>();
function setTexts(name: string, values: readonly string[]): void {
  texts.set(name, [...values]);
  dns.set(name, values.length === 0 ? null : { TXT: values });
}
/** Beside what is there already, and with a space that a form has added. */
function publish({ domain }: Payload): void {
  const { name, value } = domain?.proof ?? { name: '', value: '' };
  setTexts(name, [...(texts.get(name) ?? []), ` ${value}`]);
}
const statusOf = async (name: string) => (await control.domains.findRelayDomain(name))?.status ?? null;

/** The times of the next looks come at once. */
const comeDue = () =>
  control.database.sql`update domains set proof_check_at = bmx_now() where proof_check_at is not null`;

describe('a claim', () => {
  test('is served from the moment that its record is seen, and not before', async () => {
    const ask = await tenant('claims');
    const claim = await ask('domainCreate', 'claimed.example');
    const { name, value, seenAt } = claim.domain?.proof ?? { name: '', value: '' };
    expect([claim.domain?.status, name, seenAt]).toEqual(['PENDING', '_backup-mx.claimed.example', null]);
    expect(value).toMatch(/^backup-mx-proof=[0-9a-f]{32}$/);
    expect(await statusOf('claimed.example')).toBeNull();
    const early = await ask('domainVerify', 'claimed.example');
    expect([early.domain?.status, codes(early)]).toEqual(['PENDING', ['NOT_PROVEN']]);
    expect(early.userErrors[0]?.message).toContain(`TXT record at ${name} that says "${value}"`);
    setTexts('_backup-mx.claimed.example', ['backup-mx-proof=another', 'v=spf1 -all']);
    expect(codes(await ask('domainVerify', 'claimed.example'))).toEqual(['NOT_PROVEN']);
    publish(claim);
    const proven = await ask('domainVerify', 'claimed.example');
    expect([proven.domain?.status, codes(proven)]).toEqual(['ACTIVE', []]);
    expect(proven.domain?.proof).toMatchObject({ seenAt: expect.any(String), lostAt: null });
    expect(await statusOf('claimed.example')).toBe('ACTIVE');
    expect(codes(await ask('domainVerify', 'nowhere.example'))).toEqual(['NOT_FOUND']);
  });

  test('is looked for by itself, more and more seldom, and for a month', async () => {
    const { sql } = control.database;
    const ask = await tenant('waits');
    const claim = await ask('domainCreate', 'waits.example');
    const waits: number[] = [];
    for (let look = 0; look < 11; look += 1) {
      await comeDue();
      await ownership.checkDue();
      const [row] = await sql<{ minutes: number }[]>`
        select round(extract(epoch from proof_check_at - proof_checked_at) / 60)::integer as minutes from domains
        where name = 'waits.example'`;
      waits.push(row?.minutes ?? 0);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
    await sql`update domains set created_at = created_at - interval '31 days' where name = 'waits.example'`;
    await comeDue();
    await ownership.checkDue();
    await comeDue();
    const looks = dns.queries.length;
    await ownership.checkDue();
    expect(dns.queries.slice(looks).map(({ name }) => name)).not.toContain('_backup-mx.waits.example');
    publish(claim);
    expect(codes(await ask('domainVerify', 'waits.example'))).toEqual([]);
  });

  test('is looked for as often whoever asks in between, and as seldom where the DNS is silent', async () => {
    const { sql } = control.database;
    const ask = await tenant('polls');
    await ask('domainCreate', 'polled.example');
    const next = async () => {
      const [row] = await sql<{ minutes: number; misses: number }[]>`
        select round(extract(epoch from proof_check_at - bmx_now()) / 60)::integer as minutes, proof_misses as misses
        from domains where name = 'polled.example'`;
      return row;
    };
    for (let look = 0; look < 10; look += 1) await ask('domainVerify', 'polled.example');
    expect(await next()).toEqual({ minutes: 1, misses: 0 });
    dns.set('_backup-mx.polled.example', { TXT: 'SERVFAIL' });
    for (const minutes of [1, 2, 4]) {
      await comeDue();
      resolver.forget('_backup-mx.polled.example');
      await ownership.checkDue();
      expect((await next())?.minutes).toBe(minutes);
    }
  });

  test('of two, the first proof wins; the other stays a claim, and has it when the first leaves', async () => {
    const [one, two] = [await tenant('first'), await tenant('second')];
    const [claim, rival] = [await one('domainCreate', 'rivals.example'), await two('domainCreate', 'rivals.example')];
    expect(claim.domain?.proof?.value).not.toBe(rival.domain?.proof?.value);
    publish(rival);
    publish(claim);
    await comeDue();
    const both = await Promise.all([one('domainVerify', 'rivals.example'), two('domainVerify', 'rivals.example')]);
    expect(both.map(({ domain }) => String(domain?.status)).sort()).toEqual(['ACTIVE', 'PENDING']);
    expect(both.flatMap(codes)).toEqual(['CLAIM_LOST']);
    const [winner, loser] = both[0]?.domain?.status === 'ACTIVE' ? [one, two] : [two, one];
    await winner('domainDelete', 'rivals.example');
    await comeDue();
    await ownership.checkDue();
    expect(told).toContain('rivals.example ACTIVATED');
    expect((await loser('domainVerify', 'rivals.example')).domain?.status).toBe('ACTIVE');
  });

  test('neither proves nor loses anything while the DNS is silent', async () => {
    const ask = await tenant('silent');
    const claim = await ask('domainCreate', 'silent.example');
    dns.set('_backup-mx.silent.example', { TXT: 'SERVFAIL' });
    const asked = await ask('domainVerify', 'silent.example');
    expect([codes(asked), asked.userErrors[0]?.message]).toEqual([
      ['NOT_PROVEN'],
      expect.stringContaining('did not answer'),
    ]);
    publish(claim);
    await ask('domainVerify', 'silent.example');
    dns.set('_backup-mx.silent.example', { TXT: 'SERVFAIL' });
    for (let look = 0; look < 5; look += 1) {
      await comeDue();
      resolver.forget('_backup-mx.silent.example');
      await ownership.checkDue();
    }
    expect((await ask('domainVerify', 'silent.example')).domain?.proof?.lostAt).toBeNull();
    expect(told).toEqual([]);
  });

  test('owns nothing of what waits for its name: not its mail, not its clock', async () => {
    const { sql } = control.database;
    const ask = await tenant('parks');
    await ask('domainCreate', 'parked.example');
    const { destinationId } = await sql.begin((transaction) =>
      spoolOwnMail(transaction, {
        id: newId(),
        tenantId: '00000000-0000-7000-8000-000000000001',
        to: 'someone@parked.example',
        domain: 'parked.example',
        content: new TextEncoder().encode('Subject: report\r\n\r\n'),
        smtpUtf8: false,
        body: null,
        ehloName: 'backup.test.example',
      }),
    );
    expect((await ask('domainVerify', 'parked.example')).domain?.['queue']).toEqual({ heldCount: 0 });
    expect(codes(await ask('domainPause', 'parked.example'))).toEqual(['NOT_PROVEN']);
    const [destination] =
      await sql`select kind, is_paused, flush_requested_at from destinations where id = ${destinationId}`;
    expect(destination).toEqual({ kind: 'INTERNAL', is_paused: false, flush_requested_at: null });
  });
});

describe('a record that goes away', () => {
  test('is told after three misses, once, and again when it is back; the domain stays in service', async () => {
    const { sql } = control.database;
    const ask = await tenant('edits');
    const claim = await ask('domainCreate', 'edited.example');
    publish(claim);
    await ask('domainVerify', 'edited.example');
    setTexts('_backup-mx.edited.example', []);
    const look = async () => {
      await comeDue();
      await ownership.checkDue();
    };
    await look();
    await look();
    // Who looks himself at once, and again, is no third hour.
    for (const _ of [1, 2]) expect(codes(await ask('domainVerify', 'edited.example'))).toEqual(['NOT_PROVEN']);
    expect(told).toEqual([]);
    await look();
    await look();
    expect(told).toEqual(['edited.example LOST']);
    expect(await statusOf('edited.example')).toBe('ACTIVE');
    publish(claim);
    await look();
    await look();
    expect(told).toEqual(['edited.example LOST', 'edited.example FOUND_AGAIN']);
    const events = await sql<
      { kind: string }[]
    >`select kind from events where facts->>'name' = 'edited.example' order by id`;
    expect(events.map(({ kind }) => kind)).toEqual(['DOMAIN_CREATED', 'DOMAIN_ACTIVATED', 'PROOF_LOST', 'PROOF_FOUND']);
  });
});

describe('an operator', () => {
  test('has a suspended domain stay: a tenant cannot remove it, to add and prove it anew', async () => {
    const ask = await tenant('evades');
    await ask('domainCreate', 'evades.example');
    await control.database.sql`update domains set status = 'SUSPENDED' where name = 'evades.example'`;
    expect(codes(await ask('domainDelete', 'evades.example'))).toEqual(['FORBIDDEN']);
    expect(await statusOf('evades.example')).toBe('SUSPENDED');
    const removed = await control.ask<{ domainDelete: Payload }>(
      'mutation { domainDelete(input: { name: "evades.example" }) { userErrors { code message } } }',
    );
    expect(removed.domainDelete.userErrors).toEqual([]);
  });

  test('needs no proof, and may suspend a domain and put it back', async () => {
    const run = async (verb: string, name: string) =>
      (
        await control.ask<Record<string, Payload>>(
          `mutation { ${verb}(input: { name: "${name}" }) { ${DOMAIN} userErrors { code message } } }`,
        )
      )[verb];
    expect((await run('domainCreate', 'own.example'))?.domain).toMatchObject({ status: 'ACTIVE', proof: null });
    expect((await run('domainVerify', 'own.example'))?.userErrors).toEqual([]);
    expect((await run('domainSuspend', 'own.example'))?.domain?.status).toBe('SUSPENDED');
    expect(await statusOf('own.example')).toBe('SUSPENDED');
    expect((await run('domainUnsuspend', 'own.example'))?.domain?.status).toBe('ACTIVE');
    const ask = await tenant('suspends');
    await ask('domainCreate', 'pending.example');
    expect((await run('domainSuspend', 'pending.example'))?.userErrors).toMatchObject([{ code: 'NOT_PROVEN' }]);
    expect(codes(await ask('domainUnsuspend', 'pending.example'))).toEqual(['FORBIDDEN']);
    expect((await run('domainSuspend', 'nowhere.example'))?.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  });
});
