/** Why a verb cannot be carried out: one line for the user. Caught where the verb is run. */
export class Refusal extends Error {}

/** Because of its arguments, which say too little, too much or nonsense. */
export class BadUse extends Refusal {}
