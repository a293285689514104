/**
 * The command `backup-mx`: finds the verb, gives it its arguments and the terminal, and ends with its exit code.
 *
 * A new verb is a file of its own and a line in clients/cli/verbs.ts. Exit codes: 0 done, 1 failed or refused, 2 wrong use (and
 * `plan --detailed-exitcode`: something to do). SIGINT and SIGTERM ask the verb to stop; it undoes what is half done and ends
 * with 1. A second signal changes nothing: npx passes on a Ctrl-C that the terminal has sent already.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import type { SingleVerb, Verb } from '../clients/cli/action.ts';
import { HELP_WORDS, summaryOf } from '../clients/cli/help.ts';
import { runVerb } from '../clients/cli/run.ts';
import { didYouMean } from '../clients/cli/suggest.ts';
import { DONE, type ExitCode, type Terminal, WRONG_USE } from '../clients/cli/terminal.ts';
import { VERBS } from '../clients/cli/verbs.ts';
import { version } from '../config/machine.ts';
import { openBrowser } from '../clients/cli/browser.ts';

const exportVerb: SingleVerb = {
  verb: 'export',
  usage: '--to FILE | --undo',
  says: 'Writes settings and queue of the stopped service to a file; --undo reverts that.',
  example: 'backup-mx export --to backup-mx.export',
  // The code of the service is loaded only here.
  runLocally: async (given, terminal) => (await import('./transfer.ts')).runExport(given, terminal),
};

const importVerb: SingleVerb = {
  verb: 'import',
  usage: '--from FILE',
  says: 'Reads such a file into a new data folder or database.',
  example: 'DATABASE_URL=postgres://127.0.0.1/new backup-mx import --from backup-mx.export',
  runLocally: async (given, terminal) => (await import('./transfer.ts')).runImport(given, terminal),
};

/** The verbs of the service, and those of this machine. */
const ALL: Readonly<Record<string, () => Promise<Verb>>> = {
  ...VERBS,
  export: async () => exportVerb,
  import: async () => importVerb,
  completion: async () =>
    (await import('../clients/cli/completion.ts')).completionVerb(loadVerbs, ['completion', 'help']),
};

/** All but completion itself. */
function loadVerbs(): Promise<readonly Verb[]> {
  return Promise.all(Object.entries(ALL).flatMap(([name, load]) => (name === 'completion' ? [] : [load()])));
}

async function usage(): Promise<string> {
  const verbs = await Promise.all(Object.values(ALL).map((load) => load()));
  return [
    'Usage: backup-mx VERB [OPTIONS]',
    '',
    ...verbs.map(summaryOf),
    '',
    '`backup-mx help VERB` explains a verb, `backup-mx help VERB ACTION` one action with its values. `--version` shows the version.',
    'Every action accepts --json, for programs, and --utc, which shows times as 2026-08-01T03:10:00.000Z.',
    'create and delete are also called add and remove, and set is also called update.',
    'Example: backup-mx queue list --domain example.org',
    'BACKUP_MX_URL is the address of the service (http://127.0.0.1:8025), BACKUP_MX_TOKEN a token, BACKUP_MX_TOKEN_FILE its file.',
    'Exit codes: 0 done, 1 failed or refused, 2 wrong use.',
    'export and import work on the database itself: DATABASE_URL, or the embedded one in DATA_DIR.',
  ].join('\n');
}

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name = '', ...rest] = args;
  if (name === '--version' || name === 'version') {
    terminal.print(`backup-mx ${version}`);
    return DONE;
  }
  if (HELP_WORDS.includes(name)) {
    const [about, ...more] = rest;
    if (about !== undefined && !HELP_WORDS.includes(about))
      return run([about, ...more, more.length === 0 ? 'help' : '--help'], terminal);
    terminal.print(await usage());
    return DONE;
  }
  const load = Object.hasOwn(ALL, name) ? ALL[name] : undefined;
  if (load !== undefined) return runVerb(await load(), rest, terminal);
  const names = [...Object.keys(ALL), 'help'];
  terminal.report(
    name === ''
      ? await usage()
      : `backup-mx: unknown command: ${name}${didYouMean(name, names)}\n\`backup-mx help\` lists all: ${names.join(', ')}`,
  );
  return WRONG_USE;
}

/** All of it, also into a pipe that is full. A reader who has gone, as in `| head`, ends the command without a word. */
function write(file: 1 | 2, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(file, rest));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'EPIPE') process.exit(DONE);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function writeLine(file: 1 | 2, line: string): void {
  write(file, `${line}\n`);
}

/** The line editor is the terminal's own, so that Ctrl-C reaches us as a signal. */
async function askOnTerminal(text: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    return await reader.question(text, { signal: interruption.signal });
  } catch (error) {
    if (interruption.signal.aborted) return '';
    throw error;
  } finally {
    reader.close();
  }
}

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort(signal));

// Drivers keep a process alive after their work.
process.exit(
  await run(process.argv.slice(2), {
    env: process.env,
    print: (line) => writeLine(1, line),
    report: (line) => writeLine(2, line),
    // Back to the beginning of the line, and remove it.
    progress: (text) => write(2, `\r\u001b[K${text}`),
    isScreen: process.stdout.isTTY,
    isWatched: process.stderr.isTTY,
    width: process.stdout.isTTY ? process.stdout.columns : null,
    interruption: interruption.signal,
    question: process.stdin.isTTY && process.stderr.isTTY ? askOnTerminal : null,
    openBrowser: (url) => openBrowser(url, process.env, process.platform),
    readInput: async () => (await process.stdin.setEncoding('utf8').toArray()).join(''),
  }),
);
