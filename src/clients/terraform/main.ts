/**
 * terraform-provider-backupmx: what Terraform starts. Prints one line, then serves until Terraform ends it, or is gone itself.
 *
 * Nothing else may be printed. Ctrl-C reaches us as well as Terraform, which then waits for what is under way: it is ignored.
 */
import process from 'node:process';
import { handshakeLine, readSummons, startPluginServer } from './goplugin/server.ts';
import { createProvider } from './provider.ts';
import { answerFault, createHandlers } from './sdk/provider.ts';

/** Whoever kills Terraform leaves us without a parent. */
const LOOK_FOR_PARENT_EVERY_MS = 1000;

async function main(): Promise<void> {
  const summons = readSummons(process.env);
  if (summons.kind === 'REFUSED') {
    process.stderr.write(`${summons.message}\n`);
    process.exitCode = 1;
    return;
  }
  process.on('SIGINT', () => undefined);
  const parent = process.ppid;
  let end = (): void => undefined;
  const server = await startPluginServer({
    handlers: createHandlers(
      createProvider({ env: process.env, stopping: new AbortController(), now: () => new Date() }),
    ),
    onFault: (_method, error) => answerFault(error),
    onShutdown: () => setImmediate(() => end()),
    clientCertificate: summons.clientCertificate,
    ports: process.platform === 'win32' ? summons.ports : null,
    now: new Date(),
  });
  end = () => void server.close().finally(() => process.exit(0));
  process.on('SIGTERM', end);
  setInterval(() => {
    if (process.ppid !== parent || !isThere(parent)) end();
  }, LOOK_FOR_PARENT_EVERY_MS).unref();
  process.stdout.write(`${handshakeLine(server.endpoint, server.certificate)}\n`);
}

/** On Windows a process keeps the number of a parent that is gone. */
function isThere(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

void main();
