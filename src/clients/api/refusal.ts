/** Why what a user asked for cannot be done: one line for the user. Caught where it is shown. */
export class Refusal extends Error {}
