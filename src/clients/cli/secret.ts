/** Secrets that are told once, as an action shows them. */
import type { Call, Shown } from './action.ts';

export interface MadeSecret {
  /** Null: it was told before, to whoever asked first. */
  readonly secret: string | null;
  /** What it is for, for whoever watches. */
  readonly of: string;
  readonly data: unknown;
}

/** The secret goes to standard output alone, so that it can be put into a file; the rest is for whoever watches. */
export function createdSecret({ terminal }: Pick<Call, 'terminal'>, { secret, of, data }: MadeSecret): Shown {
  if (secret === null) return { kind: 'REFUSED', errors: [] };
  terminal.tell(`${of}: keep this secret, it is not shown again`);
  return { kind: 'LINE', line: secret, data };
}
