/**
 * Opens the TCP connection to one address of a next hop, and names what went wrong as a value.
 *
 * Never throws and leaves no socket open. Speaks no SMTP.
 */
import { connect, type Socket } from 'node:net';
import type { HostTrouble } from '../mail/outcome.ts';

interface DialOptions {
  readonly address: string;
  readonly port: number;
  /** Ours to connect from; absent: as the machine routes. */
  readonly localAddress?: string | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

type DialResult =
  | { readonly kind: 'CONNECTED'; readonly socket: Socket }
  | { readonly kind: 'TROUBLE'; readonly trouble: HostTrouble; readonly reply: string }
  /** The signal was aborted. */
  | { readonly kind: 'STOPPED'; readonly reply: string };

export function dial({ address, port, localAddress, timeoutMs, signal }: DialOptions): Promise<DialResult> {
  if (signal?.aborted) return Promise.resolve({ kind: 'STOPPED', reply: '[stopped by us before connecting]' });
  return new Promise((resolve) => {
    const socket = connect({
      host: address,
      port,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    const finish = (result: DialResult): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeListener('connect', onConnect);
      // The error listener stays on a socket that is given up: a late error must not be an uncaught one.
      if (result.kind === 'CONNECTED') socket.removeListener('error', onError);
      else socket.destroy();
      resolve(result);
    };
    const onConnect = (): void => finish({ kind: 'CONNECTED', socket });
    const onError = (error: Error): void => finish(classifyError(error));
    const onAbort = (): void => finish({ kind: 'STOPPED', reply: '[stopped by us while connecting]' });
    const timer = setTimeout(() => finish(trouble('TIMEOUT', '[connection timed out]')), timeoutMs);
    socket.on('connect', onConnect);
    socket.on('error', onError);
    signal?.addEventListener('abort', onAbort);
  });
}

/** The trouble that a socket error stands for, whatever the runtime that raised it. */
function classifyError(error: Error): { kind: 'TROUBLE'; trouble: HostTrouble; reply: string } {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'ECONNREFUSED':
      return trouble('REFUSED', '[connection refused]');
    case 'ETIMEDOUT':
      return trouble('TIMEOUT', '[connection timed out]');
    // A firewall that rejects answers with one of several ICMP codes; EACCES and EPERM are what the kernel makes of two.
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EACCES':
    case 'EPERM':
      return trouble('UNREACHABLE', `[no route: ${code}]`);
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
      return trouble('DROPPED', '[connection reset]');
    default:
      return trouble('FAULT', `[cannot connect: ${code === '' ? 'unknown error' : code}]`);
  }
}

function trouble(trouble: HostTrouble, reply: string): { kind: 'TROUBLE'; trouble: HostTrouble; reply: string } {
  return { kind: 'TROUBLE', trouble, reply };
}
