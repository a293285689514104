/**
 * Checks lists of networks that a person typed: every one in its one form, each complaint with the path of its entry. Pure.
 */
import { isIP } from 'node:net';
import { shown } from '../input/checked.ts';
import { invalid, type UserError } from '../input/user-error.ts';

/** Networks in lower case; IPv6 in its shortest form, so that one network is one text. Complaints go to `errors`. */
export function checkNetworks(
  input: readonly string[],
  { field, limit }: { readonly field: string; readonly limit: number },
  errors: UserError[],
): string[] {
  if (isTooMany(input, { field, what: 'networks', limit }, errors)) return [];
  const networks = new Set<string>();
  for (const [index, text] of input.entries()) {
    const path = [field, String(index)];
    const network = networkOf(text.trim());
    if (network === null) {
      const message = `"${shown(text)}" is neither an IP address nor a network. Enter one, such as 192.0.2.0/24.`;
      errors.push(invalid(path, message));
    } else if (networks.has(network)) {
      errors.push(invalid(path, `${network} is listed twice. Remove one of them.`));
    } else {
      networks.add(network);
    }
  }
  return [...networks];
}

/** Adds the complaint when there are more than `limit`. */
export function isTooMany(
  input: readonly unknown[],
  { field, what, limit }: { readonly field: string; readonly what: string; readonly limit: number },
  errors: UserError[],
): boolean {
  if (input.length <= limit) return false;
  errors.push({ field: [field], message: `A domain takes at most ${limit} ${what} here.`, code: 'TOO_MANY' });
  return true;
}

/** Null when the text is no network. Bits behind the prefix do not matter: 192.0.2.7/24 is taken. */
export function networkOf(text: string): string | null {
  const [address = '', length, ...more] = text.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0 || more.length > 0) return null;
  // The URL standard writes an IPv6 host in the form of RFC 5952, on every runtime.
  const canonical = family === 4 ? address : new URL(`http://[${address}]/`).hostname.slice(1, -1);
  if (length === undefined) return canonical;
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > (family === 4 ? 32 : 128)) return null;
  return `${canonical}/${length}`;
}
