/** Whose reservation a key is when work lasts so long that another takes it over; on a real database. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { idempotent, type Outcome } from '../../src/input/idempotency.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const DONE = { kind: 'DONE' };
const REFUSED = { kind: 'REFUSED' };
let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

/** A request that is at work until it is told its end. */
async function begin(key: string) {
  const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<Outcome>()];
  const answer = idempotent(db.sql, OPERATOR_VIEWER, { key, mutation: 'm', input: {} }, () => {
    begun.resolve();
    return end.promise;
  });
  await begun.promise;
  return {
    end: async (outcome: Outcome) => {
      end.resolve(outcome);
      expect(await answer).toEqual(outcome);
    },
  };
}

async function isRemembered(key: string): Promise<boolean> {
  let hasRun = false;
  await idempotent(db.sql, OPERATOR_VIEWER, { key, mutation: 'm', input: {} }, async () => {
    hasRun = true;
    return REFUSED;
  });
  return !hasRun;
}

test.each([
  ['the slow one is refused, then the other is done', REFUSED, DONE, false],
  ['the slow one is done, then the other is refused', DONE, REFUSED, false],
  ['the other is refused, then the slow one is done', DONE, REFUSED, true],
  ['the other is done, then the slow one is refused', REFUSED, DONE, true],
])('%s: what was done is remembered', async (key, ofSlow, ofOther, isOtherFirst) => {
  const slow = await begin(key);
  await db.moveClock('61 seconds');
  const other = await begin(key);
  const ends = [() => slow.end(ofSlow), () => other.end(ofOther)];
  for (const end of isOtherFirst ? ends.toReversed() : ends) await end();
  expect(await isRemembered(key)).toBe(true);
});

test('when both are refused, the key is free', async () => {
  const slow = await begin('both');
  await db.moveClock('61 seconds');
  const other = await begin('both');
  await other.end(REFUSED);
  await slow.end(REFUSED);
  expect(await isRemembered('both')).toBe(false);
});
