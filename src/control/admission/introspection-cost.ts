/**
 * How many values the answer to an introspection would hold: counted on the schema itself, up to a bound.
 *
 * The work is that of the count, so that it ends where the bound does. Fields that come twice under one name count twice.
 */
import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getOperationAST,
  type GraphQLArgument,
  type GraphQLDirective,
  type GraphQLField,
  type GraphQLInputField,
  GraphQLSchema,
  type GraphQLType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isType,
  isWrappingType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import { createBoundedMap } from '../../bounded-map.ts';

type Member = GraphQLField<unknown, unknown> | GraphQLInputField | GraphQLArgument | GraphQLDirective;
/** The owner of a field of introspection. */
type Thing = GraphQLSchema | GraphQLType | Member;

interface Asked {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
  /** For the values that variables have when none are given. */
  readonly operation: OperationDefinitionNode;
  /** The count ends above it. */
  readonly most: number;
}

/** Values of the answer to `__schema` or `__type`; something above `most` when there are more than that. */
export function introspectionCost(root: FieldNode, asked: Asked): number {
  const { schema, fragments, most } = asked;
  let count = 0;

  function countField(field: FieldNode, thing: Thing): void {
    count += 1;
    if (field.selectionSet === undefined) return;
    for (const next of thingsOf(schema, thing, field.name.value)) {
      if (count > most) return;
      count += 1;
      countSelections(field.selectionSet, next);
    }
  }

  function countSelections({ selections }: SelectionSetNode, thing: Thing): void {
    for (const selection of selections) {
      if (count > most) return;
      if (selection.kind === Kind.FIELD) countField(selection, thing);
      else if (selection.kind === Kind.INLINE_FRAGMENT) countSelections(selection.selectionSet, thing);
      else {
        const fragment = fragments.get(selection.name.value);
        // What only leads on is work as well.
        count += 1;
        if (fragment !== undefined) countSelections(fragment.selectionSet, thing);
      }
    }
  }

  const start = root.name.value === '__schema' ? schema : schema.getType(typeNameOf(root, asked));
  count += 1;
  if (start !== undefined && root.selectionSet !== undefined) countSelections(root.selectionSet, start);
  return count;
}

function typeNameOf(root: FieldNode, { variables, operation }: Pick<Asked, 'variables' | 'operation'>): string {
  const value = root.arguments?.find(({ name }) => name.value === 'name')?.value;
  if (value?.kind !== Kind.VARIABLE) return value?.kind === Kind.STRING ? value.value : '';
  const name = value.name.value;
  const given = variables[name];
  if (given !== undefined) return typeof given === 'string' ? given : '';
  const preset = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)?.defaultValue;
  return preset?.kind === Kind.STRING ? preset.value : '';
}

/** Those that a field leads to; fields that are deprecated count whether they are asked for or not. */
function thingsOf(schema: GraphQLSchema, thing: Thing, field: string): readonly Thing[] {
  if (thing instanceof GraphQLSchema) return ofSchema(thing, field);
  if (!isType(thing)) {
    if (field === 'args') return 'args' in thing ? thing.args : [];
    return field === 'type' && 'type' in thing ? [thing.type] : [];
  }
  switch (field) {
    case 'fields':
      return isObjectType(thing) || isInterfaceType(thing) ? Object.values(thing.getFields()) : [];
    case 'inputFields':
      return isInputObjectType(thing) ? Object.values(thing.getFields()) : [];
    case 'interfaces':
      return isObjectType(thing) || isInterfaceType(thing) ? thing.getInterfaces() : [];
    case 'possibleTypes':
      return isAbstractType(thing) ? schema.getPossibleTypes(thing) : [];
    case 'enumValues':
      // Only their number matters: nothing lies below them.
      return isEnumType(thing) ? thing.getValues().map(() => getNamedType(thing)) : [];
    case 'ofType':
      return isWrappingType(thing) ? [thing.ofType] : [];
    default:
      return [];
  }
}

function ofSchema(schema: GraphQLSchema, field: string): readonly Thing[] {
  const one = (type: GraphQLType | null | undefined): readonly Thing[] => (type == null ? [] : [type]);
  switch (field) {
    case 'types':
      return Object.values(schema.getTypeMap());
    case 'directives':
      return schema.getDirectives();
    case 'queryType':
      return one(schema.getQueryType());
    case 'mutationType':
      return one(schema.getMutationType());
    case 'subscriptionType':
      return one(schema.getSubscriptionType());
    default:
      return [];
  }
}

/** The bound of all that are kept: a dozen whole schemas. */
const MOST_OCTETS = 8 * 1024 * 1024;
/** The cost of sending from memory. */
const COST_PER_OCTET = 1 / 300;

export interface KeptAnswer {
  readonly contentType: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly cost: number;
}

export interface IntrospectionAnswers {
  find(key: string): KeptAnswer | null;
  keep(key: string, answer: Pick<KeptAnswer, 'contentType' | 'body'>): void;
}

/** Answers to introspection as they were sent: the schema does not change, and tools ask with the same few texts. */
export function createIntrospectionAnswers(): IntrospectionAnswers {
  const answers = createBoundedMap<KeptAnswer>(MOST_OCTETS, ({ body }) => body.byteLength);
  return {
    find: (key) => answers.get(key) ?? null,
    keep: (key, { contentType, body }) =>
      answers.set(key, { contentType, body, cost: Math.ceil(body.byteLength * COST_PER_OCTET) }),
  };
}

interface AskedFor {
  readonly document: DocumentNode;
  readonly query: string;
  readonly operationName: string | undefined;
  readonly accept: string;
}

/** Under what its answer is kept; null when it asks for anything but the schema, or has variables. */
export function introspectionKey({ document, query, operationName, accept }: AskedFor): string | null {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.QUERY || (operation.variableDefinitions ?? []).length > 0) return null;
  const isSchemaOnly = operation.selectionSet.selections.every(
    (selection) => selection.kind === Kind.FIELD && /^__(?:schema|type|typename)$/.test(selection.name.value),
  );
  if (!isSchemaOnly) return null;
  return createHash('sha256')
    .update(JSON.stringify([accept, operationName ?? null, query]))
    .digest('base64');
}
