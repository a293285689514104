/**
 * A listener with fakes behind it: example.org is served, nothing else is; what is accepted is kept in a list.
 *
 * Local parts that tell the policy to misbehave: `hang`, `throw`, `defer`.
 */
import { Buffer } from 'node:buffer';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInbound } from '../../src/inbound/smtp-server/listener.ts';
import type { Inbound, InboundOptions, Readiness } from '../../src/inbound/listener-state.ts';
import { loadTlsMaterial } from '../../src/tls/material.ts';
import type { ReceivedTransaction } from '../../src/inbound/listener-state.ts';
import { newId } from '../../src/mail/id.ts';
import type { Decision, ForwardPath } from '../../src/policy/decision.ts';
import { connectPeer, type SmtpPeer } from '../helpers/smtp-peer.ts';

export const HOSTNAME = 'mx.backup.example';
export const SIZE_LIMIT = 10_485_760;

export interface Fixture {
  readonly inbound: Inbound;
  readonly port: number;
  readonly accepted: ReceivedTransaction[];
  readonly events: { readonly name: string; readonly fields: Readonly<Record<string, unknown>> }[];
  /** What `accept` does; resolves at once by default. */
  accept: (transaction: ReceivedTransaction) => Promise<void>;
  readiness: Readiness;
  readonly connect: (localAddress?: string) => Promise<SmtpPeer>;
  /** Connected, greeted, EHLO answered. */
  readonly session: () => Promise<SmtpPeer>;
  readonly close: () => Promise<void>;
}

const tls = loadTlsMaterial({
  dataDir: mkdtempSync(join(tmpdir(), 'bmx-inbound-')),
  hostname: HOSTNAME,
  files: [],
  wallClock: () => new Date(),
  warn: () => undefined,
});

/** Starts a listener on a free port of loopback. */
export async function startInbound(overrides: Partial<InboundOptions> = {}): Promise<Fixture> {
  const accepted: ReceivedTransaction[] = [];
  const events: Fixture['events'] = [];
  const record = (name: string) => (fields: object) => {
    events.push({ name, fields: { ...fields } });
  };
  const state: Pick<Fixture, 'accept' | 'readiness'> = { accept: () => Promise.resolve(), readiness: 'OK' };
  const inbound = await createInbound({
    listen: [{ host: '127.0.0.1', port: 0 }],
    hostname: HOSTNAME,
    names: [HOSTNAME, 'mx2.backup.example'],
    publicUrl: 'http://127.0.0.1:8025',
    tls,
    messageSizeLimit: () => SIZE_LIMIT,
    inFlightBytes: 64 * 1024 * 1024,
    bareNewlines: 'reject',
    greetingWaitMs: 0,
    maxConnections: 100,
    maxConnectionsPerClient: 50,
    messagesPerMinute: 600,
    decideRecipient: (_client, _mail, path) => decide(path),
    accept: async (transaction) => {
      await state.accept(transaction);
      accepted.push(transaction);
    },
    startQueue: async () => ({ kind: 'NOT_ALLOWED' }),
    newTransactionId: newId,
    readiness: () => state.readiness,
    resolveName: () => Promise.resolve(null),
    isTrusted: () => true,
    wallClock: () => new Date(),
    monotonicMs: () => performance.now(),
    events: {
      connected: record('connected'),
      disconnected: record('disconnected'),
      accepted: record('accepted'),
      refused: record('refused'),
      tlsSession: record('tlsSession'),
      fault: record('fault'),
      warning: record('warning'),
    },
    ...overrides,
  });
  const port = inbound.addresses[0]?.port ?? 0;
  const connect = (localAddress?: string): Promise<SmtpPeer> =>
    connectPeer({ host: '127.0.0.1', port, ...(localAddress === undefined ? {} : { localAddress }) });
  return Object.assign(state, {
    inbound,
    port,
    accepted,
    events,
    connect,
    session: async () => {
      const peer = await connect();
      await peer.reply();
      await peer.ask('EHLO client.example');
      return peer;
    },
    close: () => inbound.close(0),
  });
}

function decide(path: ForwardPath): Promise<Decision> {
  const recipient = { domain: 'example.org', destinationId: 'destination', tenantId: 'tenant' };
  if (path.kind === 'POSTMASTER') return Promise.resolve({ kind: 'ACCEPT', recipient });
  const { localPart, domain } = path.path;
  if (localPart === 'hang') return new Promise(() => undefined);
  if (localPart === 'throw') return Promise.reject(new Error('the database is away'));
  if (domain === 'example.org') return Promise.resolve({ kind: 'ACCEPT', recipient });
  const reply = { code: 550, enhancedCode: '5.7.1', text: `${domain} is not served`, rejection: 'BMX-RELAY' } as const;
  return Promise.resolve({ kind: 'REFUSE', reply });
}

/** The stored content without our Received field, as Latin-1. */
export function contentText(transaction: ReceivedTransaction | undefined): string {
  return Buffer.concat(transaction?.content.slice(1) ?? []).toString('latin1');
}

/** Our Received field, unfolded. */
export function receivedText(transaction: ReceivedTransaction | undefined): string {
  return Buffer.from(transaction?.content[0] ?? [])
    .toString('latin1')
    .replaceAll('\r\n ', ' ');
}

/** Sends one message from MAIL to the reply after the dot. */
export async function sendMessage(peer: SmtpPeer, content: string): Promise<string> {
  await peer.write('MAIL FROM:<a@sender.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n');
  await peer.reply();
  await peer.reply();
  const start = await peer.reply();
  if (!start.startsWith('354')) return start;
  await peer.write(`${content}.\r\n`);
  return peer.reply();
}
