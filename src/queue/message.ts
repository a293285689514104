/**
 * A message as the queue takes it in: one accepted transaction × one destination.
 *
 * Pure: splits a transaction into messages and numbers them. Writes nothing.
 */
import type { ClientInfo, Envelope, EnvelopeRecipient } from '../mail/envelope.ts';

export interface RoutedRecipient extends EnvelopeRecipient {
  readonly tenantId: string;
  readonly destinationId: string;
}

/** An accepted transaction, as inbound hands it over at the end of DATA. */
export interface Transaction {
  /** UUIDv7; stands in the reply, the Received field, the API, the DSN and the log. */
  readonly id: string;
  readonly envelope: Omit<Envelope, 'recipients'>;
  readonly recipients: readonly RoutedRecipient[];
  /** The field Message-ID as it is searched for (mail/header-section.ts); null: none. */
  readonly headerMessageId: string | null;
  /** Our Received field, then the message as received. */
  readonly content: readonly Uint8Array[];
  /** Bytes of the message as received, so without our Received field. */
  readonly sizeBytes: number;
}

export interface NewMessage {
  readonly id: string;
  readonly transactionId: string;
  readonly tenantId: string;
  readonly destinationId: string;
  readonly kind: 'MAIL' | 'REPORT';
  readonly reversePath: string | null;
  readonly client: ClientInfo | null;
  readonly smtpUtf8: boolean;
  readonly body: string | null;
  readonly ret: string | null;
  readonly envelopeId: string | null;
  readonly headerMessageId: string | null;
  readonly sizeBytes: number;
  readonly content: readonly Uint8Array[];
  readonly recipients: readonly EnvelopeRecipient[];
}

/** One message per destination. The first has the transaction's id, each further one the next id. */
export function messagesOf(transaction: Transaction): NewMessage[] {
  const byDestination = Map.groupBy(transaction.recipients, (recipient) => recipient.destinationId);
  return [...byDestination.values()].flatMap((recipients, index) => {
    const first = recipients[0];
    if (first === undefined) return [];
    return {
      id: nextId(transaction.id, index),
      transactionId: transaction.id,
      tenantId: first.tenantId,
      destinationId: first.destinationId,
      kind: 'MAIL' as const,
      reversePath: transaction.envelope.reversePath,
      client: transaction.envelope.client,
      smtpUtf8: transaction.envelope.smtpUtf8,
      body: transaction.envelope.body,
      ret: transaction.envelope.ret,
      envelopeId: transaction.envelope.envelopeId,
      headerMessageId: transaction.headerMessageId,
      sizeBytes: transaction.sizeBytes,
      content: transaction.content,
      recipients,
    };
  });
}

/** The id `steps` after `id`, counted in the random tail (48 bits, with carry); the timestamp stays. */
export function nextId(id: string, steps: number): string {
  if (steps === 0) return id;
  const tail = (BigInt(`0x${id.slice(24)}`) + BigInt(steps)) & 0xffffffffffffn;
  return id.slice(0, 24) + tail.toString(16).padStart(12, '0');
}
