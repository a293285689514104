/** The oldest PostgreSQL that DATABASE_URL may name: refused while it could lose mail, and then good for the whole main job. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../src/db/client.ts';
import { until } from '../helpers/child.ts';
import { createDomain, untilHeld } from '../helpers/domains.ts';
import { startFakePrimary } from '../helpers/fake-primary.ts';
import { compare, startLoad } from '../helpers/load.ts';
import { hasPostgres15, makePostgres15, type Postgres15, POSTGRES15_BIN } from '../helpers/postgres15.ts';
import { startServiceInProcess } from '../helpers/in-process-service.ts';
import { refusal } from './settings-refusal.ts';

if (!hasPostgres15) console.log(`SKIPPED: no PostgreSQL 15 in ${POSTGRES15_BIN}, so the service is not started on one`);

describe.skipIf(!hasPostgres15)('PostgreSQL 15', () => {
  let server: Postgres15;

  beforeAll(async () => {
    server = await makePostgres15();
  });

  afterAll(async () => {
    await server.stop();
  });

  test('with fsync or full_page_writes off is refused', async () => {
    for (const setting of ['fsync', 'full_page_writes']) {
      await server.start('-c', `${setting}=off`);
      const DATA_DIR = join(server.directory, 'refused');
      const { line } = await refusal({ DATA_DIR, DATABASE_URL: server.url });
      expect(line).toStartWith(`backup-mx: DATABASE_URL: the server has ${setting} = off`);
      expect(existsSync(DATA_DIR)).toBe(false);
      await server.stop();
    }
  });

  test('does not compile our statements, as it does by default what is dear on paper', async () => {
    await server.start('-c', 'jit=on');
    const { sql, queueSql, close } = openDatabase({ url: server.url });
    for (const pool of [sql, queueSql]) {
      const [row] = await pool<{ jit: string }[]>`show jit`;
      expect(row?.jit).toBe('off');
    }
    await close();
    await server.stop();
  });

  test('accepts, holds and delivers', async () => {
    await server.start();
    const primary = await startFakePrimary();
    const service = await startServiceInProcess({ env: { DATABASE_URL: server.url } });
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
