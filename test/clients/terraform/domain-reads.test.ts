/** Which requests become of reads of domains, without a service. */
import { expect, test } from 'bun:test';
import { ClientError, Unreachable } from '../../../src/clients/api/connection.ts';
import { createDomainReads } from '../../../src/clients/terraform/api.ts';

/** A service whose answers are given by hand; `absent.example` is no domain, `bad` cannot be asked for. */
function startService() {
  const asked: { names: string[]; answer(error?: Error): void }[] = [];
  const ask = <T>(query: string, variables: Readonly<Record<string, unknown>> = {}) =>
    new Promise<T>((resolve, reject) => {
      const entries = Object.entries(variables) as [string, string][];
      const answer = (error?: Error) => {
        if (error !== undefined) return reject(error);
        const isBad = entries.some(([, name]) => name === 'bad');
        if (isBad) return reject(new ClientError('"bad" is no name'));
        const fields = (query.match(/\) \{ ([^{}]+) \}/) ?? [])[1];
        const domains = entries.map(([key, name]) => [key, name === 'absent.example' ? null : { name, fields }]);
        return resolve(Object.fromEntries(domains) as T);
      };
      asked.push({ names: entries.map(([, name]) => name), answer });
    });
  return { asked, read: createDomainReads({ ask }) };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `d${index}.example`);
/** All that can go on without the service has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('those that come while one is under way are asked for together, ten at most, each told of its own', async () => {
  const { asked, read } = startService();
  const answers = Promise.all([...names(12), 'absent.example'].map((name) => read(name, 'name')));
  for (const [at, count] of [1, 10, 2].entries()) {
    expect(asked.map((each) => each.names.length)).toEqual([1, 10, 2].slice(0, at + 1));
    expect(asked[at]?.names).toHaveLength(count);
    asked[at]?.answer();
    await settled();
  }
  expect(await answers).toEqual([...names(12).map((name) => ({ name, fields: 'name' })), null]);
  expect(asked).toHaveLength(3);
});

test('one that comes later is asked for after it came, and other fields by themselves', async () => {
  const { asked, read } = startService();
  const first = read('a.example', 'name');
  const same = read('a.example', 'name');
  const other = read('a.example', 'revision');
  expect(asked.map((each) => each.names)).toEqual([['a.example'], ['a.example']]);
  for (const each of asked) each.answer();
  await settled();
  asked[2]?.answer();
  expect(await Promise.all([first, same, other])).toMatchObject([{}, {}, { fields: 'revision' }]);
  expect(asked).toHaveLength(3);
  const again = read('a.example', 'name');
  expect(asked).toHaveLength(4);
  asked[3]?.answer();
  expect(await again).toMatchObject({ name: 'a.example' });
});

test('what one of them is refused for is told to that one alone', async () => {
  const { asked, read } = startService();
  const answers = Promise.allSettled(['first.example', 'good.example', 'bad'].map((name) => read(name, 'name')));
  asked[0]?.answer();
  await settled();
  asked[1]?.answer();
  await settled();
  for (const each of asked.slice(2)) each.answer();
  expect((await answers).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  expect(asked.map((each) => each.names)).toEqual([
    ['first.example'],
    ['good.example', 'bad'],
    ['good.example'],
    ['bad'],
  ]);
});

test('a service that is away is told to all of them, and asked again by the next', async () => {
  const { asked, read } = startService();
  const answers = Promise.allSettled(names(3).map((name) => read(name, 'name')));
  for (const at of [0, 1]) {
    asked[at]?.answer(new Unreachable('away'));
    await settled();
  }
  expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(asked).toHaveLength(2);
  const next = read('d0.example', 'name');
  asked[2]?.answer();
  expect(await next).toMatchObject({ name: 'd0.example' });
});
