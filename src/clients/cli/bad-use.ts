/** Mistakes in the arguments of the command, told apart from what the service refuses. */
import { Refusal } from '../api/refusal.ts';

/** A verb cannot be carried out because of its arguments, which say too little, too much or nonsense. */
export class BadUse extends Refusal {}
