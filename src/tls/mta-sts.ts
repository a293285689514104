/**
 * The MTA-STS policy that holds for a recipient domain (RFC 8461 §3, §5.1): discovered, fetched, read, kept.
 *
 * - The DNS is asked once a minute at most; a new id is waited for, a policy a day old is fetched anew in the background.
 * - A policy that was fetched holds until its max_age is over, whatever fails meanwhile, and whatever vanishes from the DNS.
 * - What cannot be fetched, and was never had, is not enforced; an id that failed is left alone for five minutes (§3.3).
 *
 * The store is shared with other nodes; it is read again with each look. Throws only what the store throws.
 */
import { monotonicMs } from '../clock.ts';
import { createDnsCache } from '../dns/cache.ts';
import type { FetchResult } from '../http/exchange.ts';
import type { LookUps } from '../dns/resolver.ts';
import { coversName } from '../mail/domain.ts';

type StsMode = 'enforce' | 'testing' | 'none';

export interface StsPolicy {
  readonly mode: StsMode;
  /** Lower case; `*.` stands for one label. At least one, unless the mode is `none`. */
  readonly mx: readonly string[];
  readonly maxAgeSeconds: number;
}

/** RFC 8461 §3.2: about a year. */
const MAX_AGE_SECONDS = 31_557_600;
/** No one has more; each is kept and compared. */
const MAX_PATTERNS = 200;

const RECORD = /^v=STSv1(?:[ \t]*;[ \t]*[a-z0-9][a-z0-9_.-]{0,31}=[!-:<>-~]+)+[ \t]*;?[ \t]*$/i;
const HOST_NAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** The id of the one valid record among the TXT records of `_mta-sts.DOMAIN`; null: no policy can be discovered. */
export function readStsRecord(records: readonly string[]): string | null {
  const own = records.filter((record) => /^v=STSv1[ \t]*;/.test(record));
  const [record = ''] = own;
  if (own.length !== 1 || !RECORD.test(record)) return null;
  const fields = record.split(';').slice(1);
  const id = fields
    .map((field) => /^[ \t]*id=([a-z0-9]{1,32})[ \t]*$/i.exec(field)?.[1])
    .find((value) => value !== undefined);
  return id ?? null;
}

/** The policy of a text, or why it is not one. Unknown keys are ignored; of a key twice, the first counts (§3.2). */
export function readStsPolicy(text: string): StsPolicy | { readonly fault: string } {
  const fields = new Map<string, string>();
  const mx: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const [, key, value = ''] = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (key === undefined) return { fault: 'a line is no field' };
    if (key === 'mx') mx.push(value.toLowerCase().replace(/\.$/, ''));
    else if (!fields.has(key)) fields.set(key, value);
  }
  if (fields.get('version') !== 'STSv1') return { fault: 'its version is not STSv1' };
  const mode = MODES.find((known) => known === fields.get('mode'));
  if (mode === undefined) return { fault: 'its mode is not enforce, testing or none' };
  const maxAge = fields.get('max_age') ?? '';
  if (!/^\d{1,10}$/.test(maxAge)) return { fault: 'its max_age is no number of seconds' };
  if (mx.length > MAX_PATTERNS || !mx.every((pattern) => HOST_NAME.test(pattern)))
    return { fault: 'an mx is no host name' };
  if (mx.length === 0 && mode !== 'none') return { fault: 'it names no mx' };
  return { mode, mx, maxAgeSeconds: Math.min(Number(maxAge), MAX_AGE_SECONDS) };
}

const MODES: readonly StsMode[] = ['enforce', 'testing', 'none'];

/** Whether the policy lets mail go to a host, a lower-case A-label (§4.1). */
export function allowsHost({ mx }: Pick<StsPolicy, 'mx'>, host: string): boolean {
  return mx.some((pattern) => coversName(pattern, host));
}

/** A policy that was fetched, by the clock of the store. */
interface StoredPolicy extends Omit<StsPolicy, 'maxAgeSeconds'> {
  readonly id: string;
  /** Since it was fetched. */
  readonly ageSeconds: number;
  /** Until its max_age is over; more than 0. */
  readonly leftSeconds: number;
}

interface PolicyStore {
  /** The policy of a domain that still holds, or null. */
  readonly load: (domain: string) => Promise<StoredPolicy | null>;
  readonly save: (domain: string, id: string, policy: StsPolicy) => Promise<void>;
}

/** Those of whoever has mail for the domain. */
export type StsLookUps = Pick<LookUps, 'party' | 'resolveTxt' | 'resolveAddresses'>;

export interface MtaStsOptions {
  readonly store: PolicyStore;
  /** GET https://HOST/PATH. */
  readonly fetchText: (host: string, path: string, lookUps: StsLookUps) => Promise<FetchResult>;
  /** A policy could not be had; one line for the log. */
  readonly onTrouble: (message: string) => void;
  /** Work in the background has failed. */
  readonly onFault: (error: unknown) => void;
  /** The clock of what is remembered, in milliseconds; never goes back. */
  readonly nowMs?: () => number;
}

export interface MtaSts {
  /** The policy that holds for a domain, a lower-case A-label; null when none does. */
  find(domain: string, lookUps: StsLookUps): Promise<Omit<StsPolicy, 'maxAgeSeconds'> | null>;
}

/** Between two queries to the DNS. */
const LOOK_EVERY_SECONDS = 60;
/** RFC 8461 §3.3. */
const LEAVE_ALONE_SECONDS = 300;
/** RFC 8461 §10.2 advises a refresh a day, so that who blocks the fetch must do so for the whole max_age. */
const REFRESH_AFTER_SECONDS = 86_400;
const MAX_REMEMBERED = 10_000;

export function createMtaSts(options: MtaStsOptions): MtaSts {
  const { store, nowMs = monotonicMs } = options;
  const looked = createDnsCache<{ policy: StoredPolicy | null }>({ maxEntries: MAX_REMEMBERED, nowMs });
  const failures = createDnsCache<true>({ maxEntries: MAX_REMEMBERED, nowMs });
  const underWay = new Map<string, Promise<StoredPolicy | null>>();

  const look = async (domain: string, lookUps: StsLookUps): Promise<StoredPolicy | null> => {
    const stored = await store.load(domain);
    const answer = await lookUps.resolveTxt(`_mta-sts.${domain}`);
    const id = answer.kind === 'FOUND' ? readStsRecord(answer.records) : null;
    if (id === null || failures.get(`${domain} ${id}`) !== null) return stored;
    if (stored?.id !== id) return (await refresh(domain, id, lookUps)) ?? stored;
    if (stored.ageSeconds >= REFRESH_AFTER_SECONDS) {
      refresh(domain, id, lookUps).then((fresh) => remember(lineOf(domain, lookUps), fresh ?? stored), options.onFault);
    }
    return stored;
  };

  /** Null when it could not be had. */
  const refresh = async (domain: string, id: string, lookUps: StsLookUps): Promise<StoredPolicy | null> => {
    const policy = await fetchPolicy(domain, options, lookUps);
    if ('fault' in policy) {
      failures.set(`${domain} ${id}`, true, LEAVE_ALONE_SECONDS);
      options.onTrouble(`MTA-STS policy ${id} of ${domain}: ${policy.fault}`);
      return null;
    }
    await store.save(domain, id, policy);
    return { ...policy, id, ageSeconds: 0, leftSeconds: policy.maxAgeSeconds };
  };

  const remember = (line: string, policy: StoredPolicy | null): void => {
    const holds = policy !== null && policy.leftSeconds > 0 ? policy : null;
    looked.set(line, { policy: holds }, Math.min(LOOK_EVERY_SECONDS, holds?.leftSeconds ?? LOOK_EVERY_SECONDS));
  };

  return {
    async find(domain, lookUps) {
      const line = lineOf(domain, lookUps);
      const known = looked.get(line);
      if (known !== null) return known.value.policy;
      const running =
        underWay.get(line) ??
        look(domain, lookUps)
          .then((policy) => {
            remember(line, policy);
            return policy;
          })
          .finally(() => underWay.delete(line));
      underWay.set(line, running);
      const policy = await running;
      return policy !== null && policy.leftSeconds > 0 ? policy : null;
    },
  };
}

/** A party has looks of its own: those of another may wait long, or in vain, for their turn. */
function lineOf(domain: string, { party }: StsLookUps): string {
  return `${domain} ${party ?? ''}`;
}

/** The policy as published now, or why it cannot be had. */
export async function fetchPolicy(
  domain: string,
  { fetchText }: Pick<MtaStsOptions, 'fetchText'>,
  lookUps: StsLookUps,
): Promise<StsPolicy | { readonly fault: string }> {
  const fetched = await fetchText(`mta-sts.${domain}`, '/.well-known/mta-sts.txt', lookUps);
  if (fetched.kind === 'FAILED') return { fault: fetched.reason };
  // §3.2: where strangers may put files, they are seldom plain text.
  if (fetched.mediaType !== 'text/plain') return { fault: 'it is not text/plain' };
  return readStsPolicy(fetched.text);
}
