/**
 * One attempt of one message: finds its route, then tries host after host, address after address, until every recipient has a
 * verdict (RFC 5321 §5.1; a partial result is kept recipient by recipient).
 *
 * - A host that must not be dialled is recorded as trouble of its own, and the next is tried.
 * - Trouble of an address leads to the next address, then to the next host; each gets all recipients that still wait.
 * - A delivery and a permanent refusal are final. After a transient refusal one more host is tried.
 * - After a reply lost after the final dot no other host is tried: the message may have been accepted.
 * - A kept session that turns out to be closed says nothing about its host: the address is dialled once more.
 * - All addresses together have ten minutes to open a session. What one leaves is the next one's; each has half a minute.
 * - An abort stops what is before the final dot; what waits for the final reply goes on.
 *
 * Reads no queue, writes nothing, knows no schedule. Throws only what loading the content and finding the route throw.
 */
import { monotonicMs } from '../clock.ts';
import type { EnvelopeRecipient, OriginalClient } from '../mail/envelope.ts';
import { waivesTls } from '../mail/header-section.ts';
import { formatEndpoint } from '../mail/ip.ts';
import type { AttemptResult, Outcome, RecipientNumber } from '../mail/outcome.ts';
import type { ClaimedMessage } from '../queue/claim.ts';
import type { MessageResult } from '../queue/outcome.ts';
import { needsSmtpUtf8, type SmtpOffers } from '../smtp/commands.ts';
import type { OutgoingMessage, SmtpSession } from '../smtp/session.ts';
import { classifyOffers, classifyStop, classifyTransaction, classifyTrouble, type Verdict } from './classify.ts';
import type { ConnectionPool, SessionTarget } from './connections.ts';
import { createRecipientVerdicts, type Dial, type RecipientVerdicts } from './recipient-verdicts.ts';
import type { Route, RouteHost } from './route.ts';

/** `isStopped`: cut before every recipient had a verdict; those without one are tried again at once. */
export type StoppableResult = AttemptResult & { readonly isStopped: boolean };

export type RouteAttempt = (
  message: ClaimedMessage,
  route: Route & { kind: 'HOSTS' },
  content: () => Promise<Uint8Array>,
) => Promise<StoppableResult>;

/** The host accepted the message for some recipient. */
export function isDelivered({ outcomes }: AttemptResult): boolean {
  for (const { kind } of outcomes.values()) if (kind === 'DELIVERED') return true;
  return false;
}

/** A bug or lost infrastructure of ours: this message waits for its next slot, the destination is not blamed. */
export function faultOf(message: ClaimedMessage): MessageResult {
  const reply = { code: 451, enhancedCode: '4.3.0', text: '[internal fault; see the log]' };
  return {
    messageId: message.id,
    outcomes: new Map(message.recipients.map(({ number }) => [number, { kind: 'DEFERRED', reply }])),
    records: [],
    isHostLevel: false,
  };
}

/** Finds the route and tries its hosts; where there is nothing to dial, the route is the result. */
export async function attemptMessage(
  deps: { readonly route: () => Promise<Route>; readonly attempt: RouteAttempt },
  message: ClaimedMessage,
  content: () => Promise<Uint8Array>,
): Promise<StoppableResult> {
  const beganAtMs = monotonicMs();
  const route = await deps.route();
  const lookupMs = monotonicMs() - beganAtMs;
  if (route.kind === 'HOSTS') return withLookup(await deps.attempt(message, route, content), lookupMs);
  const isFailed = route.kind === 'FAILED';
  const outcome: Outcome = isFailed
    ? { kind: 'FAILED', reply: route.reply }
    : { kind: 'DEFERRED', reply: { code: 451, enhancedCode: '4.4.3', text: route.reply } };
  const reply = isFailed ? `[${route.reply.text}]` : route.reply;
  return {
    outcomes: new Map(message.recipients.map(({ number }) => [number, outcome])),
    records: [
      {
        host: null,
        address: null,
        tls: null,
        reply,
        outcome: outcome.kind,
        recipientNumbers: message.recipients.map(({ number }) => number),
        isHostLevel: !isFailed,
        ...(isFailed ? {} : { trouble: route.trouble }),
        latencyMs: lookupMs,
      },
    ],
    hostTrouble: isFailed ? null : { trouble: route.trouble, reply },
    isStopped: false,
  };
}

/** An attempt that the DNS ended before dialling took as long as the lookup. */
function withLookup(result: StoppableResult, lookupMs: number): StoppableResult {
  if (result.records.every(({ address }) => address !== null)) return result;
  const records = result.records.map((record) =>
    record.address === null ? { ...record, latencyMs: record.latencyMs + lookupMs } : record,
  );
  return { ...result, records };
}

export interface AttemptMessage {
  readonly id: string;
  /** Null is `<>`. */
  readonly reversePath: string | null;
  /** Those to try now, at least one. */
  readonly recipients: readonly AttemptRecipient[];
  readonly sizeBytes: number;
  readonly smtpUtf8: boolean;
  readonly body: '7BIT' | '8BITMIME' | null;
  readonly ret: 'FULL' | 'HDRS' | null;
  readonly envelopeId: string | null;
  /** From whom we have it; null or absent for mail of our own. */
  readonly client?: OriginalClient | null;
  /** The whole message, or how to get it: asked for at most once, when a host is ready for it. */
  readonly content: Uint8Array | (() => Promise<Uint8Array>);
}

export type AttemptRecipient = Pick<EnvelopeRecipient, 'address' | 'notify' | 'originalRecipient'> & {
  readonly number: RecipientNumber;
};

export interface AttemptTask {
  readonly message: AttemptMessage;
  readonly hosts: readonly RouteHost[];
  readonly sessions: ConnectionPool;
  /** Addresses a next hop may know us by; its refusals that name one are about us. */
  readonly ownAddresses?: readonly string[];
  /** Hears what the first host offers at each new session: that of the others says nothing of the primary. */
  readonly onOffers?: (offers: SmtpOffers) => void;
  readonly signal?: AbortSignal | undefined;
  /** See OutgoingMessage. */
  readonly mayFinish?: OutgoingMessage['mayFinish'];
  /** For opening sessions at all addresses together; default ten minutes. */
  readonly openingMs?: number | undefined;
}

/**
 * For connecting, greeting, EHLO and TLS at all addresses together. The first may take what RFC 5321 §4.5.3.2 gives it; ten that
 * say nothing must not hold a message for an hour.
 */
const OPENING_MS = 600_000;
const LEAST_OPENING_MS = 30_000;

/** RFC 5321 §4.5.3.1.8: a server takes at least so many in one transaction. */
const RECIPIENTS_PER_TRANSACTION = 100;

/** Tries the hosts of a route in their order. */
export async function attemptHosts(task: AttemptTask): Promise<StoppableResult> {
  const { message } = task;
  const progress = createRecipientVerdicts(message.recipients.map(({ number }) => number));
  const loadContent = once(message.content);
  const hosts = await hostsFor(task, loadContent);
  const opening = createOpeningTime(hosts, task.openingMs ?? OPENING_MS);
  for (const { host, addresses, tls, refusal } of hosts) {
    if (refusal !== undefined) {
      passOver(task, progress, host, refusal);
      continue;
    }
    for (const { address, port } of addresses) {
      await tryAddress({ task, progress, loadContent, opening, target: { host, address, port, tls } });
      opening.next();
    }
  }
  return progress.result();
}

/** If the domain publishes demands on TLS, the content is read first: its sender may waive that (RFC 8689 §5). */
async function hostsFor({ hosts }: AttemptTask, loadContent: () => Promise<Uint8Array>): Promise<readonly RouteHost[]> {
  if (hosts.every(({ waivedTls }) => waivedTls === undefined)) return hosts;
  if (!waivesTls(await loadContent())) return hosts;
  return hosts.map(({ host, addresses, tls, waivedTls = tls }) => ({ host, addresses, tls: waivedTls }));
}

interface AddressTask {
  readonly task: AttemptTask;
  readonly progress: RecipientVerdicts;
  readonly loadContent: () => Promise<Uint8Array>;
  readonly opening: OpeningTime;
  readonly target: SessionTarget;
}

interface OpeningTime {
  /** For the address that is dialled now, in milliseconds. */
  readonly share: () => number;
  readonly spend: (tookMs: number) => void;
  /** It is the next address's turn. */
  readonly next: () => void;
}

/** The part of the total time that hosts not yet dialled do not need. */
function createOpeningTime(hosts: readonly RouteHost[], totalMs: number): OpeningTime {
  let addresses = hosts.reduce((sum, host) => sum + (host.refusal === undefined ? host.addresses.length : 0), 0);
  const leastMs = Math.min(LEAST_OPENING_MS, totalMs / Math.max(1, addresses));
  let leftMs = totalMs;
  return {
    share: () => Math.max(leastMs, leftMs - leastMs * (addresses - 1)),
    spend: (tookMs) => {
      leftMs -= tookMs;
    },
    next: () => {
      addresses -= 1;
    },
  };
}

function passOver(
  { message }: AttemptTask,
  progress: RecipientVerdicts,
  host: string,
  { trouble, reply }: NonNullable<RouteHost['refusal']>,
): void {
  const waiting = message.recipients.filter(({ number }) => progress.isWaitingFor(number, host));
  const dial = { host, address: null, tls: null, latencyMs: 0, isGreeted: false, answerMs: 0 };
  progress.note(dial, forAll(waiting, classifyTrouble(trouble, reply)));
}

/** Hands over everybody who waits for this host, in as many transactions as it takes, until the address is in trouble. */
async function tryAddress(addressTask: AddressTask): Promise<void> {
  const { task, progress, target } = addressTask;
  const waiting = task.message.recipients.filter(({ number }) => progress.isWaitingFor(number, target.host));
  for (let start = 0; start < waiting.length; start += RECIPIENTS_PER_TRANSACTION) {
    const beganAtMs = monotonicMs();
    const some = waiting.slice(start, start + RECIPIENTS_PER_TRANSACTION);
    const { verdicts, ...session } = await transact(addressTask, some);
    const end = [...verdicts.values()].find(({ trouble, isStopped }) => trouble !== null || isStopped);
    // The rest would meet the same.
    if (end !== undefined) for (const { number } of waiting.slice(start + some.length)) verdicts.set(number, end);
    const address = formatEndpoint(target);
    progress.note({ host: target.host, address, ...session, latencyMs: monotonicMs() - beganAtMs }, verdicts);
    if (end !== undefined) return;
  }
}

interface TransactionVerdicts extends Pick<Dial, 'tls' | 'offersDsn' | 'isGreeted' | 'answerMs'> {
  readonly verdicts: Map<RecipientNumber, Verdict>;
}

async function transact(addressTask: AddressTask, some: readonly AttemptRecipient[]): Promise<TransactionVerdicts> {
  const { task, target, opening } = addressTask;
  const { sessions, signal } = task;
  const ungreeted = { tls: null, isGreeted: false, answerMs: 0 };
  for (let isFresh = false; ; isFresh = true) {
    const beganAtMs = monotonicMs();
    const acquired = await sessions.acquire(target, { isFresh, signal, limitMs: opening.share() });
    const openingMs = monotonicMs() - beganAtMs;
    opening.spend(openingMs);
    if (acquired.kind === 'STOPPED') return { ...ungreeted, verdicts: forAll(some, classifyStop(acquired.reply)) };
    if (acquired.kind === 'TROUBLE') {
      // TLS comes after greeting and EHLO.
      const isGreeted = acquired.trouble === 'TLS';
      return { ...ungreeted, isGreeted, verdicts: forAll(some, classifyTrouble(acquired.trouble, acquired.reply)) };
    }
    const { session } = acquired;
    if (!acquired.isReused && target.host === task.hosts[0]?.host) task.onOffers?.(session.offers);
    try {
      const handedOver = await handOver(session, addressTask, some);
      if (handedOver === 'STALE') continue;
      const { verdicts, envelopeMs } = handedOver;
      const { tls, offers } = session;
      return { tls, offersDsn: offers.dsn, isGreeted: true, answerMs: Math.max(openingMs, envelopeMs), verdicts };
    } finally {
      sessions.release(target, session);
    }
  }
}

async function handOver(
  session: SmtpSession,
  { task, loadContent }: AddressTask,
  recipients: readonly AttemptRecipient[],
): Promise<{ readonly verdicts: Map<RecipientNumber, Verdict>; readonly envelopeMs: number } | 'STALE'> {
  const { message, ownAddresses = [], signal, mayFinish } = task;
  const { reversePath, smtpUtf8, ret, envelopeId, sizeBytes, client } = message;
  const body8bit = message.body === '8BITMIME';
  const envelope = { reversePath, recipients, smtpUtf8, ret, envelopeId, body8bit, client: client ?? null };
  const ruledOut = classifyOffers({ sizeBytes, needsSmtpUtf8: needsSmtpUtf8(envelope) }, session.offers);
  if (ruledOut !== null) return { verdicts: forAll(recipients, ruledOut), envelopeMs: 0 };
  const transaction = await session.send({ ...envelope, content: await loadContent(), signal, mayFinish });
  if (transaction.isStale) return 'STALE';
  const localAddresses = session.localAddress === null ? ownAddresses : [...ownAddresses, session.localAddress];
  const numbers = recipients.map(({ number }) => number);
  const verdicts = classifyTransaction(transaction, numbers, localAddresses);
  return { verdicts, envelopeMs: transaction.envelopeMs ?? 0 };
}

function forAll(recipients: readonly AttemptRecipient[], verdict: Verdict): Map<RecipientNumber, Verdict> {
  return new Map(recipients.map(({ number }) => [number, verdict]));
}

function once(content: AttemptMessage['content']): () => Promise<Uint8Array> {
  if (typeof content !== 'function') return () => Promise.resolve(content);
  let loaded: Promise<Uint8Array> | null = null;
  return () => (loaded ??= content());
}
