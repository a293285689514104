/** What a session with the primary shows, in words. Pure. */
import { formatEndpoint } from '../mail/ip.ts';
import { type Evidence, type Judgement, ok, unknown, whenKnown } from './check.ts';
import type { Facts, SessionFact } from './facts.ts';

const WORDS = { CONNECT: 'connection', MAIL: 'MAIL', RCPT: 'RCPT of postmaster' } as const;

export function sessionEvidence({ host, address, port, localAddress, stage, reply }: SessionFact): Evidence {
  const from = localAddress === null ? '' : ` from ${localAddress}`;
  return { asked: `${WORDS[stage]} at ${host} (${formatEndpoint({ address, port })})${from}`, answered: reply };
}

/** No word of the primary: our own machine has no way to addresses of that family. */
export function isOurLack({ kind, stage, reply }: SessionFact): boolean {
  const ours = /^\[no route: (?:ENETUNREACH|ENETDOWN|EAFNOSUPPORT|EADDRNOTAVAIL)\]/;
  return kind === 'SILENT' && stage === 'CONNECT' && ours.test(reply);
}

/** It took the connection, and said nothing that we could go on with within the time of a session. */
export function isTooSlow({ kind, stage, reply }: SessionFact): boolean {
  return kind === 'SILENT' && stage === 'CONNECT' && reply.startsWith('[no session within');
}

/** Where nothing ill was seen: well if the primary has spoken, else nobody knows. */
export function okWhenSpoken({ sessions }: Pick<Facts, 'sessions'>, ...evidence: readonly Evidence[]): Judgement {
  return whenKnown(sessions, (all) =>
    all.some(({ kind }) => kind !== 'SILENT') ? ok(...evidence) : unknown(...all.map(sessionEvidence)),
  );
}

/** `5.2 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
