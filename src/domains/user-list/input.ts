/**
 * Checks what a person typed for a User List: local parts, with or without quotes, or whole addresses of the domain itself.
 *
 * Pure. Each complaint is a sentence that says what to do, at the path of its entry. Whether a mailbox exists is not asked.
 */
import { setImmediate } from 'node:timers/promises';
import { normalizeLooseDomain } from '../../mail/domain.ts';
import { normalizeLocalPart } from '../../mail/address.ts';
import { type Checked, invalid, type UserError } from '../../input/checked.ts';

export const MAX_ENTRIES = 1_000_000;
/** All of a domain's are looked at for each local part that is not listed. */
export const MAX_PATTERNS = 1_000;
/** Stands for any number of characters of a local part. */
export const WILDCARD = '*';
/** More complaints than a person reads at once; the rest would only be more of the same. */
const MAX_ERRORS = 100;
/** A few milliseconds of work, before others have their turn. */
const SLICE = 10_000;
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/su;

interface ListText {
  /** The domain's one form; empty when it has none, which somebody else complains of. */
  readonly domainName: string;
  readonly localParts: readonly string[];
  /** The beginning of the errors' paths. */
  readonly field: string;
}

/** The one form of each, in order, without repetitions. A long list gives others their turn meanwhile. */
export async function checkLocalParts(text: ListText): Promise<Checked<string[]>> {
  const check = createListCheck(text);
  for (check.proceed(); !check.isDone(); check.proceed()) await setImmediate();
  return check.result();
}

/** An entry as it may be typed again: its form, quoted where it would be understood otherwise. */
export function writeEntry(form: string): string {
  return /[@"]|^\s|\s$/.test(form) ? `"${form.replace(/["\\]/g, '\\$&')}"` : form;
}

function createListCheck({ domainName, localParts, field }: ListText) {
  const forms = new Set<string>();
  const errors: UserError[] = [];
  let next = 0;
  let patternCount = 0;

  function take(index: number): void {
    const parsed = parseEntry(localParts[index] ?? '', domainName);
    if ('complaint' in parsed) errors.push(invalid([field, String(index)], parsed.complaint, 'NOT_AN_ADDRESS'));
    else if (!forms.has(parsed.form)) {
      forms.add(parsed.form);
      if (parsed.form.includes(WILDCARD)) patternCount += 1;
    }
  }

  return {
    isDone: () => next >= localParts.length || errors.length >= MAX_ERRORS || forms.size > MAX_ENTRIES,
    proceed(): void {
      for (const end = Math.min(next + SLICE, localParts.length); next < end && errors.length < MAX_ERRORS; next += 1) {
        take(next);
      }
    },
    result(): Checked<string[]> {
      const tooMany = describeTooMany(field, forms.size, patternCount);
      if (tooMany !== null) errors.push(tooMany);
      return errors.length === 0 ? { kind: 'OK', value: [...forms] } : { kind: 'BAD', errors };
    },
  };
}

/** The complaint about a list of that many entries, that many of them with an asterisk; null when it may be. */
export function describeTooMany(field: string, count: number, patternCount: number): UserError | null {
  const message =
    count > MAX_ENTRIES
      ? `A User List has at most ${MAX_ENTRIES.toLocaleString('en')} entries. An entry with "*" stands for many mailboxes.`
      : patternCount > MAX_PATTERNS
        ? `A User List has at most ${MAX_PATTERNS.toLocaleString('en')} entries with "*". Enter the mailboxes themselves.`
        : null;
  return message === null ? null : { path: [field], message, code: 'TOO_MANY' };
}

function parseEntry(text: string, domainName: string): { readonly form: string } | { readonly complaint: string } {
  const given = text.trim();
  // A quoted local part alone may hold an @; after it, one begins the domain.
  const at = given.endsWith('"') ? -1 : given.lastIndexOf('@');
  if (at >= 0 && domainName !== '' && normalizeLooseDomain(given.slice(at + 1)) !== domainName) {
    return {
      complaint: `"${shown(given)}" is not an address of ${domainName}. Enter what stands before the @ of its own addresses.`,
    };
  }
  const written = at < 0 ? given : given.slice(0, at);
  const quoted = QUOTED.exec(written)?.[1];
  const form = normalizeLocalPart(quoted === undefined ? written : quoted.replace(/\\(.)/gsu, '$1'));
  if (form !== null) return { form };
  return {
    complaint:
      written === ''
        ? 'The entry has nothing before the @. Enter a mailbox, such as alice, or * for all.'
        : `"${shown(given)}" cannot stand before the @ of an address: 1 to 64 octets, no control characters.`,
  };
}

/** Foreign text inside a sentence of ours: no control characters, not endless. */
function shown(text: string): string {
  const plain = text.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain;
}
