/**
 * A subscriber: GraphQL over server-sent events (graphql-sse "distinct connections mode"), as a client reads it from fetch.
 */
import { within } from '../../src/clock.ts';

export interface SubscriberItem<T> {
  readonly data?: T | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[];
}

export interface Subscriber<T> {
  readonly status: number;
  /**
   * The next item, or null when the subscription is complete; one call at a time. Throws when none comes in time or the
   * connection breaks.
   */
  next(timeoutMs?: number): Promise<SubscriberItem<T> | null>;
  /** The data of the next item; throws when it is none. */
  data(timeoutMs?: number): Promise<T>;
  /** The code of the error that comes next. */
  code(timeoutMs?: number): Promise<unknown>;
  /** Comments so far: what keeps the connection open. */
  comments(): number;
  close(): void;
}

interface SubscribeOptions {
  readonly url: string;
  readonly token: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** For an item that comes in any case, on a busy machine. */
const PATIENCE_MS = 30_000;

/** Resolves when the answer begins: from then on nothing is missed. */
export async function subscribe<T>({ url, token, query, variables = {} }: SubscribeOptions): Promise<Subscriber<T>> {
  const controller = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'text/event-stream',
    },
    body: JSON.stringify({ query, variables }),
    signal: controller.signal,
  });
  if (response.body === null) throw new Error(`status ${response.status} without a body`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffered = '';
  let comments = 0;

  async function readBlock(): Promise<string> {
    for (;;) {
      const end = buffered.indexOf('\n\n');
      if (end >= 0) {
        const block = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        if (!block.startsWith(':')) return block;
        comments += 1;
        continue;
      }
      const { done, value } = await reader.read();
      if (done) throw new Error(`the connection ended before the subscription; left is ${JSON.stringify(buffered)}`);
      buffered += value;
    }
  }

  async function readItem(): Promise<SubscriberItem<T> | null> {
    const lines = (await readBlock()).split('\n');
    const field = (name: string) =>
      lines
        .find((line) => line.startsWith(`${name}:`))
        ?.slice(name.length + 1)
        .trim();
    if (field('event') === 'complete') return null;
    return JSON.parse(field('data') ?? '') as SubscriberItem<T>;
  }

  // An item that comes too late for one call is the next call's.
  let coming: Promise<SubscriberItem<T> | null> | null = null;
  const next = async (timeoutMs = PATIENCE_MS) => {
    coming ??= readItem();
    const item = await within(timeoutMs, coming, () => {
      throw new Error(`no item came within ${timeoutMs} ms`);
    });
    coming = null;
    return item;
  };
  return {
    status: response.status,
    next,
    async data(timeoutMs) {
      const item = await next(timeoutMs);
      if (item?.data == null) throw new Error(`no data: ${JSON.stringify(item)}`);
      return item.data;
    },
    code: async (timeoutMs) => (await next(timeoutMs))?.errors?.[0]?.extensions?.['code'],
    comments: () => comments,
    close: () => controller.abort(),
  };
}
