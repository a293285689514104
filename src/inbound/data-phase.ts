/**
 * From DATA to the final reply: receives the content, prepends our Received field, stores, answers (RFC 5321 §4.1.1.4).
 *
 * Promises that 250 comes only after `accept` resolved, that a store that fails or hangs is answered 451 or 452, and that
 * the budget is given back exactly once, also when the client goes away.
 */
import { Buffer } from 'node:buffer';
import type { ClientInfo, Envelope } from '../mail/envelope.ts';
import { searchedMessageIdOf } from '../mail/header-section.ts';
import { receivedField } from '../mail/received.ts';
import type { Authenticate } from '../policy/authentication/acceptance-seal.ts';
import { createDataScanner } from './bytes.ts';
import { type ByteBudget, type Content, createContent, headerSection, isLoop } from './content.ts';
import { acceptedReply, type Reply } from './replies.ts';
import type { Context, ReceivedTransaction } from './listener-state.ts';
import type { Transaction } from './transaction.ts';

/** Takes octets until its own end, then has a reply. The parser of command-parser.ts feeds it. */
export interface Receiver {
  /** Returns the index after the last octet that belongs here, or -1 when all did and more are to come. */
  readonly push: (chunk: Buffer) => number;
  /** Never rejects. */
  readonly finish: () => Promise<Reply>;
  /** The client is gone before the end: gives up what is held. */
  readonly abandon: () => void;
}

/** Begins a data phase; `client` is asked at the end, when the reverse name may be known. */
export function createDataPhase(
  context: Context,
  transaction: Transaction,
  { budget, client }: { readonly budget: ByteBudget; readonly client: () => ClientInfo },
): Receiver {
  const limitBytes = context.messageSizeLimit();
  const content = createContent(budget, limitBytes);
  const scanner = createDataScanner(context.bareNewlines, content.add);
  return {
    push: (chunk) => {
      const end = scanner.push(chunk);
      // What will be refused need not be kept.
      if (scanner.isUnsafe()) content.release();
      return end;
    },
    finish: async () => {
      const refusal = contentRefusal(context, content, scanner.isUnsafe(), limitBytes);
      if (refusal === null) return store(context, transaction, client(), content);
      content.release();
      return refusal;
    },
    abandon: content.release,
  };
}

function contentRefusal(context: Context, content: Content, isUnsafe: boolean, limitBytes: number): Reply | null {
  const { refusals } = context;
  // First: whatever else is wrong, what follows such content must not be run.
  if (isUnsafe) return refusals.unsafeBytes;
  if (content.trouble() === 'TOO_BIG') return refusals.tooBig(limitBytes);
  if (content.trouble() === 'BUSY') return refusals.busy;
  return isLoop(content.chunks(), context.names) ? refusals.loop : null;
}

async function store(context: Context, transaction: Transaction, client: ClientInfo, content: Content): Promise<Reply> {
  const beganMs = context.monotonicMs();
  try {
    const { authenticate } = context;
    const assembled = assemble(context, transaction, client, content);
    const received = authenticate ? await authenticated(authenticate, assembled) : assembled;
    const { id, sizeBytes } = received;
    const recipientCount = received.recipients.length;
    const domains = [...new Set(received.recipients.map(({ domain }) => domain))];
    const stored = context.accept(received).finally(content.release);
    const reply = acceptedReply(id);
    const result = await context.watch.within<Reply | null>(
      stored.then(() => reply),
      context.acceptTimeoutMs,
      null,
    );
    if (result === null) return context.refusals.storeDown;
    context.events.accepted({
      transactionId: id,
      clientAddress: client.address,
      ehloName: client.ehloName,
      tls: client.tls,
      reversePath: transaction.reversePath,
      recipientCount,
      domains,
      sizeBytes,
      latencyMs: context.monotonicMs() - beganMs,
    });
    return result;
  } catch (error) {
    content.release();
    if (error instanceof Error && error.name === 'StorageFull') return context.refusals.storeFull;
    context.events.fault({ where: 'inbound accept', error });
    return context.refusals.storeDown;
  }
}

function assemble(
  context: Context,
  transaction: Transaction,
  client: ClientInfo,
  content: Content,
): ReceivedTransaction {
  const id = context.newTransactionId();
  const recipients = [...transaction.recipients.values()];
  const [only] = recipients;
  const field = receivedField({
    client,
    by: context.hostname,
    transactionId: id,
    forRecipient: only !== undefined && recipients.length === 1 ? only.address : null,
    at: context.wallClock(),
  });
  const envelope: Envelope = {
    reversePath: transaction.reversePath,
    recipients,
    client,
    smtpUtf8: transaction.smtpUtf8,
    body: transaction.body,
    ret: transaction.ret,
    envelopeId: transaction.envelopeId,
  };
  return {
    id,
    envelope,
    recipients,
    headerMessageId: searchedMessageIdOf(headerSection(content.chunks())),
    content: [Buffer.from(field), ...content.chunks()],
    sizeBytes: content.sizeBytes(),
  };
}

/** The operator's fields go above our Received field (RFC 8601 §5). */
async function authenticated(authenticate: Authenticate, received: ReceivedTransaction): Promise<ReceivedTransaction> {
  const [ours = new Uint8Array(0), ...given] = received.content;
  const { client, reversePath } = received.envelope;
  const { prepend, content } = await authenticate(client, reversePath, given);
  return { ...received, content: [prepend, ours, ...content] };
}

/** Takes the chunk of a refused BDAT, so that its octets are never read as commands (RFC 3030). */
export function createChunkDrain(sizeBytes: number, reply: Reply): Receiver {
  let leftBytes = sizeBytes;
  return {
    push: (chunk) => {
      const taken = Math.min(leftBytes, chunk.length);
      leftBytes -= taken;
      return leftBytes === 0 ? taken : -1;
    },
    finish: () => Promise.resolve(reply),
    abandon: () => undefined,
  };
}
