/** A primary that takes its time before each reply: mail arrives, the domain shows why it takes long, and there is no outage. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'slow.example';

let flow: Flow;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow();
  // Greeting and EHLO: more than five seconds.
  primary = await startFakePrimary({ modes: { startTls: 'ABSENT', tarpitMs: 2600 } });
  await flow.addDomain(DOMAIN, primary);
});

afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

test('slow is a condition', async () => {
  const id = await flow.send({ to: [`user@${DOMAIN}`] });
  await primary.waitFor(() => primary.sessions[0]?.commands.length === 1, 'EHLO, behind a slow greeting');
  await primary.waitFor(() => (primary.sessions[0]?.commands.length ?? 0) > 1, 'MAIL, behind a slow reply');
  primary.setMode({ tarpitMs: 0 });
  await flow.untilSeen(DOMAIN, 'nothing held', ({ queue }) => queue.heldCount === 0);
  await flow.untilIdle(DOMAIN);
  const { domain } = await flow.service.graphql<{ domain: { conditions: { kind: string }[] } }>(
    `{ domain(by: { name: "${DOMAIN}" }) { conditions { kind } } }`,
  );
  expect(domain.conditions).toEqual([{ kind: 'TARPITTING' }]);
  expect(await flow.outages(DOMAIN)).toEqual([]);
  expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'DELIVERED', attemptCount: 1 }]);
});
