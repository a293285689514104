/** What destroys asks first: with counts on a terminal, and nothing is done without `--yes` where there is none. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { SingleVerb, VerbTable } from '../../../src/clients/cli/action.ts';
import { applyVerb } from '../../../src/clients/cli/apply.ts';
import { contactVerb } from '../../../src/clients/cli/contact.ts';
import { domainVerb } from '../../../src/clients/cli/domain.ts';
import { queueVerb } from '../../../src/clients/cli/queue.ts';
import type { Terminal } from '../../../src/clients/cli/terminal.ts';
import { tenantVerb } from '../../../src/clients/cli/tenant.ts';
import { tokenVerb } from '../../../src/clients/cli/token.ts';
import { webhookVerb } from '../../../src/clients/cli/webhook.ts';
import { addDomain, type Harness, holdMessage, startControl, TOKEN } from '../../control/harness.ts';
import { findProgram, run } from '../../helpers/child.ts';
import { isSkipped } from '../../interop/mail.ts';
import { callVerb, type Ended } from './call-verb.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MANIFEST = 'owner: { key: team, value: prune }\ndomains: []\n';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

const call = (verb: SingleVerb | VerbTable, args: readonly string[], changes: Partial<Terminal> = {}): Promise<Ended> =>
  callVerb(control.url, verb, args, changes);

/** The id that a creation returned. */
async function made(verb: VerbTable, ...args: readonly string[]): Promise<string> {
  const { out } = await call(verb, [...args, '--json']);
  const data = JSON.parse(out.join('')) as { id?: string; token?: { id: string }; webhook?: { id: string } };
  return data.token?.id ?? data.webhook?.id ?? data.id ?? '';
}

interface Destruction {
  readonly verb: SingleVerb | VerbTable;
  readonly args: readonly string[];
  /** What the question says. */
  readonly says: string;
  /** Whether it is still there. */
  readonly isThere: () => Promise<boolean>;
  readonly input?: string;
}

async function isListed(verb: VerbTable, id: string): Promise<boolean> {
  const { out } = await call(verb, ['list']);
  return out.join('\n').includes(id);
}

const CASES: Readonly<Record<string, () => Promise<Destruction>>> = {
  'domain remove': async () => {
    const destinationId = await addDomain(control, 'asked.example');
    await holdMessage(control.database, { destinationId, addresses: ['a@asked.example'] });
    return {
      verb: domainVerb,
      args: ['remove', 'asked.example', '--held', 'CANCEL'],
      says: 'It holds 1 message (',
      isThere: async () => (await call(domainVerb, ['show', 'asked.example'])).code === 0,
    };
  },
  'queue cancel --domain': () => many('cancel'),
  'queue bounce --domain': () => many('bounce'),
  'token revoke': async () => {
    const id = await made(tokenVerb, 'create', 'asked token', '--scope', 'QUEUE_READ');
    return {
      verb: tokenVerb,
      args: ['revoke', id],
      says: 'asked token',
      isThere: () => isListed(tokenVerb, id),
    };
  },
  'tenant delete': async () => {
    const id = await made(tenantVerb, 'create', 'asked tenant');
    await made(tokenVerb, 'create', 'of the tenant', '--scope', 'QUEUE_READ', '--tenant', id);
    return {
      verb: tenantVerb,
      args: ['delete', id],
      says: 'the tenant asked tenant with 1 token, 0 webhooks and 0 alert contacts',
      isThere: () => isListed(tenantVerb, id),
    };
  },
  'webhook delete': async () => {
    const id = await made(webhookVerb, 'create', 'https://hooks.example.org/asked', '--event', 'OUTAGE_OPENED');
    return {
      verb: webhookVerb,
      args: ['delete', id],
      says: 'the webhook https://hooks.example.org/asked with its record of deliveries. Not sent yet: 0.',
      isThere: () => isListed(webhookVerb, id),
    };
  },
  'contact delete': async () => {
    await call(contactVerb, ['create', 'asked@contact.example']);
    const [contact] = JSON.parse((await call(contactVerb, ['list', '--json'])).out.join('')) as { id: string }[];
    const id = contact?.id ?? '';
    return {
      verb: contactVerb,
      args: ['delete', id],
      says: 'This deletes 1 alert contact',
      isThere: () => isListed(contactVerb, id),
    };
  },
  'apply --prune': async () => {
    await call(domainVerb, ['add', 'pruned.example', '--label', 'team=prune']);
    return {
      verb: applyVerb,
      args: ['--file', '-', '--prune'],
      says: 'This removes 1 domains: pruned.example.',
      isThere: async () => (await call(domainVerb, ['show', 'pruned.example'])).code === 0,
      input: MANIFEST,
    };
  },
};

/** Two messages held for a domain. */
async function many(word: 'cancel' | 'bounce'): Promise<Destruction> {
  const domain = `${word}.example`;
  const destinationId = await addDomain(control, domain);
  for (const name of ['a', 'b'])
    await holdMessage(control.database, { destinationId, addresses: [`${name}@${domain}`] });
  return {
    verb: queueVerb,
    args: [word, '--domain', domain, '--no-wait'],
    says: `2 held messages of ${domain}.`,
    // The operation is what was begun.
    isThere: async () => {
      const rows = await control.database.sql`select from operations where destination_id = ${destinationId}`;
      return rows.length === 0;
    },
  };
}

describe.each(Object.entries(CASES))('%s', (_name, begin) => {
  test('needs --yes without a terminal, does nothing on any answer but yes, and says what would be lost', async () => {
    const { verb, args, says, isThere, input = '' } = await begin();
    const readInput = async () => input;
    expect(await call(verb, args, { readInput })).toMatchObject({
      code: 2,
      out: [],
      err: [expect.stringContaining('needs --yes')],
    });
    expect(await isThere()).toBe(true);
    let asked = '';
    const answering = (answer: string): Partial<Terminal> => ({
      readInput,
      question: async (text) => {
        asked = text;
        return answer;
      },
    });
    for (const answer of ['', 'y', 'no']) {
      expect(await call(verb, args, answering(answer))).toMatchObject({
        code: 1,
        err: ['backup-mx: nothing was done'],
      });
      expect(await isThere()).toBe(true);
    }
    expect(asked).toContain(says);
    expect(asked).toEndWith('Type yes to continue: ');
    expect(await call(verb, args, answering('yes'))).toMatchObject({ code: 0, err: [] });
    expect(await isThere()).toBe(false);
  });
});

test('mail that came after the question is not cancelled with the rest', async () => {
  const destinationId = await addDomain(control, 'late.example');
  await holdMessage(control.database, { destinationId, addresses: ['a@late.example'] });
  const question = async (): Promise<string> => {
    await holdMessage(control.database, { destinationId, addresses: ['b@late.example'] });
    return 'yes';
  };
  expect(await call(queueVerb, ['cancel', '--domain', 'late.example'], { question })).toMatchObject({
    code: 1,
    err: [expect.stringContaining('(CONFLICT: ')],
  });
});

// `script` of util-linux gives the command a terminal of its own.
const noScript = findProgram('script') === null ? 'there is no `script`' : null;
test.skipIf(isSkipped('the question on a terminal', noScript))(
  'on a real terminal the question is asked and answered',
  async () => {
    await addDomain(control, 'tty.example');
    const ended = await run('script', ['-qec', 'node bin/backup-mx.mjs domain remove tty.example', '/dev/null'], {
      cwd: ROOT,
      env: { ...process.env, BACKUP_MX_URL: control.url, BACKUP_MX_TOKEN: TOKEN },
      input: 'yes\n',
    });
    expect(ended.stdout.toString()).toMatch(
      /This removes tty\.example: [\s\S]*Type yes to continue: [\s\S]*tty\.example is deleted/,
    );
    expect(ended.code).toBe(0);
  },
);
