/**
 * The command `backup-mx`: finds the verb, gives it its arguments and the terminal, and ends with its exit code.
 *
 * A new verb is a file of its own and a line in TABLES, or in VERBS when it is a single action. Exit codes: 0 done, 1 failed or
 * refused, 2 bad use (and `plan --detailed-exitcode`: something to do). SIGINT and SIGTERM ask the verb to stop; it undoes what is
 * half done and ends with 1. A second signal changes nothing: npx passes on a Ctrl-C that the terminal has sent already.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { HELP_WORDS, verbOf, type VerbTable } from '../clients/cli/action.ts';
import { completionVerb } from '../clients/cli/completion.ts';
import { contactVerb } from '../clients/cli/contact.ts';
import { dnsblVerb } from '../clients/cli/dnsbl.ts';
import { domainVerb } from '../clients/cli/domain.ts';
import { outageVerb } from '../clients/cli/outage.ts';
import { queueVerb } from '../clients/cli/queue.ts';
import { recipientsVerb } from '../clients/cli/recipients.ts';
import { BAD_USE, DONE, type ExitCode, type Terminal, type Verb } from '../clients/cli/terminal.ts';
import { tenantVerb, tokenVerb } from '../clients/cli/token.ts';
import { webhookVerb } from '../clients/cli/webhook.ts';
import { version } from '../config/machine.ts';

interface VerbEntry {
  readonly usage: string;
  /** For a verb without help of its own. */
  readonly example?: string;
  readonly load: () => Promise<Verb>;
}

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

const VERBS: Readonly<Record<string, VerbEntry>> = {
  ...Object.fromEntries(
    TABLES.map((table) => [
      table.verb,
      { usage: `${table.verb} ${Object.keys(table.actions).join('|')}`, load: async () => verbOf(table) },
    ]),
  ),
  doctor: {
    usage: 'doctor DOMAIN [--all]        examines a domain and its primary; exit code 1: a problem was found',
    load: async () => (await import('../clients/cli/doctor.ts')).doctorVerb,
  },
  drill: {
    usage:
      'drill DOMAIN [--hold MINUTES] [--to ADDRESS]   sends a marked message the whole way: what an outage would do today',
    load: async () => (await import('../clients/cli/drill.ts')).drillVerb,
  },
  plan: {
    usage: 'plan [--file FILE]           shows the changes that make domains match a file',
    load: async () => (await import('../clients/cli/apply.ts')).planVerb,
  },
  apply: {
    usage: 'apply [--file FILE]          makes domains match a file, all or nothing',
    load: async () => (await import('../clients/cli/apply.ts')).applyVerb,
  },
  export: {
    usage:
      'export --to FILE [--json]    writes settings and queue of the stopped service to a file; --undo reverts that',
    example: 'backup-mx export --to backup-mx.export',
    load: async () => (await import('./transfer.ts')).runExport,
  },
  import: {
    usage: 'import --from FILE [--json]  reads them into a new data folder or database',
    example: 'DATABASE_URL=postgres://127.0.0.1/new backup-mx import --from backup-mx.export',
    load: async () => (await import('./transfer.ts')).runImport,
  },
  completion: {
    usage: 'completion bash|zsh|fish     prints a script that completes the command in a shell',
    load: async () => completionVerb(TABLES, [...Object.keys(VERBS).slice(TABLES.length), 'help']),
  },
};

const USAGE = [
  'Usage: backup-mx VERB [OPTIONS]',
  '',
  ...Object.values(VERBS).map(({ usage }) => `  backup-mx ${usage}`),
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
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) {
    terminal.report(name === '' ? USAGE : `backup-mx: unknown command: ${name}\n${USAGE}`);
    return BAD_USE;
  }
  if (verb.example !== undefined && HELP_WORDS.includes(rest[0] ?? '')) {
    terminal.print(`  backup-mx ${verb.usage}\nExample: ${verb.example}`);
    return DONE;
  }
  return (await verb.load())(rest, terminal);
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
