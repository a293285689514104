/**
 * Does the primary take a message of this size? (RFC 1870 §6.1; product: larger ones go back to the sender at once.)
 *
 * Asked only when the client has said SIZE=, against what the primary offered last within 7 days (verification/primary.ts). What
 * we hand over is longer than what we get, by our Received field: near the limit that field is measured, as it would be for
 * this client, so that nothing is taken that has to go back. Without a limit known, nobody is asked and nobody refused.
 */
import { Buffer } from 'node:buffer';
import { formatAddress } from '../../mail/address.ts';
import { receivedField } from '../../mail/received.ts';
import type { Primaries, PrimaryFacts } from '../../verification/primary.ts';
import { type Check, PASS, type ServedQuestion, type Verdict } from '../decision.ts';

/** More than our field ever has. */
const MOST_FIELD_OCTETS = 2000;
/** As long as a date can be. */
const SOME_DATE = new Date('2000-12-31T00:00:00Z');
const SOME_ID = '00000000-0000-7000-8000-000000000000';

export function createPrimarySizeCheck(deps: {
  readonly primaries: Pick<Primaries, 'recall' | 'find'>;
  /** What our Received field calls us. */
  readonly hostname: string;
}): Check {
  const judge = (question: ServedQuestion, sizeBytes: number, { sizeLimitBytes }: PrimaryFacts): Verdict => {
    if (sizeLimitBytes === null || sizeBytes + MOST_FIELD_OCTETS <= sizeLimitBytes) return PASS;
    const room = sizeLimitBytes - fieldOctets(question, deps.hostname);
    return sizeBytes <= room ? PASS : refuse(Math.max(0, room));
  };
  return (question) => {
    const { sizeBytes } = question.mail;
    if (sizeBytes === null) return PASS;
    const { destinationId } = question.domain;
    const facts = deps.primaries.recall(destinationId);
    if (facts !== null) return judge(question, sizeBytes, facts);
    return deps.primaries.find(destinationId).then((found) => judge(question, sizeBytes, found));
  };
}

function fieldOctets({ client, localPart, domain }: ServedQuestion, hostname: string): number {
  const field = receivedField({
    client,
    by: hostname,
    transactionId: SOME_ID,
    forRecipient: formatAddress(localPart, domain.name),
    at: SOME_DATE,
  });
  return Buffer.byteLength(field);
}

function refuse(room: number): Verdict {
  const text = `the domain's mail server takes messages of at most ${room} bytes; send a smaller one, or a link to the file`;
  return { kind: 'REFUSE', reply: { code: 552, enhancedCode: '5.3.4', text, rejection: 'BMX-SIZE' } };
}
