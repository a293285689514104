/**
 * A transaction: what MAIL begins it with, the recipients that RCPT adds, and what of it is stored (RFC 5321 §2.3.1, §3.3).
 *
 * Promises that a decision about a recipient that fails or hangs is a fault's 451, within its limit.
 */
import { parsePath } from '../mail/address.ts';
import type { ClientInfo, Envelope, EnvelopeRecipient } from '../mail/envelope.ts';
import type { Decision, ForwardPath } from '../policy/decision.ts';
import type { Context, RefusalSubject } from './listener-state.ts';
import type { ClientShare } from './connection-limits.ts';
import type { ByteBudget } from './content.ts';
import {
  isAscii,
  parseMailParameters,
  parseRcptParameters,
  type RecipientParameters,
  splitMail,
  splitRcpt,
} from './parameters.ts';
import * as replies from './replies.ts';
import type { Reply } from './replies.ts';

/** One accepted recipient and where its mail belongs. */
export interface TransactionRecipient extends EnvelopeRecipient {
  readonly destinationId: string;
  readonly tenantId: string;
}

/** A message received in full, ready to be stored. */
export interface ReceivedTransaction {
  /** UUIDv7; stands in the Received field and in the 250. */
  readonly id: string;
  readonly envelope: Envelope;
  readonly recipients: readonly TransactionRecipient[];
  /** The field Message-ID as it is searched for; null: none. */
  readonly headerMessageId: string | null;
  /**
   * The fields that `authenticate` puts on top, our Received field, then the content as received. Not to be changed: they may be views
   * of socket buffers.
   */
  readonly content: readonly Uint8Array[];
  /** Octets of the content as received, without what we add or take out. */
  readonly sizeBytes: number;
}

/** The transaction between MAIL and the final reply. */
export interface Transaction {
  readonly client: ClientInfo;
  readonly reversePath: string | null;
  readonly sizeBytes: number | null;
  readonly body: Envelope['body'];
  readonly smtpUtf8: boolean;
  readonly ret: Envelope['ret'];
  readonly envelopeId: string | null;
  /** By exact address, so that a repeated RCPT is one recipient. */
  readonly recipients: Map<string, TransactionRecipient>;
  /** Set when a recipient was refused: then DATA without any is 554, not 503. */
  hasRefusedRecipient: boolean;
}

/** Begins a transaction with what MAIL says, or tells why not. */
export function beginTransaction(
  context: Context,
  share: ClientShare,
  line: string,
  client: (smtpUtf8: boolean) => ClientInfo,
): Transaction | Reply {
  const command = splitMail(line);
  if (command === null) return replies.MAIL_SYNTAX;
  const parameters = parseMailParameters(command.parameters);
  if ('refusal' in parameters) return parameters.refusal;
  const { smtpUtf8, sizeBytes } = parameters;
  if (!smtpUtf8 && !isAscii(command.path)) return replies.NEEDS_SMTPUTF8;
  const path = parsePath(command.path, { allowNull: true, smtpUtf8 });
  if (path.kind === 'INVALID') return replies.badReversePath(path.reason);
  if (path.kind === 'POSTMASTER') return replies.badReversePath('no domain');
  const trouble = capacityTrouble(context, share, sizeBytes);
  if (trouble !== null) return trouble;
  const from = client(smtpUtf8);
  const reversePath = path.kind === 'NULL' ? null : path.path.address;
  return {
    ...parameters,
    client: from,
    reversePath,
    recipients: new Map(),
    hasRefusedRecipient: false,
  };
}

/** The reasons not to begin a message now, or ever at this size. */
function capacityTrouble(context: Context, share: ClientShare, sizeBytes: number | null): Reply | null {
  const { refusals } = context;
  // First, so that what is refused here without end comes to an end.
  if (!share.takeMessage()) return refusals.tooManyMessages;
  const limitBytes = context.messageSizeLimit();
  if (sizeBytes !== null && sizeBytes > limitBytes) return refusals.tooBig(limitBytes);
  const readiness = context.readiness();
  if (readiness === 'DOWN') return refusals.storeDown;
  if (readiness === 'FULL') return refusals.storeFull;
  return (sizeBytes ?? 0) > budgetOf(context, share).freeBytes() ? refusals.busy : null;
}

/** The bytes that content of this client may take. */
export function budgetOf({ budget, messageSizeLimit }: Context, share: ClientShare): ByteBudget {
  return share.isTrusted ? budget : budget.partOf(share.network, messageSizeLimit());
}

export interface AskedRecipient {
  readonly path: ForwardPath;
  readonly parameters: RecipientParameters;
}

/** Reads what RCPT asks for, or tells how its line is wrong. */
export function parseRecipient(line: string, smtpUtf8: boolean): AskedRecipient | Reply {
  const command = splitRcpt(line);
  if (command === null) return replies.RCPT_SYNTAX;
  const parameters = parseRcptParameters(command.parameters);
  if ('refusal' in parameters) return parameters.refusal;
  if (!smtpUtf8 && !isAscii(command.path)) return replies.NEEDS_SMTPUTF8;
  const path = parsePath(command.path, { allowNull: false, smtpUtf8 });
  if (path.kind === 'INVALID') return replies.badForwardPath(path.reason);
  if (path.kind === 'NULL') return replies.badForwardPath('empty path');
  return { path, parameters };
}

export interface RefusedRecipient {
  readonly reply: Reply;
  readonly about?: Partial<RefusalSubject>;
}

/** Asks the policy and adds the recipient, or returns the refusal. */
export async function addRecipient(
  context: Context,
  transaction: Transaction,
  asked: AskedRecipient,
): Promise<RefusedRecipient | null> {
  if (transaction.recipients.size >= context.maxRecipients) return { reply: replies.TOO_MANY_RECIPIENTS };
  const decision = await decide(context, transaction, asked.path);
  if (decision === null) return { reply: context.refusals.fault };
  if (decision.kind === 'REFUSE') {
    const { destination = null, zone = null } = decision;
    return { reply: context.refusals.format(decision.reply), about: { destination, zone } };
  }
  const { domain, destinationId, tenantId } = decision.recipient;
  const given = asked.path.kind === 'PATH' ? asked.path.path.address : `postmaster@${context.hostname}`;
  const address = decision.recipient.address ?? given;
  const recipient: TransactionRecipient = { address, domain, destinationId, tenantId, ...asked.parameters };
  if (!transaction.recipients.has(address)) transaction.recipients.set(address, recipient);
  return null;
}

/** Null when the policy failed or did not answer in time. */
async function decide(context: Context, transaction: Transaction, path: ForwardPath): Promise<Decision | null> {
  const { client, reversePath, sizeBytes } = transaction;
  try {
    const decision = context.decideRecipient(client, { reversePath, sizeBytes }, path);
    return await context.watch.within<Decision | null>(decision, context.decisionTimeoutMs, null);
  } catch (error) {
    context.events.fault({ where: 'inbound decision', error });
    return null;
  }
}
