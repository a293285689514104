/** The sentences of the pages of settings: how many are told, what may speak, who is signed in. Pure. */
import type { ContactsQuery, SessionsQuery, TokensQuery, WebhooksQuery } from '../operations/generated.ts';
import { counted } from './count.ts';
import type { SentencePart } from './overview-sentence.ts';
import { isNear, timeText } from './time.ts';

export type Contact = ContactsQuery['alertContacts']['nodes'][number];
export type Webhook = WebhooksQuery['webhooks']['nodes'][number];
export type Token = TokensQuery['tokens']['nodes'][number];
export type Session = SessionsQuery['viewer']['consoleSessions'][number];

interface Listed<Node> {
  readonly totalCount: number;
  /** Those of the page; what is said of some of them is said only where all are on it. */
  readonly nodes: readonly Node[];
}

const first = (text: string): SentencePart => ({ text, part: 'first' });
const rest = (text: string): SentencePart => ({ text, part: 'rest' });

export function contactsSentence({ totalCount, nodes }: Listed<Contact>): readonly SentencePart[] {
  if (totalCount === 0)
    return [first('No one is told by mail when your server goes down.'), rest('Add an address that is read then.')];
  const waiting = nodes.filter(({ status }) => status === 'UNCONFIRMED').length;
  if (nodes.length < totalCount) return [first(`${counted(totalCount, 'address', 'addresses')} for alerts.`)];
  const told = totalCount - waiting;
  const wait = `${counted(waiting, 'address has', 'addresses have')} not been confirmed yet.`;
  if (told === 0) return [first('No one is told by mail yet.'), rest(wait)];
  const lead = first(`${counted(told, 'address is', 'addresses are')} told when a server goes down.`);
  return waiting === 0 ? [lead] : [lead, rest(wait)];
}

export function webhooksSentence(
  { totalCount, nodes }: Listed<Webhook>,
  now: Date,
  timeZone: string,
): readonly SentencePart[] {
  if (totalCount === 0)
    return [first('No program is told.'), rest('A webhook posts what happens to an address of yours.')];
  const parts = [first(`${counted(totalCount, 'webhook')}.`)];
  const failing = nodes.filter(({ status, failingSince }) => status === 'ENABLED' && failingSince !== null);
  const disabled = nodes.filter(({ status }) => status === 'DISABLED').length;
  const [one] = failing;
  if (failing.length === 1 && one?.failingSince != null)
    parts.push(rest(`One has not been reached since ${timeText(new Date(one.failingSince), now, timeZone)}.`));
  else if (failing.length > 1) parts.push(rest(`${failing.length} cannot be reached.`));
  if (disabled > 0) parts.push(rest(`${counted(disabled, 'is', 'are')} disabled.`));
  if (parts.length === 1 && nodes.length === totalCount)
    parts.push(rest(totalCount === 1 ? 'It is reached.' : 'All of them are reached.'));
  return parts;
}

export function tokensSentence({ totalCount, nodes }: Listed<Token>, now: Date): readonly SentencePart[] {
  if (totalCount === 0)
    return [first('No token may speak for you.'), rest('A script, Terraform or the command needs one.')];
  const parts = [first(`${counted(totalCount, 'token')} may speak for you.`)];
  const isOver = ({ expiresAt }: Token): boolean => expiresAt !== null && Date.parse(expiresAt) <= now.getTime();
  const over = nodes.filter(isOver).length;
  const soon = nodes.filter(
    (token) => !isOver(token) && token.expiresAt !== null && isNear(new Date(token.expiresAt), now),
  );
  const unused = nodes.filter(({ lastUsedAt }) => lastUsedAt === null).length;
  if (over > 0) parts.push(rest(`${counted(over, 'has', 'have')} expired.`));
  if (soon.length > 0) parts.push(rest(`${counted(soon.length, 'expires', 'expire')} within 48\u00a0hours.`));
  if (unused > 0) parts.push(rest(`${counted(unused, 'was', 'were')} never used.`));
  return parts;
}

export function sessionsSentence(sessions: readonly Session[]): readonly SentencePart[] {
  const others = sessions.filter(({ isCurrent }) => !isCurrent).length;
  if (others === 0) return [first('You are signed in here only.')];
  return [first(`You are signed in here and in ${counted(others, 'other browser')}.`)];
}
