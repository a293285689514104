/** The oldest PostgreSQL that DATABASE_URL may name: refused while it could lose mail, and then good for the whole main job. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { connect, openDatabase } from '../../src/db/client.ts';
import { endChild, runOrThrow, until } from '../helpers/child.ts';
import { makeTempDir } from '../helpers/database.ts';
import { createDomain, untilHeld } from '../helpers/domains.ts';
import { startFakePrimary } from '../helpers/fake-primary.ts';
import { compare, startLoad } from '../helpers/load.ts';
import { startService } from '../helpers/service.ts';
import { refusal } from './settings-refusal.ts';

const BIN = '/usr/lib/postgresql/15/bin';
const isThere = existsSync(join(BIN, 'postgres'));
if (!isThere) console.log(`SKIPPED: no PostgreSQL 15 in ${BIN}, so the service is not started on one`);

/** PostgreSQL does not run as root. */
function asServer(...command: string[]): [string, string[]] {
  const account = ['--reuid=postgres', '--regid=postgres', '--clear-groups'];
  if (process.getuid?.() === 0) return ['setpriv', [...account, ...command]];
  return [command[0] ?? '', command.slice(1)];
}

describe.skipIf(!isThere)('PostgreSQL 15', () => {
  const directory = makeTempDir();
  const folder = join(directory, 'pg');
  const target = { host: directory, port: 5432, database: 'postgres', user: 'bmx' };
  const DATABASE_URL = `postgres://bmx@localhost/postgres?host=${directory}`;
  let server: ChildProcess;

  const start = async (...settings: string[]): Promise<void> => {
    const options = ['-D', folder, '-k', directory, '-c', 'listen_addresses=', ...settings];
    server = spawn(...asServer(`${BIN}/postgres`, ...options), { stdio: 'ignore' });
    await until('PostgreSQL 15 takes connections', 20_000, async () => {
      const sql = connect(target, { max: 1 });
      const isUp = await sql`select 1`.then(
        () => true,
        () => false,
      );
      await sql.end({ timeout: 1 });
      return isUp;
    });
  };

  beforeAll(async () => {
    if (process.getuid?.() === 0) await runOrThrow('chown', ['postgres', directory]);
    await runOrThrow(...asServer(`${BIN}/initdb`, '-D', folder, '-U', 'bmx', '--auth=trust', '--no-sync'));
  });

  afterAll(async () => {
    await endChild(server, 'SIGINT', 10_000);
  });

  test('with fsync or full_page_writes off is refused', async () => {
    for (const setting of ['fsync', 'full_page_writes']) {
      await start('-c', `${setting}=off`);
      const DATA_DIR = join(directory, 'refused');
      const { line } = await refusal({ DATA_DIR, DATABASE_URL });
      expect(line).toStartWith(`backup-mx: DATABASE_URL: the server has ${setting} = off`);
      expect(existsSync(DATA_DIR)).toBe(false);
      await endChild(server, 'SIGINT', 10_000);
    }
  });

  test('does not compile our statements, as it does by default what is dear on paper', async () => {
    await start('-c', 'jit=on');
    const { sql, queueSql, close } = openDatabase({ url: DATABASE_URL });
    for (const pool of [sql, queueSql]) {
      const [row] = await pool<{ jit: string }[]>`show jit`;
      expect(row?.jit).toBe('off');
    }
    await close();
    await endChild(server, 'SIGINT', 10_000);
  });

  test('accepts, holds and delivers', async () => {
    await start();
    const primary = await startFakePrimary();
    const service = await startService({ env: { DATABASE_URL } });
    const name = 'fifteen.example';
    await createDomain(service, name, [{ host: primary.host, port: primary.port }]);
    const load = startLoad({ port: service.smtpPort, domain: name, connections: 5, mostMessages: 200 });
    await until('all is accepted', 30_000, () => load.accepted.size === 200);
    await load.stop();
    await untilHeld(service, name, 0);
    expect(compare(load, primary.messages)).toEqual({ lost: [], surplus: [], altered: [], repeated: [] });
    await service.remove();
    await primary.close();
  });
});
