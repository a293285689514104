/** The reason an operator gives for a verb: one line, for the record and, with a bounce, for the sender. */
import { invalid, type UserError } from '../input/user-error.ts';

const MAX_REASON_LENGTH = 500;

export type CheckedReason =
  | { readonly kind: 'OK'; readonly reason: string }
  | { readonly kind: 'BAD'; readonly error: UserError };

export function checkReason(given: string | null | undefined, otherwise: string): CheckedReason {
  const reason = given?.trim() ?? '';
  if (reason === '') return { kind: 'OK', reason: otherwise };
  if (
    reason.length > MAX_REASON_LENGTH ||
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(reason) ||
    !reason.isWellFormed()
  ) {
    const message = `A reason is one line of at most ${MAX_REASON_LENGTH} characters.`;
    return { kind: 'BAD', error: invalid(['reason'], message) };
  }
  return { kind: 'OK', reason };
}
