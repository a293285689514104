/**
 * The verbs `export` and `import` of the command: the database of the settings, progress, and a summary.
 *
 * Every expected outcome is one line on standard error and an exit code; nothing is left half done.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicMs } from '../clock.ts';
import { type Config, readConfig } from '../config/config.ts';
import { readMachine, version } from '../config/machine.ts';
import { StartError, UnavailableError } from '../db/start-error.ts';
import type { DatabaseAddress } from '../db/target.ts';
import { openPlace } from './database.ts';
import { UsageError } from '../clients/cli/action.ts';
import type { Arguments } from '../clients/cli/grammar.ts';
import { DONE, type ExitCode, FAILED, type Terminal } from '../clients/cli/terminal.ts';
import { exportDatabase, type OnProgress, type TransferSummary, undoExport } from '../transfer/export.ts';
import { openExportFile, readExportFile } from '../transfer/file.ts';
import { checkFile, importDatabase } from '../transfer/import.ts';
import { TransferError } from '../transfer/format.ts';

const REPORT_EVERY_MS = 2000;

/** @throws UsageError */
export async function runExport(given: Arguments, terminal: Terminal): Promise<ExitCode> {
  const to = given.text('to');
  if (given.isSet('undo') === (to !== undefined)) throw new UsageError('export needs either --to FILE or --undo');
  return work(terminal, 'export', async (config) => {
    refuseMissingFolder(config);
    if (to === undefined) {
      await withDatabase(config, terminal, undoExport);
      terminal.print('The export is reverted: the service may be started on this database. Do not import the file.');
      return;
    }
    const summary = await withDatabase(config, terminal, async (address) => {
      const target = await openExportFile(to);
      const onProgress = progress('exported', terminal);
      return exportDatabase({ address, serviceVersion: version, target, onProgress });
    });
    reportSummary(terminal, given.isSet('json'), `${to} holds`, summary);
    if (!given.isSet('json')) terminal.print('This database is marked as moved: no node starts on it any more.');
  });
}

/** @throws UsageError */
export async function runImport(given: Arguments, terminal: Terminal): Promise<ExitCode> {
  const from = given.text('from');
  if (from === undefined) throw new UsageError('import needs --from FILE');
  return work(terminal, 'import', async (config) => {
    await checkFile(readExportFile(from), progress('checked', terminal));
    const summary = await withDatabase(config, terminal, (address) =>
      importDatabase({ address, open: () => readExportFile(from), onProgress: progress('imported', terminal) }),
    );
    reportSummary(terminal, given.isSet('json'), 'The database holds', summary);
  });
}

/** Reads the settings, works, and turns every end into an exit code. */
async function work(terminal: Terminal, verb: string, body: (config: Config) => Promise<void>): Promise<ExitCode> {
  const settings = readConfig(terminal.env, readMachine());
  if (!settings.ok) throw new UsageError(settings.message);
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
