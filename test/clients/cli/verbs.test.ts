/** The command's verbs against a real control plane: what they print, for people and for programs, and how they end. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { SingleVerb, VerbTable } from '../../../src/clients/cli/action.ts';
import { planVerb } from '../../../src/clients/cli/apply.ts';
import { completionVerb } from '../../../src/clients/cli/completion.ts';
import { dnsblVerb } from '../../../src/clients/cli/dnsbl.ts';
import { domainVerb } from '../../../src/clients/cli/domain.ts';
import { outageVerb } from '../../../src/clients/cli/outage.ts';
import { queueVerb } from '../../../src/clients/cli/queue.ts';
import { recipientsVerb } from '../../../src/clients/cli/recipients.ts';
import type { Terminal } from '../../../src/clients/cli/terminal.ts';
import { tenantVerb } from '../../../src/clients/cli/tenant.ts';
import { tokenVerb } from '../../../src/clients/cli/token.ts';
import { webhookVerb } from '../../../src/clients/cli/webhook.ts';
import { carryOutOperations } from '../../../src/queue/verbs/operation-steps.ts';
import { addDomain, type Harness, holdMessage, startControl, TOKEN } from '../../control/harness.ts';
import { run } from '../../helpers/child.ts';
import { callVerb, type Ended } from './call-verb.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

const call = (verb: SingleVerb | VerbTable, args: readonly string[], changes: Partial<Terminal> = {}): Promise<Ended> =>
  callVerb(control.url, verb, args, changes);

/** The data of `--json`. */
async function json<T>(verb: SingleVerb | VerbTable, ...args: readonly string[]): Promise<T> {
  const { code, out, err } = await call(verb, [...args, '--json']);
  expect([code, err.filter((line) => !line.includes('keep this secret'))]).toEqual([0, []]);
  return JSON.parse(out.join('\n')) as T;
}

test('characters that are not drawn are spelled out in errors, and in what is wrong with arguments', async () => {
  const { err } = await call(domainVerb, ['show', 'a\u202e.example']);
  expect(err.join('\n')).toContain(String.raw`a\u202e`);
  const { err: wrong } = await call(domainVerb, ['show', 'a.example', 'b\u2066']);
  expect(wrong[0]).toContain(String.raw`b\u2066`);
  expect([...err, ...wrong].join('')).not.toMatch(/[\u202e\u2066]/);
});

describe('domain', () => {
  test('add, list, show, set, pause, resume, flush, remove', async () => {
    expect(
      await call(domainVerb, [
        'add',
        'Cli.example',
        '--deliver-to',
        'mx.cli.example:2525',
        '--deliver-to',
        '[2001:db8::1]:25',
        '--label',
        'team=a=b',
      ]),
    ).toEqual({
      code: 0,
      out: ['cli.example is ACTIVE'],
      err: [],
    });
    const { out } = await call(domainVerb, ['list']);
    expect(out[0]).toMatch(/^DOMAIN +STATUS +SITUATION +HELD +SIZE +OUTAGE +NEXT ATTEMPT$/);
    expect(out.find((line) => line.startsWith('cli.example'))).toMatch(/^cli\.example +ACTIVE +FINE +0 +0 B +- +-$/);
    const shown = await json<Record<string, unknown>>(domainVerb, 'show', 'cli.example');
    expect(shown).toMatchObject({
      name: 'cli.example',
      deliverTo: [
        { host: 'mx.cli.example', port: 2525 },
        { host: '2001:db8::1', port: 25 },
      ],
      labels: [{ key: 'team', value: 'a=b' }],
    });
    expect((await call(domainVerb, ['show', 'cli.example'])).out.join('\n')).toContain(
      'deliver to           mx.cli.example:2525, 2001:db8::1:25',
    );
    expect(
      await call(domainVerb, ['set', 'cli.example', '--tls', 'required', '--drain-per-minute', '60']),
    ).toMatchObject({ code: 0, out: ['cli.example is changed'] });
    expect(await call(domainVerb, ['set', 'cli.example', '--tls', 'none', '--expected-revision', '1'])).toMatchObject({
      code: 1,
      err: [expect.stringContaining('--expected-revision: ')],
    });
    expect((await call(domainVerb, ['pause', 'cli.example', '--reason', 'new disks'])).out).toEqual([
      'cli.example is paused',
    ]);
    expect((await call(domainVerb, ['show', 'cli.example'])).out.join('\n')).toContain('new disks');
    expect((await call(domainVerb, ['resume', 'cli.example'])).code).toBe(0);
    expect((await call(domainVerb, ['flush', 'cli.example'])).out).toEqual([
      'cli.example is flushed: no attempt has begun yet: no mail is held',
    ]);
    expect((await call(domainVerb, ['remove', 'cli.example', '--yes'])).out).toEqual(['cli.example is deleted']);
    expect(await call(domainVerb, ['show', 'cli.example'])).toEqual({
      code: 1,
      out: [],
      err: ['backup-mx: you have no domain "cli.example"'],
    });
  });

  test('what the service refuses is a line with its field and code', async () => {
    expect(await call(domainVerb, ['add', 'not a domain'])).toMatchObject({
      code: 1,
      out: [],
      err: [
        expect.stringMatching(
          /^backup-mx: name: .*\(NOT_A_DOMAIN: https:\/\/mx\.test\.example\/errors#NOT_A_DOMAIN\)$/,
        ),
      ],
    });
    const { code, out } = await call(domainVerb, ['add', 'not a domain', '--json']);
    expect([code, JSON.parse(out.join(''))]).toEqual([
      1,
      {
        userErrors: [
          {
            path: ['name'],
            message: expect.any(String),
            code: 'NOT_A_DOMAIN',
            documentationUrl: 'https://mx.test.example/errors#NOT_A_DOMAIN',
          },
        ],
      },
    ]);
  });
});

describe('recipients and dnsbl', () => {
  test('lists are shown and changed', async () => {
    await addDomain(control, 'lists.example');
    expect((await call(recipientsVerb, ['add', 'lists.example', 'Bob', 'alice'])).out).toEqual(['added 2, removed 0']);
    const readInput = async () => '# staff\nalice\n\ncarol\n';
    expect(
      (await call(recipientsVerb, ['replace', 'lists.example', '--from', '-', '--dry-run'], { readInput })).out,
    ).toEqual(['would add 1, would remove 1']);
    expect(
      (await call(recipientsVerb, ['replace', 'lists.example', '--from', '-', '--yes'], { readInput })).out,
    ).toEqual(['added 1, removed 1']);
    expect(await json<unknown>(recipientsVerb, 'list', 'lists.example')).toEqual(['alice', 'carol']);
    expect(await call(recipientsVerb, ['remove', 'lists.example', 'alice', 'carol', '--yes'])).toMatchObject({
      code: 1,
      err: [expect.stringContaining('(SHRINK: ')],
    });
    expect(
      (await call(recipientsVerb, ['remove', 'lists.example', 'alice', 'carol', '--allow-everyone', '--yes'])).code,
    ).toBe(0);
    expect(await call(recipientsVerb, ['add', 'lists.example', 'a', '--from', 'x'])).toMatchObject({
      code: 2,
      err: ['backup-mx: give local parts or --from FILE, not both'],
    });
    // A person's name would be a mailbox that nobody has. What `list` shows can be read again.
    const named = async () => '# staff\nalice\n\nJohn Doe\n';
    expect(await call(recipientsVerb, ['add', 'lists.example', '--from', '-'], { readInput: named })).toMatchObject({
      code: 1,
      out: [],
      err: [expect.stringContaining('standard input:4: "John Doe" has a space')],
    });
    expect(await json<unknown>(recipientsVerb, 'list', 'lists.example')).toEqual([]);
    const quoted = async () => '"john doe"\n';
    await call(recipientsVerb, ['add', 'lists.example', '--from', '-'], { readInput: quoted });
    expect((await call(recipientsVerb, ['list', 'lists.example'])).out.join('\n')).toContain('"john doe"');
    await call(recipientsVerb, ['remove', 'lists.example', '--from', '-', '--force', '--yes'], { readInput: quoted });
    expect((await call(dnsblVerb, ['add', 'lists.example', 'zen.dnsbl.example', '--code', '127.0.0.2'])).out).toEqual([
      'zen.dnsbl.example is used for lists.example, mode DRY_RUN',
    ]);
    expect(
      (await call(dnsblVerb, ['add', 'lists.example', 'zen.dnsbl.example', '--reject', '--weight', '2'])).code,
    ).toBe(0);
    expect(await json<unknown>(dnsblVerb, 'list', 'lists.example')).toMatchObject([
      { zone: 'zen.dnsbl.example', mode: 'REJECT', weight: 2, codes: [] },
    ]);
    expect((await call(dnsblVerb, ['remove', 'lists.example', 'zen.dnsbl.example', '--yes'])).code).toBe(0);
    expect((await call(dnsblVerb, ['remove', 'lists.example', 'zen.dnsbl.example', '--yes'])).code).toBe(1);
  });
});

describe('queue and outage', () => {
  test('held mail is listed, shown, retried one by one, and cancelled by a filter with progress', async () => {
    const destinationId = await addDomain(control, 'queue.example');
    const ids = [];
    for (const address of ['a@queue.example', 'b@queue.example', 'c@queue.example'])
      ids.push(await holdMessage(control.database, { destinationId, addresses: [address] }));
    const { out } = await call(queueVerb, ['list', '--domain', 'queue.example', '--count', '2']);
    expect(out).toHaveLength(3);
    expect((await call(queueVerb, ['show', ids[0] ?? ''])).out.join('\n')).toContain('a@queue.example HELD');
    expect((await call(queueVerb, ['retry', ids[0] ?? ''])).out).toEqual([`${ids[0]}: done`]);
    const shown = (await call(queueVerb, ['show', `250 2.6.0 accepted as ${ids[0]}`])).out;
    expect(shown.slice(shown.indexOf('') + 1).map((line) => line.split(/  +/).slice(1))).toEqual([
      ['WHAT', 'HOW'],
      ['ACCEPTED', expect.stringContaining(`transaction ${ids[0]}.`)],
      ['MESSAGE_RETRIED', 'Moved to the head of the queue by the operator of the service (by the operator).'],
    ]);
    const json = JSON.parse((await call(queueVerb, ['show', ids[0] ?? '', '--json'])).out[0] ?? '');
    expect(json).toMatchObject({ id: ids[0], timeline: [{ kind: 'ACCEPTED' }, { kind: 'MESSAGE_RETRIED' }] });
    for (const [option, value, count] of [
      ['--client', '192.0.2.0/24', 3],
      ['--client', '198.51.100.7', 0],
      ['--from', '@sender.example', 3],
      ['--message-id', '<none@sender.example>', 0],
      ['--id', ids[0] ?? '', 1],
    ] as const) {
      const found = await call(queueVerb, ['list', '--domain', 'queue.example', option, value]);
      expect([option, value, found.out.length - 1]).toEqual([option, value, count]);
    }
    expect((await call(queueVerb, ['list', '--client', '192.0.2.0/99'])).err.join()).toContain(
      'Enter one, such as 192.0.2.7',
    );
    expect((await call(queueVerb, ['show', 'nonsense'])).err.join()).toContain('holds no id of ours');
    expect(
      (await call(queueVerb, ['cancel', '--domain', 'queue.example', '--recipient', 'b@queue.example', '--dry-run']))
        .out,
    ).toEqual(['1 messages match']);
    expect(await call(queueVerb, ['cancel', '--domain', 'queue.example', '--expect', '7', '--yes'])).toMatchObject({
      code: 1,
      err: [expect.stringContaining('(CONFLICT: ')],
    });
    const { queueSql } = control.database.database;
    const cancelling = call(queueVerb, ['cancel', '--domain', 'queue.example', '--yes'], { isWatched: true });
    const state = { ended: false };
    void cancelling.finally(() => void (state.ended = true));
    while (!state.ended) {
      await carryOutOperations({ sql: queueSql, onResults: () => undefined, onRetried: () => undefined });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await cancelling).toMatchObject({
      code: 0,
      out: ['DONE: 3 of 3 messages'],
      err: [],
    });
    expect(await call(queueVerb, ['cancel'])).toMatchObject({
      code: 2,
      err: ['backup-mx: give a message id, or --domain and a filter'],
    });
    expect((await call(outageVerb, ['list', '--all'])).out[0]).toMatch(/^DOMAIN +KIND +SINCE/);
  });
});

describe('webhook', () => {
  test('create, list, set, disable, enable, rotate, test, deliveries, redeliver, replay, delete', async () => {
    const made = await call(webhookVerb, ['create', 'https://hooks.example.org/x', '--event', 'outage.opened']);
    expect([made.code, made.out.length, made.err.length]).toEqual([0, 1, 1]);
    expect(made.out[0]).toMatch(/^whsec_/);
    const [webhook] = await json<{ id: string; events: string[] }[]>(webhookVerb, 'list');
    expect(webhook?.events).toEqual(['OUTAGE_OPENED']);
    const id = webhook?.id ?? '';
    const set = await json<Record<string, unknown>>(
      webhookVerb,
      'set',
      id,
      '--event',
      'mail_digest',
      '--description',
      'd',
    );
    expect(set).toMatchObject({ events: ['MAIL_DIGEST'], description: 'd', url: 'https://hooks.example.org/x' });
    expect((await call(webhookVerb, ['disable', id, '--yes'])).out).toEqual([
      'https://hooks.example.org/x is disabled',
    ]);
    expect((await call(webhookVerb, ['list'])).out[1]).toContain('BY_USER');
    expect((await call(webhookVerb, ['replay', id, '--since', '2026-01-01T00:00:00Z'])).err[0]).toContain(
      '(CONFLICT: ',
    );
    await call(webhookVerb, ['enable', id]);
    expect((await call(webhookVerb, ['rotate', id, '--overlap', '60s', '--yes'])).out[0]).toMatch(/^whsec_/);
    expect(await call(webhookVerb, ['test', id])).toEqual({
      code: 1,
      out: ['FAILED: [nobody is asked here]'],
      err: [],
    });
    expect(await call(webhookVerb, ['deliveries', 'none'])).toMatchObject({
      code: 1,
      err: ['backup-mx: you have no webhook "none"'],
    });
    const [delivery] = await json<{ id: string; kind: string | null }[]>(
      webhookVerb,
      'deliveries',
      id,
      '--status',
      'failed',
    );
    expect(delivery?.kind).toBeNull();
    expect((await call(webhookVerb, ['redeliver', delivery?.id ?? ''])).out).toEqual([
      `ping ${delivery?.id} is sent again`,
    ]);
    const since = new Date(Date.now() - 60_000).toISOString();
    expect((await call(webhookVerb, ['replay', id, '--since', since])).out).toEqual(['0 messages are sent']);
    expect((await call(webhookVerb, ['delete', id, '--yes'])).out).toEqual(['https://hooks.example.org/x is deleted']);
    expect((await call(webhookVerb, ['delete', id, '--yes'])).code).toBe(1);
  });
});

describe('token and tenant', () => {
  test('a secret goes to standard output alone, and works', async () => {
    const { id } = await json<{ id: string }>(tenantVerb, 'create', 'cli tenant', '--domains', '5');
    const { code, out, err } = await call(tokenVerb, [
      'create',
      'cli token',
      '--scope',
      'domain_read',
      '--scope',
      'QUEUE_READ',
      '--tenant',
      id,
    ]);
    expect([code, out.length, err.length]).toEqual([0, 1, 1]);
    const env = { BACKUP_MX_URL: control.url, BACKUP_MX_TOKEN: out[0] };
    expect(await call(domainVerb, ['list'], { env })).toMatchObject({ code: 0, err: [] });
    expect(await call(domainVerb, ['add', 'a.example'], { env })).toMatchObject({
      code: 1,
      err: [expect.stringContaining('(FORBIDDEN: ')],
    });
    const tokens = await json<{ id: string; name: string }[]>(tokenVerb, 'list');
    const token = tokens.find(({ name }) => name === 'cli token');
    expect((await call(tokenVerb, ['rotate', token?.id ?? '', '--overlap', '0s', '--yes'])).out[0]).toMatch(/^bmx_/);
    expect(await call(domainVerb, ['list'], { env })).toMatchObject({
      code: 1,
      err: ['backup-mx: BACKUP_MX_TOKEN is not a valid token of this service'],
    });
    expect((await call(tokenVerb, ['revoke', token?.id ?? '', '--yes'])).out).toEqual(['cli token is deleted']);
    expect((await call(tenantVerb, ['list'])).out.join('\n')).toContain('cli tenant');
    expect((await call(tenantVerb, ['delete', id, '--yes'])).out).toEqual(['cli tenant is deleted']);
  });
});

describe('every verb', () => {
  test('says what is wrong with its arguments before it asks anything, exit 2', async () => {
    const env = {};
    expect(await call(domainVerb, [], { env })).toMatchObject({
      code: 2,
      err: expect.arrayContaining(['backup-mx: domain needs an action']),
    });
    expect(await call(domainVerb, ['frobnicate'], { env })).toMatchObject({
      code: 2,
      err: expect.arrayContaining(['backup-mx: domain: unknown action: frobnicate']),
    });
    expect(await call(domainVerb, ['show'], { env })).toMatchObject({
      code: 2,
      err: ['backup-mx: domain show: an argument is missing', '  backup-mx domain show NAME'],
    });
    expect(await call(domainVerb, ['show', 'a', 'b'], { env })).toMatchObject({ code: 2 });
    expect(await call(domainVerb, ['list', '--nonsense'], { env })).toMatchObject({
      code: 2,
      err: [expect.stringContaining('--nonsense'), expect.any(String)],
    });
    expect(await call(domainVerb, ['extend-hold', 'a.example'])).toMatchObject({
      code: 2,
      err: ['backup-mx: --by is missing'],
    });
    expect(await call(webhookVerb, ['replay', 'id'])).toMatchObject({
      code: 2,
      err: ['backup-mx: --since is missing'],
    });
    expect(await call(recipientsVerb, ['replace', 'a.example'])).toMatchObject({
      code: 2,
      err: [expect.stringContaining('give local parts')],
    });
  });

  test('names the field and the choices when a value is none of them', async () => {
    expect(await call(queueVerb, ['list', '--state', 'stuck'])).toMatchObject({
      code: 2,
      err: [
        'backup-mx: queue list: --state is "stuck": expected one of HELD, DELIVERED, FAILED, EXPIRED, CANCELLED',
        expect.any(String),
      ],
    });
    expect((await call(domainVerb, ['set', 'a.example', '--tls', 'requird'])).err[0]).toEndWith(
      'expected one of NONE, OPPORTUNISTIC, REQUIRED, VERIFIED, default; did you mean REQUIRED?',
    );
    expect(await call(queueVerb, ['list', '--since', 'lastweek'])).toMatchObject({
      code: 2,
      err: [
        'backup-mx: --since is "lastweek": expected a span such as 30m, 12h or 7d, or a time such as 2026-08-01T03:10:00Z',
      ],
    });
  });

  test('tells a service that cannot be reached, or is none, in one line, exit 1', async () => {
    expect(await call(domainVerb, ['list'], { env: {} })).toMatchObject({
      code: 1,
      err: [expect.stringContaining('BACKUP_MX_TOKEN is not set')],
    });
    const away = { BACKUP_MX_URL: 'http://127.0.0.1:1', BACKUP_MX_TOKEN: TOKEN };
    expect(await call(domainVerb, ['list'], { env: away })).toMatchObject({
      code: 1,
      out: [],
      err: [
        expect.stringMatching(
          /^backup-mx: http:\/\/127\.0\.0\.1:1 cannot be reached: [^.?]+\. BACKUP_MX_URL says where the service is$/,
        ),
      ],
    });
    expect(await call(domainVerb, ['list'], { env: { ...away, BACKUP_MX_URL: 'example.org' } })).toMatchObject({
      code: 1,
      err: [expect.stringContaining('BACKUP_MX_URL is not the address of a service')],
    });
    const other = createServer((_request, response) => response.writeHead(404).end('<html>')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(
      await call(domainVerb, ['list'], { env: { ...away, BACKUP_MX_URL: `http://127.0.0.1:${port}` } }),
    ).toMatchObject({ code: 1, err: [expect.stringContaining('is not a Backup MX: it answered 404')] });
    other.closeAllConnections();
    other.close();
  });

  test('has an example in its help, as a whole and of each action', async () => {
    for (const table of [domainVerb, recipientsVerb, dnsblVerb, queueVerb, outageVerb, tokenVerb, tenantVerb]) {
      for (const args of [['help'], ['-h'], [Object.keys(table.actions)[0] ?? '', '--help']]) {
        const { code, out } = await call(table, args, { env: {} });
        expect([code, out.at(-1)]).toEqual([0, `Example: ${table.example}`]);
        expect(table.example).toStartWith(`backup-mx ${table.verb} `);
      }
    }
    for (const args of [['help'], ['--help']])
      expect((await call(planVerb, args, { env: {} })).out.at(-1)).toBe(
        'Example: backup-mx plan -f examples/backup-mx.yaml',
      );
  });

  test('reads its token from a file as well', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'backup-mx-token-'));
    const file = join(folder, 'token');
    await writeFile(file, `${TOKEN}\n`);
    expect(
      (await call(domainVerb, ['list'], { env: { BACKUP_MX_URL: control.url, BACKUP_MX_TOKEN_FILE: file } })).code,
    ).toBe(0);
    await rm(folder, { recursive: true });
    expect(await call(domainVerb, ['list'], { env: { BACKUP_MX_TOKEN_FILE: file } })).toMatchObject({
      code: 1,
      err: [expect.stringContaining('BACKUP_MX_TOKEN_FILE cannot be read')],
    });
  });

  test('ends without a word when its reader has gone', async () => {
    const env = { ...process.env, BACKUP_MX_URL: control.url, BACKUP_MX_TOKEN: TOKEN };
    const command = `node_modules/.bin/bun bin/backup-mx.mjs help | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await run('bash', ['-c', command], { env, timeoutMs: 20_000 });
    expect([stdout.toString(), stderr]).toEqual(['0\n', '']);
  });

  test('sets a table off on a screen, unless NO_COLOR asks for none', async () => {
    const env = { BACKUP_MX_URL: control.url, BACKUP_MX_TOKEN: TOKEN };
    expect((await call(domainVerb, ['list'], { isScreen: true })).out[0]).toMatch(/^\u001b\[1mDOMAIN.*\u001b\[0m$/);
    expect((await call(domainVerb, ['list'], { isScreen: true, env: { ...env, NO_COLOR: '1' } })).out[0]).toMatch(
      /^DOMAIN/,
    );
  });

  test('is completed by a script that bash takes', async () => {
    const { out } = await call(
      completionVerb(async () => [domainVerb, queueVerb], ['plan']),
      ['bash'],
    );
    const script = `${out.join('\n')}\nCOMP_WORDS=(backup-mx domain ex); COMP_CWORD=2; _backup_mx; echo "\${COMPREPLY[@]}"\nCOMP_WORDS=(backup-mx queue list --dom); COMP_CWORD=3; _backup_mx; echo "\${COMPREPLY[@]}"`;
    const { stdout } = await run('bash', ['-c', script], { timeoutMs: 30_000 });
    expect(stdout.toString().trim().split('\n')).toEqual(['extend-hold', '--domain']);
    expect(out.at(-1)).toBe('complete -o default -F _backup_mx backup-mx');
    expect(
      (
        await call(
          completionVerb(async () => [], []),
          ['tcsh'],
        )
      ).code,
    ).toBe(2);
    const fish = (
      await call(
        completionVerb(async () => [domainVerb], ['plan']),
        ['fish'],
      )
    ).out.join('\n');
    expect(fish).toContain("-n '__fish_use_subcommand' -a 'domain plan'");
  });
});
