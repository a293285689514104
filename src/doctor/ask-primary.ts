/**
 * Asks the primary whether it would accept our mail: EHLO, MAIL, RCPT of its postmaster, QUIT; never DATA.
 *
 * From each of our egress addresses that this node has, else from the one that the machine chooses, at no more addresses than
 * it needs to know. Each question has its share of the primary's callout budget. Every outcome is a value; all end within the
 * time, as each session does by its own limits. Never asks ourselves: the next hops hold none of us (next-hop.ts).
 */
import { formatAddress } from '../mail/address.ts';
import { classifyAddress } from '../mail/ip-class.ts';
import { normalizeAddress } from '../mail/ip.ts';
import type { NextHops } from '../dns/next-hop.ts';
import {
  type CalloutSession,
  type CalloutTarget,
  calloutTargets,
  openCalloutSession,
} from '../smtp/callout-session.ts';
import type { CalloutAnswer } from '../smtp/callout-commands.ts';
import type { CalloutBudget } from '../verification/budget.ts';
import { type Fact, known, notFoundOut, type SessionFact } from './facts.ts';

export interface PrimaryQuestion {
  readonly domainName: string;
  readonly hops: NextHops;
  /** Aborted when the run ends. */
  readonly signal: AbortSignal;
}

export interface PrimaryDeps {
  /** Our name in EHLO. */
  readonly hostname: string;
  /** Those that this node can connect from. */
  readonly localEgressAddresses: readonly string[];
  readonly probeBudget: CalloutBudget;
  readonly budget: DoctorBudget;
  readonly monotonicMs: () => number;
}

/** Sessions at once with one primary; hosts have their own limits. More only to have one from each of our addresses. */
const MOST_SESSIONS = 4;
const MOST_SOURCES = 8;
const MOST_ADDRESSES = 2;
/** RCPT commands that one question may take. */
const MOST_RCPTS = 3;
/** For the callout budget of a host; leaves time for the question. */
const SHARE_PATIENCE_MS = 8000;
const SHARE_AGAIN_MS = 250;
const TIMEOUTS = { openMs: 12_000, askMs: 8000, quitMs: 1000 };

/** The egress addresses that this machine can connect from to the world; a private one may lead nowhere, as those of a bridge do. */
export function egressFrom(egress: readonly string[], interfaces: readonly string[]): string[] {
  const own = new Set(interfaces.flatMap((text) => normalizeAddress(text) ?? []));
  return egress
    .flatMap((text) => normalizeAddress(text) ?? [])
    .filter((address) => own.has(address) && classifyAddress(address) === 'PUBLIC');
}

export async function askPrimary(
  deps: PrimaryDeps,
  { domainName, hops, signal }: PrimaryQuestion,
): Promise<Fact<readonly SessionFact[]>> {
  const asked = `next hops of ${domainName}`;
  if (hops.kind !== 'HOSTS') {
    const none = notFoundOut(asked, `[no host to ask: ${whyNone(hops)}]`);
    return hops.kind === 'TROUBLE' ? none : { ...none, hasNoHost: true };
  }
  const plans = calloutTargets(hops).flatMap((target) => plansFor(target, deps.localEgressAddresses));
  const sessions = await Promise.all(
    chosen(plans).map(async (plan) => {
      await deps.budget.connection();
      if (!(await takeShare(deps, plan.target.key, signal))) return null;
      return ask(deps, { ...plan, address: plan.address, domainName, signal });
    }),
  );
  const held = sessions.filter((session) => session !== null);
  if (held.length > 0) return known(held);
  return notFoundOut(asked, signal.aborted ? '[no answer in time]' : '[not asked: it was asked enough for now]');
}

/** Many domains may have one host: waits a while for its budget to be filled again. False: in vain. */
async function takeShare(
  { probeBudget, monotonicMs }: PrimaryDeps,
  key: string,
  signal: AbortSignal,
): Promise<boolean> {
  const untilMs = monotonicMs() + SHARE_PATIENCE_MS;
  while (!signal.aborted && monotonicMs() < untilMs) {
    if (await probeBudget.take(key, MOST_RCPTS)) return true;
    await new Promise((resolve) => setTimeout(resolve, SHARE_AGAIN_MS));
  }
  return false;
}

interface Plan {
  readonly target: CalloutTarget;
  readonly address: string;
  /** Null: as the machine routes. */
  readonly from: string | null;
}

/** Each of our addresses of the family; of a host's addresses the first two of those that differ in family. */
function plansFor(target: CalloutTarget, egress: readonly string[]): Plan[] {
  return target.addresses.slice(0, MOST_ADDRESSES).flatMap((address): Plan[] => {
    const own = egress.filter((from) => from.includes(':') === address.includes(':'));
    const sources = own.length === 0 ? [null] : own;
    return sources.map((from) => ({ target, address, from }));
  });
}

/** One from each of our own addresses before any second one. */
function chosen(plans: readonly Plan[]): readonly Plan[] {
  const isFirst = ({ from }: Plan, index: number) => plans.findIndex((plan) => plan.from === from) === index;
  const firsts = plans.filter(isFirst);
  const others = plans.filter((plan, index) => !isFirst(plan, index));
  return [...firsts, ...others].slice(0, Math.max(MOST_SESSIONS, Math.min(firsts.length, MOST_SOURCES)));
}

function whyNone(hops: Exclude<NextHops, { kind: 'HOSTS' }>): string {
  if (hops.kind === 'NOTHING_BETTER') return `no better MX, ${hops.cause}`;
  return hops.kind === 'TROUBLE' ? hops.reason : hops.kind;
}

async function ask(
  deps: PrimaryDeps,
  plan: Plan & Pick<PrimaryQuestion, 'domainName' | 'signal'>,
): Promise<SessionFact> {
  const { target, address, from } = plan;
  const { host, port, key } = target;
  const startedMs = deps.monotonicMs();
  const at = { host, address, port };
  const opened = await openCalloutSession({
    ...at,
    ...(from === null ? {} : { localAddress: from }),
    ehloName: deps.hostname,
    probeSender: `probe@${deps.hostname}`,
    tls: 'OPPORTUNISTIC',
    timeouts: TIMEOUTS,
    signal: plan.signal,
  });
  const greetingMs = deps.monotonicMs() - startedMs;
  if (opened.kind !== 'OPEN') {
    deps.probeBudget.giveBack(key, MOST_RCPTS);
    const { reply } = opened;
    const none = { localAddress: from, sizeLimitBytes: null, greetingMs, rcptMs: null };
    return { ...at, ...none, stage: 'CONNECT', reply, kind: kindOf(replyCodeOf(reply)) };
  }
  const { session: probe } = opened;
  const reply = await probe.ask(formatAddress('postmaster', plan.domainName));
  deps.probeBudget.giveBack(key, MOST_RCPTS - reply.rcptCount);
  const rcptMs = deps.monotonicMs() - startedMs - greetingMs;
  // A slow primary is not waited for after QUIT.
  await probe.close();
  return { ...at, ...shownOf(probe, reply, from), greetingMs, rcptMs };
}

function shownOf(probe: CalloutSession, { stage, reply, text }: CalloutAnswer, from: string | null) {
  const { sizeLimitBytes } = probe.offers;
  return {
    localAddress: probe.localAddress ?? from,
    stage,
    reply: text,
    kind: kindOf(reply?.code ?? null),
    sizeLimitBytes,
  };
}

function replyCodeOf(text: string): number | null {
  const code = /^([2-5]\d\d)\b/.exec(text)?.[1];
  return code === undefined ? null : Number(code);
}

function kindOf(code: number | null): SessionFact['kind'] {
  if (code === null) return 'SILENT';
  if (code >= 500) return 'REFUSED';
  return code >= 400 ? 'DEFERRED' : 'ACCEPTED';
}

/**
 * Limits of one node's doctor: questions to the DNS and connections to primaries, so many a minute.
 *
 * Each waits for its turn; a minute's share is spread over the minute, except for a first burst. Kept in memory.
 */
export interface DoctorBudget {
  /** Resolves when one more question may go out. */
  question(): Promise<void>;
  /** The same for a connection. */
  connection(): Promise<void>;
}

/** A thousand domains in a minute have room in it; a resolver serves a hundred times as much. */
const QUESTIONS_PER_MINUTE = 24_000;
const CONNECTIONS_PER_MINUTE = 2000;
/** A burst after a rest: two seconds' worth. */
const BURST_MS = 2000;

export function createDoctorBudget({ monotonicMs }: Pick<PrimaryDeps, 'monotonicMs'>): DoctorBudget {
  return {
    question: createTurns(QUESTIONS_PER_MINUTE, monotonicMs),
    connection: createTurns(CONNECTIONS_PER_MINUTE, monotonicMs),
  };
}

function createTurns(perMinute: number, monotonicMs: () => number): () => Promise<void> {
  const everyMs = 60_000 / perMinute;
  /** When the next turn is, if all were spread evenly. */
  let nextMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const nowMs = monotonicMs();
    const turnMs = Math.max(nextMs, nowMs - BURST_MS);
    nextMs = turnMs + everyMs;
    if (turnMs > nowMs) await new Promise((resolve) => setTimeout(resolve, turnMs - nowMs));
  };
}
