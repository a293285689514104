/**
 * Requests sent ahead and answers that nobody takes, on every runtime: one after another, only as much waits as may, and who does not
 * take an answer gives way.
 */
import { expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { MOST_OF_NETWORK } from '../../src/control/admission/connection-bounds.ts';
import { endChild, until } from '../helpers/child.ts';
import { startFixture } from '../helpers/runtime-child.ts';
import type { Runtime } from '../helpers/service.ts';

/** More than a system takes for a client that reads nothing. */
const LARGE = 12_000_000;
const ask = (name: string, octets: number, body = ''): string =>
  `POST /${name}/${octets} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

interface Line {
  readonly port?: number;
  readonly begun?: string;
  readonly over?: string;
  readonly left?: number;
}

test.each<Runtime>(['bun', 'deno', 'node'])(
  '%s',
  async (runtime) => {
    const service = startFixture<Line>(runtime, 'request-order.ts', []);
    const sockets: Socket[] = [];
    try {
      const { port = 0 } = await service.line('it listens', (line) => line.port !== undefined);
      const names = (what: 'begun' | 'over', of: string): string[] =>
        service.lines().flatMap((line) => (line[what]?.startsWith(`/${of}`) ? [line[what].split('/')[1] ?? ''] : []));
      const send = (text: string, localAddress = '127.0.0.1'): { socket: Socket; isClosed: () => boolean } => {
        const socket = connect({ host: '127.0.0.1', port, localAddress });
        let isClosed = false;
        socket.on('error', () => undefined).on('close', () => (isClosed = true));
        socket.pause();
        socket.write(text);
        sockets.push(socket);
        return { socket, isClosed: () => isClosed };
      };
      // While nobody takes the first answer no other request begins.
      const { socket } = send(ask('a1', LARGE) + ask('a2', LARGE) + ask('a3', 1) + ask('a4', 1));
      await service.line('it is asked', ({ begun }) => begun?.startsWith('/a1') === true);
      // Most of it is ours still, which is what its pace is reckoned from.
      await service.line('it is handed over', ({ left = 0 }) => left > LARGE / 4);
      send(ask('b', 1));
      await service.line('another is answered', ({ over }) => over?.startsWith('/b') === true);
      expect([names('begun', 'a'), names('over', 'a')]).toEqual([['a1'], []]);
      let taken = 0;
      socket.on('data', ({ length }: Buffer) => (taken += length)).resume();
      await until('all are taken', 30_000, () => taken > 2 * LARGE && names('over', 'a').length === 4);
      expect(names('begun', 'a')).toEqual(['a1', 'a2', 'a3', 'a4']);
      expect(names('over', 'a')).toEqual(['a1', 'a2', 'a3', 'a4']);
      // Too many, too large a body, one of no length, and more than a stranger may.
      const closed = [
        send(ask('c', LARGE) + ask('c', 1).repeat(9)),
        send(ask('c', LARGE) + ask('c', 1, 'x'.repeat(20_000))),
        send(`${ask('c', LARGE)}POST /c/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`),
        send(ask('c', LARGE) + ask('c', 1).repeat(2), '127.0.0.9'),
      ];
      for (const { socket: open } of closed) open.resume();
      await until('these are closed', 30_000, () => closed.every(({ isClosed }) => isClosed()));
      // A body with a coding that no one here undoes.
      const coded = send(
        'POST /c/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      );
      let said = '';
      coded.socket.on('data', (chunk: Buffer) => (said += chunk.toString())).resume();
      await until('it is refused', 30_000, () => coded.isClosed());
      expect(said).toMatch(/^HTTP\/1\.1 501 /);
      // What waits behind an answer that is given up is not done.
      const given = send(ask('d1', LARGE) + ask('d2', 1));
      await service.line('it is asked', ({ begun }) => begun?.startsWith('/d1') === true);
      given.socket.destroy();
      await service.line('it is over', ({ over }) => over?.startsWith('/d1') === true);
      send(ask('e', 1)).socket.resume();
      await service.line('another is answered', ({ over }) => over?.startsWith('/e') === true);
      expect(names('begun', 'd')).toEqual(['d1']);
      // As many as a network may have, which take nothing: a newcomer has the place of one after a moment.
      for (let index = 0; index < MOST_OF_NETWORK; index += 1) send(ask('f', LARGE), '127.0.0.9');
      await until('all are being answered', 30_000, () => names('begun', 'f').length === MOST_OF_NETWORK);
      await until('one gives way', 30_000, async () => {
        send(ask('g', 1), '127.0.0.9').socket.resume();
        await sleep(500);
        return names('over', 'g').length > 0;
      });
    } finally {
      for (const socket of sockets) socket.destroy();
      await endChild(service.child, 'SIGKILL', 5000);
    }
  },
  90_000,
);
