/** `backup-mx doctor` against a real control plane: what it prints, for people and for programs, and how it ends. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Terminal } from '../../../src/clients/cli/terminal.ts';
import { doctorVerb } from '../../../src/clients/cli/doctor.ts';
import { addDomain, type Harness, startControl, TOKEN } from '../../control/harness.ts';
import { callVerb } from './call-verb.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
  await addDomain(control, 'ill.example');
});
afterAll(() => control.close());

async function call(args: readonly string[], isScreen = false, env: Terminal['env'] = {}) {
  const { code, out, err } = await callVerb(control.url, doctorVerb, args, {
    env: { BACKUP_MX_URL: control.url, BACKUP_MX_TOKEN: TOKEN, ...env },
    isScreen,
  });
  return { code, out, text: out.join('\n'), err: err.join('\n') };
}

test('what is wrong and what to do; exit code 1 for a problem', async () => {
  const { code, out, err } = await call(['ill.example']);
  // The DNS of these tests knows no name.
  expect([code, err, out[2]]).toEqual([1, '', 'verdict   PROBLEM']);
  expect(out.find((line) => line.includes('DNS_LAPSING'))).toMatch(
    /^PROBLEM  DNS_LAPSING +MX of ill\.example: \[NXDOMAIN\] +Renew/,
  );
});

test('what is well on demand', async () => {
  expect((await call(['ill.example'])).text).not.toContain('POSTMASTER_UNSET');
  expect((await call(['ill.example', '--all'])).text).toContain('POSTMASTER_UNSET');
});

test('in colours on a screen only, and not where they are not wanted', async () => {
  expect((await call(['ill.example'], true)).text).toContain('\u001b[31mPROBLEM\u001b[0m  DNS_LAPSING');
  expect((await call(['ill.example'], true, { NO_COLOR: '1' })).text).not.toContain('\u001b');
});

test('the whole report for programs', async () => {
  const { code, text } = await call(['ill.example', '--json']);
  const { verdict, findings } = JSON.parse(text) as { verdict: string; findings: unknown[] };
  expect([code, verdict, findings.length]).toEqual([1, 'PROBLEM', 24]);
});

test('a domain that is not there, or none', async () => {
  const unknown = await call(['nowhere.example']);
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('(NOT_FOUND: ')]);
  expect((await call([])).code).toBe(2);
});
