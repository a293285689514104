/**
 * Which MX records a domain should publish: its own as they are, all our names behind them at one rank (RFC 5321 §5.1).
 */
import { type MxVerdict, ownPreference, unlistedNames } from '../net/mx-verdict.ts';
import { LONE_PREFERENCE, MAX_PREFERENCE, STEP } from './mx-rank.ts';

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
  return records.map(({ preference, host }) => `${name}. 3600 IN MX ${preference} ${host}.\n`).join('');
}
