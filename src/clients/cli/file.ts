/** A file that a verb is given by name. */
import { readFile } from 'node:fs/promises';
import type { Call } from './action.ts';
import { Refusal } from '../api/refusal.ts';

/** `-` is standard input. Throws Refusal when it cannot be read. */
export async function readFileOrInput({ terminal }: Pick<Call, 'terminal'>, file: string): Promise<string> {
  try {
    return file === '-' ? await terminal.readInput() : await readFile(file, 'utf8');
  } catch (error) {
    throw new Refusal(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
