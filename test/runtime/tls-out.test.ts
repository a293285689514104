/** What the runtimes must agree on of TLS towards others: whose certificate is good, chains, keys, and the fetching of policies. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bindToUs, endChild, until } from '../helpers/child.ts';
import { ENDLESS, type EndlessPeer, startEndlessPeer } from '../helpers/endless-peer.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type HttpsServer, startHttpsServer } from '../helpers/https-server.ts';
import { chainOf, makeAuthority, makeLeaf, tlsaOf } from '../helpers/pki.ts';
import type { Runtime } from '../helpers/service.ts';
import type { Task } from './fixtures/tls-out.ts';

const BINARIES = join(import.meta.dirname, '..', '..', 'node_modules', '.bin');
const COMMANDS: Readonly<Record<Runtime, readonly string[]>> = {
  bun: ['bun', '--no-env-file', '--no-install'],
  deno: ['deno', 'run', '-A', '--no-prompt', '--no-lock', '--no-remote', '--node-modules-dir=manual'],
  node: ['node'],
};
const HOST = 'mx.primary.example';
const OLD = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') };

const root = makeAuthority();
const middle = makeAuthority('Test Middle', root);
const leaf = makeLeaf([HOST], middle);
const old = makeLeaf([HOST], root, OLD);

let folder: string;
let file: string;
const primaries: FakePrimary[] = [];
let https: HttpsServer;
const endless: EndlessPeer[] = [];
const expected: (readonly [what: string, said: RegExp])[] = [];

beforeAll(async () => {
  const start = async (certificate: { key: string; cert: string }) => {
    const primary = await startFakePrimary({ certificate });
    primaries.push(primary);
    return primary.port;
  };
  const [good, selfSigned, expired] = await Promise.all([
    start(chainOf(leaf, middle, root)),
    start(makeLeaf([HOST])),
    start(chainOf(old, root)),
  ]);
  https = await startHttpsServer(chainOf(makeLeaf(['sts.example'], root), root), (_request, response) =>
    response.end('text'),
  );

  const sessions: Task['sessions'][number][] = [];
  const ask = (what: string, said: RegExp, asked: Omit<Task['sessions'][number], 'host'> & { host?: string }) => {
    sessions.push({ host: HOST, ...asked });
    expected.push([what, said]);
  };
  const tlsa = (...given: Parameters<typeof tlsaOf>) => {
    const record = tlsaOf(...given);
    return { ...record, certificate: record.certificate.toString('hex') };
  };
  const verified = (by: string) => new RegExp(`^TLSv1\\.3 TLS_[A-Z0-9_]+ verified by ${by}$`);
  const encrypted = /^TLSv1\.3 TLS_[A-Z0-9_]+$/;
  ask('any certificate', encrypted, { port: selfSigned, tls: 'REQUIRED', tlsa: null });
  ask('a good one', verified('tlsPolicy'), { port: good, tls: 'VERIFIED', tlsa: null });
  ask('another name', /does not name other\.example\]$/, {
    port: good,
    host: 'other.example',
    tls: 'VERIFIED',
    tlsa: null,
  });
  ask('self-signed', /not trusted: DEPTH_ZERO_SELF_SIGNED_CERT\]$/, { port: selfSigned, tls: 'VERIFIED', tlsa: null });
  // The second is Deno's word for it.
  ask('expired', /not trusted: (CERT_HAS_EXPIRED|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\]$/, {
    port: expired,
    tls: 'VERIFIED',
    tlsa: null,
  });
  ask('DANE-EE', verified('DANE'), { port: good, tls: 'DANE', tlsa: tlsa(leaf) });
  ask('DANE-EE expired', verified('DANE'), {
    port: expired,
    tls: 'DANE',
    tlsa: tlsa(old, { selector: 0, matchingType: 2 }),
  });
  ask('DANE-EE, another key', /matches no TLSA record\]$/, { port: selfSigned, tls: 'DANE', tlsa: tlsa(leaf) });
  ask('DANE-TA, root', verified('DANE'), { port: good, tls: 'DANE', tlsa: tlsa(root, { usage: 2, selector: 0 }) });
  ask('DANE-TA, middle', verified('DANE'), {
    port: good,
    tls: 'DANE',
    tlsa: tlsa(middle, { usage: 2, matchingType: 0 }),
  });
  ask('DANE-TA expired', /out of date\]$/, { port: expired, tls: 'DANE', tlsa: tlsa(root, { usage: 2 }) });
  for (const answer of Object.values(ENDLESS)) {
    endless.push(await startEndlessPeer(chainOf(makeLeaf(['sts.example'], root), root), answer));
  }
  const fetches = [
    ...['sts.example', 'other.example'].map((host) => ({ host, port: https.port })),
    ...endless.map(({ port }) => ({ host: 'sts.example', port })),
  ];
  expected.push(['a text', /^fetched text$/], ['a text of another name', /^failed ERR_TLS_CERT_ALTNAME_INVALID/]);
  for (const name of Object.keys(ENDLESS)) expected.push([`${name} without end`, /^failed (more than|it switches)/]);

  folder = await mkdtemp(join(tmpdir(), 'backup-mx-tls-'));
  file = join(folder, 'task.json');
  await writeFile(file, JSON.stringify({ authority: root.cert, sessions, fetches } satisfies Task));
});
afterAll(async () => {
  const peers = [...primaries, ...endless, https];
  await Promise.all([...peers.map((peer) => peer.close()), rm(folder, { recursive: true })]);
});

test.each<Runtime>(['bun', 'deno', 'node'])('%s', async (runtime) => {
  const [program = '', ...options] = COMMANDS[runtime];
  const script = join(import.meta.dirname, 'fixtures', 'tls-out.ts');
  const child = spawn(join(BINARIES, program), [...options, script, file]);
  bindToUs(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  try {
    const line = await until('it is done', 45_000, () => /^\[.*\]$/m.exec(output)?.[0] ?? null).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}; it said:\n${output}`);
      },
    );
    const said = JSON.parse(line) as string[];
    expect(said.length).toBe(expected.length);
    const wrong = expected.flatMap(([what, pattern], index) =>
      pattern.test(said[index] ?? '') ? [] : [`${what}: ${said[index]}`],
    );
    expect(wrong).toEqual([]);
  } finally {
    await endChild(child, 'SIGKILL', 1000);
  }
});
