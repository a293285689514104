/** What happens to the database, to primaries, to DNS, and to all nodes in turn. */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { findProgram, run } from './child.ts';
import type { ChaosNode } from './chaos-nodes.ts';
import type { ChaosPrimary, PrimaryOrder } from './chaos-primary.ts';
import type { Happening, TroubleKind, TroubleTrack } from './chaos-troubles.ts';
import { wait } from './chaos-troubles.ts';
import type { PrivateServer } from './database.ts';
import type { FakeDns, FakeRecords } from './fake-dns.ts';

const WAL_SEGMENT_BYTES = 16 * 1024 * 1024;

/** In a long run also a full disk. */
export function databaseTrack(server: PrivateServer, isLong: boolean): TroubleTrack {
  const happenings: Happening[] = [
    {
      kind: 'KILL',
      run: async (random, harm) => {
        harm();
        await server.kill9();
        // Half of the time it is there again at once.
        await wait(Math.max(0, random.between(-3000, 3000)));
        await server.restart();
      },
    },
    {
      kind: 'PAUSE',
      run: async (random, harm) => {
        harm();
        const pids = processesOf(server);
        for (const pid of pids) signalIfThere(pid, 'SIGSTOP');
        await wait(random.between(200, 6000));
        for (const pid of pids) signalIfThere(pid, 'SIGCONT');
      },
    },
    {
      kind: 'RESTART',
      run: async (_random, harm) => {
        harm();
        await server.restart();
      },
    },
    {
      kind: 'CUT',
      run: async (random, harm) => {
        harm();
        await server.sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name like 'backup-mx%' and pid <> pg_backend_pid() and random() < ${random.between(0, 1)}`;
      },
    },
  ];
  const fullDisk: Happening = {
    kind: 'DISK_FULL',
    run: async (random, harm) => {
      // A limit of file sizes is to PostgreSQL what a full disk is (postmaster.c on SIGXFSZ): half of the time WAL has room.
      const limit = random.pick([0, WAL_SEGMENT_BYTES]);
      harm();
      const full = processesOf(server);
      await Promise.all(full.map((pid) => run('prlimit', [`--pid=${pid}`, `--fsize=${limit}:unlimited`])));
      await wait(random.between(500, 4000));
      // It may have ended by then. A start has no limit.
      await server.restart();
    },
  };
  if (!isLong || findProgram('prlimit') === null) return { target: 'database', happenings };
  return { target: 'database', happenings: [...happenings, fullDisk] };
}

export function primaryTrack(primary: ChaosPrimary): TroubleTrack {
  const spell = (kind: TroubleKind, orders: readonly PrimaryOrder[]): Happening => ({
    kind,
    run: async (random, harm) => {
      harm();
      primary.order(random.pick(orders));
      await wait(random.between(200, 3000));
      primary.order('PLAIN');
    },
  });
  const happenings: Happening[] = [
    {
      kind: 'KILL',
      run: async (random, harm) => {
        await primary.untilTaken();
        harm();
        await primary.kill9();
        await wait(random.between(0, 4000));
        await primary.start();
      },
    },
    {
      kind: 'PAUSE',
      run: async (random, harm) => {
        await primary.untilTaken();
        harm();
        primary.signal('SIGSTOP');
        await wait(random.between(200, 5000));
        primary.signal('SIGCONT');
      },
    },
    {
      kind: 'CUT',
      run: async (_random, harm) => {
        await primary.untilTaken();
        harm();
        primary.order('CUT');
      },
    },
    spell('FULL', ['FULL_AT_MAIL', 'FULL_AT_DOT']),
    spell('GREYLIST', ['GREYLIST']),
  ];
  return { target: primary.host, happenings };
}

/** Spells in which a name cannot be resolved. */
export function dnsTrack(dns: FakeDns, names: Readonly<Record<string, FakeRecords>>): TroubleTrack {
  const servfail: Happening['run'] = async (random, harm) => {
    const [name, records] = random.pick(Object.entries(names));
    harm();
    dns.set(name, { mode: 'SERVFAIL' });
    await wait(random.between(200, 4000));
    dns.set(name, records);
  };
  return { target: 'dns', happenings: [{ kind: 'SERVFAIL', run: servfail }] };
}

/** A deploy: one node after the other. */
export function rollingTrack(nodes: readonly ChaosNode[], pauseMs: readonly [number, number]): TroubleTrack {
  const roll: Happening['run'] = async (_random, harm) => {
    harm();
    for (const node of nodes) await node.restart();
  };
  return { target: 'all nodes', happenings: [{ kind: 'RESTART', run: roll }], pauseMs };
}

function processesOf(server: PrivateServer): number[] {
  const postmaster = server.postmasterPid();
  return [postmaster, ...childrenOf(postmaster)];
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
