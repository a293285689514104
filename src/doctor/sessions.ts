/** What a session with the primary shows, in words. Pure. */
import { formatEndpoint } from '../net/addresses.ts';
import type { Evidence } from './check.ts';
import type { SessionFact } from './facts.ts';

const WORDS = { CONNECT: 'connection', MAIL: 'MAIL', RCPT: 'RCPT of postmaster' } as const;

export function sessionEvidence({ host, address, port, localAddress, stage, reply }: SessionFact): Evidence {
  const from = localAddress === null ? '' : ` from ${localAddress}`;
  return { asked: `${WORDS[stage]} at ${host} (${formatEndpoint({ address, port })})${from}`, answered: reply };
}

/** `5.2 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
