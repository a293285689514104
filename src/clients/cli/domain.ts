/** `backup-mx domain`: relay domains, their state, and the operator's verbs on them. */
import { type Action, type Call, labelOptions, missing, numberOption, type Shown, type VerbTable } from './action.ts';
import { allNodes, PAGE_INFO, type Page } from '../api/pages.ts';
import { mutate } from '../api/mutation.ts';
import { BadUse } from './bad-use.ts';
import { confirmed, describeDomain } from './confirm.ts';
import { Refusal } from '../api/refusal.ts';
import { findRequested, followAttempt, REQUESTED_ATTEMPT, type RequestedAttempt } from './requested-attempt.ts';
import { setMxActions } from './set-mx.ts';
import { bytesText } from './table.ts';

interface Domain {
  readonly name: string;
  readonly status: string;
  readonly queue: { readonly heldCount: number; readonly heldBytes: number; readonly nextAttemptAt: string | null };
  readonly outage: { readonly class: string; readonly startedAt: string; readonly lastReply: string } | null;
}

const ROW = 'name status queue { heldCount heldBytes nextAttemptAt } outage { class startedAt lastReply }';
const WHOLE = `${ROW} id revision lastAttempt { at host address reply outcome } requestedAttempt { requestedAt beganAt waitsFor } labels { key value } tenant { name } mx { verdict recommended { host preference } observed { host preference } }
  proof { name value seenAt lostAt } pause { from until reason isInForce } breaker { state reply } recipientCount callAheads tlsPolicy
  deliverTo { host port } dnsblZones { zone mode } drainPerMinute`;

/** At most so many are listed; more are found by name. */
const MOST_LISTED = 10_000;

async function list({ ask, list: options }: Call): Promise<Shown> {
  const verdicts = options('doctor').flatMap((text) => text.toUpperCase().split(','));
  // Without it an older service is asked what it knows.
  const [declared, given] = verdicts.length === 0 ? ['', ''] : [', $filter: DomainFilter', ', filter: $filter'];
  const filter = verdicts.length === 0 ? {} : { filter: { doctor: verdicts } };
  const query = `query ($first: Int!, $after: String${declared}) {
    domains(first: $first, after: $after${given}) { nodes { ${ROW} } ${PAGE_INFO} } }`;
  const domains = await allNodes(
    MOST_LISTED,
    async (after, first) => (await ask<{ domains: Page<Domain> }>(query, { first, after, ...filter })).domains,
  );
  return {
    kind: 'TABLE',
    columns: [
      { title: 'DOMAIN' },
      { title: 'STATUS' },
      { title: 'HELD', align: 'RIGHT' },
      { title: 'SIZE', align: 'RIGHT' },
      { title: 'OUTAGE' },
      { title: 'NEXT ATTEMPT' },
    ],
    rows: domains.map(({ name, status, queue, outage }) => [
      name,
      status,
      queue.heldCount,
      bytesText(queue.heldBytes),
      outage?.class,
      queue.nextAttemptAt,
    ]),
    data: domains,
  };
}

interface LastAttempt {
  readonly at: string;
  readonly host: string | null;
  readonly address: string | null;
  readonly reply: string;
  readonly outcome: string;
}

interface WholeDomain extends Domain {
  readonly revision: number;
  readonly tenant: { readonly name: string };
  readonly labels: readonly { readonly key: string; readonly value: string }[];
  readonly mx: Record<'recommended' | 'observed', readonly { readonly host: string; readonly preference: number }[]> & {
    readonly verdict: string;
  };
  readonly proof: {
    readonly name: string;
    readonly value: string;
    readonly seenAt: string | null;
    readonly lostAt: string | null;
  } | null;
  readonly pause: {
    readonly from: string | null;
    readonly until: string | null;
    readonly reason: string | null;
  } | null;
  readonly lastAttempt: LastAttempt | null;
  readonly breaker: { readonly state: string; readonly reply: string | null };
  readonly recipientCount: number;
  readonly callAheads: boolean;
  readonly tlsPolicy: string;
  readonly deliverTo: readonly { readonly host: string; readonly port: number }[];
  readonly dnsblZones: readonly { readonly zone: string; readonly mode: string }[];
}

async function showDomain({ ask, args: [name] }: Call): Promise<Shown> {
  const { domain } = await ask<{ domain: WholeDomain | null }>(
    `query ($name: String!) { domain(name: $name) { ${WHOLE} } }`,
    { name },
  );
  if (domain === null) throw new Refusal(`you have no domain "${name}"`);
  const { queue, outage, lastAttempt, pause, proof, breaker, mx } = domain;
  const mxText = (hosts: typeof mx.observed) => hosts.map(({ host, preference }) => `${preference} ${host}`).join(', ');
  return {
    kind: 'FACTS',
    facts: [
      ['name', domain.name],
      ['status', domain.status],
      ['tenant', domain.tenant.name],
      ['revision', domain.revision],
      ['held', `${queue.heldCount} (${bytesText(queue.heldBytes)})`],
      ['next attempt', queue.nextAttemptAt],
      ['last attempt', lastAttempt === null ? null : attemptText(lastAttempt)],
      ['outage', outage === null ? null : `${outage.class} since ${outage.startedAt}: ${outage.lastReply}`],
      [
        'pause',
        pause === null ? null : `${pause.from ?? 'now'} until ${pause.until ?? 'resumed'}: ${pause.reason ?? ''}`,
      ],
      ['breaker', breaker.reply === null ? breaker.state : `${breaker.state}: ${breaker.reply}`],
      ['mx verdict', mx.verdict],
      ['mx observed', mxText(mx.observed)],
      ['mx recommended', mxText(mx.recommended)],
      [
        'proof',
        proof === null
          ? null
          : `TXT ${proof.name} "${proof.value}" ${proof.seenAt === null ? 'not seen yet' : `seen ${proof.seenAt}`}`,
      ],
      ['deliver to', domain.deliverTo.map(({ host, port }) => `${host}:${port}`).join(', ')],
      ['user list', domain.recipientCount === 0 ? 'off' : `${domain.recipientCount} entries`],
      ['call-aheads', domain.callAheads],
      ['dnsbl', domain.dnsblZones.map(({ zone, mode }) => `${zone} (${mode})`).join(', ')],
      ['tls', domain.tlsPolicy],
      ['labels', domain.labels.map(({ key, value }) => `${key}=${value}`).join(', ')],
    ],
    data: domain,
  };
}

function attemptText({ at, host, address, outcome, reply }: LastAttempt): string {
  const place = host === null ? '' : ` at ${host}${address === null ? '' : ` (${address})`}`;
  return `${at}${place}, ${outcome}: ${reply}`;
}

interface Payload {
  readonly domain: (Domain & { readonly proof: WholeDomain['proof'] }) | null;
}

/** Runs a mutation that answers with a domain, and says what is so now. */
async function change(
  call: Call,
  mutation: string,
  input: Readonly<Record<string, unknown>>,
  line: (domain: Payload['domain'] & {}) => string,
): Promise<Shown> {
  const fields = `domain { id name status proof { name value seenAt lostAt } ${FREE} }`;
  const answer = await mutate<Payload>(call, mutation, input, fields);
  if (answer.kind === 'REFUSED') return answer;
  const { domain } = answer.payload;
  if (domain === null) return { kind: 'REFUSED', errors: [] };
  return { kind: 'LINE', line: line(domain), data: domain };
}

/** The same of a mutation that asks for an attempt at once, with what becomes of that. */
async function changeAndTry(
  call: Call,
  mutation: string,
  input: Readonly<Record<string, unknown>>,
  line: (domain: { readonly name: string }) => string,
): Promise<Shown> {
  const fields = `domain { id name ${FREE} ${REQUESTED_ATTEMPT} }`;
  type Answer = {
    readonly domain: { readonly name: string; readonly requestedAttempt: RequestedAttempt | null } | null;
  };
  const before = await findRequested(call, String(input['name']));
  const answer = await mutate<Answer>(call, mutation, input, fields);
  if (answer.kind === 'REFUSED') return answer;
  const { domain } = answer.payload;
  if (domain === null) return { kind: 'REFUSED', errors: [] };
  // What changed nothing asks for nothing: the one asked for before is none of this verb's.
  const isAsked = domain.requestedAttempt?.requestedAt !== before?.requestedAt;
  const tried = isAsked ? await followAttempt(call, domain.name, domain.requestedAttempt) : null;
  return { kind: 'LINE', line: tried === null ? line(domain) : `${line(domain)}: ${tried}`, data: domain };
}

const FREE = 'queue { heldCount heldBytes nextAttemptAt }';

function hostOptions(call: Call): { host: string; port: number }[] {
  return call.list('deliver-to').map((text) => {
    const [, host = text, port = '25'] = /^(.+?)(?::(\d{1,5}))?$/.exec(text.replaceAll(/[[\]]/g, '')) ?? [];
    return { host, port: Number(port) };
  });
}

/** Only what was given. */
function settings(call: Call): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  if (call.list('deliver-to').length > 0) given['deliverTo'] = hostOptions(call);
  if (call.list('label').length > 0) given['labels'] = labelOptions(call);
  if (call.text('tls') !== undefined) given['tlsPolicy'] = call.text('tls')?.toUpperCase();
  const perMinute = numberOption(call, 'drain-per-minute');
  if (perMinute !== undefined) given['drainPerMinute'] = perMinute;
  return given;
}

const SETTINGS = { 'deliver-to': 'LIST', label: 'LIST', tls: 'TEXT', 'drain-per-minute': 'TEXT' } as const;
const SETTINGS_USAGE = '[--deliver-to HOST[:PORT]]... [--label KEY=VALUE]... [--tls POLICY] [--drain-per-minute N]';
const ONE = { least: 1, most: 1 };

/** A verb that takes a name, and a reason if it likes. */
function simple(word: string, mutation: string, says: string, done: string, options: Action['options'] = {}): Action {
  const reason = 'reason' in options ? ' [--reason TEXT]' : '';
  return {
    usage: `${word} NAME${reason}`,
    says,
    argCount: ONE,
    options,
    run: (call) =>
      change(
        call,
        mutation,
        { name: call.args[0], ...(call.text('reason') === undefined ? {} : { reason: call.text('reason') }) },
        ({ name }) => `${name} ${done}`,
      ),
  };
}

const REASON = { reason: 'TEXT' } as const;

export const domainVerb: VerbTable = {
  verb: 'domain',
  says: 'Relay domains.',
  example: 'backup-mx domain add example.org --label team=web',
  actions: {
    list: {
      usage: 'list [--doctor VERDICT[,VERDICT]]',
      says: 'All your domains, or those with these worst verdicts of the doctor, with what is held.',
      argCount: { least: 0, most: 0 },
      options: { doctor: 'LIST' },
      run: list,
    },
    show: { usage: 'show NAME', says: 'One domain and all about it.', argCount: ONE, options: {}, run: showDomain },
    add: {
      usage: `add NAME ${SETTINGS_USAGE} [--force]`,
      says: 'Adds a domain.',
      argCount: ONE,
      options: { ...SETTINGS, force: 'FLAG' },
      run: (call) =>
        change(
          call,
          'domainCreate',
          { name: call.args[0], ...settings(call), force: call.isSet('force') },
          ({ name, status, proof }) =>
            status === 'PENDING' && proof !== null
              ? `${name} is PENDING: add a TXT record at ${proof.name} that says "${proof.value}"`
              : `${name} is ${status}`,
        ),
    },
    set: {
      usage: `set NAME ${SETTINGS_USAGE} [--revision N]`,
      says: 'Changes what is named; the rest stays.',
      argCount: ONE,
      options: { ...SETTINGS, revision: 'TEXT' },
      run: (call) => {
        const expectedRevision = numberOption(call, 'revision');
        const given = settings(call);
        if (Object.keys(given).length === 0) throw new BadUse('name at least one setting');
        const input = { name: call.args[0], ...given, ...(expectedRevision === undefined ? {} : { expectedRevision }) };
        const line = ({ name }: { readonly name: string }) => `${name} is changed`;
        return 'deliverTo' in given
          ? changeAndTry(call, 'domainUpdate', input, line)
          : change(call, 'domainUpdate', input, line);
      },
    },
    remove: confirmed(
      {
        usage: 'remove NAME [--held DELIVER_FIRST|CANCEL]',
        says: 'Removes a domain; with held mail say what becomes of it.',
        argCount: ONE,
        options: { held: 'TEXT' },
        run: (call) =>
          change(
            call,
            'domainDelete',
            { name: call.args[0], held: call.text('held')?.toUpperCase() ?? null },
            ({ name }) => `${name} is removed`,
          ),
      },
      describeDomain,
    ),
    verify: simple('verify', 'domainVerify', 'Looks for the TXT record that proves it.', 'is proven'),
    flush: {
      usage: 'flush NAME',
      says: 'Tries its held mail now, and says when that began.',
      argCount: ONE,
      options: {},
      run: (call) => changeAndTry(call, 'domainFlush', { name: call.args[0] }, ({ name }) => `${name} is flushed`),
    },
    pause: {
      usage: 'pause NAME [--from TIME] [--until TIME] [--reason TEXT]',
      says: 'Pauses its delivery, now or in a window to come.',
      argCount: ONE,
      options: { ...REASON, from: 'TEXT', until: 'TEXT' },
      run: (call) =>
        change(
          call,
          'domainPause',
          {
            name: call.args[0],
            from: call.text('from') ?? null,
            until: call.text('until') ?? null,
            reason: call.text('reason') ?? null,
          },
          ({ name }) => `${name} is paused`,
        ),
    },
    resume: simple('resume', 'domainResume', 'Ends its pause.', 'is not paused', REASON),
    'extend-hold': {
      usage: 'extend-hold NAME --hours N',
      says: 'Holds the mail of its outage longer.',
      argCount: ONE,
      options: { hours: 'TEXT' },
      run: (call) =>
        change(
          call,
          'domainExtendHold',
          { name: call.args[0], hours: numberOption(call, 'hours') ?? missing('hours') },
          ({ name }) => `${name} is held longer`,
        ),
    },
    'release-breaker': {
      usage: 'release-breaker NAME',
      says: 'Closes its breaker: all its mail is tried at once.',
      argCount: ONE,
      options: {},
      run: (call) =>
        changeAndTry(call, 'domainReleaseBreaker', { name: call.args[0] }, ({ name }) => `${name} is released`),
    },
    suspend: simple(
      'suspend',
      'domainSuspend',
      'Takes it out of service: its mail is deferred.',
      'is suspended',
      REASON,
    ),
    ...setMxActions,
    unsuspend: simple('unsuspend', 'domainUnsuspend', 'Puts it back into service.', 'is in service', REASON),
  },
};
