/**
 * Which MX records a domain should publish: its own as they are, all our names behind them at one rank (RFC 5321 §5.1).
 */
import { ownPreference, unlistedNames } from '../dns/mx-verdict.ts';
import type { MxVerdict } from '../mail/mx.ts';
import { LONE_PREFERENCE, MAX_PREFERENCE, STEP, TTL_SECONDS } from './mx-rank.ts';

export interface MxRecord {
  readonly preference: number;
  readonly host: string;
}

export interface JudgedMx {
  /** Most preferred first. */
  readonly hosts: readonly (MxRecord & { readonly isSelf: boolean })[];
  readonly verdict: MxVerdict;
}

/** @param names of ours, all that are to stand there */
export function recommendMx({ hosts, verdict }: JudgedMx, names: readonly string[]): MxRecord[] {
  const isRight = verdict === 'OK' || verdict === 'SANDWICH';
  const kept = hosts.filter(({ isSelf }) => isRight || !isSelf).map(({ host, preference }) => ({ host, preference }));
  const last = Math.max(LONE_PREFERENCE - STEP, ...kept.map(({ preference }) => preference));
  const preference = (isRight ? ownPreference(hosts) : null) ?? Math.min(last + STEP, MAX_PREFERENCE);
  const added = (isRight ? unlistedNames(hosts, names) : names).map((host) => ({ host, preference }));
  return [...kept, ...added].toSorted((a, b) => a.preference - b.preference);
}

/** As lines of a zone file (RFC 1035 §5.1), names whole, so that they fit whatever origin the file has. */
export function zoneFileOf(name: string, records: readonly MxRecord[]): string {
  return records.map(({ preference, host }) => `${name}. ${TTL_SECONDS} IN MX ${preference} ${host}.\n`).join('');
}

export interface MxFormRecord extends MxRecord {
  readonly change: 'ADD' | 'KEEP' | 'REMOVE';
  readonly name: string;
  readonly type: 'MX';
  readonly ttlSeconds: number;
}

/** Field by field, as the forms of DNS hosts ask for records, with what is to be done to each; most preferred first. */
export function formRecordsOf(
  name: string,
  { observed, recommended }: { readonly observed: readonly MxRecord[]; readonly recommended: readonly MxRecord[] },
): MxFormRecord[] {
  const isIn = (records: readonly MxRecord[], { host, preference }: MxRecord) =>
    records.some((one) => one.host === host && one.preference === preference);
  const rest = { name, type: 'MX', ttlSeconds: TTL_SECONDS } as const;
  return [
    ...observed
      .filter((mx) => !isIn(recommended, mx))
      .map(({ host, preference }) => ({ change: 'REMOVE' as const, host, preference, ...rest })),
    ...recommended.map((mx) => ({ change: isIn(observed, mx) ? ('KEEP' as const) : ('ADD' as const), ...mx, ...rest })),
  ].toSorted((a, b) => a.preference - b.preference);
}
