/**
 * A data folder is restored from a copy: what was delivered after the copy would be delivered again, unless the recipe of
 * docs/operations.md is followed. The queries are those of the document.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow, until } from '../helpers/child.ts';
import { createDomain, flushDomain, untilHeld } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { usePreparedData } from '../helpers/prepared-data.ts';
import { makeDataDir, type Service, startService } from '../helpers/service.ts';
import { openSession, sendMessage } from '../helpers/smtp-session.ts';

interface HeldBefore {
  readonly messages: {
    readonly nodes: readonly { id: string; transactionId: string; recipients: readonly { address: string }[] }[];
    readonly pageInfo: { readonly hasNextPage: boolean };
  };
}

let primary: FakePrimary;
let recipe: ReadonlyMap<string, string>;
let dataDir: string;
let service: Service;

beforeAll(async () => {
  const text = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'operations.md'), 'utf8');
  const chapter = text.slice(text.indexOf('## Reconcile after a restore'));
  recipe = new Map(
    [...chapter.matchAll(/```graphql\n\s*((?:query|mutation) (\w+)[\s\S]*?)```/g)].map(([, query = '', name = '']) => [
      name,
      query,
    ]),
  );
  primary = await startFakePrimary();
  await primary.stop();
  dataDir = await usePreparedData(await makeDataDir());
  service = await startService({ dataDir });
});

afterAll(async () => {
  await service?.stop();
  await primary?.close();
  await rm(dataDir, { recursive: true, force: true });
  await rm(`${dataDir}-copy`, { recursive: true, force: true });
});

async function send(to: string): Promise<void> {
  const session = await openSession(service.smtpPort);
  await sendMessage(session, {
    from: 'sender@elsewhere.example',
    to,
    content: Buffer.from(`Subject: to ${to}\r\n\r\nHello.\r\n`),
  });
  await session.command('QUIT');
  session.close();
}

function ask<T>(name: string, variables: Readonly<Record<string, unknown>>): Promise<T> {
  const query = recipe.get(name);
  if (query === undefined) throw new Error(`the document has no query ${name}`);
  return service.graphql<T>(query, variables);
}

const received = (): string[] => primary.messages.flatMap(({ recipients }) => recipients.map(({ address }) => address));

test('delivered before the restore is not delivered again; held, and accepted meanwhile, is', async () => {
  await createDomain(service, 'some.example', [{ host: primary.host, port: primary.port }]);
  await createDomain(service, 'all.example', [{ host: primary.host, port: primary.port }]);
  for (const to of ['delivered@some.example', 'held@some.example', 'a@all.example', 'b@all.example']) await send(to);
  await untilHeld(service, 'some.example', 2);
  await untilHeld(service, 'all.example', 2);
  expect(await service.stop()).toBe(0);
  const backup = new Date().toISOString();
  await runOrThrow('cp', ['-a', dataDir, `${dataDir}-copy`]);

  service = await startService({ dataDir });
  primary.setMode({ rcptVerdict: (address) => (address.startsWith('held@') ? '451 4.3.0 Later' : null) });
  await primary.start();
  await flushDomain(service, 'some.example');
  await flushDomain(service, 'all.example');
  await untilHeld(service, 'all.example', 0);
  await untilHeld(service, 'some.example', 1);
  expect(await service.stop()).toBe(0);
  expect(received().sort()).toEqual(['a@all.example', 'b@all.example', 'delivered@some.example']);
  const sessionCount = primary.sessions.length;

  // The disk is gone, the copy takes its place.
  await rm(dataDir, { recursive: true, force: true });
  await runOrThrow('mv', [`${dataDir}-copy`, dataDir]);
  primary.setMode('plain');
  service = await startService({ dataDir, env: { DELIVERY_HOLD: 'true' } });
  await send('meanwhile@some.example');
  await flushDomain(service, 'some.example');

  const metrics = await (await fetch(`${service.httpUrl}/metrics`)).text();
  expect(Number(/^backup_mx_free_bytes (\S+)$/m.exec(metrics)?.[1])).toBeGreaterThan(1e6);
  expect(metrics).toMatch(/^backup_mx_oldest_snapshot_seconds [\d.]+$/m);

  const { domains } = await ask<{ domains: { nodes: { name: string; queue: { heldCount: number } }[] } }>(
    'Domains',
    {},
  );
  expect(domains.nodes.map(({ name, queue }) => [name, queue.heldCount])).toEqual([
    ['some.example', 3],
    ['all.example', 2],
  ]);
  const { messages } = await ask<HeldBefore>('HeldBefore', { domain: 'some.example', backup, after: null });
  expect(messages.pageInfo.hasNextPage).toBe(false);
  expect(messages.nodes).toHaveLength(2);
  // As the primary's mailboxes tell it.
  const has = (transaction: string) => primary.messages.some(({ content }) => content.includes(` id ${transaction}`));
  const delivered = messages.nodes.filter(({ transactionId }) => has(transactionId));
  expect(delivered.map(({ recipients }) => recipients[0]?.address)).toEqual(['delivered@some.example']);
  for (const { id } of delivered) {
    expect(await ask<unknown>('CancelOne', { id })).toEqual({ messageCancel: { userErrors: [] } });
  }
  const scope = { domain: 'all.example', backup };
  const counted = await ask<{ messagesCancel: { matchedCount: number } }>('CountAll', scope);
  expect(counted).toMatchObject({ messagesCancel: { matchedCount: 2, userErrors: [] } });
  const count = counted.messagesCancel.matchedCount;
  expect(await ask<unknown>('CancelAll', { ...scope, count })).toMatchObject({ messagesCancel: { userErrors: [] } });
  await untilHeld(service, 'all.example', 0);
  await untilHeld(service, 'some.example', 2);
  expect(primary.sessions).toHaveLength(sessionCount);
  expect(await service.stop()).toBe(0);

  service = await startService({ dataDir });
  await until('the rest is delivered', 30_000, () => received().length >= 5);
  await untilHeld(service, 'some.example', 0);
  expect(received().sort()).toEqual([
    'a@all.example',
    'b@all.example',
    'delivered@some.example',
    'held@some.example',
    'meanwhile@some.example',
  ]);
});
