/**
 * Call-aheads to primaries that talk nonsense: nothing that they say is taken for a refusal of the mailbox, so everybody is let
 * in within a moment, and asking does not stop the door. Nothing is delivered here: what a primary hears is the question alone.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Flow, startFlow } from '../helpers/flow.ts';
import {
  NONSENSE,
  type Nonsense,
  type NonsensePrimary,
  type Stage,
  startNonsensePrimary,
} from '../helpers/nonsense-primary.ts';

const ASKED: readonly Stage[] = ['GREETING', 'EHLO', 'STARTTLS', 'HANDSHAKE', 'MAIL', 'RCPT'];
/** What takes its time would make a call-ahead wait for its bound. */
const LOUD = NONSENSE.filter((nonsense) => !['ONE_BYTE', 'DRIBBLE', 'SILENCE'].includes(nonsense));
/** A call-ahead waits for no longer than this; on a busy machine. */
const PATIENCE_MS = 20_000;

let flow: Flow;
const primaries = new Map<string, NonsensePrimary>();

beforeAll(async () => {
  flow = await startFlow({}, { ROLES: 'inbound,control' });
  const add = async (stage: Stage, nonsense: Nonsense): Promise<void> => {
    const domain = `${stage}-${nonsense.replaceAll('_', '-')}.example`.toLowerCase();
    const primary = await startNonsensePrimary(stage, nonsense);
    primaries.set(domain, primary);
    await flow.addDomain(domain, primary, { hasCallAheads: true });
  };
  await Promise.all(ASKED.flatMap((stage) => LOUD.map((nonsense) => add(stage, nonsense))));
}, 60_000);

afterAll(async () => {
  await flow?.close();
  await Promise.all([...primaries.values()].map((primary) => primary.close()));
});

test('everybody is let in, and nobody is remembered as unknown', async () => {
  const beganAt = performance.now();
  // send() throws on any refusal, a deferral too.
  await Promise.all([...primaries.keys()].map((domain) => flow.send({ to: [`user@${domain}`] })));
  expect(performance.now() - beganAt).toBeLessThan(PATIENCE_MS);
  for (const [domain, primary] of primaries) expect([domain, primary.sessionCount() > 0]).toEqual([domain, true]);
  expect(await flow.database.sql`select from recipient_answers where answer = 'NEGATIVE'`).toHaveLength(0);
  expect(flow.service.output()).not.toContain('"event":"fault"');
}, 60_000);
