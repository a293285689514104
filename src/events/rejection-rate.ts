/**
 * How many refusals may be written down: 20 a second of this node with a burst of 2,000, and 100 a minute of one client.
 *
 * Twenty a second for ever are about 0.7 GB a day, and ten in the two weeks that they are kept. State is bounded by the rate
 * itself: a client is remembered for the refusals that it was granted within the minute.
 */

export interface RejectionRate {
  /** Takes one of the client's and of the node's share, or says false and takes nothing. */
  readonly take: (clientNetwork: string) => boolean;
}

const PER_SECOND = 20;
const BURST = 2000;
const PER_CLIENT_AND_MINUTE = 100;
const MINUTE_MS = 60_000;

export function createRejectionRate(monotonicMs: () => number): RejectionRate {
  let tokens = BURST;
  let filledMs = monotonicMs();
  let minuteBeganMs = filledMs;
  let clients = new Map<string, number>();
  return {
    take: (clientNetwork) => {
      const nowMs = monotonicMs();
      tokens = Math.min(BURST, tokens + ((nowMs - filledMs) / 1000) * PER_SECOND);
      filledMs = nowMs;
      if (nowMs - minuteBeganMs >= MINUTE_MS) {
        minuteBeganMs = nowMs;
        clients = new Map();
      }
      const count = clients.get(clientNetwork) ?? 0;
      if (tokens < 1 || count >= PER_CLIENT_AND_MINUTE) return false;
      tokens -= 1;
      clients.set(clientNetwork, count + 1);
      return true;
    },
  };
}
