/**
 * What can be known to be wrong before anything is touched: ports that cannot be had, TLS files and an ARC key that cannot be used.
 *
 * Promises that a start refused for one of these has made no folder, database or token. A port can still be taken between
 * here and its use; the listeners then say so themselves.
 */
import { createServer } from 'node:net';
import { wallClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { ListenAddress } from '../config/values.ts';
import { StartError, startTrouble, UnavailableError } from '../db/start-error.ts';
import { loadTlsMaterial } from '../tls/material.ts';
import { loadArcKey } from '../policy/authentication/arc-key.ts';

/** @throws StartError with the variable's name */
export async function checkPlaces(config: Config): Promise<void> {
  const { dataDir, httpListen, mxHostname: hostname, tlsFiles: files } = config;
  await checkPort('HTTP_LISTEN', httpListen);
  if (!config.roles.has('inbound')) return;
  for (const address of config.smtpListen) await checkPort('SMTP_LISTEN', address);
  try {
    if (files.length > 0) loadTlsMaterial({ dataDir, hostname, files, wallClock, warn: () => undefined });
  } catch (error) {
    const [certFiles, keyFiles] = [files.map((pair) => pair.certFile), files.map((pair) => pair.keyFile)];
    throw new StartError(`TLS_CERT_FILE ${certFiles.join()}, TLS_KEY_FILE ${keyFiles.join()}: ${messageOf(error)}`);
  }
  try {
    if (config.arcKey !== null) loadArcKey(config.arcKey);
  } catch (error) {
    throw new StartError(`ARC_KEY_FILE: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function checkPort(variable: string, { address, port }: ListenAddress): Promise<void> {
  const server = createServer();
  const code = await new Promise<string | null>((resolve) => {
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen({ host: address, port, ipv6Only: true }, () => resolve(null));
  });
  if (code === null) return new Promise((resolve) => server.close(() => resolve()));
  const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const words = REASONS[code];
  if (words === undefined) throw startTrouble(`${variable}: ${where} cannot be listened on`, { code });
  const line = `${variable}: ${where} ${words}`;
  throw code === 'EACCES' ? new StartError(line) : new UnavailableError(line);
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another process; stop that one or choose another port',
  EACCES: 'needs a right this process does not have; choose a port above 1023',
  EADDRNOTAVAIL: 'is not an address of this machine',
};
