/**
 * The result of a change of a setting.
 */
import type { UserError } from './user-error.ts';

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
