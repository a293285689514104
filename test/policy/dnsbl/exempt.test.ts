/** The servers of a domain are known as soon as the DNS says so, also when that takes longer than a client waits. */
import { expect, test } from 'bun:test';
import { createIsExempt } from '../../../src/policy/dnsbl/dnsbl.ts';
import { domainWith } from '../dnsbl-scene.ts';

test('an answer that comes late counts from then on', async () => {
  let answer: (addresses: readonly string[]) => void = () => undefined;
  let asked = 0;
  const isExempt = createIsExempt({
    ownAddresses: new Set(),
    findHostAddresses: () => {
      asked += 1;
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
    monotonicMs: () => performance.now(),
  });
  const domain = domainWith('a.test', []);
  expect(await isExempt('203.0.113.6', domain)).toBe(false);
  // Nobody else waits for it.
  expect(isExempt('203.0.113.6', domain)).toBe(false);
  answer(['203.0.113.6']);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(isExempt('203.0.113.6', domain)).toBe(true);
  expect(isExempt('203.0.113.7', domain)).toBe(false);
  expect(asked).toBe(1);
});
