/**
 * Senders that never tire: N connections that send small messages until they are told to stop, and remember what they heard.
 *
 * Every message has a recipient of its own. One answered 250 is kept with its transaction id; one whose final dot was sent
 * and never answered is sent again, as a real sender would; any other reply is counted, and the next message begins. Where the
 * messages are numbered (`mostMessages`), one that is put off is sent again too. When a connection cannot be had or breaks, the
 * sender tries again a little later.
 */
import { Buffer } from 'node:buffer';
import { connectPeer, type SmtpPeer } from './smtp-peer.ts';

export interface LoadOptions {
  readonly port: number;
  /** The recipients' domain. */
  readonly domain: string;
  readonly connections: number;
  /** All senders together begin no more than this many messages, and send each until it is taken. */
  readonly mostMessages?: number;
  /** About the size of a message. */
  readonly sizeBytes?: number;
  /** Between two messages of a connection: a load that the machine can live with. Default 0. */
  readonly pauseMs?: number;
  /** Connections are closed after this many messages. */
  readonly messagesPerConnection?: number;
}

export interface Load {
  /** Recipient → transaction id of the 250. */
  readonly accepted: ReadonlyMap<string, string>;
  /** Recipient → how many times its final dot was sent and no reply came. */
  readonly unanswered: ReadonlyMap<string, number>;
  /** Every reply that was not the wished one, with its count: `451 4.3.0 cannot store mail now…`. */
  readonly refusals: ReadonlyMap<string, number>;
  refusalCount(): number;
  /** How many final dots are sent and wait for their reply at this instant. */
  awaitedCount(): number;
  /** The message as sent to a recipient, without the final dot. */
  contentOf(recipient: string): string;
  /** Lets the messages under way come to their reply, then ends the senders. A second call waits for the same end. */
  stop(): Promise<void>;
}

const RECONNECT_AFTER_MS = 30;
/** Longer than the service lets anybody wait for a reply. */
const REPLY_TIMEOUT_MS = 150_000;

let loadCount = 0;

/** Begins to send at once. */
export function startLoad(options: LoadOptions): Load {
  const { port, domain, connections, mostMessages = Number.POSITIVE_INFINITY, sizeBytes = 2000, pauseMs = 0 } = options;
  const accepted = new Map<string, string>();
  const unanswered = new Map<string, number>();
  const refusals = new Map<string, number>();
  const again: string[] = [];
  loadCount += 1;
  const prefix = `m${loadCount}-`;
  const state = { begun: 0, awaited: 0, isStopping: false };

  const refused = (reply: string): void => {
    refusals.set(reply, (refusals.get(reply) ?? 0) + 1);
  };
  const putOff = async (recipient: string): Promise<void> => {
    if (mostMessages === Number.POSITIVE_INFINITY) return;
    again.push(recipient);
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_AFTER_MS));
  };
  const nextRecipient = (): string | null => {
    const repeated = again.shift();
    if (repeated !== undefined) return repeated;
    if (state.begun >= mostMessages) return null;
    state.begun += 1;
    return `${prefix}${state.begun}@${domain}`;
  };

  /** One transaction. Throws when the connection is gone. */
  const sendOne = async (peer: SmtpPeer, recipient: string): Promise<void> => {
    const commands = ['MAIL FROM:<sender@elsewhere.example>', `RCPT TO:<${recipient}>`, 'DATA'];
    for (const command of commands) {
      const reply = await peer.ask(command).catch(async (error: unknown) => {
        await putOff(recipient);
        throw error;
      });
      if (reply.startsWith('250 ') || (command === 'DATA' && reply.startsWith('354 '))) continue;
      refused(reply);
      if (reply.startsWith('4')) await putOff(recipient);
      if (!reply.startsWith('421')) await peer.ask('RSET');
      return;
    }
    await peer.write(`${contentFor(recipient, sizeBytes)}.\r\n`);
    state.awaited += 1;
    const reply = await peer
      .reply()
      .catch((error: unknown) => {
        unanswered.set(recipient, (unanswered.get(recipient) ?? 0) + 1);
        again.push(recipient);
        throw error;
      })
      .finally(() => {
        state.awaited -= 1;
      });
    const id = /^250 2\.0\.0 accepted as ([0-9a-f-]{36})$/.exec(reply)?.[1];
    if (id !== undefined) {
      accepted.set(recipient, id);
      return;
    }
    refused(reply);
    if (reply.startsWith('4')) await putOff(recipient);
  };

  const openPeer = async (): Promise<SmtpPeer> => {
    const peer = await connectPeer({ host: '127.0.0.1', port, timeoutMs: REPLY_TIMEOUT_MS });
    for (const expected of ['220', '250']) {
      const reply = expected === '220' ? await peer.reply() : await peer.ask('EHLO load.test.example');
      if (reply.startsWith(expected)) continue;
      refused(reply);
      peer.destroy();
      throw new Error(reply);
    }
    return peer;
  };

  const sendOnOneConnection = async (): Promise<void> => {
    const peer = await openPeer();
    try {
      for (let sent = 0; sent < (options.messagesPerConnection ?? 20) && !state.isStopping; sent += 1) {
        const recipient = nextRecipient();
        if (recipient === null) return;
        await sendOne(peer, recipient);
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    } finally {
      peer.destroy();
    }
  };
  const sender = async (): Promise<void> => {
    while (!state.isStopping && (state.begun < mostMessages || again.length > 0)) {
      await sendOnOneConnection().catch(() => new Promise((resolve) => setTimeout(resolve, RECONNECT_AFTER_MS)));
    }
  };

  const senders = Promise.all(Array.from({ length: connections }, sender));
  return {
    accepted,
    unanswered,
    refusals,
    refusalCount: () => [...refusals.values()].reduce((sum, count) => sum + count, 0),
    awaitedCount: () => state.awaited,
    contentOf: (recipient) => contentFor(recipient, sizeBytes),
    stop: async () => {
      state.isStopping = true;
      await senders;
    },
  };
}

/** A message that says whom it is for. */
function contentFor(recipient: string, sizeBytes: number): string {
  const head = `From: <sender@elsewhere.example>\r\nTo: <${recipient}>\r\nSubject: ${recipient}\r\n\r\n`;
  const line = `${'0123456789abcdef'.repeat(4)}\r\n`;
  const lines = Math.max(1, Math.ceil((sizeBytes - head.length) / line.length));
  return `${head}${line.repeat(lines)}`;
}

/** What a primary got, as far as the ledger needs it. */
export interface Received {
  readonly recipients: readonly { readonly address: string }[];
  readonly content: Uint8Array;
}

export interface Ledger {
  /** Recipients that were answered 250 and whose message never came. */
  readonly lost: readonly string[];
  /** Recipients with more transactions than they had 250s and unanswered dots. */
  readonly surplus: readonly string[];
  /** Recipients whose message is not what was sent, behind our Received field. */
  readonly altered: readonly string[];
  /** Transaction ids that came more than once. */
  readonly repeated: readonly string[];
}

/** The transaction that a delivered message names in our Received field. */
export function transactionIdOf({ content }: Pick<Received, 'content'>): string {
  const field = Buffer.from(content.subarray(0, 1000)).toString('latin1');
  const id = /\bid ([0-9a-f]{8}-[0-9a-f-]{27})\b/.exec(field)?.[1];
  if (id === undefined) throw new Error(`no transaction id in: ${field.slice(0, 300)}`);
  return id;
}

/** Holds what the senders were told against what the primary got. */
export function compare(load: Load, received: readonly Received[]): Ledger {
  const counts = new Map<string, number>();
  const byRecipient = new Map<string, Set<string>>();
  const altered: string[] = [];
  for (const message of received) {
    const text = Buffer.from(message.content).toString('latin1');
    const id = transactionIdOf(message);
    counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const { address } of message.recipients) {
      if (!text.endsWith(`\r\n${load.contentOf(address)}`)) altered.push(address);
      byRecipient.set(address, (byRecipient.get(address) ?? new Set()).add(id));
    }
  }
  const allowed = (recipient: string): number =>
    (load.accepted.has(recipient) ? 1 : 0) + (load.unanswered.get(recipient) ?? 0);
  return {
    lost: [...load.accepted].filter(([recipient, id]) => !byRecipient.get(recipient)?.has(id)).map(([one]) => one),
    surplus: [...byRecipient].filter(([recipient, ids]) => ids.size > allowed(recipient)).map(([one]) => one),
    altered,
    repeated: [...counts].filter(([, count]) => count > 1).map(([id]) => id),
  };
}
