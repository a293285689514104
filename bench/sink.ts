/**
 * The primary that comes back: Postfix's smtp-sink, which takes everything, keeps nothing and counts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import process from 'node:process';
import { bindToUs, endChild, findProgram, until } from '../test/helpers/child.ts';

export interface Sink {
  /** Messages taken so far. */
  count(): number;
  /** Resolves with the instant (performance.now) at which that many had been taken. */
  reached(messages: number, timeoutMs: number): Promise<number>;
  stop(): Promise<void>;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Starts smtp-sink on the port. */
export async function startSink(port: number): Promise<Sink> {
  const program = findProgram('smtp-sink');
  if (program === null) throw new Error('no smtp-sink (Debian package postfix) on this machine');
  // As root it insists on an account to drop to.
  const ownAccount = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child: ChildProcess = spawn(program, [...ownAccount, '-c', `127.0.0.1:${port}`, '1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  bindToUs(child);
  let count = 0;
  let waiter: { readonly messages: number; readonly resolve: (at: number) => void } | null = null;
  child.stdout?.on('data', (chunk: Buffer) => {
    // "sess=12 quit=11 mesg=34\r", again and again.
    const text = chunk.toString('latin1');
    const last = /^mesg=(\d+)/.exec(text.slice(text.lastIndexOf('mesg=')));
    count = Math.max(count, Number(last?.[1] ?? 0));
    if (waiter !== null && count >= waiter.messages) {
      waiter.resolve(performance.now());
      waiter = null;
    }
  });
  await until('smtp-sink answers', 5000, () => accepts(port));
  return {
    count: () => count,
    reached: (messages, timeoutMs) =>
      new Promise((resolve, reject) => {
        if (count >= messages) return resolve(performance.now());
        const timer = setTimeout(
          () => reject(new Error(`the sink has ${count} of ${messages} after ${timeoutMs} ms`)),
          timeoutMs,
        );
        waiter = {
          messages,
          resolve: (at) => {
            clearTimeout(timer);
            resolve(at);
          },
        };
      }),
    stop: () => endChild(child, 'SIGTERM', 3000),
  };
}
