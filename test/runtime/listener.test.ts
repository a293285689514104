/** What the runtimes' TLS and cryptography must agree on: the certificate by name, TLS names, and a seal that verifies. */
import { expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { authenticate } from 'mailauth';
import { endChild } from '../helpers/child.ts';
import { type DkimKeyType, makeDkimKey } from '../helpers/dkim-key.ts';
import { startFixture } from '../helpers/runtime-child.ts';
import type { Runtime } from '../helpers/service.ts';
import { connectPeer, type SmtpPeer } from '../helpers/smtp-peer.ts';

const CONTENT = 'From: a@sender.example\r\nSubject: x\r\n\r\nbody\r\n';

interface Line {
  readonly port?: number;
  readonly tls?: string;
  readonly content?: string;
  readonly fault?: string;
}

async function secured(port: number, servername: string | null): Promise<{ peer: SmtpPeer; subject: string }> {
  const peer = await connectPeer({ host: '127.0.0.1', port });
  await peer.reply();
  await peer.ask('EHLO client.example');
  await peer.ask('STARTTLS');
  const { subject } = await peer.startTls(servername === null ? {} : { servername, maxVersion: 'TLSv1.2' });
  return { peer, subject };
}

async function verify(content: Buffer, record: string): Promise<string | undefined> {
  const { arc } = await authenticate(content, {
    ip: '192.0.2.1',
    helo: 'x.example',
    mta: 'mx.customer.example',
    resolver: async (name) => {
      if (name === 'arc._domainkey.backup.example') return [[record]];
      throw Object.assign(new Error(name), { code: 'ENOTFOUND' });
    },
  });
  return arc === false ? undefined : arc.status.result;
}

const RUNS: readonly (readonly [Runtime, DkimKeyType])[] = [
  ['bun', 'rsa'],
  ['bun', 'ed25519'],
  ['deno', 'rsa'],
  ['deno', 'ed25519'],
  ['node', 'rsa'],
  ['node', 'ed25519'],
];

test.each(RUNS)('%s, a seal with %s', async (runtime, keyType) => {
  const { privateKey, record } = makeDkimKey(keyType);
  const node = startFixture<Line>(runtime, 'listener.ts', [privateKey, record]);
  try {
    const { port = 0 } = await node.line('it listens', (line) => line.port !== undefined);
    const subjects: string[] = [];
    for (const servername of ['second.example', 'other.example']) {
      const { peer, subject } = await secured(port, servername);
      subjects.push(subject);
      peer.destroy();
    }
    const { peer, subject } = await secured(port, null);
    expect([...subjects, subject]).toEqual(['second.example', 'first.example', 'first.example']);
    await peer.ask('EHLO client.example');
    await peer.ask('MAIL FROM:<a@sender.example>');
    await peer.ask('RCPT TO:<u@example.org>');
    await peer.ask('DATA');
    await peer.write(`${CONTENT}.\r\n`);
    expect(await peer.reply()).toStartWith('250 ');
    peer.destroy();
    const accepted = await node.line('the message', (line) => line.content !== undefined);
    expect(node.lines().filter(({ fault }) => fault !== undefined)).toEqual([]);
    expect(accepted.tls).toMatch(/^TLSv1\.3 TLS_[A-Z0-9_]+$/);
    const content = Buffer.from(accepted.content ?? '', 'base64');
    expect(content.toString()).toMatch(
      /^ARC-Seal: i=1;.*^Authentication-Results: mx\.backup\.example;.*^Received: from client\.example/ms,
    );
    expect(content.toString()).toEndWith(CONTENT);
    expect(await verify(content, record)).toBe('pass');
  } finally {
    await endChild(node.child, 'SIGKILL', 5000);
  }
});
