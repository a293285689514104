/**
 * Asks a primary whether mailboxes exist: one connection, one question after another, never DATA (RFC 5321 §3.3).
 *
 * It is a dialogue on the link of client.ts, because dialling, greeting, HELO, STARTTLS and the reading of replies are
 * the same for a callout and a transfer; what differs stands in callout-commands.ts. A connection carries few questions and
 * few refusals, so that no primary takes us for a harvester. Expected trouble is a value, and every wait is bounded, an octet
 * now and then included. Does not judge replies (mail/callout-verdict.ts), or know whether a host is us.
 * TLS is opportunistic whatever is demanded of transfers (tls/demand.ts): no content is sent, and a wrong certificate must not
 * make a mailbox unknown; the address asked about may be seen on the way, as in any dialogue before STARTTLS existed.
 */
import { type GreetedLink, openLink } from './client.ts';
import type { OpenFailure } from './opening.ts';
import type { SmtpOffers } from './commands.ts';
import {
  type CalloutAnswer,
  createDialogue,
  createQuestioner,
  type SessionUsage,
  unasked,
  whyUnaskable,
} from './callout-commands.ts';
import { quit } from './link.ts';
import { DEFAULT_SMTP_TIMEOUTS } from './session.ts';
import { formatEndpoint } from '../mail/ip.ts';
import type { NextHops } from '../dns/next-hop.ts';

/** Milliseconds, each for the whole of a step, whatever the peer does. */
export interface CalloutTimeouts {
  /** From dialling to the first question, the second dial without TLS included. */
  readonly openMs: number;
  /** One question with its confirmation. */
  readonly askMs: number;
  readonly quitMs: number;
}

/** Opening and one question take less than the 30 s that a client may be kept waiting at RCPT. */
export const DEFAULT_CALLOUT_TIMEOUTS: CalloutTimeouts = { openMs: 14_000, askMs: 14_000, quitMs: 1000 };

export interface CalloutOptions {
  /** The primary's name: SNI, never resolved here. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Ours to connect from; absent: as the machine routes. */
  readonly localAddress?: string | undefined;
  /** Our name in EHLO. */
  readonly ehloName: string;
  /** The reverse-path that confirms, `probe@MX_HOSTNAME`. */
  readonly probeSender: string;
  readonly tls: 'OPPORTUNISTIC' | 'NONE';
  readonly timeouts?: CalloutTimeouts | undefined;
  /** Aborting cuts the connection at once, also in the middle of a question. */
  readonly signal?: AbortSignal | undefined;
}

export type CalloutOpenResult = { readonly kind: 'OPEN'; readonly session: CalloutSession } | OpenFailure;

export interface CalloutSession {
  readonly offers: SmtpOffers;
  /** `TLSv1.3 TLS_AES_256_GCM_SHA384`, or null for clear text. */
  readonly tls: string | null;
  /** Our own address on this connection, or null. */
  readonly localAddress: string | null;
  /** False when the connection is gone, or has carried as many questions or refusals as one should: open another. */
  readonly canAsk: () => boolean;
  /** Asks about one mailbox, `local@domain` in its canonical spelling. One at a time; always resolves. */
  readonly ask: (address: string) => Promise<CalloutAnswer>;
  /** QUIT, waiting a moment for the farewell. Resolves when the connection is gone. */
  readonly close: () => Promise<void>;
}

/** Few enough for every server's limits of recipients, commands and time. */
const MAX_QUESTIONS = 20;
/** Postfix slows down from its 11th error in a session on (smtpd_soft_error_limit); a question may cost two. */
const MAX_REFUSALS = 8;
/** Exim disconnects at its 11th command that carries no mail (smtp_accept_max_nonmail); a question may cost two. */
const MAX_RESETS = 8;

/** Dials, greets and, where offered, encrypts. The session is ready for its first question. */
export async function openCalloutSession(options: CalloutOptions): Promise<CalloutOpenResult> {
  const { host, address, port, ehloName, tls, signal, timeouts = DEFAULT_CALLOUT_TIMEOUTS } = options;
  const { openMs, quitMs } = timeouts;
  const stop = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop.abort();
  }, openMs);
  const onAbort = (): void => stop.abort();
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort);
  const opened = await openLink({
    host,
    address,
    port,
    localAddress: options.localAddress,
    ehloName,
    tls,
    signal: stop.signal,
    // Half of it, so that a handshake that hangs leaves time for the dial in clear; greetings are slow on purpose.
    timeouts: { ...DEFAULT_SMTP_TIMEOUTS, connectMs: openMs / 2, greetingMs: openMs, commandMs: openMs / 2, quitMs },
  });
  clearTimeout(timer);
  signal?.removeEventListener('abort', onAbort);
  if (opened.kind === 'OPEN') return { kind: 'OPEN', session: createCalloutSession(opened, options, timeouts) };
  if (!isLate || opened.kind !== 'STOPPED') return opened;
  return { kind: 'TROUBLE', trouble: 'TIMEOUT', reply: `[no session within ${openMs} ms]` };
}

function createCalloutSession(opened: GreetedLink, options: CalloutOptions, timeouts: CalloutTimeouts): CalloutSession {
  const { link, offers, tls, localAddress } = opened;
  const dialogue = createDialogue(link, options.signal);
  const usage: SessionUsage = { questionCount: 0, refusalCount: 0, resetCount: 0 };
  const putQuestion = createQuestioner(dialogue, offers, options.probeSender, usage);
  let isBusy = false;

  const canAsk = (): boolean =>
    dialogue.isAlive() &&
    usage.questionCount < MAX_QUESTIONS &&
    usage.refusalCount < MAX_REFUSALS &&
    usage.resetCount < MAX_RESETS;

  return {
    offers,
    tls,
    localAddress,
    canAsk,
    async ask(address) {
      if (isBusy) throw new Error('a callout session asks one question at a time');
      const reason = whyUnaskable(address, offers);
      if (reason !== null) return unasked(reason, false);
      if (!canAsk()) return unasked('this connection takes no more questions', true);
      isBusy = true;
      usage.questionCount += 1;
      dialogue.allow(timeouts.askMs);
      const reply = await putQuestion(address);
      dialogue.rest();
      isBusy = false;
      return reply;
    },
    close: async () => {
      await quit(link, timeouts.quitMs);
      dialogue.cut('STOPPED');
    },
  };
}

export interface CalloutTarget {
  readonly host: string;
  readonly addresses: readonly string[];
  readonly port: number;
  /**
   * The machine at this address, `192.0.2.1:25`: many names may lead to one, as with a hoster of many domains. The same in
   * whatever order the addresses come.
   */
  readonly key: string;
}

/** A sender waits meanwhile. */
const MOST_HOSTS = 2;

/**
 * The hosts that a callout may ask, in the order to ask: the primary, and none that stands in for it. Only hosts of the best
 * preference: a lower one may be somebody else's backup, which accepts anything and would be asked in vain, or asks us. Our own
 * preference and everything below it has been cut before (next-hop.ts). `deliverTo` names the primary's hosts itself.
 */
export function calloutTargets(found: NextHops): CalloutTarget[] {
  if (found.kind !== 'HOSTS') return [];
  const [first] = found.hosts;
  const isGiven = found.mx === null;
  return found.hosts
    .filter(({ preference }) => isGiven || preference === first?.preference)
    .slice(0, MOST_HOSTS)
    .map(({ host, addresses, port }) => {
      const [address = host] = addresses.toSorted();
      return { host, addresses, port, key: formatEndpoint({ address, port }) };
    });
}
