/**
 * Adds our MX records to a domain's zone, and removes them: by dynamic update at the zone's primary master.
 *
 * Promises: a name or an address that a person gives never leads into a private network unless the operator allows that, and never
 * to this service itself; it ends within a minute whatever the servers do; the secret of the key is used for one update and kept
 * nowhere; a repetition changes nothing; each failure says what to do.
 */
import { Buffer } from 'node:buffer';
import { monotonicMs, within } from '../clock.ts';
import type { Sql } from '../db/client.ts';
import { updateMx, type UpdateResult } from '../dns/update.ts';
import { normalizeDomain, normalizeLooseDomain } from '../mail/domain.ts';
import { formatEndpoint, normalizeAddress } from '../mail/ip.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { TsigAlgorithm, TsigKey } from '../dns/tsig.ts';
import type { Viewer } from '../mail/viewer.ts';
import { type AddedMx, findAddedMx, forgetGoneMx, noteMxChange } from '../domains/mx-records.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import { invalid, type UserError } from '../input/checked.ts';
import { hasMx, type MxPlan, type MxWish, planSet, planUnset, TTL_SECONDS } from './mx-plan.ts';
import {
  findServer,
  type GivenServer,
  presentMx,
  readZone,
  type Refused,
  refused,
  type Server,
  type ServerDeps,
} from './zone-server.ts';

export interface SetMxDeps extends ServerDeps {
  /** One that asks these servers only, `ip:port`. */
  readonly resolverAt: (servers: readonly string[]) => Resolver;
  /** Those that are to stand in MX records. */
  readonly mxNames: readonly string[];
  /** Every name that counts as ours. */
  readonly ownNames: readonly string[];
  readonly sql: Sql;
  readonly nowSeconds: () => number;
  /** For finding the server, then for reading the zone, then for sending the change. Default 15,000 ms. */
  readonly stepTimeoutMs?: number;
}

export interface MxRequest {
  /** Null: the zone's own word, the MNAME of its SOA, at port 53. */
  readonly dnsServer: GivenServer | null;
  /** Null: enough for a dry run only. */
  readonly key: TsigKey | null;
  readonly isDryRun: boolean;
  /** Null: our records are removed. */
  readonly wish: MxWish | null;
}

export interface MxRecordChange extends AddedMx {
  readonly change: 'ADD' | 'KEEP' | 'REMOVE';
}

export type SetMxResult =
  | { readonly kind: 'DONE'; readonly zone: string; readonly records: readonly MxRecordChange[] }
  | Refused;

export type SetMx = (viewer: Viewer, domain: RelayDomain, request: MxRequest) => Promise<SetMxResult>;

const STEP_TIMEOUT_MS = 15_000;
/** For the connection, and for the answer. */
const UPDATE_TIMEOUT_MS = 5000;

export function createSetMx(deps: SetMxDeps): SetMx {
  return async (viewer, domain, request) => {
    const { stepTimeoutMs = STEP_TIMEOUT_MS } = deps;
    const place = await within(stepTimeoutMs, findServer(deps, domain.name, request.dnsServer), () =>
      refused(
        ['dnsServer'],
        `The DNS did not tell in time where the zone of ${domain.name} is. Give the server's address.`,
        'UNKNOWN_ZONE',
      ),
    );
    if ('kind' in place) return place;
    const resolver = deps.resolverAt(place.endpoints.map(formatEndpoint));
    try {
      return await changeZone(deps, viewer, { ...place, domain, request, resolver });
    } finally {
      resolver.close();
      deps.resolver.forget(domain.name);
    }
  };
}

interface Place extends Server {
  readonly domain: RelayDomain;
  readonly request: MxRequest;
  readonly resolver: Resolver;
}

async function changeZone(deps: SetMxDeps, viewer: Viewer, place: Place): Promise<SetMxResult> {
  const { domain, request, resolver, serverName } = place;
  const { name } = domain;
  const read = await within(deps.stepTimeoutMs ?? STEP_TIMEOUT_MS, readZone(resolver, name), () => 'SILENT' as const);
  if (read === 'SILENT') {
    return refused(
      ['dnsServer'],
      `${serverName} does not answer. Nothing was changed; check host, port and its firewall (53 by UDP and TCP).`,
      'SERVER_SILENT',
    );
  }
  if (read === 'UNKNOWN') {
    return refused(
      ['dnsServer'],
      `${serverName} has no zone that holds ${name}, or cannot tell. Give its primary master as dnsServer.`,
      'UNKNOWN_ZONE',
    );
  }
  const { zone, present } = read;
  if (present === 'ALIAS')
    return refused(['name'], `${name} is an alias (CNAME): it can have no MX record.`, 'INVALID');
  if (present.some(({ host }) => host === '.')) {
    return refused(
      ['name'],
      `${name} has a null MX (RFC 7505): it declares that it accepts no mail. Remove that first.`,
      'INVALID',
    );
  }
  const known = await findAddedMx(deps.sql, viewer, domain.id);
  const added = known.filter((mx) => hasMx(present, mx));
  const { mxNames, ownNames } = deps;
  const plan: MxPlan =
    request.wish === null
      ? planUnset({ present, added, ownNames })
      : planSet({ present, added, mxNames, ownNames }, request.wish);
  if (plan.kind === 'REFUSED')
    return refused([plan.field], plan.message, plan.field === 'name' ? 'INVALID' : 'OUT_OF_RANGE');
  const records = changesOf(present, plan);
  if (request.isDryRun) return { kind: 'DONE', zone, records };
  if (plan.added.length + plan.removed.length === 0) {
    await forgetGoneMx(deps.sql, viewer, domain.id, present);
    return { kind: 'DONE', zone, records };
  }
  if (request.key === null)
    return refused(
      ['tsig'],
      'A change is signed: give the key with which the zone accepts updates, or dryRun: true.',
      'REQUIRED',
    );
  const result = await send(deps, place, { zone, present, plan, key: request.key });
  if (result.kind !== 'DONE') return { kind: 'REFUSED', error: complaintOf(result, { serverName, zone }) };
  const gone = known.filter((mx) => !hasMx(present, mx) && !hasMx(plan.added, mx));
  await noteMxChange(deps.sql, viewer, domain.id, { ...plan, gone });
  return { kind: 'DONE', zone, records };
}

async function send(
  deps: SetMxDeps,
  { domain: { name }, endpoints, resolver }: Place,
  {
    zone,
    present,
    plan,
    key,
  }: { zone: string; present: readonly AddedMx[]; plan: MxPlan & { kind: 'PLAN' }; key: TsigKey },
): Promise<UpdateResult> {
  const update = { zone, name, present, added: plan.added, removed: plan.removed, ttlSeconds: TTL_SECONDS };
  const untilMs = monotonicMs() + (deps.stepTimeoutMs ?? STEP_TIMEOUT_MS);
  let result: UpdateResult = { kind: 'UNREACHABLE' };
  for (const endpoint of endpoints) {
    if (monotonicMs() > untilMs) break;
    result = await updateMx(endpoint, update, { key, nowSeconds: deps.nowSeconds(), timeoutMs: UPDATE_TIMEOUT_MS });
    if (result.kind !== 'UNREACHABLE') break;
  }
  if (result.kind !== 'SILENT' && result.kind !== 'FORGED') return result;
  // It may have been done all the same: before it, what was to be added was not there.
  resolver.forget(name);
  const now = await presentMx(resolver, name);
  if (now === null || now === 'ALIAS') return result;
  const isDone = plan.added.every((mx) => hasMx(now, mx)) && !plan.removed.some((mx) => hasMx(now, mx));
  return isDone ? { kind: 'DONE' } : result;
}

function changesOf(present: readonly AddedMx[], plan: MxPlan & { kind: 'PLAN' }): MxRecordChange[] {
  return [
    ...present.map((mx): MxRecordChange => ({ ...mx, change: hasMx(plan.removed, mx) ? 'REMOVE' : 'KEEP' })),
    ...plan.added.map((mx): MxRecordChange => ({ ...mx, change: 'ADD' })),
  ].toSorted((a, b) => a.preference - b.preference || (a.host < b.host ? -1 : 1));
}

function complaintOf(
  result: Exclude<UpdateResult, { kind: 'DONE' }>,
  { serverName, zone }: { readonly serverName: string; readonly zone: string },
): UserError {
  if (result.kind === 'BAD_TIME') {
    const seconds = Math.abs(result.aheadSeconds);
    return invalid(
      ['tsig'],
      `The clock of ${serverName} is ${seconds} seconds ${result.aheadSeconds > 0 ? 'ahead of ours' : 'slow'} (BADTIME). Set the clocks right, and repeat.`,
      'SERVER_REFUSED',
    );
  }
  if (result.kind === 'CHANGED') {
    return {
      path: ['name'],
      message: 'Somebody changed the MX records at this moment. Nothing was done; repeat it.',
      code: 'CONFLICT',
    };
  }
  const complaints: { readonly [K in typeof result.kind]: readonly [readonly string[], string] } = {
    BAD_KEY: [
      ['tsig', 'keyName'],
      `${serverName} knows no such key with this algorithm (BADKEY). Compare both with its configuration.`,
    ],
    BAD_SIGNATURE: [
      ['tsig', 'secret'],
      `${serverName} has another secret for this key (BADSIG). Compare it with its configuration.`,
    ],
    NOT_AUTHORITATIVE: [
      ['dnsServer'],
      `${serverName} is not the master of ${zone}, or accepts no update for it (NOTAUTH). Give its primary master.`,
    ],
    REFUSED: [
      ['tsig', 'keyName'],
      `${serverName} refused the change of ${zone} (REFUSED). Let this key make it there (allow-update or update-policy in BIND); a server may also ask that each MX name in its zone has an address.`,
    ],
    NOT_IN_ZONE: [
      ['name'],
      `${serverName} says that the name is not in ${zone} (NOTZONE). Give the master of its own zone.`,
    ],
    NOT_IMPLEMENTED: [
      ['dnsServer'],
      `${serverName} accepts no dynamic updates (NOTIMP). Add the records that mx.recommended shows by hand.`,
    ],
    SERVER_FAILURE: [['dnsServer'], `${serverName} could not do it (SERVFAIL). Its log says why; nothing was changed.`],
    FORGED: [
      ['dnsServer'],
      `The answer of ${serverName} is not signed by the key, so it proves nothing. Look at mx.observed before you repeat it.`,
    ],
    UNREACHABLE: [
      ['dnsServer'],
      `${serverName} cannot be reached by TCP. Nothing was changed; check host, port and its firewall.`,
    ],
    SILENT: [['dnsServer'], `${serverName} did not answer in time. Look at mx.observed before you repeat it.`],
  };
  const [field, message] = complaints[result.kind];
  const isElsewhere = result.kind === 'NOT_AUTHORITATIVE' || result.kind === 'NOT_IN_ZONE';
  const isSilent = result.kind === 'UNREACHABLE' || result.kind === 'SILENT';
  return invalid(field, message, isElsewhere ? 'UNKNOWN_ZONE' : isSilent ? 'SERVER_SILENT' : 'SERVER_REFUSED');
}

/** A request as a person typed it: server, key, preference. */
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

/** Checks the input. Pure; no complaint repeats a secret. */
export function checkMxInput({ dnsServer, tsig, dryRun }: MxInput): CheckedMxInput {
  const server = dnsServer == null ? null : serverOf(dnsServer);
  if (server !== null && 'code' in server) return { kind: 'BAD', error: server };
  const key = tsig == null ? null : keyOf(tsig);
  if (key !== null && 'code' in key) return { kind: 'BAD', error: key };
  return { kind: 'OK', request: { dnsServer: server, key, isDryRun: dryRun === true } };
}

function serverOf({ host, port }: MxInput['dnsServer'] & {}): MxRequest['dnsServer'] | UserError {
  const name = normalizeAddress(host.trim()) ?? normalizeDomain(host.trim());
  if (name === null)
    return invalid(['dnsServer', 'host'], 'The host is neither a host name nor an IP address.', 'NOT_A_HOST');
  const at = port ?? DNS_PORT;
  if (at !== DNS_PORT && (at < LEAST_OTHER_PORT || at > 65_535)) {
    return invalid(
      ['dnsServer', 'port'],
      'The port of a DNS server is 53, or lies between 1024 and 65535.',
      'OUT_OF_RANGE',
    );
  }
  return { host: name, port: at };
}

function keyOf({ keyName, algorithm = 'HMAC_SHA256', secret }: MxInput['tsig'] & {}): TsigKey | UserError {
  const name = normalizeLooseDomain(keyName.trim());
  if (name === null)
    return invalid(['tsig', 'keyName'], 'The name of a key is written as a domain name is.', 'NOT_A_DOMAIN');
  const text = secret.trim();
  const octets = /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (octets.length === 0 || octets.length > MAX_SECRET_OCTETS || octets.toString('base64') !== text) {
    return invalid(['tsig', 'secret'], 'The secret is base64, as in the configuration of the DNS server.', 'INVALID');
  }
  return { name, algorithm: ALGORITHMS[algorithm], secret: octets };
}
