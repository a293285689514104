/**
 * ETRN: a client asks that the mail that is held for its domain be sent out now (RFC 1985).
 *
 * Reads the command and words the answer; policy/queue-start.ts decides. Trouble of our own is 458, never 5yz.
 */
import { normalizeDomain } from '../mail/domain.ts';
import type { QueueStart } from '../policy/queue-start.ts';
import * as replies from './replies.ts';
import type { Reply } from './replies.ts';
import type { Context } from './context.ts';

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

export async function answerEtrn(context: Context, line: string, clientAddress: string): Promise<Reply> {
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
