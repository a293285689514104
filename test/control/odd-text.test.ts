/** Text that no column holds, in every place where a person may write one: told as a mistake, never a fault. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { buildSchema, type GraphQLInputType, isEnumType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import { addDomain, type Harness, startControl } from './harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
  await addDomain(control, 'x.example');
});
afterAll(() => control.close());

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
/** A NUL; half a character, and one that the end of what is shown cuts in two. */
const ODD = ['\u0000', `\ud800${'x'.repeat(38)}😀${'x'.repeat(38)}😀`];

const LEAVES: Readonly<Record<string, unknown>> = {
  Int: 1,
  Float: 1,
  Boolean: false,
  DateTime: '2030-01-01T00:00:00Z',
  ByteCount: 1,
};

/** Values of a type, one for each place of a text in it; beside that only what must be there. */
function valuesOf(type: GraphQLInputType, odd: string): unknown[] {
  if (isNonNullType(type)) return valuesOf(type.ofType, odd);
  if (isListType(type)) return valuesOf(type.ofType, odd).map((value) => [value]);
  if (isEnumType(type)) return [];
  if (!isInputObjectType(type)) return type.name in LEAVES ? [] : [odd];
  const fields = Object.values(type.getFields());
  const required = Object.fromEntries(
    fields.flatMap(({ name, type: inner }) => (isNonNullType(inner) ? [[name, plainOf(inner.ofType)]] : [])),
  ) as Record<string, unknown>;
  return fields.flatMap(({ name, type: inner }) =>
    name === 'idempotencyKey' ? [] : valuesOf(inner, odd).map((value) => ({ ...required, [name]: value })),
  );
}

function plainOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return plainOf(type.ofType);
  if (isListType(type)) return [plainOf(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (!isInputObjectType(type)) return LEAVES[type.name] ?? 'x.example';
  return Object.fromEntries(
    Object.values(type.getFields()).flatMap(({ name, type: inner }) =>
      isNonNullType(inner) ? [[name, plainOf(inner)]] : [],
    ),
  );
}

const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

test.each(mutations.map(({ name, args: [input] }) => [name, input] as const))('%s', async (name, input) => {
  if (input === undefined) throw new Error('a mutation without an input');
  const query = `mutation ($input: ${String(input.type)}) { ${name}(input: $input) { userErrors { message } } }`;
  for (const [place, odd] of ODD.entries()) {
    for (const [index, value] of valuesOf(input.type, odd).entries()) {
      const given = { ...(value as object), idempotencyKey: `${name} ${place} ${index}` };
      const { errors } = await control.post(query, { input: given });
      const told = `${JSON.stringify(given)}: ${String(control.faults.at(-1)?.error)}`;
      expect(errors?.[0]?.extensions?.['code'], told).not.toBe('INTERNAL_SERVER_ERROR');
    }
  }
});

test('queries', async () => {
  for (const { name, args } of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    for (const odd of ODD) {
      for (const { name: argument, type } of args) {
        for (const value of valuesOf(type, odd)) {
          const others = args.filter((other) => isNonNullType(other.type) && other.name !== argument);
          const given = Object.fromEntries(others.map((other) => [other.name, plainOf(other.type)]));
          const asked = [...others, { name: argument, type }];
          const variables = asked.map((one) => `$${one.name}: ${String(one.type)}`).join(', ');
          const passed = asked.map((one) => `${one.name}: $${one.name}`).join(', ');
          const query = `query (${variables}) { ${name}(${passed}) { __typename } }`;
          const { errors } = await control.post(query, { ...given, [argument]: value });
          expect([name, argument, errors?.[0]?.extensions?.['code']]).not.toEqual([
            name,
            argument,
            'INTERNAL_SERVER_ERROR',
          ]);
        }
      }
    }
  }
});
