/** `backup-mx domain`: relay domains, their state, and the operator's verbs on them. */
import { mutate } from '../api/requests.ts';
import { type Action, type Call, type Shown, UsageError, type VerbTable } from './action.ts';
import { find, given, labelOptions, listOf, missing, numberOption, shown } from './call.ts';
import { confirmed, describeDomain } from './confirm.ts';
import { findRequested, followAttempt, REQUESTED_ATTEMPT, type RequestedAttempt } from './requested-attempt.ts';
import { setMxActions } from './set-mx.ts';
import { bytesText, right } from './table.ts';

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

async function list(call: Call): Promise<Shown> {
  const verdicts = call.list('doctor').flatMap((text) => text.toUpperCase().split(','));
  const filtered = verdicts.length === 0 ? {} : { filterType: 'DomainFilter', filter: { doctor: verdicts } };
  const domains = await listOf<Domain>(call, 'domains', ROW, filtered);
  return {
    kind: 'TABLE',
    columns: ['DOMAIN', 'STATUS', right('HELD'), right('SIZE'), 'OUTAGE', 'NEXT ATTEMPT'],
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

async function showDomain(call: Call): Promise<Shown> {
  const domain = await find<WholeDomain>(call, 'domain', call.args[0], WHOLE);
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

/** Runs a mutation that answers with a domain, and shows a line about it. */
async function changeDomain(
  call: Call,
  mutation: string,
  input: Readonly<Record<string, unknown>>,
  line: (domain: Payload['domain'] & {}) => string,
): Promise<Shown> {
  const fields = `domain { id name status proof { name value seenAt lostAt } ${FREE} }`;
  return shown(await mutate<Payload>(call, mutation, input, fields), ({ domain }) =>
    domain === null ? { kind: 'REFUSED', errors: [] } : { kind: 'LINE', line: line(domain), data: domain },
  );
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
  return shown(await mutate<Answer>(call, mutation, input, fields), async ({ domain }) => {
    if (domain === null) return { kind: 'REFUSED', errors: [] };
    // A mutation that changed nothing asks for no attempt: this one was asked for before.
    const isAsked = domain.requestedAttempt?.requestedAt !== before?.requestedAt;
    const tried = isAsked ? await followAttempt(call, domain.name, domain.requestedAttempt) : null;
    return { kind: 'LINE', line: tried === null ? line(domain) : `${line(domain)}: ${tried}`, data: domain };
  });
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
  const perMinute = numberOption(call, 'drain-per-minute');
  return {
    ...(call.list('deliver-to').length === 0 ? {} : { deliverTo: hostOptions(call) }),
    ...(call.list('label').length === 0 ? {} : { labels: labelOptions(call) }),
    ...(call.text('tls') === undefined ? {} : { tlsPolicy: call.text('tls')?.toUpperCase() }),
    ...(perMinute === undefined ? {} : { drainPerMinute: perMinute }),
  };
}

const SETTINGS = { 'deliver-to': 'LIST', label: 'LIST', tls: 'TEXT', 'drain-per-minute': 'TEXT' } as const;
const SETTINGS_USAGE = '[--deliver-to HOST[:PORT]]... [--label KEY=VALUE]... [--tls POLICY] [--drain-per-minute N]';

/** A verb that takes a name, and a reason if it likes. */
function simple(word: string, mutation: string, says: string, done: string, options: Action['options'] = {}): Action {
  const reason = 'reason' in options ? ' [--reason TEXT]' : '';
  return {
    usage: `${word} NAME${reason}`,
    says,
    argCount: 1,
    options,
    run: (call) =>
      changeDomain(call, mutation, { name: call.args[0], ...given(call, 'reason') }, ({ name }) => `${name} ${done}`),
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
      says: 'Lists your domains with their held mail; --doctor selects by the verdict of the last report.',
      options: { doctor: 'LIST' },
      run: list,
    },
    show: { usage: 'show NAME', says: 'Shows one domain in detail.', argCount: 1, run: showDomain },
    add: {
      usage: `add NAME ${SETTINGS_USAGE} [--force]`,
      says: 'Adds a domain.',
      argCount: 1,
      options: { ...SETTINGS, force: 'FLAG' },
      run: (call) =>
        changeDomain(
          call,
          'domainCreate',
          { name: call.args[0], ...settings(call), force: call.isSet('force') },
          ({ name, status, proof }) =>
            status === 'PENDING' && proof !== null
              ? `${name} is PENDING: add a TXT record at ${proof.name} with the value "${proof.value}"`
              : `${name} is ${status}`,
        ),
    },
    set: {
      usage: `set NAME ${SETTINGS_USAGE} [--revision N]`,
      says: 'Changes the given settings; the rest stays.',
      argCount: 1,
      options: { ...SETTINGS, revision: 'TEXT' },
      run: (call) => {
        const expectedRevision = numberOption(call, 'revision');
        const wanted = settings(call);
        if (Object.keys(wanted).length === 0) throw new UsageError('give at least one setting');
        const input = {
          name: call.args[0],
          ...wanted,
          ...(expectedRevision === undefined ? {} : { expectedRevision }),
        };
        const line = ({ name }: { readonly name: string }) => `${name} is changed`;
        return 'deliverTo' in wanted
          ? changeAndTry(call, 'domainUpdate', input, line)
          : changeDomain(call, 'domainUpdate', input, line);
      },
    },
    remove: confirmed(
      {
        usage: 'remove NAME [--held DELIVER_FIRST|CANCEL]',
        says: 'Removes a domain; if mail is held, --held says what happens to it.',
        argCount: 1,
        options: { held: 'TEXT' },
        run: (call) =>
          changeDomain(
            call,
            'domainDelete',
            { name: call.args[0], held: call.text('held')?.toUpperCase() ?? null },
            ({ name }) => `${name} is removed`,
          ),
      },
      describeDomain,
    ),
    verify: simple('verify', 'domainVerify', 'Checks the TXT record that proves its ownership.', 'is proven'),
    flush: {
      usage: 'flush NAME',
      says: 'Tries its held mail now, and shows when that began.',
      argCount: 1,
      run: (call) => changeAndTry(call, 'domainFlush', { name: call.args[0] }, ({ name }) => `${name} is flushed`),
    },
    pause: {
      usage: 'pause NAME [--from TIME] [--until TIME] [--reason TEXT]',
      says: 'Pauses its delivery, now or in a future window.',
      argCount: 1,
      options: { ...REASON, from: 'TEXT', until: 'TEXT' },
      run: (call) =>
        changeDomain(
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
      argCount: 1,
      options: { hours: 'TEXT' },
      run: (call) =>
        changeDomain(
          call,
          'domainExtendHold',
          { name: call.args[0], hours: numberOption(call, 'hours') ?? missing('hours') },
          ({ name }) => `${name} is held longer`,
        ),
    },
    'release-breaker': {
      usage: 'release-breaker NAME',
      says: 'Closes its breaker: all its mail is tried at once.',
      argCount: 1,
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
