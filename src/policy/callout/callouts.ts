/**
 * Asks a primary about a mailbox and stores what it says: one result for all who wait for the same mailbox.
 *
 * Promises that only a clear word is stored, that what was forgotten meanwhile is not, and that a primary which takes its first
 * recipient is tried with one that cannot exist, once in a while. Judges nothing but the reply (mail/callout-verdict.ts).
 */
import { randomBytes } from 'node:crypto';
import { formatAddress } from '../../mail/address.ts';
import { type CalloutVerdict, classifyCalloutReply } from '../../mail/callout-verdict.ts';
import type { NextHops } from '../../dns/next-hop.ts';
import { type CalloutTarget, calloutTargets, openCalloutSession } from '../../smtp/callout-session.ts';
import type { CalloutAnswer } from '../../smtp/callout-commands.ts';
import type { CalloutBreaker } from '../../outage/callout-view.ts';
import {
  type Answers,
  keyOf,
  type Recipient,
  type VerificationStatus,
  type RecipientKey,
} from '../../verification/answers.ts';
import type { CalloutBudget } from '../../verification/budget.ts';
import type { Primaries } from '../../verification/primary.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { type CalloutOutcome, createPrimaryQueue, type PrimaryQueue } from './primary-queue.ts';
import { createBoundedMap } from '../../bounded-map.ts';

export interface CalloutDeps {
  readonly findHops: (destination: Pick<RelayDomain, 'name' | 'deliverTo' | 'tenantId'>) => Promise<NextHops>;
  readonly answers: Answers;
  readonly primaries: Primaries;
  readonly budget: CalloutBudget;
  readonly breaker: CalloutBreaker;
  /** Our name in EHLO; `probe@` it confirms refusals of `<>`. */
  readonly hostname: string;
  /** Addresses the primary may know us by: a refusal that names one is about us. */
  readonly ownAddresses: readonly string[];
  readonly monotonicMs: () => number;
  /** Counts the outcome of a question. */
  readonly onAsked: (came: CalloutVerdict['verdict'] | Exclude<CalloutOutcome['kind'], 'REPLY'>) => void;
  /** Work in the background has failed. */
  readonly onFault: (error: unknown) => void;
}

export interface CalloutSubject {
  readonly recipient: Recipient;
  readonly domain: RelayDomain;
  /** The local part to ask for. */
  readonly spelling: string;
  readonly isListed: boolean;
}

export type CalloutResult =
  /** The primary spoke of the mailbox; this is how it stands now. */
  | { readonly kind: 'ANSWERED'; readonly status: VerificationStatus }
  /** The primary spoke, but not clearly of the mailbox. */
  | { readonly kind: 'NO_ANSWER' }
  /** It said nothing, since this instant. */
  | { readonly kind: 'SILENT'; readonly sinceMs: number }
  | { readonly kind: 'UNASKED' };

interface Callouts {
  ask(subject: CalloutSubject): Promise<CalloutResult>;
  /** An answer that is on its way is not kept, and the next question is put anew. */
  forget(recipient: RecipientKey): void;
  inBackground(work: () => Promise<void>): void;
  /** The share among the last callouts at this destination; see createUnknownShares. */
  unknownShare(destinationId: string): number;
  close(): Promise<void>;
}

/** A question that has waited so long is not put any more. */
const DEADLINE_MS = 24_000;
const ASK_MS = 10_000;
const QUIT_MS = 1000;
const MOST_QUEUES = 10_000;

/** Silence seen again after longer than this is another one: senders try again at least so often. */
const SAME_SILENCE_MS = 6 * 3_600_000;
const MOST_SILENCES = 10_000;

export function createCallouts(deps: CalloutDeps): Callouts {
  const { answers, primaries, budget, breaker, monotonicMs } = deps;
  const shares = createUnknownShares();
  const flights = new Map<string, Promise<CalloutResult>>();
  const background = new Set<Promise<void>>();
  const queues = new Map<string, PrimaryQueue>();
  const silences = createSilences(monotonicMs);
  const stop = new AbortController();

  const queueOf = (key: string): PrimaryQueue => {
    const queue = queues.get(key) ?? openQueue();
    if (queues.size >= MOST_QUEUES) for (const [other, { isIdle }] of queues) if (isIdle()) queues.delete(other);
    queues.set(key, queue);
    return queue;
  };
  const openQueue = (): PrimaryQueue =>
    createPrimaryQueue({
      open: ({ host, port }, address, openMs) =>
        openCalloutSession({
          host,
          address,
          port,
          ehloName: deps.hostname,
          probeSender: `probe@${deps.hostname}`,
          tls: 'OPPORTUNISTIC',
          timeouts: { openMs, askMs: ASK_MS, quitMs: QUIT_MS },
          signal: stop.signal,
        }),
      budget,
      monotonicMs,
      onOffer: primaries.noteOffer,
    });

  const inBackground = (work: () => Promise<void>): void => {
    const current = work()
      .catch(deps.onFault)
      .finally(() => background.delete(current));
    background.add(current);
  };

  /** Host after host until one speaks. */
  const put = async ({ domain, recipient }: CalloutSubject, spelling: string, targets: readonly CalloutTarget[]) => {
    const { destinationId } = recipient;
    const address = formatAddress(spelling, domain.name);
    const deadlineMs = monotonicMs() + DEADLINE_MS;
    let outcome: CalloutOutcome = { kind: 'SILENT' };
    for (const target of targets) {
      outcome = await queueOf(target.key).ask({ target, destinationId, address, deadlineMs });
      if (outcome.kind !== 'SILENT') break;
    }
    if (outcome.kind !== 'REPLY') deps.onAsked(outcome.kind);
    return outcome;
  };

  const classify = (reply: CalloutAnswer, localAddress: string | null, destinationId: string) => {
    const own = localAddress === null ? deps.ownAddresses : [...deps.ownAddresses, localAddress];
    const { verdict, isBlocking } = classifyCalloutReply(reply, own);
    deps.onAsked(verdict);
    if (isBlocking) primaries.noteBlocked(destinationId, reply.text);
    if (verdict === 'NEGATIVE') primaries.noteNegative(destinationId);
    return verdict;
  };

  /** Tries the primary with a name that cannot exist, where nothing is known of that. */
  const tryCatchAll = async (subject: CalloutSubject, targets: readonly CalloutTarget[]): Promise<void> => {
    const { destinationId } = subject.recipient;
    const facts = primaries.recall(destinationId) ?? (await primaries.find(destinationId));
    if (!facts.isTestDue || !(await primaries.claimTest(destinationId))) return;
    const outcome = await put(subject, `no-such-mailbox-${randomBytes(8).toString('hex')}`, targets);
    if (outcome.kind !== 'REPLY') return;
    const verdict = classify(outcome.reply, outcome.localAddress, destinationId);
    if (verdict === 'POSITIVE') await primaries.recordCatchAll(destinationId);
  };

  /** False while the primary's refusals prove nothing: its breaker is open or in trial. */
  const mayRefuse = async (
    { recipient, domain, isListed }: CalloutSubject,
    { text }: CalloutAnswer,
  ): Promise<boolean> => {
    const { destinationId, localPart: mailbox } = recipient;
    if (isListed || (await answers.find(recipient)).isDelivered) {
      await breaker.noteRefused({ destinationId, domain: domain.name }, { mailbox, reply: text });
    }
    return !(await breaker.isArmed(destinationId));
  };

  const callOut = async (subject: CalloutSubject, isCurrent: () => boolean): Promise<CalloutResult> => {
    const { recipient, domain, isListed } = subject;
    const targets = calloutTargets(await deps.findHops(domain));
    const outcome = await put(subject, subject.spelling, targets);
    if (outcome.kind === 'SILENT') return { kind: 'SILENT', sinceMs: silences.note(recipient.destinationId) };
    if (outcome.kind !== 'UNASKED') silences.clear(recipient.destinationId);
    if (outcome.kind === 'TURNED_AWAY') {
      if (outcome.text.startsWith('5')) primaries.noteBlocked(recipient.destinationId, outcome.text);
      return { kind: 'NO_ANSWER' };
    }
    if (outcome.kind === 'UNASKED') return outcome;
    const { reply, localAddress } = outcome;
    const verdict = classify(reply, localAddress, recipient.destinationId);
    if (verdict === 'UNKNOWN' || !isCurrent()) return { kind: 'NO_ANSWER' };
    if (verdict === 'NEGATIVE' && !(await mayRefuse(subject, reply))) return { kind: 'NO_ANSWER' };
    shares.note(recipient.destinationId, verdict === 'NEGATIVE');
    const status = await answers.record({ recipient, verdict, isListed, reply: reply.text, domain });
    // Forgotten while it was being stored: it may have come after that.
    if (!isCurrent()) {
      await answers.takeBack(recipient);
      return { kind: 'NO_ANSWER' };
    }
    if (verdict === 'POSITIVE') {
      inBackground(() => tryCatchAll(subject, targets));
      inBackground(() => breaker.noteTaken({ destinationId: recipient.destinationId, domain: domain.name }));
    }
    return { kind: 'ANSWERED', status };
  };

  return {
    ask: (subject) => {
      const key = keyOf(subject.recipient);
      const present = flights.get(key);
      if (present !== undefined) return present;
      const flight: Promise<CalloutResult> = callOut(subject, () => flights.get(key) === flight).finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      });
      flights.set(key, flight);
      return flight;
    },
    forget: (recipient) => void flights.delete(keyOf(recipient)),
    inBackground,
    unknownShare: shares.of,
    close: async () => {
      stop.abort();
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await Promise.all(background);
    },
  };
}

/** Since when destinations have been silent, as far as questions came: an outage that no delivery has opened. */
function createSilences(monotonicMs: () => number) {
  const silences = createBoundedMap<{ readonly sinceMs: number; readonly lastMs: number }>(MOST_SILENCES);
  return {
    note: (destinationId: string): number => {
      const nowMs = monotonicMs();
      const before = silences.get(destinationId);
      const sinceMs = before !== undefined && nowMs - before.lastMs < SAME_SILENCE_MS ? before.sinceMs : nowMs;
      silences.set(destinationId, { sinceMs, lastMs: nowMs });
      return sinceMs;
    },
    clear: silences.delete,
  };
}

/**
 * The share of the mailboxes that a primary was asked about lately and did not know; for each destination.
 *
 * The harvest guard judges by it a mailbox that could not be asked about: while a dictionary is tried nearly all are unknown, with
 * a mailing list nearly none. The last twenty answers or so count. Each node knows its own; bounded.
 */
interface UnknownShares {
  note(destinationId: string, isUnknown: boolean): void;
  /** From 0 to 1; 0 before the first answer. */
  of(destinationId: string): number;
}

/** The weight of one answer. */
const WEIGHT = 0.1;
const MOST_DESTINATIONS = 10_000;

export function createUnknownShares(): UnknownShares {
  const shares = createBoundedMap<number>(MOST_DESTINATIONS);
  const of = (destinationId: string): number => shares.get(destinationId) ?? 0;
  return {
    note: (destinationId, isUnknown) => {
      const before = of(destinationId);
      shares.set(destinationId, before + WEIGHT * ((isUnknown ? 1 : 0) - before));
    },
    of,
  };
}
