/** Key and certificate, their reload, and handshakes that go wrong. */
import { afterEach, describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSelfSigned } from '../../src/inbound/self-signed.ts';
import { loadTlsMaterial, type TlsMaterial } from '../../src/inbound/tls-material.ts';
import { type Fixture, sendMessage, startInbound } from './fixture.ts';

const folders: string[] = [];
const opened: Fixture[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  await Promise.all(opened.splice(0).map((fixture) => fixture.close()));
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'bmx-tls-'));
  folders.push(made);
  return made;
}

function pair(hostname: string): TlsMaterial {
  const now = Date.now();
  return createSelfSigned({ hostname, notBefore: new Date(now - 1000), notAfter: new Date(now + 86_400_000) });
}

describe('the self-signed pair', () => {
  const load = (dataDir: string, hostname: string, at = new Date()): TlsMaterial =>
    loadTlsMaterial({ dataDir, hostname, files: null, wallClock: () => at, warn: () => undefined })();

  test('is made once, for the name, readable by the owner only', () => {
    const dataDir = folder();
    const material = load(dataDir, 'mx.backup.example');
    const certificate = new X509Certificate(material.cert);
    expect(certificate.subject).toBe('CN=mx.backup.example');
    expect(certificate.subjectAltName).toBe('DNS:mx.backup.example');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyType).toBe('ec');
    expect(statSync(join(dataDir, 'tls', 'key.pem')).mode & 0o777).toBe(0o600);
    expect(load(dataDir, 'mx.backup.example')).toEqual(material);
  });

  test('is made anew for another name, near its end, and when broken', () => {
    const dataDir = folder();
    const material = load(dataDir, 'mx.backup.example');
    const renamed = load(dataDir, 'other.example');
    expect(renamed.cert).not.toBe(material.cert);
    const late = load(dataDir, 'other.example', new Date(Date.now() + 9.5 * 365 * 86_400_000));
    expect(late.cert).not.toBe(renamed.cert);
    writeFileSync(join(dataDir, 'tls', 'key.pem'), 'broken');
    expect(load(dataDir, 'other.example').cert).not.toBe(late.cert);
  });
});

describe("the operator's files", () => {
  test('are read again when they change; a pair that does not match is never used', () => {
    const dataDir = folder();
    const files = { certFile: join(dataDir, 'c.pem'), keyFile: join(dataDir, 'k.pem') };
    const put = (material: TlsMaterial): void => {
      writeFileSync(files.certFile, material.cert);
      writeFileSync(files.keyFile, material.key);
    };
    const first = pair('first.example');
    put(first);
    let nowMs = Date.now();
    const warnings: string[] = [];
    const current = loadTlsMaterial({
      dataDir,
      hostname: 'mx.example',
      files,
      wallClock: () => new Date(nowMs),
      warn: (message) => warnings.push(message),
    });
    expect(current()).toEqual(first);
    // In the middle of a renewal: the new certificate with the old key.
    const second = pair('second.example.with.another.length');
    writeFileSync(files.certFile, second.cert);
    expect(current()).toEqual(first);
    nowMs += 10_000;
    expect(current()).toEqual(first);
    expect(warnings).toHaveLength(1);
    put(second);
    nowMs += 10_000;
    expect(current()).toEqual(second);
    rmSync(files.certFile);
    nowMs += 10_000;
    expect(current()).toEqual(second);
    expect(warnings).toHaveLength(2);
  });

  test('that cannot be used stop the start with a line that names them', () => {
    const dataDir = folder();
    const files = { certFile: join(dataDir, 'c.pem'), keyFile: join(dataDir, 'k.pem') };
    const load = (): unknown =>
      loadTlsMaterial({ dataDir, hostname: 'x', files, wallClock: () => new Date(), warn: () => undefined });
    expect(load).toThrow(files.certFile);
    writeFileSync(files.certFile, pair('a.example').cert);
    writeFileSync(files.keyFile, pair('b.example').key);
    expect(load).toThrow(`${files.keyFile} is not the key of`);
    writeFileSync(files.keyFile, 'no key');
    expect(load).toThrow(files.keyFile);
  });
});

describe('handshakes', () => {
  test('a changed pair is used by the next STARTTLS', async () => {
    let material = pair('one.example');
    const fixture = await startInbound({ tls: () => material });
    opened.push(fixture);
    const subjects: string[] = [];
    for (const next of [pair('two.example'), { key: 'broken', cert: 'broken' }, null]) {
      const peer = await fixture.session();
      await peer.ask('STARTTLS');
      subjects.push((await peer.startTls()).subject);
      peer.destroy();
      if (next !== null) material = next;
    }
    // A pair that cannot be used leaves the old one, and is told.
    expect(subjects).toEqual(['one.example', 'two.example', 'two.example']);
    expect(fixture.events.map((event) => event.name)).toContain('fault');
  });

  test('garbage instead of a ClientHello ends that connection only', async () => {
    const fixture = await startInbound();
    opened.push(fixture);
    const peer = await fixture.session();
    await peer.ask('STARTTLS');
    await peer.write('EHLO in.clear.example\r\nNOOP\r\n');
    await peer.closed();
    const other = await fixture.session();
    expect(await sendMessage(other, 'x\r\n')).toStartWith('250 ');
    other.destroy();
  });

  test('one that never comes is ended in time, and does not hold up the end of the service', async () => {
    const fixture = await startInbound({ timeouts: { idleMs: 150, tickMs: 20 } });
    opened.push(fixture);
    const peer = await fixture.session();
    await peer.ask('STARTTLS');
    await peer.closed();
    const second = await startInbound();
    opened.push(second);
    const stalled = await second.session();
    await stalled.ask('STARTTLS');
    await second.inbound.close(0);
    await stalled.closed();
  });
});
