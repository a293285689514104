/**
 * The server's side of TLS 1.3 (RFC 8446), record by record: what no runtime's own TLS can be made to send.
 *
 * One suite (TLS_AES_128_GCM_SHA256), X25519, an ECDSA P-256 key. Judges nothing that the client sends.
 */
import { Buffer } from 'node:buffer';
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export const HANDSHAKE = 22;
export const ALERT = 21;
const APPLICATION = 23;
const MOST_PLAINTEXT_BYTES = 16_384;

export interface RawTls {
  /** One encrypted record, not yet sent. */
  readonly record: (type: number, plaintext: Uint8Array) => Buffer;
  /** As records of at most `pieceBytes` octets. */
  readonly say: (text: string, pieceBytes?: number) => void;
  /** KeyUpdate messages, each a record of its own under the key before; not yet sent. */
  readonly keyUpdates: (count: number) => Buffer;
  /** A NewSessionTicket as one record, not yet sent. */
  readonly ticket: (octets: number) => Buffer;
  readonly socket: Socket;
}

export interface RawTlsOptions {
  /** PEM. */
  readonly key: string;
  /** PEM certificates, the own one first. */
  readonly cert: string;
  /** Octets of text from the client, once the handshake is over. */
  readonly onText: (text: string) => void;
  /** In place of the last flight's octets as they are: how they go out. */
  readonly sendFlight?: (socket: Socket, flight: Buffer) => void;
}

/** A peer that does `answer` with each connection once the client has said something. */
export async function startRawTlsPeer(
  certificate: Pick<RawTlsOptions, 'key' | 'cert' | 'sendFlight'>,
  answer: (tls: RawTls) => unknown,
  { host = '127.0.0.1', port = 0 }: { readonly host?: string; readonly port?: number } = {},
): Promise<{ readonly port: number; readonly openCount: () => number; readonly close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('close', () => sockets.delete(socket));
    let asked = (): unknown => undefined;
    serveRawTls(socket, { ...certificate, onText: () => asked() }, (tls) => {
      asked = () => answer(tls);
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const at = server.address();
  return {
    port: typeof at === 'object' && at !== null ? at.port : 0,
    openCount: () => sockets.size,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Waits for the ClientHello on a connection that is to be secured now. */
export function serveRawTls(socket: Socket, options: RawTlsOptions, onSecured: (tls: RawTls) => void): void {
  let come: Buffer = Buffer.alloc(0);
  let hello: Buffer = Buffer.alloc(0);
  let reading: Keys | null = null;
  let later: Keys | null = null;
  let tls: RawTls | null = null;

  const begin = (clientHello: Buffer): void => {
    const secured = flightFor(clientHello, options);
    reading = secured.clientHandshake;
    later = secured.client;
    tls = rawTls(socket, secured.server);
    const { sendFlight = (to, flight) => to.write(flight) } = options;
    sendFlight(socket, secured.flight);
  };
  const take = (type: number, record: Buffer): void => {
    if (tls === null) {
      if (type !== HANDSHAKE) return;
      hello = Buffer.concat([hello, record.subarray(5)]);
      if (hello.length >= 4 && hello.length >= 4 + hello.readUIntBE(1, 3)) begin(hello);
      return;
    }
    if (type !== APPLICATION || reading === null) return;
    const inner = reading.open(record);
    if (later !== null) {
      // Finished.
      reading = later;
      later = null;
      onSecured(tls);
    } else if (inner.type === APPLICATION) options.onText(inner.text.toString('latin1'));
    else if (inner.type === HANDSHAKE && inner.text[0] === KEY_UPDATE) reading.update();
  };
  socket.on('data', (chunk: Buffer) => {
    come = Buffer.concat([come, chunk]);
    while (come.length >= 5 && come.length >= 5 + come.readUInt16BE(3)) {
      const record = come.subarray(0, 5 + come.readUInt16BE(3));
      come = come.subarray(record.length);
      take(record[0] ?? 0, record);
    }
  });
}

const KEY_UPDATE = 24;

function rawTls(socket: Socket, keys: Keys): RawTls {
  const record: RawTls['record'] = (type, plaintext) => keys.seal(type, plaintext);
  return {
    socket,
    record,
    say(text, pieceBytes = MOST_PLAINTEXT_BYTES) {
      const octets = Buffer.from(text, 'latin1');
      const records: Buffer[] = [];
      for (let at = 0; at < octets.length; at += pieceBytes) {
        records.push(record(APPLICATION, octets.subarray(at, at + pieceBytes)));
      }
      socket.write(Buffer.concat(records));
    },
    keyUpdates(count) {
      const records: Buffer[] = [];
      for (let made = 0; made < count; made += 1) {
        records.push(record(HANDSHAKE, message(KEY_UPDATE, Buffer.from([0]))));
        keys.update();
      }
      return Buffer.concat(records);
    },
    ticket: (octets) => record(HANDSHAKE, message(4, ticketBody(octets))),
  };
}

function ticketBody(octets: number): Buffer {
  return Buffer.concat([u32(7200), u32(1), sized(1, randomBytes(8)), sized(2, randomBytes(octets)), sized(2)]);
}

interface Keys {
  readonly seal: (type: number, plaintext: Uint8Array) => Buffer;
  readonly open: (record: Buffer) => { readonly type: number; readonly text: Buffer };
  readonly update: () => void;
}

function keysOf(first: Buffer): Keys {
  let secret = first;
  let key = expand(secret, 'key', 16);
  let iv = expand(secret, 'iv', 12);
  let count = 0;
  const nonce = (): Buffer => {
    const mixed = Buffer.from(iv);
    mixed.writeUInt32BE((mixed.readUInt32BE(8) ^ count) >>> 0, 8);
    count += 1;
    return mixed;
  };
  return {
    seal(type, plaintext) {
      const head = Buffer.from([APPLICATION, 3, 3, 0, 0]);
      head.writeUInt16BE(plaintext.length + 17, 3);
      const cipher = createCipheriv('aes-128-gcm', key, nonce());
      cipher.setAAD(head);
      const body = Buffer.concat([cipher.update(plaintext), cipher.update(Buffer.from([type])), cipher.final()]);
      return Buffer.concat([head, body, cipher.getAuthTag()]);
    },
    open(record) {
      const cipher = createDecipheriv('aes-128-gcm', key, nonce());
      cipher.setAAD(record.subarray(0, 5));
      cipher.setAuthTag(record.subarray(-16));
      const text = Buffer.concat([cipher.update(record.subarray(5, -16)), cipher.final()]);
      return { type: text.at(-1) ?? 0, text: text.subarray(0, -1) };
    },
    update() {
      secret = expand(secret, 'traffic upd', 32);
      key = expand(secret, 'key', 16);
      iv = expand(secret, 'iv', 12);
      count = 0;
    },
  };
}

function flightFor(clientHello: Buffer, { key, cert }: RawTlsOptions) {
  const { sessionId, share } = readHello(clientHello);
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const ownShare = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const jwk = { kty: 'OKP', crv: 'X25519', x: share.toString('base64url') };
  const shared = diffieHellman({ privateKey, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) });
  const extensions = Buffer.concat([
    extension(43, Buffer.from([3, 4])),
    extension(51, Buffer.concat([Buffer.from([0, 29]), sized(2, ownShare)])),
  ]);
  const serverHello = message(
    2,
    Buffer.from([3, 3]),
    randomBytes(32),
    sized(1, sessionId),
    Buffer.from([0x13, 1, 0]),
    sized(2, extensions),
  );
  const zeros = Buffer.alloc(32);
  const handshakeSecret = hmac(derive(hmac(zeros, zeros), 'derived', Buffer.alloc(0)), shared);
  const hellos = Buffer.concat([clientHello, serverHello]);
  const serverHandshake = derive(handshakeSecret, 's hs traffic', hellos);
  const certificates = (cert.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem).raw,
  );
  const list = certificates.map((raw) => Buffer.concat([sized(3, raw), sized(2)]));
  const certificate = Buffer.concat([message(8, sized(2)), message(11, sized(1), sized(3, ...list))]);
  const upToCertificate = Buffer.concat([hellos, certificate]);
  const signed = Buffer.concat([
    Buffer.from(`${' '.repeat(64)}TLS 1.3, server CertificateVerify\0`),
    sha256(upToCertificate),
  ]);
  const verify = message(15, Buffer.from([4, 3]), sized(2, sign('sha256', signed, createPrivateKey(key))));
  const upToVerify = Buffer.concat([upToCertificate, verify]);
  const finished = message(20, hmac(expand(serverHandshake, 'finished', 32), sha256(upToVerify)));
  const all = Buffer.concat([upToVerify, finished]);
  const master = hmac(derive(handshakeSecret, 'derived', Buffer.alloc(0)), zeros);
  const handshakeKeys = keysOf(serverHandshake);
  const flight = Buffer.concat([certificate, verify, finished]);
  const records: Buffer[] = [Buffer.from([HANDSHAKE, 3, 3]), sized(2, serverHello)];
  for (let at = 0; at < flight.length; at += MOST_PLAINTEXT_BYTES) {
    records.push(handshakeKeys.seal(HANDSHAKE, flight.subarray(at, at + MOST_PLAINTEXT_BYTES)));
  }
  return {
    flight: Buffer.concat(records),
    clientHandshake: keysOf(derive(handshakeSecret, 'c hs traffic', hellos)),
    client: keysOf(derive(master, 'c ap traffic', all)),
    server: keysOf(derive(master, 's ap traffic', all)),
  };
}

/** The session id and the X25519 share of a ClientHello (RFC 8446 §4.1.2, §4.2.8). */
function readHello(hello: Buffer): { readonly sessionId: Buffer; readonly share: Buffer } {
  let at = 4 + 2 + 32;
  const next = (lengthBytes: number): Buffer => {
    const length = hello.readUIntBE(at, lengthBytes);
    at += lengthBytes + length;
    return hello.subarray(at - length, at);
  };
  const sessionId = next(1);
  next(2);
  next(1);
  const end = at + 2 + hello.readUInt16BE(at);
  at += 2;
  while (at < end) {
    const type = hello.readUInt16BE(at);
    at += 2;
    const body = next(2);
    if (type !== 51) continue;
    for (let from = 2; from < body.length; from += 4 + body.readUInt16BE(from + 2)) {
      if (body.readUInt16BE(from) === 29) return { sessionId, share: body.subarray(from + 4, from + 36) };
    }
  }
  throw new Error('the client offers no X25519');
}

function message(type: number, ...parts: Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from([type]), sized(3, ...parts)]);
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0, type]), sized(2, body)]);
}

/** With its length before it, in so many octets. */
function sized(lengthBytes: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const prefix = Buffer.alloc(lengthBytes);
  prefix.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([prefix, body]);
}

function u32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

const sha256 = (octets: Buffer): Buffer => createHash('sha256').update(octets).digest();
const hmac = (key: Buffer, octets: Buffer): Buffer => createHmac('sha256', key).update(octets).digest();

/** HKDF-Expand-Label of at most 32 octets (RFC 8446 §7.1). */
function expand(secret: Buffer, label: string, octets: number, context: Buffer = Buffer.alloc(0)): Buffer {
  const length = Buffer.from([0, octets]);
  const info = Buffer.concat([length, sized(1, Buffer.from(`tls13 ${label}`)), sized(1, context), Buffer.from([1])]);
  return hmac(secret, info).subarray(0, octets);
}

function derive(secret: Buffer, label: string, messages: Buffer): Buffer {
  return expand(secret, label, 32, sha256(messages));
}
