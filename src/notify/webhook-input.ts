/**
 * Checks what a person typed for a webhook: its address, what it is to be told of, for which domains.
 *
 * Where the host's name leads is judged with each attempt (http/exchange.ts), since the DNS may say another thing then.
 */
import type { EventKind } from '../events/record.ts';
import { endpointOf } from '../http/connection.ts';
import { type Checked, faultOfText, invalid } from '../input/checked.ts';
import { isUsableServerAddress } from '../mail/ip-class.ts';
import { normalizeAddress } from '../mail/ip.ts';

const MAX_URL_LENGTH = 2000;
const MAX_DESCRIPTION_LENGTH = 200;
/** Mail servers, name servers and shells listen below it, and no receiver. */
const FIRST_FREE_PORT = 1024;
const WEB_PORTS = [80, 443];

/** The one form of the URL. `allowPrivate`: ALLOW_PRIVATE_NEXT_HOPS. */
export function checkUrl(text: string, allowPrivate: boolean): Checked<string> {
  const given = text.trim();
  const complaint =
    given.length > MAX_URL_LENGTH || !URL.canParse(given)
      ? `A URL such as https://hooks.example.org/backup-mx is expected, of at most ${MAX_URL_LENGTH} characters.`
      : describeBadUrl(new URL(given), allowPrivate);
  if (complaint !== null)
    return {
      kind: 'BAD',
      errors: [invalid(['url'], complaint, isPrivate(given, allowPrivate) ? 'PRIVATE_ADDRESS' : 'NOT_A_URL')],
    };
  return { kind: 'OK', value: new URL(given).href };
}

/** A URL that would do, but for where its host is. */
function isPrivate(text: string, allowPrivate: boolean): boolean {
  const address = URL.canParse(text) ? normalizeAddress(endpointOf(new URL(text)).host) : null;
  return address !== null && !isUsableServerAddress(address, allowPrivate);
}

function describeBadUrl(url: URL, allowPrivate: boolean): string | null {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowPrivate)) {
    return 'The URL must begin with https://: what is sent in clear can be read and changed on its way.';
  }
  if (url.username !== '' || url.password !== '') {
    return 'The URL holds a user name or password. Leave them out: a receiver knows us by the signature.';
  }
  if (url.hash !== '') return 'The URL has a part after #, which no server gets. Leave it out.';
  const { host, port } = endpointOf(url);
  if (port === 0 || (port < FIRST_FREE_PORT && !WEB_PORTS.includes(port))) {
    return `Port ${port} is not a web server's. Use 443, 80, or one from ${FIRST_FREE_PORT} on.`;
  }
  const address = normalizeAddress(host);
  if (address !== null && !isUsableServerAddress(address, allowPrivate)) {
    return `${host} is an address of a private network or of this machine. Name a host that the internet can reach.`;
  }
  return null;
}

/** In the order of the list of all, each once. */
export function checkKinds(kinds: readonly ShownKind[]): Checked<readonly WebhookKind[]> {
  if (kinds.includes('OTHER')) {
    const message = 'OTHER stands for kinds that this version of the service does not know. Name those that you want.';
    return { kind: 'BAD', errors: [invalid(['events'], message, 'INVALID')] };
  }
  if (kinds.length > 0) return { kind: 'OK', value: WEBHOOK_KINDS.filter((kind) => kinds.includes(kind)) };
  return {
    kind: 'BAD',
    errors: [invalid(['events'], 'Name at least one event: without any, nothing is ever sent.', 'REQUIRED')],
  };
}

export function checkDescription(text: string): Checked<string> {
  const description = text.trim();
  if (
    description.length <= MAX_DESCRIPTION_LENGTH &&
    !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(description) &&
    description.isWellFormed()
  ) {
    return { kind: 'OK', value: description };
  }
  const message = `A description has at most ${MAX_DESCRIPTION_LENGTH} characters, none of them control characters.`;
  return { kind: 'BAD', errors: [invalid(['description'], message, faultOfText(description, MAX_DESCRIPTION_LENGTH))] };
}

/** Names are part of the public API: kinds are added, never renamed. `OUTAGE_OPENED` is `outage.opened` in a message. */
export const WEBHOOK_KINDS = [
  'OUTAGE_OPENED',
  'OUTAGE_RECLASSIFIED',
  'OUTAGE_THRESHOLD',
  'OUTAGE_DRAINING',
  'OUTAGE_DRAINED',
  'OUTAGE_CLOSED',
  'BREAKER_OPENED',
  'BREAKER_CLOSED',
  'DOMAIN_ACTIVATED',
  'DOMAIN_SUSPENDED',
  'DOMAIN_UNSUSPENDED',
  'DOMAIN_PROOF_LOST',
  'DOMAIN_PROOF_FOUND',
  'DOMAIN_CHECKED',
  'DNSBL_ZONE_OFF',
  'DNSBL_ZONE_ON',
  'MAIL_DIGEST',
  'WEBHOOK_DISABLED',
  'SERVICE_TROUBLE_BEGAN',
  'SERVICE_TROUBLE_ENDED',
] as const;

export type WebhookKind = (typeof WEBHOOK_KINDS)[number];

/** OTHER: a newer version of the service wrote a kind that this one does not know. */
export type ShownKind = WebhookKind | 'OTHER';

/** The kind of a message sent on request; no one can subscribe to it. */
export const PING = 'PING';

const OTHERWISE_NAMED: Partial<Readonly<Record<EventKind, WebhookKind>>> = {
  PROOF_LOST: 'DOMAIN_PROOF_LOST',
  PROOF_FOUND: 'DOMAIN_PROOF_FOUND',
  OWN_TROUBLE_BEGAN: 'SERVICE_TROUBLE_BEGAN',
  OWN_TROUBLE_ENDED: 'SERVICE_TROUBLE_ENDED',
};

/** Null: of such an event no webhook is told. */
export function webhookKindOf(event: EventKind): WebhookKind | null {
  return OTHERWISE_NAMED[event] ?? WEBHOOK_KINDS.find((kind) => kind === event) ?? null;
}

/** The events that these kinds tell. */
export function eventKindsOf(kinds: readonly string[]): string[] {
  const others = Object.entries(OTHERWISE_NAMED);
  return kinds.map((kind) => others.find(([, named]) => named === kind)?.[0] ?? kind);
}
