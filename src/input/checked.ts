/**
 * The result of checking what a person typed: the value in its one form, or complaints that say what to do.
 */
import type { UserError } from './user-error.ts';

export type Checked<T> =
  | { readonly kind: 'OK'; readonly value: T }
  | { readonly kind: 'BAD'; readonly errors: UserError[] };

/** The errors of several checks together. */
export function errorsOf(...checks: readonly Checked<unknown>[]): UserError[] {
  return checks.flatMap((check) => (check.kind === 'BAD' ? check.errors : []));
}

/** One complaint. */
export function bad(error: UserError): Checked<never> {
  return { kind: 'BAD', errors: [error] };
}

/** Foreign text inside a sentence of ours: no control characters, no halves of characters, not endless. */
export function shown(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
  return (plain.length > 80 ? `${plain.slice(0, 80)}…` : plain).toWellFormed();
}
