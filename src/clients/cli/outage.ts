/** `backup-mx outage`: primaries that are down, and the mail that is held for them. */
import type { Call, Shown, VerbTable } from './action.ts';
import { given, listOf, numberOption, tableOf } from './call.ts';
import { bytesText, right, text } from './table.ts';

const DEFAULT_COUNT = 50;
const OUTAGE =
  'id domainName kind startedAt endedAt heldCount heldSize oldestAcceptedAt nextAttemptAt lastReply drain { messagesPerSecond etaAt }';

async function listOutages(call: Call): Promise<Shown> {
  const outages = await listOf(call, 'outages', OUTAGE, {
    most: numberOption(call, 'count') ?? DEFAULT_COUNT,
    filterType: 'OutageFilter',
    filter: { ...given(call, 'domain'), ...(call.isSet('all') ? {} : { isOpen: true }) },
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
      usage: '[--domain NAME] [--all] [--count N]',
      says: 'Lists open outages; with --all also those that are over.',
      run: listOutages,
    },
  },
};
