/** `backup-mx domain`: relay domains, their state, and the operator's verbs on them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Domain as ApiDomain } from '../../control/generated.ts';
import { mutate, type MutationOf, readObject, type Selected } from '../api/requests.ts';
import { type Action, type Call, type Shown, UsageError, type VerbTable } from './action.ts';
import {
  find,
  given,
  labelOptions,
  listOf,
  missing,
  NOTHING_DONE,
  numberField,
  durationOption,
  shown,
  tableOf,
} from './call.ts';
import { confirmed, describeDomain } from './confirm.ts';
import { setMxActions } from './set-mx.ts';
import { bytesText, right } from './table.ts';

const ROW = 'name status queue { heldCount heldSize nextAttemptAt } outage { kind startedAt lastReply }';
const WHOLE =
  `${ROW} id revision lastAttempt { at host address reply outcome } requestedAttempt { requestedAt startedAt waitsFor }
  labels { key value } tenant { name } mx { verdict recommended { host preference } observed { host preference } }
  proof { name value seenAt lostAt } pause { from until reason isInForce } breaker { state reply } recipientList { isEnabled entryCount } hasCallAheads tlsPolicy
  deliverTo { host port } dnsblZones { zone mode } drainPerMinute` as const;

async function list(call: Call): Promise<Shown> {
  const verdicts = call.list('doctor').flatMap((text) => text.toUpperCase().split(','));
  const filtered = verdicts.length === 0 ? {} : { filterType: 'DomainFilter', filter: { doctor: verdicts } };
  return tableOf(await listOf(call, 'domains', ROW, filtered), [
    ['DOMAIN', ({ name }) => name],
    ['STATUS', ({ status }) => status],
    [right('HELD'), ({ queue }) => queue.heldCount],
    [right('SIZE'), ({ queue }) => bytesText(queue.heldSize)],
    ['OUTAGE', ({ outage }) => outage?.kind],
    ['NEXT ATTEMPT', ({ queue }) => queue.nextAttemptAt],
  ]);
}

async function showDomain(call: Call): Promise<Shown> {
  const domain = await find(call, 'domain', call.args[0], WHOLE);
  const { queue, outage, lastAttempt, pause, proof, breaker, mx } = domain;
  const mxText = (hosts: typeof mx.observed) => hosts.map(({ host, preference }) => `${preference} ${host}`).join(', ');
  return {
    kind: 'FACTS',
    facts: [
      ['name', domain.name],
      ['status', domain.status],
      ['tenant', domain.tenant.name],
      ['revision', domain.revision],
      ['held', `${queue.heldCount} (${bytesText(queue.heldSize)})`],
      ['next attempt', queue.nextAttemptAt],
      ['last attempt', lastAttempt === null ? null : attemptText(lastAttempt)],
      ['outage', outage === null ? null : `${outage.kind} since ${outage.startedAt}: ${outage.lastReply}`],
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
      ['user list', domain.recipientList.isEnabled ? `${domain.recipientList.entryCount} entries` : 'off'],
      ['call-aheads', domain.hasCallAheads],
      ['dnsbl', domain.dnsblZones.map(({ zone, mode }) => `${zone} (${mode})`).join(', ')],
      ['tls', domain.tlsPolicy],
      ['labels', domain.labels.map(({ key, value }) => `${key}=${value}`).join(', ')],
    ],
    data: domain,
  };
}

function attemptText({
  at,
  host,
  address,
  outcome,
  reply,
}: Selected<ApiDomain, typeof WHOLE>['lastAttempt'] & {}): string {
  const place = host === null ? '' : ` at ${host}${address === null ? '' : ` (${address})`}`;
  return `${at}${place}, ${outcome}: ${reply}`;
}

const FREE = 'queue { heldCount heldSize nextAttemptAt }';
const CHANGED = `id name status proof { name value seenAt lostAt } ${FREE}` as const;
type DomainMutation = MutationOf<'domain'>;

/** Runs a mutation that answers with a domain, and shows a line about it. */
async function changeDomain(
  call: Call,
  mutation: DomainMutation,
  input: Readonly<Record<string, unknown>>,
  line: (domain: Selected<ApiDomain, typeof CHANGED>) => string,
): Promise<Shown> {
  return shown(await mutate(call, mutation, input, `domain { ${CHANGED} }`), ({ domain }) =>
    domain === null ? NOTHING_DONE : { kind: 'LINE', line: line(domain), data: domain },
  );
}

const REQUESTED_ATTEMPT = 'requestedAttempt { requestedAt startedAt waitsFor }';
type RequestedAttempt = Selected<ApiDomain, typeof REQUESTED_ATTEMPT>['requestedAttempt'];

/** The same of a mutation that asks for an attempt at once, with what becomes of that. */
async function changeAndTry(
  call: Call,
  mutation: DomainMutation,
  input: Readonly<Record<string, unknown>>,
  line: (domain: { readonly name: string }) => string,
): Promise<Shown> {
  const before = await findRequested(call, String(input['name']));
  const answer = await mutate(call, mutation, input, `domain { id name ${FREE} ${REQUESTED_ATTEMPT} }`);
  return shown(answer, async ({ domain }) => {
    if (domain === null) return NOTHING_DONE;
    // A mutation that changed nothing asks for no attempt: this one was asked for before.
    const isAsked = domain.requestedAttempt?.requestedAt !== before?.requestedAt;
    const tried = isAsked ? await followAttempt(call, domain.name, domain.requestedAttempt) : null;
    return { kind: 'LINE', line: tried === null ? line(domain) : `${line(domain)}: ${tried}`, data: domain };
  });
}

/** An attempt begins within two seconds, where nothing else is in the way. */
const POLLS = 15;
const BETWEEN_MS = 200;

const WAITS: Readonly<Record<string, string>> = {
  TURN: 'the nodes are busy with other domains',
  IN_DELIVERY: 'its mail is being delivered, and the attempt comes after that',
  NOTHING_HELD: 'no mail is held',
  PAUSED: 'it is paused',
  SCHEDULE: 'a pause came between, and its mail is tried when it is due',
  DRAIN_CAP: 'its drainPerMinute allows no more at present',
  NO_NODE: 'no node of the service delivers mail',
};

async function findRequested(call: Call, name: string): Promise<RequestedAttempt> {
  return (await readObject(call, 'domain', name, REQUESTED_ATTEMPT))?.requestedAttempt ?? null;
}

/** Waits a moment for the requested attempt, and says in words what became of it; null if no attempt was requested. */
async function followAttempt(call: Call, name: string, first: RequestedAttempt): Promise<string | null> {
  let requested = first;
  for (let poll = 0; poll < POLLS && mayBeginSoon(requested); poll += 1) {
    await sleep(BETWEEN_MS);
    requested = await findRequested(call, name);
  }
  if (requested === null) return null;
  if (requested.startedAt !== null) return `an attempt began at ${requested.startedAt}`;
  const { waitsFor } = requested;
  return `no attempt has begun yet: ${WAITS[waitsFor ?? ''] ?? `it waits (${waitsFor})`}`;
}

function mayBeginSoon(requested: RequestedAttempt): boolean {
  return requested?.startedAt === null && (requested.waitsFor === 'TURN' || requested.waitsFor === 'IN_DELIVERY');
}

function hostOptions(call: Call): { host: string; port: number }[] {
  return call.list('deliver-to').map((text) => {
    const [, host = text, port = '25'] = /^(.+?)(?::(\d{1,5}))?$/.exec(text.replaceAll(/[[\]]/g, '')) ?? [];
    return { host, port: Number(port) };
  });
}

/** Only what was given. */
function settings(call: Call): Record<string, unknown> {
  return {
    ...(call.list('deliver-to').length === 0 ? {} : { deliverTo: hostOptions(call) }),
    ...(call.list('label').length === 0 ? {} : { labels: labelOptions(call) }),
    ...(call.text('tls') === undefined ? {} : { tlsPolicy: call.text('tls')?.toUpperCase() }),
    ...numberField(call, 'drain-per-minute', 'drainPerMinute'),
  };
}

const SETTINGS = '[--deliver-to HOST[:PORT]]... [--label KEY=VALUE]... [--tls POLICY] [--drain-per-minute N]';

/** An action with a name, and a reason if the usage allows one. */
function simple(usage: string, mutation: DomainMutation, says: string, done: string): Action {
  return {
    usage,
    says,
    run: (call) =>
      changeDomain(call, mutation, { name: call.args[0], ...given(call, 'reason') }, ({ name }) => `${name} ${done}`),
  };
}

const REASON = 'NAME [--reason TEXT]';

export const domainVerb: VerbTable = {
  verb: 'domain',
  says: 'Relay domains.',
  example: 'backup-mx domain add example.org --label team=web',
  actions: {
    list: {
      usage: '[--doctor VERDICT[,VERDICT]]',
      says: 'Lists your domains with their held mail; --doctor selects by the verdict of the last report.',
      run: list,
    },
    show: { usage: 'NAME', says: 'Shows one domain in detail.', run: showDomain },
    add: {
      usage: `NAME ${SETTINGS} [--force]`,
      says: 'Adds a domain.',
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
      usage: `NAME ${SETTINGS} [--revision N]`,
      says: 'Changes the given settings; the rest stays.',
      run: (call) => {
        const wanted = settings(call);
        if (Object.keys(wanted).length === 0) throw new UsageError('give at least one setting');
        const input = { name: call.args[0], ...wanted, ...numberField(call, 'revision', 'expectedRevision') };
        const line = ({ name }: { readonly name: string }) => `${name} is changed`;
        return 'deliverTo' in wanted
          ? changeAndTry(call, 'domainUpdate', input, line)
          : changeDomain(call, 'domainUpdate', input, line);
      },
    },
    remove: confirmed(
      {
        usage: 'NAME [--held DELIVER_FIRST|CANCEL]',
        says: 'Removes a domain; if mail is held, --held says what happens to it.',
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
    verify: simple('NAME', 'domainVerify', 'Checks the TXT record that proves its ownership.', 'is proven'),
    flush: {
      usage: 'NAME',
      says: 'Tries its held mail now, and shows when that began.',
      run: (call) => changeAndTry(call, 'domainFlush', { name: call.args[0] }, ({ name }) => `${name} is flushed`),
    },
    pause: {
      usage: 'NAME [--from TIME] [--until TIME] [--reason TEXT]',
      says: 'Pauses its delivery, now or in a future window.',
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
    resume: simple(REASON, 'domainResume', 'Ends its pause.', 'is not paused'),
    'extend-hold': {
      usage: 'NAME --by SPAN',
      says: 'Holds the mail of its outage longer.',
      run: (call) =>
        changeDomain(
          call,
          'domainExtendHold',
          { name: call.args[0], by: durationOption(call, 'by') ?? missing('by') },
          ({ name }) => `${name} is held longer`,
        ),
    },
    'release-breaker': {
      usage: 'NAME',
      says: 'Closes its breaker: all its mail is tried at once.',
      run: (call) =>
        changeAndTry(call, 'domainReleaseBreaker', { name: call.args[0] }, ({ name }) => `${name} is released`),
    },
    suspend: simple(REASON, 'domainSuspend', 'Takes it out of service: its mail is deferred.', 'is suspended'),
    ...setMxActions,
    unsuspend: simple(REASON, 'domainUnsuspend', 'Puts it back into service.', 'is in service'),
  },
};
