/**
 * The verdicts of one attempt so far, recipient by recipient, and the record of every dial.
 *
 * Promises: a final verdict stays; a host's word about a recipient is not overwritten by a later host's silence.
 */
import type { AttemptRecord, AttemptResult, HostTrouble, Outcome, RecipientNumber } from '../mail/outcome.ts';
import type { Verdict } from './classify.ts';

/** One dial, or one transaction on a kept session. */
export interface Dial {
  readonly host: string;
  /** `192.0.2.1:25`; null when nothing was dialled. */
  readonly address: string | null;
  readonly tls: string | null;
  /** See AttemptRecord; absent when no session came about. */
  readonly offersDsn?: boolean;
  readonly latencyMs: number;
  readonly isGreeted: boolean;
  /** See AttemptRecord. */
  readonly answerMs: number;
}

export interface RecipientVerdicts {
  /** Recipients that this host may still be asked about. */
  readonly isWaitingFor: (number: RecipientNumber, host: string) => boolean;
  readonly note: (dial: Dial, verdicts: ReadonlyMap<RecipientNumber, Verdict>) => void;
  readonly result: () => AttemptResult & { readonly isStopped: boolean };
}

/** Greylisting on five MX is five times the load and no faster: so many hosts are heard about one recipient (Postfix: 2). */
const MAX_HOSTS_HEARD = 2;

interface State {
  verdict: Verdict | null;
  readonly hostsHeard: Set<string>;
}

export function createRecipientVerdicts(numbers: readonly RecipientNumber[]): RecipientVerdicts {
  const states = new Map<RecipientNumber, State>(numbers.map((n) => [n, { verdict: null, hostsHeard: new Set() }]));
  const records: AttemptRecord[] = [];
  let isStopped = false;
  let trouble: { trouble: HostTrouble; reply: string } | null = null;

  return {
    isWaitingFor(number, host) {
      const state = states.get(number);
      if (state === undefined) return false;
      const { verdict, hostsHeard } = state;
      if (verdict === null || verdict.next === 'NEXT_ADDRESS') return true;
      return verdict.next === 'NEXT_HOST' && hostsHeard.size < MAX_HOSTS_HEARD && !hostsHeard.has(host);
    },
    note(dial, verdicts) {
      for (const [number, verdict] of verdicts) {
        const state = states.get(number);
        if (state === undefined) continue;
        if (verdict.next === 'NEXT_HOST') state.hostsHeard.add(dial.host);
        if (verdict.isStopped) isStopped = true;
        state.verdict = merge(state.verdict, verdict);
        // A host that talks and refuses us says more than another's silence.
        const saysMore = trouble === null || (trouble.trouble !== 'GREETING' && verdict.trouble === 'GREETING');
        if (verdict.trouble !== null && saysMore) trouble = { trouble: verdict.trouble, reply: verdict.text };
      }
      records.push(...recordsOf(dial, verdicts));
    },
    result() {
      const verdicts = [...states.values()].map(({ verdict }) => verdict);
      const isHeard = verdicts.some((verdict) => verdict !== null && verdict.trouble === null && !verdict.isStopped);
      return {
        outcomes: new Map([...states].map(([number, { verdict }]) => [number, verdict?.outcome ?? UNTRIED])),
        records,
        hostTrouble: isHeard ? null : (trouble ?? (isStopped ? STOPPED : NO_HOST)),
        isStopped,
      };
    },
  };
}

function merge(before: Verdict | null, now: Verdict): Verdict {
  const wasHeard = before !== null && before.trouble === null && !before.isStopped;
  if (!wasHeard || (now.next !== 'NEXT_ADDRESS' && !now.isStopped)) return now;
  return now.isStopped ? { ...before, next: 'LATER' } : before;
}

const NO_ADDRESS = '[no address to try]';
const UNTRIED: Outcome = { kind: 'DEFERRED', reply: { code: 451, enhancedCode: '4.4.4', text: NO_ADDRESS } };
const NO_HOST = { trouble: 'NO_MX', reply: NO_ADDRESS } as const;
const STOPPED = { trouble: 'FAULT', reply: '[stopped by us]' } as const;

/** One row for all recipients with the same answer. */
function recordsOf(dial: Dial, verdicts: ReadonlyMap<RecipientNumber, Verdict>): AttemptRecord[] {
  const groups = new Map<string, { verdict: Verdict; recipientNumbers: RecipientNumber[] }>();
  for (const [number, verdict] of verdicts) {
    const isHostLevel = verdict.trouble !== null;
    const key = `${verdict.outcome.kind} ${isHostLevel} ${verdict.text}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { verdict, recipientNumbers: [number] });
    else group.recipientNumbers.push(number);
  }
  return [...groups.values()].map(({ verdict, recipientNumbers }) => ({
    ...dial,
    reply: verdict.text,
    outcome: verdict.outcome.kind,
    recipientNumbers,
    isHostLevel: verdict.trouble !== null,
    trouble: verdict.trouble ?? undefined,
  }));
}
