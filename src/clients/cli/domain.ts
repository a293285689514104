/** `backup-mx domain`: relay domains, their state, and the operator's verbs on them. */
import { type Action, type Call, type Shown, UsageError, type VerbTable } from './action.ts';
import { durationOption, given, labelsOf, listOf, missing, numberField, tableOf } from './call.ts';
import { bounceHeldAction } from './bounce-held.ts';
import { confirmed, describeDomain, describeTransfer } from './confirm.ts';
import { changeAndTry, changeDomain, type DomainMutation } from './domain-change.ts';
import { givenSettings, SETTINGS_USAGE } from './domain-settings.ts';
import { showDomain } from './domain-show.ts';
import { drillScheduleAction } from './drill.ts';
import { setMxActions } from './set-mx.ts';
import { bytesText, right } from './table.ts';
import { timeOption } from './time.ts';

const ROW = 'name status situation queue { heldCount heldSize nextAttemptAt } outage { kind }';
const LIST_USAGE = [
  '[--prefix TEXT] [--label KEY=VALUE]... [--situation SITUATION[,SITUATION]] [--status pending|active|suspended] [--tenant ID]',
  '[--doctor VERDICT[,VERDICT]] [--breaker BREAKER[,BREAKER]] [--outage] [--held] [--order created|name|urgency]',
].join(' ');

async function list(call: Call): Promise<Shown> {
  const lists = { situations: call.list('situation'), doctor: call.list('doctor'), breaker: call.list('breaker') };
  const [prefix, status, labels] = [call.text('prefix'), call.text('status'), labelsOf(call.list('label'))];
  const filter = {
    ...Object.fromEntries(Object.entries(lists).filter(([, values]) => values.length > 0)),
    ...(prefix === undefined ? {} : { namePrefix: prefix }),
    ...(status === undefined ? {} : { statuses: [status.toUpperCase()] }),
    ...(labels.length === 0 ? {} : { labels }),
    ...(call.isSet('outage') ? { hasOpenOutage: true } : {}),
    ...(call.isSet('held') ? { isHolding: true } : {}),
    ...tenantField(call),
  };
  const filtered = Object.keys(filter).length === 0 ? {} : { filterType: 'DomainFilter', filter };
  return tableOf(await listOf(call, 'domains', ROW, { ...filtered, orderBy: call.text('order')?.toUpperCase() }), [
    ['DOMAIN', ({ name }) => name],
    ['STATUS', ({ status: own }) => own],
    ['SITUATION', ({ situation }) => situation],
    [right('HELD'), ({ queue }) => queue.heldCount],
    [right('SIZE'), ({ queue }) => bytesText(queue.heldSize)],
    ['OUTAGE', ({ outage }) => outage?.kind],
    ['NEXT ATTEMPT', ({ queue }) => call.time(queue.nextAttemptAt)],
  ]);
}

function tenantField(call: Call): Record<string, string> {
  const tenantId = call.text('tenant');
  return tenantId === undefined ? {} : { tenantId };
}

/** An action with a name, and a reason if the usage allows one. */
function simple(usage: string, mutation: DomainMutation, says: string, done: string): Action {
  return {
    usage,
    says,
    mutations: [mutation],
    run: (call) =>
      changeDomain(call, mutation, { name: call.args[0], ...given(call, 'reason') }, ({ name }) => `${name} ${done}`),
  };
}

const REASON = 'NAME [--reason TEXT]';

export const domainVerb: VerbTable = {
  verb: 'domain',
  says: 'Relay domains.',
  example: 'backup-mx domain create example.org --label team=web',
  actions: {
    list: {
      usage: LIST_USAGE,
      says: 'Lists your domains with their held mail, or those of a situation, label, owner, and so on.',
      run: list,
    },
    show: { usage: 'NAME', says: 'Shows one domain in detail.', run: showDomain },
    create: {
      usage: `NAME ${SETTINGS_USAGE} [--tenant ID] [--force]`,
      says: 'Creates a domain. --force takes a name that looks like that of a mail server.',
      mutations: ['domainCreate'],
      run: (call) =>
        changeDomain(
          call,
          'domainCreate',
          { name: call.args[0], ...givenSettings(call), ...tenantField(call), force: call.isSet('force') },
          ({ name, status, proof }) =>
            status === 'PENDING' && proof !== null
              ? `${name} is PENDING: add a TXT record at ${proof.name} with the value "${proof.value}"`
              : `${name} is ${status}`,
        ),
    },
    set: {
      usage: `NAME ${SETTINGS_USAGE} [--expected-revision N]`,
      says: 'Changes the given settings; the rest stays. The value "default" restores the default of a setting.',
      mutations: ['domainUpdate'],
      run: (call) => {
        const wanted = givenSettings(call);
        if (Object.keys(wanted).length === 0) throw new UsageError('give at least one setting');
        const input = { name: call.args[0], ...wanted, ...numberField(call, 'expected-revision', 'expectedRevision') };
        const line = ({ name }: { readonly name: string }) => `${name} is changed`;
        return 'deliverTo' in wanted
          ? changeAndTry(call, 'domainUpdate', input, line)
          : changeDomain(call, 'domainUpdate', input, line);
      },
    },
    delete: confirmed(
      {
        usage: 'NAME [--held END]',
        says: 'Deletes a domain; if mail is held, --held says what happens to it.',
        mutations: ['domainDelete'],
        run: (call) =>
          changeDomain(
            call,
            'domainDelete',
            { name: call.args[0], held: call.text('held') ?? null },
            ({ name }) => `${name} is deleted`,
          ),
      },
      describeDomain,
    ),
    verify: simple('NAME', 'domainVerify', 'Checks the TXT record that proves its ownership.', 'is proven'),
    flush: {
      usage: 'NAME',
      says: 'Tries its held mail now, and shows when that began.',
      mutations: ['domainFlush'],
      run: (call) => changeAndTry(call, 'domainFlush', { name: call.args[0] }, ({ name }) => `${name} is flushed`),
    },
    pause: {
      usage: 'NAME [--from TIME] [--until TIME] [--reason TEXT]',
      says: 'Pauses its delivery, now or in a future window: --from and --until take times, or spans from now.',
      mutations: ['domainPause'],
      run: (call) =>
        changeDomain(
          call,
          'domainPause',
          {
            name: call.args[0],
            from: timeOption(call, 'from', 'FUTURE') ?? null,
            until: timeOption(call, 'until', 'FUTURE') ?? null,
            reason: call.text('reason') ?? null,
          },
          ({ name }) => `${name} is paused`,
        ),
    },
    resume: simple(REASON, 'domainResume', 'Ends its pause.', 'is not paused'),
    'extend-hold': {
      usage: 'NAME --by SPAN',
      says: 'Holds the mail of its outage longer.',
      mutations: ['domainExtendHold'],
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
      mutations: ['domainReleaseBreaker'],
      run: (call) =>
        changeAndTry(call, 'domainReleaseBreaker', { name: call.args[0] }, ({ name }) => `${name} is released`),
    },
    'bounce-held': bounceHeldAction,
    'drill-schedule': drillScheduleAction,
    suspend: simple(REASON, 'domainSuspend', 'Takes it out of service: its mail is deferred.', 'is suspended'),
    transfer: confirmed(
      {
        usage: 'NAME --tenant ID',
        says: 'Gives a domain with its mail to another tenant; for operators.',
        mutations: ['domainTransfer'],
        run: (call) =>
          changeDomain(
            call,
            'domainTransfer',
            { name: call.args[0], tenantId: call.text('tenant') ?? missing('tenant') },
            ({ name }) => `${name} is transferred`,
          ),
      },
      describeTransfer,
    ),
    ...setMxActions,
    unsuspend: simple(REASON, 'domainUnsuspend', 'Puts it back into service.', 'is in service'),
  },
};
