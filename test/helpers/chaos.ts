/**
 * A chaos run: senders that never tire, while nodes, database and primaries are killed, stopped and restarted by chance,
 * connections cut, clocks set. Then all is mended, what can be delivered is delivered, and an auditor reckons. CHAOS_LOGS names a
 * folder for what the nodes say.
 */
import process from 'node:process';
import { type Audit, audit } from './chaos-audit.ts';
import { operatorTrack } from './chaos-operator.ts';
import type { Random } from './chaos-random.ts';
import { readRecords } from './chaos-records.ts';
import { type ChaosScene, DEAD, openScene, SHAKEN, STEADY } from './chaos-scene.ts';
import { type ChaosSenders, startChaosSenders } from './chaos-senders.ts';
import { databaseTrack, dnsTrack, primaryTrack, rollingTrack } from './chaos-tracks.ts';
import { until } from './child.ts';
import { runTroubles, type Trouble, type TroubleTrack, wait } from './chaos-troubles.ts';
import { flushDomain } from './domains.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Four nodes in place of three, and pauses of a minute, after which a node has lost its place. */
  readonly isLong?: boolean;
}

export interface ChaosResult extends Audit {
  readonly troubles: readonly Trouble[];
  /** Refusals that are not for later, ends that nobody asked for, exit codes. */
  readonly surprises: readonly string[];
}

/** Of senders. In a long run there is more time in which most of the doors are shut. */
const CONNECTIONS = { short: 10, long: 30 };
/** Of a sender behind a message, on average. */
const PAUSE_MS = 20;
/** A reckoning of less says nothing; a busy machine takes its time. */
const LEAST_ACCEPTED = 100;
const HEARD_WITHIN_MS = 60_000;
/** In a long run nodes and database work for a while between two troubles: what is in nobody's hands cannot be doubled. */
const LONG_PAUSE_MS = [2000, 10_000] as const;
/** In which something must be accepted, or there is nothing to disturb. */
const WORTH_LOOKING_MS = 500;
/** At the end fewer and fewer are held, or no more will come of it. */
const PROGRESS_WITHIN_MS = 120_000;
const ROUND_MS = 500;
/** What waits for its own clock, and not for an operator, gets half an hour in every third round. */
const CLOCK_MOVES_EVERY = 3;

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, durationMs, isLong = false } = options;
  const surprises: string[] = [];
  const scene = await openScene({
    isLong,
    onSurprise: (what) => surprises.push(what),
    logFolder: process.env['CHAOS_LOGS'] ?? null,
  });
  try {
    const doors = scene.nodesWith('inbound').map(({ name, service }) => ({ name, port: service().smtpPort }));
    const senders = startChaosSenders({
      seed,
      doors,
      connections: isLong ? CONNECTIONS.long : CONNECTIONS.short,
      pauseMs: PAUSE_MS,
      recipientsOf,
    });
    const troubles = await runTroubles(seed, tracksOf(scene, senders, options), durationMs);
    await until('senders were heard', HEARD_WITHIN_MS, () => senders.acceptedCount() >= LEAST_ACCEPTED);
    await senders.stop();
    const left = await settle(scene);
    if (left > 0) surprises.push(`${left} messages and reports did not move any more`);
    const copies = (await Promise.all(scene.primaries.map((primary) => primary.readCopies()))).flat();
    const records = await readRecords(scene.server.sql);
    const result = audit({ sent: senders.sent, copies, troubles, records, lost: new Set([DEAD]) });
    return { ...result, troubles, surprises: [...senders.surprises, ...surprises] };
  } finally {
    await scene.close();
  }
}

function tracksOf(scene: ChaosScene, senders: ChaosSenders, options: ChaosOptions): TroubleTrack[] {
  const { isLong = false, durationMs } = options;
  const { nodes, server, dns, zones, operated, reports, shaken } = scene;
  const isWorthWhile = async (): Promise<boolean> => {
    const before = senders.acceptedCount();
    await wait(WORTH_LOOKING_MS);
    return senders.acceptedCount() > before;
  };
  const atEase = (track: TroubleTrack): TroubleTrack =>
    isLong ? { ...track, pauseMs: LONG_PAUSE_MS, isWorthWhile } : track;
  return [
    ...nodes.map(({ track }) => atEase(track)),
    atEase(databaseTrack(server, isLong)),
    ...[...shaken, ...(isLong ? [reports] : [])].map(primaryTrack),
    dnsTrack(dns, zones),
    operatorTrack(scene.nodesWith('control'), operated),
    rollingTrack(nodes, isLong ? [20_000, 90_000] : [0, 3 * durationMs]),
  ];
}

function recipientsOf(number: number, random: Random): string[] {
  return Array.from({ length: random.pick([1, 1, 1, 2, 3, 5]) }, (_, index) => {
    const domain = random.pick([...SHAKEN, ...SHAKEN, STEADY, DEAD]);
    if (domain === STEADY && random.isTrue(0.2)) return `permfail+${number}-${index}@${domain}`;
    if (domain !== DEAD && random.isTrue(0.05)) return `greylist+${number}-${index}@${domain}`;
    return `u${number}-${index}@${domain}`;
  });
}

/** Until nothing is held but for the dead primary, and every report is with its sender. Returns how much is left all the same. */
async function settle({ nodes, server }: ChaosScene): Promise<number> {
  let [least, endsAt] = [Number.POSITIVE_INFINITY, performance.now() + PROGRESS_WITHIN_MS];
  for (let rounds = 1; performance.now() < endsAt; rounds += 1) {
    const [row] = await server.sql<{ left: number }[]>`
      select (select count(*) from messages m join destinations d on d.id = m.destination_id where d.name <> ${DEAD})
        + (select count(*) from messages where claimed_by is not null) + (select count(*) from reports_due) as left`;
    const left = row?.left ?? 0;
    if (left === 0) return 0;
    if (left < least) [least, endsAt] = [left, performance.now() + PROGRESS_WITHIN_MS];
    const control = nodes[0]?.service();
    if (control === undefined) return left;
    // A connection that was kept open may be closed in that very moment: the next round says it again.
    for (const name of [...SHAKEN, STEADY]) await flushDomain(control, name).catch(() => undefined);
    if (rounds % CLOCK_MOVES_EVERY === 0) await server.moveClock('30 minutes');
    await wait(ROUND_MS);
  }
  return least;
}
