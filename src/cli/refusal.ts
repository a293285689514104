/** Why a verb cannot be carried out: one line for the user. Caught where the verb is run. */
export class Refusal extends Error {}
