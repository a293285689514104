/**
 * The reckoning of a chaos run: what senders were told, against what the primaries took and what the database says.
 *
 * Every recipient of a 250 must have ended exactly once: DELIVERED, and the answer that says so is that of a copy at a primary;
 * FAILED, nowhere, and told once to its sender; HELD, nowhere, and only where the primary never comes back. A second copy,
 * and mail that was taken without a 250, is a fault unless a recorded trouble explains it (chaos-explain.ts).
 */
import { type Excuse, type Explanation, explainDouble, explainOtherDot } from './chaos-explain.ts';
import type { Copy } from './chaos-primary.ts';
import type { Ending, Records } from './chaos-records.ts';
import type { Sent } from './chaos-senders.ts';
import type { Trouble } from './chaos-troubles.ts';

export interface Audit {
  readonly messages: number;
  /** Recipients of a 250, by how they ended. */
  readonly promised: number;
  readonly delivered: number;
  readonly held: number;
  readonly bounced: number;
  readonly unansweredDots: number;
  /** Transactions that were taken although their senders had no 250. */
  readonly takenUnanswered: number;
  /** Copies behind which there was another one. */
  readonly doubles: readonly (Explanation & { readonly what: string })[];
  /** Each is a broken promise, in words. */
  readonly faults: readonly string[];
}

export interface AuditInput {
  readonly sent: ReadonlyMap<number, Sent>;
  readonly copies: readonly Copy[];
  readonly troubles: readonly Trouble[];
  readonly records: Records;
  /** Domains whose primary never comes back. */
  readonly lost: ReadonlySet<string>;
}

export function audit(input: AuditInput): Audit {
  const { sent, copies, records } = input;
  const { doubles, faults: needless } = reckonDoubles(input);
  const counts = { promised: 0, delivered: 0, held: 0, bounced: 0 };
  const faults = [...needless, ...records.leftovers.map((what) => `left over: ${what}`)];
  const judge = createJudge(input);
  const bySender = Map.groupBy(
    copies.filter((copy) => !isReport(copy)),
    ({ number }) => number,
  );
  for (const one of sent.values()) {
    if (bySender.get(one.number)?.some(({ digest }) => digest !== one.digest)) faults.push(`altered: ${one.number}`);
    for (const [transaction, recipients] of one.accepted) {
      for (const address of recipients) {
        const { endings, fault } = judge(transaction, address);
        counts.promised += 1;
        if (fault !== null) faults.push(`${fault}: ${one.number} to ${address} (${transaction})`);
        if (endings[0]?.state === 'DELIVERED') counts.delivered += 1;
        if (endings[0]?.state === 'HELD') counts.held += 1;
        if (endings[0]?.state === 'FAILED') counts.bounced += 1;
      }
    }
  }
  const unasked = reckonUnasked(input, judge);
  const unansweredDots = [...sent.values()]
    .flatMap(({ others }) => others)
    .filter(({ reply }) => reply === null).length;
  return {
    messages: sent.size,
    ...counts,
    unansweredDots,
    takenUnanswered: unasked.count,
    doubles,
    faults: [...faults, ...unasked.faults],
  };
}

/** How doubles are excused, and how often. */
export function countDoubles({ doubles }: Pick<Audit, 'doubles'>): Partial<Record<Excuse, number>> {
  const counts: Partial<Record<Excuse, number>> = {};
  for (const { excuse } of doubles) counts[excuse] = (counts[excuse] ?? 0) + 1;
  return counts;
}

type Judge = (transaction: string, address: string) => { endings: readonly Ending[]; fault: string | null };

/** How one recipient of one transaction ended, and what is wrong with that. */
function createJudge({ copies, records, lost }: AuditInput): Judge {
  const keyOf = (transaction: string, address: string): string => `${transaction} ${address}`;
  const keysOf = ({ transaction }: Copy, addresses: readonly string[]): string[] =>
    addresses.map((address) => keyOf(transaction, address));
  const mail = records.endings.filter(({ kind }) => kind === 'MAIL');
  const endingsOf = Map.groupBy(mail, ({ transaction, address }) => keyOf(transaction, address));
  const copiesOf = groupByKeys(copies, (copy) => (isReport(copy) ? [] : keysOf(copy, copy.recipients)));
  const reportsOf = groupByKeys(copies, (copy) => (isReport(copy) ? keysOf(copy, copy.reported) : []));
  return (transaction, address) => {
    const key = keyOf(transaction, address);
    const endings = endingsOf.get(key) ?? [];
    const reports = new Set((reportsOf.get(key) ?? []).map(({ messageId }) => messageId)).size;
    const fault = faultOf({ endings, copies: copiesOf.get(key) ?? [], reports, isLost: lost.has(domainOf(address)) });
    return { endings, fault };
  };
}

interface Findings {
  readonly endings: readonly Ending[];
  readonly copies: readonly Copy[];
  /** Different ones. */
  readonly reports: number;
  readonly isLost: boolean;
}

function faultOf({ endings: [ending, another], copies, reports, isLost }: Findings): string | null {
  if (ending === undefined) return 'lost';
  if (another !== undefined) return 'stored twice';
  const { state, lastReply } = ending;
  if (state !== 'FAILED' && reports > 0) return `reported, and ${state}`;
  if (state !== 'DELIVERED' && copies.length > 0) return `delivered, and said to be ${state}`;
  switch (state) {
    case 'DELIVERED':
      return copies.some(({ key }) => lastReply.includes(key)) ? null : 'said to be delivered, and never came';
    case 'FAILED':
      if (reports === 0) return 'failed, and nobody was told';
      return reports === 1 ? null : 'told twice';
    case 'HELD':
      return isLost ? null : 'still held';
    default:
      return `ended as ${state}`;
  }
}

/** Mail whose sender had no 250: each transaction by a dot of its message whose answer had a reason not to come. */
function reckonUnasked(
  { sent, copies, troubles, records }: AuditInput,
  judge: Judge,
): { count: number; faults: string[] } {
  const faults: string[] = [];
  let count = 0;
  const stored = records.endings.filter(({ kind }) => kind === 'MAIL');
  const seen = [...stored, ...copies.filter((copy) => !isReport(copy))];
  const transactionsOf = Map.groupBy(seen, ({ number }) => number);
  const storedOf = Map.groupBy(stored, ({ number }) => number);
  for (const number of transactionsOf.keys()) if (!sent.has(number)) faults.push(`from nobody: ${number}`);
  for (const { number, accepted, others } of sent.values()) {
    const excused = others.filter((dot) => explainOtherDot(dot, troubles) !== null);
    const silent = others.filter((dot) => dot.reply === null && !excused.includes(dot));
    for (const { node, from } of silent)
      faults.push(`not answered, and nothing was wrong: ${number} at ${node} at ${from}`);
    const transactions = new Set((transactionsOf.get(number) ?? []).map(({ transaction }) => transaction));
    const unasked = [...transactions].filter((transaction) => !accepted.has(transaction));
    count += unasked.length;
    if (unasked.length > excused.length) faults.push(`taken without a 250: ${number} as ${unasked.join()}`);
    for (const { transaction, address } of storedOf.get(number) ?? []) {
      if (!unasked.includes(transaction)) continue;
      const { fault } = judge(transaction, address);
      if (fault !== null) faults.push(`${fault}: ${number} to ${address} (${transaction}), which had no 250`);
    }
  }
  return { count, faults };
}

function reckonDoubles({ copies, troubles, records }: AuditInput): Pick<Audit, 'doubles' | 'faults'> {
  const { recordedAt } = records;
  const doubles = new Map<string, Audit['doubles'][number]>();
  const faults = new Set<string>();
  const keysOf = ({ messageId, transaction, recipients, reversePath }: Copy): string[] =>
    recipients.map((address) => `${reversePath === '' ? messageId : transaction} ${address}`);
  for (const repeated of groupByKeys(copies, keysOf).values()) {
    const sorted = repeated.toSorted((one, other) => one.at - other.at);
    for (const [index, next] of sorted.entries()) {
      const copy = sorted[index - 1];
      if (copy === undefined) continue;
      const what = `${describe(copy, recordedAt)} → ${describe(next, recordedAt)}`;
      const explanation = explainDouble(copy, next, recordedAt.get(copy.key), troubles);
      if (explanation === null) faults.add(`needlessly twice: ${what}`);
      else doubles.set(what, { ...explanation, what });
    }
  }
  return { doubles: [...doubles.values()], faults: [...faults] };
}

function describe(
  { key, transaction, number, node, dataAt, at, isHeard }: Copy,
  recordedAt: Records['recordedAt'],
): string {
  const recorded = recordedAt.has(key)
    ? `recorded ${Math.round((recordedAt.get(key) ?? 0) - at)} ms later`
    : 'not recorded';
  return `${number} (${transaction}) by ${node} as ${key} at ${dataAt}–${at}, ${isHeard ? 'heard' : 'not heard'}, ${recorded}`;
}

function isReport({ reversePath }: Copy): boolean {
  return reversePath === '';
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

function groupByKeys(copies: readonly Copy[], keysOf: (copy: Copy) => readonly string[]): Map<string, Copy[]> {
  const groups = new Map<string, Copy[]>();
  for (const copy of copies) {
    for (const key of keysOf(copy)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [copy]);
      else group.push(copy);
    }
  }
  return groups;
}
