/**
 * The door: what a client pays for a connection, and what becomes of it when it has spent its allowance.
 *
 * Promises that nothing is made of a socket before it is paid for: to greet a client or to say 421 to it costs far more than
 * to accept its socket, and a client that is refused may come again at once and without end. Within its allowance a client
 * comes in at once. Beyond it it waits for its turn as a command does (command-turns.ts); where too many wait already, the
 * connection is closed without a word. Clients of networks that are not in debt notice nothing.
 *
 * Trusted clients pay nothing, and those of a proxy when it has named them.
 */
import type { ClientLimits } from './connection-limits.ts';
import type { CommandTurns } from './command-turns.ts';

export interface Door {
  /**
   * Exactly one of the two is called, at once or later.
   *
   * @param address of the socket
   */
  readonly knock: (address: string, comeIn: () => void, turnAway: () => void) => void;
}

interface DoorOptions {
  readonly limits: ClientLimits;
  readonly turns: CommandTurns;
  readonly isProxy: (address: string) => boolean;
  /** Sockets that may wait for their turn. */
  readonly mostWaiting: number;
}

/** The cost of a connection beside its commands, in units of command-turns.ts. */
export const CONNECTION_UNITS = 5;

export function createDoor({ limits, turns, isProxy, mostWaiting }: DoorOptions): Door {
  let waitingCount = 0;
  return {
    knock: (address, comeIn, turnAway) => {
      const { isTrusted, networks } = limits.shareOf(address);
      if (isTrusted || isProxy(address) || turns.charge(networks, CONNECTION_UNITS)) return comeIn();
      if (waitingCount >= mostWaiting) return turnAway();
      waitingCount += 1;
      turns.wait(networks, CONNECTION_UNITS, () => {
        waitingCount -= 1;
        comeIn();
      });
    },
  };
}
