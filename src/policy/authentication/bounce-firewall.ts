/**
 * The bounce firewall: only mail whose sender is proven gets a report.
 *
 * Proof is SPF of the reverse-path's domain, or an aligned DKIM signature over a field that names the reverse-path's mailbox.
 * Any other report would be backscatter, above all about mail that was rejected for its content.
 *
 * A DKIM signature (RFC 6376) is verified over the content as it was received: what we put on top is left out, and the time is
 * that of the acceptance, since a signature may expire while a message is held. It is aligned if it shares its organizational
 * domain with the reverse-path (relaxed, as RFC 7489 §3.1.1 has it for the author). A signature says nothing about the
 * envelope, and anyone who has a copy can send it again (RFC 6376 §8.6): it proves the mailbox that a signed From or Sender
 * names, for some days. Reply-To does not count, as servers sign what their users write there. Without a signature that could
 * be aligned no key is looked up.
 */
import { isSameMailbox, parsePath } from '../../mail/address.ts';
import { normalizeDomain, normalizeLooseDomain } from '../../mail/domain.ts';
import { headerSectionOf } from '../../mail/header-section.ts';
import { checkSpf, type Lookup, type SignatureVerdict, verifyDkim } from './sender-auth.ts';
import { Buffer } from 'node:buffer';
import { organizationOf } from '../../mail/organization.ts';
import { isTooMuchWork } from './work-bounds.ts';
import { scanHeader } from './header-scan.ts';

/** The message that would be reported, as it was received. */
interface ReportedMessage {
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
type SenderProof =
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

export type DkimProof =
  /** `signatureIds`: of the signatures that prove it, in order, each once. */
  | { readonly kind: 'PASS'; readonly signatureIds: readonly string[] }
  /**
   * NONE: no signature is aligned. UNKNOWN: a key could not be looked up. FAIL: none verifies. STALE: it was not signed within
   * the days before acceptance. OTHER_MAILBOX: no signed field names the mailbox of the reverse-path.
   */
  | { readonly kind: 'NONE' | 'UNKNOWN' | 'FAIL' | 'STALE' | 'OTHER_MAILBOX' };

interface DkimQuestion {
  /** Canonical `local@domain`. */
  readonly reversePath: string;
  /** The domain of the reverse-path, as A-label. */
  readonly domain: string;
  /** As stored: what we put on top, then the message. */
  readonly content: Uint8Array;
  readonly transactionId: string;
  readonly acceptedAt: Date;
  readonly lookup: Lookup;
  /** For all keys together. Default 20,000 ms. */
  readonly timeoutMs?: number;
}

/** Senders give up after five days or so (RFC 5321 §4.5.4.1), some after a week. */
const MAX_AGE_MS = 10 * 86_400_000;
/** For clocks that are wrong. */
const MAX_AHEAD_MS = 86_400_000;

/** Signing domains in a header section that are aligned with the domain: only then is the whole content worth reading. */
export function hasAlignedSignature(headerSection: Uint8Array, domain: string): boolean {
  return signingDomains(headerSection).some((signer) => isAligned(domain, signer));
}

/** Verifies every signature; one that passes, is aligned and fresh, and names the mailbox is enough. */
export async function proveByDkim(question: DkimQuestion): Promise<DkimProof> {
  const { reversePath, domain, transactionId, acceptedAt, lookup, timeoutMs = 20_000 } = question;
  const content = [asReceived(question.content, transactionId)];
  if (isTooMuchWork(await scanHeader(content, new Set()), content)) return { kind: 'NONE' };
  const signatures = await verifyDkim({ content, at: acceptedAt, lookup, timeoutMs });
  const aligned = signatures.filter(({ signingDomain }) => isAligned(domain, signingDomain));
  if (aligned.length === 0) return { kind: 'NONE' };
  const verified = aligned.filter(({ result }) => result === 'PASS');
  const fresh = verified.filter((signature) => isFresh(signature, acceptedAt));
  const naming = fresh.filter(({ signedFields }) => namesMailbox(signedFields, reversePath));
  if (naming.length > 0) return { kind: 'PASS', signatureIds: [...new Set(naming.map(({ id }) => id))] };
  if (aligned.some(({ result }) => result === 'TEMPERROR')) return { kind: 'UNKNOWN' };
  if (fresh.length > 0) return { kind: 'OTHER_MAILBOX' };
  return { kind: verified.length > 0 ? 'STALE' : 'FAIL' };
}

function isAligned(domain: string, signer: string): boolean {
  const signingDomain = normalizeLooseDomain(signer);
  return signingDomain !== null && organizationOf(domain) === organizationOf(signingDomain);
}

function namesMailbox(signedFields: readonly string[], reversePath: string): boolean {
  return signedFields.some((field) => {
    const value = /^(?:from|sender)\s*:(.*)$/is.exec(field)?.[1];
    const mailbox = value === undefined ? null : mailboxIn(value);
    return mailbox !== null && isSameMailbox(mailbox, reversePath);
  });
}

/** By the signature's own time, else by a Date that it covers. */
function isFresh({ signedAt, signedFields }: SignatureVerdict, acceptedAt: Date): boolean {
  const date = signedFields.flatMap((field) => /^date\s*:([^(]*)/i.exec(field)?.[1]?.trim() ?? [])[0];
  const signedMs = signedAt?.getTime() ?? Date.parse(date ?? '');
  const ageMs = acceptedAt.getTime() - signedMs;
  return ageMs <= MAX_AGE_MS && ageMs >= -MAX_AHEAD_MS;
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

/**
 * The mailbox that an originator field names, From or Sender (RFC 5322 §3.6.2), as canonical `local@domain`.
 *
 * Null if the value is not exactly one mailbox. Strict, as it serves as a proof: several mailboxes, a group or a syntax error name
 * none. `value` is what follows the colon, folds included.
 */
function mailboxIn(value: string): string | null {
  const text = withoutComments(value.replaceAll(/\r?\n(?=[ \t])/g, ''));
  if (text === null) return null;
  const [before = '', angle, ...more] = splitOutsideQuotes(text, '<');
  if (more.length > 0) return null;
  if (angle === undefined) return addressIn(before);
  const [inner = '', after, ...rest] = splitOutsideQuotes(angle, '>');
  const isOne = after?.trim() === '' && rest.length === 0 && splitOutsideQuotes(before, ',:;').length === 1;
  return isOne ? addressIn(inner) : null;
}

function addressIn(text: string): string | null {
  const parsed = parsePath(`<${text.trim()}>`, { allowNull: false, smtpUtf8: true });
  return parsed.kind === 'PATH' ? parsed.path.address : null;
}

/** Null if a quoted string or a comment does not end (RFC 5322 §3.2.2, §3.2.4). */
function withoutComments(text: string): string | null {
  let kept = '';
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? '';
    const isEscape = character === '\\' && (isQuoted || depth > 0);
    const piece = isEscape ? text.slice(i, i + 2) : character;
    if (isEscape) i += 1;
    else if (character === '"' && depth === 0) isQuoted = !isQuoted;
    else if (character === '(' && !isQuoted) depth += 1;
    if (depth === 0) kept += piece;
    else if (character === ')' && !isEscape) {
      depth -= 1;
      kept += ' ';
    }
  }
  return isQuoted || depth > 0 ? null : kept;
}

function splitOutsideQuotes(text: string, separators: string): string[] {
  const parts = [''];
  let isQuoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? '';
    const piece = character === '\\' && isQuoted ? text.slice(i, i + 2) : character;
    i += piece.length - 1;
    if (character === '"') isQuoted = !isQuoted;
    if (!isQuoted && separators.includes(character)) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}
