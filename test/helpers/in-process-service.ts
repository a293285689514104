/**
 * The whole service in the process of its test, driven by SMTP and GraphQL as `startService` drives a child: no runtime to
 * start, no modules to load and to compile again. This is what `startFlow` and tests take that are about mail.
 *
 * Take `startService` where the process itself is the subject: signals and kills, memory, processor time or descriptors of the
 * service, the lines of its standard output around start and stop, stray errors that it survives, settings that are refused or
 * misspelt, a module loaded first (short-timeouts.ts), an embedded database, another runtime. Also where nodes must learn of
 * each other's changes (modules would be shared), and for a test that works so much itself that the service would not answer.
 *
 * For Bun. With another RUNTIME it is `startService`.
 */
import { rm } from 'node:fs/promises';
import { startNode } from '../../src/app/node.ts';
import { readConfig } from '../../src/config/config.ts';
import { readMachine, runtime, version } from '../../src/config/machine.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { until } from './child.ts';
import {
  chosenRuntime,
  isReady,
  makeDataDir,
  reachService,
  type RunningService,
  serviceEnvironment,
  startService,
} from './service.ts';

const READY_WITHIN_MS = 100_000;

/** Starts it and waits until it is ready. Throws what a service would end with. */
export async function startServiceInProcess({
  env: given,
}: {
  /** Names a database: an embedded one belongs to a process. */
  readonly env: Readonly<Record<string, string>>;
}): Promise<RunningService> {
  if (chosenRuntime() !== 'bun') return startService({ env: given });
  if (given['DATABASE_URL'] === undefined) throw new Error('a service in this process needs DATABASE_URL');
  if (given['BUN_OPTIONS'] !== undefined) throw new Error('options of the runtime need a process: take startService');
  const dataDir = await makeDataDir();
  const env = { ...(await serviceEnvironment(dataDir)), ...given };
  const startedAtMs = performance.now();
  const machine = readMachine();
  const settings = readConfig(env, machine);
  if (!settings.ok) throw new Error(settings.message);
  const { config } = settings;
  const lines: string[] = [];
  const output = () => lines.map((line) => `${line}\n`).join('');
  const log = createLog({
    level: config.logLevel,
    format: config.logFormat ?? 'json',
    addresses: config.logAddresses,
    write: (line) => lines.push(line),
    now: () => new Date(),
  });
  const node = await startNode({ config, log, version, runtime, interfaceAddresses: machine.interfaceAddresses });
  let hasEnded = false;
  let ending: Promise<void> | null = null;
  const end = () =>
    (ending ??= node.stop().finally(() => {
      hasEnded = true;
    }));
  const service = reachService({ env, dataDir, output, hasEnded: () => hasEnded });
  const remove = async () => {
    await end();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await until('the service is ready', READY_WITHIN_MS, () => isReady(service.httpUrl));
  } catch (error) {
    await remove();
    throw new Error(`it is not ready; it said:\n${output()}`, { cause: error });
  }
  return {
    ...service,
    readyAfterMs: performance.now() - startedAtMs,
    stop: async () => {
      await end();
      return 0;
    },
    remove,
  };
}
