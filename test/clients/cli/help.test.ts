/** Help and version of the command as a shell starts it, and what it prints of a bad BACKUP_MX_URL. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { version } from '../../../src/config/machine.ts';
import { run } from '../../helpers/child.ts';

const ROOT = join(import.meta.dirname, '../../..');

function command(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return run('node', ['bin/backup-mx.mjs', ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  });
}

test.each([
  [['doctor', 'help'], 'backup-mx doctor DOMAIN'],
  [['drill', 'help'], 'backup-mx drill DOMAIN'],
  [['help', 'queue'], 'backup-mx queue list'],
  [['help', 'queue', 'cancel'], 'backup-mx queue cancel (ID | --domain NAME'],
  [['help', 'drill'], 'backup-mx drill DOMAIN'],
  [['help', 'export'], 'backup-mx export --to FILE'],
  [['help'], 'Usage: backup-mx VERB'],
  [['--version'], `backup-mx ${version}`],
  [['version'], `backup-mx ${version}`],
] as const)('%p goes to standard output and ends with 0', async (args, start) => {
  const { code, stdout, stderr } = await command(args);
  expect(stdout.toString()).toContain(start);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test.each([
  ['http://me:hidden@127.0.0.1:1', 'BACKUP_MX_URL holds a user name or password'],
  ['https://hidden@127.0.0.1:1/', 'use https://127.0.0.1:1, and put a token into BACKUP_MX_TOKEN'],
  ['me:hidden@127.0.0.1:1', 'BACKUP_MX_URL is not the address of a service'],
  ['https//me:hid@den@127.0.0.1', 'BACKUP_MX_URL is not the address of a service'],
  ['ftp://me:hidden@127.0.0.1', 'BACKUP_MX_URL is not the address of a service'],
  // Neither has an @: a host and a port that is none, and the token in the wrong variable.
  ['https://me:hidden', 'BACKUP_MX_URL is not the address of a service'],
  ['hidden', 'BACKUP_MX_URL is not the address of a service'],
  ['http://127.0.0.1:1/?token=hidden', 'http://127.0.0.1:1 cannot be reached'],
])('a password in BACKUP_MX_URL=%s is not printed', async (url, line) => {
  const { code, stdout, stderr } = await command(['domain', 'list'], { BACKUP_MX_URL: url, BACKUP_MX_TOKEN: 'token' });
  expect(stderr).toContain(line);
  expect(`${stdout.toString()}${stderr}`).not.toMatch(/hidden|hid@|@den/);
  expect(code).toBe(1);
});
