/** `backup-mx outage`: primaries that are down, and the mail that is held for them. */
import type { Call, Shown, VerbTable } from './action.ts';
import { given, listOf, numberOption, tableOf } from './call.ts';
import { bytesText, right, text } from './table.ts';
import { timeField } from './time.ts';

const DEFAULT_COUNT = 50;
const OUTAGE =
  'id domainName kind startedAt endedAt heldCount heldSize oldestAcceptedAt nextAttemptAt lastReply drain { messagesPerSecond etaAt }';

async function listOutages(call: Call): Promise<Shown> {
  const kinds = call.list('kind');
  const outages = await listOf(call, 'outages', OUTAGE, {
    most: numberOption(call, 'count') ?? DEFAULT_COUNT,
    filterType: 'OutageFilter',
    filter: {
      ...given(call, 'domain'),
      ...(kinds.length === 0 ? {} : { kinds }),
      ...(call.text('tenant') === undefined ? {} : { tenantId: call.text('tenant') }),
      ...timeField(call, 'since', 'PAST'),
      ...timeField(call, 'until', 'PAST'),
      ...(call.isSet('all') ? {} : { isOpen: true }),
    },
    orderBy: call.isSet('worst') ? 'WORST' : undefined,
  });
  return tableOf(outages, [
    ['DOMAIN', ({ domainName }) => domainName],
    ['KIND', ({ kind }) => kind],
    ['SINCE', ({ startedAt }) => call.time(startedAt)],
    ['UNTIL', ({ endedAt }) => call.time(endedAt)],
    [right('HELD'), ({ heldCount }) => heldCount],
    [right('SIZE'), ({ heldSize }) => (heldSize === null ? null : bytesText(heldSize))],
    ['NEXT ATTEMPT', ({ nextAttemptAt }) => call.time(nextAttemptAt)],
    [text('LAST REPLY'), ({ lastReply }) => lastReply],
  ]);
}

export const outageVerb: VerbTable = {
  verb: 'outage',
  says: 'Primaries that are down.',
  example: 'backup-mx outage list --domain example.org',
  preset: 'list',
  actions: {
    list: {
      usage:
        '[--domain NAME] [--tenant ID] [--kind KIND[,KIND]] [--since TIME] [--until TIME] [--all] [--worst] [--count N]',
      says: 'Lists open outages, newest first; with --all also those that are over, with --worst the most held mail first.',
      run: listOutages,
    },
  },
};
