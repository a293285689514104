/** `backup-mx outage`: which primaries are away, since when and why. */
import type { Call, Shown, VerbTable } from './action.ts';
import { given, listOf, numberOption } from './call.ts';
import { bytesText, right } from './table.ts';

interface Outage {
  readonly id: string;
  readonly domainName: string;
  readonly class: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly heldCount: number | null;
  readonly heldBytes: number | null;
  readonly nextProbeAt: string | null;
  readonly lastReply: string;
  readonly drain: { readonly messagesPerSecond: number | null; readonly etaAt: string | null } | null;
}

const OUTAGE =
  'id domainName class startedAt endedAt heldCount heldBytes oldestAcceptedAt nextProbeAt lastReply drain { messagesPerSecond etaAt }';
const DEFAULT_COUNT = 50;

async function list(call: Call): Promise<Shown> {
  const outages = await listOf<Outage>(call, 'outages', OUTAGE, {
    most: numberOption(call, 'count') ?? DEFAULT_COUNT,
    filterType: 'OutageFilter',
    filter: { ...given(call, 'domain'), ...(call.isSet('all') ? {} : { isOpen: true }) },
  });
  return {
    kind: 'TABLE',
    columns: ['DOMAIN', 'CLASS', 'SINCE', 'UNTIL', right('HELD'), right('SIZE'), 'NEXT TRY', 'LAST REPLY'],
    rows: outages.map(
      ({ domainName, class: kind, startedAt, endedAt, heldCount, heldBytes, nextProbeAt, lastReply }) => [
        domainName,
        kind,
        startedAt,
        endedAt,
        heldCount,
        heldBytes === null ? null : bytesText(heldBytes),
        nextProbeAt,
        lastReply,
      ],
    ),
    data: outages,
  };
}

export const outageVerb: VerbTable = {
  verb: 'outage',
  says: 'Primaries that are down.',
  example: 'backup-mx outage list --domain example.org',
  actions: {
    list: {
      usage: 'list [--domain NAME] [--all] [--count N]',
      says: 'Lists open outages; with --all also those that are over.',
      options: { domain: 'TEXT', all: 'FLAG', count: 'TEXT' },
      run: list,
    },
  },
};
