/** `Domain.primarySetup` and /egress.txt name the addresses we connect from. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { addDomain, type Harness, startControl } from './harness.ts';

let control: Harness;

beforeAll(async () => {
  control = await startControl();
  await addDomain(control, 'setup.example');
});
afterAll(async () => {
  await control.close();
});

test('a text per mail server, with the addresses of /egress.txt', async () => {
  const addresses = (await (await fetch(`${control.url}/egress.txt`)).text()).trim().split('\n');
  expect(addresses).toEqual(['192.0.2.250', '2001:db8::250']);
  const { domain } = await control.ask<{
    domain: { primarySetup: { mta: string; title: string; snippet: string; isTested: boolean }[] };
  }>('{ domain(by: { name: "setup.example" }) { primarySetup { mta title snippet isTested } } }');
  expect(domain.primarySetup.map(({ mta, isTested }) => [mta, isTested])).toEqual([
    ['POSTFIX', true],
    ['EXIM', true],
    ['RSPAMD', false],
    ['EXCHANGE', false],
  ]);
  for (const { title, snippet, isTested } of domain.primarySetup) {
    expect(title).not.toBe('');
    for (const address of addresses) expect(snippet).toContain(address);
    expect(/not run in our tests/.test(snippet)).toBe(!isTested);
  }
});
