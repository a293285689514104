/**
 * When a request is handled: at once if a token pays for it, in its turn if none does.
 *
 * Pages without a token, wrong tokens, and tokens in debt cost their sender nothing, and may come without end. So they take turns on
 * this node, the networks in rotation, and after each the node has five times as long for its other work, which is mail. An
 * address that is trusted may be a proxy's: all clients of it take turns too, in rotation if it names them (X-Forwarded-For). The
 * wait is short, since strangers have few connections, and each connection has one request.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { clearTimeout, setTimeout } from 'node:timers';
import { monotonicMs } from '../../clock.ts';
import { clientNetwork, parseAddress } from '../../mail/ip.ts';
import { createTurns } from './request-room.ts';

/** Requests that wait for their turns: of a network, of trusted addresses together, and in all. */
const MOST_WAITING = { network: 64, trusted: 512, total: 1024 };
const TRUSTED = 'trusted';
/** One that takes longer waits for somebody else, such as the database, and others have their turns. */
const MOST_TURN_MS = 20;
/** After a turn the node is left alone, in the time of the processor that the turn took. */
const REST = 5;
const RETRY_SECONDS = 5;

export interface TurnsOfStrangers {
  /** Whether a token pays for it. */
  readonly isPaidFor: (request: IncomingMessage) => Promise<boolean>;
  /** The network that an address stands for; null: it is trusted. */
  readonly networkOf: (address: string) => string | null;
  /** Milliseconds of the processor that this process has used. */
  readonly cpuMs: () => number;
  /** Told when a request is being handled, and no longer waits. */
  readonly onBegun: (request: IncomingMessage) => void;
}

/** @param handle resolves when the answer is handed over */
export function inTurns(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  { isPaidFor, networkOf, cpuMs, onBegun }: TurnsOfStrangers,
): RequestListener {
  const turns = createTurns();
  let waiting = 0;

  /** The one who waits in the rotation. */
  function payerOf({ socket, headers }: IncomingMessage): string {
    const network = networkOf(socket.remoteAddress ?? '');
    if (network !== null) return network;
    // The last one is written by the proxy itself.
    const named = [headers['x-forwarded-for'] ?? ''].flat().join().split(',').at(-1)?.trim() ?? '';
    return parseAddress(named) === null ? TRUSTED : `${TRUSTED} ${clientNetwork(named)}`;
  }

  async function takeTurn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const payer = payerOf(request);
    const most = payer === TRUSTED ? MOST_WAITING.trusted : MOST_WAITING.network;
    if (waiting >= MOST_WAITING.total || turns.waitingOf(payer) >= most) {
      refuse(response);
      return;
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    waiting += 1;
    const hasTurn = await turns.enter(payer, gone.signal);
    waiting -= 1;
    if (!hasTurn) return;
    onBegun(request);
    const [beganAt, usedMs] = [monotonicMs(), cpuMs()];
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      // What other threads of the process use meanwhile is not its own.
      setTimeout(turns.leave, Math.min(cpuMs() - usedMs, monotonicMs() - beganAt) * REST);
    };
    const timer = setTimeout(end, MOST_TURN_MS);
    await handle(request, response).finally(end);
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!(await isPaidFor(request))) return takeTurn(request, response);
    onBegun(request);
    return handle(request, response);
  }

  return (request, response) => void take(request, response);
}

function refuse(response: ServerResponse): void {
  const headers = { 'Retry-After': RETRY_SECONDS, Connection: 'close', 'Content-Length': 0 };
  response.writeHead(429, headers).end();
}
