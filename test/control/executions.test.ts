/** How many requests of a tenant are carried out at once, in which order the others begin, and who is told to come again. */
import { expect, test } from 'bun:test';
import { createExecutions, type Execution } from '../../src/control/admission/executions.ts';
import { until } from '../helpers/child.ts';

const OPEN = new AbortController().signal;

/** Begins so many of a token; `begun` has what was carried out or refused, in that order. */
function scene() {
  const executions = createExecutions();
  const begun: { tokenId: string; outcome: Execution | { kind: 'REFUSED'; status: number } }[] = [];
  return {
    begun,
    kinds: () =>
      begun.map(({ tokenId, outcome }) => (outcome.kind === 'BEGUN' ? tokenId : `${tokenId} ${outcome.status}`)),
    end: (index: number) => {
      const outcome = begun[index]?.outcome;
      if (outcome?.kind === 'BEGUN') outcome.end();
    },
    begin(tenantId: string, tokenId: string, count = 1, signal = OPEN): void {
      for (let index = 0; index < count; index += 1) {
        void executions.begin({ tenantId, tokenId, signal }).then((outcome) => begun.push({ tokenId, outcome }));
      }
    },
  };
}

test('ten at once; then the tokens of the tenant in rotation; other tenants are not concerned', async () => {
  const { begin, begun, kinds, end } = scene();
  begin('tenant', 'greedy', 13);
  begin('tenant', 'modest');
  begin('other', 'third');
  await until('eleven have begun', 5000, () => begun.length === 11);
  expect(kinds()).toEqual([...Array.from({ length: 10 }, () => 'greedy'), 'third']);
  for (let index = 0; index < 3; index += 1) end(index);
  await until('three more have begun', 5000, () => begun.length === 14);
  expect(kinds().slice(11)).toEqual(['greedy', 'modest', 'greedy']);
});

test('one whose client goes away while it waits gives up its turn', async () => {
  const { begin, begun, kinds, end } = scene();
  const gone = new AbortController();
  begin('tenant', 'a', 10);
  begin('tenant', 'b', 1, gone.signal);
  begin('tenant', 'c');
  gone.abort();
  await until('it is told', 5000, () => begun.length === 11);
  end(0);
  await until('the next begins', 5000, () => begun.length === 12);
  expect(kinds().slice(10)).toEqual(['b 400', 'c']);
});

test('250 of a tenant are under way, and the next is told to come again; one that takes long lets another begin', async () => {
  const { begin, begun, kinds } = scene();
  begin('tenant', 'a', 251);
  await until('one is refused', 5000, () => kinds().includes('a 429'));
  expect(begun.find(({ outcome }) => outcome.kind === 'REFUSED')?.outcome).toMatchObject({
    retryAfterSeconds: 5,
    errors: { errors: [{ extensions: { code: 'RATE_LIMITED' } }] },
  });
  // None has ended, but the first ten have taken a second.
  await until('ten more begin', 5000, () => begun.length === 21);
});
