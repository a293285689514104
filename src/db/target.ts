/**
 * Where the database is, understood once for both drivers: a DATABASE_URL, or the embedded server's socket.
 *
 * The drivers read a URL differently (socket directories, sslmode), so neither is given one.
 */
import { readFileSync } from 'node:fs';
import { StartError } from './start-error.ts';

/** A place and an identity, as both drivers take them. */
export interface DatabaseAddress {
  /** A host name, an address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
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

/**
 * The address in a `postgres://user:password@host:port/database` URL. `?host=/directory` names a Unix socket; `sslmode` is
 * `disable` (default), `require` or `verify-full`, with `sslrootcert`. Other parameters are refused: a silently ignored one would mislead.
 *
 * @throws StartError with one line that names DATABASE_URL and never the password
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  // An empty host after a user is no URL to the parser, but is how libpq writes a socket.
  const text = url.replace(/^(postgres(?:ql)?:\/\/(?:[^/@]*@))(?=[/?]|$)/, '$1localhost');
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    throw new StartError('DATABASE_URL is not of the form postgres://user:password@host:5432/database');
  }
  const { hostname, port, pathname, username, password, searchParams } = new URL(text);
  const unknown = [...searchParams.keys()].find((key) => !['host', 'sslmode', 'sslrootcert'].includes(key));
  if (unknown !== undefined) {
    throw new StartError(`DATABASE_URL: the parameter ${unknown} is not supported: use host, sslmode, sslrootcert`);
  }
  const user = decodeURIComponent(username);
  if (user === '') {
    throw new StartError('DATABASE_URL names no user: postgres://user:password@host:5432/database');
  }
  return {
    host: searchParams.get('host') ?? (hostname === '' ? 'localhost' : hostname.replace(/^\[(.*)\]$/, '$1')),
    port: port === '' ? DEFAULT_PORT : Number(port),
    database: pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : user,
    user,
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ssl: parseSsl(searchParams),
  };
}

/** @throws StartError when it is a URL that cannot be understood */
export function resolveTarget(target: DatabaseTarget): DatabaseAddress {
  return 'url' in target ? parseDatabaseUrl(target.url) : target;
}
