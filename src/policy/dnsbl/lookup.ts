/**
 * Asks DNS lists about clients, once for each client and zone, for all domains together.
 *
 * Promises: equal queries under way are one; an answer is kept for its TTL, at least a minute and at most an hour, a failure
 * for a minute; a zone that does not answer is skipped after a few clients have waited for it, and tested again in the
 * background; no zone can hold the sockets that another needs. All of it bounded.
 * Does not say what an answer means for a recipient: dnsbl.ts does. RFC 5782.
 */
import { dnsblName, type IpAddress, type Cidr, isInCidr, parseAddress, parseCidr } from '../../mail/ip.ts';
import { createDnsCache } from '../../dns/cache.ts';
import type { DnsAnswer, DnsTrouble } from '../../dns/answer.ts';

export interface DnsblLookup {
  /** From memory when it is known. Never rejects for a DNS outcome. */
  ask(client: IpAddress, zone: string): ZoneAnswer | Promise<ZoneAnswer>;
  /** The address at which the list explains a listing, by its TXT record (RFC 5782 §2.1); null when it does not, or not in time. */
  explain(client: IpAddress, zone: string): string | null | Promise<string | null>;
}

interface DnsblLookupOptions {
  /** A resolver of their own: clients would push the answers about primaries out of the other's memory. */
  readonly queryAddress: (name: string) => Promise<DnsAnswer<string>>;
  readonly queryText: (name: string) => Promise<DnsAnswer<string>>;
  /** A zone answered with what is no listing. Called for each such answer. */
  readonly onError: (zone: string, answer: string) => void;
  readonly monotonicMs: () => number;
  /** (client, zone) pairs kept; some 250 bytes each. */
  readonly maxEntries?: number;
}

/** Bound for one query, all tries: the time-out of the resolver that is given. A sender waits for RCPT. */
export const DNSBL_QUERY_MS = 3000;

const MAX_ENTRIES = 100_000;
const MAX_REASONS = 10_000;
const MIN_TTL_SECONDS = 60;
const MAX_TTL_SECONDS = 3600;
/** Trouble that took longer than this has cost a client time. */
const SILENCE_MS = 500;
/** In a row; then no client waits for the zone until it has answered again. */
const SILENCES_BORNE = 3;
/** Between the questions by which a silent zone is tried. */
const REST_MS = 30_000;
/** Questions of one zone on their way; the resolver has 256 places for all. */
export const MOST_OF_ZONE = 48;
/** Questions of one zone that wait for their turn: a zone that is slower than new clients come would have no end of them. */
const MAX_WAITING = 1000;
/** Zones that are busy or were silent: far more than are in use. */
const MAX_STATES = 10_000;

/** The state of a zone while it is busy or silent. */
interface ZoneState {
  inFlight: number;
  readonly waiting: Set<(isFree: boolean) => void>;
  silences: number;
  /** When a silent zone may be tried. */
  retryAtMs: number;
}

export function createDnsblLookup(options: DnsblLookupOptions): DnsblLookup {
  const { monotonicMs, maxEntries = MAX_ENTRIES } = options;
  const answers = createDnsCache<ZoneAnswer>({ maxEntries, nowMs: monotonicMs });
  const reasons = createDnsCache<{ readonly url: string | null }>({ maxEntries: MAX_REASONS, nowMs: monotonicMs });
  const underWay = new Map<string, Promise<ZoneAnswer>>();
  const explaining = new Map<string, Promise<string | null>>();
  const states = new Map<string, ZoneState>();

  function ask(client: IpAddress, zone: string): ZoneAnswer | Promise<ZoneAnswer> {
    const key = `${client.text} ${zone}`;
    const known = answers.get(key);
    if (known !== null) return known.value;
    const state = states.get(zone);
    if (state === undefined || state.silences < SILENCES_BORNE) return underWay.get(key) ?? start(key, client, zone);
    if (state.retryAtMs <= monotonicMs()) {
      state.retryAtMs = monotonicMs() + REST_MS;
      void start(key, client, zone).catch(() => undefined);
    }
    return NOT_ASKED;
  }

  function start(key: string, client: IpAddress, zone: string): Promise<ZoneAnswer> {
    const running = lookUp(key, dnsblName(client.bytes, zone), zone).finally(() => underWay.delete(key));
    underWay.set(key, running);
    return running;
  }

  async function lookUp(key: string, name: string, zone: string): Promise<ZoneAnswer> {
    const state = stateOf(zone);
    if (!(await takeSlot(state))) return NOT_ASKED;
    const startedAtMs = monotonicMs();
    try {
      const found = await options.queryAddress(name);
      const answer = readZoneAnswer(found);
      answers.set(key, answer, ttlOf(found));
      if (answer.kind === 'ERROR') options.onError(zone, answer.answer);
      if (answer.kind === 'TROUBLE') noteTrouble(state, monotonicMs() - startedAtMs);
      else state.silences = 0;
      return answer;
    } finally {
      giveSlot(zone, state);
    }
  }

  function noteTrouble(state: ZoneState, tookMs: number): void {
    if (tookMs < SILENCE_MS) return;
    state.silences += 1;
    if (state.silences < SILENCES_BORNE) return;
    state.retryAtMs = monotonicMs() + REST_MS;
    for (const wake of state.waiting) wake(false);
  }

  function stateOf(zone: string): ZoneState {
    const known = states.get(zone);
    if (known !== undefined) return known;
    // Those that wait keep the old one.
    if (states.size >= MAX_STATES) states.clear();
    const state: ZoneState = { inFlight: 0, waiting: new Set(), silences: 0, retryAtMs: 0 };
    states.set(zone, state);
    return state;
  }

  function giveSlot(zone: string, state: ZoneState): void {
    const [next] = state.waiting;
    if (next !== undefined) return next(true);
    state.inFlight -= 1;
    // A zone that is idle and well needs no memory.
    if (state.inFlight === 0 && state.silences === 0) states.delete(zone);
  }

  async function findReason(key: string, name: string): Promise<string | null> {
    const found = await options.queryText(name);
    const url = found.kind === 'FOUND' ? reasonUrl(found.records) : null;
    reasons.set(key, { url }, ttlOf(found));
    return url;
  }

  return {
    ask,
    explain(client, zone) {
      const key = `${client.text} ${zone}`;
      const known = reasons.get(key);
      if (known !== null) return known.value.url;
      const running = explaining.get(key);
      if (running !== undefined) return running;
      const name = dnsblName(client.bytes, zone);
      const started = findReason(key, name).finally(() => explaining.delete(key));
      explaining.set(key, started);
      return started;
    },
  };
}

/** False when too many wait for the zone already, or it fell silent meanwhile. */
async function takeSlot(state: ZoneState): Promise<boolean> {
  if (state.inFlight < MOST_OF_ZONE) {
    state.inFlight += 1;
    return true;
  }
  if (state.waiting.size >= MAX_WAITING) return false;
  return new Promise((resolve) => {
    const wake = (isFree: boolean): void => {
      state.waiting.delete(wake);
      resolve(isFree);
    };
    state.waiting.add(wake);
  });
}

/** The resolver keeps absence for the time its SOA says, and is asked again each minute. */
function ttlOf(answer: DnsAnswer<string>): number {
  if (answer.kind !== 'FOUND') return MIN_TTL_SECONDS;
  return Math.min(MAX_TTL_SECONDS, Math.max(MIN_TTL_SECONDS, answer.ttlSeconds));
}

/**
 * The answer of a DNS list about a client (RFC 5782 §2.1). Only what can be a listing is one.
 *
 * An answer outside 127.0.0.0/8 comes from a zone that has gone or a resolver that lies, 127.255.255.0/24 says that the list
 * refused the query, and 127.0.0.1 is the address that must never be listed: an answer with any of them is an ERROR as a whole.
 * Trouble says nothing about the client.
 */
export type ZoneAnswer =
  /** `codes`: every A record of the answer, all of them valid. */
  | { readonly kind: 'LISTED'; readonly codes: readonly string[] }
  | { readonly kind: 'NOT_LISTED' }
  /** `answer`: the first record that cannot be a listing. */
  | { readonly kind: 'ERROR'; readonly answer: string }
  /** No one could tell. NOT_ASKED: the zone was silent lately, or too many questions wait for it. */
  | { readonly kind: 'TROUBLE'; readonly reason: DnsTrouble | 'NOT_ASKED' };

export const NOT_LISTED: ZoneAnswer = { kind: 'NOT_LISTED' };
export const NOT_ASKED: ZoneAnswer = { kind: 'TROUBLE', reason: 'NOT_ASKED' };

const LISTINGS = cidrOf('127.0.0.0/8');
const REFUSALS = cidrOf('127.255.255.0/24');
const NEVER_LISTED = '127.0.0.1';

/** Longest URL that is passed on; with the rest of a reply it fits into 512 octets (RFC 5321 §4.5.3.1.5). */
const MAX_URL_LENGTH = 120;
/** Lists say a sentence; a kilobyte of TXT is no reason. */
const MAX_REASON_LENGTH = 1000;

export function readZoneAnswer(answer: DnsAnswer<string>): ZoneAnswer {
  if (answer.kind === 'TROUBLE') return answer;
  if (answer.kind !== 'FOUND') return NOT_LISTED;
  const odd = answer.records.find((record) => !isListing(record));
  return odd === undefined ? { kind: 'LISTED', codes: answer.records } : { kind: 'ERROR', answer: odd };
}

function isListing(record: string): boolean {
  const address = parseAddress(record);
  return address !== null && record !== NEVER_LISTED && isInCidr(address, LISTINGS) && !isInCidr(address, REFUSALS);
}

/** The first code of a listing that counts; null when none does, or nothing is listed. No `wanted`: every one counts. */
export function listedCode(answer: ZoneAnswer, wanted: readonly Cidr[]): string | null {
  if (answer.kind !== 'LISTED') return null;
  const counts = (code: string): boolean => {
    const address = parseAddress(code);
    return address !== null && wanted.some((network) => isInCidr(address, network));
  };
  return answer.codes.find((code) => wanted.length === 0 || counts(code)) ?? null;
}

/** The first plain web address in a list's TXT records, as it stands there; null without one that can be passed on. */
function reasonUrl(texts: readonly string[]): string | null {
  for (const text of texts) {
    const [found = ''] = /\bhttps?:\/\/[\w.~:/?#[\]@!$&'()*+,;=%-]+/i.exec(text.slice(0, MAX_REASON_LENGTH)) ?? [];
    const url = found.replace(/[.,;:!?'()[\]]+$/, '');
    // No user names: the reader of the line must see where it leads.
    if (url.length <= MAX_URL_LENGTH && !url.includes('@') && URL.canParse(url)) return url;
  }
  return null;
}

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === null) throw new Error(`not a CIDR block: ${text}`);
  return cidr;
}
