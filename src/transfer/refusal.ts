/**
 * Why a move is not made: one line for the operator, who can act on it. Nothing was changed then.
 */

export class Refusal extends Error {
  override readonly name = 'Refusal';
}
