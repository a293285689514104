/**
 * A service whose SMTP client waits for seconds where RFC 5321 §4.5.3.2 says minutes, for tests of primaries that fall silent.
 *
 * The time-outs are no setting of the service: it is given a module to load first.
 */
import { join } from 'node:path';
import type { SmtpTimeouts } from '../../src/smtp/session.ts';
import { chosenRuntime } from './service.ts';

const PRELOAD = join(import.meta.dirname, 'short-timeouts-preload.ts');

/** Why this runtime cannot be told to load a module first; null where it can. */
export const WHY_NO_SHORT_TIMEOUTS =
  chosenRuntime() === 'deno' ? 'Deno takes no module to load first from its environment' : null;

/** The environment of such a service. What is not named stays as it is. */
export function shortTimeouts(timeouts: Partial<SmtpTimeouts>): Record<string, string> {
  return {
    SHORT_TIMEOUTS: JSON.stringify(timeouts),
    BUN_OPTIONS: `--preload=${PRELOAD}`,
    NODE_OPTIONS: `--import=${PRELOAD}`,
  };
}
