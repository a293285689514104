/**
 * Subscriptions to a message: one look at all that are followed, and a reading of the timelines of those with news.
 *
 * What is committed late may sort before what was told already, so a reading begins some seconds before the last entry, and
 * entries are told apart by their ids. A reader that takes nothing is not read for. Ends when nothing can come any more.
 */
import { monotonicMs } from '../../clock.ts';
import type { Sql } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { listTimelines, positionOfCursor, rewind, type TimelinePosition } from '../../queue/read/timeline.ts';
import type { TimelineEntry } from '../../queue/read/timeline-entry.ts';
import { readMessageMarks } from '../../queue/read/watched-messages.ts';
import { noCursor, type Outbox } from './outbox.ts';

export interface TimelineItem {
  readonly cursor: string;
  readonly node: TimelineEntry;
}

/** Ids of entries that were sent: the last one, and those shortly before it. */
export type SentEntries = readonly string[];

interface TimelineWatcher {
  readonly viewer: Viewer;
  readonly messageId: string;
  readonly outbox: Outbox<TimelineItem>;
}

export interface TimelineWatch {
  readonly tick: () => Promise<void>;
  readonly join: (watcher: TimelineWatcher, after: SentEntries) => void;
  readonly leave: (outbox: Outbox<TimelineItem>) => void;
}

interface State {
  readonly watcher: TimelineWatcher;
  mark: string | null;
  /** On `monotonicMs`: when it is to be read. What a change brings may be committed after it, so it is read again. */
  dueAt: readonly number[];
  /** The place where the next reading begins; null: at the beginning. */
  from: TimelinePosition | null;
  sent: SentEntries;
  overAt: number | null;
}

const PAGE = 50;
/** More than a reader has taken is not read for it. */
const MOST_WAITING = 2 * PAGE;
const REWIND_MS = 30_000;
const READ_AGAIN_MS = [1000, 3000];
/** For what the mark does not show. */
const READ_ANYWAY_MS = 30_000;
const OVER_AFTER_MS = 1000;
const MOST_SENT = 50;
const ENTRY_BYTES = 500;

export function createTimelineWatch(sql: Sql): TimelineWatch {
  const states = new Map<Outbox<TimelineItem>, State>();

  /** Those that are to be read now. */
  async function findDue(): Promise<State[]> {
    const all = [...states.values()];
    const marks = await readMessageMarks(
      sql,
      all.map(({ watcher }) => watcher),
    );
    const now = monotonicMs();
    return all.filter((state, index) => {
      const { mark = '', isOver = false } = marks[index] ?? {};
      if (mark !== state.mark) state.dueAt = [now, ...READ_AGAIN_MS.map((ms) => now + ms), now + READ_ANYWAY_MS];
      state.mark = mark;
      if (isOver) state.overAt ??= now;
      const isLast = state.overAt !== null && now >= state.overAt + OVER_AFTER_MS;
      return state.watcher.outbox.waiting() <= MOST_WAITING && (isLast || state.dueAt.some((at) => at <= now));
    });
  }

  return {
    async tick() {
      if (states.size === 0) return;
      const due = await findDue();
      const begunAt = monotonicMs();
      for (const group of byViewer(due)) {
        const viewer = group[0]?.watcher.viewer;
        if (viewer === undefined) continue;
        const requests = group.map(({ watcher, from }) => ({ messageId: watcher.messageId, limit: PAGE, after: from }));
        const timelines = await listTimelines(sql, viewer, requests);
        for (const [index, state] of group.entries()) send(state, timelines[index] ?? [], begunAt);
      }
    },
    join(watcher, told) {
      const last = told[0] === undefined ? null : positionOfCursor(told[0]);
      const from = last === null ? null : rewind(last, REWIND_MS);
      states.set(watcher.outbox, { watcher, mark: null, dueAt: [], from, sent: told, overAt: null });
    },
    leave: (outbox) => void states.delete(outbox),
  };
}

/** Entries of a cursor, the last one first. Throws the error the caller sees when it is not one of ours. */
export function sentOfCursor(cursor: string | null | undefined): SentEntries {
  if (cursor == null) return [];
  const sent = cursor.split('.');
  if (sent.length > MOST_SENT || sent.some((id) => positionOfCursor(id) === null)) throw noCursor();
  return sent;
}

function send(state: State, entries: readonly TimelineEntry[], begunAt: number): void {
  const { outbox } = state.watcher;
  for (const entry of entries) {
    if (state.sent.includes(entry.id)) continue;
    state.sent = withLast(state.sent, entry.id);
    const bytes = ENTRY_BYTES + entry.text.length + (entry.reply?.length ?? 0);
    outbox.push({ cursor: state.sent.join('.'), node: entry }, bytes);
  }
  const last = entries.at(-1)?.id;
  if (entries.length === PAGE && last !== undefined) {
    state.from = positionOfCursor(last);
    return;
  }
  const latest = state.sent[0] === undefined ? null : positionOfCursor(state.sent[0]);
  state.from = latest === null ? null : rewind(latest, REWIND_MS);
  state.dueAt = state.dueAt.filter((at) => at > begunAt);
  if (state.dueAt.length === 0) state.dueAt = [begunAt + READ_ANYWAY_MS];
  if (state.overAt !== null && begunAt >= state.overAt + OVER_AFTER_MS) outbox.end(null);
}

/** The latest first; the others while a reading may meet them again. */
function withLast(sent: SentEntries, id: string): SentEntries {
  const all = [id, ...sent].map((each) => ({ id: each, atUs: positionOfCursor(each)?.atUs ?? 0 }));
  all.sort((a, b) => b.atUs - a.atUs);
  const since = (all[0]?.atUs ?? 0) - REWIND_MS * 1000;
  return all
    .filter(({ atUs }) => atUs >= since)
    .slice(0, MOST_SENT)
    .map((each) => each.id);
}

function byViewer(states: readonly State[]): State[][] {
  const groups = Map.groupBy(states, ({ watcher: { viewer } }) => (viewer.isOperator ? '' : viewer.tenantId));
  return [...groups.values()];
}
