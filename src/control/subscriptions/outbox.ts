/**
 * The outbox of one subscriber: items between the event and the connection that takes them.
 *
 * Bounded in items and in octets: whoever reads too slowly is told so as the last thing, and dropped. Of a state only the
 * latest waits, so its readers are never too slow. Ends once; what waited before an orderly end is still told.
 */
import { GraphQLError } from 'graphql';
import type { SessionParent } from '../../tenants/console-sessions.ts';
import type { Caller } from '../admission/auth.ts';

/** The last thing a subscriber is told: why nothing more comes. */
export class Ending {
  readonly error: GraphQLError;
  constructor(error: GraphQLError) {
    this.error = error;
  }
}

export interface Outbox<T> extends AsyncIterableIterator<T | Ending> {
  push(item: T, bytes: number): void;
  /** Nothing more comes. With an error what waits is dropped for it, without one it is told before. */
  end(error: GraphQLError | null): void;
  /** Items that are not taken yet. */
  waiting(): number;
  /** Nothing that is pushed is told any more. */
  isOver(): boolean;
  /** Resolves when `next` has something at once: an item, or the end. */
  ready(): Promise<void>;
  /** Whether `next` has an item of what is watched, and not an end. */
  hasItem(): boolean;
  /** Aborted when what waits is told no more: it ended with an error, or its reader has gone. */
  readonly dropped: AbortSignal;
}

interface OutboxOptions {
  /** Absent: of a state, of which one item waits, the latest. */
  readonly bounds: { readonly items: number; readonly bytes: number } | null;
  /** It would hold more than its bounds: to be ended with an error. */
  readonly onFull: () => GraphQLError;
  /** Once, when it was ended or its reader has gone. */
  readonly onEnd: () => void;
}

export function createOutbox<T>({ bounds, onFull, onEnd }: OutboxOptions): Outbox<T> {
  let waiting: { readonly item: T | Ending; readonly bytes: number }[] = [];
  let bytesWaiting = 0;
  let isEnded = false;
  let reader: ((result: IteratorResult<T | Ending>) => void) | null = null;
  let onReady: (() => void)[] = [];
  const dropping = new AbortController();

  const tellReady = (): void => {
    for (const resolve of onReady) resolve();
    onReady = [];
  };

  const finish = (): void => {
    if (isEnded) return;
    isEnded = true;
    onEnd();
  };
  const hand = (item: T | Ending, bytes: number): void => {
    if (reader === null) {
      waiting.push({ item, bytes });
      bytesWaiting += bytes;
      tellReady();
    } else {
      reader({ done: false, value: item });
      reader = null;
    }
  };
  const end = (error: GraphQLError | null): void => {
    if (isEnded) return;
    if (error !== null) {
      waiting = [];
      hand(new Ending(error), 0);
      dropping.abort();
    }
    finish();
    tellReady();
    reader?.({ done: true, value: undefined });
    reader = null;
  };
  const leave = (): Promise<IteratorResult<T | Ending>> => {
    waiting = [];
    dropping.abort();
    end(null);
    return Promise.resolve({ done: true, value: undefined });
  };

  return {
    push(item, bytes) {
      if (isEnded) return;
      if (bounds === null) waiting = [];
      else if (waiting.length >= bounds.items || bytesWaiting + bytes > bounds.bytes) {
        end(onFull());
        return;
      }
      hand(item, bytes);
    },
    end,
    waiting: () => waiting.length,
    isOver: () => isEnded,
    ready: () => (waiting.length > 0 || isEnded ? Promise.resolve() : new Promise((resolve) => onReady.push(resolve))),
    hasItem: () => waiting[0] !== undefined && !(waiting[0].item instanceof Ending),
    dropped: dropping.signal,
    next() {
      const first = waiting.shift();
      if (first !== undefined) {
        bytesWaiting -= first.bytes;
        return Promise.resolve({ done: false, value: first.item });
      }
      if (isEnded) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve) => (reader = resolve));
    },
    return: leave,
    throw: leave,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

export interface Session {
  readonly caller: Caller;
  /** The header that the token came in, or the session of its cookie. */
  readonly credential: string;
  /** On whose behalf sessions that it opens speak. */
  readonly parent: SessionParent;
  /** Whether it is in force with all scopes that the session began with. Rejects when that cannot be found out now. */
  readonly isTokenGood: () => Promise<boolean>;
  /** Resolves when the response is over, however it ended. */
  readonly done: Promise<void>;
  /** Closes the connection if the response is not over. */
  readonly hangUp: () => void;
}

/** Until somebody may have closed a subscription. */
const RETRY_SECONDS = 30;

function ending(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

export const slowReader = (): GraphQLError =>
  ending('SLOW_READER', 'You read more slowly than things happen. Subscribe again with the last cursor as `after`.');

export const inDebt = (seconds: number, cursor: string | null): GraphQLError =>
  new GraphQLError(
    `Your items cost more than you may ask for in this time. Subscribe again in ${seconds} s, with the last cursor as \`after\`, or for fewer fields.`,
    { extensions: { code: 'RATE_LIMITED', retryAfterSeconds: seconds, cursor } },
  );

export const tokenEnded = (): GraphQLError =>
  ending(
    'UNAUTHENTICATED',
    'Your token has ended: it was revoked or rotated, lost a scope, or is past its time. Subscribe with a valid one.',
  );

export const stopping = (): GraphQLError =>
  ending(
    'STOPPING',
    'This node of the service stops. Subscribe again with the last cursor as `after`: another one answers.',
  );

export const tooManySubscriptions = (who: string, most: number): GraphQLError =>
  new GraphQLError(`${who} has ${most} subscriptions open here; that is the most. Close one first.`, {
    extensions: {
      code: 'LIMIT_EXCEEDED',
      retryAfterSeconds: RETRY_SECONDS,
      http: { headers: { 'Retry-After': `${RETRY_SECONDS}` } },
    },
  });

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

export const noSuchOperation = (): GraphQLError =>
  ending('NOT_FOUND', 'You have no operation with that id. Look for it with `operations`.');
