/** The code of an error, of whichever library: `ENOSPC` of the system, `53100` of PostgreSQL. */

/** The code, else the message. */
export function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return error instanceof Error ? error.message : String(error);
}
