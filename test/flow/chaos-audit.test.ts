/** The auditor of a chaos run sees what is lost, altered, delivered unasked or needlessly twice, and excuses what it should. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { audit } from '../helpers/chaos-audit.ts';
import type { Copy } from '../helpers/chaos-primary.ts';
import type { Trouble } from '../helpers/chaos-troubles.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const NODE = 'a.nodes.test.example';
const TO = 'u1-0@one.chaos.example';
const COPY: Copy = {
  at: 100_000,
  node: NODE,
  reversePath: 's1@sender.example',
  transaction: 'known',
  number: 1,
  digest: 'right',
  recipients: [TO],
  reported: [],
  isAnswered: true,
};
const AGAIN: Copy = { ...COPY, at: 103_000 };

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.close();
});

async function auditOf(copies: readonly Copy[], troubles: readonly Trouble[] = []) {
  const accepted = new Map([['known', [TO]]]);
  const sent = new Map([[1, { number: 1, digest: 'right', accepted, unanswered: 0 }]]);
  const { faults, doubles } = await audit({ sent, copies, troubles, sql: database.sql });
  return { kinds: faults.map((fault) => fault.replace(/:.*/, '')), doubles };
}

test('what the database does not know is lost', async () => {
  expect((await auditOf([])).kinds).toEqual(['lost']);
});

test('altered content and a transaction nobody sent', async () => {
  const { kinds } = await auditOf([{ ...COPY, digest: 'wrong', transaction: 'unknown' }]);
  expect(kinds).toEqual(['altered', 'delivered unasked', 'lost']);
});

test('a second copy is a fault unless the reply was lost or the node died or hung in time', async () => {
  const trouble = (target: string, kind: Trouble['kind'], from: number): Trouble => ({
    target,
    kind,
    from,
    to: from + 1000,
  });
  expect((await auditOf([COPY, AGAIN])).kinds).toContain('needlessly twice');
  expect((await auditOf([COPY, AGAIN], [trouble(NODE, 'KILL', 110_000)])).kinds).toContain('needlessly twice');
  expect((await auditOf([COPY, AGAIN], [trouble('database', 'KILL', 100_500)])).kinds).toContain('needlessly twice');
  const excused = async (first: Copy, ...troubles: Trouble[]) => {
    const { kinds, doubles } = await auditOf([first, AGAIN], troubles);
    expect(kinds).not.toContain('needlessly twice');
    return Object.entries(doubles).filter(([, count]) => count === 1);
  };
  expect(await excused({ ...COPY, isAnswered: false })).toEqual([['REPLY_LOST', 1]]);
  expect(await excused(COPY, trouble(NODE, 'KILL', 100_500))).toEqual([['NODE_KILLED', 1]]);
  expect(await excused(COPY, trouble(NODE, 'PAUSE', 99_500))).toEqual([['NODE_PAUSED', 1]]);
  expect(await excused(COPY, trouble('database', 'PAUSE', 100_500), trouble(NODE, 'KILL', 105_000))).toEqual([
    ['UNRECORDED', 1],
  ]);
});
