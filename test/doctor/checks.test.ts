/** Every check of the doctor, its bad case and its good one: with real DNS packets, a real primary and a real database. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { type CheckCode, CHECKS, type Finding } from '../../src/doctor/checks.ts';
import type { DoctorDeps } from '../../src/doctor/doctor.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { changeList } from '../../src/domains/user-list/change.ts';
import { createListLookup, type IsListed } from '../../src/domains/user-list/lookup.ts';
import type { RelayDomain } from '../../src/domains/relay-domain.ts';
import { endMessage, holdMessage } from '../control/harness.ts';
import { doctorOn, OWN_NAME, SERVICE } from '../helpers/doctor.ts';
import type { FakeRecords } from '../helpers/fake-dns.ts';
import type { FakePrimaryOptions } from '../helpers/fake-primary.ts';
import { derOf, makeAuthority, makeLeaf, tlsaOf } from '../helpers/pki.ts';
import { type DoctorScene, GOOD_MX, openDoctorScene } from './scene.ts';
import { readReports } from '../../src/doctor/reports.ts';

let scene: DoctorScene;

beforeAll(async () => {
  scene = await openDoctorScene(2000);
});
afterAll(() => scene.close());
beforeEach(() => scene.reset());

interface Scene {
  /** Of the domain; default: a primary, then we. */
  readonly records?: FakeRecords | null;
  readonly others?: Readonly<Record<string, FakeRecords>>;
  /** Of `_mta-sts` below the domain. */
  readonly policyRecord?: FakeRecords;
  readonly modes?: FakePrimaryOptions['modes'];
  readonly changes?: Partial<DoctorDeps>;
  /** What happened to the domain before. */
  readonly before?: (domain: RelayDomain) => Promise<unknown>;
  /** True: the primary. */
  readonly deliverTo?: true | readonly { readonly host: string; readonly port: number }[];
}

/** Looks at a new domain and returns what is said of one thing. */
async function look(code: CheckCode, wanted: Scene = {}): Promise<Finding> {
  const { dns, primary, database, resolver } = scene;
  for (const [other, its] of Object.entries(wanted.others ?? {})) dns.set(other, its);
  if (wanted.modes !== undefined) primary.setMode(wanted.modes);
  const { deliverTo: given = [] } = wanted;
  const deliverTo = given === true ? [{ host: '127.0.0.1', port: primary.port }] : [...given];
  const domain = await scene.addDomain(wanted.records, { deliverTo });
  if (wanted.policyRecord !== undefined) dns.set(`_mta-sts.${domain.name}`, wanted.policyRecord);
  await wanted.before?.(domain);
  const { changes = {} } = wanted;
  const doctor = doctorOn({ database, resolver, deliveryPort: primary.port, changes });
  expect((await doctor.check(OPERATOR_VIEWER, domain.name)).kind).toBe('DONE');
  const { id } = domain;
  const report = (await readReports(database.sql, OPERATOR_VIEWER, [id])).get(id);
  expect(report?.findings.map((finding) => finding.code)).toEqual(CHECKS.map((check) => check.code));
  const finding = report?.findings.find((one) => one.code === code);
  if (finding === undefined) throw new Error(`no finding of ${code}`);
  // What is well needs nothing done; what is not says what.
  expect(finding.advice === null).toBe(finding.verdict === 'OK');
  return finding;
}

const mx = (...records: readonly (readonly [number, string])[]): Scene => ({ records: { MX: records } });

/** What happened to the destination lately. */
const seen =
  (column: string) =>
  ({ destinationId }: RelayDomain) =>
    scene.database
      .sql`update destinations set ${scene.database.sql({ [column]: new Date() })} where id = ${destinationId}`;

const event =
  (kind: string, facts = {}) =>
  ({ destinationId }: RelayDomain) =>
    scene.database.sql`
      insert into events (id, tenant_id, destination_id, kind, facts)
      values (${newId()}, ${OPERATOR_TENANT_ID}, ${destinationId}, ${kind}, ${JSON.stringify(facts)}::text::jsonb)`;

async function delivered({ destinationId }: RelayDomain, localPart: string): Promise<void> {
  await scene.database.sql`
    insert into recipient_answers (destination_id, tenant_id, local_part, delivered_at, forget_at)
    values (${destinationId}, ${OPERATOR_TENANT_ID}, ${localPart}, bmx_now(), bmx_now() + interval '90 days')`;
}

const primaryRow =
  (columns: Readonly<Record<string, unknown>>) =>
  ({ destinationId }: RelayDomain) =>
    scene.database
      .sql`insert into primaries ${scene.database.sql({ destination_id: destinationId, tenant_id: OPERATOR_TENANT_ID, ...columns })}`;

const isListed: IsListed = (domain, localPart) =>
  createListLookup({ sql: scene.database.database.queueSql }).isListed(domain, localPart);

/** Of a service of two nodes. */
const twoNames: Scene = {
  changes: {
    self: () => ({
      names: [OWN_NAME, 'second.test.example'],
      addresses: ['192.0.2.250'],
      listeners: [],
      interfaceAddresses: [],
      web: { host: 'bmx.example', port: 443 },
    }),
    service: () => ({ ...SERVICE, mxNames: [OWN_NAME, 'second.test.example'] }),
  },
};

const root = makeAuthority();
const ours = makeLeaf([OWN_NAME], root);
const SECURED = { usesDane: true, certificateChain: () => [derOf(ours), derOf(root)] };
/** What the DNS, which is secured, has as TLSA of our name; `hostname` is this node's. */
const secured = (TLSA?: FakeRecords['TLSA'], hostname = OWN_NAME): Scene => ({
  records: { MX: GOOD_MX, isAuthenticated: true },
  others: TLSA === undefined ? {} : { [`_25._tcp.${OWN_NAME}`]: { TLSA, isAuthenticated: true } },
  changes: { ...SECURED, hostname },
});
const POLICY: FakeRecords = { TXT: ['v=STSv1; id=1;'] };
const published = (
  mode: string,
  name = OWN_NAME,
  defects: readonly string[] = [],
  uncoveredNames: readonly string[] = [],
): Scene => ({
  policyRecord: POLICY,
  changes: {
    fetchText: async () => ({
      kind: 'FETCHED',
      text: `version: STSv1\nmode: ${mode}\nmx: mx.primary.example\nmx: ${name}\nmax_age: 86400\n`,
      mediaType: 'text/plain',
    }),
    service: () => ({ ...SERVICE, certificateDefects: defects, uncoveredNames }),
  },
});

/** Of a primary whose name the DNS has so. */
const withHost = (host: string, records: FakeRecords): Scene => ({
  ...mx([10, host], [20, OWN_NAME]),
  others: { [host]: records },
});

const contactInside = (isAlertedOutside: boolean): Scene => ({
  changes: { findContactsInside: async ({ name }) => ({ addresses: [`admin@${name}`], isAlertedOutside }) },
});
const toHost = (host: string): Scene => ({ deliverTo: [{ host, port: 25 }] });
const SLOW = { 'slow.example': { mode: 'SERVFAIL' } } as const;

/** Of each check: a name, what is looked at, the verdict, and a word of its evidence. */
const CASES: Readonly<Record<CheckCode, readonly (readonly [string, () => Scene, Finding['verdict'], RegExp?])[]>> = {
  RANK: [
    ['a primary before us', () => ({}), 'OK', /10 mx\.primary\.example, 20 backup/],
    ['we alone', () => mx([10, OWN_NAME]), 'PROBLEM', /10 backup\.test\.example/],
    ['we first', () => mx([10, OWN_NAME], [20, 'mx.primary.example']), 'PROBLEM'],
    ['we alone, and deliverTo', () => ({ ...mx([10, OWN_NAME]), deliverTo: true }), 'OK'],
    ['no MX record, and our address', () => ({ records: { A: ['192.0.2.250'] } }), 'PROBLEM', /own address stands in/],
    ['no MX record, and its own address', () => ({ records: { A: ['127.0.0.1'] } }), 'OK', /own address stands in/],
    ['no answer', () => ({ records: { MX: 'SERVFAIL' } }), 'UNKNOWN', /SERVFAIL/],
  ],
  EQUAL_RANK: [
    ['another number each', () => ({}), 'OK'],
    ['the primary has ours', () => mx([10, OWN_NAME], [10, 'mx.primary.example']), 'PROBLEM'],
    ['somebody else has ours', () => mx(...GOOD_MX, [20, 'other.primary.example']), 'WARNING'],
  ],
  NOT_LISTED: [
    ['listed', () => ({}), 'OK'],
    [
      'listed by our address',
      () => ({ ...mx([10, 'mx.primary.example'], [20, 'b.example']), others: { 'b.example': { A: ['192.0.2.250'] } } }),
      'OK',
    ],
    ['not listed', () => mx([10, 'mx.primary.example']), 'PROBLEM'],
    ['one of two names', () => ({ ...mx(...GOOD_MX), ...twoNames }), 'WARNING', /^second\.test\.example$/],
    ['both names', () => ({ ...mx(...GOOD_MX, [20, 'second.test.example']), ...twoNames }), 'OK'],
    ['none of two names', () => ({ ...mx([10, 'mx.primary.example']), ...twoNames }), 'PROBLEM'],
    [
      "a name of the customer's own for us",
      () => ({
        ...mx([10, 'mx.primary.example'], [20, 'b.example']),
        others: { 'b.example': { A: ['192.0.2.250'] } },
        ...twoNames,
      }),
      'OK',
    ],
    ['no MX records', () => ({ records: { A: ['127.0.0.1'] } }), 'PROBLEM', /own address stands in/],
    [
      'a host that may be us',
      () => ({
        ...mx([10, 'mx.primary.example'], [20, 'slow.example']),
        others: { 'slow.example': { mode: 'SERVFAIL' } },
      }),
      'UNKNOWN',
    ],
  ],
  NULL_MX: [
    ['takes mail', () => ({}), 'OK'],
    ['takes none', () => mx([0, '.']), 'PROBLEM', /^0 \.$/],
  ],
  DNS_LAPSING: [
    ['all there', () => ({}), 'OK', /ns\.example/],
    ['the domain is gone', () => ({ records: null }), 'PROBLEM', /NXDOMAIN/],
    ['its servers cannot answer', () => ({ records: { MX: 'SERVFAIL' } }), 'PROBLEM', /SERVFAIL/],
    ['the primary has no address', () => mx([10, 'gone.example'], [20, OWN_NAME]), 'PROBLEM', /no address/],
    ['one of two has none', () => mx(...GOOD_MX, [15, 'gone.example']), 'WARNING', /no address/],
    ['no answer', () => ({ records: { MX: 'TIMEOUT' } }), 'UNKNOWN', /TIMEOUT/],
    [
      'the zone of the primary cannot answer',
      () => withHost('broken.example', { mode: 'SERVFAIL' }),
      'PROBLEM',
      /SERVFAIL/,
    ],
    ['the zone of the primary is silent', () => withHost('silent.example', { mode: 'TIMEOUT' }), 'UNKNOWN', /TIMEOUT/],
  ],
  MX_ALIAS: [
    ['names', () => ({}), 'OK'],
    [
      'an alias',
      () => ({
        ...mx([10, 'alias.example'], [20, OWN_NAME]),
        others: { 'alias.example': { CNAME: 'mx.primary.example' } },
      }),
      'WARNING',
      /^mx\.primary\.example$/,
    ],
  ],
  MX_LITERAL: [
    ['names', () => ({}), 'OK'],
    ['an address', () => ({ ...mx([10, '192.0.2.7'], [20, OWN_NAME]), deliverTo: true }), 'PROBLEM', /192\.0\.2\.7/],
  ],
  MX_PRIVATE: [
    [
      'public',
      () => ({
        ...mx([10, 'public.example'], [20, OWN_NAME]),
        others: { 'public.example': { A: ['198.51.100.1'] } },
        deliverTo: true,
      }),
      'OK',
    ],
    [
      'private',
      () => ({
        ...mx([10, 'inside.example'], [20, OWN_NAME]),
        others: { 'inside.example': { A: ['10.1.2.3'] } },
        changes: { allowPrivate: false, service: () => ({ ...SERVICE, allowPrivate: false }) },
      }),
      'PROBLEM',
      /10\.1\.2\.3/,
    ],
    ['no answer', () => withHost('broken.example', { mode: 'SERVFAIL' }), 'UNKNOWN', /SERVFAIL/],
  ],
  MX_UNREACHABLE: [
    ['answers', () => ({}), 'OK', /^250/],
    ['refuses', () => ({ changes: { deliveryPort: 1 } }), 'PROBLEM', /connection refused/],
    ['deliverTo leads nowhere', () => ({ ...toHost('gone.example') }), 'PROBLEM', /^gone\.example:25$/],
    [
      'deliverTo leads inside',
      () => ({ ...toHost('10.1.2.3'), changes: { allowPrivate: false } }),
      'PROBLEM',
      /^10\.1\.2\.3:25$/,
    ],
    ['the DNS cannot say where deliverTo leads', () => ({ ...toHost('slow.example'), others: SLOW }), 'UNKNOWN'],
    [
      'one address of two',
      () => ({
        ...mx([10, 'two.example'], [20, OWN_NAME]),
        others: { 'two.example': { A: ['127.0.0.1', '127.0.0.77'] } },
      }),
      'WARNING',
      /connection refused/,
    ],
  ],
  MTA_STS: [
    ['no policy', () => ({}), 'OK', /none/],
    ['we are in it', () => published('enforce'), 'OK', /mode: enforce/],
    ['we are not', () => published('enforce', 'other.example'), 'PROBLEM', /backup\.test\.example/],
    ['we are not, in testing', () => published('testing', 'other.example'), 'WARNING'],
    ['our certificate would fail', () => published('enforce', OWN_NAME, ['has expired']), 'PROBLEM', /has expired/],
    ['it cannot be had', () => ({ policyRecord: POLICY }), 'WARNING', /nobody is asked/],
    ['no answer', () => ({ policyRecord: { TXT: 'SERVFAIL' } }), 'UNKNOWN', /SERVFAIL/],
    ['we may have another name', () => ({ ...published('enforce'), records: { MX: 'SERVFAIL' } }), 'UNKNOWN', /mode/],
    ['another node’s certificate', () => published('enforce', OWN_NAME, [], [OWN_NAME]), 'UNKNOWN', /mode: enforce/],
  ],
  TLSA: [
    ['the DNS is not secured', () => ({}), 'OK', /DNS_TRUST_AD/],
    ['no record', () => secured(), 'OK', /none/],
    ['ours', () => secured([tlsaOf(ours)]), 'OK'],
    ['of another certificate', () => secured([tlsaOf(root)]), 'PROBLEM', /matches no TLSA/],
    ['of another node’s', () => secured([tlsaOf(root)], 'other.test.example'), 'UNKNOWN', /matches no TLSA/],
    ['no answer', () => secured('SERVFAIL'), 'UNKNOWN'],
  ],
  PRIMARY_REFUSES: [
    ['takes', () => ({}), 'OK', /^250/],
    ['refuses us', () => ({ modes: 'greeting554' }), 'PROBLEM', /^554 5\.7\.1 We do not talk/],
    ['refuses at EHLO', () => ({ modes: 'ehlo5xx' }), 'PROBLEM', /Go away/],
    ['refuses its postmaster', () => ({ modes: { rcpt: '550 5.1.1 No such user' } }), 'PROBLEM', /No such user/],
    ['takes our postmaster where it takes no bounces', () => ({ modes: 'hatesNullSender' }), 'OK'],
    ['puts off', () => ({ modes: { rcpt: '451 4.3.0 Later' } }), 'UNKNOWN', /^451/],
    ['is away', () => ({ changes: { deliveryPort: 1 } }), 'UNKNOWN'],
  ],
  GREYLISTING: [
    ['not', () => ({}), 'OK'],
    ['now', () => ({ modes: { rcpt: '451 4.7.1 Greylisted, come again' } }), 'WARNING', /Greylisted/],
    ['nobody answers', () => ({ changes: { deliveryPort: 1 } }), 'UNKNOWN', /refused/],
    ['lately', () => ({ before: seen('greylisting_at') }), 'WARNING', /greylisted last/],
  ],
  TARPITTING: [
    ['not', () => ({}), 'OK'],
    ['nobody answers', () => ({ changes: { deliveryPort: 1 } }), 'UNKNOWN', /refused/],
    ['lately', () => ({ before: seen('tarpitting_at') }), 'WARNING', /tarpitted last/],
    ['now', () => ({ changes: { monotonicMs: slowly() } }), 'WARNING', /greeted after/],
  ],
  RATE_LIMITING: [
    ['not', () => ({}), 'OK'],
    ['now', () => ({ modes: 'greeting421' }), 'WARNING', /^421/],
    [
      'lately',
      () => ({
        before: ({ destinationId }) => scene.database.sql`
          insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, reply, outcome, latency_ms)
          values (${newId()}, ${OPERATOR_TENANT_ID}, ${destinationId}, ${newId()}, '{0}', true, '421 4.7.0 Too many', 'DEFERRED', 5)`,
      }),
      'WARNING',
      /^421 4\.7\.0 Too many/,
    ],
  ],
  SMALLER_SIZE: [
    ['larger', () => ({}), 'OK'],
    ['nobody answers', () => ({ changes: { deliveryPort: 1 } }), 'UNKNOWN', /refused/],
    ['smaller', () => ({ modes: 'smallSize' }), 'PROBLEM', /SIZE 1000/],
    [
      'smaller lately, now away',
      () => ({
        changes: { deliveryPort: 1 },
        before: primaryRow({ size_limit_bytes: 5000, size_seen_at: new Date() }),
      }),
      'PROBLEM',
      /SIZE 5000/,
    ],
    ['turned away before it could say', () => ({ modes: 'greeting554' }), 'UNKNOWN', /10485760/],
    [
      'smaller lately, now turned away',
      () => ({ modes: 'greeting554', before: primaryRow({ size_limit_bytes: 5000, size_seen_at: new Date() }) }),
      'PROBLEM',
      /SIZE 5000/,
    ],
  ],
  CATCH_ALL: [
    ['never asked', () => ({}), 'OK', /no call-ahead has asked/],
    [
      'refused',
      () => ({ before: primaryRow({ is_catch_all: false, catch_all_tested_at: new Date() }) }),
      'OK',
      /refused/,
    ],
    [
      'seen',
      () => ({ before: primaryRow({ is_catch_all: true, catch_all_tested_at: new Date() }) }),
      'WARNING',
      /accepted/,
    ],
  ],
  FILTER_IN_FRONT: [
    ['none', () => ({}), 'OK'],
    ['one', () => mx([10, 'mxa-1.gslb.pphosted.com'], [20, OWN_NAME]), 'PROBLEM', /Proofpoint/],
    [
      'one, passed by',
      () => ({ ...mx([10, 'mxa-1.gslb.pphosted.com'], [20, OWN_NAME]), deliverTo: true }),
      'OK',
      /Proofpoint/,
    ],
  ],
  USER_LIST_GAPS: [
    ['off', () => ({ before: (domain) => delivered(domain, 'alice') }), 'OK', /off/],
    [
      'whole',
      () => ({
        changes: { isListed },
        before: async (domain) => {
          await changeList(scene.domains, OPERATOR_VIEWER, 'ADD', {
            domain: domain.name,
            localParts: ['alice', 'team-*'],
          });
          for (const localPart of ['alice', 'team-red', 'postmaster']) await delivered(domain, localPart);
        },
      }),
      'OK',
    ],
    [
      'a gap',
      () => ({
        changes: { isListed },
        before: async (domain) => {
          await changeList(scene.domains, OPERATOR_VIEWER, 'ADD', { domain: domain.name, localParts: ['alice'] });
          for (const localPart of ['alice', 'bob']) await delivered(domain, localPart);
        },
      }),
      'PROBLEM',
      /^bob$/,
    ],
  ],
  ALERT_CONTACT_INSIDE: [
    ['none', () => ({}), 'OK'],
    ['all', () => contactInside(false), 'PROBLEM', /admin@/],
    ['one, and another elsewhere', () => contactInside(true), 'OK', /admin@/],
  ],
  FORWARDED_MAIL_REFUSED: [
    ['not', () => ({}), 'OK'],
    [
      'held',
      () => ({
        before: async ({ destinationId }) => {
          const id = await holdMessage(scene.database, { destinationId });
          await scene.database.sql`
            update recipients set last_reply = '550 5.7.26 DMARC policy of sender', last_attempt_at = bmx_now() where message_id = ${id}`;
        },
      }),
      'PROBLEM',
      /DMARC policy/,
    ],
    [
      'ended, of another cause',
      () => ({
        before: async ({ destinationId }) =>
          endMessage(scene.database, await holdMessage(scene.database, { destinationId })),
      }),
      'OK',
    ],
  ],
  SETTING_UP: [
    ['never', () => ({}), 'OK'],
    ['lately', () => ({ before: event('BREAKER_OPENED', { reply: '550 5.1.1 Who?' }) }), 'WARNING', /Who\?/],
    [
      'now',
      () => ({
        before: ({ destinationId }) => scene.database.sql`
          update destinations set breaker = 'OPEN', breaker_reply = '550 Nobody here' where id = ${destinationId}`,
      }),
      'PROBLEM',
      /Nobody here/,
    ],
  ],
  DOMAIN_READDED: [
    ['not', () => ({}), 'OK'],
    ['yes', () => ({ before: event('DOMAIN_DELETED') }), 'WARNING', /deleted at/],
  ],
  POSTMASTER_UNSET: [
    ['set', () => ({}), 'OK'],
    ['unset', () => ({ changes: { service: () => ({ ...SERVICE, postmasterAddress: null }) } }), 'WARNING'],
  ],
};

/** A clock of which a look takes six seconds: what passes between two is slow. */
function slowly(): () => number {
  let ms = 0;
  return () => {
    ms += 6000;
    return ms;
  };
}

for (const [code, cases] of Object.entries(CASES)) {
  describe(code, () => {
    for (const [title, wanted, verdict, evidence] of cases) {
      test(title, async () => {
        const finding = await look(code as CheckCode, wanted());
        const answers = finding.evidence.map(({ answered }) => answered);
        expect(`${finding.verdict} ${answers.join(' | ')}`).toStartWith(verdict);
        if (evidence !== undefined) expect(answers).toContainEqual(expect.stringMatching(evidence));
      });
    }
  });
}

test('what the primary was asked is never a message', () => {
  expect(scene.primary.countVerb('DATA')).toBe(0);
  expect(scene.primary.rcpts.every(({ address }) => address.startsWith('postmaster@'))).toBe(true);
});
