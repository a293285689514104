/**
 * A private rbldnsd on loopback: the server that most DNS lists are published with. UDP only, and authoritative only.
 *
 * Started as root it takes the account that its package makes; the system's own service is neither used nor needed.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createResolver } from '../../src/dns/resolver.ts';
import { bindToUs, endChild, findProgram, until } from './child.ts';
import { findFreePort } from './free-port.ts';

/** One data set; several of one zone are one list. */
export interface RbldnsdDataset {
  readonly zone: string;
  readonly type: 'ip4set' | 'ip4trie' | 'ip6trie' | 'ip6tset' | 'generic';
  /** As in its file, without the SOA. */
  readonly lines: readonly string[];
}

export interface Rbldnsd {
  /** `127.0.0.1:PORT`, for DNS_SERVERS. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Why no rbldnsd can be started here; null when one can. */
export function whyNoRbldnsd(): string | null {
  return findProgram('rbldnsd') === null ? 'no rbldnsd on this machine (apt-get install rbldnsd)' : null;
}

export async function startRbldnsd(datasets: readonly RbldnsdDataset[]): Promise<Rbldnsd> {
  const program = findProgram('rbldnsd');
  if (program === null) throw new Error('there is no rbldnsd');
  const folder = await mkdtemp(join(tmpdir(), 'bmx-rbldnsd-'));
  await chmod(folder, 0o755);
  for (const [index, { zone, lines }] of datasets.entries()) {
    const head = [`$SOA 300 ns.${zone} hostmaster.${zone} 0 600 300 86400 300`, `$NS 300 ns.${zone}`];
    await writeFile(join(folder, `data${index}`), `${[...head, ...lines].join('\n')}\n`, { mode: 0o644 });
  }
  const port = await findFreePort();
  const account = process.getuid?.() === 0 ? ['-u', 'rbldns'] : [];
  const specs = datasets.map(({ zone, type }, index) => `${zone}:${type}:data${index}`);
  const child = spawn(program, ['-n', ...account, '-w', folder, '-b', `127.0.0.1/${port}`, '-t', '300', ...specs]);
  bindToUs(child);
  let words = '';
  child.stdout.on('data', (bytes: Buffer) => (words += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (words += bytes.toString()));
  const address = `127.0.0.1:${port}`;
  const resolver = createResolver({ servers: [address], timeoutMs: 500 });
  try {
    await until('rbldnsd answers', 30_000, async () => {
      if (child.exitCode !== null) throw new Error(`rbldnsd ended: ${words}`);
      return (await resolver.query(datasets[0]?.zone ?? '', 'NS')).kind === 'FOUND';
    });
  } finally {
    resolver.close();
  }
  return {
    address,
    stop: async () => {
      await endChild(child, 'SIGTERM', 3000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
