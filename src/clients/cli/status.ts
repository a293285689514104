/** `backup-mx status`: how the service and its mail are doing. */
import type { FlowSlot, Outage, Query, Viewer } from '../../control/generated.ts';
import { UNIT_MS } from '../../mail/duration.ts';
import type { Selected } from '../api/requests.ts';
import type { Call, Shown, SingleVerb } from './action.ts';
import { tableOf } from './call.ts';
import { bytesText, right, text } from './table.ts';
import { FAILED, DONE } from './terminal.ts';

const FLOW = 'acceptedCount deliveredCount failedCount expiredCount heldCount heldSize';
const OUTAGE = 'domainName kind startedAt heldCount nextAttemptAt lastReply';
/** Open outages that are shown; `backup-mx outage list` has all. */
const MOST_OUTAGES = 20;

interface Answer {
  readonly service: Selected<Query['service'], 'version troubleSince'> & {
    readonly flow: readonly Selected<FlowSlot, typeof FLOW>[] | null;
  };
  readonly viewer: Selected<Viewer, 'isOperator'> & {
    readonly tenant: { readonly name: string; readonly flow: readonly Selected<FlowSlot, typeof FLOW>[] };
  };
  readonly outages: {
    readonly nodes: readonly Selected<Outage, typeof OUTAGE>[];
    readonly pageInfo: { readonly hasNextPage: boolean };
  };
}

/** The mail of the last day, and the primaries that are down. */
async function status(call: Call): Promise<Shown> {
  const answer = await call.ask<Answer>(
    `query ($since: DateTime!, $most: Int!) {
      service { version troubleSince flow(since: $since, slots: 1) { ${FLOW} } }
      viewer { isOperator tenant { name flow(since: $since, slots: 1) { ${FLOW} } } }
      outages(first: $most, filter: { isOpen: true }) { nodes { ${OUTAGE} } pageInfo { hasNextPage } }
    }`,
    { since: new Date(Date.now() - UNIT_MS.d).toISOString(), most: MOST_OUTAGES },
  );
  const { service, viewer, outages } = answer;
  const slot = (service.flow ?? viewer.tenant.flow).at(-1);
  const more = outages.pageInfo.hasNextPage ? ` and more: backup-mx outage list` : '';
  const table = tableOf(outages.nodes, [
    ['DOMAIN', ({ domainName }) => domainName],
    ['KIND', ({ kind }) => kind],
    ['SINCE', ({ startedAt }) => call.time(startedAt)],
    [right('HELD'), ({ heldCount }) => heldCount],
    ['NEXT ATTEMPT', ({ nextAttemptAt }) => call.time(nextAttemptAt)],
    [text('LAST REPLY'), ({ lastReply }) => lastReply],
  ]);
  return {
    kind: 'FACTS',
    facts: [
      ['service', `Backup MX ${service.version}`],
      ['you', viewer.isOperator ? 'operator' : viewer.tenant.name],
      ...(service.troubleSince === null
        ? []
        : [['trouble', `most primaries fail at once, since ${call.time(service.troubleSince)}`] as const]),
      ['held', slot === undefined ? '0' : `${slot.heldCount.toLocaleString('en')} (${bytesText(slot.heldSize)})`],
      ['last 24 h', slot === undefined ? null : flowText(slot)],
      ['outages', outages.nodes.length === 0 ? 'none' : `${outages.nodes.length}${more}`],
    ],
    ...(outages.nodes.length === 0 ? {} : { table }),
    data: answer,
    exitCode: service.troubleSince === null ? DONE : FAILED,
  };
}

function flowText(slot: Selected<FlowSlot, typeof FLOW>): string {
  const { acceptedCount, deliveredCount, failedCount, expiredCount } = slot;
  return `${acceptedCount} accepted, ${deliveredCount} delivered, ${failedCount} failed, ${expiredCount} expired`;
}

export const statusVerb: SingleVerb = {
  verb: 'status',
  usage: '',
  says: 'Shows what is held, the mail of the last day, and the primaries that are down. Exit code 1: the service has a failure of its own.',
  example: 'backup-mx status',
  run: status,
};
