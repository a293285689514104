/** The forms on the page of a message: each is one mutation of the API. What ends the message asks first. */
import { again, type Form, type FormRequest, type FormResult, keyIn, resultOf } from './form.ts';
import {
  messageBounceMutation,
  messageCancelMutation,
  messageHeldQuery,
  messageRetryMutation,
} from './operations/generated.ts';
import { counted } from './words/count.ts';

const messagePage = ([id = '']: readonly string[]): string => `/m/${encodeURIComponent(id)}`;

export const MESSAGE_FORMS: readonly Form[] = [
  {
    pattern: /^\/m\/([^/]+)\/try-message$/,
    verb: 'try-message',
    done: 'We try this message now. What came of it is shown here in a moment.',
    page: messagePage,
    submit: async ({ ask, fields }, [id = '']) =>
      resultOf(await ask(messageRetryMutation, { input: { id, ...keyIn(fields) } }), (data) => data.messageRetry),
  },
  {
    pattern: /^\/m\/([^/]+)\/return-message$/,
    verb: 'return-message',
    done: 'The message goes back to its sender.',
    page: messagePage,
    submit: (request, [id = '']) =>
      sureOf(request, id, async (input) =>
        resultOf(await request.ask(messageBounceMutation, { input }), (data) => data.messageBounce, REASON),
      ),
  },
  {
    pattern: /^\/m\/([^/]+)\/cancel-message$/,
    verb: 'cancel-message',
    done: 'The message is cancelled.',
    page: messagePage,
    submit: (request, [id = '']) =>
      sureOf(request, id, async (input) =>
        resultOf(await request.ask(messageCancelMutation, { input }), (data) => data.messageCancel, REASON),
      ),
  },
];

const REASON = { reason: 'reason' };

interface Input {
  readonly id: string;
  readonly reason: string | null;
  readonly idempotencyKey: string | null;
}

/** The number of recipients is shown first; it is done when the form comes again with just that number. */
async function sureOf(
  { ask, fields }: FormRequest,
  id: string,
  carryOut: (input: Input) => Promise<FormResult>,
): Promise<FormResult> {
  const asked = await ask(messageHeldQuery, { id });
  if (asked.kind === 'REFUSED') return again('', asked.message);
  const count = asked.data.message?.recipients.filter(({ state }) => state === 'HELD').length ?? 0;
  if (count === 0) return again('', 'This message is not held any more.');
  if (fields.get('sure') === String(count))
    return carryOut({ id, reason: fields.get('reason')?.trim() || null, ...keyIn(fields) });
  const text = `${counted(count, 'recipient')} would not get this message. This cannot be undone.`;
  return { kind: 'AGAIN', errors: new Map(), question: { text, fields: { sure: String(count) } } };
}
