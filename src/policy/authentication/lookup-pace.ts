/**
 * The pace of look-ups for messages that ask the DNS for more than honest mail does.
 *
 * A message has some look-ups and some kilobytes of SPF records and keys freely. For each look-up beyond that it waits for a turn: one in
 * ten milliseconds for the whole node, the clients' networks in rotation. To ask once more and read what comes takes one or two.
 * Promises that the records of senders, whatever they are, take a fifth of a processor at most, and that honest mail never waits
 * here. Who has no turn in time has a temporary error instead of an answer.
 */
import { setTimeout } from 'node:timers';
import type { LookUps } from '../../dns/resolver.ts';
import { createShares } from '../../dns/shares.ts';
import { clientNetwork } from '../../mail/ip.ts';
import type { Lookup } from './sender-auth.ts';

/** SPF allows ten terms that ask; keys and the policy of DMARC come beside it. */
export const FREE_QUERIES = 24;
export const FREE_OCTETS = 6144;
const TURN_MS = 10;
/** So long may a message wait for its results, and half of that time SPF may take for a report. */
const MOST_WAIT_MS = 10_000;
/** As many turns as there are in that time: more of one network would be late. */
const MOST_WAITING = 1000;

/** The look-ups of one message of the client with this address; null: of one that is not known. */
export type LookupFor = (clientAddress: string | null) => Lookup;

export function createLookupPace(forClient: (address: string) => Pick<LookUps, 'query'>): LookupFor {
  const turns = createShares({ total: 1, party: 1, zone: 1, waiting: MOST_WAITING });
  return (clientAddress) => {
    const network = clientNetwork(clientAddress ?? '');
    const { query } = forClient(clientAddress ?? '');
    let queries = 0;
    let octets = 0;
    return async (name, type) => {
      queries += 1;
      if (queries > FREE_QUERIES || octets > FREE_OCTETS) {
        const turn = await turns.take({ party: network, zone: network }, MOST_WAIT_MS);
        if (turn === null) return { kind: 'TROUBLE', reason: 'NOT_YET_ASKED' };
        setTimeout(turn.give, TURN_MS);
      }
      const answer = await query(name, type);
      if (answer.kind === 'FOUND') {
        for (const record of answer.records) octets += typeof record === 'string' ? record.length : 0;
      }
      return answer;
    };
  };
}
