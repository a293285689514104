/**
 * The README's ways as a stranger takes them: a clean clone, its blocks run as they stand, its steps done in a browser.
 *
 * A block is found by the comment `try: NAME` before it. Where a port of the README is taken, a free one stands in its place.
 * npm ci takes a minute, so this is for `npm run smoke`.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { findProgram, runOrThrow, until } from '../helpers/child.ts';
import { launchChromium, openWatched, play, untilResult } from '../helpers/chromium.ts';
import { findFreePorts } from '../helpers/free-port.ts';

const ROOT = join(import.meta.dir, '..', '..');
const isSmoke = process.env['npm_lifecycle_event'] === 'smoke';
if (!isSmoke) console.warn('SKIPPED: the ways of README.md from a clean clone; npm run smoke takes them');

let clone: string;
let readme: string;
let env: Record<string, string>;
let service: ChildProcess | null = null;

async function isTaken(port: string): Promise<boolean> {
  const socket = connect(Number(port), '127.0.0.1');
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}

beforeAll(async () => {
  if (!isSmoke) return;
  clone = await mkdtemp(join(tmpdir(), 'backup-mx-clone-'));
  await chmod(clone, 0o755);
  await runOrThrow('git', ['clone', '--quiet', ROOT, clone]);
  readme = await readFile(join(clone, 'README.md'), 'utf8');
  const free = await findFreePorts(3);
  const ports: string[] = [];
  for (const [index, port] of ['2525', '8025', '2626'].entries()) {
    ports.push((await isTaken(port)) ? String(free[index]) : port);
    readme = readme.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), ports[index] ?? '');
  }
  const { PATH = '', HOME = '/' } = process.env;
  env = {
    PATH,
    HOME,
    npm_config_prefer_offline: 'true',
    SMTP_LISTEN: `127.0.0.1:${ports[0]}`,
    HTTP_LISTEN: `127.0.0.1:${ports[1]}`,
  };
});

afterAll(async () => {
  if (!isSmoke) return;
  await stop();
  await rm(clone, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

/** The text of a block of the README, without the indentation of a list. */
function block(name: string): string {
  const found = new RegExp(`<!-- try: ${name} -->\\n *\`\`\`sh\\n([^]*?)\\n *\`\`\``).exec(readme)?.[1];
  if (found === undefined) throw new Error(`README.md has no block ${name}`);
  return found.replaceAll(/^ {3}/gm, '');
}

async function shell(name: string): Promise<string> {
  const { stdout } = await runOrThrow('bash', ['-c', block(name)], { cwd: clone, env, timeoutMs: 30_000 });
  return stdout.toString();
}

/** In a terminal of its own, so that Ctrl-C meets all of it. */
async function start(name: string, timeoutMs: number): Promise<void> {
  const child = spawn('bash', ['-c', block(name)], {
    cwd: clone,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  service = child;
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await until(`${name} is ready`, timeoutMs, async () => {
    if (child.exitCode !== null)
      throw new Error(`${name} ended with ${child.exitCode}: ${Buffer.concat(chunks).toString()}`);
    return fetch(`http://${env['HTTP_LISTEN']}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  expect(Buffer.concat(chunks).toString()).toContain(join(clone, 'data/operator-token'));
}

/** Ctrl-C. */
async function stop(): Promise<void> {
  const child = service;
  service = null;
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const hasEnded = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGINT');
  await hasEnded;
}

const inSmoke = test.skipIf(!isSmoke);

inSmoke(
  'the script way: install, start, add a domain, send it mail, see it held',
  async () => {
    await start('start', 240_000);
    await stop();
    await start('start-again', 60_000);
    expect(JSON.parse(await shell('add'))).toEqual({
      data: { domainCreate: { domain: { name: 'example.com', status: 'ACTIVE' }, userErrors: [] } },
    });
    if (findProgram('swaks') === null) {
      console.warn('SKIPPED: sending by swaks, which is not installed');
      return;
    }
    expect(await shell('send')).toMatch(/<-? +250 /);
    await until('the mail is held and the outage told', 30_000, async () => {
      const answer = await shell('look');
      return answer.includes('"heldCount":1') && answer.includes('"lastReply":"');
    });
  },
  360_000,
);

inSmoke(
  'the way in the browser: its address, its token, the console, and GraphiQL',
  async () => {
    const browser = await launchChromium('the way of README.md in a browser');
    if (browser === null) return;
    try {
      const address = /Open <(http:[^>]+)>/.exec(readme)?.[1] ?? '';
      const { page, faults } = await openWatched(await browser.newContext(), new URL(address).origin);
      const token = (await shell('token')).trim();
      await page.goto(address);
      await page.fill('#token', token);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('link', { name: 'example.com', exact: true }).click();
      await page.getByText('Your server has refused connections since').waitFor();
      await page.getByRole('button', { name: 'Try now' }).first().click();
      await page.getByText('We try it now.').waitFor();
      await page.goto(/GraphiQL is at <(http:[^>]+)>/.exec(readme)?.[1] ?? '');
      await page.getByRole('tab', { name: 'WhatIsHeld' }).click();
      await play(page);
      await untilResult(page, 'example.com');
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  },
  60_000,
);

inSmoke(
  'the Terraform way: build the provider, init, apply',
  async () => {
    if (findProgram('terraform') === null) {
      console.warn('SKIPPED: the Terraform way of README.md, without terraform on PATH');
      return;
    }
    env['BACKUP_MX_URL'] = `http://${env['HTTP_LISTEN']}`;
    env['CHECKPOINT_DISABLE'] = '1';
    expect(await shell('terraform')).toContain('Apply complete!');
    expect(await shell('terraform')).toContain('0 added, 0 changed, 0 destroyed');
  },
  120_000,
);
