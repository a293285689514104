/** The schema explains itself: every name in it has a sentence, and what may be null says when. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { buildSchema, isEnumType, isInputObjectType, isNonNullType, isObjectType, isSpecifiedDirective } from 'graphql';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const types = Object.values(schema.getTypeMap()).filter(
  ({ name, astNode }) => !name.startsWith('__') && astNode != null,
);

interface Described {
  readonly place: string;
  readonly description: string;
}

function everyName(): Described[] {
  const found: Described[] = [];
  const add = (place: string, described: { readonly description?: string | null | undefined }) =>
    void found.push({ place, description: described.description ?? '' });
  for (const type of types) {
    add(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) add(`${type.name}.${value.name}`, value);
    if (isObjectType(type) || isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) add(`${type.name}.${field.name}`, field);
    }
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      for (const argument of field.args) add(`${type.name}.${field.name}(${argument.name})`, argument);
    }
  }
  for (const directive of schema.getDirectives().filter((each) => !isSpecifiedDirective(each))) {
    add(`@${directive.name}`, directive);
    for (const argument of directive.args) add(`@${directive.name}(${argument.name})`, argument);
  }
  return found;
}

test('every type, field, argument, value and directive is described by a sentence', () => {
  const names = everyName();
  expect(names.length).toBeGreaterThan(500);
  expect(
    names.filter(({ description }) => !/^["A-Z0-9`<*].*[.:!?`]$/su.test(description.trim())).map(({ place }) => place),
  ).toEqual([]);
});

test('a field that may be null says when', () => {
  const silent = types.flatMap((type) => {
    if (!isObjectType(type) || type.name === 'Mutation') return [];
    return Object.values(type.getFields())
      .filter((field) => !isNonNullType(field.type) && !/\bnull\b/i.test(field.description ?? ''))
      .map((field) => `${type.name}.${field.name}`);
  });
  expect(silent).toEqual([]);
});

test('sizes, times and counts have their unit in the name or in the sentence', () => {
  const numbers = types.flatMap((type) => {
    if (!isObjectType(type) && !isInputObjectType(type)) return [];
    return Object.values(type.getFields())
      .filter((field) => /^(Int|Float|ByteCount)!?$/.test(String(field.type)))
      .map((field) => ({ place: `${type.name}.${field.name}`, text: `${field.name} ${field.description ?? ''}` }));
  });
  expect(numbers.length).toBeGreaterThan(30);
  const UNIT =
    /count|bytes|second|minute|hour|day|percent|port|preference|revision|generation|weight|number|how many|messages|recipients|entries|domains|tokens|attempts|size|threshold|cursor|attempt|times|listings/i;
  expect(numbers.filter(({ text }) => !UNIT.test(text)).map(({ place }) => place)).toEqual([]);
});
