/** `backup-mx domain bounce-held`: recipients that a primary refuses in a trial are returned to their senders. */
import { mutate } from '../api/requests.ts';
import type { Action, Call } from './action.ts';
import { find, given, numberField, shown } from './call.ts';
import { confirmed } from './confirm.ts';
import { counted, textOf } from './table.ts';

async function describe(call: Call): Promise<string> {
  const { name, queue } = await find(call, 'domain', call.args[0], 'name queue { heldCount }');
  const held = `${counted(queue.heldCount, 'message')} ${queue.heldCount === 1 ? 'is' : 'are'} held for it`;
  return `This ends the refused recipients of ${textOf(name)} as failed, with reports to their senders: ${held}.`;
}

export const bounceHeldAction: Action = confirmed(
  {
    usage: 'NAME [--expect N] [--reason TEXT]',
    says: 'Returns its held and suspected mail to the senders: for a primary that means its refusals.',
    example: "backup-mx domain bounce-held example.org --reason 'mailboxes were deleted'",
    mutations: ['domainBounceHeld'],
    run: async (call) => {
      const input = { name: call.args[0], ...given(call, 'reason'), ...numberField(call, 'expect', 'expectedCount') };
      return shown(
        await mutate(call, 'domainBounceHeld', input, 'operation { id state } recipientCount'),
        ({ operation, recipientCount }) => ({
          kind: 'LINE',
          line: operation === null ? 'no recipient is suspected' : `${counted(recipientCount, 'recipient')} to return`,
          data: { operation, recipientCount },
        }),
      );
    },
  },
  describe,
);
