/**
 * A transaction: the arguments of MAIL and RCPT, the recipients, and what is stored (RFC 5321 §2.3.1, §3.3, §4.1.2).
 *
 * Promises that a decision about a recipient that fails or hangs is a fault's 451, within its limit.
 *
 * Arguments are strict about what is passed on: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), and RET, ENVID, NOTIFY,
 * ORCPT (RFC 3461). DSN values keep the client's exact spelling, still xtext-encoded, and decode to printable characters only,
 * so that no line end can hide in them. White space is read leniently. mail/address.ts judges addresses.
 */
import { parsePath } from '../mail/address.ts';
import type { ClientInfo, Envelope, Notify } from '../mail/envelope.ts';
import type { Decision, ForwardPath } from '../policy/decision.ts';
import type { Context, RefusalSubject, TransactionRecipient } from './listener-state.ts';
import type { ClientShare } from './connection-limits.ts';
import type { ByteBudget } from './content.ts';
import * as replies from './replies.ts';
import { type Reply, badParameter, unknownParameter } from './replies.ts';
import { parseEnvelopeId, parseOriginalRecipient } from '../mail/xtext.ts';

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

/** Begins a transaction with the arguments of MAIL; else the refusal. */
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
  return share.isTrusted ? budget : budget.partOf(share.networks, messageSizeLimit());
}

interface AskedRecipient {
  readonly path: ForwardPath;
  readonly parameters: RecipientParameters;
}

/** Reads the arguments of RCPT; else the refusal. */
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

interface RefusedRecipient {
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

/** `<path>` with its brackets, and the words after it. */
interface PathCommand {
  readonly path: string;
  readonly parameters: readonly string[];
}

interface MailParameters {
  sizeBytes: number | null;
  body: '7BIT' | '8BITMIME' | null;
  smtpUtf8: boolean;
  ret: 'FULL' | 'HDRS' | null;
  envelopeId: string | null;
}

interface RecipientParameters {
  notify: readonly Notify[];
  originalRecipient: string | null;
}

const MAIL_COMMAND = /^MAIL[ \t]+FROM[ \t]*:[ \t]*(<(?:[^"<>]|"(?:[^"\\]|\\.)*")*>)(.*)$/i;
const RCPT_COMMAND = /^RCPT[ \t]+TO[ \t]*:[ \t]*(<(?:[^"<>]|"(?:[^"\\]|\\.)*")*>)(.*)$/i;

/** Takes a MAIL command line apart; null when it has no path in brackets. */
export function splitMail(line: string): PathCommand | null {
  return split(MAIL_COMMAND.exec(line));
}

/** Takes an RCPT command line apart; null when it has no path in brackets. */
export function splitRcpt(line: string): PathCommand | null {
  return split(RCPT_COMMAND.exec(line));
}

const NO_PARAMETERS: readonly string[] = [];

function split(match: RegExpExecArray | null): PathCommand | null {
  const path = match?.[1];
  const rest = match?.[2];
  if (path === undefined || rest === undefined) return null;
  if (rest === '') return { path, parameters: NO_PARAMETERS };
  if (!/^[ \t]/.test(rest)) return null;
  const words = rest.trim();
  return { path, parameters: words === '' ? NO_PARAMETERS : words.split(/[ \t]+/) };
}

/** RFC 5321 §4.1.2, with RFC 6531's non-ASCII values. */
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\u{10ffff}]+))?$/u;

type Setter<T> = (into: T, value: string | null) => string | null;

/** Runs every word through its setter, which returns what is wrong or null. */
function parse<T>(words: readonly string[], into: T, setters: ReadonlyMap<string, Setter<T>>): Reply | null {
  const seen = new Set<string>();
  for (const word of words) {
    const match = PARAMETER.exec(word);
    const name = match?.[1]?.toUpperCase();
    const known = /^[A-Za-z0-9][A-Za-z0-9-]*/.exec(word)?.[0].toUpperCase() ?? '';
    if (name === undefined) return setters.has(known) ? badParameter(known, 'syntax') : unknownParameter(known || '?');
    const setter = setters.get(name);
    if (setter === undefined) return unknownParameter(name);
    if (seen.has(name)) return badParameter(name, 'given twice');
    seen.add(name);
    const wrong = setter(into, match?.[2] ?? null);
    if (wrong !== null) return badParameter(name, wrong);
  }
  return null;
}

const MAIL_SETTERS: ReadonlyMap<string, Setter<MailParameters>> = new Map<string, Setter<MailParameters>>([
  ['SIZE', setSize],
  ['BODY', setBody],
  ['SMTPUTF8', setSmtpUtf8],
  ['RET', setRet],
  ['ENVID', setEnvelopeId],
]);

const RCPT_SETTERS: ReadonlyMap<string, Setter<RecipientParameters>> = new Map<string, Setter<RecipientParameters>>([
  ['NOTIFY', setNotify],
  ['ORCPT', setOriginalRecipient],
]);

/** Reads MAIL's parameters, or says which one is wrong. */
export function parseMailParameters(words: readonly string[]): MailParameters | { readonly refusal: Reply } {
  const parameters = { sizeBytes: null, body: null, smtpUtf8: false, ret: null, envelopeId: null };
  if (words.length === 0) return parameters;
  const refusal = parse<MailParameters>(words, parameters, MAIL_SETTERS);
  return refusal === null ? parameters : { refusal };
}

/** Reads RCPT's parameters, or says which one is wrong. */
export function parseRcptParameters(words: readonly string[]): RecipientParameters | { readonly refusal: Reply } {
  const parameters = { notify: [], originalRecipient: null };
  if (words.length === 0) return parameters;
  const refusal = parse<RecipientParameters>(words, parameters, RCPT_SETTERS);
  return refusal === null ? parameters : { refusal };
}

/** RFC 1870: 1 to 20 digits. */
function setSize(into: MailParameters, value: string | null): string | null {
  if (value === null || !/^[0-9]{1,20}$/.test(value)) return 'a number of octets';
  into.sizeBytes = Number(value);
  return null;
}

function setBody(into: MailParameters, value: string | null): string | null {
  const body = value?.toUpperCase();
  if (body !== '7BIT' && body !== '8BITMIME') return '7BIT or 8BITMIME';
  into.body = body;
  return null;
}

function setSmtpUtf8(into: MailParameters, value: string | null): string | null {
  into.smtpUtf8 = true;
  return value === null ? null : 'takes no value';
}

function setRet(into: MailParameters, value: string | null): string | null {
  const ret = value?.toUpperCase();
  if (ret !== 'FULL' && ret !== 'HDRS') return 'FULL or HDRS';
  into.ret = ret;
  return null;
}

function setEnvelopeId(into: MailParameters, value: string | null): string | null {
  if (value === null || parseEnvelopeId(value) === null) return 'xtext of at most 100 printable characters';
  into.envelopeId = value;
  return null;
}

const NOTIFY_WORDS = new Set<string>(['NEVER', 'SUCCESS', 'FAILURE', 'DELAY']);

function isNotify(word: string): word is Notify {
  return NOTIFY_WORDS.has(word);
}

/** RFC 3461 §4.1. */
function setNotify(into: RecipientParameters, value: string | null): string | null {
  const words = (value ?? '').toUpperCase().split(',');
  const notify = words.filter(isNotify);
  if (notify.length !== words.length || new Set(notify).size !== notify.length)
    return 'SUCCESS, FAILURE, DELAY or NEVER';
  if (notify.length > 1 && notify.includes('NEVER')) return 'NEVER stands alone';
  into.notify = notify;
  return null;
}

function setOriginalRecipient(into: RecipientParameters, value: string | null): string | null {
  if (value === null || parseOriginalRecipient(value) === null) return 'type;address in xtext';
  into.originalRecipient = value;
  return null;
}

function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}
