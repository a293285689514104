/** Transactions and destinations for tests of the queue, straight into the database. */
import { Buffer } from 'node:buffer';
import type { Sql } from '../../src/db/client.ts';
import { openAcceptWriter } from '../../src/db/accept-writer.ts';
import type { DatabaseAddress } from '../../src/db/target.ts';
import { searchedMessageIdOf } from '../../src/mail/header-section.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { createSpool, type Spool, type SpoolDeps } from '../../src/queue/accept/spool.ts';
import type { RoutedRecipient, Transaction } from '../../src/queue/message.ts';

/** A relay destination (or an internal one) of that name; returns its id. */
export async function makeDestination(sql: Sql, name: string, kind: 'RELAY' | 'INTERNAL' = 'RELAY'): Promise<string> {
  const id = newId();
  await sql`insert into destinations (id, tenant_id, name, kind) values (${id}, ${OPERATOR_TENANT_ID}, ${name}, ${kind})`;
  return id;
}

export interface TransactionInput {
  readonly to: readonly { readonly address: string; readonly destinationId: string; readonly notify?: 'NEVER' }[];
  readonly from?: string | null;
  readonly content?: string | Uint8Array;
  readonly clientAddress?: string;
}

export function makeTransaction(input: TransactionInput): Transaction {
  const content = Buffer.from(input.content ?? 'Subject: hello\r\n\r\nbody\r\n');
  return {
    id: newId(),
    envelope: {
      reversePath: input.from === undefined ? 'sender@example.net' : input.from,
      client: {
        address: input.clientAddress ?? '192.0.2.7',
        name: null,
        ehloName: 'mail.example.net',
        protocol: 'ESMTP',
        tls: null,
      },
      smtpUtf8: false,
      body: null,
      ret: null,
      envelopeId: null,
    },
    recipients: input.to.map(
      ({ address, destinationId, notify }): RoutedRecipient => ({
        address,
        domain: address.slice(address.lastIndexOf('@') + 1),
        destinationId,
        tenantId: OPERATOR_TENANT_ID,
        notify: notify === undefined ? [] : [notify],
        originalRecipient: null,
      }),
    ),
    headerMessageId: searchedMessageIdOf(content),
    content: [content],
    sizeBytes: content.byteLength,
  };
}

/** A spool on a test database, without wake-ups unless given. */
export function openSpool(target: DatabaseAddress, deps: Partial<SpoolDeps> = {}): Spool {
  return createSpool({
    openWriter: () => openAcceptWriter(target),
    unwoken: () => [],
    sendWakeUps: async () => undefined,
    deadlineMs: 10_000,
    outcomeMs: 60_000,
    onCommit: () => undefined,
    onTrouble: () => undefined,
    ...deps,
  });
}
