/** A verb of the command as a person calls it: what it prints to whom, and how it ends. */
import type { SingleVerb, VerbTable } from '../../../src/clients/cli/action.ts';
import { runVerb } from '../../../src/clients/cli/run.ts';
import type { Terminal } from '../../../src/clients/cli/terminal.ts';
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
    progress: (text) => void (text === '' ? 0 : err.push(text)),
    width: null,
    question: null,
    interruption: new AbortController().signal,
    openBrowser: async () => false,
    readInput: async () => '',
    ...changes,
  };
  const code = await runVerb(verb, args, terminal);
  return { code, out, err };
}
