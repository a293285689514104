/**
 * Names that people give to tenants and tokens, for people to read.
 */
import type { Checked } from './checked.ts';
import { invalid } from './user-error.ts';

const MAX_LENGTH = 100;

/** The name without spaces around it. `what`: "A tenant's name". */
export function checkTitle(text: string, what: string): Checked<string> {
  const title = text.trim();
  if (
    title !== '' &&
    title.length <= MAX_LENGTH &&
    !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(title) &&
    title.isWellFormed()
  ) {
    return { kind: 'OK', value: title };
  }
  const message = `${what} has 1 to ${MAX_LENGTH} characters, none of them control characters.`;
  return { kind: 'BAD', errors: [invalid(['name'], message)] };
}
