/**
 * Which MX records a domain should publish: its own as they are, ours behind all of them (RFC 5321 §5.1).
 */
import type { MxObservation } from './dependencies.ts';

export interface MxRecord {
  readonly preference: number;
  readonly host: string;
}

/** Space for a record in between, as people number them. */
const STEP = 10;
/** Ours when the domain has no records yet: its primary's, at 10, comes before. */
const LONE_PREFERENCE = 20;
const MAX_PREFERENCE = 65_535;

export function recommendMx({ hosts, verdict }: MxObservation, mxHostname: string): MxRecord[] {
  const records = hosts.map(({ host, preference }) => ({ host, preference }));
  if (verdict === 'OK' || verdict === 'SANDWICH') return records;
  const theirs = hosts.filter(({ isSelf }) => !isSelf).map(({ host, preference }) => ({ host, preference }));
  const last = Math.max(LONE_PREFERENCE - STEP, ...theirs.map(({ preference }) => preference));
  return [...theirs, { host: mxHostname, preference: Math.min(last + STEP, MAX_PREFERENCE) }];
}

/** As lines of a zone file (RFC 1035 §5.1), names whole, so that they fit whatever origin the file has. */
export function zoneFileOf(name: string, records: readonly MxRecord[]): string {
  return records.map(({ preference, host }) => `${name}. 3600 IN MX ${preference} ${host}.\n`).join('');
}
