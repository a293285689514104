/**
 * The entry point of the service: reads the settings, starts the node of app/node.ts, and stops it on a signal.
 *
 * A wrong setting stops the start with one line and exit 2, a failure that may pass with one line and exit 1. SIGTERM or SIGINT
 * stops cleanly; a second signal changes nothing. Decides nothing about mail.
 */
import process from 'node:process';
import { monotonicMs } from './clock.ts';
import { type Config, readConfig } from './config/config.ts';
import { findMisspelt } from './config/misspelt.ts';
import { readMachine, runtime, version } from './config/machine.ts';
import { lateTrouble, StartError, UnavailableError } from './db/start-error.ts';
import { createLog, type Log } from './telemetry/log.ts';

const EXIT_UNAVAILABLE = 1;
const EXIT_BAD_START = 2;

function refuseStart(line: string, exitCode: number = EXIT_BAD_START): never {
  process.stderr.write(`backup-mx: ${line.replaceAll(/\s*\n\s*/g, ' ')}\n`);
  process.exit(exitCode);
}

async function run(config: Config, log: Log, interfaceAddresses: readonly string[]): Promise<void> {
  const startedAt = monotonicMs();
  // Most of the code: a wrong setting is refused without it.
  const { startNode } = await import('./app/node.ts');
  const node = await startNode({ config, log, version, runtime, interfaceAddresses });
  faultLog = node.log;
  // Only where a person reads it: the link is a key, and a log is kept.
  if (process.stdout.isTTY && config.roles.has('control')) {
    const link = await node.makeConsoleLink();
    process.stdout.write(`\nThe console: ${link}\nIt opens once, within ten minutes; later: npx backup-mx console\n\n`);
  }
  let isStopping = false;
  const stop = (reason: string) => {
    if (isStopping) return;
    isStopping = true;
    log.stopping({ reason, graceMs: config.shutdownGraceMs });
    node
      .stop()
      .then(() => {
        log.stopped({ uptimeMs: Math.round(monotonicMs() - startedAt) });
        // A part that did not stop in time may keep the process alive.
        process.exit(0);
      })
      .catch((error: unknown) => {
        log.fault({ where: 'stop', error });
        process.exit(1);
      });
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
}

const machine = readMachine();
const settings = readConfig(process.env, machine);
if (!settings.ok) refuseStart(settings.message);

const log = createLog({
  level: settings.config.logLevel,
  format: settings.config.logFormat ?? (process.stdout.isTTY ? 'pretty' : 'json'),
  addresses: settings.config.logAddresses,
  write: (line) => {
    process.stdout.write(`${line}\n`);
  },
  now: () => new Date(),
});
// Only a signal may end a process that holds mail: a stray error is a bug, logged and survived.
let faultLog: Pick<Log, 'fault'> = log;
process.on('uncaughtException', (error) => faultLog.fault({ where: 'uncaught exception', error }));
process.on('unhandledRejection', (error) => faultLog.fault({ where: 'unhandled rejection', error }));

for (const { given, meant } of findMisspelt(process.env)) {
  log.warning({ where: 'settings', message: `unknown setting ignored: ${given}; did you mean ${meant}?` });
}

try {
  await run(settings.config, log, machine.interfaceAddresses);
} catch (error) {
  if (error instanceof StartError) refuseStart(error.message);
  if (error instanceof UnavailableError) refuseStart(error.message, EXIT_UNAVAILABLE);
  const line = lateTrouble(error);
  if (line !== null) refuseStart(line, EXIT_UNAVAILABLE);
  log.fault({ where: 'start', error });
  process.exit(1);
}
