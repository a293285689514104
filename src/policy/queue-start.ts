/**
 * Whether a client may have a domain's held mail sent out now, and what that comes to (RFC 1985: ETRN).
 *
 * Promises: only hosts of the domain's own networks may; to anybody else every domain is the same, served or not. Mail goes
 * where it would go anyway, never over the client's session. A pause stands: its word is the operator's. Once a minute.
 */
import { isWithin } from '../mail/ip.ts';
import { createBoundedMap } from '../bounded-map.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';

interface QueueStartRequest {
  /** The client's. */
  readonly address: string;
  /** In its one form. */
  readonly domainName: string;
  /** `@domain`: what is served below it as well. */
  readonly hasSubdomains: boolean;
}

export type QueueStart =
  | { readonly kind: 'STARTED'; readonly heldCount: number }
  | { readonly kind: 'NOTHING_HELD' | 'PAUSED' | 'TOO_OFTEN' | 'NOT_ALLOWED' };

export type StartQueue = (request: QueueStartRequest) => Promise<QueueStart>;

export interface HeldMail {
  readonly heldCount: number;
  readonly isPaused: boolean;
}

interface QueueStartOptions {
  readonly findRelayDomain: (name: string) => Promise<RelayDomain | null>;
  /** Served domains below this one, of the same tenant; a bounded number. */
  readonly findSubdomains: (domain: RelayDomain) => Promise<readonly RelayDomain[]>;
  /** Reads what the domain's destination holds. */
  readonly readHeld: (domain: RelayDomain) => Promise<HeldMail>;
  /** An attempt whatever the clock says, as by the operator. */
  readonly flush: (domain: RelayDomain) => Promise<void>;
  readonly monotonicMs: () => number;
}

const EVERY_MS = 60_000;
const MOST_REMEMBERED = 10_000;

export function createStartQueue(options: QueueStartOptions): StartQueue {
  const startedAtMs = createBoundedMap<number>(MOST_REMEMBERED);

  return async ({ address, domainName, hasSubdomains }) => {
    const domain = await options.findRelayDomain(domainName);
    if (domain === null || !mayStart(address, domain)) return { kind: 'NOT_ALLOWED' };
    const nowMs = options.monotonicMs();
    if (nowMs - (startedAtMs.get(domain.id) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return { kind: 'TOO_OFTEN' };
    startedAtMs.set(domain.id, nowMs);
    const below = hasSubdomains ? await options.findSubdomains(domain) : [];
    const domains = [domain, ...below.filter((subdomain) => mayStart(address, subdomain))];
    const waiting = await Promise.all(domains.map(async (one) => ({ one, ...(await options.readHeld(one)) })));
    const held = waiting.filter(({ heldCount }) => heldCount > 0);
    const started = held.filter(({ isPaused }) => !isPaused);
    await Promise.all(started.map(({ one }) => options.flush(one)));
    if (held.length === 0) return { kind: 'NOTHING_HELD' };
    if (started.length === 0) return { kind: 'PAUSED' };
    return { kind: 'STARTED', heldCount: started.reduce((sum, { heldCount }) => sum + heldCount, 0) };
  };
}

function mayStart(address: string, { etrnClients }: RelayDomain): boolean {
  return isWithin(etrnClients)(address);
}
