/**
 * One message of a round: the way there looked up, the attempt made, and what stands for it where there is nothing to dial.
 */
import { monotonicMs } from '../clock.ts';
import type { AttemptResult, Outcome } from '../mail/outcome.ts';
import type { ClaimedMessage } from '../queue/claim.ts';
import type { MessageResult } from '../queue/outcome.ts';
import type { Route } from './route.ts';

/** `isStopped`: cut before every recipient had a verdict; those without one are tried again at once. */
export type StoppableResult = AttemptResult & { readonly isStopped: boolean };

export type RouteAttempt = (
  message: ClaimedMessage,
  route: Route & { kind: 'HOSTS' },
  content: () => Promise<Uint8Array>,
) => Promise<StoppableResult>;

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

export async function attemptRoute(
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

/** What was not dialled because of what the DNS said took as long as asking it. */
function withLookup(result: StoppableResult, lookupMs: number): StoppableResult {
  if (result.records.every(({ address }) => address !== null)) return result;
  const records = result.records.map((record) =>
    record.address === null ? { ...record, latencyMs: record.latencyMs + lookupMs } : record,
  );
  return { ...result, records };
}
