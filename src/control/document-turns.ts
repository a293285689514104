/**
 * When a document is parsed and validated: at once if it is known, in its turn if it is new.
 *
 * A new one may hold the event loop for 50 ms, and hundreds may come at once. So they take turns on this node, the tenants in
 * rotation. After each the node has five times as long for its other work, which is mail. The time of the processor is paid for.
 */
import { setTimeout } from 'node:timers';
import { monotonicMs } from '../clock.ts';
import type { Account } from './billing.ts';
import type { Admitted, Charge, DocumentGate } from './document-gate.ts';
import { type Refused, refuse } from './refusals.ts';
import { createTurns } from './request-room.ts';

/** For a millisecond of the processor, if the guess (document-gate.ts) is lower. So a token has 50 ms of each second. */
const COST_PER_MS = 400;
/** Documents of a tenant that wait for their turns. */
const MOST_WAITING = 100;
const MOST_WAIT_MS = 60_000;
/** After a turn the node is left alone, in the time that the turn took. */
const REST = 5;
/** Until as many as may wait have had their turns, or have used up what they may. */
const RETRY_SECONDS = 5;

const TOO_MANY_WAITING = refuse(
  429,
  'RATE_LIMITED',
  `${MOST_WAITING} new texts of this token's tenant wait to be validated. Send fewer at once, or the same text each time, with values as variables.`,
  RETRY_SECONDS,
);
const NO_TURN = refuse(
  503,
  'UNAVAILABLE',
  'The service has too many new texts to validate. Send this one again in a moment.',
  RETRY_SECONDS,
);

export interface Asking {
  readonly sender: { readonly tenantId: string; readonly account: Account };
  /** Fires when its client has gone. */
  readonly signal: AbortSignal;
}

export interface Admission {
  admit(text: string, asking: Asking): Promise<Admitted | { readonly kind: 'NO_TURN'; readonly refused: Refused }>;
}

/** @param cpuMs milliseconds of the processor that this process has used */
export function createAdmission(gate: DocumentGate, cpuMs: () => number): Admission {
  const turns = createTurns();

  function admitNew(text: string, account: Account): Admitted {
    const usedMs = cpuMs();
    let charged = 0;
    try {
      return gate.admit(
        text,
        chargeTo(account, (cost) => {
          charged += cost;
          account.chargeText(cost);
        }),
      );
    } finally {
      account.chargeText(Math.max((cpuMs() - usedMs) * COST_PER_MS - charged, 0));
    }
  }

  return {
    async admit(text, { sender: { tenantId, account }, signal }) {
      if (gate.isKnown(text)) return gate.admit(text, chargeTo(account, account.charge));
      if (account.waitOf() > 0) return { kind: 'OWED' };
      if (turns.waitingOf(tenantId) >= MOST_WAITING) return { kind: 'NO_TURN', refused: TOO_MANY_WAITING };
      if (!(await turns.enter(tenantId, AbortSignal.any([signal, AbortSignal.timeout(MOST_WAIT_MS)]))))
        return { kind: 'NO_TURN', refused: NO_TURN };
      const beganAt = monotonicMs();
      try {
        // Meanwhile others may have used up what there was.
        return account.waitOf() > 0 ? { kind: 'OWED' } : admitNew(text, account);
      } finally {
        setTimeout(turns.leave, (monotonicMs() - beganAt) * REST);
      }
    },
  };
}

function chargeTo(account: Account, pay: (cost: number) => void): Charge {
  return (cost) => {
    pay(cost);
    return account.waitOf() === 0;
  };
}
