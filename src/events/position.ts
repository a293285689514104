/**
 * How far a reader has been sent events: a snapshot of the database, and what was sent of transactions beyond it.
 *
 * Events are sent in the order of their transactions' numbers, as far as those are committed. A transaction with a smaller
 * number may be committed later; the snapshot lists it as under way, so it is neither missed nor sent twice. Pure; the text
 * of a snapshot is PostgreSQL's (`xmin:xmax:xip,xip`). Numbers are those of one database: positions of another mean nothing.
 */

export interface Position {
  /** Every event of a transaction that is visible in it has been sent. */
  readonly snapshot: string;
  /** For transactions not visible in it: events up to this id have been sent. */
  readonly sent: readonly SentEvent[];
}

export interface SentEvent {
  /** The transaction's number. */
  readonly writtenIn: string;
  /** The id of the last event sent. */
  readonly id: string;
}

interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly underWay: readonly bigint[];
}

const SNAPSHOT = /^(\d{1,19}):(\d{1,19}):((?:\d{1,19}(?:,\d{1,19})*)?)$/;

/** Null when it is no snapshot that PostgreSQL would take. */
function parse(text: string): Snapshot | null {
  const [, xmin, xmax, list] = SNAPSHOT.exec(text) ?? [];
  if (xmin === undefined || xmax === undefined || list === undefined) return null;
  const snapshot = { xmin: BigInt(xmin), xmax: BigInt(xmax), underWay: list === '' ? [] : list.split(',').map(BigInt) };
  const isInOrder = snapshot.underWay.every(
    (xid, index) => xid >= snapshot.xmin && xid < snapshot.xmax && xid > (snapshot.underWay[index - 1] ?? -1n),
  );
  return snapshot.xmin > 0n && snapshot.xmin <= snapshot.xmax && snapshot.xmax < 2n ** 63n && isInOrder
    ? snapshot
    : null;
}

function mustParse(text: string): Snapshot {
  const snapshot = parse(text);
  if (snapshot === null) throw new Error(`no snapshot: ${text}`);
  return snapshot;
}

/** When the last event before it was written: its id says so (RFC 9562 §5.7). Milliseconds since 1970; 0 without one. */
export function writtenAtMs({ sent }: Position): number {
  return Number.parseInt(sent.at(-1)?.id.replaceAll('-', '').slice(0, 12) ?? '0', 16);
}

export function isSnapshot(text: string): boolean {
  return parse(text) !== null;
}

/** Whether the database had begun more transactions at `later`: false for what comes from a younger or another one. */
export function isReached(text: string, later: string): boolean {
  return mustParse(text).xmax <= mustParse(later).xmax;
}

/** The position after `from` once what is visible in `read` has been sent, in order, up to and with `last`. */
export function positionAfter(from: Position, read: string, last: SentEvent): Position {
  const [before, now, xid] = [mustParse(from.snapshot), mustParse(read), BigInt(last.writtenIn)];
  const xmax = before.xmax > xid ? before.xmax : xid + 1n;
  const stillUnderWay = new Set(now.underWay);
  const underWay = [
    ...before.underWay.filter((each) => each > xid || (each < xid && stillUnderWay.has(each))),
    ...now.underWay.filter((each) => each >= before.xmax && each < xmax && each !== xid),
    xid,
  ].sort((a, b) => (a < b ? -1 : 1));
  return {
    snapshot: `${underWay[0]}:${xmax}:${underWay.join(',')}`,
    sent: [...from.sent.filter(({ writtenIn }) => BigInt(writtenIn) > xid), last],
  };
}
