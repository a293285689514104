/** A domain's new route is seen once, from its snapshot, before anything is judged by what the old primary said. */
import { expect, test } from 'bun:test';
import { createRouteWatch } from '../../src/policy/recipient.ts';
import type { RelayDomain } from '../../src/domains/relay-domain.ts';
import { relayDomain } from '../helpers/relay-domain.ts';
import { CLIENT } from './call-ahead-scene.ts';

test('another route and another domain of the name are told once; the same ones, read anew, are not', async () => {
  const told: string[] = [];
  const watch = createRouteWatch((destinationId) => void told.push(destinationId));
  const ask = (domain: RelayDomain) =>
    watch({ client: CLIENT, mail: { reversePath: null, sizeBytes: null }, localPart: 'a', domain, isRole: false });
  const first = relayDomain('one.test', { deliverTo: [{ host: 'old.example', port: 25 }] });
  const other = relayDomain('two.test');
  for (const domain of [first, other, structuredClone(first), { ...first, revision: 7 }]) {
    expect(await ask(domain)).toEqual({ kind: 'PASS' });
  }
  expect(told).toEqual([]);
  const moved = { ...first, deliverTo: [{ host: 'new.example', port: 25 }] };
  for (let times = 0; times < 3; times += 1) await ask(moved);
  await ask(other);
  expect(told).toEqual([first.destinationId]);
  await ask({ ...moved, id: 'another' });
  expect(told).toEqual([first.destinationId, first.destinationId]);
});
