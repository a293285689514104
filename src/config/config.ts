/**
 * The service's settings: the only reader of its environment, turned into one typed, validated object.
 *
 * Every variable of the README's table, with its default. An empty value counts as unset, unknown variables are ignored (config/misspelt.ts finds those that are nearly ours).
 * The first bad value gives one line that names the variable, the value and what is expected; values that are secrets
 * are never shown. Opens no file and no connection: whether a path or a database is usable shows when it is used.
 */
import { resolve } from 'node:path';
import type { Machine } from './machine.ts';
import {
  boolean,
  byteSize,
  databaseUrl,
  duration,
  greetingWait,
  filePath,
  hostName,
  headerList,
  integer,
  ipAddress,
  type ListenAddress,
  listenAddress,
  listOf,
  mailbox,
  nameServer,
  network,
  oneOf,
  operatorToken,
  orNone,
  pathList,
  plainName,
  type Parser,
  portNumber,
  selector,
  share,
  webAddress,
} from './values.ts';
import type { LogAddresses, LogFormat } from '../telemetry/log.ts';
import type { LogLevel } from '../telemetry/log-events.ts';

type Role = 'inbound' | 'delivery' | 'control';

export interface Config {
  /** DATABASE_URL; null is the embedded database in `dataDir`. */
  readonly databaseUrl: string | null;
  /** DATA_DIR, absolute: embedded database, generated certificate, operator token. */
  readonly dataDir: string;
  /** ROLES: what this process does. */
  readonly roles: ReadonlySet<Role>;
  /** MX_HOSTNAME: this node's name in banner, EHLO and Received. */
  readonly mxHostname: string;
  /** MX_NAMES and MX_HOSTNAME, which is first unless it is listed elsewhere: every name that counts as ours. */
  readonly mxNames: readonly string[];
  /** MX_NAMES, or MX_HOSTNAME where that is unset: the names for customers' MX records, whichever node is asked. */
  readonly publishedNames: readonly string[];
  /** MX_ADDRESSES, or the machine's: the addresses the service is known by. */
  readonly mxAddresses: readonly string[];
  /**
   * The addresses that mean "ourselves" in the rank and loop tests: MX_ADDRESSES when set, else the machine's if this
   * process listens on the port it delivers to. A test server beside its primary is not its own next hop.
   */
  readonly selfAddresses: readonly string[];
  /** EGRESS_ADDRESSES: published for customers' firewalls, never bound. */
  readonly egressAddresses: readonly string[];
  /** SMTP_LISTEN. */
  readonly smtpListen: readonly ListenAddress[];
  /** HTTP_LISTEN: GraphQL, health, metrics. */
  readonly httpListen: ListenAddress;
  /** PUBLIC_URL without a trailing slash: where rejection codes are explained. */
  readonly publicUrl: string;
  /** TLS_CERT_FILE and TLS_KEY_FILE in pairs, absolute, the default one first; empty is a self-signed pair in `dataDir`. */
  readonly tlsFiles: readonly { readonly certFile: string; readonly keyFile: string }[];
  /** OPERATOR_TOKEN; null is the one in `dataDir`. A secret. */
  readonly operatorToken: string | null;
  /** POSTMASTER_ADDRESS; null refuses postmaster's mail. */
  readonly postmasterAddress: string | null;
  /** DNS_SERVERS as `192.0.2.53:53` or `[2001:db8::53]:53`; never empty. */
  readonly dnsServers: readonly string[];
  /** DNS_TRUST_AD: the servers validate, and the way to them is safe. */
  readonly dnsTrustAd: boolean;
  /** DELIVERY_PORT: the port on a next hop, for transfers and callouts. */
  readonly deliveryPort: number;
  /** ALLOW_PRIVATE_NEXT_HOPS: loopback and private next hops may be dialled. */
  readonly allowPrivateNextHops: boolean;
  /** MESSAGE_SIZE_LIMIT; null is the database's. It may only lower that one, which app/core.ts checks once it is known. */
  readonly messageSizeLimitBytes: number | null;
  /** IN_FLIGHT_BYTES: budget for messages being received. */
  readonly inFlightBytes: number;
  /** MIN_FREE_BYTES: below it, with the embedded database, mail is deferred with 452. */
  readonly minFreeBytes: number;
  /** BARE_NEWLINES: what becomes of a bare CR or LF. */
  readonly bareNewlines: 'reject' | 'normalize';
  /** TRUSTED_CLIENTS as networks, `127.0.0.0/8`: exempt from limits, greeting wait and harvest guard. */
  readonly trustedClients: readonly string[];
  /** TRUSTED_PROXIES as networks: may send PROXY or XCLIENT. */
  readonly trustedProxies: readonly string[];
  /** GREETING_WAIT for clients never seen before. */
  readonly greetingWaitMs: number;
  /** MAX_CONNECTIONS. */
  readonly maxConnections: number;
  /** MAX_CONNECTIONS_PER_CLIENT. */
  readonly maxConnectionsPerClient: number;
  /** MESSAGES_PER_MINUTE of one client. */
  readonly messagesPerMinute: number;
  /** AUTHENTICATION_RESULTS: accepted mail gets a field with the results of SPF, DKIM, DMARC and ARC. */
  readonly authenticationResults: boolean;
  /** ARC_DOMAIN, ARC_SELECTOR and ARC_KEY_FILE, absolute: accepted mail is sealed. Null: it is not. */
  readonly arcKey: { readonly domain: string; readonly selector: string; readonly keyFile: string } | null;
  /** DELIVERY_HOLD: start without delivering. */
  readonly deliveryHold: boolean;
  /** LOG_LEVEL. */
  readonly logLevel: LogLevel;
  /** LOG_FORMAT; null is `pretty` on a terminal, else `json`. */
  readonly logFormat: LogFormat | null;
  /** LOG_ADDRESSES: whether log lines have local parts. */
  readonly logAddresses: LogAddresses;
  /** OTEL_EXPORTER_OTLP_ENDPOINT and its kin; null: no traces. The headers are secrets. */
  readonly tracing: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly serviceName: string;
    readonly ratio: number;
  } | null;
  /** SHUTDOWN_GRACE: how long what waits for its reply after the final dot may take at the end. */
  readonly shutdownGraceMs: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** `message` is one line, ready for the terminal; the process ends with 2. */
type BadSetting = { readonly ok: false; readonly variable: string; readonly message: string };
type ConfigResult = { readonly ok: true; readonly config: Config } | BadSetting;

const GIB = 1024 ** 3;

/** Reads every setting. Pure: the same environment and machine give the same result. */
export function readConfig(env: Environment, machine: Machine): ConfigResult {
  const { read, isSet, problem } = settingsReader(env);

  const roles = new Set(read('ROLES', listOf(oneOf<Role>(['inbound', 'delivery', 'control'])), ALL_ROLES));
  const mxHostname = read('MX_HOSTNAME', hostName, machineName(machine.hostname));
  const publishedNames = read('MX_NAMES', listOf(hostName), [mxHostname]);
  const mxAddresses = read('MX_ADDRESSES', listOf(ipAddress), machine.interfaceAddresses);
  const smtpListen = read('SMTP_LISTEN', listOf(listenAddress), [{ address: '127.0.0.1', port: 2525 }]);
  const deliveryPort = read('DELIVERY_PORT', portNumber, 25);
  const listensOnDeliveryPort = roles.has('inbound') && smtpListen.some(({ port }) => port === deliveryPort);
  const certFiles = read('TLS_CERT_FILE', pathList, []);
  const keyFiles = read('TLS_KEY_FILE', pathList, []);
  const arcDomain = read('ARC_DOMAIN', hostName, null);
  const arcSelector = read('ARC_SELECTOR', selector, null);
  const arcKeyFile = read('ARC_KEY_FILE', filePath, null);

  const collector = read('OTEL_EXPORTER_OTLP_ENDPOINT', webAddress, null);

  const config: Config = {
    databaseUrl: read('DATABASE_URL', databaseUrl, null),
    dataDir: resolve(read('DATA_DIR', filePath, './data')),
    roles,
    mxHostname,
    mxNames: publishedNames.includes(mxHostname) ? publishedNames : [mxHostname, ...publishedNames],
    publishedNames,
    mxAddresses,
    selfAddresses: isSet('MX_ADDRESSES') || listensOnDeliveryPort ? mxAddresses : [],
    egressAddresses: read('EGRESS_ADDRESSES', listOf(ipAddress), mxAddresses),
    smtpListen,
    httpListen: read('HTTP_LISTEN', listenAddress, { address: '127.0.0.1', port: 8025 }),
    publicUrl: read('PUBLIC_URL', webAddress, 'http://127.0.0.1:8025'),
    tlsFiles: certFiles.map((file, at) => ({ certFile: resolve(file), keyFile: resolve(keyFiles[at] ?? '') })),
    operatorToken: read('OPERATOR_TOKEN', operatorToken, null),
    postmasterAddress: read('POSTMASTER_ADDRESS', mailbox, null),
    dnsServers: read('DNS_SERVERS', listOf(nameServer), systemNameServers(machine.resolvConf)),
    dnsTrustAd: read('DNS_TRUST_AD', boolean, false),
    deliveryPort,
    allowPrivateNextHops: read('ALLOW_PRIVATE_NEXT_HOPS', boolean, false),
    messageSizeLimitBytes: read('MESSAGE_SIZE_LIMIT', byteSize(1), null),
    inFlightBytes: read('IN_FLIGHT_BYTES', byteSize(1), Math.min(Math.floor(machine.totalMemoryBytes / 4), GIB)),
    minFreeBytes: read('MIN_FREE_BYTES', byteSize(0), GIB),
    bareNewlines: read('BARE_NEWLINES', oneOf(['reject', 'normalize']), 'reject'),
    trustedClients: read('TRUSTED_CLIENTS', orNone(listOf(network)), ['127.0.0.0/8', '::1/128']),
    trustedProxies: read('TRUSTED_PROXIES', orNone(listOf(network)), []),
    greetingWaitMs: read('GREETING_WAIT', greetingWait, 0),
    maxConnections: read('MAX_CONNECTIONS', integer(1, 1_000_000, 1000), 1000),
    maxConnectionsPerClient: read('MAX_CONNECTIONS_PER_CLIENT', integer(1, 1_000_000, 50), 50),
    messagesPerMinute: read('MESSAGES_PER_MINUTE', integer(1, 1_000_000, 600), 600),
    authenticationResults: read('AUTHENTICATION_RESULTS', boolean, false),
    arcKey:
      arcDomain === null || arcSelector === null || arcKeyFile === null
        ? null
        : { domain: arcDomain, selector: arcSelector, keyFile: resolve(arcKeyFile) },
    deliveryHold: read('DELIVERY_HOLD', boolean, false),
    logLevel: read('LOG_LEVEL', oneOf<LogLevel>(['debug', 'info', 'warn', 'error']), 'info'),
    logFormat: read('LOG_FORMAT', oneOf<LogFormat>(['pretty', 'json']), null),
    logAddresses: read('LOG_ADDRESSES', oneOf<LogAddresses>(['full', 'domain']), 'full'),
    tracing:
      collector === null
        ? null
        : {
            url: `${collector}/v1/traces`,
            headers: read('OTEL_EXPORTER_OTLP_HEADERS', headerList, {}),
            serviceName: read('OTEL_SERVICE_NAME', plainName, 'backup-mx'),
            ratio: read('OTEL_TRACES_SAMPLER_ARG', share, 1),
          },
    shutdownGraceMs: read('SHUTDOWN_GRACE', duration, 120_000),
  };
  const tlsProblem = incompleteGroup('a path', { TLS_CERT_FILE: certFiles[0], TLS_KEY_FILE: keyFiles[0] });
  const arc = { ARC_DOMAIN: arcDomain, ARC_SELECTOR: arcSelector, ARC_KEY_FILE: arcKeyFile };
  const incomplete = tlsProblem ?? unequalLists(certFiles, keyFiles) ?? incompleteGroup('a value', arc);
  return problem() ?? incomplete ?? { ok: true, config };
}

/** The one line about a setting, also for what shows only later (a file that cannot be read, a limit above the database's). */
export function badSetting(variable: string, value: string, expected: string): BadSetting {
  const shown = JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
  const given = SECRETS.has(variable) ? '(the value is a secret and not shown)' : `is ${shown}`;
  return { ok: false, variable, message: `${variable} ${given}: expected ${expected}` };
}

const ALL_ROLES: readonly Role[] = ['inbound', 'delivery', 'control'];
const SECRETS: ReadonlySet<string> = new Set(['OPERATOR_TOKEN', 'DATABASE_URL', 'OTEL_EXPORTER_OTLP_HEADERS']);

interface SettingsReader {
  /** The parsed value, or the default when the variable is unset or bad. */
  readonly read: <T, D>(variable: string, parse: Parser<T>, byDefault: D) => T | D;
  readonly isSet: (variable: string) => boolean;
  /** The first bad value so far, or null. */
  readonly problem: () => BadSetting | null;
}

function settingsReader(env: Environment): SettingsReader {
  let first: BadSetting | null = null;
  const textOf = (variable: string): string => env[variable]?.trim() ?? '';
  return {
    read: (variable, parse, byDefault) => {
      const text = textOf(variable);
      if (text === '') return byDefault;
      const parsed = parse(text);
      if ('value' in parsed) return parsed.value;
      first ??= badSetting(variable, text, parsed.expected);
      return byDefault;
    },
    isSet: (variable) => textOf(variable) !== '',
    problem: () => first,
  };
}

/** Settings that mean something together only: the first one that is missing, because of the first one that is there. */
function incompleteGroup(
  expected: string,
  group: Readonly<Record<string, string | null | undefined>>,
): BadSetting | null {
  const entries = Object.entries(group);
  const missing = entries.find(([, value]) => value === null || value === undefined)?.[0];
  const given = entries.find(([, value]) => value !== null && value !== undefined)?.[0];
  if (missing === undefined || given === undefined) return null;
  return {
    ok: false,
    variable: missing,
    message: `${missing} is unset: expected ${expected}, because ${given} is set`,
  };
}

function unequalLists(certFiles: readonly string[], keyFiles: readonly string[]): BadSetting | null {
  if (certFiles.length === keyFiles.length) return null;
  const expected = `one path for each of TLS_CERT_FILE, which are ${certFiles.length}`;
  return badSetting('TLS_KEY_FILE', keyFiles.join(','), expected);
}

/** The machine's name where it can be one in the DNS; underscores, which it may have there, become hyphens. */
function machineName(name: string): string {
  const parsed = hostName(name.replaceAll('_', '-'));
  return 'value' in parsed ? parsed.value : 'localhost';
}

/** As the C library reads resolv.conf(5): at most three servers, the local one when none is named. */
function systemNameServers(resolvConf: string | null): readonly string[] {
  const named = [...(resolvConf ?? '').matchAll(/^[ \t]*nameserver[ \t]+([^\s#;]+)/gm)].flatMap(([, text = '']) => {
    const parsed = ipAddress(text);
    const server = 'value' in parsed ? nameServer(parsed.value) : parsed;
    return 'value' in server ? [server.value] : [];
  });
  return named.length === 0 ? ['127.0.0.1:53'] : named.slice(0, 3);
}
