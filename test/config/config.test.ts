/** The settings: the contract's defaults, every notation, and one line for each bad value. */
import { describe, expect, test } from 'bun:test';
import { resolve } from 'node:path';
import { type Machine, readMachine } from '../../src/config/machine.ts';
import { badSetting, type Config, type Environment, readConfig } from '../../src/config/config.ts';

const MACHINE: Machine = {
  hostname: 'mx2.example.net',
  interfaceAddresses: ['192.0.2.7', '2001:db8::7'],
  totalMemoryBytes: 2 * 1024 ** 3,
  resolvConf:
    '# local\nsearch example.net\nnameserver 192.0.2.53\nnameserver 2001:DB8::53 ; two\nnameserver fe80::1%eth0\n',
};

function good(env: Environment, machine: Partial<Machine> = {}): Config {
  const result = readConfig(env, { ...MACHINE, ...machine });
  if (!result.ok) throw new Error(result.message);
  return result.config;
}

function bad(env: Environment): { variable: string; message: string } {
  const result = readConfig(env, MACHINE);
  if (result.ok) throw new Error(`accepted: ${JSON.stringify(env)}`);
  return result;
}

describe('defaults', () => {
  const DEFAULTS: Config = {
    databaseUrl: null,
    dataDir: resolve('data'),
    roles: new Set(['inbound', 'delivery', 'control']),
    mxHostname: 'mx2.example.net',
    mxNames: ['mx2.example.net'],
    publishedNames: ['mx2.example.net'],
    mxAddresses: ['192.0.2.7', '2001:db8::7'],
    selfAddresses: [],
    egressAddresses: ['192.0.2.7', '2001:db8::7'],
    smtpListen: [{ address: '127.0.0.1', port: 2525 }],
    httpListen: { address: '127.0.0.1', port: 8025 },
    publicUrl: 'http://127.0.0.1:8025',
    tlsFiles: [],
    operatorToken: null,
    postmasterAddress: null,
    dnsServers: ['192.0.2.53:53', '[2001:db8::53]:53'],
    dnsTrustAd: false,
    deliveryPort: 25,
    allowPrivateNextHops: false,
    messageSizeLimitBytes: null,
    inFlightBytes: 512 * 1024 ** 2,
    minFreeBytes: 1024 ** 3,
    bareNewlines: 'reject',
    trustedClients: ['127.0.0.0/8', '::1/128'],
    trustedProxies: [],
    greetingWaitMs: 0,
    maxConnections: 1000,
    maxConnectionsPerClient: 50,
    messagesPerMinute: 600,
    authenticationResults: false,
    arcKey: null,
    deliveryHold: false,
    logLevel: 'info',
    logAddresses: 'full',
    logFormat: null,
    tracing: null,
    shutdownGraceMs: 120_000,
  };

  test('are those of the contract', () => {
    expect(good({})).toEqual(DEFAULTS);
  });

  test('stand for empty values too, and unknown variables are ignored', () => {
    const empty = {
      SMTP_LISTEN: '',
      TLS_CERT_FILE: ' ',
      ROLES: '',
      HOME: '/root',
      SMTP_LISTENN: 'x',
      LOG_LEVEL: undefined,
    };
    expect(good(empty)).toEqual(DEFAULTS);
  });

  test('the budget for messages being received is at most 1 GiB', () => {
    expect(good({}, { totalMemoryBytes: 64 * 1024 ** 3 }).inFlightBytes).toBe(1024 ** 3);
  });

  test.each([
    ['My_Host', 'my-host'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['not a name!', 'localhost'],
    ['', 'localhost'],
  ])('a machine called %p is %p', (hostname, mxHostname) => {
    expect(good({}, { hostname }).mxHostname).toBe(mxHostname);
  });

  test.each([
    [null, ['127.0.0.1:53']],
    ['search example.net\n', ['127.0.0.1:53']],
    [
      'nameserver 10.0.0.1\r\n nameserver\t10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4',
      ['10.0.0.1:53', '10.0.0.2:53', '10.0.0.3:53'],
    ],
  ] as const)('resolv.conf %p gives %p', (resolvConf, dnsServers) => {
    expect(good({}, { resolvConf }).dnsServers).toEqual([...dnsServers]);
  });
});

describe("the service's own names and addresses", () => {
  test('MX_HOSTNAME is always one of the names', () => {
    expect(good({ MX_HOSTNAME: 'MX.example.net.', MX_NAMES: 'a.example.net, b.example.net' }).mxNames).toEqual([
      'mx.example.net',
      'a.example.net',
      'b.example.net',
    ]);
    expect(good({ MX_HOSTNAME: 'b.example.net', MX_NAMES: 'a.example.net,b.example.net' }).mxNames).toEqual([
      'a.example.net',
      'b.example.net',
    ]);
  });

  test('MX_NAMES are published as they are, and without them MX_HOSTNAME', () => {
    expect(good({ MX_HOSTNAME: 'out.example.net', MX_NAMES: 'b.example.net,a.example.net' }).publishedNames).toEqual([
      'b.example.net',
      'a.example.net',
    ]);
    expect(good({ MX_HOSTNAME: 'mx.example.net' }).publishedNames).toEqual(['mx.example.net']);
  });

  test('addresses set explicitly always count', () => {
    const config = good({ MX_ADDRESSES: '198.51.100.1,2001:DB8::1,::ffff:198.51.100.2,198.51.100.1' });
    expect(config.selfAddresses).toEqual(['198.51.100.1', '2001:db8::1', '198.51.100.2']);
    expect(config.egressAddresses).toEqual(config.selfAddresses);
  });

  test("the machine's count only where the port we deliver to is one we listen on", () => {
    expect(good({ SMTP_LISTEN: '0.0.0.0:25,[::]:25' }).selfAddresses).toEqual(['192.0.2.7', '2001:db8::7']);
    expect(good({ DELIVERY_PORT: '2525' }).selfAddresses).toEqual(['192.0.2.7', '2001:db8::7']);
    expect(good({ SMTP_LISTEN: '0.0.0.0:25', DELIVERY_PORT: '2626' }).selfAddresses).toEqual([]);
    expect(good({ SMTP_LISTEN: '0.0.0.0:25', ROLES: 'delivery' }).selfAddresses).toEqual([]);
  });

  test('egress addresses may differ', () => {
    expect(good({ EGRESS_ADDRESSES: '203.0.113.9' }).egressAddresses).toEqual(['203.0.113.9']);
  });
});

describe('notations', () => {
  test.each<[Environment, Partial<Config>]>([
    [{ ROLES: ' Inbound , delivery, ' }, { roles: new Set(['inbound', 'delivery'] as const) }],
    [
      { SMTP_LISTEN: '0.0.0.0:25,[::]:25,[fe80::1%eth0]:0' },
      {
        smtpListen: [
          { address: '0.0.0.0', port: 25 },
          { address: '::', port: 25 },
          { address: 'fe80::1%eth0', port: 0 },
        ],
      },
    ],
    [{ HTTP_LISTEN: '[::1]:0' }, { httpListen: { address: '::1', port: 0 } }],
    [{ PUBLIC_URL: 'https://mx.example.net/backup/' }, { publicUrl: 'https://mx.example.net/backup' }],
    [{ PUBLIC_URL: 'https://mx.example.net' }, { publicUrl: 'https://mx.example.net' }],
    [
      { TLS_CERT_FILE: '/a/c.pem', TLS_KEY_FILE: 'k.pem' },
      { tlsFiles: [{ certFile: '/a/c.pem', keyFile: resolve('k.pem') }] },
    ],
    [
      { TLS_CERT_FILE: '/a.pem, /b.pem', TLS_KEY_FILE: '/k.pem,/k.pem' },
      {
        tlsFiles: [
          { certFile: '/a.pem', keyFile: '/k.pem' },
          { certFile: '/b.pem', keyFile: '/k.pem' },
        ],
      },
    ],
    [
      {
        AUTHENTICATION_RESULTS: 'true',
        ARC_DOMAIN: 'Backup.example.',
        ARC_SELECTOR: 'Arc2026.mx',
        ARC_KEY_FILE: 'arc.pem',
      },
      {
        authenticationResults: true,
        arcKey: { domain: 'backup.example', selector: 'arc2026.mx', keyFile: resolve('arc.pem') },
      },
    ],
    [
      { DNS_SERVERS: '127.0.0.1:5353,[::1]:53, 9.9.9.9, 2620:fe::fe, [2620:fe::9]' },
      {
        dnsServers: ['127.0.0.1:5353', '[::1]:53', '9.9.9.9:53', '[2620:fe::fe]:53', '[2620:fe::9]:53'],
      },
    ],
    [
      { DNS_TRUST_AD: 'true', DELIVERY_HOLD: 'YES', ALLOW_PRIVATE_NEXT_HOPS: '1' },
      { dnsTrustAd: true, deliveryHold: true, allowPrivateNextHops: true },
    ],
    [
      { DNS_TRUST_AD: 'off', DELIVERY_HOLD: '0' },
      { dnsTrustAd: false, deliveryHold: false },
    ],
    [
      { IN_FLIGHT_BYTES: '64MiB', MIN_FREE_BYTES: '0', MESSAGE_SIZE_LIMIT: '1048576' },
      { inFlightBytes: 67_108_864, minFreeBytes: 0, messageSizeLimitBytes: 1_048_576 },
    ],
    [{ MIN_FREE_BYTES: '2 gib' }, { minFreeBytes: 2 * 1024 ** 3 }],
    [
      { GREETING_WAIT: '500ms', SHUTDOWN_GRACE: '5m' },
      { greetingWaitMs: 500, shutdownGraceMs: 300_000 },
    ],
    [{ LOG_ADDRESSES: 'Domain' }, { logAddresses: 'domain' }],
    [
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20a%2Cb, x-scope = 1',
        OTEL_SERVICE_NAME: 'mx',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
      },
      {
        tracing: {
          url: 'http://127.0.0.1:4318/v1/traces',
          headers: { authorization: 'Bearer a,b', 'x-scope': '1' },
          serviceName: 'mx',
          ratio: 0.25,
        },
      },
    ],
    [{ SHUTDOWN_GRACE: '0' }, { shutdownGraceMs: 0 }],
    [{ SHUTDOWN_GRACE: '2h' }, { shutdownGraceMs: 7_200_000 }],
    [{ TRUSTED_CLIENTS: 'none' }, { trustedClients: [] }],
    [
      { TRUSTED_PROXIES: '10.0.0.0/8,2001:DB8::/32,192.0.2.1,::ffff:192.0.2.2' },
      { trustedProxies: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1/32', '192.0.2.2/32'] },
    ],
    [
      { BARE_NEWLINES: 'normalize', LOG_LEVEL: 'DEBUG', LOG_FORMAT: 'json' },
      { bareNewlines: 'normalize', logLevel: 'debug', logFormat: 'json' },
    ],
    [{ POSTMASTER_ADDRESS: 'Post.Master@example.org' }, { postmasterAddress: 'Post.Master@example.org' }],
    [{ OPERATOR_TOKEN: `${'dG9r-'.repeat(6)}4=` }, { operatorToken: `${'dG9r-'.repeat(6)}4=` }],
    [
      { DATABASE_URL: 'postgresql://u:p@db.example.net/x?sslmode=require' },
      { databaseUrl: 'postgresql://u:p@db.example.net/x?sslmode=require' },
    ],
    [
      { DATABASE_URL: 'postgres://u:p@db1:5432,db2:5432/x?target_session_attrs=read-write' },
      { databaseUrl: 'postgres://u:p@db1:5432,db2:5432/x?target_session_attrs=read-write' },
    ],
  ])('%j', (env, expected) => {
    expect(good(env)).toMatchObject(expected);
  });
});

describe('bad values', () => {
  test.each([
    ['OTEL_EXPORTER_OTLP_HEADERS', 'Bearer abc', 'name=value'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=b%0d%0ac', 'name=value'],
    ['OTEL_SERVICE_NAME', 'backup mx', 'without spaces'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'from 0 to 1'],
  ] as const)('with a collector, %s=%p', (variable, value, expected) => {
    const problem = bad({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', [variable]: value });
    expect(problem.variable).toBe(variable);
    expect(problem.message).toContain(expected);
    if (variable === 'OTEL_EXPORTER_OTLP_HEADERS') expect(problem.message).not.toContain(value);
  });

  test.each([
    ['DATABASE_URL', 'mysql://db.example.net/x', 'postgres://'],
    [
      'DATABASE_URL',
      'postgres://u@db1:5432,db2:port/x',
      'with several hosts db1.example.net:5432,db2.example.net:5432',
    ],
    ['DATA_DIR', 'a\nb', '/var/lib/backup-mx'],
    ['ROLES', 'inbound,queue', 'inbound or delivery or control'],
    ['MX_HOSTNAME', 'mx_2.example.net', 'mx2.example.net'],
    ['MX_HOSTNAME', '192.0.2.1', 'host name'],
    ['MX_NAMES', 'a.example.net,b c', 'host name'],
    ['MX_ADDRESSES', '192.0.2.1,mx.example.net', '192.0.2.1'],
    ['EGRESS_ADDRESSES', '192.0.2.0/24', 'IP address'],
    ['SMTP_LISTEN', '2525', '127.0.0.1:2525'],
    ['SMTP_LISTEN', '::1:25', '[::1]:2525'],
    ['SMTP_LISTEN', 'localhost:25', '127.0.0.1:2525'],
    ['SMTP_LISTEN', '127.0.0.1:65536', 'port'],
    ['SMTP_LISTEN', ',', 'at least one entry'],
    ['HTTP_LISTEN', '127.0.0.1:8025,[::1]:8025', 'port'],
    ['PUBLIC_URL', 'mx.example.net', 'https://mx2.example.net'],
    ['PUBLIC_URL', 'https://u:p@mx.example.net', 'http'],
    ['PUBLIC_URL', 'https://mx.example.net/?a', 'http'],
    ['TLS_CERT_FILE', '/a.pem,,/b.pem', 'comma list'],
    ['AUTHENTICATION_RESULTS', 'maybe', 'true or false'],
    ['ARC_DOMAIN', 'not a name', 'host name'],
    ['ARC_SELECTOR', 'a_b', 'arc2026'],
    ['ARC_SELECTOR', 'arc.', 'arc2026'],
    ['ARC_KEY_FILE', '/a\nb', 'path'],
    ['OPERATOR_TOKEN', `two words ${'x'.repeat(32)}`, 'openssl rand'],
    ['OPERATOR_TOKEN', 'x'.repeat(31), 'at least 32'],
    ['POSTMASTER_ADDRESS', 'postmaster', 'postmaster@example.net'],
    ['DNS_SERVERS', 'dns.example.net:53', '192.0.2.53:53'],
    ['DNS_SERVERS', '192.0.2.53:0', '192.0.2.53:53'],
    ['DNS_TRUST_AD', 'maybe', 'true or false'],
    ['DELIVERY_PORT', '0', '65535'],
    ['DELIVERY_PORT', '25.5', '25'],
    ['ALLOW_PRIVATE_NEXT_HOPS', 'y', 'true or false'],
    ['MESSAGE_SIZE_LIMIT', '10MB', '64MiB'],
    ['MESSAGE_SIZE_LIMIT', '-1', '64MiB'],
    ['IN_FLIGHT_BYTES', '0', 'at least 1'],
    ['MIN_FREE_BYTES', '1e9', '64MiB'],
    ['BARE_NEWLINES', 'fix', 'reject or normalize'],
    ['TRUSTED_CLIENTS', '127.0.0.0/33', '192.0.2.0/24'],
    ['TRUSTED_CLIENTS', '::ffff:10.0.0.0/104', '192.0.2.0/24'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8', 'none'],
    ['GREETING_WAIT', '6', '6s'],
    ['GREETING_WAIT', '3m', 'at most 2m'],
    ['MAX_CONNECTIONS', '0', '1000'],
    ['MAX_CONNECTIONS_PER_CLIENT', 'many', '50'],
    ['MESSAGES_PER_MINUTE', '1 000', '600'],
    ['DELIVERY_HOLD', 'hold', 'true or false'],
    ['LOG_LEVEL', 'verbose', 'debug or info or warn or error'],
    ['LOG_FORMAT', 'text', 'pretty or json'],
    ['LOG_ADDRESSES', 'hashed', 'full or domain'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'http or https'],
    ['SHUTDOWN_GRACE', 'soon', '2h'],
    ['SHUTDOWN_GRACE', '60d', '24d'],
  ] as const)('%s=%p', (variable, value, expected) => {
    const problem = bad({ [variable]: value });
    expect(problem.variable).toBe(variable);
    expect(problem.message).toStartWith(`${variable} `);
    expect(problem.message).toContain(expected);
    expect(problem.message).not.toMatch(/[\r\n]/);
    const isSecret = variable === 'OPERATOR_TOKEN' || variable === 'DATABASE_URL';
    expect(problem.message.includes(JSON.stringify(value))).toBe(!isSecret);
  });

  test('the first one is told', () => {
    expect(bad({ ROLES: 'x', LOG_LEVEL: 'y' }).variable).toBe('ROLES');
  });

  test('half of a certificate pair names the missing half', () => {
    expect(bad({ TLS_CERT_FILE: '/c.pem' }).message).toBe(
      'TLS_KEY_FILE is unset: expected a path, because TLS_CERT_FILE is set',
    );
    expect(bad({ TLS_KEY_FILE: '/k.pem' }).variable).toBe('TLS_CERT_FILE');
  });

  test('lists of certificates and keys must be of one length', () => {
    expect(bad({ TLS_CERT_FILE: '/a.pem,/b.pem', TLS_KEY_FILE: '/a.key' }).message).toBe(
      'TLS_KEY_FILE is "/a.key": expected one path for each of TLS_CERT_FILE, which are 2',
    );
  });

  test('the three settings of ARC stand together', () => {
    const all = { ARC_DOMAIN: 'backup.example', ARC_SELECTOR: 'arc', ARC_KEY_FILE: '/arc.pem' };
    for (const missing of Object.keys(all)) {
      const problem = bad({ ...all, [missing]: '' });
      expect(problem.variable).toBe(missing);
      expect(problem.message).toMatch(
        new RegExp(`^${missing} is unset: expected a value, because ARC_[A-Z_]+ is set$`),
      );
      expect(bad({ [missing]: all[missing as keyof typeof all] }).message).toContain(`because ${missing} is set`);
    }
  });

  test('an address that would not leave room in a reply is none', () => {
    const { publicUrl } = good({ PUBLIC_URL: `https://mx.example.net/${'x'.repeat(230)}` });
    expect(publicUrl).toHaveLength(253);
    expect(bad({ PUBLIC_URL: `https://mx.example.net/${'x'.repeat(240)}` }).message).toContain('255 characters');
  });

  test('a long value is cut', () => {
    expect(bad({ LOG_LEVEL: 'x'.repeat(10_000) }).message.length).toBeLessThan(300);
  });

  test('what shows only later is told in the same words', () => {
    expect(badSetting('TLS_CERT_FILE', '/c.pem', 'a file that can be read').message).toBe(
      'TLS_CERT_FILE is "/c.pem": expected a file that can be read',
    );
  });
});

test('this machine gives settings that are valid', () => {
  const machine = readMachine();
  expect(machine.totalMemoryBytes).toBeGreaterThan(0);
  expect(readConfig({}, machine).ok).toBe(true);
});
