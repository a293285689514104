/**
 * One round at one destination: lanes that hand over what is due, until nothing is, or the host is in trouble.
 *
 * Promises: the first message goes alone, the other lanes start once a host has let it come to a verdict; after trouble at
 * host level no new message is taken and what was claimed is given back; every attempt is recorded. Does not decide whether
 * the destination may be tried, and does not move its clock: worker.ts does.
 */
import { monotonicMs } from '../clock.ts';
import type { AttemptResult, HostTrouble, Outcome } from '../mail/outcome.ts';
import type { ClaimedMessage } from '../queue/claim.ts';
import type { Settlement } from '../queue/outcome.ts';
import type { ByteBudget } from './budget.ts';
import type { Recorder } from './recorder.ts';
import type { Route } from './route.ts';
import type { Source } from './source.ts';

/** Lanes at one destination: Postfix's default_destination_concurrency_limit. */
const LANES = 20;
/** Beside a session that succeeded so recently, trouble is one message's, not the destination's. */
const RECENT_SUCCESS_MS = 60_000;
/** Trouble that no message can bring about: unless a session of the same round succeeded, the host is away. */
const AWAY: ReadonlySet<HostTrouble> = new Set<HostTrouble>(['REFUSED', 'UNREACHABLE', 'TLS', 'DNS', 'NO_MX']);

/** `isStopped`: cut before every recipient had a verdict; those without one are tried again at once. */
export type StoppableResult = AttemptResult & { readonly isStopped: boolean };

export interface RoundDeps {
  readonly route: () => Promise<Route>;
  /** Makes the attempt at the hosts; the content is read when a host is ready for it. */
  readonly attempt: (
    message: ClaimedMessage,
    route: Route & { kind: 'HOSTS' },
    content: () => Promise<Uint8Array>,
  ) => Promise<StoppableResult>;
  readonly source: Source;
  readonly recorder: Recorder<Settlement>;
  readonly readContent: (message: ClaimedMessage) => Promise<Uint8Array>;
  readonly budget: ByteBudget;
  /** A host let us come to a verdict for the first time in this round, and that is recorded. */
  readonly onSuccess: () => Promise<void>;
  /** When a session of this node last came to a verdict at the destination, on the monotonic clock. */
  readonly lastSuccess: { atMs: number };
  /** True when the node must stop. */
  readonly isStopping: () => boolean;
  readonly onFault: (message: ClaimedMessage, error: unknown) => void;
}

export interface RoundResult {
  readonly hasSucceeded: boolean;
  /** The destination is in trouble: no session succeeded lately. */
  readonly failure: { readonly trouble: HostTrouble; readonly reply: string } | null;
}

export async function runRound(deps: RoundDeps): Promise<RoundResult> {
  const { lastSuccess } = deps;
  let failure: RoundResult['failure'] = null;
  let halted = false;
  let greeted: Promise<void> | null = null;

  const deliverNext = async (): Promise<boolean> => {
    if (halted || deps.isStopping()) return false;
    const loaded = await deps.source.next();
    if (loaded === null) return false;
    const { message, early } = loaded;
    const release = early?.release ?? (await deps.budget.take(message.sizeBytes));
    try {
      const content = async () => early?.content ?? (await deps.readContent(message));
      const result = await attemptMessage(deps, message, content).catch((error: unknown) => {
        deps.onFault(message, error);
        return null;
      });
      if (result === null) {
        halted = true;
        await deps.recorder.add(faultOf(message));
        return false;
      }
      const { hostTrouble, isStopped, outcomes, records } = result;
      const isAway = hostTrouble !== null && AWAY.has(hostTrouble.trouble) && greeted === null;
      const isRecent = monotonicMs() - lastSuccess.atMs < RECENT_SUCCESS_MS && !isAway;
      if (hostTrouble !== null || isStopped) halted = true;
      else lastSuccess.atMs = monotonicMs();
      const isHostLevel = isStopped || (hostTrouble !== null && !isRecent);
      if (isHostLevel && !isStopped) failure = hostTrouble;
      await deps.recorder.add({ messageId: message.id, outcomes, records, isHostLevel });
      if (hostTrouble === null && !isStopped) await (greeted ??= deps.recorder.idle().then(deps.onSuccess));
      return true;
    } finally {
      release();
    }
  };
  const lane = async () => {
    while (await deliverNext()) {
      // The next one.
    }
  };

  try {
    if (await deliverNext()) await settleAll(Array.from({ length: halted ? 0 : LANES }, lane));
  } finally {
    await deps.recorder.idle();
  }
  return { hasSucceeded: greeted !== null, failure: greeted === null ? failure : null };
}

/** A bug or lost infrastructure of ours: this message waits for its next slot, the destination is not blamed. */
function faultOf(message: ClaimedMessage): Settlement {
  const reply = { code: 451, enhancedCode: '4.3.0', text: '[internal fault; see the log]' };
  return {
    messageId: message.id,
    outcomes: new Map(message.recipients.map(({ number }) => [number, { kind: 'DEFERRED', reply }])),
    records: [],
    isHostLevel: false,
  };
}

/** Waits for all lanes, then throws what the first failed one threw. */
async function settleAll(lanes: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(lanes);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function attemptMessage(
  deps: RoundDeps,
  message: ClaimedMessage,
  content: () => Promise<Uint8Array>,
): Promise<StoppableResult> {
  const route = await deps.route();
  if (route.kind === 'HOSTS') return deps.attempt(message, route, content);
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
        latencyMs: 0,
      },
    ],
    hostTrouble: isFailed ? null : { trouble: route.trouble, reply },
    isStopped: false,
  };
}
