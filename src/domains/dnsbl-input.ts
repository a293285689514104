/**
 * Checks what a person wants of DNS lists: the zones, the threshold, the allow lists (RFC 5782).
 *
 * Pure. Each complaint is a sentence that says what to do, with the path of the entry. Whether a zone answers at all is
 * not asked here: its self-test is.
 */
import { isIP, isIPv4 } from 'node:net';
import { longestNameBelow } from '../mail/ip.ts';
import { normalizeLooseDomain } from '../mail/domain.ts';
import { type Checked, invalid, shown, type UserError } from '../input/checked.ts';
import { checkNetworks, isTooMany } from './input.ts';
import { type DnsblSettings, type DnsblZoneSetting, NO_DNSBL } from './relay-domain.ts';

/** Every zone costs a query for each new client; few know more than a handful worth it. */
const MAX_ZONES = 20;
const MAX_ALLOW_ZONES = 10;
const MAX_ALLOWED_CLIENTS = 1000;
const MAX_CODES = 50;
const MAX_WEIGHT = 100;
const MAX_THRESHOLD = 1000;
/** In the DNS: 253 characters in writing (RFC 1035). */
const MAX_NAME_LENGTH = 253;

export interface DnsblZoneInput {
  readonly zone: string;
  /** Absent or null: DRY_RUN. */
  readonly mode?: 'REJECT' | 'DRY_RUN' | null | undefined;
  /** Absent or null: 1. */
  readonly weight?: number | null | undefined;
  /** Absent, null or empty: every answer that is no error. */
  readonly codes?: readonly string[] | null | undefined;
}

export interface DnswlZoneInput {
  readonly zone: string;
  readonly codes?: readonly string[] | null | undefined;
}

/** In each field, absent is unchanged, null is the default. */
export interface DnsblInput {
  readonly dnsblZones?: readonly DnsblZoneInput[] | null | undefined;
  readonly dnsblThreshold?: number | null | undefined;
  readonly dnswlZones?: readonly DnswlZoneInput[] | null | undefined;
  readonly dnsblAllowedClients?: readonly string[] | null | undefined;
}

/** The settings as they become, every zone and network in its one form. */
export function checkDnsbl(input: DnsblInput, present: DnsblSettings = NO_DNSBL): Checked<DnsblSettings> {
  const errors: UserError[] = [];
  const wanted: DnsblSettings = {
    zones: input.dnsblZones === undefined ? present.zones : checkZones(input.dnsblZones ?? [], errors),
    threshold: input.dnsblThreshold === undefined ? present.threshold : (input.dnsblThreshold ?? NO_DNSBL.threshold),
    allowZones: input.dnswlZones === undefined ? present.allowZones : checkAllowZones(input.dnswlZones ?? [], errors),
    allowedClients:
      input.dnsblAllowedClients === undefined
        ? present.allowedClients
        : checkNetworks(
            input.dnsblAllowedClients ?? [],
            { field: 'dnsblAllowedClients', limit: MAX_ALLOWED_CLIENTS },
            errors,
          ),
  };
  if (errors.length === 0) errors.push(...complaintsOfThreshold(wanted));
  return errors.length === 0 ? { kind: 'OK', value: wanted } : { kind: 'BAD', errors };
}

function checkZones(input: readonly DnsblZoneInput[], errors: UserError[]): DnsblZoneSetting[] {
  if (isTooMany(input, { field: 'dnsblZones', what: 'zones', limit: MAX_ZONES }, errors)) return [];
  const names = new Set<string>();
  return input.map((entry, index) => {
    const path = ['dnsblZones', String(index)];
    const weight = entry.weight ?? 1;
    if (!Number.isInteger(weight) || weight < 1 || weight > MAX_WEIGHT) {
      errors.push(invalid([...path, 'weight'], `A weight is a whole number from 1 to ${MAX_WEIGHT}.`, 'OUT_OF_RANGE'));
    }
    return {
      zone: checkZone(entry.zone, { path, names }, errors),
      mode: entry.mode ?? 'DRY_RUN',
      weight,
      codes: checkCodes(entry.codes ?? [], path, errors),
    };
  });
}

function checkAllowZones(input: readonly DnswlZoneInput[], errors: UserError[]): DnsblSettings['allowZones'] {
  if (isTooMany(input, { field: 'dnswlZones', what: 'zones', limit: MAX_ALLOW_ZONES }, errors)) return [];
  const names = new Set<string>();
  return input.map((entry, index) => {
    const path = ['dnswlZones', String(index)];
    return {
      zone: checkZone(entry.zone, { path, names }, errors),
      codes: checkCodes(entry.codes ?? [], path, errors),
    };
  });
}

/** The zone's one form; whatever it is after a complaint is not used. `names`: those before it, to find a repeated one. */
function checkZone(
  text: string,
  at: { readonly path: readonly string[]; readonly names: Set<string> },
  errors: UserError[],
): string {
  const given = text.trim();
  const field = [...at.path, 'zone'];
  const zone = normalizeLooseDomain(given);
  if (zone === null || !zone.includes('.')) {
    errors.push(invalid(field, complaintOfZone(given), given === '' ? 'REQUIRED' : 'NOT_A_DOMAIN'));
    return given;
  }
  if (longestNameBelow(zone) > MAX_NAME_LENGTH) {
    const message = `"${shown(zone)}" is too long: with a client's address before it, it would be no name in the DNS.`;
    errors.push(invalid(field, message, 'TOO_LONG'));
  }
  if (at.names.has(zone)) errors.push(invalid(field, `${zone} is listed twice. Remove one of them.`, 'DUPLICATE'));
  at.names.add(zone);
  return zone;
}

/** Common slips deserve a sentence of their own. */
function complaintOfZone(given: string): string {
  if (given === '') return 'The zone is empty. Enter the name of a DNS list, such as zen.example.net.';
  const enter = 'Enter the name of the list in the DNS, such as zen.example.net.';
  if (given.includes('://')) return `"${shown(given)}" is a web address. ${enter}`;
  if (isIP(given) !== 0) return `"${shown(given)}" is an IP address. ${enter}`;
  return `"${shown(given)}" is not the name of a zone. ${enter}`;
}

/** Answers that count: an address or a block of 127.0.0.0/8, as RFC 5782 §2.1 has them. */
function checkCodes(input: readonly string[], path: readonly string[], errors: UserError[]): string[] {
  if (input.length > MAX_CODES) {
    errors.push({ path: [...path, 'codes'], message: `A zone takes at most ${MAX_CODES} codes.`, code: 'TOO_MANY' });
    return [];
  }
  const codes = new Set<string>();
  for (const [index, text] of input.entries()) {
    const code = text.trim();
    const field = [...path, 'codes', String(index)];
    const complaint = complaintOfCode(code);
    if (complaint !== null) errors.push(invalid(field, complaint, 'NOT_A_NETWORK'));
    else if (codes.has(code)) errors.push(invalid(field, `${code} is listed twice. Remove one of them.`, 'DUPLICATE'));
    codes.add(code);
  }
  return [...codes];
}

function complaintOfCode(code: string): string | null {
  const [address = '', length = '32', ...more] = code.split('/');
  const isBlock = isIPv4(address) && /^(?:[1-9]|[12]\d|3[0-2])$/.test(length) && more.length === 0;
  if (!isBlock || !address.startsWith('127.') || Number(length) < 8) {
    return `"${shown(code)}" is no answer of a DNS list. Enter an address or a block within 127.0.0.0/8, such as 127.0.0.2 or 127.0.0.0/28.`;
  }
  if (address === '127.0.0.1' && length === '32') {
    return '127.0.0.1 is never a listing: lists that have gone, and resolvers that lie, answer with it. Leave it out.';
  }
  if (address.startsWith('127.255.255.') && Number(length) >= 24) {
    return 'Answers in 127.255.255.0/24 say that the list refused the query, and never count. Leave it out.';
  }
  return null;
}

/** A threshold that nothing can reach refuses no one: a slip, and a quiet one. */
function complaintsOfThreshold({ zones, threshold }: DnsblSettings): UserError[] {
  const field = ['dnsblThreshold'];
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > MAX_THRESHOLD) {
    return [invalid(field, `A threshold is a whole number from 1 to ${MAX_THRESHOLD}.`, 'OUT_OF_RANGE')];
  }
  const refusing = zones.filter((zone) => zone.mode === 'REJECT');
  const most = refusing.reduce((sum, zone) => sum + zone.weight, 0);
  if (refusing.length === 0 || most >= threshold) return [];
  const message =
    `The weights of all zones that refuse make ${most}, below the threshold of ${threshold}: no one would be refused. ` +
    'Lower the threshold, or raise the weights.';
  return [invalid(field, message, 'OUT_OF_RANGE')];
}
