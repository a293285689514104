/**
 * RCPT: what its line asks for, the policy's word on it, and the recipient among those of its transaction (RFC 5321 §4.1.1.3).
 *
 * Promises that a decision that fails or hangs is a fault's 451, within its limit.
 */
import { parsePath } from '../mail/address.ts';
import type { Decision, ForwardPath } from '../policy/decision.ts';
import { isAscii, parseRcptParameters, type PathCommand, type RecipientParameters, splitRcpt } from './parameters.ts';
import * as replies from './replies.ts';
import type { Reply } from './replies.ts';
import type { Context, RefusalSubject, Transaction, TransactionRecipient } from './transaction.ts';

export interface AskedRecipient {
  readonly path: ForwardPath;
  readonly parameters: RecipientParameters;
}

/** What RCPT asks for, or how its line is wrong. */
export function parseRecipient(line: string, smtpUtf8: boolean): AskedRecipient | Reply {
  const command: PathCommand | null = splitRcpt(line);
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
