/**
 * The result of checking what a person typed: the value in its one form, or errors that say what to do.
 *
 * An error has the path of the input field, a sentence and a stable code. Codes are part of the public API and never renamed.
 * Faults of the service are exceptions, not user errors.
 */

import type { UserErrorCode } from './error-codes.ts';

export interface UserError {
  /** Path within the input, an index as its digits: `['deliverTo', '0', 'host']`. */
  readonly path: readonly string[];
  readonly message: string;
  readonly code: UserErrorCode;
}

/** @param code the cause; INVALID only where no other code says it */
export function invalid(path: readonly string[], message: string, code: UserErrorCode): UserError {
  return { path, message, code };
}

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

/** Why a text of a person was refused: its length, or characters that cannot be shown. */
export function faultOfText(text: string, most: number): 'REQUIRED' | 'TOO_LONG' | 'INVALID' {
  if (text === '') return 'REQUIRED';
  return text.length > most ? 'TOO_LONG' : 'INVALID';
}

/** Foreign text inside a sentence of ours: no control characters, no halves of characters, not endless. */
export function shown(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
  return (plain.length > 80 ? `${plain.slice(0, 80)}…` : plain).toWellFormed();
}

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
  return { kind: 'BAD', errors: [invalid(['name'], message, faultOfText(title, MAX_LENGTH))] };
}

export type Change<T> =
  | { readonly kind: 'DONE'; readonly object: T }
  /** `object` is the viewer's own that stands in the way, where there is one. */
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[]; readonly object: T | null };

export function refused(...errors: readonly UserError[]): {
  readonly kind: 'REFUSED';
  readonly errors: readonly UserError[];
  readonly object: null;
} {
  return { kind: 'REFUSED', errors, object: null };
}
