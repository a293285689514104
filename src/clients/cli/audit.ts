/** `backup-mx audit`: who changed what. */
import type { AuditEntry } from '../../control/generated.ts';
import type { Selected } from '../api/requests.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import { given, listOf, numberOption, tableOf } from './call.ts';
import { text } from './table.ts';
import { timeField } from './time.ts';

const ENTRY =
  'id at mutation outcome userErrorCodes isOperator tokenName tokenPrefix clientAddress subjectKind subjectName subjectId input';
const DEFAULT_COUNT = 50;

async function list(call: Call): Promise<Shown> {
  const entries = await listOf(call, 'auditEntries', ENTRY, {
    most: numberOption(call, 'count') ?? DEFAULT_COUNT,
    filterType: 'AuditFilter',
    filter: {
      ...given(call, 'mutation', 'subject', 'outcome'),
      ...(call.text('token') === undefined ? {} : { tokenId: call.text('token') }),
      ...timeField(call, 'since', 'PAST'),
      ...timeField(call, 'until', 'PAST'),
    },
  });
  return tableOf(entries, [
    ['AT', ({ at }) => call.time(at)],
    ['MUTATION', ({ mutation }) => mutation],
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
        '[--subject NAME] [--mutation NAME] [--token ID] [--outcome OUTCOME] [--since TIME] [--until TIME] [--count N]',
      says: 'Lists requested changes, newest first, 50 by default, also refused ones. --json has the input of each.',
      run: list,
    },
  },
};
