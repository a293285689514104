/**
 * The JSON schema of backup-mx.yaml, made from the input types of schema.graphql: for editors, and for the command itself.
 */
import {
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLInputField,
} from 'graphql';

type Json = Readonly<Record<string, unknown>>;

/** Types whose fields the file may hold, by name. */
const DEFINED = [
  'DomainApplyInput',
  'LabelInput',
  'NextHopInput',
  'UnknownWhileDownInput',
  'DnsblZoneInput',
  'DnswlZoneInput',
];
const MOST_DOMAINS = 1000;

export function manifestSchema(schema: GraphQLSchema): string {
  const defs = Object.fromEntries(DEFINED.map((name) => [name, definition(schema, name)]));
  const root = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'backup-mx.yaml',
    description: 'Relay domains as they should be, for `backup-mx plan` and `backup-mx apply`.',
    type: 'object',
    properties: {
      owner: { $ref: '#/$defs/LabelInput', description: 'A label by which the domains of this file are known.' },
      domains: {
        type: 'array',
        maxItems: MOST_DOMAINS,
        items: { $ref: '#/$defs/DomainApplyInput' },
        description: 'The domains, each once.',
      },
    },
    required: ['domains'],
    additionalProperties: false,
    $defs: defs,
  };
  return `${JSON.stringify(root, null, 2)}\n`;
}

function definition(schema: GraphQLSchema, name: string): Json {
  const type = schema.getType(name);
  if (!isInputObjectType(type)) throw new Error(`${name} is no input type`);
  const fields = Object.values(type.getFields());
  const required = fields
    .filter((field) => isNonNullType(field.type) && field.defaultValue === undefined)
    .map((field) => field.name);
  return {
    type: 'object',
    description: type.description ?? '',
    properties: Object.fromEntries(fields.map((field) => [field.name, propertyOf(field)])),
    required,
    additionalProperties: false,
  };
}

function propertyOf({ type, description }: GraphQLInputField): Json {
  return { ...schemaOf(type), ...(description == null ? {} : { description }) };
}

function schemaOf(type: GraphQLInputType): Json {
  if (isNonNullType(type)) return schemaOfNamed(type.ofType);
  return { ...schemaOfNamed(type), nullable: true };
}

function schemaOfNamed(type: GraphQLInputType): Json {
  if (isListType(type)) return { type: 'array', items: schemaOf(type.ofType) };
  if (isEnumType(type)) return { enum: type.getValues().map(({ name }) => name) };
  if (isInputObjectType(type)) {
    if (!DEFINED.includes(type.name)) throw new Error(`${type.name} has no definition`);
    return { $ref: `#/$defs/${type.name}` };
  }
  const types: Readonly<Record<string, string>> = {
    String: 'string',
    ID: 'string',
    Duration: 'string',
    Int: 'integer',
    Boolean: 'boolean',
  };
  const word = types[String(type)];
  if (word === undefined) throw new Error(`no JSON type for ${String(type)}`);
  return { type: word };
}
