/**
 * Finds variables of the environment that were meant to be a setting and are not: misspelt, or with a word too many.
 *
 * An unknown variable is no mistake by itself, as an environment has many; only one that is close to a setting's name is reported. Pure.
 */
import type { Environment } from './config.ts';

/** Every variable of the README's table. */
export const SETTING_NAMES: readonly string[] = `
  DATABASE_URL DATA_DIR ROLES MX_HOSTNAME MX_NAMES MX_ADDRESSES EGRESS_ADDRESSES SMTP_LISTEN HTTP_LISTEN PUBLIC_URL
  TLS_CERT_FILE TLS_KEY_FILE OPERATOR_TOKEN POSTMASTER_ADDRESS DNS_SERVERS DNS_TRUST_AD DELIVERY_PORT ALLOW_PRIVATE_NEXT_HOPS
  MESSAGE_SIZE_LIMIT IN_FLIGHT_BYTES MIN_FREE_BYTES BARE_NEWLINES TRUSTED_CLIENTS TRUSTED_PROXIES GREETING_WAIT
  MAX_CONNECTIONS MAX_CONNECTIONS_PER_CLIENT MESSAGES_PER_MINUTE AUTHENTICATION_RESULTS ARC_DOMAIN ARC_SELECTOR ARC_KEY_FILE
  DELIVERY_HOLD LOG_LEVEL LOG_FORMAT LOG_ADDRESSES OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_HEADERS OTEL_SERVICE_NAME
  OTEL_TRACES_SAMPLER_ARG SHUTDOWN_GRACE RUNTIME`
  .trim()
  .split(/\s+/);

/** Names of others that are close to one of ours, and of our command line. */
const FOREIGN = new Set([
  'BACKUP_MX_TOKEN',
  'BACKUP_MX_TOKEN_FILE',
  'BACKUP_MX_URL',
  'HOSTNAME',
  'SSL_CERT_FILE',
  'SSL_KEY_FILE',
  'OTEL_LOG_LEVEL',
  'OTEL_TRACES_SAMPLER',
  'RUNTIME_DIRECTORY',
]);

interface Misspelt {
  readonly given: string;
  readonly meant: string;
}

/** The variables that have a value and were probably meant to be a setting, with that setting's name. */
export function findMisspelt(env: Environment): readonly Misspelt[] {
  return Object.entries(env).flatMap(([given, value]) => {
    const isOthers = SETTING_NAMES.includes(given) || FOREIGN.has(given) || given.startsWith('npm_');
    if (isOthers || (value ?? '').trim() === '') return [];
    const meant = meantName(given);
    return meant === null ? [] : [{ given, meant }];
  });
}

function meantName(given: string): string | null {
  const name = given.toUpperCase().replaceAll(/[-.]/g, '_');
  const exact = SETTING_NAMES.find((setting) => setting === name);
  if (exact !== undefined) return exact;
  const near = SETTING_NAMES.find((setting) => distance(name, setting) <= (setting.length < 8 ? 1 : 2));
  if (near !== undefined) return near;
  // The name with a word before or after it. A setting of one word stands in too many names.
  return (
    SETTING_NAMES.filter((setting) => setting.includes('_'))
      .filter((setting) => name.startsWith(`${setting}_`) || name.endsWith(`_${setting}`))
      .toSorted((a, b) => b.length - a.length)[0] ?? null
  );
}

/** Letters to add, take out, change or swap with their neighbour (optimal string alignment); 3 for "more than two". */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 3;
}
