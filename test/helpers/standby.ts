/**
 * A PostgreSQL 15 and its synchronous standby (pg_basebackup), behind one TCP address that is pointed to the standby after a
 * failover, as a virtual address or a proxy does it, and each behind an address of its own.
 *
 * Only Debian's packages have pg_basebackup; `hasStandby` says whether it is there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { connect } from '../../src/db/client.ts';
import type { DatabaseAddress } from '../../src/db/target.ts';
import { bindToUs, endChild, runOrThrow, until } from './child.ts';
import { startPointingProxy } from './pointing-proxy.ts';
import { asServer, hasPostgres15, isUp, makeServerDir, POSTGRES15_BIN } from './postgres15.ts';

export const hasStandby = hasPostgres15 && existsSync(join(POSTGRES15_BIN, 'pg_basebackup'));

export interface StandbyPair {
  /** DATABASE_URL of the one address, and of both servers, the standby first. */
  readonly urls: { readonly oneAddress: string; readonly bothHosts: string };
  /** The server that takes mail first. */
  readonly primary: DatabaseAddress;
  readonly standby: DatabaseAddress;
  /** SIGKILL of the primary's postmaster; its sessions break at once. Nobody is promoted. */
  killPrimary(): Promise<void>;
  /** The standby becomes a primary that waits for nobody, and the one address is pointed to it. */
  promote(): Promise<void>;
  /** The standby's WAL receiver is stopped with SIGSTOP: commits wait from now on. */
  pauseStandby(): Promise<void>;
  resumeStandby(): void;
  close(): Promise<void>;
}

export async function startStandbyPair(): Promise<StandbyPair> {
  const directory = await makeServerDir();
  const addressOf = (port: number): DatabaseAddress => ({ host: directory, port, database: 'postgres', user: 'bmx' });
  const [primary, standby] = [addressOf(5432), addressOf(5433)];
  const start = async (name: string, address: DatabaseAddress, ...settings: string[]): Promise<ChildProcess> => {
    const place = ['-D', join(directory, name), '-k', directory, '-p', String(address.port), '-c', 'listen_addresses='];
    const server = spawn(...asServer('postgres', ...place, ...settings), { cwd: '/', stdio: 'ignore' });
    bindToUs(server);
    await until(`the ${name} takes connections`, 30_000, () => isUp(address));
    return server;
  };

  const initdb = ['-D', join(directory, 'primary'), '-U', 'bmx', '--auth=trust', '--no-sync'];
  await runOrThrow(...asServer('initdb', ...initdb));
  // On the command line, so that the copy does not inherit it: a promoted standby would wait for a standby of its own.
  const first = await start('primary', primary, '-c', 'synchronous_standby_names=standby');
  const from = `host=${directory} port=${primary.port} user=bmx application_name=standby`;
  await runOrThrow(...asServer('pg_basebackup', '-D', join(directory, 'standby'), '-d', from, '-R', '-c', 'fast'));
  const second = await start('standby', standby);
  const admin = connect(standby, { max: 1 });
  const onPrimary = connect(primary, { max: 1 });
  await until('the standby is synchronous', 30_000, async () => {
    const rows = await onPrimary`select from pg_stat_replication where sync_state = 'sync'`;
    return rows.length === 1;
  });
  await onPrimary.end({ timeout: 1 });
  const proxy = await startPointingProxy(primary);
  const ofEach = [await startPointingProxy(standby), await startPointingProxy(primary)];
  const urlOf = (proxies: readonly (typeof proxy)[]) =>
    `postgres://bmx@${proxies.map(({ target: { host, port } }) => `${host}:${port}`).join(',')}/postgres`;
  let receiverPid = 0;

  return {
    urls: { oneAddress: urlOf([proxy]), bothHosts: `${urlOf(ofEach)}?target_session_attrs=read-write` },
    primary,
    standby,
    killPrimary: () => endChild(first, 'SIGKILL', 5000),
    promote: async () => {
      await admin`select pg_promote(true, 30)`;
      proxy.pointTo(standby);
    },
    pauseStandby: async () => {
      const [row] = await admin<{ pid: number }[]>`select pid from pg_stat_wal_receiver`;
      receiverPid = row?.pid ?? 0;
      if (receiverPid === 0) throw new Error('the standby receives nothing');
      process.kill(receiverPid, 'SIGSTOP');
    },
    resumeStandby: () => {
      if (receiverPid !== 0) process.kill(receiverPid, 'SIGCONT');
      receiverPid = 0;
    },
    close: async () => {
      if (receiverPid !== 0) process.kill(receiverPid, 'SIGCONT');
      for (const one of [proxy, ...ofEach]) await one.close();
      await admin.end({ timeout: 1 });
      await Promise.all([endChild(first, 'SIGINT', 10_000), endChild(second, 'SIGINT', 10_000)]);
    },
  };
}
