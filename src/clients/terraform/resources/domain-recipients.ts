/** The User List among the attributes of `backupmx_domain`. Without one of them a domain leaves its list to others. */
import type { UserError } from '../../api/requests.ts';
import type { Api } from '../api.ts';
import type { Diagnostic } from '../sdk/diagnostic.ts';
import type { Outcome } from '../sdk/resource.ts';
import { type Attributes, computed, optional } from '../sdk/schema.ts';
import { isKnown, isList, type State, textOf, textsOf, UNKNOWN } from '../sdk/value.ts';
import { checkLocalPart, hashOf, LIST_FIELDS, readEntries, readListFile } from './user-list.ts';

const CHANGES = ['recipients', 'local_parts_file', 'recipients_hash'];

export const RECIPIENT_ATTRIBUTES: Attributes = {
  recipients: optional(
    ['set', 'string'],
    'The complete User List: the parts before the @, in lower case; `*` matches any characters. Every other mailbox is refused, except postmaster and abuse. Without it, and without `local_parts_file`, the list is not managed here.',
    { check: checkLocalPart },
  ),
  local_parts_file: optional(
    'string',
    'A file with the complete User List, one local part or address of the domain a line; lines that begin with `#` are skipped. The state keeps a hash of it, not the list. Use it for lists of more than a thousand: Terraform compares every two elements of a set. A relative path begins where Terraform runs: write `"${path.module}/users.txt"`.',
    { isLocal: true },
  ),
  allow_everyone: optional(
    'bool',
    'Accept an empty list, which turns it off: then mail for any mailbox of the domain is accepted.',
    { isLocal: true },
  ),
  recipients_hash: computed(
    'string',
    'The hash of the User List that is described here. Null if it is not managed here.',
    {
      isDerived: true,
    },
  ),
  recipient_count: computed('number', 'The number of entries of the User List, as last read; 0 means that it is off.', {
    isVolatile: CHANGES,
  }),
  recipients_revision: computed('number', 'A number that grows with every change of the User List by anyone.', {
    isVolatile: CHANGES,
  }),
};

interface Counts {
  readonly entryCount: number;
  readonly revision: number;
}

/** The entries that a configuration describes: null if the list is not managed here, a sentence if they cannot be read. */
function wantedOf({
  name,
  recipients = null,
  local_parts_file: file = null,
}: State): readonly string[] | string | null {
  if (typeof file !== 'string') return isList(recipients) ? textsOf(recipients) : null;
  const read = readListFile(file, textOf(name) ?? '');
  return read.kind === 'READ' ? read.entries : read.detail;
}

export function deriveHash(config: State): State {
  const { name = null, recipients = null, local_parts_file: file = null } = config;
  const wanted = [name, recipients, file].every(isKnown) ? wantedOf(config) : UNKNOWN;
  if (wanted === null) return { recipients_hash: null };
  return { recipients_hash: isList(wanted) ? hashOf(textsOf(wanted), textOf(name) ?? '') : UNKNOWN };
}

/** Mistakes in the list, in the configuration or in the file that it names. */
export function checkRecipients(config: State): readonly Diagnostic[] {
  const { name = null, recipients = null, local_parts_file: file = null, allow_everyone: allow = null } = config;
  const place = file === null ? 'recipients' : 'local_parts_file';
  const wrong = (detail: string): readonly Diagnostic[] => [
    { severity: 'ERROR', summary: `${place} cannot be used`, detail, path: [place] },
  ];
  if (recipients !== null && file !== null) return wrong('Write recipients or local_parts_file, not both.');
  if (![name, recipients, file].every(isKnown)) return [];
  const wanted = wantedOf(config);
  if (wanted === null) return [];
  if (typeof wanted === 'string') return wrong(wanted);
  if (wanted.length === 0 && isKnown(allow) && allow !== true)
    return wrong(
      'An empty User List is off, and mail for any mailbox is accepted. If you mean that, set allow_everyone = true.',
    );
  const planned = textOf(config['recipients_hash']);
  if (planned === null || planned === hashOf(wanted, textOf(name) ?? '')) return [];
  return wrong('The list has changed since the plan was made. Run terraform plan again.');
}

/** A list that is no longer described stays as it is; one that is emptied lets all mail in. */
export function warnOfList(prior: State, planned: State): readonly Diagnostic[] {
  const [before = null, after = null] = [prior['recipients_hash'], planned['recipients_hash']];
  const name = textOf(planned['name']) ?? '';
  if (before === after || prior['name'] !== name) return [];
  if (after === null) {
    const detail =
      'It is no longer managed by this resource. To turn it off, set recipients = [] and allow_everyone = true.';
    return [{ severity: 'WARNING', summary: `The User List of ${name} stays in force`, detail }];
  }
  if (after !== hashOf([], name)) return [];
  const detail = 'Mail for any mailbox of the domain is accepted after this change.';
  return [{ severity: 'WARNING', summary: `The User List of ${name} is turned off`, detail, path: ['allow_everyone'] }];
}

/** The list as it is, with its entries only where the state has them. */
export async function readList(api: Api, name: string, state: State, counts: Counts): Promise<State> {
  const values = { recipient_count: counts.entryCount, recipients_revision: counts.revision };
  const { recipients = null, recipients_hash: hash = null, recipients_revision: revision } = state;
  if (hash === null || revision === counts.revision) return { ...values, recipients, recipients_hash: hash };
  const entries = await readEntries(api, name);
  return { ...values, recipients: recipients && entries, recipients_hash: hashOf(entries, name) };
}

/** The entries for domainCreate. */
export function entriesOf(planned: State): readonly string[] {
  const wanted = wantedOf(planned);
  return isList(wanted) ? textsOf(wanted) : [];
}

/** Makes the list what is described, if it is described here. `found`: as `readList` has it. */
export async function putList(api: Api, planned: State, found: State): Promise<Outcome> {
  const name = textOf(planned['name']) ?? '';
  const { recipients_hash: before = null, recipient_count: count = null, recipients_revision: revision = null } = found;
  const wanted = wantedOf(planned);
  const counts = { recipient_count: count, recipients_revision: revision };
  if (!isList(wanted)) return { kind: 'DONE', values: { ...counts, recipients: null, recipients_hash: null } };
  const hash = hashOf(textsOf(wanted), name);
  const done = { recipients: planned['recipients'] ?? null, recipients_hash: hash };
  if (before === hash) return { kind: 'DONE', values: { ...counts, ...done } };
  const isTaken = before === null && Number(count) > 0 && planned['adopt'] !== true;
  if (isTaken) {
    if (hashOf(await readEntries(api, name), name) === hash) return { kind: 'DONE', values: { ...counts, ...done } };
    const message = `The domain has a User List with ${Number(count)} other entries, which is not managed by this resource.`;
    return { kind: 'REFUSED', errors: [ofList({ path: ['localParts'], message, code: 'ALREADY_EXISTS' }, planned)] };
  }
  const input = {
    domain: name,
    localParts: wanted,
    force: planned['force'] === true,
    allowEveryone: planned['allow_everyone'] === true,
    expectedRevision: revision,
  };
  const answer = await api.mutate('recipientListReplace', input, `domain { ${LIST_FIELDS} }`);
  if (answer.kind === 'REFUSED') {
    return { kind: 'REFUSED', errors: answer.errors.map((error) => ofList(error, planned)) };
  }
  const list = answer.payload.domain?.recipientList;
  const now = { recipient_count: list?.entryCount ?? null, recipients_revision: list?.revision ?? null };
  return { kind: 'DONE', values: { ...now, ...done } };
}

/** Errors of the list, on the line that describes it. */
export function ofList(error: UserError, { local_parts_file: file = null }: State): UserError {
  const [first, ...rest] = error.path;
  if (first !== 'localParts' && first !== 'recipientList') return error;
  return { ...error, path: file === null ? ['recipients', ...rest] : ['localPartsFile'] };
}
