/**
 * The DNS of the front-door benchmark: one server that the service asks, with a listing zone, silent zones and the rest.
 *
 * The listing zone is served by rbldnsd where there is one; everything else by the fake server of the tests. In front of both
 * stands a forwarder that keeps silent for silent zones, as a list that has gone does: it answers their self-test only.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type FakeRecords, startFakeDns } from '../test/helpers/fake-dns.ts';
import { startRbldnsd, whyNoRbldnsd } from '../test/helpers/rbldnsd.ts';

export const LISTING_ZONE = 'listing.bl.example';
/** Every name below it is a silent zone: `one.silent.example`. */
const SILENT = '.silent.example';
const LISTED_AS = '127.0.0.2';

export interface BenchDns {
  /** `127.0.0.1:PORT`, for DNS_SERVERS. */
  readonly address: string;
  /** `rbldnsd`, or what stands in for it. */
  readonly listingServer: string;
  /** Queries for names below a zone so far. */
  countBelow(zone: string): number;
  close(): Promise<void>;
}

/** @param listed IPv4 addresses of clients that the listing zone has */
export async function startBenchDns(options: {
  readonly records: Readonly<Record<string, FakeRecords>>;
  readonly silentZones: readonly string[];
  readonly listed: readonly string[];
}): Promise<BenchDns> {
  const { silentZones, listed } = options;
  const lines = [`:${LISTED_AS}:listed`, LISTED_AS, ...listed];
  const rbldnsd = whyNoRbldnsd() === null ? await startRbldnsd([{ zone: LISTING_ZONE, type: 'ip4set', lines }]) : null;
  const records = { ...options.records, ...Object.assign({}, ...silentZones.map((zone) => listing(zone, []))) };
  const fake = await startFakeDns(rbldnsd === null ? { ...records, ...listing(LISTING_ZONE, listed) } : records, {
    soaMinimumSeconds: 3600,
  });
  const portOf = ({ address }: { readonly address: string }): number => Number(address.split(':')[1]);
  const counts = new Map<string, number>();
  const forwarder = await startForwarder((name) => {
    const zone = [LISTING_ZONE, ...silentZones].find((one) => name.endsWith(`.${one}`));
    if (zone !== undefined) counts.set(zone, (counts.get(zone) ?? 0) + 1);
    if (name.endsWith(SILENT) && !isSelfTest(name)) return null;
    return portOf(zone === LISTING_ZONE && rbldnsd !== null ? rbldnsd : fake);
  });
  return {
    address: `127.0.0.1:${forwarder.port}`,
    listingServer: rbldnsd === null ? 'the fake DNS server' : 'rbldnsd',
    countBelow: (zone) => counts.get(zone) ?? 0,
    close: async () => {
      forwarder.close();
      await fake.close();
      await rbldnsd?.stop();
    },
  };
}

/** What the fake server has of a zone: the test entry of RFC 5782 §5, and the clients. */
function listing(zone: string, addresses: readonly string[]): Record<string, FakeRecords> {
  const names = [LISTED_AS, ...addresses].map((address) => `${address.split('.').toReversed().join('.')}.${zone}`);
  return Object.fromEntries(names.map((name) => [name, { A: [LISTED_AS], ttlSeconds: 3600 }]));
}

/** Of 127.0.0.1 and 127.0.0.2, also as IPv6. */
function isSelfTest(name: string): boolean {
  return /^\d\.0\.0\.127\./.test(name) || /^\d\.0\.0\.0\.0\.0\.f\.7\.f\.f\.f\.f\./.test(name);
}

/** Passes queries on by name, and replies back. `route` gives a port of 127.0.0.1; null: no one answers. */
async function startForwarder(
  route: (name: string) => number | null,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const front = createSocket('udp4');
  const back = createSocket('udp4');
  const asked = new Map<number, { readonly from: RemoteInfo; readonly id: number }>();
  let last = 0;
  front.on('message', (query, from) => {
    const port = route(nameOf(query));
    if (port === null) return;
    last = (last + 1) & 0xffff;
    asked.set(last, { from, id: query.readUInt16BE(0) });
    query.writeUInt16BE(last, 0);
    back.send(query, port, '127.0.0.1');
  });
  back.on('message', (reply) => {
    const origin = asked.get(reply.readUInt16BE(0));
    if (origin === undefined) return;
    asked.delete(reply.readUInt16BE(0));
    reply.writeUInt16BE(origin.id, 0);
    front.send(reply, origin.from.port, origin.from.address);
  });
  await Promise.all([bind(front), bind(back)]);
  return {
    port: front.address().port,
    close: () => {
      front.close();
      back.close();
    },
  };
}

async function bind(socket: Socket): Promise<void> {
  const listening = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await listening;
}

/** The name asked for (RFC 1035 §4.1.2), lower case. */
function nameOf(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; (query[at] ?? 0) !== 0; at += (query[at] ?? 0) + 1) {
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)));
  }
  return labels.join('.').toLowerCase();
}
