/**
 * The facts about this machine and this process that the defaults of the settings need: its name, addresses, memory and name servers.
 *
 * Read once, at start. Whatever cannot be read is empty, so that only the setting which needs it has no default.
 */
import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces, totalmem } from 'node:os';
import process from 'node:process';

export interface Machine {
  readonly hostname: string;
  /** Addresses of all interfaces but loopback and link-local ones. */
  readonly interfaceAddresses: readonly string[];
  /** The memory of the machine, or of this container if that is less. */
  readonly totalMemoryBytes: number;
  /** The text of /etc/resolv.conf, or null where there is none. */
  readonly resolvConf: string | null;
}

/** Limits of a memory control group: version 2, then version 1. */
const MEMORY_LIMIT_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];

/** Reads the machine. */
export function readMachine(): Machine {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outward = interfaces.filter(({ internal, address }) => !internal && !/^(?:fe80:|169\.254\.)/i.test(address));
  return {
    hostname: hostname(),
    interfaceAddresses: [...new Set(outward.map(({ address }) => address))],
    totalMemoryBytes: Math.min(totalmem(), ...MEMORY_LIMIT_FILES.map(memoryLimit)),
    resolvConf: readText('/etc/resolv.conf'),
  };
}

/** The file says `max`, or an absurdly large number, when there is no limit. */
function memoryLimit(path: string): number {
  const text = readText(path)?.trim() ?? '';
  return /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : Number.POSITIVE_INFINITY;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/* Which release this is: the version in package.json. */
export const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

const { bun, deno, node } = process.versions;

/** The name of the runtime and its version. */
export const runtime = bun !== undefined ? `bun ${bun}` : deno !== undefined ? `deno ${deno}` : `node ${node}`;

/** Milliseconds of the processor that this process has used. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Bun 1.4.5 does not count received bytes as a reason to collect; the other runtimes do. */
export function collectGarbage(): void {
  if (bun !== undefined) Bun.gc(true);
}
