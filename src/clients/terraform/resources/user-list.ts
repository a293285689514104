/**
 * A User List as a configuration writes it: its entries, or a file with one a line. The state may hold a hash in their place, since a
 * list can have a million entries. The service's entries are read only if its revision has changed.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { normalizeLocalPart } from '../../../mail/address.ts';
import { normalizeDomain } from '../../../mail/domain.ts';
import { allNodes, type Page, PAGE_INFO } from '../../api/requests.ts';
import type { Api } from '../api.ts';
import type { Value } from '../sdk/value.ts';

export const LIST_FIELDS = 'recipientList { entryCount revision }';

const MOST_ENTRIES = 1_000_000;
/** A million entries of 64 octets, with their domains, are less. */
const MOST_CHARACTERS = 268_435_456;

/** The check of an entry that stands in the configuration itself. */
export function checkLocalPart(value: Value): string | null {
  const text = typeof value === 'string' ? value : '';
  const form = normalizeLocalPart(text);
  if (form === null)
    return `${JSON.stringify(value)} is not a local part. Expected what stands before the @, such as "alice".`;
  if (/^[^"]+@[^@"]+$/.test(text))
    return `Write only what stands before the @: ${JSON.stringify(form.slice(0, form.lastIndexOf('@')))}.`;
  return form === value ? null : `Write it in lower case: "${form}".`;
}

/** A hash of the one form of each entry, written in whatever order. */
export function hashOf(entries: readonly string[], domain: string): string {
  const forms = new Set(entries.map((entry) => formOf(entry, domain) ?? entry));
  return createHash('sha256')
    .update([...forms].toSorted().join('\n'))
    .digest('hex');
}

export async function readEntries(api: Api, name: string): Promise<readonly string[]> {
  const fields = `recipientList { entries(first: $first, after: $after) { nodes { localPart } ${PAGE_INFO} } }`;
  const query = `query ($name: String!, $first: Int!, $after: String) { domain(by: { name: $name }) { ${fields} } }`;
  const entries = await allNodes(MOST_ENTRIES, async (after, first): Promise<Page<{ readonly localPart: string }>> => {
    type Answer = { domain: { recipientList: { entries: Page<{ readonly localPart: string }> } } | null };
    const { domain } = await api.ask<Answer>(query, { name, first, after });
    return domain?.recipientList.entries ?? { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
  });
  return entries.map(({ localPart }) => localPart);
}

export type ListFile =
  /** As they are written. */
  | { readonly kind: 'READ'; readonly entries: readonly string[] }
  /** A sentence with the file and the line. */
  | { readonly kind: 'WRONG'; readonly detail: string };

/** Reads local parts or addresses of the domain, one a line. Empty lines and those that begin with `#` are skipped. */
export function readListFile(path: string, domain: string): ListFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'WRONG', detail: `${path} cannot be read: ${reason}. A relative path begins where Terraform runs.` };
  }
  if (text.length > MOST_CHARACTERS) return { kind: 'WRONG', detail: `${path} is too large for a User List.` };
  const entries: string[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) continue;
    if (formOf(entry, domain) === null) {
      const shown = JSON.stringify(entry.length > 80 ? `${entry.slice(0, 80)}…` : entry);
      const detail = `${path}, line ${index + 1}: ${shown} is not a mailbox of ${domain}. Write one a line, such as alice; in quotes if it really has a space.`;
      return { kind: 'WRONG', detail };
    }
    entries.push(entry);
  }
  return { kind: 'READ', entries };
}

/** A local part in quotes may hold spaces and @. */
const ENTRY = /^(?:"((?:[^"\\]|\\.)*)"|([^\s"@]+))(?:@([^\s@]+))?$/su;

function formOf(entry: string, domain: string): string | null {
  const [, quoted, plain, of] = ENTRY.exec(entry) ?? [];
  if (of !== undefined && normalizeDomain(of) !== domain) return null;
  return normalizeLocalPart(quoted === undefined ? (plain ?? '') : quoted.replaceAll(/\\(.)/gsu, '$1'));
}
