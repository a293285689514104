/**
 * Why a subscription is refused, or ends before its time: errors with a code, as the subscriber gets them.
 */
import { GraphQLError } from 'graphql';

function ending(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

export const slowReader = (): GraphQLError =>
  ending('SLOW_READER', 'You read more slowly than things happen. Subscribe again with the last cursor as `after`.');

export const tokenEnded = (): GraphQLError =>
  ending(
    'UNAUTHENTICATED',
    'Your token has ended: it was revoked or rotated, or is past its time. Subscribe with a valid one.',
  );

export const stopping = (): GraphQLError =>
  ending(
    'STOPPING',
    'This node of the service stops. Subscribe again with the last cursor as `after`: another one answers.',
  );

export const tooManySubscriptions = (who: string, most: number): GraphQLError =>
  ending('LIMIT_EXCEEDED', `${who} has ${most} subscriptions open here; that is the most. Close one first.`);

export const gapTooLong = (most: number): GraphQLError =>
  ending(
    'GAP_TOO_LONG',
    `More has happened since that cursor than is told anew: at most ${most} items. Subscribe without \`after\`, then read how things are now.`,
  );

export const noCursor = (): GraphQLError =>
  ending('BAD_USER_INPUT', 'after is no cursor of this subscription: give the `cursor` of the last item you got.');

export const noSuchDomain = (): GraphQLError =>
  ending('NOT_FOUND', 'You have no domain of that name. Look at `domains`, or leave it out where it may be left out.');

export const noSuchMessage = (): GraphQLError =>
  ending('NOT_FOUND', 'You have no message with that id, held or ended. Look for it with `messages`.');
