/**
 * When a document is parsed and validated: at once if it is known, in its turn if it is new.
 *
 * A new one may hold the event loop for 50 ms, and hundreds may come at once. So they take turns on this node, the tenants in
 * rotation. After each the node has five times as long for its other work, which is mail. The time of the processor is paid for.
 */
import { setTimeout } from 'node:timers';
import { monotonicMs } from '../../clock.ts';
import type { Account } from './billing.ts';
import type { Admitted, Charge, DocumentGate } from './document-gate.ts';
import { type Refused, refuse } from './refusals.ts';
import { createRoom, createTurns } from './request-room.ts';

/** For a millisecond of the processor, if the guess (document-gate.ts) is lower. So a token has 50 ms of each second. */
const COST_PER_MS = 400;
/** Documents of a tenant that wait for their turns. */
const MOST_WAITING = 100;
const MIB = 1024 * 1024;
/** Their part of the room for small requests, in all and of a tenant: most of it is left to those that need not wait. */
const WAITING_ROOM = { total: 16 * MIB, each: 4 * MIB };
const MOST_WAIT_MS = 60_000;
/** After a turn the node is left alone, in the time that the turn took. */
const REST = 5;
/** Until as many as may wait have had their turns, or have used up what they may. */
const RETRY_SECONDS = 5;

const TOO_MANY_WAITING = noTurn(
  429,
  'RATE_LIMITED',
  "As many new texts of this token's tenant wait to be validated as may wait. Send fewer at once, or the same text each time, with values as variables.",
  RETRY_SECONDS,
);
const NO_TURN = noTurn(
  503,
  'UNAVAILABLE',
  'The service has too many new texts to validate. Send this one again in a moment.',
  RETRY_SECONDS,
);

export interface Asking {
  readonly sender: { readonly tenantId: string; readonly account: Account };
  /** Fires when its client has gone. */
  readonly signal: AbortSignal;
  /** The octets that its body holds of the room for small requests meanwhile. */
  readonly heldBytes: number;
}

type NoTurn = { readonly kind: 'NO_TURN'; readonly refused: Refused };

export interface Admission {
  admit(text: string, asking: Asking): Promise<Admitted | NoTurn>;
}

/**
 * @param cpuMs milliseconds of the processor that this process has used
 * @param apartTenantId a tenant that shares no room with the others
 */
export function createAdmission(gate: DocumentGate, cpuMs: () => number, apartTenantId: string): Admission {
  const turns = createTurns();
  const room = createRoom(WAITING_ROOM, apartTenantId);

  function admitNew(text: string, { tenantId, account }: Asking['sender']): Admitted {
    const usedMs = cpuMs();
    const beganAt = monotonicMs();
    let charged = 0;
    const charge = chargeTo(account, (cost) => {
      charged += cost;
      account.chargeText(cost);
    });
    try {
      return gate.admit(text, { tenantId, charge });
    } finally {
      // What other threads of the process use meanwhile is not its own.
      const ownMs = Math.min(cpuMs() - usedMs, monotonicMs() - beganAt);
      account.chargeText(Math.max(ownMs * COST_PER_MS - charged, 0));
    }
  }

  async function waitForTurn({ sender: { tenantId }, signal, heldBytes }: Asking): Promise<NoTurn | null> {
    if (turns.waitingOf(tenantId) >= MOST_WAITING) return TOO_MANY_WAITING;
    const shortage = room.take(tenantId, heldBytes);
    if (shortage !== null) return shortage === 'FULL' ? NO_TURN : TOO_MANY_WAITING;
    try {
      const hasTurn = await turns.enter(tenantId, AbortSignal.any([signal, AbortSignal.timeout(MOST_WAIT_MS)]));
      return hasTurn ? null : NO_TURN;
    } finally {
      room.giveBack(tenantId, heldBytes);
    }
  }

  return {
    async admit(text, asking) {
      const { sender } = asking;
      const { tenantId, account } = sender;
      if (!gate.takesLong(text)) return gate.admit(text, { tenantId, charge: chargeTo(account, account.charge) });
      if (account.waitOf() > 0) return { kind: 'OWED' };
      const refused = await waitForTurn(asking);
      if (refused !== null) return refused;
      const beganAt = monotonicMs();
      try {
        // Meanwhile others may have used up what there was.
        return account.waitOf() > 0 ? { kind: 'OWED' } : admitNew(text, sender);
      } finally {
        setTimeout(turns.leave, (monotonicMs() - beganAt) * REST);
      }
    },
  };
}

function noTurn(...why: Parameters<typeof refuse>): NoTurn {
  return { kind: 'NO_TURN', refused: refuse(...why) };
}

function chargeTo(account: Account, pay: (cost: number) => void): Charge {
  return (cost) => {
    pay(cost);
    return account.waitOf() === 0;
  };
}
