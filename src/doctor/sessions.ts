/** What a session with the primary shows, in words. Pure. */
import { formatEndpoint } from '../net/addresses.ts';
import { type Evidence, type Judgement, ok, unknown, whenKnown } from './check.ts';
import type { Facts, SessionFact } from './facts.ts';

const WORDS = { CONNECT: 'connection', MAIL: 'MAIL', RCPT: 'RCPT of postmaster' } as const;

export function sessionEvidence({ host, address, port, localAddress, stage, reply }: SessionFact): Evidence {
  const from = localAddress === null ? '' : ` from ${localAddress}`;
  return { asked: `${WORDS[stage]} at ${host} (${formatEndpoint({ address, port })})${from}`, answered: reply };
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
