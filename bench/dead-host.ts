/**
 * A primary that is dead and counts: it takes connections and cuts each at once, without a greeting.
 */
import { type AddressInfo, createServer } from 'node:net';

export interface DeadHost {
  readonly port: number;
  /** Connections so far: attempts and checks. */
  count(): number;
  close(): Promise<void>;
}

export async function startDeadHost(): Promise<DeadHost> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.on('error', () => undefined);
    socket.resetAndDestroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    count: () => count,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
