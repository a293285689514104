/** A node of a chaos run: killed, stopped, restarted, cut off from its database, its clock set. It keeps its ports. */
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { DatabaseAddress } from '../../src/db/target.ts';
import { startChaosLink } from './chaos-link.ts';
import type { ChaosPrimary } from './chaos-primary.ts';
import type { Random } from './chaos-random.ts';
import { type Happening, type TroubleKind, type TroubleTrack, wait } from './chaos-troubles.ts';
import { type Service, chosenRuntime, startService } from './service.ts';

export interface ChaosNode {
  readonly name: string;
  readonly service: () => Service;
  readonly track: TroubleTrack;
  /** As for a deploy. Waits while something else is done to the node. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

export interface ChaosNodeOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly database: DatabaseAddress;
  /** At which it is met across the dot. */
  readonly primaries: readonly ChaosPrimary[];
  /** Also hangs that cost it its place. */
  readonly isLong: boolean;
  /** Hears of an end that nobody asked for, and of an exit code. */
  readonly onSurprise: (what: string) => void;
  /** Where what it says is kept; null for nowhere. */
  readonly logFolder: string | null;
}

/** Of a node whose database is away or starting up. */
const MOST_STARTS = 60;
/** A busy machine takes its time; a node that ends is started again at once. */
const READY_WITHIN_MS = 240_000;
/** No fault of the node: five primaries of one machine in trouble at once. */
const OWN_TROUBLE = 'Most primaries fail at once: the network, the DNS or the addresses of this service are at fault.';
const CLOCK_PRELOAD = join(import.meta.dirname, 'chaos-clock-preload.ts');
const HOUR_MS = 3_600_000;
const ACROSS_DOT: ReadonlySet<TroubleKind> = new Set(['KILL', 'PAUSE', 'PARTITION', 'CUT']);

export async function startChaosNode(options: ChaosNodeOptions): Promise<ChaosNode> {
  const { env, database, primaries, isLong, onSurprise, logFolder } = options;
  const name = env['MX_HOSTNAME'] ?? '';
  const dataDir = env['DATA_DIR'] ?? '';
  const clockFile = join(dataDir, 'clock-shift');
  await writeFile(clockFile, '0');
  const link = await startChaosLink(database);
  const { host, port, user, database: databaseName } = link.target;
  const start = (): Promise<Service> =>
    startService({
      dataDir,
      readyExceptFor: OWN_TROUBLE,
      readyTimeoutMs: READY_WITHIN_MS,
      env: {
        ...env,
        DATABASE_URL: `postgres://${user}@${host}:${port}/${databaseName}`,
        CHAOS_CLOCK_FILE: clockFile,
        BUN_OPTIONS: `--preload=${CLOCK_PRELOAD}`,
        NODE_OPTIONS: `--import=${CLOCK_PRELOAD}`,
      },
    });
  let service = await start();
  let latest = Promise.resolve();

  /** One thing at a time is done to a node. */
  const alone = (work: () => Promise<void>): Promise<void> => {
    latest = latest.then(async () => {
      if (service.hasEnded()) onSurprise(`${name} has ended by itself: ${service.output().slice(-1000)}`);
      await work();
    });
    return latest;
  };
  /** One that has ended is told as a surprise, later. */
  const signal = (given: 'SIGSTOP' | 'SIGCONT'): void => {
    if (!service.hasEnded()) process.kill(service.pid, given);
  };
  const keepLog = async (): Promise<void> => {
    if (logFolder !== null) await appendFile(join(logFolder, name), service.output());
  };
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
  const restart = async (): Promise<void> => {
    const code = await service.stop();
    await keepLog();
    if (code !== 0) onSurprise(`${name} ended with ${code} after SIGTERM: ${service.output().slice(-1000)}`);
    await startAgain();
  };
  const hangFor = (random: Random): number => {
    const [isForLong, long, short] = [random.isTrue(0.15), random.between(46_000, 60_000), random.between(200, 4000)];
    return isLong && isForLong ? long : short;
  };
  /** Half of the time just behind a final dot of its own. */
  const meet = async (random: Random): Promise<void> => {
    const primary = random.pick(primaries);
    if (random.isTrue(0.5)) await primary.untilTaken(name);
  };
  const happenings: Happening[] = [
    {
      kind: 'KILL',
      run: async (random, harm) => {
        await meet(random);
        harm();
        await service.kill9();
        await keepLog();
        await wait(random.between(0, 2000));
        await startAgain();
      },
    },
    {
      kind: 'PAUSE',
      run: async (random, harm) => {
        await meet(random);
        harm();
        signal('SIGSTOP');
        await wait(hangFor(random));
        signal('SIGCONT');
      },
    },
    {
      kind: 'RESTART',
      run: async (_random, harm) => {
        harm();
        await restart();
      },
    },
    {
      kind: 'PARTITION',
      run: async (random, harm) => {
        await meet(random);
        harm();
        link.hang();
        await wait(hangFor(random));
        link.heal();
      },
    },
    {
      kind: 'CUT',
      run: async (random, harm) => {
        await meet(random);
        harm();
        link.cut();
      },
    },
    {
      kind: 'SLOW',
      run: async (random, harm) => {
        harm();
        link.delay(random.between(20, 200));
        await wait(random.between(500, 4000));
        link.delay(0);
      },
    },
    {
      kind: 'CLOCK',
      run: async (random, harm) => {
        harm();
        await writeFile(clockFile, String(Math.round(random.between(-30, 30) * HOUR_MS)));
        await wait(random.between(500, 4000));
        if (random.isTrue(0.5)) await writeFile(clockFile, '0');
      },
    },
  ];
  // Deno takes no module to load first from its environment.
  const possible = happenings.filter(({ kind }) => kind !== 'CLOCK' || chosenRuntime() !== 'deno');
  // What may be met across the dot is what this is about.
  const often = possible.flatMap((happening) =>
    Array<Happening>(ACROSS_DOT.has(happening.kind) ? 2 : 1).fill(happening),
  );
  return {
    name,
    service: () => service,
    track: {
      target: name,
      happenings: often.map(({ kind, run }) => ({ kind, run: (random, harm) => alone(() => run(random, harm)) })),
    },
    restart: () => alone(restart),
    remove: async () => {
      if (service.hasEnded()) onSurprise(`${name} has ended by itself: ${service.output().slice(-1000)}`);
      await service.remove();
      await keepLog();
      await link.close();
    },
  };
}
