/**
 * The command `backup-mx`: finds the verb, gives it its arguments and the terminal, and ends with its exit code.
 *
 * A new verb is one line in VERBS and a file of its own, which is loaded only when it is called. Exit codes: 0 done, 1 failed or
 * refused, 2 bad use. SIGINT and SIGTERM ask the verb to stop; it undoes what it has half done and ends with 1. A second signal
 * changes nothing: npx passes on a Ctrl-C that the terminal has sent already.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { BAD_USE, DONE, type ExitCode, type Terminal, type Verb } from './main-verb.ts';

interface VerbEntry {
  readonly usage: string;
  readonly load: () => Promise<Verb>;
}

const VERBS: Readonly<Record<string, VerbEntry>> = {
  export: {
    usage:
      'export --to FILE [--json]    settings and queue of the stopped service into a file; export --undo takes it back',
    load: async () => (await import('./main-transfer.ts')).runExport,
  },
  import: {
    usage: 'import --from FILE [--json]  the same into a new data folder or database',
    load: async () => (await import('./main-transfer.ts')).runImport,
  },
};

const USAGE = [
  'Usage: backup-mx VERB [OPTIONS]',
  '',
  ...Object.values(VERBS).map(({ usage }) => `  backup-mx ${usage}`),
  '',
  'The database is that of the service: DATABASE_URL, or the embedded one in DATA_DIR.',
].join('\n');

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name = '', ...rest] = args;
  if (['help', '--help', '-h'].includes(name)) {
    terminal.print(USAGE);
    return DONE;
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) {
    terminal.tell(name === '' ? USAGE : `backup-mx: ${name} is no verb\n${USAGE}`);
    return BAD_USE;
  }
  return (await verb.load())(rest, terminal);
}

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort(signal));

// Drivers keep a process alive after their work.
process.exit(
  await run(process.argv.slice(2), {
    env: process.env,
    print: (line) => void writeSync(1, `${line}\n`),
    tell: (line) => void writeSync(2, `${line}\n`),
    interruption: interruption.signal,
  }),
);
