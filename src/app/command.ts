/**
 * The command `backup-mx`: finds the verb, gives it its arguments and the terminal, and ends with its exit code.
 *
 * A new verb is a file of its own and a line in TABLES, or in SINGLE when it is a single action. Exit codes: 0 done, 1 failed or
 * refused, 2 wrong use (and `plan --detailed-exitcode`: something to do). SIGINT and SIGTERM ask the verb to stop; it undoes what
 * is half done and ends with 1. A second signal changes nothing: npx passes on a Ctrl-C that the terminal has sent already.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import {
  DONE,
  type ExitCode,
  HELP_WORDS,
  runVerb,
  type SingleVerb,
  summaryOf,
  type Terminal,
  type VerbTable,
  WRONG_USE,
} from '../clients/cli/action.ts';
import { applyVerb, planVerb } from '../clients/cli/apply.ts';
import { completionVerb } from '../clients/cli/completion.ts';
import { contactVerb } from '../clients/cli/contact.ts';
import { dnsblVerb } from '../clients/cli/dnsbl.ts';
import { domainVerb } from '../clients/cli/domain.ts';
import { doctorVerb, drillVerb } from '../clients/cli/drill.ts';
import { outageVerb, queueVerb } from '../clients/cli/queue.ts';
import { recipientsVerb } from '../clients/cli/recipients.ts';
import { tenantVerb, tokenVerb } from '../clients/cli/token.ts';
import { webhookVerb } from '../clients/cli/webhook.ts';
import { version } from '../config/machine.ts';

const TABLES: readonly VerbTable[] = [
  domainVerb,
  recipientsVerb,
  dnsblVerb,
  queueVerb,
  outageVerb,
  tokenVerb,
  tenantVerb,
  webhookVerb,
  contactVerb,
];

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

const SINGLE: readonly SingleVerb[] = [doctorVerb, drillVerb, planVerb, applyVerb, exportVerb, importVerb];

const VERBS: readonly (VerbTable | SingleVerb)[] = [
  ...TABLES,
  ...SINGLE,
  completionVerb(TABLES, [...SINGLE.map(({ verb }) => verb), 'completion', 'help']),
];

const USAGE = [
  'Usage: backup-mx VERB [OPTIONS]',
  '',
  ...VERBS.map(summaryOf),
  '',
  '`backup-mx help VERB` explains a verb; every action accepts --json. `backup-mx --version` shows the version.',
  'Example: backup-mx queue list --domain example.org',
  'BACKUP_MX_URL is the address of the service (http://127.0.0.1:8025), BACKUP_MX_TOKEN a token, BACKUP_MX_TOKEN_FILE its file.',
  'Exit codes: 0 done, 1 failed or refused, 2 wrong use.',
  'export and import work on the database itself: DATABASE_URL, or the embedded one in DATA_DIR.',
].join('\n');

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
    terminal.print(USAGE);
    return DONE;
  }
  const verb = VERBS.find((each) => each.verb === name);
  if (verb !== undefined) return runVerb(verb, rest, terminal);
  terminal.report(name === '' ? USAGE : `backup-mx: unknown command: ${name}\n${USAGE}`);
  return WRONG_USE;
}

/** All of it, also into a pipe that is full. A reader who has gone, as in `| head`, ends the command without a word. */
function writeLine(file: 1 | 2, line: string): void {
  let rest = Buffer.from(`${line}\n`);
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
    isScreen: process.stdout.isTTY,
    isWatched: process.stderr.isTTY,
    interruption: interruption.signal,
    question: process.stdin.isTTY && process.stderr.isTTY ? askOnTerminal : null,
    readInput: async () => (await process.stdin.setEncoding('utf8').toArray()).join(''),
  }),
);
