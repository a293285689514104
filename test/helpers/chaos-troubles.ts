/**
 * What happens to nodes, database and primaries in a chaos run: each has a track of its own, on which a seeded generator
 * lets something go wrong, mends it, and waits. What happened is kept for the auditor.
 */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import type { ChaosPrimary } from './chaos-primary.ts';
import { createRandom, type Random } from './chaos-random.ts';
import type { PrivateServer } from './database.ts';
import { type Service, startService } from './service.ts';

export interface Trouble {
  /** A node's name, `database`, or a primary's address. */
  readonly target: string;
  readonly kind: 'KILL' | 'PAUSE' | 'RESTART' | 'CUT';
  /** Milliseconds of this machine's clock. */
  readonly from: number;
  /** When it was mended. */
  readonly to: number;
}

interface Happening {
  readonly kind: Trouble['kind'];
  /** Harms and mends. */
  readonly run: (random: Random) => Promise<void>;
}

export interface TroubleTrack {
  readonly target: string;
  readonly happenings: readonly Happening[];
}

export interface ChaosNode {
  readonly name: string;
  readonly service: () => Service;
  readonly track: TroubleTrack;
}

/** Of a node whose database is away or starting up. */
const MOST_STARTS = 40;

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets things happen on all tracks for so long; resolves when all is mended. */
export async function runTroubles(
  seed: number,
  tracks: readonly TroubleTrack[],
  durationMs: number,
): Promise<Trouble[]> {
  const endsAt = Date.now() + durationMs;
  const troubles: Trouble[] = [];
  const follow = async ({ target, happenings }: TroubleTrack): Promise<void> => {
    const random = createRandom(seed, target);
    for (;;) {
      await wait(random.between(300, 4000));
      if (Date.now() >= endsAt) return;
      const { kind, run } = random.pick(happenings);
      const from = Date.now();
      await run(random);
      troubles.push({ target, kind, from, to: Date.now() });
    }
  };
  await Promise.all(tracks.map(follow));
  return troubles;
}

/** A node that is killed, stopped, and restarted as for a deploy. It keeps its ports. `isLong`: also stops that cost it its place. */
export async function startChaosNode(env: Readonly<Record<string, string>>, isLong: boolean): Promise<ChaosNode> {
  const name = env['MX_HOSTNAME'] ?? '';
  const dataDir = env['DATA_DIR'] ?? '';
  const start = (): Promise<Service> => startService({ dataDir, env });
  let service = await start();
  /** The database may be away just then: a supervisor tries again. */
  const startAgain = async (): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        service = await start();
        return;
      } catch (error) {
        if (tries === MOST_STARTS) throw error;
        await wait(500);
      }
    }
  };
  const pause = async (random: Random): Promise<void> => {
    process.kill(service.pid, 'SIGSTOP');
    await wait(isLong && random.isTrue(0.3) ? random.between(46_000, 60_000) : random.between(200, 4000));
    process.kill(service.pid, 'SIGCONT');
  };
  const happenings: Happening[] = [
    {
      kind: 'KILL',
      run: async (random) => {
        await service.kill9();
        await wait(random.between(0, 2000));
        await startAgain();
      },
    },
    { kind: 'PAUSE', run: pause },
    {
      kind: 'RESTART',
      run: async () => {
        await service.stop();
        await startAgain();
      },
    },
  ];
  return { name, service: () => service, track: { target: name, happenings } };
}

export function databaseTrack(server: PrivateServer): TroubleTrack {
  const happenings: Happening[] = [
    {
      kind: 'KILL',
      run: async (random) => {
        await server.kill9();
        await wait(random.between(0, 3000));
        await server.restart();
      },
    },
    {
      kind: 'PAUSE',
      run: async (random) => {
        const postmaster = server.postmasterPid();
        const pids = [postmaster, ...childrenOf(postmaster)];
        for (const pid of pids) signalIfThere(pid, 'SIGSTOP');
        await wait(random.between(200, 6000));
        for (const pid of pids) signalIfThere(pid, 'SIGCONT');
      },
    },
    {
      kind: 'CUT',
      run: async (random) => {
        await server.sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name like 'backup-mx%' and pid <> pg_backend_pid() and random() < ${random.between(0, 1)}`;
      },
    },
  ];
  return { target: 'database', happenings };
}

export function primaryTrack(primary: ChaosPrimary): TroubleTrack {
  const happenings: Happening[] = [
    {
      kind: 'KILL',
      run: async (random) => {
        await untilTaken(primary);
        await primary.kill9();
        await wait(random.between(0, 4000));
        await primary.start();
      },
    },
    {
      kind: 'PAUSE',
      run: async (random) => {
        await untilTaken(primary);
        primary.signal('SIGSTOP');
        await wait(random.between(200, 5000));
        primary.signal('SIGCONT');
      },
    },
  ];
  return { target: `${primary.host}:${primary.port}`, happenings };
}

/** Just behind a final dot, and before the answer to it; without mail, after a second. */
async function untilTaken(primary: ChaosPrimary): Promise<void> {
  const before = await primary.journalSize();
  for (let looks = 0; looks < 200 && (await primary.journalSize()) === before; looks += 1) await wait(5);
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent);
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
  } catch {
    return 0;
  }
}

function signalIfThere(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
