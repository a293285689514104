/**
 * Loads the keys and certificates for STARTTLS, and tells what a verifying sender would find wrong with them.
 */
import { X509Certificate } from 'node:crypto';
import { wallClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { loadTlsMaterial, type TlsMaterial } from '../inbound/tls-material.ts';
import { certificateWarnings } from '../inbound/tls-warnings.ts';
import type { Timers } from './timers.ts';
import type { Log } from '../telemetry/log.ts';

const LOOK_EVERY_MS = 86_400_000;

/** When the first of these certificates ends, in milliseconds since 1970. */
export function earliestExpiryMs(material: TlsMaterial): number {
  return Math.min(...[material, ...material.others].map(({ cert }) => Date.parse(new X509Certificate(cert).validTo)));
}

/** Warns at once and again each day while there is something to warn of. */
export function watchCertificates(parts: { config: Config; log: Log; timers: Timers }): () => TlsMaterial {
  const { config, log, timers } = parts;
  const current = loadTlsMaterial({
    dataDir: config.dataDir,
    hostname: config.mxHostname,
    files: config.tlsFiles,
    wallClock,
    warn: (message) => log.warning({ where: 'tls', message }),
  });
  const tell = (): void => {
    for (const message of certificateWarnings(current(), config.mxNames, wallClock())) {
      log.warning({ where: 'tls', message });
    }
  };
  tell();
  timers.every(LOOK_EVERY_MS, 'certificates', async () => tell());
  return current;
}
