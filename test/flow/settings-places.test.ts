/**
 * Ports, folders, files and servers that cannot be had: one clear line, exit 2, or 1 where it may pass, nothing touched, nothing left running, and
 * whoever has the place goes on.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { testCertificate } from '../helpers/certificate.ts';
import { type PrivateServer, startPrivateServer } from '../helpers/database.ts';
import { createDomain, readHeldCount } from '../helpers/domains.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { makeDataDir, type Service, startService } from '../helpers/service.ts';
import { refusal } from './settings-refusal.ts';
import { fullSnapshot, processesNaming } from './settings-traces.ts';

let parent = '';
let folderCount = 0;
/** A folder that nobody has made yet. */
function newFolder(): string {
  folderCount += 1;
  return join(parent, `data-${folderCount}`);
}

beforeAll(async () => {
  parent = await makeDataDir();
});

afterAll(async () => {
  await rm(parent, { recursive: true });
});

/** The refusal left no trace: no folder, no process. */
function expectUntouched(dataDir: string): void {
  expect(existsSync(dataDir) ? readdirSync(dataDir) : []).toEqual([]);
  expect(processesNaming(dataDir)).toEqual([]);
}

describe('a port in use', () => {
  let taken: Server;
  let port = 0;

  beforeAll(async () => {
    taken = createServer();
    port = await findFreePort();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  });

  afterAll(() => {
    taken.close();
  });

  test.each(['SMTP_LISTEN', 'HTTP_LISTEN'])('%s', async (variable) => {
    const DATA_DIR = newFolder();
    const { line } = await refusal({ DATA_DIR, [variable]: `127.0.0.1:${port}` }, 1);
    expect(line).toStartWith(`backup-mx: ${variable}`);
    expect(line).toContain(String(port));
    expect(line).toMatch(/in use/);
    expectUntouched(DATA_DIR);
  });

  test('one of several', async () => {
    const DATA_DIR = newFolder();
    const free = await findFreePort();
    const { line } = await refusal({ DATA_DIR, SMTP_LISTEN: `127.0.0.1:${free},127.0.0.1:${port}` }, 1);
    expect(line).toStartWith('backup-mx: SMTP_LISTEN');
    expect(line).toContain(String(port));
    expectUntouched(DATA_DIR);
  });

  test('an address that is not ours', async () => {
    const DATA_DIR = newFolder();
    const { line } = await refusal({ DATA_DIR, SMTP_LISTEN: '192.0.2.1:2525' }, 1);
    expect(line).toStartWith('backup-mx: SMTP_LISTEN');
    expect(line).toContain('192.0.2.1');
    expectUntouched(DATA_DIR);
  });
});

describe('beside a running service', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService();
    await createDomain(service, 'kept.example', [{ host: '127.0.0.1', port: 1 }]);
  });

  afterAll(async () => {
    await service.remove();
  });

  test('its folder', async () => {
    const { line } = await refusal({ DATA_DIR: service.dataDir }, 1);
    expect(line).toContain(service.dataDir);
    expect(line).toContain(`process id ${service.pid}`);
    expect(existsSync(join(service.dataDir, 'operator-token'))).toBe(false);
    expect(await readHeldCount(service, 'kept.example')).toBe(0);
  });

  test('its ports, with another folder', async () => {
    for (const name of ['SMTP_LISTEN', 'HTTP_LISTEN']) {
      const DATA_DIR = newFolder();
      const { line } = await refusal({ DATA_DIR, [name]: service.env[name] ?? '' }, 1);
      expect(line).toStartWith(`backup-mx: ${name}`);
      expectUntouched(DATA_DIR);
    }
    expect(await readHeldCount(service, 'kept.example')).toBe(0);
  });
});

describe('DATABASE_URL', () => {
  describe('a server', () => {
    let server: PrivateServer;
    const url = (parameters = ''): string =>
      `postgres://${server.target.user}@localhost/${server.target.database}?host=${server.target.host}${parameters}`;

    beforeAll(async () => {
      server = await startPrivateServer();
    });

    afterAll(async () => {
      await server.close();
    });

    test('without such a database, or such a user', async () => {
      for (const [user, database] of [
        [server.target.user, 'nowhere'],
        ['nobody-here', server.target.database],
      ]) {
        const DATA_DIR = newFolder();
        const DATABASE_URL = `postgres://${user}@localhost/${database}?host=${server.target.host}`;
        expect((await refusal({ DATA_DIR, DATABASE_URL })).line).toStartWith('backup-mx: DATABASE_URL');
        expectUntouched(DATA_DIR);
      }
    });

    test.each(['synchronous_commit'])('with %s off', async (setting) => {
      await server.sql.unsafe(`alter role ${server.target.user} set ${setting} = off`);
      const DATA_DIR = newFolder();
      const { line } = await refusal({ DATA_DIR, DATABASE_URL: url() });
      expect(line).toBe(
        `backup-mx: DATABASE_URL: the server has ${setting} = off and could lose mail that was accepted: set it to on`,
      );
      expectUntouched(DATA_DIR);
      await server.sql.unsafe(`alter role ${server.target.user} reset all`);
    });

    test('that needs a newer program', async () => {
      await server.sql`update schema_requirements set minimum_version = 1000`;
      const DATA_DIR = newFolder();
      const { line } = await refusal({ DATA_DIR, DATABASE_URL: url() });
      expect(line).toMatch(/newer|1000/);
      expectUntouched(DATA_DIR);
      await server.sql`update schema_requirements set minimum_version = 1`;
    });

    test('with a lower size limit than MESSAGE_SIZE_LIMIT, which may only lower it', async () => {
      const DATA_DIR = newFolder();
      const { line } = await refusal({ DATA_DIR, DATABASE_URL: url(), MESSAGE_SIZE_LIMIT: '20MiB' });
      expect(line).toStartWith('backup-mx: MESSAGE_SIZE_LIMIT');
      expect(line).toContain('10485760');
    });
  });
});

describe('files', () => {
  test('a data folder of another major version', async () => {
    const DATA_DIR = newFolder();
    await mkdir(join(DATA_DIR, 'postgres'), { recursive: true, mode: 0o700 });
    await writeFile(join(DATA_DIR, 'postgres', 'PG_VERSION'), '17\n');
    const before = fullSnapshot(DATA_DIR);
    const { line } = await refusal({ DATA_DIR });
    expect(line).toContain('PostgreSQL 17');
    expect(fullSnapshot(DATA_DIR)).toEqual(before);
  });

  test('a data folder that is a file', async () => {
    const DATA_DIR = newFolder();
    await writeFile(DATA_DIR, 'not a folder\n');
    const { line } = await refusal({ DATA_DIR });
    expect(line).toStartWith('backup-mx: DATA_DIR');
    expect(readFileSync(DATA_DIR, 'utf8')).toBe('not a folder\n');
  });

  test('TLS files that are not there, are a folder, hold no certificate, or do not belong together', async () => {
    const { cert, key } = testCertificate();
    const file = (name: string): string => join(parent, name);
    await writeFile(file('cert.pem'), cert);
    await writeFile(file('key.pem'), key);
    await writeFile(file('junk.pem'), 'junk\n');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(file('other.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    for (const [TLS_CERT_FILE, TLS_KEY_FILE] of [
      [file('nowhere.pem'), file('key.pem')],
      [file('cert.pem'), file('nowhere.pem')],
      [parent, file('key.pem')],
      [file('junk.pem'), file('key.pem')],
      [file('cert.pem'), file('junk.pem')],
      [file('cert.pem'), file('other.pem')],
    ] as const) {
      const DATA_DIR = newFolder();
      const { line } = await refusal({ DATA_DIR, TLS_CERT_FILE, TLS_KEY_FILE });
      expect(line).toStartWith(`backup-mx: TLS_CERT_FILE ${TLS_CERT_FILE}, TLS_KEY_FILE ${TLS_KEY_FILE}: `);
      expectUntouched(DATA_DIR);
    }
  });

  test('an ARC key that is not there, or is of a kind that cannot seal', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ecFile = join(parent, 'ec.pem');
    await writeFile(ecFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    for (const ARC_KEY_FILE of [join(parent, 'nowhere.pem'), ecFile]) {
      const DATA_DIR = newFolder();
      const { line } = await refusal({ DATA_DIR, ARC_DOMAIN: 'a.example', ARC_SELECTOR: 'arc', ARC_KEY_FILE });
      expect(line).toStartWith('backup-mx: ARC_KEY_FILE: ');
      expect(line).toContain(ARC_KEY_FILE);
      expectUntouched(DATA_DIR);
    }
  });
});
