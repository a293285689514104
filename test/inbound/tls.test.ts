/** Key and certificate, their reload, and handshakes that go wrong. */
import { afterEach, describe, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSelfSigned } from '../../src/tls/self-signed.ts';
import { loadTlsMaterial, type TlsMaterial, type TlsPair, type TlsPairFiles } from '../../src/tls/material.ts';
import { type Fixture, receivedText, sendMessage, startInbound } from './fixture.ts';

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
  const validity = { notBefore: new Date(now - 1000), notAfter: new Date(now + 86_400_000) };
  return { ...createSelfSigned({ hostname, ...validity }), others: [] };
}

describe('the self-signed pair', () => {
  const load = (dataDir: string, hostname: string, at = new Date()): TlsMaterial =>
    loadTlsMaterial({ dataDir, hostname, files: [], wallClock: () => at, warn: () => undefined })();

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
      files: [files],
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

  /** A certificate and its key in a folder of their own; what they hold is asked 10 s later each time. */
  function renewable(files: readonly TlsPairFiles[]): { current: () => TlsMaterial; warnings: string[] } {
    const warnings: string[] = [];
    let nowMs = Date.now();
    const load = loadTlsMaterial({
      dataDir: 'unused',
      hostname: 'mx.example',
      files,
      wallClock: () => new Date(nowMs),
      warn: (message) => warnings.push(message),
    });
    const current = (): TlsMaterial => {
      nowMs += 10_000;
      return load();
    };
    return { current, warnings };
  }

  test('are noticed when one is replaced after the other, whichever comes first', () => {
    for (const order of [
      ['c.pem', 'k.pem'],
      ['k.pem', 'c.pem'],
    ]) {
      const home = folder();
      const put = (name: string, { cert, key }: TlsPair): void => {
        writeFileSync(join(home, `${name}.new`), name === 'c.pem' ? cert : key);
        renameSync(join(home, `${name}.new`), join(home, name));
      };
      const [old, next] = [pair('a.example'), pair('a.example')];
      for (const name of order) put(name, old);
      const { current, warnings } = renewable([{ certFile: join(home, 'c.pem'), keyFile: join(home, 'k.pem') }]);
      put(order[0] ?? '', next);
      expect(current()).toEqual(old);
      expect(current()).toEqual(old);
      put(order[1] ?? '', next);
      expect(current()).toEqual(next);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('is not the key of');
    }
  });

  test('are noticed when a symbolic link points elsewhere, at files of the same size and time', () => {
    const home = folder();
    const put = (name: string, material: TlsPair): void => {
      mkdirSync(join(home, name));
      writeFileSync(join(home, name, 'c.pem'), material.cert);
      writeFileSync(join(home, name, 'k.pem'), material.key);
      for (const file of ['c.pem', 'k.pem']) utimesSync(join(home, name, file), 1, 1);
    };
    const [old, next] = [pair('a.example'), pair('a.example')];
    put('archive1', old);
    put('archive2', next);
    symlinkSync('archive1', join(home, 'live'));
    const files = { certFile: join(home, 'live', 'c.pem'), keyFile: join(home, 'live', 'k.pem') };
    const { current, warnings } = renewable([files]);
    expect(current()).toEqual(old);
    symlinkSync('archive2', join(home, 'live.new'));
    renameSync(join(home, 'live.new'), join(home, 'live'));
    expect(current()).toEqual(next);
    expect(warnings).toEqual([]);
  });

  test('out of reach leave the pair before in force, with one warning', () => {
    const home = folder();
    const put = (name: string, material: TlsPair): void => {
      mkdirSync(join(home, name));
      writeFileSync(join(home, name, 'c.pem'), material.cert);
      writeFileSync(join(home, name, 'k.pem'), material.key);
    };
    const [old, next] = [pair('a.example'), pair('a.example')];
    put('live', old);
    const { current, warnings } = renewable([
      { certFile: join(home, 'live', 'c.pem'), keyFile: join(home, 'live', 'k.pem') },
    ]);
    // Not missing, but an error of another kind, as a folder is that may not be entered any more.
    renameSync(join(home, 'live'), join(home, 'old'));
    symlinkSync('live', join(home, 'live'));
    for (let look = 0; look < 3; look += 1) expect(current()).toEqual(old);
    expect(warnings).toHaveLength(1);
    rmSync(join(home, 'live'));
    put('live', next);
    expect(current()).toEqual(next);
  });

  test('with a chain that is cut short are not used, at the start and later', () => {
    const home = folder();
    const files = { certFile: join(home, 'c.pem'), keyFile: join(home, 'k.pem') };
    const [old, next] = [pair('a.example'), pair('a.example')];
    const put = ({ cert, key }: TlsPair, chain: string): void => {
      writeFileSync(files.certFile, cert + chain);
      writeFileSync(files.keyFile, key);
    };
    put(old, old.cert.slice(0, 100));
    expect(() => renewable([files])).toThrow(files.certFile);
    put(old, '');
    const { current, warnings } = renewable([files]);
    put(next, old.cert.slice(0, 100));
    for (let look = 0; look < 2; look += 1) expect(current()).toEqual(old);
    expect(warnings).toHaveLength(1);
    put(next, '');
    expect(current()).toEqual(next);
  });

  test('in several pairs are each on their own', () => {
    const home = folder();
    const files = ['a', 'b'].map((name) => ({
      certFile: join(home, `${name}.pem`),
      keyFile: join(home, `${name}.key`),
    }));
    const put = (at: number, { cert, key }: TlsPair): void => {
      writeFileSync(files[at]?.certFile ?? '', cert);
      writeFileSync(files[at]?.keyFile ?? '', key);
    };
    const pairs = [pair('a.example'), pair('b.example')] as const;
    put(0, pairs[0]);
    put(1, pairs[1]);
    const { current, warnings } = renewable(files);
    const first = current();
    expect(first).toEqual({ ...pairs[0], others: [{ key: pairs[1].key, cert: pairs[1].cert }] });
    expect(current()).toBe(first);
    const next = pair('b2.example');
    put(1, next);
    rmSync(files[0]?.certFile ?? '');
    expect(current()).toEqual({ ...pairs[0], others: [{ key: next.key, cert: next.cert }] });
    expect(warnings).toHaveLength(1);
  });

  test('that cannot be used stop the start with a line that names them', () => {
    const dataDir = folder();
    const files = { certFile: join(dataDir, 'c.pem'), keyFile: join(dataDir, 'k.pem') };
    const load = (): unknown =>
      loadTlsMaterial({ dataDir, hostname: 'x', files: [files], wallClock: () => new Date(), warn: () => undefined });
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
    for (const next of [pair('two.example'), { key: 'broken', cert: 'broken', others: [] }, null]) {
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

  test('a session that is open goes on over a reload', async () => {
    let material = pair('one.example');
    const fixture = await startInbound({ tls: () => material });
    opened.push(fixture);
    const old = await fixture.session();
    await old.ask('STARTTLS');
    await old.startTls();
    await old.ask('EHLO client.example');
    await old.ask('MAIL FROM:<a@sender.example>');
    material = pair('two.example');
    const next = await fixture.session();
    await next.ask('STARTTLS');
    expect((await next.startTls()).subject).toBe('two.example');
    expect(await old.ask('RCPT TO:<u@example.org>')).toStartWith('250 ');
    expect(await old.ask('DATA')).toStartWith('354 ');
    await old.write('over a reload\r\n.\r\n');
    expect(await old.reply()).toStartWith('250 ');
    expect(fixture.accepted).toHaveLength(1);
    for (const peer of [old, next]) peer.destroy();
  });

  test('the certificate is the one for the name that the client asks for', async () => {
    const others = [pair('second.example'), pair('*.wild.example'), pair('mx.wild.example')];
    const fixture = await startInbound({ tls: () => ({ ...pair('first.example'), others }) });
    opened.push(fixture);
    const subjects: Record<string, string> = {};
    for (const servername of [
      '',
      'first.example',
      'SECOND.example',
      'a.wild.example',
      'mx.wild.example',
      'x.example',
    ]) {
      const peer = await fixture.session();
      await peer.ask('STARTTLS');
      subjects[servername] = (await peer.startTls(servername === '' ? {} : { servername })).subject;
      peer.destroy();
    }
    expect(subjects).toEqual({
      '': 'first.example',
      'first.example': 'first.example',
      'SECOND.example': 'second.example',
      'a.wild.example': '*.wild.example',
      'mx.wild.example': 'mx.wild.example',
      'x.example': 'first.example',
    });
  });

  test('version and IANA cipher suite stand in Received, the log and the events; mail in clear is told once a session', async () => {
    const fixture = await startInbound();
    opened.push(fixture);
    const suites = {
      'TLSv1.3': /^TLSv1\.3 TLS_[A-Z0-9_]+$/,
      'TLSv1.2': /^TLSv1\.2 TLS_ECDHE_ECDSA_WITH_[A-Z0-9_]+$/,
    } as const;
    for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
      const peer = await fixture.session();
      await peer.ask('STARTTLS');
      await peer.startTls({ minVersion: version, maxVersion: version });
      await peer.ask('EHLO client.example');
      expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
      peer.destroy();
      const tls = fixture.accepted.at(-1)?.envelope.client.tls ?? '';
      expect(tls).toMatch(suites[version]);
      expect(receivedText(fixture.accepted.at(-1))).toContain(` by mx.backup.example with ESMTPS (${tls}) id `);
      expect(fixture.events.findLast(({ name }) => name === 'tlsSession')?.fields).toEqual({ tls });
    }
    const clear = await fixture.session();
    expect(await clear.ask('NOOP')).toStartWith('250 ');
    expect(fixture.events.filter(({ name }) => name === 'tlsSession')).toHaveLength(2);
    for (let count = 0; count < 2; count += 1) expect(await sendMessage(clear, 'x\r\n')).toStartWith('250 ');
    clear.destroy();
    const told = fixture.events.filter(({ name }) => name === 'tlsSession').map(({ fields }) => fields['tls']);
    expect(told).toHaveLength(3);
    expect(told[2]).toBeNull();
  });

  test('nothing older than TLS 1.2, with any certificate', async () => {
    const fixture = await startInbound({ tls: () => ({ ...pair('first.example'), others: [pair('second.example')] }) });
    opened.push(fixture);
    for (const servername of ['first.example', 'second.example']) {
      const peer = await fixture.session();
      await peer.ask('STARTTLS');
      const handshake = peer.startTls({ servername, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
      expect(await handshake.catch((error: unknown) => String(error))).toContain('handshake failed');
      peer.destroy();
    }
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
    const fixture = await startInbound({ timeouts: { idleMs: 1000, tickMs: 20 } });
    opened.push(fixture);
    const peer = await fixture.session();
    await peer.ask('STARTTLS');
    await peer.closed();
    const second = await startInbound();
    opened.push(second);
    const stalled = await second.session();
    await stalled.ask('STARTTLS');
    await second.inbound.close(0);
    expect(await stalled.closed()).toBeUndefined();
  });
});
