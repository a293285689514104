/** A misspelt setting is recognised, with the name that was meant; other people's variables are not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'bun:test';
import { findMisspelt, SETTING_NAMES } from '../../src/config/misspelt.ts';

test.each([
  ['SMPT_LISTEN', 'SMTP_LISTEN'],
  ['MAX_CONECTIONS', 'MAX_CONNECTIONS'],
  ['MAX_CONNECTION', 'MAX_CONNECTIONS'],
  ['MAX_CONNECTIONS_PER_CLIENTS', 'MAX_CONNECTIONS_PER_CLIENT'],
  ['MX_HOST_NAME', 'MX_HOSTNAME'],
  ['MXNAMES', 'MX_NAMES'],
  ['smtp_listen', 'SMTP_LISTEN'],
  ['BACKUP_MX_SMTP_LISTEN', 'SMTP_LISTEN'],
  ['OPERATOR_TOKEN_FILE', 'OPERATOR_TOKEN'],
  ['DATABSE_URL', 'DATABASE_URL'],
  ['ROLE', 'ROLES'],
])('%s means %s', (given, meant) => {
  expect(findMisspelt({ [given]: 'x' })).toEqual([{ given, meant }]);
});

test('variables of a shell, a container, CI, npm, systemd and OpenTelemetry are nobody’s mistake', () => {
  const names =
    `PATH HOME HOSTNAME HOST USER SHELL PWD OLDPWD LANG LC_ALL TERM TMPDIR EDITOR MAIL LOGNAME SHLVL _ TZ DISPLAY
    npm_config_cache npm_lifecycle_event npm_package_name NODE NODE_ENV NODE_OPTIONS INIT_CWD COLOR CI DEBUG DENO_DIR
    BUN_INSTALL KUBERNETES_SERVICE_HOST KUBERNETES_PORT INVOCATION_ID JOURNAL_STREAM RUNTIME_DIRECTORY STATE_DIRECTORY
    LOGS_DIRECTORY NOTIFY_SOCKET LISTEN_FDS LISTEN_PID OTEL_LOG_LEVEL OTEL_TRACES_SAMPLER OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
    OTEL_EXPORTER_OTLP_PROTOCOL OTEL_RESOURCE_ATTRIBUTES BACKUP_MX_URL BACKUP_MX_TOKEN BACKUP_MX_TOKEN_FILE PORT FLY_APP_NAME
    PGHOST PGUSER POSTGRES_PASSWORD SSH_AUTH_SOCK XDG_RUNTIME_DIR XDG_DATA_DIRS HTTP_PROXY HTTPS_PROXY NO_PROXY SSL_CERT_FILE
    SSL_CERT_DIR GITHUB_TOKEN EXIM_DIR DNS_SERVER_IP`.split(/\s+/);
  const env = Object.fromEntries([...names, ...SETTING_NAMES].map((name) => [name, 'x']));
  expect(findMisspelt(env)).toEqual([]);
  expect(findMisspelt({ SMPT_LISTEN: ' ' })).toEqual([]);
});

test('the names are those of README.md', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  const table = /^\| variable \| default \|.*\n(?:\|.*\n)+/m.exec(readme)?.[0] ?? '';
  const first = [...table.matchAll(/^\| ([^|]*) \|/gm)].map(([, cell = '']) => cell).join(' ');
  const documented = [...`${first} ${table}`.matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, name = '']) => name);
  const inFirst = [...first.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name);
  expect(inFirst.filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
  expect(SETTING_NAMES.filter((name) => !documented.includes(name))).toEqual([]);
});
