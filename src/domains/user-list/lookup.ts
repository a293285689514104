/**
 * Is this mailbox in its domain's User List? Asked at every RCPT, answered from memory when warm.
 *
 * What is remembered names the revision of the list, which every change raises; whoever asks has it from the domain's
 * snapshot, dropped at every change. So nothing here can be stale, and nothing has to be told; but a database that comes back without its
 * last changes counts anew, which is why all goes when notices may have been missed. A list found empty has been switched off a
 * moment ago, and refuses no one any more. Remembered are entries that
 * exist and, apart from them, names that do not: whoever tries names at random pushes out only other such names.
 */
import { createBoundedMap } from '../../bounded-map.ts';
import type { SqlExecutor } from '../../db/client.ts';
import { baseOf, normalizeLocalPart } from '../../mail/address.ts';
import type { RelayDomain } from '../relay-domain.ts';
import { MAX_PATTERNS, WILDCARD } from './input.ts';

/**
 * Whether the local part (unquoted, any case) is listed: itself, without what follows the delimiter, or by a wildcard.
 * False for every one when the list is empty. Rejects when it must ask the database in vain.
 */
export type IsListed = (domain: RelayDomain, localPart: string) => boolean | Promise<boolean>;

export interface ListLookup {
  readonly isListed: IsListed;
  readonly dropAll: () => void;
}

export interface LookupOptions {
  /** Pinned to index scans: the list may have grown a thousandfold since the plan was made. */
  readonly sql: SqlExecutor;
  /** Entries kept in memory; about 150 bytes each. */
  readonly maxListed?: number;
  /** Names kept that are no entries. */
  readonly maxUnlisted?: number;
}

const DEFAULT_MAX_LISTED = 100_000;
const DEFAULT_MAX_UNLISTED = 20_000;
/** Wildcard entries of all domains together, with one more for each domain. */
const MAX_PATTERN_WEIGHT = 100_000;

interface Question {
  readonly domain: RelayDomain;
  readonly form: string;
  /** The form itself when nothing is cut off. */
  readonly base: string;
}

export function createListLookup(options: LookupOptions): ListLookup {
  const { sql } = options;
  const listed = createBoundedMap<true>(options.maxListed ?? DEFAULT_MAX_LISTED);
  const unlisted = createBoundedMap<true>(options.maxUnlisted ?? DEFAULT_MAX_UNLISTED);
  const patternsOf = createPatterns(sql);
  let dropCount = 0;

  /** The memory of one form: undefined when nothing is. */
  function recall(domain: RelayDomain, form: string): boolean | undefined {
    const key = `${listKey(domain)} ${form}`;
    if (listed.get(key) === true) return true;
    return unlisted.get(key) === true ? false : undefined;
  }

  function remember(domain: RelayDomain, form: string, isEntry: boolean): void {
    (isEntry ? listed : unlisted).set(`${listKey(domain)} ${form}`, true);
  }

  async function ask({ domain, form, base }: Question): Promise<boolean> {
    const dropsBefore = dropCount;
    const [patterns, [row]] = await Promise.all([
      patternsOf.find(domain),
      sql<{ has_any: boolean; has_form: boolean; has_base: boolean }[]>`
        select exists (select from recipient_entries where domain_id = ${domain.id}) as has_any,
               exists (select from recipient_entries where domain_id = ${domain.id} and local_part = ${form}) as has_form,
               exists (select from recipient_entries where domain_id = ${domain.id} and local_part = ${base}) as has_base`,
    ]);
    if (row === undefined) throw new Error('a look-up returned no row');
    if (!row.has_any) return true;
    if (dropCount === dropsBefore) {
      remember(domain, form, row.has_form);
      if (base !== form) remember(domain, base, row.has_base);
    }
    return row.has_form || row.has_base || matchesAny(patterns, form, base);
  }

  const isListed: IsListed = (domain, localPart) => {
    const form = domain.recipientList.count === 0 ? null : normalizeLocalPart(localPart);
    if (form === null) return false;
    const base = baseOf(form, domain.recipientDelimiter);
    const hasForm = recall(domain, form);
    const hasBase = base === form ? hasForm : recall(domain, base);
    if (hasForm === true || hasBase === true) return true;
    const patterns = patternsOf.find(domain);
    if (!(patterns instanceof Promise)) {
      if (matchesAny(patterns, form, base)) return true;
      if (hasForm === false && hasBase === false) return false;
    }
    return ask({ domain, form, base });
  };
  return {
    isListed,
    dropAll: () => {
      dropCount += 1;
      listed.clear();
      unlisted.clear();
      patternsOf.dropAll();
    },
  };
}

/** One list as it stands. */
function listKey(domain: RelayDomain): string {
  return `${domain.id} ${domain.recipientList.revision}`;
}

function matchesAny(patterns: readonly Pattern[], form: string, base: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, form) || (base !== form && matchesPattern(pattern, base)));
}

/** The wildcard entries of a domain, loaded once for each revision of its list. */
function createPatterns(sql: SqlExecutor) {
  const known = createBoundedMap<readonly Pattern[]>(MAX_PATTERN_WEIGHT, (patterns) => patterns.length + 1);
  const loading = new Map<string, Promise<readonly Pattern[]>>();
  let dropCount = 0;

  async function load(domainId: string): Promise<readonly Pattern[]> {
    const rows = await sql<{ local_part: string }[]>`
      select local_part from recipient_entries
      where domain_id = ${domainId} and local_part like '%*%'
      order by local_part
      limit ${MAX_PATTERNS}`;
    return rows.map((row) => compilePattern(row.local_part));
  }

  /** An answer that was dropped while it was read is not kept. */
  async function keep(key: string, answer: Promise<readonly Pattern[]>): Promise<readonly Pattern[]> {
    const dropsBefore = dropCount;
    try {
      const patterns = await answer;
      if (dropCount === dropsBefore) known.set(key, patterns);
      return patterns;
    } finally {
      if (dropCount === dropsBefore) loading.delete(key);
    }
  }

  return {
    find: (domain: RelayDomain): readonly Pattern[] | Promise<readonly Pattern[]> => {
      const key = listKey(domain);
      const present = known.get(key) ?? loading.get(key);
      if (present !== undefined) return present;
      const answer = keep(key, load(domain.id));
      loading.set(key, answer);
      return answer;
    },
    dropAll: (): void => {
      dropCount += 1;
      known.clear();
      loading.clear();
    },
  };
}

/**
 * The texts between the asterisks of one entry, in order: at least two parts. An asterisk stands for any number of characters.
 * Matched in linear time, without regular expressions: a customer's entry and a stranger's name cannot make it slow together.
 */
export type Pattern = readonly string[];

export function compilePattern(entry: string): Pattern {
  const parts = entry.split(WILDCARD);
  return parts.filter((part, index) => part !== '' || index === 0 || index === parts.length - 1);
}

/** Both in the one form of a local part. */
export function matchesPattern(pattern: Pattern, form: string): boolean {
  const head = pattern[0] ?? '';
  const tail = pattern.at(-1) ?? '';
  const end = form.length - tail.length;
  let at = head.length;
  if (at > end || !form.startsWith(head) || !form.endsWith(tail)) return false;
  // The first place where a part fits leaves the most room for those after it.
  for (let index = 1; index < pattern.length - 1; index += 1) {
    const part = pattern[index] ?? '';
    const found = form.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
