/**
 * Asks a primary about a mailbox and stores what it says: one inquiry for all who wait for the same mailbox.
 *
 * Promises that only a clear word is stored, that what was forgotten meanwhile is not, and that a primary which takes its first
 * recipient is tried with one that cannot exist, once in a while. Judges nothing but the reply (mail/callout-verdict.ts).
 */
import { randomBytes } from 'node:crypto';
import { formatAddress } from '../../mail/address.ts';
import { type CalloutVerdict, classifyCalloutReply } from '../../mail/callout-verdict.ts';
import type { NextHops } from '../../dns/next-hop.ts';
import { openProbe, type ProbeReply } from '../../smtp/probe.ts';
import type { CalloutBreaker } from '../../outage/breaker-callouts.ts';
import type { Answers } from '../../verification/answers.ts';
import type { ProbeBudget } from '../../verification/budget.ts';
import type { Primaries } from '../../verification/primary.ts';
import { keyOf, type Recipient, type Standing } from '../../verification/recipient.ts';
import { createBoundedMap } from '../../db/bounded-map.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { createLane, type Finding, type Lane } from './lane.ts';
import { createUnknownShares } from './shares.ts';
import { type ProbeTarget, probeTargets } from '../../smtp/probe-target.ts';

export interface InquiryDeps {
  readonly findHops: (destination: Pick<RelayDomain, 'name' | 'deliverTo'>) => Promise<NextHops>;
  readonly answers: Answers;
  readonly primaries: Primaries;
  readonly budget: ProbeBudget;
  readonly breaker: CalloutBreaker;
  /** What we call ourselves in EHLO; `probe@` it confirms refusals of `<>`. */
  readonly hostname: string;
  /** Addresses the primary may know us by: a refusal that names one is about us. */
  readonly ownAddresses: readonly string[];
  readonly monotonicMs: () => number;
  /** What came of a question, for the metrics. */
  readonly onAsked: (came: CalloutVerdict['verdict'] | Exclude<Finding['kind'], 'REPLY'>) => void;
  /** Work that nobody waits for has failed. */
  readonly onFault: (error: unknown) => void;
}

export interface InquirySubject {
  readonly recipient: Recipient;
  readonly domain: RelayDomain;
  /** The local part to ask for. */
  readonly spelling: string;
  readonly isListed: boolean;
}

export type Inquiry =
  /** The primary spoke of the mailbox; this is how it stands now. */
  | { readonly kind: 'ANSWERED'; readonly standing: Standing }
  /** The primary spoke, but not clearly of the mailbox. */
  | { readonly kind: 'NO_ANSWER' }
  /** It said nothing, since this instant. */
  | { readonly kind: 'SILENT'; readonly sinceMs: number }
  | { readonly kind: 'UNASKED' };

export interface Inquiries {
  ask(subject: InquirySubject): Promise<Inquiry>;
  /** An answer that is on its way is not kept, and the next question is put anew. */
  forget(recipient: Pick<Recipient, 'destinationId' | 'localPart'>): void;
  inBackground(work: () => Promise<void>): void;
  /** Of the last inquiries at this destination; call-ahead-shares.ts. */
  unknownShare(destinationId: string): number;
  close(): Promise<void>;
}

/** A question that has waited so long is not put any more. */
const DEADLINE_MS = 24_000;
const ASK_MS = 10_000;
const QUIT_MS = 1000;
const MOST_LANES = 10_000;

/** Silence seen again after longer than this is another one: senders try again at least so often. */
const SAME_SILENCE_MS = 6 * 3_600_000;
const MOST_SILENCES = 10_000;

export function createInquiries(deps: InquiryDeps): Inquiries {
  const { answers, primaries, budget, breaker, monotonicMs } = deps;
  const shares = createUnknownShares();
  const flights = new Map<string, Promise<Inquiry>>();
  const background = new Set<Promise<void>>();
  const lanes = new Map<string, Lane>();
  const silences = createSilences(monotonicMs);
  const stop = new AbortController();

  const laneOf = (key: string): Lane => {
    const lane = lanes.get(key) ?? openLane();
    if (lanes.size >= MOST_LANES) for (const [other, { isIdle }] of lanes) if (isIdle()) lanes.delete(other);
    lanes.set(key, lane);
    return lane;
  };
  const openLane = (): Lane =>
    createLane({
      open: ({ host, port }, address, openMs) =>
        openProbe({
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
  const put = async ({ domain, recipient }: InquirySubject, spelling: string, targets: readonly ProbeTarget[]) => {
    const { destinationId } = recipient;
    const address = formatAddress(spelling, domain.name);
    const deadlineMs = monotonicMs() + DEADLINE_MS;
    let finding: Finding = { kind: 'SILENT' };
    for (const target of targets) {
      finding = await laneOf(target.key).ask({ target, destinationId, address, deadlineMs });
      if (finding.kind !== 'SILENT') break;
    }
    if (finding.kind !== 'REPLY') deps.onAsked(finding.kind);
    return finding;
  };

  const classify = (reply: ProbeReply, localAddress: string | null, destinationId: string) => {
    const own = localAddress === null ? deps.ownAddresses : [...deps.ownAddresses, localAddress];
    const { verdict, isBlocking } = classifyCalloutReply(reply, own);
    deps.onAsked(verdict);
    if (isBlocking) primaries.noteBlocked(destinationId, reply.text);
    if (verdict === 'NEGATIVE') primaries.noteNegative(destinationId);
    return verdict;
  };

  /** Tries the primary with a name that cannot exist, where nothing is known of that. */
  const tryCatchAll = async (subject: InquirySubject, targets: readonly ProbeTarget[]): Promise<void> => {
    const { destinationId } = subject.recipient;
    const facts = primaries.recall(destinationId) ?? (await primaries.find(destinationId));
    if (!facts.isTestDue || !(await primaries.claimTest(destinationId))) return;
    const finding = await put(subject, `no-such-mailbox-${randomBytes(8).toString('hex')}`, targets);
    if (finding.kind !== 'REPLY') return;
    const verdict = classify(finding.reply, finding.localAddress, destinationId);
    if (verdict === 'POSITIVE') await primaries.recordCatchAll(destinationId);
  };

  /** False while the primary's refusals prove nothing: its breaker is open or in trial. */
  const mayRefuse = async ({ recipient, domain, isListed }: InquirySubject, { text }: ProbeReply): Promise<boolean> => {
    const { destinationId, localPart: mailbox } = recipient;
    if (isListed || (await answers.find(recipient)).isDelivered) {
      await breaker.noteRefused({ destinationId, domain: domain.name }, { mailbox, reply: text });
    }
    return !(await breaker.isArmed(destinationId));
  };

  const inquire = async (subject: InquirySubject, isCurrent: () => boolean): Promise<Inquiry> => {
    const { recipient, domain, isListed } = subject;
    const targets = probeTargets(await deps.findHops(domain));
    const finding = await put(subject, subject.spelling, targets);
    if (finding.kind === 'SILENT') return { kind: 'SILENT', sinceMs: silences.note(recipient.destinationId) };
    if (finding.kind !== 'UNASKED') silences.clear(recipient.destinationId);
    if (finding.kind === 'TURNED_AWAY') {
      if (finding.text.startsWith('5')) primaries.noteBlocked(recipient.destinationId, finding.text);
      return { kind: 'NO_ANSWER' };
    }
    if (finding.kind === 'UNASKED') return finding;
    const { reply, localAddress } = finding;
    const verdict = classify(reply, localAddress, recipient.destinationId);
    if (verdict === 'UNKNOWN' || !isCurrent()) return { kind: 'NO_ANSWER' };
    if (verdict === 'NEGATIVE' && !(await mayRefuse(subject, reply))) return { kind: 'NO_ANSWER' };
    shares.note(recipient.destinationId, verdict === 'NEGATIVE');
    const standing = await answers.record({ recipient, verdict, isListed, reply: reply.text, domain });
    // Forgotten while it was being stored: it may have come behind that.
    if (!isCurrent()) {
      await answers.takeBack(recipient);
      return { kind: 'NO_ANSWER' };
    }
    if (verdict === 'POSITIVE') {
      inBackground(() => tryCatchAll(subject, targets));
      inBackground(() => breaker.noteTaken({ destinationId: recipient.destinationId, domain: domain.name }));
    }
    return { kind: 'ANSWERED', standing };
  };

  return {
    ask: (subject) => {
      const key = keyOf(subject.recipient);
      const present = flights.get(key);
      if (present !== undefined) return present;
      const flight: Promise<Inquiry> = inquire(subject, () => flights.get(key) === flight).finally(() => {
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
      await Promise.all([...lanes.values()].map((lane) => lane.close()));
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
