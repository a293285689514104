/**
 * The server at which a domain's zone is changed: where it is, whether it may be dialled, and what it has at the domain's name.
 *
 * Promises: no address that is private, unless the operator allows that, and none that is ourselves. Sends only questions.
 */
import { isUsableServerAddress } from '../mail/ip-class.ts';
import { type Endpoint, normalizeAddress } from '../mail/ip.ts';
import type { DnsTrouble } from '../dns/answer.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { AddedMx } from '../domains/mx-records.ts';
import type { UserErrorCode } from '../input/error-codes.ts';
import { invalid, type UserError } from '../input/checked.ts';

export interface ServerDeps {
  /** The service's. */
  readonly resolver: Pick<Resolver, 'query' | 'resolveAddresses' | 'forget'>;
  readonly allowPrivate: boolean;
  /** Whether one of our own listeners is there, on this node or another. */
  readonly isOwn: (endpoint: Endpoint) => boolean;
}

export interface Refused {
  readonly kind: 'REFUSED';
  readonly error: UserError;
}

export interface GivenServer {
  readonly host: string;
  readonly port: number;
}

const DNS_PORT = 53;
/** A host with many addresses must not make us try for long. */
const MAX_ADDRESSES = 4;

export interface Server {
  readonly endpoints: readonly Endpoint[];
  readonly serverName: string;
}

/** The server to ask and to send to, each address fit to be dialled; or the reason why it was not found. */
export async function findServer(deps: ServerDeps, name: string, given: GivenServer | null): Promise<Server | Refused> {
  const server = given ?? (await masterOf(deps.resolver, name));
  if (server === null) {
    return refused(
      ['dnsServer'],
      `The DNS does not name the primary master of ${name}. Give dnsServer.`,
      'UNKNOWN_ZONE',
    );
  }
  const { host, port } = server;
  const usable = (await addressesOf(deps.resolver, host)).filter((address) =>
    isUsableServerAddress(address, deps.allowPrivate),
  );
  const endpoints = usable.map((address) => ({ address, port })).filter((endpoint) => !deps.isOwn(endpoint));
  if (endpoints.length > 0) return { endpoints: endpoints.slice(0, MAX_ADDRESSES), serverName: host };
  return usable.length > 0
    ? refused(
        ['dnsServer'],
        `At ${host}, port ${port}, this service itself listens. Give the zone's primary master.`,
        'OWN_ADDRESS',
      )
    : refused(
        ['dnsServer', 'host'],
        `${host} has no address that may be used. Give the primary master's public name or address.`,
        'PRIVATE_ADDRESS',
      );
}

/** SILENT: it did not answer. UNKNOWN: it answered, and could not tell. */
export type NoZone = 'SILENT' | 'UNKNOWN';

export async function readZone(
  resolver: Resolver,
  name: string,
): Promise<{ readonly zone: string; readonly present: readonly AddedMx[] | 'ALIAS' } | NoZone> {
  const found = await soaAbove(resolver, name);
  if (typeof found === 'string') return found;
  const present = await readMx(resolver, name);
  return present === 'SILENT' || present === 'UNKNOWN' ? present : { zone: found.zone, present };
}

/** The zone that a name is in, and its primary master, as its servers say. */
async function soaAbove(
  resolver: Pick<Resolver, 'query'>,
  name: string,
): Promise<{ readonly zone: string; readonly master: string } | NoZone> {
  for (let zone = name; zone.includes('.'); zone = zone.slice(zone.indexOf('.') + 1)) {
    const answer = await resolver.query(zone, 'SOA');
    if (answer.kind === 'TROUBLE') return noZone(answer.reason);
    const [master] = answer.kind === 'FOUND' && answer.canonicalName === zone ? answer.records : [];
    if (master !== undefined) return { zone, master };
  }
  return 'UNKNOWN';
}

function noZone(reason: DnsTrouble): NoZone {
  return reason === 'TIMEOUT' ? 'SILENT' : 'UNKNOWN';
}

async function masterOf(resolver: Pick<Resolver, 'query'>, name: string): Promise<GivenServer | null> {
  const found = await soaAbove(resolver, name);
  return typeof found === 'string' || found.master === '.' ? null : { host: found.master, port: DNS_PORT };
}

async function addressesOf(resolver: Pick<Resolver, 'resolveAddresses'>, host: string): Promise<readonly string[]> {
  const literal = normalizeAddress(host);
  if (literal !== null) return [literal];
  const answer = await resolver.resolveAddresses(host);
  return answer.kind === 'FOUND' ? answer.records : [];
}

/** Null: the servers could not say. */
export async function presentMx(resolver: Resolver, name: string): Promise<readonly AddedMx[] | 'ALIAS' | null> {
  const read = await readMx(resolver, name);
  return read === 'SILENT' || read === 'UNKNOWN' ? null : read;
}

async function readMx(resolver: Resolver, name: string): Promise<readonly AddedMx[] | 'ALIAS' | NoZone> {
  const answer = await resolver.resolveMx(name);
  if (answer.kind === 'TROUBLE') return noZone(answer.reason);
  if (answer.kind !== 'FOUND') return [];
  if (answer.canonicalName !== name) return 'ALIAS';
  return answer.records.map(({ preference, exchange }) => ({ preference, host: exchange }));
}

export function refused(path: readonly string[], message: string, code: UserErrorCode): Refused {
  return { kind: 'REFUSED', error: invalid(path, message, code) };
}
