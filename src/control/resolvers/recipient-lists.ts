/** User Lists: the fields of `Domain` that tell of one, and the mutations that change it. */
import { writeEntry } from '../../domains/user-list/input.ts';
import type { ListInput } from '../../domains/user-list/change.ts';
import type { ListVerb } from '../../domains/user-list/store.ts';
import { localPartOfCursor, connectionOfRows, pageSize } from '../connection.ts';
import type { Context } from '../context.ts';
import type { DomainResolvers, MutationResolvers } from '../generated.ts';
import { type Call, once } from '../once.ts';

export const listOfDomain: DomainResolvers = {
  recipients: async (domain, { first, after }, { load }) => {
    const forms = await load.recipientEntries({
      domainId: domain.id,
      limit: pageSize(first) + 1,
      after: localPartOfCursor(after),
    });
    const rows = forms.map((form) => ({ id: form, localPart: writeEntry(form) }));
    return connectionOfRows(rows, { first, after });
  },
  recipientFiltering: ({ recipientList }) => recipientList.count > 0,
  recipientCount: ({ recipientList }) => recipientList.count,
  recipientGeneration: ({ recipientList }) => recipientList.generation,
  recipientDelimiter: ({ recipientList }) => recipientList.delimiter,
};

async function onList(context: Context, verb: ListVerb, call: Call<ListInput>) {
  const { deps, viewer } = context;
  const answer = await once(context, call, (input) => deps.recipientLists.changeList(viewer, verb, input));
  if (answer.kind === 'REFUSED') return { domain: null, change: null, userErrors: [answer.error] };
  const change = answer.value;
  if (change.kind === 'REFUSED') return { domain: change.domain, change: null, userErrors: change.errors };
  const { added, removed, ...counts } = change.difference;
  const difference = { ...counts, added: added.map(writeEntry), removed: removed.map(writeEntry) };
  return { domain: change.domain, change: difference, userErrors: [] };
}

export const listMutations: MutationResolvers = {
  recipientsAdd: (_parent, { input }, context) => onList(context, 'ADD', { mutation: 'recipientsAdd', input }),
  recipientsRemove: (_parent, { input }, context) => onList(context, 'REMOVE', { mutation: 'recipientsRemove', input }),
  recipientsReplace: (_parent, { input }, context) =>
    onList(context, 'REPLACE', { mutation: 'recipientsReplace', input }),
};
