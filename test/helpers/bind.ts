/**
 * A private BIND on loopback, master of one zone that takes updates signed by a key.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createResolver, type Resolver } from '../../src/dns/resolver.ts';
import { bindToUs, endChild, findProgram, until } from './child.ts';
import { findFreePort } from './free-port.ts';

export const BIND_KEY = {
  name: 'backup-mx.key.example',
  algorithm: 'hmac-sha256',
  secret: Buffer.from('a secret of thirty-two octets ok').toString('base64'),
} as const;

export interface Bind {
  readonly port: number;
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly resolver: Resolver;
  /** MX records of a name, sorted: `10 mx.zone.example`. */
  mx(name: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Why no BIND can be started here; null when one can. */
export function whyNoBind(): string | null {
  return findProgram('named') === null ? 'no named on this machine (apt-get install bind9)' : null;
}

/** `records`: lines of the zone's file behind SOA and NS. A second key, `reader.key.example`, may not update. */
export async function startBind(zone: string, records: readonly string[]): Promise<Bind> {
  const program = findProgram('named');
  if (program === null) throw new Error('there is no named');
  const folder = await mkdtemp(join(tmpdir(), 'bmx-bind-'));
  await chmod(folder, 0o777);
  const port = await findFreePort();
  const file = join(folder, 'zone');
  const lines = [
    '$TTL 300',
    `@ SOA ns.${zone}. hostmaster.${zone}. 1 600 300 86400 60`,
    `@ NS ns.${zone}.`,
    ...records,
  ];
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o666 });
  const key = (name: string) => `key "${name}" { algorithm ${BIND_KEY.algorithm}; secret "${BIND_KEY.secret}"; };`;
  await writeFile(
    join(folder, 'named.conf'),
    `options { directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
      pid-file none; session-keyfile none; dnssec-validation no; allow-new-zones no; };
    controls { };
    ${key(BIND_KEY.name)} ${key('reader.key.example')}
    zone "${zone}" { type master; file "${file}"; allow-update { key "${BIND_KEY.name}"; }; };`,
  );
  const child = spawn(program, ['-g', '-c', join(folder, 'named.conf'), '-n', '1']);
  bindToUs(child);
  let words = '';
  child.stderr.on('data', (bytes: Buffer) => (words += bytes.toString()));
  const address = `127.0.0.1:${port}`;
  const resolver = createResolver({ servers: [address], timeoutMs: 3000 });
  await until('BIND answers', 30_000, async () => {
    if (child.exitCode !== null) throw new Error(`named ended: ${words}`);
    resolver.forget(zone);
    return (await resolver.query(zone, 'NS')).kind === 'FOUND';
  });
  return {
    port,
    address,
    resolver,
    mx: async (name) => {
      resolver.forget(name);
      const answer = await resolver.resolveMx(name);
      if (answer.kind !== 'FOUND') return [];
      return answer.records.map(({ preference, exchange }) => `${preference} ${exchange}`).sort();
    },
    stop: async () => {
      resolver.close();
      await endChild(child, 'SIGTERM', 3000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
