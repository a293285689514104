/** A verb of the command as a person calls it: what it prints to whom, and how it ends. */
import { runVerb, type SingleVerb, type Terminal, type VerbTable } from '../../../src/clients/cli/action.ts';
import { TOKEN } from '../../control/harness.ts';

export interface Ended {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** `url`: of the service, which the operator's token speaks to. */
export async function callVerb(
  url: string,
  verb: SingleVerb | VerbTable,
  args: readonly string[],
  changes: Partial<Terminal> = {},
): Promise<Ended> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    env: { BACKUP_MX_URL: url, BACKUP_MX_TOKEN: TOKEN },
    print: (line) => void out.push(...line.split('\n')),
    report: (line) => void err.push(...line.split('\n')),
    isScreen: false,
    isWatched: false,
    question: null,
    interruption: new AbortController().signal,
    readInput: async () => '',
    ...changes,
  };
  const code = await runVerb(verb, args, terminal);
  return { code, out, err };
}
