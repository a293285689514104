/** Updates of MX records at a real BIND, and at servers whose answers are not to be believed. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { type MxUpdate, type UpdateResult, updateMx } from '../../src/dns/update.ts';
import { signRequest, type TsigKey, verifyReply } from '../../src/dns/tsig.ts';
import { type Bind, BIND_KEY, startBind, whyNoBind } from '../helpers/bind.ts';

const KEY: TsigKey = { ...BIND_KEY, secret: Buffer.from(BIND_KEY.secret, 'base64') };
const ZONE = 'zone.example';
const PRIMARY = { preference: 10, host: `mx.${ZONE}` };
const OURS = { preference: 20, host: 'backup.example.net' };
const now = () => Math.floor(Date.now() / 1000);
const ADD: MxUpdate = { zone: ZONE, name: ZONE, present: [PRIMARY], added: [OURS], removed: [], ttlSeconds: 300 };

function ask(port: number, update: MxUpdate, key = KEY, nowSeconds = now(), timeoutMs = 20_000): Promise<UpdateResult> {
  return updateMx({ address: '127.0.0.1', port }, update, { key, nowSeconds, timeoutMs });
}

const missing = whyNoBind();
if (missing !== null) console.log(`SKIPPED: ${missing}: updates are not tried at a real server`);

describe.skipIf(missing !== null)('at BIND', () => {
  let bind: Bind;
  beforeAll(async () => {
    bind = await startBind(ZONE, ['@ MX 10 mx', 'ns A 192.0.2.1', 'mx A 192.0.2.2', 'sub A 192.0.2.3']);
  });
  afterAll(() => bind?.stop());

  test('adds and removes the very records, and only while the others are as they were seen', async () => {
    expect(await ask(bind.port, ADD)).toEqual({ kind: 'DONE' });
    expect(await bind.mx(ZONE)).toEqual(['10 mx.zone.example', '20 backup.example.net']);
    // What it was seen as is gone.
    expect(await ask(bind.port, { ...ADD, added: [{ preference: 30, host: 'late.example' }] })).toEqual({
      kind: 'CHANGED',
    });
    const present = [PRIMARY, OURS];
    expect(await ask(bind.port, { ...ADD, present, added: [], removed: [OURS] })).toEqual({ kind: 'DONE' });
    expect(await bind.mx(ZONE)).toEqual(['10 mx.zone.example']);
  });

  test('adds where there is none, and not where there is one by now', async () => {
    const update = { ...ADD, name: `sub.${ZONE}`, present: [], added: [PRIMARY, OURS] };
    expect(await ask(bind.port, update)).toEqual({ kind: 'DONE' });
    expect(await bind.mx(`sub.${ZONE}`)).toEqual(['10 mx.zone.example', '20 backup.example.net']);
    expect(await ask(bind.port, update)).toEqual({ kind: 'CHANGED' });
  });

  test('says what is wrong with the key, the time, the zone', async () => {
    expect(await ask(bind.port, ADD, { ...KEY, name: 'unknown.key.example' })).toEqual({ kind: 'BAD_KEY' });
    expect(await ask(bind.port, ADD, { ...KEY, secret: Buffer.from('wrong') })).toEqual({ kind: 'BAD_SIGNATURE' });
    expect(await ask(bind.port, ADD, { ...KEY, name: 'reader.key.example' })).toEqual({ kind: 'REFUSED' });
    const late = await ask(bind.port, ADD, KEY, now() - 3600);
    expect(late.kind).toBe('BAD_TIME');
    expect(late.kind === 'BAD_TIME' ? late.aheadSeconds : 0).toBeWithin(3595, 3610);
    expect(await ask(bind.port, { ...ADD, zone: 'other.example' })).toEqual({ kind: 'NOT_AUTHORITATIVE' });
    expect(await ask(bind.port, { ...ADD, name: 'else.where.example', present: [] })).toEqual({ kind: 'NOT_IN_ZONE' });
    expect(await bind.mx(ZONE)).toEqual(['10 mx.zone.example']);
  });
});

/** A server that answers each request with what `answer` makes of it. */
async function fake(answer: (request: Buffer) => Buffer | null): Promise<{ port: number; close: () => void }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      const reply = answer(bytes.subarray(2));
      if (reply === null) {
        socket.destroy();
        return;
      }
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** A header alone: NOERROR with nothing behind it. */
function headerOf(request: Buffer, rcode = 0): Buffer {
  const header = Buffer.alloc(12);
  request.copy(header, 0, 0, 2);
  header.writeUInt16BE(0xa800 | rcode, 2);
  return header;
}

test('an answer that is not signed as it must be proves nothing', async () => {
  const answers: readonly [(request: Buffer) => Buffer | null, UpdateResult['kind']][] = [
    [(request) => headerOf(request), 'FORGED'],
    // As if it were a request: without what we asked in its signature.
    [(request) => signRequest(headerOf(request), KEY, now()).bytes, 'FORGED'],
    [(request) => Buffer.concat([headerOf(request).fill(0xff, 4, 12)]), 'FORGED'],
    [(request) => headerOf(request, 5), 'REFUSED'],
    [() => Buffer.from('00', 'hex'), 'SILENT'],
    [() => null, 'SILENT'],
  ];
  for (const [answer, kind] of answers) {
    const server = await fake(answer);
    expect((await ask(server.port, ADD, KEY, now(), kind === 'SILENT' ? 2000 : 20_000)).kind).toBe(kind);
    server.close();
  }
  const gone = await fake(() => null);
  gone.close();
  expect((await ask(gone.port, ADD)).kind).toBe('UNREACHABLE');
});

test('a signature is worth nothing behind one changed octet', () => {
  const request = signRequest(headerOf(Buffer.from('1234')), KEY, 1000);
  // A request verified as the reply to a request without a MAC is what it was made of.
  const bytes = Buffer.from(request.bytes);
  bytes.writeUInt8(bytes.readUInt8(3) ^ 1, 3);
  expect(verifyReply(bytes, KEY, request, 1000).kind).toBe('FORGED');
});
