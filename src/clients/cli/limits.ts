/** `backup-mx service`: the service as a whole, and its limits. */
import type { Query } from '../../control/generated.ts';
import { parseDuration } from '../../mail/duration.ts';
import { mutate, type Selected } from '../api/requests.ts';
import { type Call, type Shown, UsageError, type VerbTable } from './action.ts';
import { durationField, NOTHING_DONE, shown, tableOf } from './call.ts';
import { confirm } from './confirm.ts';
import { bytesText, type Cell } from './table.ts';
import { spanText } from './time.ts';

const SERVICE = `version runtime mxNames egressAddresses messageSizeLimit lifetime troubleSince
  retrySchedule { interval attemptCount } nodes { name version runtime roles startedAt lastSeenAt }`;

async function showService(call: Call): Promise<Shown> {
  const { service } = await call.ask<{ service: Selected<Query['service'], typeof SERVICE> }>(
    `{ service { ${SERVICE} } }`,
  );
  const schedule = service.retrySchedule.map(({ interval, attemptCount }, index, stages) => {
    const every = `every ${spanText(parseDuration(interval) ?? 0)}`;
    return index === stages.length - 1 ? `then ${every}` : `${attemptCount} times ${every}`;
  });
  const operator = await operatorFacts(call, service.nodes !== null);
  const { nodes } = service;
  return {
    kind: 'FACTS',
    facts: [
      ['version', service.version],
      ['runtime', service.runtime],
      ['MX names', service.mxNames.join(', ')],
      ['connects from', service.egressAddresses.join(', ')],
      ['largest message', bytesText(service.messageSizeLimit)],
      ['held for', spanText(parseDuration(service.lifetime) ?? 0)],
      ['retries', schedule.join(', ')],
      ['trouble since', call.time(service.troubleSince)],
      ...operator.facts,
    ],
    ...(nodes === null
      ? {}
      : {
          table: tableOf(nodes, [
            ['NODE', ({ name }) => name],
            ['VERSION', ({ version }) => version],
            ['ROLES', ({ roles }) => roles.join(' ')],
            ['STARTED', ({ startedAt }) => call.time(startedAt)],
            ['LAST SEEN', ({ lastSeenAt }) => call.time(lastSeenAt)],
          ]),
        }),
    data: { ...service, ...operator.data },
  };
}

const OPERATOR = `health { isReady reasons }
  totals { tenantCount domainCount openOutageCount heldCount heldSize oldestAcceptedAt }`;

/** The figures and the health of the service, which only its operator's tokens read. */
async function operatorFacts(call: Call, isOperator: boolean): Promise<OperatorFacts> {
  const { viewer } = await call.ask<{ viewer: { scopes: readonly string[] } }>('{ viewer { scopes } }');
  const isAllowed = viewer.scopes.some((scope) => scope === 'SERVICE_READ' || scope === 'SERVICE_WRITE');
  if (!isOperator || !isAllowed) return { facts: [], data: {} };
  const { service } = await call.ask<{ service: Selected<Query['service'], typeof OPERATOR> }>(
    `{ service { ${OPERATOR} } }`,
  );
  const { health, totals } = service;
  if (health === null || totals === null) return { facts: [], data: {} };
  const held = `${totals.heldCount.toLocaleString('en')} (${bytesText(totals.heldSize)})`;
  return {
    facts: [
      ['ready', health.isReady ? 'yes' : health.reasons.join(' ')],
      ['tenants', totals.tenantCount],
      ['domains', totals.domainCount],
      ['open outages', totals.openOutageCount],
      [
        'held',
        totals.oldestAcceptedAt === null ? held : `${held}, the oldest from ${call.time(totals.oldestAcceptedAt)}`,
      ],
    ],
    data: service,
  };
}

interface OperatorFacts {
  readonly facts: readonly (readonly [name: string, value: Cell])[];
  readonly data: object;
}

const LIMITS = 'service { messageSizeLimit lifetime }';
const UNITS: Readonly<Record<string, number>> = { '': 1, kib: 1024, mib: 1024 * 1024 };

function sizeField(call: Call): Record<string, number> {
  const text = call.text('message-size-limit');
  if (text === undefined) return {};
  const [, count = '', unit = ''] = /^(\d{1,9})([km]ib|)$/i.exec(text) ?? [];
  if (count === '')
    throw new UsageError(`--message-size-limit takes a size such as 10485760 or 5MiB, and not "${text}"`);
  return { messageSizeLimit: Number(count) * (UNITS[unit.toLowerCase()] ?? 1) };
}

async function set(call: Call): Promise<Shown> {
  const limits = { ...sizeField(call), ...durationField(call, 'lifetime', 'lifetime') };
  if (Object.keys(limits).length === 0) throw new UsageError('give --message-size-limit or --lifetime');
  const force = call.isSet('force');
  if (force) {
    await confirm(
      call,
      async () => `This ends held mail older than ${call.text('lifetime')} with its next failed attempt.`,
    );
  }
  return shown(await mutate(call, 'serviceUpdate', { ...limits, force }, LIMITS), ({ service }) => {
    if (service === null) return NOTHING_DONE;
    const { messageSizeLimit, lifetime } = service;
    const held = spanText(parseDuration(lifetime) ?? 0);
    return { kind: 'LINE', line: `messages of up to ${bytesText(messageSizeLimit)}, held for ${held}`, data: service };
  });
}

export const serviceVerb: VerbTable = {
  verb: 'service',
  says: 'The service as a whole.',
  example: 'backup-mx service set --lifetime 14d',
  preset: 'show',
  actions: {
    show: {
      usage: '',
      says: 'Shows the names, addresses, limits and retries of the service, and for its operator the nodes.',
      run: showService,
    },
    set: {
      usage: '[--message-size-limit SIZE] [--lifetime SPAN] [--force] [--yes]',
      says: 'Changes the limits for all nodes. --force accepts that held mail older than the lifetime ends.',
      mutations: ['serviceUpdate'],
      run: set,
    },
  },
};
