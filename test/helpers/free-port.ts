/**
 * Ports that nobody else is given: for programs that cannot take port 0, for servers that go and come back, and for places
 * where nothing listens.
 *
 * They lie below those that the system hands out, so that neither a listener on port 0 nor a connection of another test gets
 * one in the meantime. Of two test processes each has its own: a port is held, until its process ends, by a UDP socket on an
 * address of loopback that nothing else uses.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const LOWEST = 10_000;
/** Linux hands out those from 32768 on (net.ipv4.ip_local_port_range). */
const BEYOND = 32_000;
const HOLDER = '127.255.255.254';

/** A port of 127.0.0.1 that nothing listens on, and that is this process's own. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, BEYOND);
    if ((await hold(port)) && (await canListen(port))) return port;
  }
}

/** Several distinct ones. */
export function findFreePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, findFreePort));
}

/** False: somebody else holds it. One that is held and turns out to be in use stays so, and is not tried again. */
function hold(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  socket.unref();
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: HOLDER, exclusive: true }, () => resolve(true));
  });
}

function canListen(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
