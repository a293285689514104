/** `backup-mx watch`: lines as things happen, over a connection that is lost meanwhile. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { watchVerb } from '../../../src/clients/cli/watch.ts';
import { recordSuccess } from '../../../src/outage/clock.ts';
import { addDomain, endMessage, failNow, type Harness, holdMessage, startControl } from '../../control/harness.ts';
import { until } from '../../helpers/child.ts';
import { startFreezingProxy } from '../../helpers/freezing-proxy.ts';
import { type Ended, callVerb } from './call-verb.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

const PATIENCE_MS = 30_000;

const fail = (destinationId: string) => failNow(control.database, destinationId);

/** Watches until `stop`; its lines so far, and how it ended. */
function startWatching(url: string, ...args: readonly string[]) {
  const controller = new AbortController();
  const lines: string[] = [];
  const reports: string[] = [];
  const ended: Promise<Ended> = callVerb(url, watchVerb, args, {
    print: (line) => void lines.push(line),
    report: (line) => void reports.push(line),
    interruption: controller.signal,
  });
  return {
    lines,
    reports,
    has: (text: string) => until(`a line with ${text}`, PATIENCE_MS, () => lines.some((line) => line.includes(text))),
    stop() {
      controller.abort();
      return ended;
    },
  };
}

test('an outage and the held mail of a domain, also after the connection was lost; a stop ends it with 0', async () => {
  const destinationId = await addDomain(control, 'watched.example');
  const { hostname, port } = new URL(control.url);
  const target = { ...control.database.target, host: hostname, port: Number(port) };
  const proxy = await startFreezingProxy(target);
  const watching = startWatching(`http://${hostname}:${proxy.target.port}`, 'watched.example');
  await watching.has('watched.example  0 held');
  const messageId = await holdMessage(control.database, { destinationId });
  await watching.has('watched.example  1 held (');
  await fail(destinationId);
  await watching.has('OUTAGE_OPENED  DOWN  1 held  [connection refused]');
  proxy.freeze();
  await recordSuccess(control.database.sql, destinationId);
  proxy.dropFrozen();
  await until('it says that the connection is lost', PATIENCE_MS, () => watching.reports.length > 0);
  expect(watching.reports[0]).toEndWith('; trying again');
  proxy.thaw();
  // What happened meanwhile.
  await watching.has('OUTAGE_CLOSED');
  expect(await watching.stop()).toMatchObject({ code: 0 });
  expect(watching.lines.filter((line) => line.includes('OUTAGE_OPENED'))).toHaveLength(1);
  for (const line of watching.lines) expect(line).toMatch(/^\d\d:\d\d:\d\d {2}watched\.example {2}/);
  await endMessage(control.database, messageId);
  await proxy.close();
}, 60_000);

test('for programs each line is an item of the API; a token that is not valid, or lacks the right, ends it with 1', async () => {
  await addDomain(control, 'programs.example');
  const watching = startWatching(control.url, 'programs.example', '--json');
  await watching.has('"heldCount":0');
  expect(JSON.parse(watching.lines[0] ?? '')).toMatchObject({ domainName: 'programs.example', heldCount: 0 });
  await watching.stop();
  const env = { BACKUP_MX_URL: control.url, BACKUP_MX_TOKEN: 'x'.repeat(40) };
  const refused = await callVerb(control.url, watchVerb, [], { env });
  expect(refused).toMatchObject({ code: 1, err: ['backup-mx: BACKUP_MX_TOKEN is not a valid token of this service'] });
  expect(await callVerb(control.url, watchVerb, ['nobodys.example'])).toMatchObject({ code: 1, out: [] });
});
