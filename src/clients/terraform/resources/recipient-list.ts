/** `backupmx_recipient_list`: the User List of a domain, all of it. */
import { type Api, errorsOf } from '../api.ts';
import type { Found, Outcome, Resource } from '../sdk/resource.ts';
import { computed, optional, required } from '../sdk/schema.ts';
import { type State, textOf, textsOf } from '../sdk/value.ts';
import { checkLocalPart, LIST_FIELDS, readEntries } from './user-list.ts';
import { ADOPT, OF_DOMAIN, oneOf } from './words.ts';

const ALLOW_EVERYONE = 'ALLOW_EVERYONE';

/** The entries are read only when somebody has changed them: a list may have a million. */
async function read(api: Api, state: State): Promise<Found | null> {
  const name = textOf(state['domain']) ?? '';
  const counts = await api.readDomain(name, LIST_FIELDS);
  if (counts === null || counts.recipientList.entryCount === 0) return null;
  const { revision } = counts.recipientList;
  const localParts = state['revision'] === revision ? textsOf(state['local_parts']) : await readEntries(api, name);
  return { values: { domain: name, local_parts: localParts, revision }, revision };
}

async function replace(api: Api, planned: State, revision: number | null): Promise<Outcome> {
  const input = {
    domain: planned['domain'],
    localParts: planned['local_parts'],
    force: planned['force'] === true,
    ...(revision === null ? {} : { expectedRevision: revision }),
  };
  const answer = await api.mutate('recipientListReplace', input, `domain { ${LIST_FIELDS} }`);
  if (answer.kind === 'REFUSED') return answer;
  return { kind: 'DONE', values: { ...planned, revision: answer.payload.domain?.recipientList.revision ?? null } };
}

export const recipientListResource: Resource<Api> = {
  importing: 'the name of its domain: `terraform import backupmx_recipient_list.example example.org`.',
  description:
    'The complete User List of a domain: every other mailbox is refused, except postmaster and abuse. Removing the resource leaves the list in force, unless `on_delete` says otherwise.',
  example: `resource "backupmx_recipient_list" "example" {
  domain      = "example.org"
  local_parts = ["alice", "bob", "sales-*"]
}`,
  attributes: {
    domain: OF_DOMAIN,
    local_parts: required(
      ['set', 'string'],
      'The parts before the @, in lower case; `*` matches any characters. At least one.',
      { check: checkLocalPart },
    ),
    force: optional('bool', 'Let a list of 100 or more entries shrink by more than half.', { isLocal: true }),
    on_delete: optional(
      'string',
      'What happens to the list when the resource is removed. `KEEP` (the default): it stays in force until its domain is removed. `ALLOW_EVERYONE`: it is emptied, and mail for any mailbox of the domain is accepted. It takes effect after it is applied.',
      { isLocal: true, check: oneOf(['KEEP', ALLOW_EVERYONE]) },
    ),
    adopt: ADOPT,
    revision: computed('number', 'A number that grows with every change by anyone.', { isVolatile: true }),
  },
  title: ({ domain }) => `User List of ${textOf(domain) ?? ''}`,
  check: ({ local_parts: localParts }) =>
    Array.isArray(localParts) && localParts.length === 0
      ? [
          {
            severity: 'ERROR',
            summary: 'local_parts cannot be used',
            detail:
              'An empty User List is off, and mail for any mailbox is accepted. If you mean that, set on_delete = "ALLOW_EVERYONE", apply that, then remove the resource.',
            path: ['local_parts'],
          },
        ]
      : [],
  read,
  async create(api, planned) {
    const counts = await api.readDomain(textOf(planned['domain']) ?? '', LIST_FIELDS);
    if (counts !== null && counts.recipientList.entryCount > 0 && planned['adopt'] !== true) {
      const message = `There is a User List with ${counts.recipientList.entryCount} entries already.`;
      return { kind: 'REFUSED', errors: [{ path: ['domain'], message, code: 'ALREADY_EXISTS' }] };
    }
    return replace(api, planned, counts?.recipientList.revision ?? null);
  },
  update: (api, planned, { revision }) => replace(api, planned, revision),
  /** A destroy that stops halfway, at a domain with held mail say, must not leave a domain that accepts mail for any mailbox. */
  async remove(api, { domain, on_delete: onDelete }) {
    if (onDelete !== ALLOW_EVERYONE) return [];
    return errorsOf(api, 'recipientListReplace', { domain, localParts: [], allowEveryone: true });
  },
  remains: ({ domain, on_delete: onDelete }) =>
    onDelete === ALLOW_EVERYONE
      ? null
      : {
          severity: 'WARNING',
          summary: `User List of ${textOf(domain) ?? ''} stays in force`,
          detail:
            'The list is no longer managed by Terraform, and is removed with its domain. With on_delete = "ALLOW_EVERYONE" it would have been emptied.',
        },
  async identify(api, id) {
    const found = await api.readDomain(id, 'name');
    return found && { domain: found.name };
  },
};
