/** `backup-mx audit`: who changed what. */
import { type AuditEntry, MutationName } from '../../control/generated.ts';
import type { Selected } from '../api/requests.ts';
import { type Call, type Shown, UsageError, type VerbTable } from './action.ts';
import { given, listOf, numberOption, tableOf } from './call.ts';
import { camelCase, text } from './table.ts';
import { timeField } from './time.ts';

const ENTRY =
  'id at mutation outcome userErrorCodes isOperator tokenName tokenPrefix clientAddress subjectKind subjectName subjectId input';
const DEFAULT_COUNT = 50;

/** `domainUpdate`, or DOMAIN_UPDATE. */
function nameOfMutation(given: string): MutationName {
  const name = given.replaceAll(/([a-z])(?=[A-Z])/g, '$1_').toUpperCase();
  const found = Object.values(MutationName).find((known) => known === name);
  if (found !== undefined) return found;
  throw new UsageError(`--mutation: "${given}" is not a mutation, such as domainUpdate`);
}

/** DOMAIN_UPDATE is `domainUpdate`, the field that was requested. */
function fieldOfMutation(name: MutationName): string {
  return name === 'OTHER' ? name : camelCase(name);
}

async function list(call: Call): Promise<Shown> {
  const entries = await listOf(call, 'auditEntries', ENTRY, {
    most: numberOption(call, 'count') ?? DEFAULT_COUNT,
    filterType: 'AuditFilter',
    filter: {
      ...given(call, 'subject', 'outcome'),
      ...(call.text('mutation') === undefined ? {} : { mutation: nameOfMutation(call.text('mutation') ?? '') }),
      ...(call.text('tenant') === undefined ? {} : { tenantId: call.text('tenant') }),
      ...(call.text('token') === undefined ? {} : { tokenId: call.text('token') }),
      ...timeField(call, 'since', 'PAST'),
      ...timeField(call, 'until', 'PAST'),
    },
  });
  return tableOf(entries, [
    ['AT', ({ at }) => call.time(at)],
    ['MUTATION', ({ mutation }) => fieldOfMutation(mutation)],
    [text('SUBJECT'), ({ subjectName, subjectId }) => subjectName ?? subjectId],
    [text('OUTCOME'), ({ outcome, userErrorCodes }) => [outcome, ...userErrorCodes].join(' ')],
    [text('BY'), actorText],
    ['FROM', ({ clientAddress }) => clientAddress],
  ]);
}

function actorText({ tokenName, isOperator }: Selected<AuditEntry, typeof ENTRY>): string {
  return tokenName ?? (isOperator ? 'operator' : '');
}

export const auditVerb: VerbTable = {
  verb: 'audit',
  says: 'The changes that were requested, and by whom.',
  example: 'backup-mx audit --subject example.org --since 7d',
  preset: 'list',
  actions: {
    list: {
      usage:
        '[--subject NAME] [--tenant ID] [--mutation NAME] [--token ID] [--outcome OUTCOME] [--since TIME] [--until TIME] [--count N]',
      says: 'Lists requested changes, newest first, 50 by default, also refused ones. --json has the input of each.',
      run: list,
    },
  },
};
