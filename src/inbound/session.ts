/**
 * The dialogue of one SMTP session, without its socket: the answers to MAIL, RCPT, DATA and ETRN (RFC 5321 §3.3, §4.1.1).
 *
 * Promises that whatever goes wrong inside is 451, never 5yz, and that a decision that hangs is 451 within its limit.
 * Does not read lines, know TLS or close connections: connection.ts does. Commands come one at a time.
 */
import type { ClientInfo } from '../mail/envelope.ts';
import { newId } from '../mail/id.ts';
import { createDataPhase, type Receiver } from './data-phase.ts';
import type { Context, RefusalSubject } from './listener-state.ts';
import type { ClientShare } from './connection-limits.ts';
import * as replies from './replies.ts';
import type { Reply } from './replies.ts';
import { addRecipient, beginTransaction, budgetOf, parseRecipient, type Transaction } from './transaction.ts';
import { normalizeDomain } from '../mail/domain.ts';
import type { QueueStart } from '../policy/queue-start.ts';

/** The client, and what it may take. */
interface SessionClient {
  readonly address: string;
  readonly share: ClientShare;
  /** The reverse name as a proxy has given it, null if the proxy knows no name. Absent: it is looked up. */
  readonly name?: string | null;
}

export interface Session {
  /** A proxy has named its client: the session begins anew with that one, under the same TLS. */
  readonly identify: (client: SessionClient) => void;
  /** HELO or EHLO was accepted: the transaction ends. */
  readonly greet: (isExtended: boolean, ehloName: string) => void;
  /** The TLS handshake is done: all that was said in clear is forgotten (RFC 3207 §4.2). */
  readonly secure: (tls: string) => void;
  readonly mail: (line: string) => Reply;
  readonly rcpt: (line: string) => Promise<Reply>;
  readonly data: (line: string) => Reply | Receiver;
  /** RFC 1985. */
  readonly etrn: (line: string) => Promise<Reply>;
  /** Ends the transaction: RSET, and after the final reply. */
  readonly reset: () => void;
  readonly isInTransaction: () => boolean;
  /** Records a refusal and gives the reply its reference, where it has a code of ours; `command` is `MAIL`, `CONNECT`, … */
  readonly refuse: (command: string, reply: Reply) => Reply;
}

const NO_SUBJECT: RefusalSubject = { forwardPath: null, destination: null, zone: null };

/** Begins a session with a client whose address is known. */
export function createSession(context: Context, firstClient: SessionClient): Session {
  let known = firstClient;
  let ehloName = '';
  let isExtended = false;
  let tls: string | null = null;
  let clientName: string | null = null;
  let transaction: Transaction | null = null;
  let isMailRefused = false;
  let isTlsReported = false;

  const lookUpName = (): void => {
    const asked = known;
    clientName = asked.name ?? null;
    if (asked.name !== undefined) return;
    context.resolveName(asked.address).then(
      (name) => {
        if (asked === known) clientName = name;
      },
      () => undefined,
    );
  };
  lookUpName();

  const client = (smtpUtf8: boolean): ClientInfo => {
    const protocol = protocolOf(isExtended, smtpUtf8, tls !== null);
    return { address: known.address, name: clientName, ehloName, protocol, tls };
  };

  const refuse = (command: string, reply: Reply, subject = NO_SUBJECT): Reply => {
    const { code, enhancedCode, text, rejection } = reply.line;
    const reference = rejection === null ? null : newId();
    const { forwardPath } = subject;
    const fields = {
      reference,
      clientAddress: known.address,
      ehloName,
      command,
      reversePath: transaction?.reversePath ?? null,
      forwardPath,
      rejection,
      reply: `${code} ${enhancedCode} ${text}`,
    };
    context.events.refused(fields, subject);
    return reference === null ? reply : context.refusals.format(reply.line, reference);
  };

  /** Once a session: at its handshake, or when it has brought mail in clear. */
  const reportTls = (): void => {
    if (!isTlsReported) context.events.tlsSession({ tls });
    isTlsReported = true;
  };

  const forget = (): void => {
    transaction = null;
    isMailRefused = false;
  };

  return {
    identify: (next) => {
      const isSame = next.address === known.address && next.name === undefined;
      if (!isSame) {
        known = next;
        lookUpName();
      }
      ehloName = '';
      isExtended = false;
      forget();
    },
    greet: (extended, name) => {
      isExtended = extended;
      ehloName = sanitizeName(name);
      forget();
    },
    secure: (description) => {
      tls = description;
      ehloName = '';
      isExtended = false;
      forget();
      isTlsReported = false;
      reportTls();
    },
    mail: (line) => {
      if (transaction !== null) return replies.NESTED_MAIL;
      const begun = beginTransaction(context, known.share, line, client);
      isMailRefused = 'wire' in begun;
      if ('wire' in begun) return refuse('MAIL', begun);
      transaction = begun;
      return replies.MAIL_OK;
    },
    rcpt: async (line) => {
      const current = transaction;
      if (current === null) return isMailRefused ? replies.MAIL_WAS_REFUSED : replies.NEED_MAIL;
      const asked = parseRecipient(line, current.smtpUtf8);
      if ('wire' in asked) return refuse('RCPT', asked);
      if (!known.share.takeRecipient()) return refuse('RCPT', context.refusals.tooManyRecipients);
      const refusal = await addRecipient(context, current, asked);
      if (refusal === null) return replies.RCPT_OK;
      current.hasRefusedRecipient = true;
      const forwardPath = asked.path.kind === 'PATH' ? asked.path.path.address : 'postmaster';
      const subject = { forwardPath, destination: null, zone: null, ...refusal.about };
      return refuse('RCPT', refusal.reply, subject);
    },
    data: (line) => {
      if (!/^DATA[ \t]*$/i.test(line)) return replies.DATA_SYNTAX;
      const current = transaction;
      if (current === null) return isMailRefused ? replies.MAIL_WAS_REFUSED : replies.NEED_MAIL;
      if (current.recipients.size === 0) {
        return current.hasRefusedRecipient ? replies.NO_VALID_RECIPIENTS : replies.NEED_RECIPIENT;
      }
      const budget = budgetOf(context, known.share);
      if (budget.freeBytes() <= 0) return refuse('DATA', context.refusals.busy);
      const phase = createDataPhase(context, current, { budget, client: () => client(current.smtpUtf8) });
      const finish = async (): Promise<Reply> => {
        const reply = await phase.finish();
        const isStored = reply.line.code === 250;
        if (isStored) reportTls();
        const answer = isStored ? reply : refuse('DATA', reply);
        transaction = null;
        return answer;
      };
      return { ...phase, finish };
    },
    etrn: async (line) => {
      if (ehloName === '') return replies.GREET_FIRST;
      return transaction === null ? answerEtrn(context, line, known.address) : replies.ETRN_IN_TRANSACTION;
    },
    reset: forget,
    isInTransaction: () => transaction !== null,
    refuse: (command, reply) => refuse(command, reply),
  };
}

/** RFC 3848, RFC 6531 §4.3. TLS implies EHLO, whatever the client says after it. */
function protocolOf(isExtended: boolean, smtpUtf8: boolean, isSecure: boolean): ClientInfo['protocol'] {
  if (smtpUtf8) return isSecure ? 'UTF8SMTPS' : 'UTF8SMTP';
  if (isSecure) return 'ESMTPS';
  return isExtended ? 'ESMTP' : 'SMTP';
}

/** Printable ASCII of at most 255 octets: the name stands in Received, logs and the API. */
function sanitizeName(name: string): string {
  return name.slice(0, 255).replace(/[^!-~]/g, '?');
}

/** RFC 1985 §5.3: a node, `@` before a domain with all below it, `#` before a queue that has a name of its own. */
type EtrnNode =
  | { readonly kind: 'DOMAIN'; readonly name: string; readonly hasSubdomains: boolean }
  | { readonly kind: 'QUEUE' }
  | { readonly kind: 'INVALID' };

function readNode(line: string): EtrnNode {
  const text = /^ETRN[ \t]+(\S+)[ \t]*$/i.exec(line)?.[1] ?? '';
  if (/^#./.test(text)) return { kind: 'QUEUE' };
  const hasSubdomains = text.startsWith('@');
  const name = normalizeDomain(hasSubdomains ? text.slice(1) : text);
  return name === null ? { kind: 'INVALID' } : { kind: 'DOMAIN', name, hasSubdomains };
}

/**
 * ETRN: a client asks that the mail that is held for its domain be delivered now (RFC 1985).
 *
 * Reads the command and words the answer; policy/queue-start.ts decides. A failure of our own is 458, never 5yz.
 */
async function answerEtrn(context: Context, line: string, clientAddress: string): Promise<Reply> {
  const node = readNode(line);
  if (node.kind === 'INVALID') return replies.ETRN_SYNTAX;
  if (node.kind === 'QUEUE') return replies.ETRN_NO_QUEUE;
  const { name, hasSubdomains } = node;
  try {
    const start = context.startQueue({ address: clientAddress, domainName: name, hasSubdomains });
    const answer = await context.watch.within<QueueStart | null>(start, context.decisionTimeoutMs, null);
    return answer === null ? replies.ETRN_UNABLE : replyOf(answer, hasSubdomains ? `@${name}` : name);
  } catch (error) {
    context.events.fault({ where: 'inbound ETRN', error });
    return replies.ETRN_UNABLE;
  }
}

function replyOf(answer: QueueStart, node: string): Reply {
  switch (answer.kind) {
    case 'STARTED':
      return node.startsWith('@') ? replies.etrnStarted(node) : replies.etrnPending(node, answer.heldCount);
    case 'NOTHING_HELD':
      return replies.etrnNothing(node);
    case 'PAUSED':
      return replies.ETRN_PAUSED;
    case 'TOO_OFTEN':
      return replies.ETRN_TOO_OFTEN;
    case 'NOT_ALLOWED':
      return replies.ETRN_NOT_ALLOWED;
    default:
      return answer satisfies never;
  }
}
