/**
 * Learns from the results of deliveries about mailboxes and primaries: a mailbox that was delivered to exists, and a primary that rejects
 * one does not accept any name.
 */
import { classifyCalloutReply } from '../mail/callout-verdict.ts';
import { parseReply } from '../mail/reply.ts';
import type { Verification } from './verification.ts';

/** The result of one recipient. */
export interface DeliveryResult {
  readonly messageId: string;
  readonly address: string;
  readonly state: string;
  readonly reply: string;
}

/** Returns what learns from the results of one destination. Fire drills and destinations that are not relayed to teach nothing. */
export function learnFromResults(
  { learned, primaries }: Pick<Verification, 'learned' | 'primaries'>,
  ownAddresses: readonly string[],
) {
  return (
    { id, kind }: { readonly id: string; readonly kind: 'RELAY' | 'INTERNAL' },
    messages: readonly { readonly messageId: string; readonly isDrill?: boolean }[],
    results: readonly DeliveryResult[],
  ): void => {
    if (kind !== 'RELAY') return;
    const drills = new Set(messages.filter(({ isDrill }) => isDrill === true).map(({ messageId }) => messageId));
    for (const { messageId, state, address, reply } of results) {
      if (drills.has(messageId)) continue;
      if (state === 'DELIVERED') learned.note(id, address);
      if (state !== 'FAILED') continue;
      const { verdict } = classifyCalloutReply({ stage: 'RCPT', reply: parseReply(reply) }, ownAddresses);
      if (verdict === 'NEGATIVE') primaries.noteNegative(id);
    }
  };
}
