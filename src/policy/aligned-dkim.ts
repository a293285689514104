/**
 * Whether a signature of the sender's own domain proves a message that was stored (RFC 6376; the bounce firewall).
 *
 * The signature is verified over the content as it was received: what we put on top is left out, and the time is that of the
 * acceptance, since a signature may run out while a message is held. Aligned is what shares its organizational domain with
 * the reverse-path (relaxed, as RFC 7489 §3.1.1 has it for the author). Looks nothing up when no signature could be aligned.
 * Does not decide what becomes of the report.
 */
import { Buffer } from 'node:buffer';
import { isTooMuchWork } from './acceptance-seal.ts';
import type { Lookup } from './counted-queries.ts';
import { scanHeader } from './header-scan.ts';
import { createAlignment, verifyDkim } from './sender-auth.ts';

/** NONE: no signature is aligned. UNKNOWN: a key could not be looked up. */
export type DkimProof = 'PASS' | 'NONE' | 'FAIL' | 'UNKNOWN';

export interface DkimQuestion {
  /** A-label. */
  readonly domain: string;
  /** As stored: what we put on top, then the message. */
  readonly content: Uint8Array;
  readonly transactionId: string;
  readonly acceptedAt: Date;
  readonly lookup: Lookup;
  /** For all keys together. Default 20,000 ms. */
  readonly timeoutMs?: number;
}

/** Signing domains in a header section that are aligned with the domain: only then is the whole content worth reading. */
export async function hasAlignedSignature(headerSection: Uint8Array, domain: string): Promise<boolean> {
  const isAligned = await createAlignment();
  return signingDomains(headerSection).some((signer) => isAligned(domain, signer));
}

/** Verifies every signature; one that passes and is aligned is enough. */
export async function proveByDkim(question: DkimQuestion): Promise<DkimProof> {
  const { domain, transactionId, acceptedAt, lookup, timeoutMs = 20_000 } = question;
  const content = [asReceived(question.content, transactionId)];
  const isAligned = await createAlignment();
  if (isTooMuchWork(scanHeader(content, new Set()), content)) return 'NONE';
  const signatures = await verifyDkim({ content, at: acceptedAt, lookup, timeoutMs });
  const aligned = signatures.filter(({ signingDomain }) => isAligned(domain, signingDomain));
  if (aligned.length === 0) return 'NONE';
  if (aligned.some(({ result }) => result === 'PASS')) return 'PASS';
  return aligned.some(({ result }) => result === 'TEMPERROR') ? 'UNKNOWN' : 'FAIL';
}

/** The fields that we put on top, our Received field being the last of them. */
const OUR_FIELDS = /^(?:arc-[a-z-]+|authentication-results|received)[ \t]*:/i;
/** All of ours together are far shorter, an ARC set of 50 signers' results included. */
const MAX_OWN_BYTES = 65_536;

/** The message without what we put above it; unchanged when our Received field is not there. */
export function asReceived(content: Uint8Array, transactionId: string): Uint8Array {
  const head = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, MAX_OWN_BYTES)).toString(
    'latin1',
  );
  let start = 0;
  for (const field of head.split(/(?<=\n)(?![ \t])/)) {
    if (!OUR_FIELDS.test(field)) return content;
    start += field.length;
    if (!/^received/i.test(field)) continue;
    return field.includes(` id ${transactionId}`) ? content.subarray(start) : content;
  }
  return content;
}

function signingDomains(headerSection: Uint8Array): string[] {
  const { buffer, byteOffset, length } = headerSection;
  const text = Buffer.from(buffer, byteOffset, length).toString('latin1');
  return text.split(/(?<=\n)(?![ \t])/).flatMap((field) => {
    if (!/^dkim-signature[ \t]*:/i.test(field)) return [];
    const tag = /[:;]\s*d\s*=\s*([^\s;]+)/i.exec(field)?.[1];
    return tag === undefined ? [] : [tag];
  });
}
