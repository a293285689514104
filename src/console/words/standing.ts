/** The facts known of a mailbox, which decide whether its mail is taken while its server is away. Pure. */
import type { StandingQuery } from '../operations/generated.ts';
import { timeText } from './time.ts';

export type Standing = NonNullable<StandingQuery['recipientStanding']>;

/** The reply of the server, if there is one, is shown beside it. */
export function standingText(standing: Standing, now: Date, timeZone: string): readonly string[] {
  const { isListed, deliveredAt, answer, answeredAt, suspectedAt, isCatchAll } = standing;
  const when = (at: string): string => timeText(new Date(at), now, timeZone);
  const sentences: string[] = [];
  if (isListed === true) sentences.push('It is in your User List: its mail is taken.');
  if (isListed === false) sentences.push('It is not in your User List: its mail is refused.');
  if (deliveredAt !== null) sentences.push(`Your server took mail for it ${when(deliveredAt)}.`);
  if (suspectedAt !== null)
    sentences.push(`Your server has refused it since ${when(suspectedAt)}, though it took its mail before.`);
  const asked = answeredAt === null ? '' : `, asked ${when(answeredAt)}`;
  if (answer === 'POSITIVE') sentences.push(`Your server knows this mailbox${asked}.`);
  if (answer === 'NEGATIVE') sentences.push(`Your server does not know this mailbox${asked}.`);
  if (isCatchAll === true) sentences.push('Your server takes mail for any mailbox, so it is not asked.');
  return sentences.length > 0
    ? sentences
    : ['Nothing is known of this mailbox: its mail is taken while your server is away, as you set it.'];
}
