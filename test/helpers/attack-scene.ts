/**
 * Honest mail beside an attack: its rate alone and under attack, its worst accept, the service's memory.
 *
 * The rate alone is that of the service and its machine: it is measured once for all attacks on a service. It is measured again,
 * in a pair with the attack, when the attack seems to cost too much, and alone when honest mail seems to gain by it.
 *
 * The attack is a function that goes on until its signal fires. Honest senders run in a process of their own. What the
 * service must keep (`expectHarmless`): half of its rate, each accept within two seconds, memory within IN_FLIGHT_BYTES + 500 MB.
 */
import { join } from 'node:path';
import process from 'node:process';
import { expect } from 'bun:test';
import { readRssBytes } from '../../bench/processes.ts';
import { runOrThrow } from './child.ts';
import type { HonestPlan, HonestTally } from './honest-senders.ts';

export interface AttackPlan {
  readonly service: { readonly pid: number; readonly smtpPort: number };
  /** A mailbox that accepts mail. */
  readonly recipient: string;
  /** Where honest senders connect from; a loopback address that the attack does not use. Default 127.0.0.1. */
  readonly honestAddress?: string;
  /** Connections of honest senders at once. Default 4. */
  readonly senders?: number;
  /** How long honest mail is counted in each round. Default 2,000. */
  readonly roundMs?: number;
  /** Rounds under attack. Default 1. */
  readonly rounds?: number;
  /** How often it is measured while honest mail keeps less than half of its rate, before that is believed. Default 3. */
  readonly tries?: number;
  /** Resolves when the attack is under way, before honest mail is counted. Nothing by default. */
  readonly hasBegun?: () => Promise<unknown>;
  /** Attacks until the signal fires, then cleans up and resolves. */
  readonly attack: (signal: AbortSignal) => Promise<unknown>;
}

export interface Beside {
  readonly alonePerSecond: number;
  readonly attackedPerSecond: number;
  /** attackedPerSecond / alonePerSecond. */
  readonly share: number;
  readonly worstAcceptMs: number;
  /** The highest resident memory of the service's own process while it was attacked. */
  readonly peakRssBytes: number;
  readonly refusals: Readonly<Record<string, number>>;
}

/** Of an even number the higher of the two in the middle. */
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function sendHonest(plan: AttackPlan): Promise<HonestTally> {
  const honest: HonestPlan = {
    port: plan.service.smtpPort,
    recipient: plan.recipient,
    localAddress: plan.honestAddress ?? '127.0.0.1',
    senders: plan.senders ?? 4,
    durationMs: plan.roundMs ?? 2000,
  };
  const script = join(import.meta.dirname, 'honest-senders.ts');
  const { stdout } = await runOrThrow(process.execPath, [script, JSON.stringify(honest)], { timeoutMs: 180_000 });
  return JSON.parse(stdout.toString()) as HonestTally;
}

async function sendUnderAttack(plan: AttackPlan): Promise<HonestTally> {
  const over = new AbortController();
  const attack = plan.attack(over.signal);
  try {
    await plan.hasBegun?.();
    return await sendHonest(plan);
  } finally {
    over.abort();
    await attack;
  }
}

/** Honest mail may lose half of its rate while an attack goes on. */
const LEAST_SHARE = 0.5;
/** Of the first rate alone: a machine that others use too is seldom slower. */
const LEAST_ALONE = 0.5;
/** Above this the machine has become faster since the rate alone was measured. */
const MOST_SHARE = 1.5;

/** By service: messages a second, while nothing else is asked of it. */
const alonePerSecondOf = new WeakMap<AttackPlan['service'], number>();

async function measureAlone(plan: AttackPlan): Promise<number> {
  const { perSecond } = await sendHonest(plan);
  alonePerSecondOf.set(plan.service, perSecond);
  return perSecond;
}

/** The rate that is known, or that of a first round; one before it warms the service up and is not counted. */
async function knowAlone(plan: AttackPlan): Promise<number> {
  const known = alonePerSecondOf.get(plan.service);
  if (known !== undefined) return known;
  await sendHonest({ ...plan, roundMs: 1000 });
  return measureAlone(plan);
}

/**
 * Measures; judges nothing.
 *
 * Whatever else a machine does in a round looks like the attack: a bad share is measured again, and the best one is told. An
 * attack that starves honest mail does so each time. Memory and refusals are those of all tries. The rate alone counts as no less
 * than half of what it was at first: an attack that goes on after its end would make itself look harmless.
 */
export async function measureBeside(plan: AttackPlan): Promise<Beside> {
  const first = await knowAlone(plan);
  let best = await measureAttacked(plan, first);
  if (best.share > MOST_SHARE) best = withAlone(best, await measureAlone(plan));
  for (let tries = 1; best.share < LEAST_SHARE && tries < (plan.tries ?? 3); tries += 1) {
    const again = await measureAttacked(plan, Math.max(await measureAlone(plan), first * LEAST_ALONE));
    const peakRssBytes = Math.max(best.peakRssBytes, again.peakRssBytes);
    const refusals = { ...best.refusals, ...again.refusals };
    best = { ...(again.share > best.share ? again : best), peakRssBytes, refusals };
  }
  return best;
}

const withAlone = (beside: Omit<Beside, 'alonePerSecond' | 'share'>, alonePerSecond: number): Beside => ({
  ...beside,
  alonePerSecond,
  share: beside.attackedPerSecond / alonePerSecond,
});

async function measureAttacked(plan: AttackPlan, alonePerSecond: number): Promise<Beside> {
  const attacked: HonestTally[] = [];
  let peakRssBytes = 0;
  for (let round = 0; round < (plan.rounds ?? 1); round += 1) {
    const watch = setInterval(() => {
      peakRssBytes = Math.max(peakRssBytes, readRssBytes(plan.service.pid));
    }, 20);
    attacked.push(await sendUnderAttack(plan).finally(() => clearInterval(watch)));
  }
  const measured = {
    attackedPerSecond: median(attacked.map(({ perSecond }) => perSecond)),
    worstAcceptMs: Math.max(...attacked.map(({ worstMs }) => worstMs)),
    peakRssBytes,
    refusals: Object.assign({}, ...attacked.map(({ refusals }) => refusals)) as Record<string, number>,
  };
  return withAlone(measured, alonePerSecond);
}

/**
 * Holds what was measured against what an attack may cost, and prints it.
 *
 * @param inFlightBytes the service's IN_FLIGHT_BYTES
 */
export function expectHarmless(name: string, beside: Beside, inFlightBytes: number): void {
  const { alonePerSecond, attackedPerSecond, share, worstAcceptMs, peakRssBytes, refusals } = beside;
  console.log(
    `${name}: ${attackedPerSecond.toFixed(0)} of ${alonePerSecond.toFixed(0)} messages a second (${share.toFixed(2)}), ` +
      `worst accept ${worstAcceptMs.toFixed(0)} ms, peak ${(peakRssBytes / 1e6).toFixed(0)} MB`,
  );
  expect(refusals).toEqual({});
  expect(share).toBeGreaterThanOrEqual(LEAST_SHARE);
  expect(worstAcceptMs).toBeLessThan(2000);
  expect(peakRssBytes).toBeLessThan(inFlightBytes + 500_000_000);
}
