/** `backup-mx rejections`: mail that was refused before acceptance, and why. */
import type { RejectionCode } from '../../control/generated.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import { mutate } from '../api/requests.ts';
import { given, listOf, numberOption, shown, tableOf } from './call.ts';
import { text, textOf } from './table.ts';
import { timeField } from './time.ts';

export const REJECTION = 'id at code reply command clientAddress ehloName reversePath recipient zone isDryRun';
const DEFAULT_COUNT = 50;

/** BMX_USER is `BMX-USER` in the reply that the sender has. */
export function spokenCode(code: RejectionCode): string {
  return code.replaceAll('_', '-');
}

async function list(call: Call): Promise<Shown> {
  const rejections = await listOf(call, 'rejections', REJECTION, {
    most: numberOption(call, 'count') ?? DEFAULT_COUNT,
    filterType: 'RejectionFilter',
    filter: {
      ...given(call, 'id', 'domain', 'code', 'recipient'),
      ...(call.text('tenant') === undefined ? {} : { tenantId: call.text('tenant') }),
      ...(call.text('client') === undefined ? {} : { clientAddress: call.text('client') }),
      ...(call.text('from') === undefined ? {} : { reversePath: call.text('from') }),
      ...(call.isSet('dry-run') ? { isDryRun: true } : {}),
      ...timeField(call, 'since', 'PAST'),
      ...timeField(call, 'until', 'PAST'),
    },
  });
  return tableOf(rejections, [
    ['AT', ({ at }) => call.time(at)],
    ['CODE', ({ code }) => spokenCode(code)],
    ['CLIENT', ({ clientAddress }) => clientAddress],
    [text('FROM'), ({ reversePath }) => reversePath ?? '<>'],
    [text('TO'), ({ recipient }) => recipient],
    [text('REPLY'), ({ reply }) => reply],
  ]);
}

const ALLOWED: Readonly<Record<string, string>> = {
  CLIENT_ALLOWED: 'is looked up in no DNS list any more',
  RECIPIENT_ADDED: 'is in the User List now',
  ALREADY_ALLOWED: 'is allowed already',
};

export const rejectionsVerb: VerbTable = {
  verb: 'rejections',
  says: 'Mail that was refused before acceptance.',
  example: 'backup-mx rejections --domain example.org --since 1h',
  preset: 'list',
  actions: {
    list: {
      usage:
        '[--domain NAME] [--tenant ID] [--code REJECTION] [--recipient ADDRESS] [--from ADDRESS] [--client ADDRESS] [--id ID] [--dry-run] [--since TIME] [--until TIME] [--count N]',
      says: 'Lists rejections, newest first, 50 by default; --dry-run those that a DNS list on trial would have made.',
      run: list,
    },
    allow: {
      usage: 'ID',
      says: 'Allows its client, if a DNS list refused it, or its recipient, if the User List did.',
      mutations: ['rejectionAllow'],
      run: async (call) =>
        shown(
          await mutate(call, 'rejectionAllow', { id: call.args[0] ?? '' }, 'domain { name } action value'),
          (payload) => {
            const words = ALLOWED[payload.action ?? ''] ?? 'is allowed';
            return {
              kind: 'LINE',
              line: `${textOf(payload.value ?? '')} ${words}: ${payload.domain?.name}`,
              data: payload,
            };
          },
        ),
    },
  },
};
