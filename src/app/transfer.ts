/**
 * The verbs `export` and `import` of the command: arguments, the database of the settings, progress, and what is said at the end.
 *
 * Every expected outcome is one line on standard error and an exit code; nothing is left half done.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { monotonicMs } from '../clock.ts';
import { type Config, readConfig } from '../config/config.ts';
import { readMachine, version } from '../config/machine.ts';
import { StartError, UnavailableError } from '../db/start-error.ts';
import type { DatabaseAddress } from '../db/target.ts';
import { openPlace } from './database.ts';
import { BAD_USE, DONE, type ExitCode, FAILED, type Terminal, type Verb } from '../clients/cli/terminal.ts';
import { exportDatabase, type OnProgress, type TransferSummary, undoExport } from '../transfer/export.ts';
import { openExportFile, readExportFile } from '../transfer/file.ts';
import { checkFile, importDatabase } from '../transfer/import.ts';
import { TransferError } from '../transfer/format.ts';

const REPORT_EVERY_MS = 2000;

export const runExport: Verb = async (args, terminal) => {
  const options = readOptions(args, { to: 'string', undo: 'boolean', json: 'boolean' }, terminal);
  if (options === null) return BAD_USE;
  const { to, undo, json } = options;
  if ((undo === true) === (typeof to === 'string')) {
    return badUse(terminal, 'export needs either --to FILE or --undo');
  }
  return work(terminal, 'export', async (config) => {
    refuseMissingFolder(config);
    if (typeof to !== 'string') {
      await withDatabase(config, terminal, undoExport);
      terminal.print('The export is reverted: the service may be started on this database. Do not import the file.');
      return;
    }
    const summary = await withDatabase(config, terminal, async (address) => {
      const target = await openExportFile(to);
      const onProgress = progress('exported', terminal);
      return exportDatabase({ address, serviceVersion: version, target, onProgress });
    });
    reportSummary(terminal, json === true, `${to} holds`, summary);
    if (json !== true) terminal.print('This database is marked as moved: no node starts on it any more.');
  });
};

export const runImport: Verb = async (args, terminal) => {
  const options = readOptions(args, { from: 'string', json: 'boolean' }, terminal);
  if (options === null) return BAD_USE;
  const { from, json } = options;
  if (typeof from !== 'string') return badUse(terminal, 'import needs --from FILE');
  return work(terminal, 'import', async (config) => {
    await checkFile(readExportFile(from), progress('checked', terminal));
    const summary = await withDatabase(config, terminal, (address) =>
      importDatabase({ address, open: () => readExportFile(from), onProgress: progress('imported', terminal) }),
    );
    reportSummary(terminal, json === true, 'The database holds', summary);
  });
};

type OptionTypes = Readonly<Record<string, 'string' | 'boolean'>>;

function readOptions(
  args: readonly string[],
  types: OptionTypes,
  terminal: Terminal,
): Readonly<Record<string, string | boolean | undefined>> | null {
  try {
    const options = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
    const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
    return values;
  } catch (error) {
    badUse(terminal, error instanceof Error ? error.message : String(error));
    return null;
  }
}

function badUse(terminal: Terminal, line: string): ExitCode {
  terminal.report(`backup-mx: ${line}`);
  return BAD_USE;
}

/** Reads the settings, works, and turns every end into an exit code. */
async function work(terminal: Terminal, verb: string, body: (config: Config) => Promise<void>): Promise<ExitCode> {
  const settings = readConfig(terminal.env, readMachine());
  if (!settings.ok) return badUse(terminal, settings.message);
  try {
    await body(settings.config);
    return DONE;
  } catch (error) {
    const isExpected = [TransferError, StartError, UnavailableError].some((kind) => error instanceof kind);
    const reason = error instanceof Error ? error.message : String(error);
    terminal.report(`backup-mx ${verb}: ${isExpected ? '' : 'failed: '}${reason}`);
    return FAILED;
  }
}

/** An embedded server would create a missing folder: an export of nothing. */
function refuseMissingFolder({ databaseUrl, dataDir }: Config): void {
  if (databaseUrl !== null || existsSync(join(dataDir, 'postgres', 'PG_VERSION'))) return;
  throw new TransferError(`there is no database in DATA_DIR ${dataDir}, and DATABASE_URL is not set`);
}

async function withDatabase<T>(
  config: Config,
  terminal: Terminal,
  body: (address: DatabaseAddress) => Promise<T>,
): Promise<T> {
  const place = await openPlace(config, {
    trace: () => undefined,
    warning: ({ message }) => terminal.report(message),
  });
  try {
    terminal.report(place.description);
    return await body(place.address);
  } finally {
    await place.stop();
  }
}

/** Reports progress every two seconds, and stops the work when the user interrupts it. */
function progress(done: string, { report, interruption }: Terminal): OnProgress {
  let reportedAt = monotonicMs();
  return (table, bytes) => {
    if (interruption.aborted) throw new TransferError(`stopped by ${String(interruption.reason)}: nothing was changed`);
    const now = monotonicMs();
    if (now - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = now;
    report(`${done} ${megabytes(bytes)} (${table})`);
  };
}

function reportSummary(terminal: Terminal, isJson: boolean, subject: string, summary: TransferSummary): void {
  if (isJson) {
    terminal.print(JSON.stringify(summary));
    return;
  }
  const { rows, bytes, sha256, exportedAt } = summary;
  const count = Object.values(rows).reduce((sum, table) => sum + table, 0);
  const what = `${rows['domains'] ?? 0} domains, ${rows['messages'] ?? 0} held messages`;
  terminal.print(
    `${subject} ${what}; ${count} rows, ${megabytes(bytes)}, exported at ${exportedAt}, SHA-256 ${sha256}`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
