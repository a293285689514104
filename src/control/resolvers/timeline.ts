/** `Message.timeline`, and what an entry of it leads to. */
import type { MessageView } from '../../queue/read/inspect.ts';
import { positionOfCursor, type TimelineEntry as Entry } from '../../queue/read/timeline.ts';
import { type Connection, notACursor, pageSize } from '../connection.ts';
import type { Context } from '../context.ts';
import type { TimelineEntryResolvers } from '../generated.ts';

/** An entry's id is its cursor. */
export async function timelinePage(
  { id: messageId }: MessageView,
  { first, after }: { readonly first: number; readonly after?: string | null },
  { load }: Context,
): Promise<Connection<Entry>> {
  const position = after == null ? null : positionOfCursor(after);
  if (after != null && position === null) throw notACursor();
  const entries = await load.timeline({ messageId, limit: pageSize(first) + 1, after: position });
  const edges = entries.slice(0, first).map((node) => ({ cursor: node.id, node }));
  return {
    nodes: edges.map(({ node }) => node),
    edges,
    pageInfo: {
      hasNextPage: entries.length > first,
      hasPreviousPage: after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

export const TimelineEntry: TimelineEntryResolvers = {
  outage: ({ outageId }, _args, { load }) => (outageId === null ? null : load.outage(outageId)),
  operation: ({ operationId }, _args, { load }) => (operationId === null ? null : load.operation(operationId)),
};
