/**
 * Many subscribers in one process: GraphQL over server-sent events on plain sockets, which count items and look no further.
 */
import { connect, type Socket } from 'node:net';
import type { Service } from '../test/helpers/service.ts';

export interface Subscription {
  readonly token: string;
  readonly query: string;
}

export interface Subscribers {
  /** Items that all of them together have got. */
  count(): number;
  /** Called at each item, with how many came at once. */
  onItems: (count: number) => void;
  close(): void;
}

/** Resolves when each has got the head of its answer: from then on nothing is missed. Throws when one is refused. */
export async function startSubscribers(service: Service, subscriptions: readonly Subscription[]): Promise<Subscribers> {
  const sockets: Socket[] = [];
  let total = 0;
  const subscribers: Subscribers = {
    count: () => total,
    onItems: () => undefined,
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
  const port = Number(new URL(service.httpUrl).port);
  const open = ({ token, query }: Subscription): Promise<void> =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ query });
      const socket = connect({ host: '127.0.0.1', port }).setEncoding('latin1');
      sockets.push(socket);
      socket.on('error', reject);
      socket.on('data', (text) => {
        const chunk = String(text);
        if (chunk.includes('"errors"')) reject(new Error(chunk));
        if (chunk.startsWith('HTTP/1.1 200')) resolve();
        else if (chunk.startsWith('HTTP/')) reject(new Error(chunk));
        const items = chunk.split('event: next').length - 1;
        if (items === 0) return;
        total += items;
        subscribers.onItems(items);
      });
      socket.write(
        `POST /graphql HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n` +
          `Accept: text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    });
  // In turns, as people come: fifty at once are a burst of their own.
  for (let at = 0; at < subscriptions.length; at += 50) await Promise.all(subscriptions.slice(at, at + 50).map(open));
  return subscribers;
}
