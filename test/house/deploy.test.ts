/** What deploy/ and compose.yaml set is what the service reads, and systemd has nothing against the unit. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'bun:test';
import { parse } from 'yaml';
import { findProgram } from '../helpers/child.ts';
import { isSkipped } from '../interop/mail.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const UNIT = join(ROOT, 'deploy', 'systemd', 'backup-mx.service');
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const documented = new Set(
  [...read('README.md').matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|/gm)].flatMap(([, names = '']) =>
    names.replaceAll('`', '').split(', '),
  ),
);

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      { readonly environment: object; readonly ports?: readonly string[]; readonly volumes: readonly string[] }
    >
  >;
}

test('compose.yaml has two nodes on one database, alike but for name, ports and volume', () => {
  const { services } = parse(read('compose.yaml'), { merge: true }) as Compose;
  const { 'backup-mx': first, 'backup-mx-second': second } = services;
  const settings = Object.keys(first?.environment ?? {});
  expect(settings).toEqual(Object.keys(second?.environment ?? {}));
  expect(settings.filter((name) => !documented.has(name))).toEqual([]);
  expect({ ...second?.environment, MX_HOSTNAME: '' }).toEqual({ ...first?.environment, MX_HOSTNAME: '' });
  expect(first?.ports?.filter((port) => second?.ports?.includes(port))).toEqual([]);
  expect(first?.volumes).not.toEqual(second?.volumes ?? []);
});

test('fly.toml sets what the service reads, and lets the proxy say who the client is', () => {
  const fly = Bun.TOML.parse(read('deploy', 'fly', 'fly.toml')) as {
    env: Record<string, string>;
    services: { internal_port: number; ports: { port: number; handlers: string[] }[] }[];
  };
  expect(Object.keys(fly.env).filter((name) => !documented.has(name))).toEqual([]);
  expect(fly.services[0]?.ports[0]).toMatchObject({ port: 25, handlers: ['proxy_proto'] });
  expect(fly.env['SMTP_LISTEN']).toContain(`:${fly.services[0]?.internal_port}`);
  expect(fly.env['TRUSTED_PROXIES']).not.toBe('');
});

const analyze = findProgram('systemd-analyze');
const reason = analyze === null ? 'no systemd-analyze on this machine' : null;

test.skipIf(isSkipped('systemd and the unit', reason))('systemd takes the unit, and little is open to it', () => {
  const run = (...args: string[]) => spawnSync(analyze ?? '', args, { encoding: 'utf8' });
  const verified = run('verify', UNIT);
  expect({ status: verified.status, said: verified.stderr.trim() }).toEqual({ status: 0, said: '' });
  // From 0, nothing, to 10, everything.
  const { stdout } = run('security', '--offline=true', UNIT);
  expect(Number(/exposure level for \S+ ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(2.5);
});

const unit = read('deploy', 'systemd', 'backup-mx.service');

test('a system call that the unit does not allow fails, and kills nobody', () => {
  expect(unit).toMatch(/^SystemCallFilter=@system-service$/m);
  expect(unit).toMatch(/^SystemCallErrorNumber=EPERM$/m);
});

test('the unit and the container give what is past the final dot its time', () => {
  expect(unit).toMatch(/^TimeoutStopSec=150$/m);
  expect(read('compose.yaml')).toContain('stop_grace_period: 150s');
});
