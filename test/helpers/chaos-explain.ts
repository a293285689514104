/**
 * What explains that a message came twice, or that its sender never had an answer: a trouble that was recorded, of a process
 * that had a part in it, in the time that matters.
 */
import type { Copy } from './chaos-primary.ts';
import type { OtherDot } from './chaos-senders.ts';
import type { Trouble, TroubleKind } from './chaos-troubles.ts';

/**
 * REPLY_LOST: the primary died, or ended the connection, and the node never had the answer. The others befell the node between
 * the dot and the commit of the outcome.
 */
export type Excuse = 'REPLY_LOST' | 'NODE_KILLED' | 'NODE_PAUSED' | 'NODE_CUT_OFF' | 'NODE_STOPPED_WITHOUT_DATABASE';

export interface Explanation {
  readonly excuse: Excuse;
  readonly trouble: Trouble;
}

/** What happens in a moment, and is over: from when it was begun to when it has surely been done. */
const MOMENT_MS = 1000;
const MOMENTARY: ReadonlySet<TroubleKind> = new Set(['KILL', 'CUT']);
const OF_NODES: { readonly [kind in TroubleKind]?: Excuse } = {
  KILL: 'NODE_KILLED',
  PAUSE: 'NODE_PAUSED',
  CUT: 'NODE_CUT_OFF',
  PARTITION: 'NODE_CUT_OFF',
};

/** Why there was a copy behind this one; null when there was no reason. `recordedAt`: of the outcome with its answer. */
export function explainDouble(
  copy: Copy,
  next: Copy,
  recordedAt: number | undefined,
  troubles: readonly Trouble[],
): Explanation | null {
  const during = within(troubles, copy.dataAt, Math.min(recordedAt ?? next.at, next.at));
  if (!copy.isHeard && recordedAt === undefined) {
    const trouble = during.find(({ target, kind }) => target === copy.primary && (kind === 'KILL' || kind === 'CUT'));
    if (trouble !== undefined) return { excuse: 'REPLY_LOST', trouble };
  }
  const ofNode = during.filter(({ target }) => target === copy.node);
  for (const trouble of ofNode) {
    const excuse = OF_NODES[trouble.kind];
    if (excuse !== undefined) return { excuse, trouble };
  }
  // A node that is told to stop does not wait for a database that is away.
  const stop = during.find(
    ({ target, kind }) => kind === 'RESTART' && (target === copy.node || target === 'all nodes'),
  );
  const isDatabaseAway = during.some(({ target, kind }) => target === 'database' && kind !== 'CUT');
  return stop !== undefined && isDatabaseAway ? { excuse: 'NODE_STOPPED_WITHOUT_DATABASE', trouble: stop } : null;
}

/** Why a final dot was not answered although the mail may have been taken. */
export function explainOtherDot({ node, from, to }: OtherDot, troubles: readonly Trouble[]): Trouble | null {
  const isToBlame = ({ target, kind }: Trouble): boolean =>
    target === 'database' || (target === node && OF_NODES[kind] !== undefined);
  return within(troubles, from, to).find(isToBlame) ?? null;
}

function within(troubles: readonly Trouble[], from: number, to: number): Trouble[] {
  return troubles.filter((trouble) => {
    const endsAt = MOMENTARY.has(trouble.kind) ? trouble.from + MOMENT_MS : trouble.to;
    return trouble.from <= to && endsAt >= from;
  });
}
