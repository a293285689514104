/**
 * Opens SMTP sessions to one address of a next hop (RFC 5321), with STARTTLS (RFC 3207) as tls/demand.ts says.
 *
 * Where a demand allows clear text and the handshake fails, the address is dialled once more in clear. Where it does not, no
 * command but EHLO and STARTTLS leaves before the peer has satisfied the demand, and failure is TLS trouble.
 *
 * Expected trouble is a value, never an exception. Does not choose hosts, does not judge replies.
 */
import type { TLSSocket } from 'node:tls';
import { dial } from '../dns/dial.ts';
import { allowsClearText, type TlsDemand, verifiedBy, whyNotSatisfied } from '../tls/demand.ts';
import { readPeer } from '../tls/peer.ts';
import { readOffers, type SmtpOffers } from './commands.ts';
import { createLink, type SmtpLink } from './link.ts';
import { type Greeted, openDialogue, type OpenFailure } from './opening.ts';
import { createSession, DEFAULT_SMTP_TIMEOUTS, type SmtpSession, type SmtpTimeouts } from './session.ts';

export interface OpenOptions {
  /** The next hop's name: SNI, never resolved here. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Ours to connect from; absent: as the machine routes. */
  readonly localAddress?: string | undefined;
  /** Our name in EHLO. */
  readonly ehloName: string;
  readonly timeouts: SmtpTimeouts;
  readonly tls: TlsDemand;
  /** Hears what a demand of TESTING would have failed for. */
  readonly onTestingFault?: ((fault: string) => void) | undefined;
  /** PEM certificates of authorities in place of the runtime's. */
  readonly authorities?: readonly string[] | undefined;
  /** Aborting cuts the connection at once. */
  readonly signal?: AbortSignal | undefined;
  /** Content goes out in pieces of this size, so that progress shows and an abort can stop between two. */
  readonly blockBytes?: number | undefined;
}

export type OpenResult = { readonly kind: 'OPEN'; readonly session: SmtpSession } | OpenFailure;

const DEFAULT_BLOCK_BYTES = 65_536;
/** Keeps the mappings of NAT while a peer thinks about its reply. */
const KEEPALIVE_AFTER_MS = 30_000;

/** A link that has been greeted and, where that was offered, encrypted: ready for its first command. */
export interface GreetedLink {
  readonly kind: 'OPEN';
  readonly link: SmtpLink;
  readonly offers: SmtpOffers;
  /** `TLSv1.3 TLS_AES_256_GCM_SHA384 verified by DANE`, without the last words where the peer was not; null for clear text. */
  readonly tls: string | null;
  /** Our own address on this connection, or null. */
  readonly localAddress: string | null;
}

/** A check that takes longer has failed; RFC 5321's minutes are for mail. */
const GREETING_TIMEOUTS = { ...DEFAULT_SMTP_TIMEOUTS, connectMs: 10_000, greetingMs: 30_000, commandMs: 30_000 };

/** Whether an address greets and answers EHLO with 2yz; in clear text, since nothing else is sent. */
export async function answersGreeting(
  target: Pick<OpenOptions, 'host' | 'address' | 'port' | 'ehloName' | 'signal'>,
): Promise<boolean> {
  const opened = await openSession({ ...target, timeouts: GREETING_TIMEOUTS, tls: 'NONE' });
  if (opened.kind !== 'OPEN') return false;
  await opened.session.close();
  return true;
}

/** Dials, greets and encrypts as demanded. The session is ready for its first message. */
export async function openSession(options: OpenOptions): Promise<OpenResult> {
  const opened = await openLink(options);
  if (opened.kind !== 'OPEN') return opened;
  const { link, offers, tls, localAddress } = opened;
  const blockBytes = options.blockBytes ?? DEFAULT_BLOCK_BYTES;
  return {
    kind: 'OPEN',
    session: createSession({ link, offers, tls, localAddress, timeouts: options.timeouts, blockBytes }),
  };
}

/** As `openSession`, for a dialogue that is no transfer: callout-session.ts. */
export async function openLink(options: OpenOptions): Promise<GreetedLink | OpenFailure> {
  const { tls } = options;
  const first = await openOnce(options, tls !== 'NONE');
  const isBrokenTls = first.kind === 'TROUBLE' && first.trouble === 'TLS' && !options.signal?.aborted;
  return isBrokenTls && allowsClearText(tls) ? openOnce(options, false) : first;
}

async function openOnce(options: OpenOptions, useTls: boolean): Promise<GreetedLink | OpenFailure> {
  const { host, address, port, localAddress, ehloName, timeouts, tls, authorities, signal } = options;
  const dialled = await dial({ address, port, localAddress, timeoutMs: timeouts.connectMs, signal });
  if (dialled.kind !== 'CONNECTED') return dialled;
  dialled.socket.setKeepAlive(true, KEEPALIVE_AFTER_MS);
  const link = createLink(dialled.socket);
  const serverName = typeof tls !== 'string' && tls.kind === 'DANE' ? tls.baseDomain : host;
  const dialogue = await openDialogue(link, { address, ehloName, useTls, serverName, authorities, timeouts, signal });
  const opening = dialogue.kind === 'GREETED' ? demandTls(dialogue, options, useTls) : dialogue;
  if (opening.kind !== 'GREETED') {
    link.cut();
    return opening;
  }
  return {
    kind: 'OPEN',
    link,
    offers: readOffers(opening.offers),
    tls: opening.secured === null ? null : describeTls(opening.secured, tls),
    localAddress: dialled.socket.localAddress ?? null,
  };
}

/** The opening as it is if it satisfies the demand. */
function demandTls(opening: Greeted, options: OpenOptions, useTls: boolean): Greeted | OpenFailure {
  const { tls, host, onTestingFault } = options;
  if (tls === 'NONE' || tls === 'OPPORTUNISTIC') return opening;
  const { secured } = opening;
  const absence = useTls ? 'STARTTLS is not offered' : 'the TLS handshake fails';
  const fault = secured === null ? absence : whyNotSatisfied(tls, host, readPeer(secured));
  if (fault === null) return opening;
  if (!allowsClearText(tls)) return { kind: 'TROUBLE', trouble: 'TLS', reply: `[TLS: ${fault}]` };
  onTestingFault?.(fault);
  return opening;
}

function describeTls(secured: TLSSocket, demand: TlsDemand): string {
  const cipher = secured.getCipher();
  return [secured.getProtocol(), cipher.standardName ?? cipher.name].filter(Boolean).join(' ') + verifiedBy(demand);
}
