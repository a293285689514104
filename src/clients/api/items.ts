/**
 * Items of a subscription as the service sends them: GraphQL over server-sent events, one response that does not end.
 *
 * The service sends a comment at regular intervals, so a connection that is silent for longer is dead.
 */
import { clearTimeout, setTimeout } from 'node:timers';
import { type Account, addressOf, type Answer, ClientError, dataOf, parseAnswer, Unreachable } from './connection.ts';

/** Several times as long as between two comments. */
const SILENCE_MS = 60_000;
/** An item of the largest selection is far less. */
const MOST_BUFFERED = 1_048_576;

export interface Subscribed {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Each item's data, until the service completes the subscription or `interruption` is aborted.
 * Throws Unreachable when the connection cannot be made or breaks, or the service asks to come again later; else ClientError.
 */
export async function* itemsOf<T>(
  account: Account,
  subscribed: Subscribed,
  interruption: AbortSignal,
): AsyncGenerator<T> {
  const url = addressOf(account.url);
  const silence = new AbortController();
  const signal = AbortSignal.any([interruption, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${account.token.value}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify(subscribed),
      redirect: 'error',
      signal,
    });
    if (response.status !== 200 || response.body === null) await refuse(account, response);
    else yield* eventsOf<T>(response.body.pipeThrough(new TextDecoderStream()), heard);
  } catch (error) {
    if (interruption.aborted) return;
    if (error instanceof ClientError) throw error;
    throw new Unreachable(`${url.origin} cannot be reached. ${account.url.name} says where the service is`);
  } finally {
    clearTimeout(timer);
  }
}

async function refuse(account: Account, response: Response): Promise<never> {
  const { status } = response;
  if (status === 401) throw new ClientError(`${account.token.name} is not a valid token of this service`);
  const [error] = parseAnswer(await response.text())?.errors ?? [];
  const line = error?.message ?? `the service answered ${status} to a subscription`;
  throw status === 429 || status >= 500 ? new Unreachable(line) : new ClientError(line);
}

async function* eventsOf<T>(texts: AsyncIterable<string>, heard: () => void): AsyncGenerator<T> {
  let buffered = '';
  for await (const text of texts) {
    heard();
    buffered += text;
    const blocks = buffered.split('\n\n');
    buffered = blocks.pop() ?? '';
    if (buffered.length > MOST_BUFFERED) throw new ClientError('the service sent an item that has no end');
    for (const block of blocks) {
      if (/^event: complete$/m.test(block)) return;
      const answer: Answer | null = parseAnswer(/^data: (.+)$/m.exec(block)?.[1] ?? '');
      if (answer !== null) yield dataOf(answer) as T;
    }
  }
  throw new Unreachable('the service ended the connection');
}
