/**
 * Host names with a wildcard, as certificates and MTA-STS policies write them (RFC 9525 §6.3, RFC 8461 §4.1). Pure.
 */

/** Is `name` what the pattern says, or one label below its wildcard? Both lower case, without a final dot. */
export function coversName(pattern: string, name: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === name;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}
