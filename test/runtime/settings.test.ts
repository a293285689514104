/**
 * Every documented setting at once on every runtime: the start is ready, and both families are served on `0.0.0.0` and `[::]`.
 *
 * The embedded database is what every other start of the smoke has; here DATABASE_URL stands beside DATA_DIR.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTING_NAMES } from '../../src/config/misspelt.ts';
import { testCertificate } from '../helpers/certificate.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase, urlOf } from '../helpers/database.ts';
import { makeDkimKey } from '../helpers/dkim-key.ts';
import { createDomain, untilHeld } from '../helpers/domains.ts';
import { transact } from '../helpers/flow.ts';
import { findFreePorts } from '../helpers/free-port.ts';
import { makeDataDir, type Runtime, type Service, startService } from '../helpers/service.ts';
import { eventsOf, faultsOf } from '../helpers/service-log.ts';
import { connectPeer } from '../helpers/smtp-peer.ts';
import { startTraceCollector, type TraceCollector } from '../helpers/trace-collector.ts';

let files = '';
let collector: TraceCollector;
let database: TestDatabase;

beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), 'backup-mx-settings-'));
  const { cert, key } = testCertificate();
  await writeFile(join(files, 'cert.pem'), cert);
  await writeFile(join(files, 'key.pem'), key);
  await writeFile(join(files, 'arc.pem'), makeDkimKey('ed25519').privateKey);
  collector = await startTraceCollector();
});

afterAll(async () => {
  await collector.close();
  await rm(files, { recursive: true });
});

async function everySetting(runtime: Runtime, dataDir: string): Promise<Record<string, string>> {
  const [smtpPort, httpPort] = await findFreePorts(2);
  return {
    DATABASE_URL: urlOf(database.target),
    DATA_DIR: dataDir,
    ROLES: 'inbound,delivery,control',
    MX_HOSTNAME: 'mx.backup.example',
    MX_NAMES: 'mx.backup.example,mx2.backup.example',
    MX_ADDRESSES: '192.0.2.250,2001:db8::250',
    EGRESS_ADDRESSES: '192.0.2.251',
    SMTP_LISTEN: `0.0.0.0:${smtpPort},[::]:${smtpPort}`,
    HTTP_LISTEN: `127.0.0.1:${httpPort}`,
    PUBLIC_URL: `http://127.0.0.1:${httpPort}`,
    TLS_CERT_FILE: join(files, 'cert.pem'),
    TLS_KEY_FILE: join(files, 'key.pem'),
    OPERATOR_TOKEN: 'a-token-of-more-than-32-characters',
    POSTMASTER_ADDRESS: 'postmaster@elsewhere.example',
    DNS_SERVERS: '127.0.0.1:1,[::1]:1',
    DNS_TRUST_AD: 'true',
    DELIVERY_PORT: '2626',
    ALLOW_PRIVATE_NEXT_HOPS: 'true',
    MESSAGE_SIZE_LIMIT: '5MiB',
    IN_FLIGHT_BYTES: '64MiB',
    MIN_FREE_BYTES: '0',
    BARE_NEWLINES: 'normalize',
    TRUSTED_CLIENTS: '127.0.0.0/8,::1',
    TRUSTED_PROXIES: '192.0.2.7',
    GREETING_WAIT: '1s',
    MAX_CONNECTIONS: '100',
    MAX_CONNECTIONS_PER_CLIENT: '10',
    MESSAGES_PER_MINUTE: '60',
    AUTHENTICATION_RESULTS: 'true',
    ARC_DOMAIN: 'backup.example',
    ARC_SELECTOR: 'arc2026',
    ARC_KEY_FILE: join(files, 'arc.pem'),
    DELIVERY_HOLD: 'true',
    LOG_LEVEL: 'debug',
    LOG_FORMAT: 'json',
    LOG_ADDRESSES: 'domain',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc',
    OTEL_SERVICE_NAME: 'backup-mx-smoke',
    OTEL_TRACES_SAMPLER_ARG: '0.5',
    SHUTDOWN_GRACE: '10s',
    RUNTIME: runtime,
  };
}

async function send({ smtpPort }: Service, host: string): Promise<void> {
  const peer = await connectPeer({ host, port: smtpPort });
  try {
    expect(await peer.reply()).toStartWith('220 mx.backup.example');
    await peer.ask('EHLO client.sender.example');
    await transact(peer, { to: ['someone@customer.example'] });
  } finally {
    peer.destroy();
  }
}

test.each<Runtime>(['bun', 'deno', 'node'])('%s starts with all of them', async (runtime) => {
  database = await createTestDatabase();
  const dataDir = await makeDataDir();
  const env = await everySetting(runtime, dataDir);
  // A setting that is new in README.md, and so among the names, has to be set here too.
  expect(Object.keys(env).toSorted()).toEqual(SETTING_NAMES.toSorted());
  const service = await startService({ runtime, dataDir, env });
  try {
    await createDomain(service, 'customer.example', [{ host: '127.0.0.1', port: 1 }]);
    for (const host of ['127.0.0.1', '::1']) await send(service, host);
    await untilHeld(service, 'customer.example', 2);
    // One spelling for each, whichever listener took it: trusted networks and limits go by it.
    const clients = await until('both are told', 20_000, () => {
      const accepted = eventsOf(service).filter(({ event }) => event === 'accepted');
      return accepted.length === 2 && accepted.map((event) => Reflect.get(event, 'clientAddress'));
    });
    expect(clients).toEqual(['127.0.0.1', '::1']);
    expect(service.output()).not.toContain('unknown setting');
    expect(faultsOf(service)).toEqual([]);
    expect(await service.stop()).toBe(0);
  } finally {
    await service.remove();
    await rm(dataDir, { recursive: true, force: true });
    await database.close();
  }
});
