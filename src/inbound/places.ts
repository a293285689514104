/**
 * Where to listen so that both families are served on every runtime.
 *
 * `0.0.0.0:25,[::]:25` is one listener for each family where the runtime keeps them apart. Deno 2.9.6 ignores `ipv6Only`: its
 * `[::]` takes IPv4 as well, and the second bind fails. There `[::]` alone serves both, its IPv4 clients as v4-mapped addresses.
 */
import { createServer, type Server } from 'node:net';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** The places to bind, and whether `[::]` among them has to leave IPv4 to another. */
export async function separatePlaces(
  wanted: readonly Place[],
): Promise<readonly (Place & { readonly ipv6Only: boolean })[]> {
  const hasWildcards = wanted.some(({ host }) => host === '::') && wanted.some(({ host }) => host === '0.0.0.0');
  if (!hasWildcards || (await keepsFamiliesApart())) {
    return wanted.map((place) => ({ ...place, ipv6Only: place.host === '::' && hasWildcards }));
  }
  const isServedByOther = ({ host, port }: Place): boolean =>
    host === '0.0.0.0' && port !== 0 && wanted.some((other) => other.host === '::' && other.port === port);
  return wanted.filter((place) => !isServedByOther(place)).map((place) => ({ ...place, ipv6Only: false }));
}

/** Tried on a port of the system's choice. A port that is taken in between only makes one listener of two. */
async function keepsFamiliesApart(): Promise<boolean> {
  const servers = [createServer(), createServer()] as const;
  try {
    const port = await listen(servers[0], { host: '0.0.0.0', port: 0 });
    return port === null || (await listen(servers[1], { host: '::', port, ipv6Only: true })) !== null;
  } finally {
    for (const server of servers) server.close();
  }
}

function listen(server: Server, options: Place & { readonly ipv6Only?: boolean }): Promise<number | null> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(options, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : null);
    });
  });
}
