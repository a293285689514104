/** At its start the service prints a link to the console: on a terminal, where a person reads it, and into no log. */
import { afterAll, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { endChild, findProgram, until } from '../helpers/child.ts';
import { usePreparedData } from '../helpers/prepared-data.ts';
import { chosenRuntime, isReady, makeDataDir, serviceEnvironment, startService } from '../helpers/service.ts';

const LINK = /http:\S+\/console\/enter#([\w-]{43})/;
const terminal = findProgram('script');
if (terminal === null) console.warn('SKIPPED: a start on a terminal, without script (Debian: bsdutils)');
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 10 }))));

test.skipIf(terminal === null)(
  'on a terminal the link opens the console once, as the operator',
  async () => {
    const dataDir = await makeDataDir();
    folders.push(dataDir);
    await usePreparedData(dataDir);
    const env: Record<string, string> = { ...(await serviceEnvironment(dataDir)), RUNTIME: chosenRuntime() };
    const child = spawn('script', ['-qec', 'sh bin/start.sh', '/dev/null'], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const output = (): string => Buffer.concat(chunks).toString();
    try {
      const httpUrl = `http://${env['HTTP_LISTEN']}`;
      await until('the service is ready', 60_000, () => isReady(httpUrl));
      const code = await until('the link is printed', 10_000, () => LINK.exec(output())?.[1]);
      const enter = () =>
        fetch(`${httpUrl}/console/enter`, {
          method: 'POST',
          redirect: 'manual',
          headers: { 'Sec-Fetch-Site': 'same-origin' },
          body: new URLSearchParams({ code }),
        });
      const cookie = (await enter()).headers.get('Set-Cookie')?.split(';')[0] ?? '';
      const page = await (await fetch(`${httpUrl}/console`, { headers: { Cookie: cookie } })).text();
      expect(page.includes('There is no domain yet.')).toBe(true);
      expect(page.includes('Operator')).toBe(true);
      expect((await enter()).status).toBe(422);
    } finally {
      const service = Number(
        readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0],
      );
      process.kill(service, 'SIGTERM');
      await until('the terminal ends', 30_000, () => child.exitCode !== null || child.signalCode !== null);
      await endChild(child, 'SIGKILL', 5000);
    }
  },
  120_000,
);

test('elsewhere there is none', async () => {
  const service = await startService();
  try {
    expect(service.output()).toContain('"started"');
    expect(LINK.test(service.output())).toBe(false);
  } finally {
    await service.remove();
  }
});
