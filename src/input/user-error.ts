/**
 * An error of a person, as a value: the path of the input field, a sentence that says what to do, a stable code.
 *
 * Codes are part of the public API and never renamed. Faults of the service are exceptions, not user errors.
 */

export type UserErrorCode =
  | 'INVALID'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'TAKEN'
  | 'HOST_NOT_DOMAIN'
  | 'HELD_MAIL'
  | 'CONFLICT'
  | 'SHRINK'
  | 'TOO_MANY'
  | 'CLAIM_LOST'
  | 'FORBIDDEN'
  | 'QUOTA'
  | 'IN_DELIVERY';

export interface UserError {
  /** Path within the input, an index as its digits: `['deliverTo', '0', 'host']`. */
  readonly field: readonly string[];
  readonly message: string;
  readonly code: UserErrorCode;
}

export function invalid(field: readonly string[], message: string): UserError {
  return { field, message, code: 'INVALID' };
}
