/** `backup-mx outage`: which primaries are away, since when and why. */
import { type Call, numberOption, type Shown, type VerbTable } from './action.ts';
import { allNodes, PAGE_INFO, type Page } from '../api/pages.ts';
import { bytesText } from './table.ts';

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

const DEFAULT_COUNT = 50;

async function list(call: Call): Promise<Shown> {
  const query = `query ($first: Int!, $after: String, $filter: OutageFilter) {
    outages(first: $first, after: $after, filter: $filter) {
      nodes { id domainName class startedAt endedAt heldCount heldBytes oldestAcceptedAt nextProbeAt lastReply drain { messagesPerSecond etaAt } }
      ${PAGE_INFO}
    }
  }`;
  const domain = call.text('domain');
  const filter = { ...(domain === undefined ? {} : { domain }), ...(call.isSet('all') ? {} : { isOpen: true }) };
  const most = numberOption(call, 'count') ?? DEFAULT_COUNT;
  const outages = await allNodes(
    most,
    async (after, first) => (await call.ask<{ outages: Page<Outage> }>(query, { first, after, filter })).outages,
  );
  return {
    kind: 'TABLE',
    columns: [
      { title: 'DOMAIN' },
      { title: 'CLASS' },
      { title: 'SINCE' },
      { title: 'UNTIL' },
      { title: 'HELD', align: 'RIGHT' },
      { title: 'SIZE', align: 'RIGHT' },
      { title: 'NEXT TRY' },
      { title: 'LAST REPLY' },
    ],
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
  says: 'Primaries that are away.',
  example: 'backup-mx outage list --domain example.org',
  actions: {
    list: {
      usage: 'list [--domain NAME] [--all] [--count N]',
      says: 'Outages that are open; with --all those that are over as well.',
      argCount: { least: 0, most: 0 },
      options: { domain: 'TEXT', all: 'FLAG', count: 'TEXT' },
      run: list,
    },
  },
};
