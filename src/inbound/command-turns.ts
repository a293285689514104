/**
 * Turns of commands that bring no mail: NOOP without end, handshakes that lead nowhere, recipients of messages that never come.
 *
 * Each client network has an allowance of work, and so has each wider one; a message that is accepted gives back what its
 * connection has spent. Within its allowance a client never waits. Beyond it its commands have turns, the widest networks in
 * rotation; then the node has five times as long for other work. No client is refused: one that is in debt is slow.
 *
 * State is bounded: waiting commands by the connections, one each, connections by door.ts; accounts by `MOST_ACCOUNTS`, beyond which those that were
 * used longest ago begin anew.
 */
import type { Buffer } from 'node:buffer';
import { createBoundedMap } from '../bounded-map.ts';
import { NETWORK_SHARES } from '../mail/ip.ts';

export interface CommandTurns {
  /**
   * Charges the networks for work, and runs it: at once, or in its turn.
   *
   * @param networks of the client, the narrowest first
   * @param units one is about 0.05 ms
   */
  readonly next: (networks: readonly string[], units: number, run: () => void) => void;
  /** The first half of that: false when one of the networks is in debt. */
  readonly charge: (networks: readonly string[], units: number) => boolean;
  /** The second half: runs it in its turn. */
  readonly wait: (networks: readonly string[], units: number, run: () => void) => void;
  /** A message was accepted: what led to it costs nothing. */
  readonly giveBack: (networks: readonly string[], units: number) => void;
}

/** The allowance of one client network: some ten messages that are all refused, TLS included. */
const MOST_UNITS = 600;
const UNITS_PER_MS = 0.04;
const MOST_ACCOUNTS = 65_536;
/** A unit counts for this at least: work that goes on elsewhere, as a handshake, is not seen. */
const UNIT_MS = 0.05;
const TURN_MS = 1;
const REST_TIMES = 5;

/** RCPT asks the policy, STARTTLS leads to a signature. */
const DEAR_COMMANDS: Readonly<Record<string, number>> = { ETRN: 4, RCPT: 4, STAR: 40 };

/** The cost of a command line, in units. */
export function unitsOf(line: Buffer): number {
  return DEAR_COMMANDS[line.toString('latin1', 0, 4).toUpperCase()] ?? 1;
}

interface Account {
  /** Below zero: in debt, by one allowance at most. */
  units: number;
  sinceMs: number;
}

interface Work {
  readonly units: number;
  readonly run: () => void;
}

/** @param nowMs monotonic milliseconds */
export function createCommandTurns(nowMs: () => number): CommandTurns {
  const accounts = createBoundedMap<Account>(MOST_ACCOUNTS);
  /** Work that waits, by the widest network; the one whose turn it is first. */
  const lines = new Map<string, Work[]>();
  let isBusy = false;

  const accountOf = (network: string, most: number): Account => {
    const now = nowMs();
    const account = accounts.get(network) ?? { units: most, sinceMs: now };
    account.units = Math.min(most, account.units + (now - account.sinceMs) * UNITS_PER_MS * (most / MOST_UNITS));
    account.sinceMs = now;
    accounts.set(network, account);
    return account;
  };
  /** True when each of them still has something left. */
  const change = (networks: readonly string[], units: number): boolean => {
    let isSolvent = true;
    for (const [at, network] of networks.entries()) {
      const most = MOST_UNITS * (NETWORK_SHARES[at] ?? 1);
      const account = accountOf(network, most);
      account.units = Math.min(most, Math.max(-most, account.units + units));
      if (account.units < 0) isSolvent = false;
    }
    return isSolvent;
  };

  const takeNext = (): Work | undefined => {
    for (const [network, line] of lines) {
      lines.delete(network);
      const work = line.shift();
      if (line.length > 0) lines.set(network, line);
      return work;
    }
    return undefined;
  };
  const serve = (): void => {
    isBusy = true;
    let usedMs = 0;
    while (usedMs < TURN_MS) {
      const work = takeNext();
      if (work === undefined) break;
      const beganMs = nowMs();
      work.run();
      usedMs += Math.max(nowMs() - beganMs, work.units * UNIT_MS);
    }
    if (usedMs > 0) setTimeout(serve, usedMs * REST_TIMES);
    else isBusy = false;
  };

  const charge = (networks: readonly string[], units: number): boolean => change(networks, -units);
  const wait = (networks: readonly string[], units: number, run: () => void): void => {
    const widest = networks.at(-1) ?? '';
    const line = lines.get(widest);
    if (line === undefined) lines.set(widest, [{ units, run }]);
    else line.push({ units, run });
    if (!isBusy) serve();
  };

  return {
    next: (networks, units, run) => {
      if (charge(networks, units)) run();
      else wait(networks, units, run);
    },
    charge,
    wait,
    giveBack: (networks, units) => void change(networks, units),
  };
}
