/** Each setting with a bad value, as a user meets it: one line that names the variable, exit 2, nothing touched. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDataDir } from '../helpers/service.ts';
import { refusal } from './settings-refusal.ts';

/** Variable → a value that must not be lived with. */
const BAD: readonly (readonly [variable: string, value: string])[] = [
  ['DATABASE_URL', 'mysql://db.example.net/mail'],
  ['DATABASE_URL', 'postgres://user:secret-word@db.example.net/mail?sslmode=prefer'],
  ['DATA_DIR', '/proc/nowhere/data'],
  ['ROLES', 'inbound,outbound'],
  ['MX_HOSTNAME', 'mx2_.example..net'],
  ['MX_NAMES', 'mx2.example.net, 192.0.2.1'],
  ['MX_ADDRESSES', '192.0.2.256'],
  ['EGRESS_ADDRESSES', 'mx2.example.net'],
  ['SMTP_LISTEN', '25'],
  ['SMTP_LISTEN', '127.0.0.1:70000'],
  ['HTTP_LISTEN', 'localhost:8025'],
  ['PUBLIC_URL', 'mx2.example.net'],
  ['TLS_CERT_FILE', '/etc/ssl/only-one-of-a-pair.pem'],
  ['TLS_KEY_FILE', '/etc/ssl/only-one-of-a-pair.pem'],
  ['AUTHENTICATION_RESULTS', 'maybe'],
  ['ARC_SELECTOR', 'not_a_selector'],
  ['OPERATOR_TOKEN', 'short-of-32'],
  ['POSTMASTER_ADDRESS', 'postmaster'],
  ['DNS_SERVERS', 'dns.example.net'],
  ['DNS_TRUST_AD', 'perhaps'],
  ['DELIVERY_PORT', '0'],
  ['ALLOW_PRIVATE_NEXT_HOPS', 'sometimes'],
  ['MESSAGE_SIZE_LIMIT', '10 MB'],
  ['IN_FLIGHT_BYTES', '-1'],
  ['MIN_FREE_BYTES', '5%'],
  ['BARE_NEWLINES', 'fix'],
  ['TRUSTED_CLIENTS', '10.0.0.0/33'],
  ['TRUSTED_PROXIES', 'haproxy'],
  ['GREETING_WAIT', '5'],
  ['MAX_CONNECTIONS', '0'],
  ['MAX_CONNECTIONS_PER_CLIENT', '1e9'],
  ['MESSAGES_PER_MINUTE', 'unlimited'],
  ['DELIVERY_HOLD', 'until tomorrow'],
  ['LOG_LEVEL', 'loud'],
  ['LOG_FORMAT', 'xml'],
  ['LOG_ADDRESSES', 'none'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318'],
  ['SHUTDOWN_GRACE', 'forever'],
  ['RUNTIME', 'perl'],
];

let parent = '';
let caseCount = 0;

beforeAll(async () => {
  parent = await makeDataDir();
});

afterAll(async () => {
  await rm(parent, { recursive: true });
});

test.each(BAD)('%s=%s', async (variable, value) => {
  caseCount += 1;
  const dataDir = join(parent, `data-${caseCount}`);
  const { line } = await refusal({ DATA_DIR: dataDir, [variable]: value });
  // Of a pair it is the missing half that is named first.
  expect(line).toMatch(new RegExp(`^(backup-mx: )?(?:TLS_(?:CERT|KEY)_FILE is unset: .* because )?${variable}\\b`));
  expect(line).not.toContain('secret-word');
  expect(existsSync(dataDir)).toBe(false);
});
