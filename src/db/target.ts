/**
 * The address of the database, read once for both drivers: a DATABASE_URL, or the embedded server's socket.
 *
 * The drivers read a URL differently (socket directories, sslmode), so neither is given one.
 */
import { readFileSync } from 'node:fs';
import { StartError } from './start-error.ts';

/** One of the servers that hold the database. */
export interface DatabaseHost {
  readonly host: string;
  readonly port: number;
}

/** A place and an identity, as both drivers take them. */
export interface DatabaseAddress {
  /** A host name, an address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** More servers with the same database, of which one takes writes (writable-host.ts). Absent: there is one server. */
  readonly others?: readonly DatabaseHost[];
  readonly database: string;
  readonly user: string;
  readonly password?: string;
  /** False: clear text. */
  readonly ssl?: false | { readonly rejectUnauthorized: boolean; readonly ca?: string };
}

export type DatabaseTarget = { readonly url: string } | DatabaseAddress;

const DEFAULT_PORT = 5432;

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new StartError(`DATABASE_URL: the sslrootcert ${path} cannot be read`);
  }
}

function parseSsl(parameters: URLSearchParams): NonNullable<DatabaseAddress['ssl']> | false {
  const mode = parameters.get('sslmode') ?? 'disable';
  const file = parameters.get('sslrootcert');
  const ca = file === null ? {} : { ca: readCertificate(file) };
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify-ca':
    case 'verify-full':
      return { rejectUnauthorized: true, ...ca };
    default:
      throw new StartError(`DATABASE_URL: sslmode=${mode} is not supported: use disable, require or verify-full`);
  }
}

const SHAPE = 'postgres://user:password@host:5432/database';
const PARAMETERS = ['host', 'sslmode', 'sslrootcert', 'target_session_attrs'];

/**
 * One URL for each host of a `postgres://user:password@host:port,host:port/database` URL, which no parser of URLs understands.
 *
 * @returns null when it is no such URL
 */
function splitHosts(url: string): readonly URL[] | null {
  const [, scheme = '', user = '', hosts = '', rest = ''] =
    /^(postgres(?:ql)?:\/\/)([^/?#]*@)?([^/?#@]*)(.*)$/.exec(url) ?? [];
  if (scheme === '') return null;
  const list = hosts.split(',');
  // An empty host after a user is no URL to the parser, but is how libpq writes a socket.
  const urls = list.map((host) => `${scheme}${user}${host === '' && list.length === 1 ? 'localhost' : host}${rest}`);
  if (list.length > 1 && list.includes('')) return null;
  return urls.every((text) => URL.canParse(text)) ? urls.map((text) => new URL(text)) : null;
}

/**
 * The address in a `postgres://user:password@host:port/database` URL. Several hosts, divided by commas, are servers of which one takes
 * writes: each has its own port, or 5432. `?host=/directory` names a Unix socket; `sslmode` is `disable` (default), `require` or
 * `verify-full`, with `sslrootcert`; `target_session_attrs=read-write` says what is so in any case. Other parameters are refused: a
 * silently ignored one would mislead.
 *
 * @throws StartError with one line that names DATABASE_URL and never the password
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  const [first, ...others] = splitHosts(url) ?? [];
  if (first === undefined) throw new StartError(`DATABASE_URL is not of the form ${SHAPE}`);
  const { pathname, username, password, searchParams } = first;
  const unknown = [...searchParams.keys()].find((key) => !PARAMETERS.includes(key));
  if (unknown !== undefined) {
    throw new StartError(`DATABASE_URL: the parameter ${unknown} is not supported: use ${PARAMETERS.join(', ')}`);
  }
  const wanted = searchParams.get('target_session_attrs') ?? 'read-write';
  if (wanted !== 'read-write' && wanted !== 'primary') {
    throw new StartError(
      `DATABASE_URL: target_session_attrs=${wanted} is not supported: the service writes, so use read-write or leave it out`,
    );
  }
  const socket = searchParams.get('host');
  if (socket !== null && others.length > 0) {
    throw new StartError('DATABASE_URL names several hosts and a socket (host=): use one or the other');
  }
  const user = decodeURIComponent(username);
  if (user === '') throw new StartError(`DATABASE_URL names no user: ${SHAPE}`);
  const { host, port } = hostOf(first);
  return {
    host: socket ?? host,
    port,
    ...(others.length === 0 ? {} : { others: others.map(hostOf) }),
    database: pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : user,
    user,
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ssl: parseSsl(searchParams),
  };
}

function hostOf({ hostname, port }: URL): DatabaseHost {
  return {
    host: hostname === '' ? 'localhost' : hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? DEFAULT_PORT : Number(port),
  };
}

/** `db.example.net:5432`, or several with commas, for people. */
export function formatHosts({ host, port, others = [] }: DatabaseAddress): string {
  return [{ host, port }, ...others].map((one) => `${one.host}:${one.port}`).join(',');
}

/** @throws StartError when it is a URL that cannot be understood */
export function resolveTarget(target: DatabaseTarget): DatabaseAddress {
  return 'url' in target ? parseDatabaseUrl(target.url) : target;
}
