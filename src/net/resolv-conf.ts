/**
 * Reads the name servers out of the text of resolv.conf(5). Pure: config.ts reads the file.
 *
 * Search lists and options are ignored: mail domains are always fully qualified.
 */
import { formatEndpoint, normalizeAddress } from './addresses.ts';

/** What the C library does: at most three servers, and the local one when none is named. */
const MAX_SERVERS = 3;
const DEFAULT_SERVER = '127.0.0.1:53';

/**
 * The servers as `ip:port`, in the order of the file. Lines that name no plain IP address (a link-local address with
 * a zone, a name) are passed over. Never empty.
 */
export function serversFromResolvConf(text: string): string[] {
  const servers: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const address = normalizeAddress(/^\s*nameserver\s+([^\s#;]+)/.exec(line)?.[1] ?? '');
    if (address !== null) servers.push(formatEndpoint({ address, port: 53 }));
  }
  return servers.length === 0 ? [DEFAULT_SERVER] : servers.slice(0, MAX_SERVERS);
}
