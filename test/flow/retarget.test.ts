/**
 * The next hop is changed while mail is held: what is held goes to the new one.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type DomainSeen, type Flow, startFlow } from '../helpers/flow.ts';

let flow: Flow;
let old: FakePrimary;
let next: FakePrimary;

beforeAll(async () => {
  flow = await startFlow({
    'records.example': { MX: [[10, 'mx.records.example']] },
    'mx.records.example': { A: ['127.0.0.2'] },
  });
  old = await startFakePrimary();
  next = await flow.primary('127.0.0.2');
});

afterAll(async () => {
  await flow?.close();
  await old?.close();
});

async function holdTwo(domain: string): Promise<DomainSeen> {
  await old.stop();
  await flow.addDomain(domain, old);
  for (const localPart of ['a', 'b']) await flow.send({ to: [`${localPart}@${domain}`] });
  const seen = await flow.untilSeen(domain, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(domain);
  return seen;
}

function arrivedAt(domain: string): number {
  return next.messages.filter(({ recipients }) => recipients[0]?.address.endsWith(`@${domain}`)).length;
}

test('at the next slot the held mail goes to the new host', async () => {
  const { outage } = await holdTwo('slot.example');
  await old.start();
  const deliverTo = [{ host: next.host, port: next.port }];
  expect(await flow.change('domainUpdate', { name: 'slot.example', deliverTo })).toEqual([]);
  await flow.moveTo(outage?.nextAttemptAt);
  await next.waitFor(() => arrivedAt('slot.example') === 2, 'the mail');
  await flow.untilSeen('slot.example', 'nothing held', ({ queue }) => queue.heldCount === 0);
  expect(old.sessions).toHaveLength(0);
});

test('a flush after it need not wait', async () => {
  await holdTwo('flush.example');
  const deliverTo = [{ host: next.host, port: next.port }];
  expect(await flow.change('domainUpdate', { name: 'flush.example', deliverTo })).toEqual([]);
  expect(await flow.change('domainFlush', { name: 'flush.example' })).toEqual([]);
  await next.waitFor(() => arrivedAt('flush.example') === 2, 'the mail');
});

test('without an explicit next hop the MX records decide again', async () => {
  await holdTwo('records.example');
  expect(await flow.change('domainUpdate', { name: 'records.example', deliverTo: null })).toEqual([]);
  expect(await flow.change('domainFlush', { name: 'records.example' })).toEqual([]);
  await next.waitFor(() => arrivedAt('records.example') === 2, 'the mail');
  await flow.untilSeen(
    'records.example',
    'nothing held',
    ({ queue, outage }) => queue.heldCount === 0 && outage === null,
  );
});

test('a dry run says where held mail would go; to ourselves is refused; neither changes anything', async () => {
  await old.stop();
  await flow.addDomain('dry.example', old);
  await flow.send({ to: ['user@dry.example'] });
  await flow.untilSeen('dry.example', 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle('dry.example');
  const update = async (deliverTo: readonly { host: string; port: number }[]) => {
    const { domainUpdate } = await flow.service.graphql<{ domainUpdate: unknown }>(
      `mutation ($input: DomainUpdateInput!) { domainUpdate(input: $input) {
        domain { deliverTo { host port } } preview { hosts { host port addresses } heldCount } userErrors { code path } } }`,
      { input: { name: 'dry.example', deliverTo, dryRun: true } },
    );
    return domainUpdate;
  };
  const present = [{ host: old.host, port: old.port }];
  const wanted = { host: 'mx.records.example', port: next.port };
  expect(await update([wanted, { host: 'unknown.example', port: 25 }])).toEqual({
    domain: { deliverTo: present },
    preview: {
      hosts: [
        { ...wanted, addresses: ['127.0.0.2'] },
        { host: 'unknown.example', port: 25, addresses: [] },
      ],
      heldCount: 1,
    },
    userErrors: [],
  });
  const ourselves = { host: '127.0.0.1', port: flow.service.smtpPort };
  const refused = [{ code: 'OWN_ADDRESS', path: ['deliverTo', '1', 'host'] }];
  expect(await update([wanted, ourselves])).toEqual({ domain: null, preview: null, userErrors: refused });
  expect(await flow.change('domainUpdate', { name: 'dry.example', deliverTo: [ourselves] })).toEqual(['OWN_ADDRESS']);
  expect(await update([])).toMatchObject({ domain: { deliverTo: present }, preview: { hosts: [] } });
});

test('a refusal by a host of the old route fails nobody', async () => {
  await old.start();
  old.setMode({ startTls: 'ABSENT', pipelining: false });
  await flow.addDomain('late.example', old);
  const id = await flow.send({ to: ['user@late.example'] });
  const isAt = (verb: string) => (): boolean =>
    old.sessions.some(({ commands }) => commands.some((command) => command.startsWith(verb)));
  await old.waitFor(isAt('MAIL'), 'the attempt');
  // The refusal of RCPT comes when the route has been changed.
  const isChanged = Promise.withResolvers<void>();
  old.setMode({ replyGate: () => isChanged.promise, rcpt: '550 5.1.1 Nobody here any more' });
  const deliverTo = [{ host: next.host, port: next.port }];
  expect(await flow.change('domainUpdate', { name: 'late.example', deliverTo })).toEqual([]);
  isChanged.resolve();
  await old.waitFor(() => old.sessions.at(-1)?.isOpen === false, 'the end of the attempt');
  // The new route is tried at once.
  await next.waitFor(() => arrivedAt('late.example') === 1, 'the mail at the new host');
  await flow.untilSeen('late.example', 'nothing held', ({ queue }) => queue.heldCount === 0);
  const recipient = (await flow.message(id))?.recipients[0];
  expect(recipient).toMatchObject({ state: 'DELIVERED', attemptCount: 2 });
  const [, first] = recipient?.attempts.nodes ?? [];
  // Heard, or cut before it was: on a busy machine the look for the new route may come first.
  expect(first?.outcome).toBe('DEFERRED');
  expect(first?.reply).toMatch(/^550 5\.1\.1 Nobody here any more$|^\[/);
});
