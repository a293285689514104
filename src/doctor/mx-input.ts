/**
 * Checks what a person typed for a change of MX records: server, key, preference. Pure; no complaint repeats a secret.
 */
import { Buffer } from 'node:buffer';
import { normalizeDomain, normalizeLooseDomain } from '../mail/domain.ts';
import { normalizeAddress } from '../mail/ip.ts';
import type { TsigAlgorithm, TsigKey } from '../dns/tsig.ts';
import { invalid, type UserError } from '../input/user-error.ts';
import type { MxRequest } from './set-mx.ts';

export interface MxInput {
  readonly dnsServer?: { readonly host: string; readonly port?: number | null | undefined } | null | undefined;
  readonly tsig?:
    | {
        readonly keyName: string;
        readonly algorithm?: keyof typeof ALGORITHMS;
        readonly secret: string;
      }
    | null
    | undefined;
  readonly dryRun?: boolean | null | undefined;
}

export type CheckedMxInput =
  | { readonly kind: 'OK'; readonly request: Omit<MxRequest, 'wish'> }
  | { readonly kind: 'BAD'; readonly error: UserError };

const ALGORITHMS = {
  HMAC_SHA256: 'hmac-sha256',
  HMAC_SHA384: 'hmac-sha384',
  HMAC_SHA512: 'hmac-sha512',
} as const satisfies Readonly<Record<string, TsigAlgorithm>>;

const DNS_PORT = 53;
/** Below it are the services of machines that others run, mail and web among them. */
const LEAST_OTHER_PORT = 1024;
const MAX_SECRET_OCTETS = 512;

export function checkMxInput({ dnsServer, tsig, dryRun }: MxInput): CheckedMxInput {
  const server = dnsServer == null ? null : serverOf(dnsServer);
  if (server !== null && 'code' in server) return { kind: 'BAD', error: server };
  const key = tsig == null ? null : keyOf(tsig);
  if (key !== null && 'code' in key) return { kind: 'BAD', error: key };
  return { kind: 'OK', request: { dnsServer: server, key, isDryRun: dryRun === true } };
}

function serverOf({ host, port }: MxInput['dnsServer'] & {}): MxRequest['dnsServer'] | UserError {
  const name = normalizeAddress(host.trim()) ?? normalizeDomain(host.trim());
  if (name === null) return invalid(['dnsServer', 'host'], 'The host is neither a host name nor an IP address.');
  const at = port ?? DNS_PORT;
  if (at !== DNS_PORT && (at < LEAST_OTHER_PORT || at > 65_535)) {
    return invalid(['dnsServer', 'port'], 'The port of a DNS server is 53, or lies between 1024 and 65535.');
  }
  return { host: name, port: at };
}

function keyOf({ keyName, algorithm = 'HMAC_SHA256', secret }: MxInput['tsig'] & {}): TsigKey | UserError {
  const name = normalizeLooseDomain(keyName.trim());
  if (name === null) return invalid(['tsig', 'keyName'], 'The name of a key is written as a domain name is.');
  const text = secret.trim();
  const octets = /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (octets.length === 0 || octets.length > MAX_SECRET_OCTETS || octets.toString('base64') !== text) {
    return invalid(['tsig', 'secret'], 'The secret is base64, as in the configuration of the DNS server.');
  }
  return { name, algorithm: ALGORITHMS[algorithm], secret: octets };
}
