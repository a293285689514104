/**
 * The bounce firewall: only mail whose sender is proven gets a report.
 *
 * Proof is SPF of the reverse-path's domain, or an aligned DKIM signature over a field that names the reverse-path's mailbox.
 * Any other report would be backscatter, above all about mail that was rejected for its content.
 */
import { normalizeDomain } from '../../mail/address.ts';
import { headerSectionOf } from '../../mail/dsn.ts';
import { hasAlignedSignature, proveByDkim } from './aligned-dkim.ts';
import type { Lookup } from './counted-queries.ts';
import { checkSpf } from './sender-auth.ts';

/** The message that would be reported, as it was received. */
export interface ReportedMessage {
  readonly transactionId: string;
  readonly acceptedAt: Date;
  readonly reversePath: string;
  /** Null: it was not kept. */
  readonly clientAddress: string | null;
  readonly ehloName: string;
  /** The beginning of the content. */
  readonly head: Uint8Array;
  /** The whole content; null when it is gone. */
  readonly readContent: () => Promise<Uint8Array | null>;
}

/** TROUBLE: the DNS does not say now. */
export type SenderProof =
  /** `signatureIds`: the DKIM signatures that are the only proof; absent if SPF passes. */
  | { readonly kind: 'PASS'; readonly signatureIds?: readonly string[] }
  | { readonly kind: 'SUPPRESS' | 'TROUBLE'; readonly reason: string };

/** Whether the sender of a message is proven. */
export async function proveSender(message: ReportedMessage, lookup: Lookup): Promise<SenderProof> {
  const { reversePath, clientAddress, ehloName } = message;
  const senderDomain = reversePath.slice(reversePath.lastIndexOf('@') + 1);
  const domain = normalizeDomain(senderDomain);
  if (domain === null) return { kind: 'SUPPRESS', reason: 'the reverse-path has no domain to ask' };
  const spf = await checkSpf({ clientAddress: clientAddress ?? '', ehloName, reversePath, lookup });
  if (spf === 'PASS') return { kind: 'PASS' };
  const dkim = await checkDkim(message, domain, lookup);
  if (dkim.kind === 'PASS') return dkim;
  const client = clientAddress ?? 'no address';
  const reason = `SPF of ${senderDomain} for ${client}: ${spf}; aligned DKIM signature: ${dkim.kind}`;
  return { kind: spf === 'TEMPERROR' || dkim.kind === 'UNKNOWN' ? 'TROUBLE' : 'SUPPRESS', reason };
}

async function checkDkim(message: ReportedMessage, domain: string, lookup: Lookup): ReturnType<typeof proveByDkim> {
  const { transactionId, reversePath, acceptedAt, head } = message;
  if (!hasAlignedSignature(headerSectionOf(head, head.length), domain)) return { kind: 'NONE' };
  const content = await message.readContent();
  if (content === null) return { kind: 'NONE' };
  return proveByDkim({ reversePath, domain, content, transactionId, acceptedAt, lookup });
}
